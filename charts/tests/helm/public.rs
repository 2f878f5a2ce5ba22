//! Public charts with values from chance: what their own values leave out is rendered too, or refused.

use bowline_charts::set::Typing;
use bowline_charts::{Chart, File, directory};
use serde_json::{Value, json};

use crate::case::{self, Case, Outcome};
use crate::collection::Collection;
use crate::process::{Oracle, Random};
use crate::trees;

/// Larger charts, most of them made of CRDs, take long to hand over and show nothing else.
const LARGEST: usize = 2 << 20;

/// What these make differs each time, and takes long.
const KEYS: [&str; 4] = ["genCA", "genPrivateKey", "genSelfSigned", "genSigned"];

/// A public chart and everything in its values that can be given another value.
pub(crate) struct Public {
    pub(crate) id: String,
    files: Vec<(String, String)>,
    settings: Vec<(String, Value)>,
}

impl Public {
    /// None for a chart that both sides refuse to load, and for one that the comparison leaves out.
    pub(crate) fn read(collection: &Collection, id: &str) -> Option<Self> {
        let text = |file: File| Some((file.path, String::from_utf8(file.data.to_vec()).ok()?));
        let read = directory::read(&collection.chart(id)).ok()?;
        let files: Vec<_> = read.into_iter().filter_map(text).collect();
        let size: usize = files.iter().map(|(_, text)| text.len()).sum();
        let has_keys = |(_, text): &(String, String)| KEYS.iter().any(|name| text.contains(name));
        if size > LARGEST || files.iter().any(has_keys) {
            return None;
        }
        let again = files.iter().map(|(path, text)| File::new(path, text.as_bytes()));
        let mut settings = Vec::new();
        collect(&mut settings, "", &Chart::from_files(again.collect()).ok()?);
        Some(Self {
            id: id.to_owned(),
            files,
            settings,
        })
    }

    /// The chart with some of its values set otherwise.
    pub(crate) fn case(&self, random: &mut Random) -> Case {
        let mut case = Case {
            files: self.files.clone(),
            is_upgrade: random.once_in(4),
            kube: random.pick(&["v1.35.0", "v1.35.0", "v1.24.3", "v1.18.0", "v1.30.1-gke.100"]),
            ..Case::telling_values(trees::generation(random))
        };
        for api in [
            "monitoring.coreos.com/v1",
            "cert-manager.io/v1",
            "gateway.networking.k8s.io/v1",
            "route.openshift.io/v1",
            "policy/v1beta1/PodDisruptionBudget",
        ] {
            if random.once_in(4) {
                case.apis.push(api);
            }
        }
        if !self.settings.is_empty() {
            for _ in 0..=random.below(8) {
                let (path, value) = &self.settings[self.chosen(random)];
                let other = other(random, value);
                case.set.push((Typing::Json, format!("{path}={other}")));
            }
        }
        case
    }

    /// Switches more often than others: whole templates hang on them.
    fn chosen(&self, random: &mut Random) -> usize {
        let mut chosen = random.below(self.settings.len());
        for _ in 0..3 {
            if !self.settings[chosen].1.is_boolean() {
                chosen = random.below(self.settings.len());
            }
        }
        chosen
    }

    /// Whether both sides agree; if not, what is different and with which values.
    pub(crate) fn judge(&self, case: &Case, oracle: &mut Oracle) -> Option<String> {
        let mut case = case.clone();
        let mut why = difference(&case, oracle)?;
        for part in (0..case.set.len()).rev() {
            let mut tried = case.clone();
            tried.set.remove(part);
            if let Some(still) = difference(&tried, oracle) {
                (case, why) = (tried, still);
            }
        }
        Some(format!("{}: {}\n{why}", self.id, case.given()))
    }
}

/// Every value of a chart and of the charts below it, with the path to set it by.
fn collect(settings: &mut Vec<(String, Value)>, prefix: &str, chart: &Chart) {
    walk(settings, prefix, chart.values().unwrap_or_default());
    for below in chart.subcharts() {
        collect(settings, &format!("{prefix}{}.", below.name()), below);
    }
}

