//! `BOWLINE_*` variables as a layer.

use super::keys::{self, CONFIG, KEYS, Kind, VARIABLE_PREFIX};
use super::layer::{Entry, Layer, Origin, Value};
use super::nearest::nearest;
use super::problem::Problem;
use super::{Role, rke2};

/// The layer that these variables make. A name that is nearly a key is an error; others belong to someone else.
pub(crate) fn layer(
    role: Role,
    variables: impl IntoIterator<Item = (String, String)>,
) -> (Layer, Vec<Problem>) {
    let mut layer = Layer::new();
    let mut problems = Vec::new();
    for (name, text) in variables {
        let Some(rest) = name.strip_prefix(VARIABLE_PREFIX) else {
            continue;
        };
        if let Some(key) = KEYS.iter().find(|key| key.variable() == name && key.is_for(role)) {
            let values = split(key.kind, &text);
            let origin = Origin::Variable(name);
            layer.push(Entry {
                key,
                append: false,
                values: values
                    .map(|text| Value {
                        text: text.to_owned(),
                        origin: origin.clone(),
                    })
                    .collect(),
            });
        } else if let Some(what) = slip(role, &rest.replace('_', "-").to_lowercase()) {
            problems.push(Problem {
                origin: Origin::Variable(name),
                key: String::new(),
                what,
            });
        }
    }
    layer.sort_by_key(|entry| entry.key.name);
    (layer, problems)
}

/// What to say of a variable that is no key, when it was surely meant as one.
fn slip(role: Role, name: &str) -> Option<String> {
    if name == CONFIG {
        return keys::find(name, role)
            .map(|key| format!("is not a variable; did you mean {}?", key.variable()));
    }
    let names = KEYS.iter().filter(|key| key.is_for(role)).map(|key| key.name);
    let is_meant = rke2::is_known(name) || nearest(name, names).is_some();
    is_meant.then(|| keys::explain_unknown(name, role))
}

/// A repeated key takes one value a line, since its values may hold commas.
fn split(kind: Kind, text: &str) -> impl Iterator<Item = &str> {
    let separator = match kind {
        Kind::Repeated => Some('\n'),
        Kind::List => Some(','),
        Kind::Switch | Kind::Text => None,
    };
    text.split(move |letter| Some(letter) == separator)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> (Vec<(&'static str, Vec<String>)>, Vec<String>) {
        let owned = variables
            .iter()
            .map(|(name, text)| ((*name).to_owned(), (*text).to_owned()));
        let (layer, problems) = layer(Role::Server, owned);
        let texts = |entry: Entry| {
            let values = entry.values.into_iter().map(|value| value.text).collect();
            (entry.key.name, values)
        };
        let problems = problems.iter().map(ToString::to_string).collect();
        (layer.into_iter().map(texts).collect(), problems)
    }

    #[test]
    fn a_variable_is_a_key() {
        let (values, problems) = read(&[("BOWLINE_NODE_IP", "10.0.0.1"), ("HOME", "/root")]);
        assert_eq!(values, [("node-ip", vec!["10.0.0.1".to_owned()])]);
        assert_eq!(problems, [""; 0]);
    }

    #[test]
    fn lists_are_split_by_commas_and_arguments_by_lines() {
        let (values, _) = read(&[("BOWLINE_TLS_SAN", "a,b"), ("BOWLINE_KUBELET_ARG", "x=1,2\ny=3")]);
        assert_eq!(
            values,
            [
                ("kubelet-arg", vec!["x=1,2".to_owned(), "y=3".to_owned()]),
                ("tls-san", vec!["a".to_owned(), "b".to_owned()]),
            ]
        );
    }

    #[test]
    fn a_slip_is_an_error_and_a_foreign_variable_is_not() {
        let (_, problems) = read(&[
            ("BOWLINE_NODE_IPS", "x"),
            ("BOWLINE_PROFILE", "cis"),
            ("BOWLINE_CACHE_DIR", "/c"),
            ("BOWLINE_CONFIG", "/c.yaml"),
        ]);
        assert_eq!(
            problems,
            [
                "environment BOWLINE_NODE_IPS: is not a key; did you mean `node-ip`?",
                "environment BOWLINE_PROFILE: is known to RKE2, but not in this version",
                "environment BOWLINE_CONFIG: is not a variable; did you mean BOWLINE_CONFIG_FILE?",
            ]
        );
    }

    #[test]
    fn variables_of_rke2_are_not_ours() {
        assert_eq!(read(&[("RKE2_NODE_IP", "10.0.0.1")]), (Vec::new(), Vec::new()));
    }
}
