//! Log files of children: the child appends to its file itself, so that nothing is lost when bowline dies.
//!
//! Rotation copies the file away and empties it, for the child keeps it open. Files: `<log>`, `<log>.1`, `<log>.2`.

use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::Duration;

use fs_err::{File, OpenOptions};
use tokio_util::sync::CancellationToken;
use tracing::warn;

/// Size at which a log is rotated.
const LIMIT: u64 = 50 << 20;
/// Files of one log, the current one included.
const KEEP: u32 = 3;
/// How often sizes are looked at.
const EVERY: Duration = Duration::from_secs(10);
/// How much of a log's end is searched for its last words.
const TAIL: u64 = 16 << 10;
/// The longest piece of a log line that an error repeats.
const LINE: usize = 400;

/// Opens a log for a child to append to.
pub(crate) fn open(log: &Path) -> std::io::Result<std::fs::File> {
    if let Some(directory) = log.parent() {
        fs_err::create_dir_all(directory)?;
    }
    Ok(OpenOptions::new()
        .create(true)
        .append(true)
        .open(log)?
        .into_parts()
        .0)
}

/// Keeps `log` within its limits until `shutdown`.
pub(crate) async fn keep_small(log: &Path, shutdown: &CancellationToken) {
    loop {
        tokio::select! {
            () = shutdown.cancelled() => return,
            () = tokio::time::sleep(EVERY) => {}
        }
        let path = log.to_owned();
        let rotated = tokio::task::spawn_blocking(move || rotate(&path, LIMIT)).await;
        if let Ok(Err(error)) = rotated {
            warn!(%error, "log not rotated");
        }
    }
}

/// Rotates `log` when it is larger than `limit`; says whether it did.
fn rotate(log: &Path, limit: u64) -> std::io::Result<bool> {
    match fs_err::metadata(log) {
        Ok(metadata) if metadata.len() > limit => {}
        Ok(_) => return Ok(false),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(error),
    }
    for generation in (1..KEEP - 1).rev() {
        let older = numbered(log, generation);
        if older.exists() {
            fs_err::rename(older, numbered(log, generation + 1))?;
        }
    }
    let mut from = File::open(log)?;
    let mut to = File::create(numbered(log, 1))?;
    // The child writes on meanwhile: copy until nothing is left, then cut at once.
    while std::io::copy(&mut from, &mut to)? > 0 {}
    OpenOptions::new().write(true).open(log)?.set_len(0)?;
    Ok(true)
}

fn numbered(log: &Path, generation: u32) -> PathBuf {
    let mut name = log.as_os_str().to_owned();
    name.push(format!(".{generation}"));
    name.into()
}

/// The line of the log's end that best says why its process ended or is stuck.
pub(crate) fn last_words(log: &Path) -> Option<String> {
    let mut file = File::open(log).ok()?;
    let length = file.metadata().ok()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(TAIL))).ok()?;
    let mut tail = Vec::new();
    file.take(TAIL).read_to_end(&mut tail).ok()?;
    most_telling(&String::from_utf8_lossy(&tail))
}

/// The last fatal line, else the last error line, else the last line.
fn most_telling(text: &str) -> Option<String> {
    let lines: Vec<&str> = text
        .lines()
        .map(|line| message(line.trim()))
        .filter(|line| !line.is_empty())
        .collect();
    let last = |wanted: fn(&str) -> bool| lines.iter().rev().find(|line| wanted(line)).copied();
    let line = last(is_fatal)
        .or_else(|| last(is_error))
        .or_else(|| lines.last().copied())?;
    Some(line.chars().take(LINE).collect())
}

/// A container's log has time, stream and a flag before each line: `2026-11-23T08:00:00Z stderr F …`.
fn message(line: &str) -> &str {
    let mut parts = line.splitn(4, ' ');
    match (parts.next(), parts.next(), parts.next(), parts.next()) {
        (Some(_), Some("stdout" | "stderr"), Some("F" | "P"), Some(message)) => message,
        _ => line,
    }
}

fn is_fatal(line: &str) -> bool {
    line.contains("level=fatal")
        || line.starts_with("panic:")
        || is_klog(line, 'F')
        || line.contains("\"command failed\"")
        || line.starts_with("Error: ")
}

fn is_error(line: &str) -> bool {
    line.contains("level=error") || is_klog(line, 'E')
}

/// `E1123 07:42:28.123456 …`
fn is_klog(line: &str, severity: char) -> bool {
    let mut letters = line.chars();
    letters.next() == Some(severity) && letters.take(4).filter(char::is_ascii_digit).count() == 4
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn a_large_log_is_copied_away_and_its_writer_goes_on_in_the_same_file() {
        let directory = tempfile::tempdir().unwrap();
        let log = directory.path().join("a/kubelet.log");
        let mut writer = open(&log).unwrap();
        for round in 0..4 {
            writer.write_all(format!("round {round}\n").as_bytes()).unwrap();
            assert!(rotate(&log, 5).unwrap());
        }
        writer.write_all(b"now\n").unwrap();
        assert!(!rotate(&log, 5).unwrap());
        let read = |path: &Path| fs_err::read_to_string(path).unwrap();
        assert_eq!(read(&log), "now\n");
        assert_eq!(read(&numbered(&log, 1)), "round 3\n");
        assert_eq!(read(&numbered(&log, 2)), "round 2\n");
        assert!(!numbered(&log, 3).exists());
    }

    #[test]
    fn a_log_that_is_not_there_needs_no_rotation() {
        assert!(!rotate(Path::new("/nonexistent/x.log"), 1).unwrap());
    }

    #[test]
    fn the_last_fatal_line_tells_more_than_errors_after_it() {
        let text = "I1123 07:42:28.1 a.go] fine\nF1123 07:42:28.2 b.go] no such file\nE1123 07:42:28.3 c.go] closing\n";
        assert!(most_telling(text).unwrap().contains("no such file"));
        let text = "level=error msg=\"bad socket\"\nlevel=info msg=bye\n";
        assert!(most_telling(text).unwrap().contains("bad socket"));
        assert_eq!(most_telling("only this\n\n").unwrap(), "only this");
        assert_eq!(most_telling("\n"), None);
        let text =
            "2026-11-23T08:00:00Z stderr F E1123 07:42:28.3 x.go] refused\n2026-11-23T08:00:00Z stderr F bye";
        assert_eq!(most_telling(text).unwrap(), "E1123 07:42:28.3 x.go] refused");
    }
}
