//! How fast YAML is read and written: `cargo run --release --example yaml_speed -- FILE`.

use std::hint::black_box;
use std::time::{Duration, Instant};

use bowline_charts::yaml;
use bowline_charts::{Generation, manifest::Head};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args()
        .nth(1)
        .ok_or("name a file with one YAML document")?;
    let text = fs_err::read(path)?;
    let value = yaml::unmarshal(&text)?;
    measure("read", text.len(), || drop(black_box(yaml::unmarshal(&text))));
    measure("head", text.len(), || {
        drop(black_box(Head::read(&text, Generation::Helm4)));
    });
    measure("write", text.len(), || {
        drop(black_box(yaml::encode(&value, usize::MAX)));
    });
    Ok(())
}

fn measure(what: &str, bytes: usize, run: impl Fn()) {
    let start = Instant::now();
    let mut rounds = 0;
    while start.elapsed() < Duration::from_secs(1) {
        run();
        rounds += 1;
    }
    let each = start.elapsed() / rounds;
    let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
    println!(
        "{what} {each:.1?} {:.0} MB/s",
        f64::from(bytes) / each.as_secs_f64() / 1e6
    );
}