fn walk(settings: &mut Vec<(String, Value)>, prefix: &str, value: Value) {
    let Value::Object(map) = value else { return };
    let is_plain = |key: &str| {
        key.bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"._/-".contains(&byte))
    };
    for (key, value) in map.into_iter().filter(|(key, _)| is_plain(key)) {
        let path = format!("{prefix}{}", key.replace('.', "\\."));
        settings.push((path.clone(), value.clone()));
        walk(settings, &format!("{path}."), value);
    }
}

/// Another value, most of the time of a kind that a template can use.
fn other(random: &mut Random, value: &Value) -> Value {
    let item = json!({
        "name": "x", "key": "k", "value": "v", "host": "x.example.com", "hosts": ["y.example.com"], "port": 80,
        "paths": ["/"], "secretName": "s", "mountPath": "/x",
    });
    let texts = [
        "",
        "x",
        "1",
        "true",
        "10Gi",
        "{{ .Release.Name }}-x",
        "a: b",
        "two\nlines",
    ];
    if random.once_in(12) {
        return [Value::Null, json!({}), json!([]), json!("x"), json!(1), item][random.below(6)].clone();
    }
    match value {
        Value::Bool(is_on) => json!(!is_on),
        Value::Null => {
            [json!("x"), json!(1), json!(true), json!({"k": "v"}), json!(["x"])][random.below(5)].clone()
        }
        Value::Number(_) => {
            [json!(0), json!(1), json!(65_536), json!(0.5), json!("80")][random.below(5)].clone()
        }
        Value::String(_) => json!(random.pick(&texts)),
        Value::Array(items) => [
            json!(["x"]),
            json!([item]),
            json!(["a", "b"]),
            json!(items[..items.len().min(1)]),
        ][random.below(4)]
        .clone(),
        Value::Object(_) => [
            json!({"k": "v"}),
            json!({"enabled": true}),
            json!({"x": item}),
            json!({"limits": {"cpu": "100m", "memory": 1_073_741_824}}),
        ][random.below(4)]
        .clone(),
    }
}

/// The first line where both sides differ, but for what differs from time to time with Helm alone.
fn difference(case: &Case, oracle: &mut Oracle) -> Option<String> {
    let (answers, ours) = oracle.answers(&[case.request()], || case.rendered());
    let theirs = case::answer(&answers[0]);
    if theirs == ours || needs_network(&theirs) {
        return None;
    }
    let theirs: Vec<_> = crate::asked_again(case, oracle).iter().map(lines).collect();
    let ours = lines(&ours);
    let (first, rest) = theirs.split_first()?;
    if first.len() != ours.len() {
        let is_chance = rest.iter().any(|lines| lines.len() != first.len());
        let at = first.iter().zip(&ours).position(|(theirs, ours)| theirs != ours);
        return (!is_chance).then(|| shown(first, &ours, at.unwrap_or(0)));
    }
    let differs =
        |&at: &usize| first[at] != ours[at] && rest.iter().all(|lines| lines.get(at) == first.get(at));
    let at = (0..ours.len()).find(differs)?;
    Some(shown(first, &ours, at))
}

/// Schemas elsewhere are not fetched here, and not reached by Helm.
fn needs_network(theirs: &Outcome) -> bool {
    theirs
        .as_ref()
        .is_err_and(|error| error.contains("failing loading \"http"))
}

fn lines(outcome: &Outcome) -> Vec<String> {
    let refused = outcome.is_err().then_some("refused");
    let (Ok(text) | Err(text)) = outcome;
    refused
        .into_iter()
        .chain(text.lines())
        .map(str::to_owned)
        .collect()
}

fn shown(theirs: &[String], ours: &[String], at: usize) -> String {
    let around = |lines: &[String]| {
        let from = at.saturating_sub(2).min(lines.len());
        lines[from..lines.len().min(at + 3)].join("\n    ")
    };
    format!(
        "  line {}\n  ours:\n    {}\n  Helm:\n    {}",
        at + 1,
        around(ours),
        around(theirs)
    )
}
