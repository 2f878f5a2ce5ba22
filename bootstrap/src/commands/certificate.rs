//! `bowline certificate check`: until when each certificate of this node is good.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, Result, bail};
use clap::{Args, Subcommand, ValueEnum};
use jiff::Timestamp;
use serde::Serialize;

use super::location;
use crate::certificates::{Inspected, inspect};
use crate::layout::Layout;

/// Certificates are renewed well before this; one that is nearer to its end needs a look.
const NOTICE_DAYS: i64 = 30;
const DAY: i64 = 86_400;

/// Arguments of `certificate`.
#[derive(Args, Debug)]
pub(crate) struct Certificate {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Show until when each certificate of this node is good
    Check(Check),
}

/// Flags of `certificate check`.
#[derive(Args, Debug)]
#[command(after_help = "Exit code: 0 when all are good, 1 when one has expired.")]
struct Check {
    /// Folder that holds bowline's data
    #[arg(long, value_name = "PATH")]
    data_dir: Option<PathBuf>,
    #[arg(short, long, value_enum, default_value = "table")]
    output: Output,
}

/// What `-o` takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Output {
    Json,
    Table,
}

/// One certificate's line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct Line {
    file: PathBuf,
    subject: String,
    authority: bool,
    expires: Timestamp,
    days_left: i64,
    status: Status,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Status {
    Ok,
    Expiring,
    Expired,
}

/// Runs a subcommand of `certificate`.
pub(crate) fn run(certificate: Certificate) -> Result<ExitCode> {
    let Command::Check(check) = certificate.command;
    let layout = location::find(check.data_dir).layout;
    let lines = read(&layout, Timestamp::now())?;
    if lines.is_empty() {
        bail!(
            "no certificates below {}: the first start of bowline makes them",
            layout.data_dir().display()
        );
    }
    match check.output {
        Output::Json => println!("{}", serde_json::to_string_pretty(&lines).context("write JSON")?),
        Output::Table => print!("{}", table(&lines)),
    }
    let expired = lines.iter().any(|line| line.status == Status::Expired);
    Ok(if expired {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}

fn read(layout: &Layout, now: Timestamp) -> Result<Vec<Line>> {
    let mut files = certificate_files(&layout.tls());
    files.extend(certificate_files(&layout.agent()));
    let mut lines = Vec::new();
    for path in files {
        let pem = fs_err::read(&path).context("read a certificate: try again as root")?;
        let found = inspect(&pem).with_context(|| format!("{} holds no certificate", path.display()))?;
        let file = path.strip_prefix(layout.data_dir()).unwrap_or(&path).to_owned();
        lines.push(line(file, &found, now)?);
    }
    Ok(lines)
}

/// The `.crt` files of a folder and those right below it, by name.
fn certificate_files(folder: &Path) -> Vec<PathBuf> {
    let entries = |folder: &Path| {
        let entries = fs_err::read_dir(folder).into_iter().flatten().flatten();
        entries.map(|entry| entry.path()).collect::<Vec<PathBuf>>()
    };
    let (folders, mut files): (Vec<PathBuf>, Vec<PathBuf>) =
        entries(folder).into_iter().partition(|path| path.is_dir());
    files.extend(folders.iter().flat_map(|folder| entries(folder)));
    files.retain(|path| path.extension().is_some_and(|extension| extension == "crt"));
    files.sort();
    files
}

fn line(file: PathBuf, found: &Inspected, now: Timestamp) -> Result<Line> {
    let expires =
        Timestamp::from_second(found.not_after.unix_timestamp()).context("read the end of a certificate")?;
    let left = expires.as_second() - now.as_second();
    Ok(Line {
        file,
        subject: found.common_name.clone(),
        authority: found.is_authority,
        expires,
        days_left: left.div_euclid(DAY),
        status: match left {
            ..=0 => Status::Expired,
            _ if left < NOTICE_DAYS * DAY => Status::Expiring,
            _ => Status::Ok,
        },
    })
}

fn table(lines: &[Line]) -> String {
    let file = |line: &Line| line.file.display().to_string();
    let width = lines
        .iter()
        .map(|line| file(line).len())
        .max()
        .unwrap_or_default();
    let header = format!(
        "{:width$}  {:20}  {:>9}  STATUS    SUBJECT\n",
        "FILE", "EXPIRES", "DAYS LEFT"
    );
    let rows = lines.iter().map(|line| {
        let status = match line.status {
            Status::Ok => "ok",
            Status::Expiring => "expiring",
            Status::Expired => "EXPIRED",
        };
        let (file, days) = (file(line), line.days_left);
        format!(
            "{file:width$}  {:20}  {days:>9}  {status:8}  {}\n",
            line.expires.to_string(),
            line.subject
        )
    });
    std::iter::once(header)
        .chain(rows)
        .collect::<Vec<String>>()
        .concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        "2026-11-23T08:00:00Z".parse().unwrap()
    }

    /// A data dir with one certificate that ends in `days`.
    fn layout(folder: &Path, days: i64) -> Layout {
        let layout = Layout::new(folder);
        let mut parameters = rcgen::CertificateParams::new(vec!["one".to_owned()]).unwrap();
        parameters
            .distinguished_name
            .push(rcgen::DnType::CommonName, "etcd-server");
        let end = time::OffsetDateTime::from_unix_timestamp(now().as_second() + days * DAY + 60).unwrap();
        parameters.not_before = end - time::Duration::days(365);
        parameters.not_after = end;
        let key = rcgen::KeyPair::generate().unwrap();
        let certificate = parameters.self_signed(&key).unwrap();
        fs_err::create_dir_all(layout.tls().join("etcd")).unwrap();
        fs_err::write(layout.tls().join("etcd/server-client.crt"), certificate.pem()).unwrap();
        fs_err::write(layout.tls().join("etcd/server-client.key"), "a key is not read").unwrap();
        layout
    }

    #[test]
    fn each_certificate_tells_its_end() {
        let folder = tempfile::tempdir().unwrap();
        let lines = read(&layout(folder.path(), 200), now()).unwrap();
        insta::assert_snapshot!(table(&lines), @r"
        FILE                               EXPIRES               DAYS LEFT  STATUS    SUBJECT
        server/tls/etcd/server-client.crt  2027-06-11T08:01:00Z        200  ok        etcd-server
        ");
    }

    #[test]
    fn what_ends_soon_and_what_has_ended_is_said() {
        for (days, status) in [(31, Status::Ok), (10, Status::Expiring), (-1, Status::Expired)] {
            let folder = tempfile::tempdir().unwrap();
            assert_eq!(
                read(&layout(folder.path(), days), now()).unwrap()[0].status,
                status,
                "{days}"
            );
        }
    }

    #[test]
    fn a_file_that_is_no_certificate_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let layout = layout(folder.path(), 200);
        fs_err::write(layout.tls().join("x.crt"), "torn").unwrap();
        assert!(read(&layout, now()).unwrap_err().to_string().contains("x.crt"));
    }
}
