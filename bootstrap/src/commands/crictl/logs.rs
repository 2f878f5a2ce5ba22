//! `crictl logs`: what a container wrote, from the file that the runtime keeps, through its rotations.

use std::io::{self, ErrorKind, Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use clap::Args;
use jiff::{Span, Timestamp};
use k8s_cri::v1::{ContainerFilter, ContainerStatus, ListContainersRequest};

use super::client::{Answer as _, Runtime};
use super::filters::ContainerState;
use super::log_line::{Record, Stream, tail_start};

/// How often a followed file is looked at.
const POLL: Duration = Duration::from_millis(200);

/// Flags of `logs`.
#[derive(Args, Debug)]
pub(super) struct Logs {
    /// Go on with what is written from now on
    #[arg(short, long)]
    follow: bool,
    /// Show the container's log before its last restart
    #[arg(short, long)]
    previous: bool,
    /// Show only what is newer: a time (2026-11-23T07:28:01Z) or an age (42m)
    #[arg(long, value_parser = since)]
    since: Option<Timestamp>,
    /// Show only the last N lines; -1 is all
    #[arg(long, value_name = "N", default_value_t = -1, allow_negative_numbers = true)]
    tail: i64,
    /// Show the time of each line
    #[arg(short, long)]
    timestamps: bool,
    id: String,
}

fn since(text: &str) -> Result<Timestamp> {
    if let Ok(time) = text.parse::<Timestamp>() {
        return Ok(time);
    }
    let age: Span = text
        .parse()
        .context("expected a time such as 2026-11-23T07:28:01Z or an age such as 42m")?;
    Timestamp::now()
        .checked_sub(age)
        .context("this age is more than a clock can hold")
}

/// Prints the log of a container.
pub(super) async fn run(logs: Logs, mut runtime: Runtime) -> Result<()> {
    let mut status = runtime.container(&logs.id).await?;
    if logs.previous {
        status = previous(&mut runtime, &status).await?;
    }
    if status.log_path.is_empty() {
        bail!("container {} keeps no log file", logs.id);
    }
    let mut file = LogFile::open(PathBuf::from(&status.log_path))?;
    let mut printer = Printer::new(&logs);
    if let Ok(lines) = usize::try_from(logs.tail) {
        file.skip_to_tail(lines)?;
    }
    loop {
        let more = file.read_lines()?;
        if !more.is_empty() {
            if printer.print(&more)?.is_break() {
                return Ok(());
            }
            continue;
        }
        if file.follow_rotation()? {
            continue;
        }
        if !logs.follow || !is_running(&mut runtime, &status.id).await {
            return Ok(());
        }
        tokio::time::sleep(POLL).await;
    }
}

async fn is_running(runtime: &mut Runtime, id: &str) -> bool {
    runtime
        .container(id)
        .await
        .is_ok_and(|status| status.state == ContainerState::Running.number())
}

/// The newest ended container of the same name in the same pod.
async fn previous(runtime: &mut Runtime, current: &ContainerStatus) -> Result<ContainerStatus> {
    let keys = ["io.kubernetes.pod.uid", "io.kubernetes.container.name"];
    let selector = keys
        .iter()
        .filter_map(|&key| Some((key.to_owned(), current.labels.get(key)?.clone())))
        .collect();
    let filter = Some(ContainerFilter {
        label_selector: selector,
        ..ContainerFilter::default()
    });
    let answer = runtime
        .containers
        .list_containers(ListContainersRequest { filter })
        .await;
    let found = answer.answer("list containers")?.containers;
    let newest = found
        .into_iter()
        .filter(|other| other.id != current.id && other.created_at < current.created_at)
        .max_by_key(|other| other.created_at)
        .with_context(|| {
            format!(
                "container {} was not restarted: there is no log before this one",
                current.id
            )
        })?;
    runtime.container(&newest.id).await
}

/// A log file that the kubelet may replace while it is read.
#[derive(Debug)]
struct LogFile {
    path: PathBuf,
    file: fs_err::File,
    /// The begin of a line whose end is not written yet.
    unfinished: Vec<u8>,
}

impl LogFile {
    fn open(path: PathBuf) -> Result<Self> {
        let file = fs_err::File::open(&path)?;
        Ok(Self {
            path,
            file,
            unfinished: Vec::new(),
        })
    }

    /// Leaves out all but the last `lines` lines.
    fn skip_to_tail(&mut self, lines: usize) -> Result<()> {
        let mut log = Vec::new();
        self.file.read_to_end(&mut log)?;
        self.file.seek(SeekFrom::Start(tail_start(&log, lines) as u64))?;
        Ok(())
    }

    /// The next whole lines; empty when there are none yet.
    fn read_lines(&mut self) -> Result<Vec<u8>> {
        let mut buffer = vec![0; 64 << 10];
        loop {
            let count = self.file.read(&mut buffer)?;
            self.unfinished.extend_from_slice(&buffer[..count]);
            match self.unfinished.iter().rposition(|&byte| byte == b'\n') {
                Some(end) => return Ok(self.unfinished.drain(..=end).collect()),
                None if count == 0 => return Ok(Vec::new()),
                None => {}
            }
        }
    }

    /// Goes over to the new file when the one in hand was put aside.
    fn follow_rotation(&mut self) -> Result<bool> {
        let Some(new) = open_if_other(&self.path, &self.file)? else {
            return Ok(false);
        };
        self.file = new;
        self.unfinished.clear();
        Ok(true)
    }
}

/// The file at `path`, when it is not the one that is open.
fn open_if_other(path: &Path, open: &fs_err::File) -> Result<Option<fs_err::File>> {
    match fs_err::File::open(path) {
        Ok(new) if new.metadata()?.ino() == open.metadata()?.ino() => Ok(None),
        Ok(new) => Ok(Some(new)),
        // Between the two renames of a rotation there is no file of that name.
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Writes records as the container wrote them.
#[derive(Debug)]
struct Printer {
    since: Option<Timestamp>,
    timestamps: bool,
    /// Whether the last record of each stream left its line open.
    within_line: [bool; 2],
}

impl Printer {
    fn new(logs: &Logs) -> Self {
        Self {
            since: logs.since,
            timestamps: logs.timestamps,
            within_line: [false; 2],
        }
    }

    /// Prints whole lines; breaks when nobody reads any more.
    fn print(&mut self, lines: &[u8]) -> Result<std::ops::ControlFlow<()>> {
        let (out, err) = self.render(lines);
        let written = io::stdout()
            .write_all(&out)
            .and_then(|()| io::stdout().flush())
            .and_then(|()| io::stderr().write_all(&err));
        match written {
            Ok(()) => Ok(std::ops::ControlFlow::Continue(())),
            Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(std::ops::ControlFlow::Break(())),
            Err(error) => Err(error).context("write the log"),
        }
    }

    /// What goes to standard output and to standard error.
    fn render(&mut self, lines: &[u8]) -> (Vec<u8>, Vec<u8>) {
        let (mut out, mut err) = (Vec::new(), Vec::new());
        for line in lines.split_inclusive(|&byte| byte == b'\n') {
            let line = line.strip_suffix(b"\n").unwrap_or(line);
            let Some(record) = Record::parse(line).filter(|record| record.is_since(self.since)) else {
                continue;
            };
            let (target, within_line) = match record.stream {
                Stream::Stdout => (&mut out, &mut self.within_line[0]),
                Stream::Stderr => (&mut err, &mut self.within_line[1]),
            };
            if self.timestamps && !*within_line {
                target.extend_from_slice(record.time.as_bytes());
                target.push(b' ');
            }
            target.extend_from_slice(record.text);
            if !record.partial {
                target.push(b'\n');
            }
            *within_line = record.partial;
        }
        (out, err)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn printer(timestamps: bool, since: Option<&str>) -> Printer {
        Printer {
            since: since.map(|time| time.parse().unwrap()),
            timestamps,
            within_line: [false; 2],
        }
    }

    const LOG: &[u8] = b"2026-11-23T07:28:01Z stdout P on\n\
        2026-11-23T07:28:02Z stderr F other\n\
        2026-11-23T07:28:03Z stdout F e\n";

    #[test]
    fn parts_of_a_line_are_put_together_and_streams_kept_apart() {
        let (out, err) = printer(false, None).render(LOG);
        assert_eq!(
            (out.as_slice(), err.as_slice()),
            (b"one\n".as_slice(), b"other\n".as_slice())
        );
    }

    #[test]
    fn a_line_in_parts_has_one_timestamp() {
        let (out, _) = printer(true, None).render(LOG);
        assert_eq!(String::from_utf8(out).unwrap(), "2026-11-23T07:28:01Z one\n");
    }

    #[test]
    fn older_records_are_left_out() {
        let (out, err) = printer(false, Some("2026-11-23T07:28:02Z")).render(LOG);
        assert_eq!(
            (out.as_slice(), err.as_slice()),
            (b"e\n".as_slice(), b"other\n".as_slice())
        );
    }

    #[test]
    fn a_rotated_file_is_read_to_its_end_and_then_left_for_the_new_one() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("0.log");
        fs_err::write(&path, "a\nb").unwrap();
        let mut file = LogFile::open(path.clone()).unwrap();
        assert_eq!(file.read_lines().unwrap(), b"a\n");
        assert!(!file.follow_rotation().unwrap());
        fs_err::rename(&path, folder.path().join("0.log.1")).unwrap();
        assert!(!file.follow_rotation().unwrap(), "no new file yet");
        fs_err::write(&path, "c\n").unwrap();
        assert!(file.follow_rotation().unwrap());
        assert_eq!(file.read_lines().unwrap(), b"c\n");
    }

    #[test]
    fn a_line_that_is_not_finished_waits_for_its_end() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("0.log");
        fs_err::write(&path, "half").unwrap();
        let mut file = LogFile::open(path.clone()).unwrap();
        assert_eq!(file.read_lines().unwrap(), b"");
        let mut writer = fs_err::OpenOptions::new().append(true).open(&path).unwrap();
        writer.write_all(b" line\n").unwrap();
        assert_eq!(file.read_lines().unwrap(), b"half line\n");
    }

    #[test]
    fn since_takes_times_and_ages() {
        assert_eq!(since("2026-11-23T07:28:01Z").unwrap().as_second(), 1_795_418_881);
        let ago = Timestamp::now().as_second() - since("1h30m").unwrap().as_second();
        assert!((5400..5410).contains(&ago), "{ago}");
        assert!(since("yesterday").is_err());
    }
}
