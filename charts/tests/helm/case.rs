//! One case: a chart, what people gave, and what both sides make of it.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bowline_charts::manifest::Event;
use bowline_charts::set::{Assignment, Typing};
use bowline_charts::values::{Given, Layer};
use bowline_charts::{Capabilities, Chart, File, Generation, Manifests, Release, Render, manifests};
use serde_json::{Value, json};

use crate::process::Oracle;

/// The text of all documents, or the error.
pub(crate) type Outcome = Result<String, String>;

#[derive(Clone)]
pub(crate) struct Case {
    pub(crate) generation: Generation,
    pub(crate) files: Vec<(String, String)>,
    pub(crate) values: Vec<String>,
    pub(crate) set: Vec<(Typing, String)>,
    pub(crate) is_upgrade: bool,
    pub(crate) kube: &'static str,
    pub(crate) apis: Vec<&'static str>,
}

impl Case {
    /// A chart that only tells its values.
    pub(crate) fn telling_values(generation: Generation) -> Self {
        let file = |name: &str, text: &str| (name.to_owned(), text.to_owned());
        Self {
            generation,
            files: vec![
                file("Chart.yaml", "{apiVersion: v2, name: web, version: 1.0.0}"),
                file("templates/values.yaml", "v: {{ .Values | toJson | quote }}"),
            ],
            values: Vec::new(),
            set: Vec::new(),
            is_upgrade: false,
            kube: "v1.35.2+test.1",
            apis: Vec::new(),
        }
    }

    /// The case as the oracle reads it.
    pub(crate) fn request(&self) -> String {
        let files = self.files.iter();
        let set = self.set.iter();
        json!({
            "Helm": if self.generation == Generation::Helm3 { 3 } else { 4 },
            "Files": files
                .map(|(name, text)| json!({"Name": name, "Data": STANDARD.encode(text)}))
                .collect::<Vec<_>>(),
            "Values": self.values.iter().map(|text| STANDARD.encode(text)).collect::<Vec<_>>(),
            "Set": set.map(|(typing, text)| json!({"Kind": kind(*typing), "Text": text})).collect::<Vec<_>>(),
            "Upgrade": self.is_upgrade,
            "Kube": self.kube,
            "APIs": self.apis,
        })
        .to_string()
    }

    /// What becomes of it here.
    pub(crate) fn rendered(&self) -> Outcome {
        let files = self.files.iter();
        let files = files.map(|(name, text)| File::new(name, text.as_bytes()));
        let chart = Chart::from_files(files.collect()).map_err(|error| error.to_string())?;
        let layers = self.values.iter().enumerate();
        let given = Given {
            layers: layers
                .map(|(index, text)| Layer::yaml(format!("values{index}.yaml"), text.as_bytes()))
                .collect(),
            assignments: self
                .set
                .iter()
                .map(|(typing, text)| Assignment {
                    typing: *typing,
                    expression: text.clone(),
                })
                .collect(),
            read_file: content,
        };
        let mut release = Release::install("rel", "ns");
        release.is_upgrade = self.is_upgrade;
        let mut with = Render::new(release, given);
        with.generation = self.generation;
        let mut api_versions = Capabilities::default().api_versions;
        api_versions.extend(self.apis.iter().map(|&api| api.to_owned()));
        with.capabilities = Capabilities {
            kube_version: self.kube.to_owned(),
            api_versions,
        };
        match manifests(&chart, &with) {
            Ok(manifests) => Ok(text(&manifests)),
            Err(error) => Err(error.to_string()),
        }
    }

    /// The case without whatever it differs without as well.
    pub(crate) fn smaller(&self, oracle: &mut Oracle) -> Self {
        let mut case = self.clone();
        let differs = |case: &Self, oracle: &mut Oracle| {
            let (answers, ours) = oracle.answers(&[case.request()], || case.rendered());
            ours != answer(&answers[0]) && !crate::is_chance(case, &ours, oracle)
        };
        for _ in 0..3 {
            for part in (0..case.parts()).rev() {
                if case
                    .files
                    .get(part)
                    .is_some_and(|(name, _)| name.ends_with("Chart.yaml"))
                {
                    continue;
                }
                let mut tried = case.clone();
                tried.drop_part(part);
                if differs(&tried, oracle) {
                    case = tried;
                }
            }
            for text in 0..case.files.len() + case.values.len() {
                for line in (0..case.text(text).lines().count()).rev() {
                    let mut tried = case.clone();
                    let lines: Vec<String> = tried.text(text).lines().map(str::to_owned).collect();
                    if line >= lines.len() {
                        continue;
                    }
                    let (before, after) = (&lines[..line], &lines[line + 1..]);
                    *tried.text(text) = [before, after].concat().join("\n");
                    if differs(&tried, oracle) {
                        case = tried;
                    }
                }
            }
        }
        case
    }

