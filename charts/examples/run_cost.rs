//! What a run of a program costs: `run_cost PROGRAM ARGUMENT…`.
//!
//! Out comes one line of JSON: the time from the start to the end, the most memory the program held, and how many bytes
//! it wrote. The system counts what the starter of a program held as if the program had held it, so the starter is
//! this small program.

use std::io::Read;
use std::process::{Command, Stdio};
use std::time::Instant;

use nix::sys::resource::{UsageWho, getrusage};
use serde_json::json;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args_os().skip(1);
    let program = arguments.next().ok_or("name a program")?;
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null());
    let start = Instant::now();
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
    let mut bytes = 0;
    if let Some(output) = &mut child.stdout {
        let mut buffer = vec![0; 1 << 16];
        while let length @ 1.. = output.read(&mut buffer)? {
            bytes += length;
        }
    }
    let status = child.wait()?;
    let nanos = u64::try_from(start.elapsed().as_nanos())?;
    let kibibytes = getrusage(UsageWho::RUSAGE_CHILDREN)?.max_rss();
    println!(
        "{}",
        json!({
            "nanos": nanos,
            "peak_bytes": kibibytes * 1024,
            "bytes": bytes,
            "is_success": status.success(),
        })
    );
    Ok(())
}
