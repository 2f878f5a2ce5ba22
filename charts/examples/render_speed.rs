//! How fast charts are rendered: `render_speed RUNS KUBE_VERSION < list of chart directories`.
//!
//! For each chart comes one line of JSON: the time of the median run from files in memory to the text of the manifest,
//! the same in parts, the size of that text, 0 where the chart is refused, and whether templates called functions that make
//! keys.

use std::io::{BufRead, Write};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use bowline_charts::render::{Phase, Watch};
use bowline_charts::{Capabilities, Chart, File, Manifest, Manifests, Release, Render, directory, manifests};
use serde::Serialize;
use serde_json::json;

type Error = Box<dyn std::error::Error>;

/// One render.
struct Run {
    times: Times,
    /// Of the manifest.
    bytes: usize,
    keys: bool,
}

/// Nanoseconds of a render.
struct Times {
    whole: u64,
    parts: Parts,
}

/// Nanoseconds of the parts of a render.
#[derive(Clone, Copy, Default, Serialize)]
struct Parts {
    load: u64,
    values: u64,
    parse: u64,
    execute: u64,
    sort: u64,
}

fn main() -> Result<(), Error> {
    let mut arguments = std::env::args().skip(1);
    let (Some(runs), Some(version)) = (arguments.next(), arguments.next()) else {
        return Err("expected RUNS KUBE_VERSION, and directories on standard input".into());
    };
    let runs = runs.parse::<usize>()?.max(1);
    let capabilities = Capabilities {
        kube_version: Capabilities::parse_version(&version)?,
        ..Capabilities::default()
    };
    let release = Release::install("rel", "ns");
    let with = Render {
        capabilities,
        ..Render::new(release, serde_json::Value::Null)
    };
    for chart in std::io::stdin().lock().lines() {
        let chart = chart?;
        let line = measure(Path::new(&chart), runs, &with)
            .unwrap_or_else(|error| json!({ "bytes": 0, "error": error.to_string() }));
        writeln!(std::io::stdout(), "{line}")?;
    }
    Ok(())
}

fn measure(chart: &Path, runs: usize, with: &Render) -> Result<serde_json::Value, Error> {
    let files = directory::read(chart)?;
    let mut times = Vec::new();
    let (mut bytes, mut keys) = (0, false);
    for _ in 0..runs {
        let run = render(files.clone(), with)?;
        times.push(run.times);
        (bytes, keys) = (run.bytes, run.keys);
    }
    times.sort_by_key(|times| times.whole);
    let Times { whole, parts } = &times[times.len() / 2];
    Ok(json!({ "nanos": whole, "parts": parts, "bytes": bytes, "keys": keys }))
}

/// One render, whose parts begin where the one before has ended.
fn render(files: Vec<File>, with: &Render) -> Result<Run, Error> {
    let passed = Arc::new(Mutex::new(Vec::<(Phase, Instant)>::with_capacity(4)));
    let watch = Arc::clone(&passed);
    let with = Render {
        watch: Watch::new(move |phase| {
            if let Ok(mut passed) = watch.lock() {
                passed.push((phase, Instant::now()));
            }
        }),
        ..with.clone()
    };
    let start = Instant::now();
    let chart = Chart::from_files(files)?;
    let loaded = Instant::now();
    if !matches!(chart.metadata().kind.as_str(), "" | "application") {
        return Err("not installable".into());
    }
    let given = manifests(&chart, &with)?;
    let bytes = text(&given).len();
    // All functions whose names begin so make keys or certificates.
    let keys = given.volatile.iter().any(|function| function.starts_with("gen"));
    drop((chart, given));
    let end = Instant::now();
    let nanos = |from: Instant, to: Instant| u64::try_from((to - from).as_nanos()).unwrap_or(u64::MAX);
    let mut parts = Parts {
        load: nanos(start, loaded),
        ..Parts::default()
    };
    let mut before = loaded;
    for (phase, at) in passed.lock().map_err(|_| "the watch failed")?.drain(..) {
        match phase {
            Phase::Values => parts.values = nanos(before, at),
            Phase::Parse => parts.parse = nanos(before, at),
            Phase::Execute => parts.execute = nanos(before, at),
        }
        before = at;
    }
    parts.sort = nanos(before, end);
    let whole = nanos(start, end);
    Ok(Run {
        times: Times { whole, parts },
        bytes,
        keys,
    })
}

/// Definitions, objects and hooks, as Helm prints them.
fn text(given: &Manifests) -> String {
    let hooks = given.hooks.iter().map(|hook| &hook.manifest);
    let all = || given.crds.iter().chain(&given.objects).chain(hooks.clone());
    let mut text = String::with_capacity(
        all()
            .map(|manifest| manifest.source.len() + manifest.content.len() + 18)
            .sum(),
    );
    for Manifest { source, content } in all() {
        for part in ["---\n# Source: ", source, "\n", content, "\n"] {
            text.push_str(part);
        }
    }
    text
}