    fn parts(&self) -> usize {
        self.files.len() + self.values.len() + self.set.len()
    }

    fn drop_part(&mut self, part: usize) {
        let (files, values) = (self.files.len(), self.values.len());
        if part < files {
            self.files.remove(part);
        } else if part < files + values {
            self.values.remove(part - files);
        } else {
            self.set.remove(part - files - values);
        }
    }

    fn text(&mut self, index: usize) -> &mut String {
        let files = self.files.len();
        if index < files {
            &mut self.files[index].1
        } else {
            &mut self.values[index - files]
        }
    }

    /// What is set, as arguments.
    pub(crate) fn given(&self) -> String {
        let set = self.set.iter();
        let given: Vec<_> = set
            .map(|(typing, text)| format!("--{} {text:?}", kind(*typing)))
            .collect();
        given.join(" ")
    }

    /// The case with both outcomes, for people.
    pub(crate) fn shown(&self, oracle: &mut Oracle) -> String {
        let (answers, ours) = oracle.answers(&[self.request()], || self.rendered());
        let mut out = format!("=== {:?}\n", self.generation);
        for (name, text) in &self.files {
            let _ = write!(out, "--- {name}\n{text}\n");
        }
        for text in &self.values {
            let _ = write!(out, "--- -f\n{text}\n");
        }
        out.push_str(&self.given());
        let told = |outcome: &Outcome| match outcome {
            Ok(text) => text.clone(),
            Err(error) => format!("error: {error:?}"),
        };
        out + &format!(
            "\n>>> ours\n{}\n>>> Helm\n{}\n",
            told(&ours),
            told(&answer(&answers[0]))
        )
    }
}

/// What the oracle answered.
pub(crate) fn answer(line: &str) -> Outcome {
    let answer: Value = serde_json::from_str(line).unwrap_or_default();
    let text = |field: &str| {
        let bytes = STANDARD.decode(answer[field].as_str().unwrap_or_default());
        String::from_utf8_lossy(&bytes.unwrap_or_default()).into_owned()
    };
    match text("Error") {
        error if !error.is_empty() => Err(error),
        _ => Ok(text("Text")),
    }
}

/// Everything in one text, as the oracle writes it.
fn text(manifests: &Manifests) -> String {
    let mut out = String::new();
    for crd in &manifests.crds {
        let _ = write!(out, "---\n# CRD: {}\n{}\n", crd.source, crd.content);
    }
    for object in &manifests.objects {
        let _ = write!(out, "---\n# Source: {}\n{}\n", object.source, object.content);
    }
    for hook in &manifests.hooks {
        let events: Vec<_> = hook.events.iter().map(|event| name(*event)).collect();
        let (source, events) = (&hook.manifest.source, events.join(","));
        let _ = write!(out, "---\n# Hook: {source} {events}\n{}\n", hook.manifest.content);
    }
    if let Some(notes) = &manifests.notes {
        let _ = write!(out, "NOTES:\n{notes}");
    }
    out
}

fn name(event: Event) -> &'static str {
    match event {
        Event::PreInstall => "pre-install",
        Event::PostInstall => "post-install",
        Event::PreDelete => "pre-delete",
        Event::PostDelete => "post-delete",
        Event::PreUpgrade => "pre-upgrade",
        Event::PostUpgrade => "post-upgrade",
        Event::PreRollback => "pre-rollback",
        Event::PostRollback => "post-rollback",
        Event::Test => "test",
    }
}

fn kind(typing: Typing) -> &'static str {
    match typing {
        Typing::Json => "json",
        Typing::Inferred => "set",
        Typing::Text => "set-string",
        Typing::File => "set-file",
        Typing::Literal => "set-literal",
    }
}

/// What files of `--set-file` hold here.
fn content(path: &str) -> Result<Vec<u8>, String> {
    if path.contains('x') {
        return Err(format!("open {path}: there is no such file"));
    }
    Ok(format!("content of {path}").into_bytes())
}
