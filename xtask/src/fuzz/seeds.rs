//! What the working corpora begin with: our own charts, and public ones with recorded calls where they are at hand.

use std::collections::{BTreeMap, HashMap};
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};

use anyhow::Result;
use bowline_charts::{File, archive, directory};
use serde_json::Value;

use super::Workshop;
use crate::digest;

/// The longest seed, and how many each target is given at most: the shorter and fewer, the faster the start.
const LONGEST: usize = 4 << 10;
const MOST: usize = 1_500;
/// How many calls of one function.
const MOST_CALLS: usize = 12;

/// Makes the seeds, unless an earlier run did.
pub(crate) fn sow(workshop: &Workshop) -> Result<()> {
    if workshop.all_seeds().is_dir() {
        return Ok(());
    }
    let mut seeds = Seeds {
        workshop,
        counts: HashMap::new(),
    };
    seeds.own_charts()?;
    let beside = workshop.checkout.root().join("../shared");
    let shared = std::env::var_os("BOWLINE_SHARED").map_or(beside, PathBuf::from);
    let collection = shared.join("charts-corpus");
    if !collection.is_dir() {
        println!(
            "{} is not there: the seeds are our own charts alone",
            collection.display()
        );
        return Ok(());
    }
    seeds.snippets(&collection)?;
    seeds.calls(&collection)?;
    seeds.public_charts(&collection)
}

struct Seeds<'w> {
    workshop: &'w Workshop,
    counts: HashMap<&'static str, usize>,
}

impl Seeds<'_> {
    fn add(&mut self, target: &'static str, seed: &[u8]) -> Result<()> {
        let count = self.counts.entry(target).or_default();
        if seed.len() > LONGEST || *count >= MOST {
            return Ok(());
        }
        *count += 1;
        let directory = self.workshop.seeds(target);
        fs_err::create_dir_all(&directory)?;
        fs_err::write(directory.join(digest::of_bytes(seed)), seed)?;
        Ok(())
    }

    fn own_charts(&mut self) -> Result<()> {
        let checkout = &self.workshop.checkout;
        let mut charts = vec![checkout.sample_chart("hello")];
        for entry in fs_err::read_dir(checkout.bundled_charts())? {
            charts.push(entry?.path());
        }
        for chart in charts {
            self.chart(&directory::read(&chart)?)?;
        }
        Ok(())
    }

    /// The files of a chart, each for its own, and together as far as they are short.
    fn chart(&mut self, files: &[File]) -> Result<()> {
        let mut together = Vec::new();
        let mut kept = Vec::new();
        for file in files {
            let data = &file.data;
            match file.path.as_str() {
                "values.yaml" | "Chart.yaml" => self.add("yaml", data)?,
                "values.schema.json" => self.add("schema", &[data.as_slice(), b"\0{}"].concat())?,
                path if path.starts_with("templates/") => self.add("parser", data)?,
                _ => continue,
            }
            if together.len() + data.len() < LONGEST {
                together.extend_from_slice(format!("-- {} --\n", file.path).as_bytes());
                together.extend_from_slice(data);
                together.push(b'\n');
                kept.push(file.clone());
            }
        }
        self.add("chart", &together)?;
        let packed = archive::pack("chart", &kept)?;
        let mut tar = vec![2];
        flate2::read::GzDecoder::new(packed.as_slice()).read_to_end(&mut tar)?;
        self.add("archive", &tar)?;
        self.add("archive", &[&[0], packed.as_slice()].concat())
    }

    /// Small templates with their data.
    fn snippets(&mut self, collection: &Path) -> Result<()> {
        let text = fs_err::read(collection.join("go-snippets.json"))?;
        let file: Value = serde_json::from_slice(&text)?;
        let data = file["data"].to_string();
        self.add("json", data.as_bytes())?;
        self.add("yaml", data.as_bytes())?;
        for case in file["cases"].as_array().into_iter().flatten() {
            let template = case["Tpl"].as_str().unwrap_or_default();
            self.add("parser", template.as_bytes())?;
            self.add("executor", format!("{template}\0{data}").as_bytes())?;
        }
        Ok(())
    }

    /// Recorded calls of functions.
    fn calls(&mut self, collection: &Path) -> Result<()> {
        let mut counts: HashMap<String, usize> = HashMap::new();
        for line in BufReader::new(unpacked(&collection.join("calls.jsonl.zst"))?).lines() {
            let call: Value = serde_json::from_str(&line?)?;
            let name = call["fn"].as_str().unwrap_or_default();
            let count = counts.entry(name.to_owned()).or_default();
            *count += 1;
            if *count > MOST_CALLS {
                continue;
            }
            let mut seed = name.to_owned();
            for argument in call["args"].as_array().into_iter().flatten() {
                seed.push('\0');
                seed += &argument_text(argument);
            }
            self.add("functions", seed.as_bytes())?;
        }
        Ok(())
    }

    fn public_charts(&mut self, collection: &Path) -> Result<()> {
        let mut archive = tar::Archive::new(unpacked(&collection.join("corpus.tar.zst"))?);
        let mut charts: BTreeMap<String, Vec<File>> = BTreeMap::new();
        for entry in archive.entries()? {
            let mut entry = entry?;
            let path = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
            let within = path.strip_prefix("charts/").and_then(|path| path.split_once('/'));
            let Some((chart, path)) = within.filter(|_| entry.size() <= LONGEST as u64) else {
                continue;
            };
            let mut data = Vec::new();
            entry.read_to_end(&mut data)?;
            charts
                .entry(chart.to_owned())
                .or_default()
                .push(File::new(path, data));
        }
        charts.values().try_for_each(|files| self.chart(files))
    }
}

fn unpacked(path: &Path) -> Result<impl std::io::Read + use<>> {
    let mut decoder = zstd::Decoder::new(fs_err::File::open(path)?)?;
    decoder.window_log_max(27)?;
    Ok(decoder)
}

/// An argument as the target reads it: a text as it is, other types named before the value, all else as JSON.
fn argument_text(argument: &Value) -> String {
    let marked = argument.as_object().and_then(|fields| fields.iter().next());
    match (argument, marked) {
        (Value::String(text), _) => text.clone(),
        (_, Some((mark, number))) if mark == "$int" || mark == "$int64" => {
            let digits = number.as_str().map_or_else(|| number.to_string(), str::to_owned);
            format!("{}:{digits}", &mark[1..])
        }
        (_, Some((mark, content))) if mark.starts_with('$') => content.to_string(),
        _ => argument.to_string(),
    }
}
