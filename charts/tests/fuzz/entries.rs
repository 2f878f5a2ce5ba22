//! What each fuzz target does. The fuzzer and the replay of what it found call the same functions.
//!
//! In come any bytes; out comes nothing, or a panic where something is wrong. Parts of an input are separated by NUL,
//! files by lines such as `-- values.yaml --`.

use std::io::Write as _;
use std::sync::Arc;

use bowline_charts::manifest::{Head, split};
use bowline_charts::set::{Assignment, Typing};
use bowline_charts::values::Given;
use bowline_charts::{
    Capabilities, Chart, File, Generation, Release, Render, archive, explain, matches_path, render, toml,
    yaml,
};
use bstr::ByteSlice as _;
use flate2::Compression;
use flate2::write::GzEncoder;
use gotemplate::json::{self, Style};
use gotemplate::{Limits, deep_equal};
use serde_json::Value;

/// Takes any bytes.
pub type Entry = fn(&[u8]);

/// The entries by the names of their targets.
pub const ENTRIES: &[(&str, Entry)] = &[
    ("archive", archive),
    ("chart", chart),
    ("options", options),
    ("schema", schema),
    ("toml", toml),
    ("yaml", yaml),
];

/// Small enough that a render that keeps within them takes no time.
const LIMITS: Limits = Limits {
    fuel: 200_000,
    output: 256 << 10,
    memory: 4 << 20,
    depth: 1_000,
};

/// What an archive may unpack to.
const MOST_UNPACKED: usize = 32 << 20;

const MANIFEST: &str = "{apiVersion: v2, name: web, version: 1.0.0}";

const GENERATIONS: [Generation; 2] = [Generation::Helm3, Generation::Helm4];

/// A text is read in all ways; what was read is written and read again as the same.
pub fn yaml(data: &[u8]) {
    for generation in GENERATIONS {
        for document in split(data, generation) {
            let _ = Head::read(document, generation);
        }
    }
    let value = yaml::unmarshal(data);
    assert_eq!(
        yaml::decode_head(data).is_ok(),
        value.is_ok(),
        "head and whole differ"
    );
    if yaml::decode_strict(data).is_ok() {
        assert!(value.is_ok(), "only the strict reader takes it");
    }
    if let Ok(value) = value {
        let json = json::marshal(&value, Style::default()).unwrap_or_default();
        // As in Go, a line break that JSON does not know becomes a space.
        let has_breaks = json.contains_str("\u{85}");
        // As in Go, a block of the pretty form may begin with a tab, which no reader takes.
        let has_tabs = json.contains_str(r#""\t"#) || json.contains_str(r"\n\t");
        // As in Go, a key that is then taken for a merge is not quoted.
        let has_merge = json.contains_str(r#""\u003c\u003c":"#);
        let is_lossy = has_breaks || has_merge;
        let (plain, pretty) = (
            yaml::encode(&value, usize::MAX),
            yaml::encode_pretty(&value, usize::MAX),
        );
        for (written, is_lossy) in [(plain, is_lossy), (pretty, is_lossy || has_tabs)] {
            // Not all that is read can be written: keys may be too long, as in Go.
            let Ok(text) = written else { continue };
            let again = yaml::unmarshal(&text);
            assert!(
                is_lossy || again.is_ok_and(|again| deep_equal(&value, &again)),
                "written:\n{}",
                String::from_utf8_lossy(&text)
            );
        }
    }
    for document in yaml::read_documents(&String::from_utf8_lossy(data)).unwrap_or_default() {
        let Ok(text) = yaml::write(&document) else {
            continue;
        };
        // A key that is then taken for a merge is not quoted here either.
        if document.to_string().contains(r#""<<":"#) {
            continue;
        }
        let again = yaml::read_value(&text).expect("what was written can be read");
        // A float without a fraction comes back as a whole number, which is written alike.
        assert_eq!(yaml::write(&again).expect("the same once more"), text);
    }
}

/// What is read as TOML is written and read again as what is written alike.
pub fn toml(data: &[u8]) {
    let Ok(value) = toml::read(data) else { return };
    // Not all that is read can be written: lists of several types, or tables in lists of lists.
    let Ok(text) = toml::write(&value.into()) else {
        return;
    };
    let again = toml::read(&text).map(|again| toml::write(&again.into()));
    let again = again
        .expect("what was written can be read")
        .expect("and written again");
    assert_eq!(String::from_utf8_lossy(&again), String::from_utf8_lossy(&text));
}

/// The first byte tells what the others are: a `.tgz`, a tar archive, or one whose checksums are still to be made.
pub fn archive(data: &[u8]) {
    let Some((&kind, data)) = data.split_first() else {
        return;
    };
    let mut tar = data.to_vec();
    if kind % 3 == 2 {
        repair(&mut tar);
    }
    let packed = if kind % 3 == 0 { tar } else { gzip(&tar) };
    let Ok(files) = archive::unpack(&packed) else {
        return;
    };
    let total: usize = files.iter().map(|file| file.data.len()).sum();
    assert!(total <= MOST_UNPACKED, "{total} bytes unpacked");
    for File { path, .. } in &files {
        assert!(
            !path.split('/').any(|part| matches!(part, "" | "." | "..")),
            "{path:?}"
        );
    }
    let mut sorted = files.clone();
    sorted.sort_by(|a, b| a.path.cmp(&b.path));
    if let Ok(packed) = archive::pack("web", &files) {
        assert_eq!(
            archive::unpack(&packed).expect("what was packed is unpacked"),
            sorted
        );
    }
    if let Ok(chart) = Chart::from_files(files) {
        let _ = (chart.manifest(), chart.values(), chart.crds().count());
    }
}

fn gzip(data: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::none());
    encoder.write_all(data).expect("memory takes it");
    encoder.finish().expect("memory takes it")
}

/// Sets the checksum of whatever looks like a header.
fn repair(tar: &mut [u8]) {
    for header in tar
        .chunks_exact_mut(512)
        .filter(|block| block[257..].starts_with(b"ustar"))
    {
        header[148..156].fill(b' ');
        let sum: u32 = header.iter().map(|&byte| u32::from(byte)).sum();
        header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    }
}

fn given(generation: Generation, values: Value) -> Render {
    Render {
        limits: LIMITS,
        generation,
        ..Render::new(Release::install("rel", "ns"), values)
    }
}

/// A chart of a few files is rendered as both generations of Helm do it.
pub fn chart(data: &[u8]) {
    let Ok(chart) = Chart::from_files(files(data)) else {
        return;
    };
    for generation in GENERATIONS {
        let with = given(generation, Value::Null);
        if let Err(error) = render(&chart, &with) {
            assert!(!error.to_string().is_empty());
        }
    }
}

fn files(data: &[u8]) -> Vec<File> {
    let mut files: Vec<File> = Vec::new();
    for line in data.split_inclusive(|&byte| byte == b'\n') {
        let name = line
            .strip_prefix(b"-- ")
            .and_then(|line| line.strip_suffix(b" --\n"));
        match (name, files.last_mut()) {
            (Some(name), _) => files.push(File::new(String::from_utf8_lossy(name), "")),
            (None, Some(file)) => Arc::make_mut(&mut file.data).extend_from_slice(line),
            (None, None) => {}
        }
    }
    files
}

/// Values are held against a schema.
pub fn schema(data: &[u8]) {
    let mut parts = data.splitn(2, |&byte| byte == 0);
    let (schema, values) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let chart = Chart::from_files(vec![
        File::new("Chart.yaml", MANIFEST),
        File::new("values.yaml", values),
        File::new("values.schema.json", schema),
    ]);
    let chart = chart.expect("a schema is looked at later");
    let _ = explain::values(&chart, &given(Generation::Helm4, Value::Null));
}

/// What people write on command lines: an assignment, a pattern with a path, a version.
pub fn options(data: &[u8]) {
    let data = String::from_utf8_lossy(data);
    let mut parts = data.split('\0');
    let mut part = || parts.next().unwrap_or_default();
    let expression = part();
    for typing in [
        Typing::Json,
        Typing::Inferred,
        Typing::Text,
        Typing::File,
        Typing::Literal,
    ] {
        let given = Given {
            assignments: vec![Assignment {
                typing,
                expression: expression.to_owned(),
            }],
            read_file: |path| Ok(path.as_bytes().to_vec()),
            ..Given::default()
        };
        let _ = given.to_json();
    }
    let _ = matches_path(part(), part());
    let _ = Capabilities::parse_version(part());
}
