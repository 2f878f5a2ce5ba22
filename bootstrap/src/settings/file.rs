//! The text of one config file as a layer, each value with its line and column.

use std::path::Path;

use serde_saphyr::{Location, Spanned};

use super::Role;
use super::keys::{self, CONFIG, Key, Kind};
use super::layer::{Entry, Layer, Origin, Value};
use super::problem::Problem;
use super::yaml::{Mapping, Node};

/// Reads `text`, the content of `path`. What can be read is read, so that all problems are shown at once.
pub(crate) fn layer(role: Role, path: &Path, text: &str) -> (Layer, Vec<Problem>) {
    let mut reader = Reader {
        path,
        text,
        problems: Vec::new(),
    };
    let layer = match serde_saphyr::from_str::<Option<Mapping>>(text) {
        Ok(mapping) => mapping
            .unwrap_or_default()
            .0
            .into_iter()
            .filter_map(|(key, node)| reader.entry(role, &key, node))
            .collect(),
        Err(error) => {
            reader.refuse_file(&error);
            Layer::new()
        }
    };
    (layer, reader.problems)
}

struct Reader<'a> {
    path: &'a Path,
    text: &'a str,
    problems: Vec<Problem>,
}

impl Reader<'_> {
    fn origin(&self, location: Location) -> Origin {
        Origin::File {
            path: self.path.to_owned(),
            line: location.line(),
            column: location.column(),
        }
    }

    fn refuse(&mut self, location: Location, key: &str, what: impl Into<String>) {
        self.problems.push(Problem {
            origin: self.origin(location),
            key: key.to_owned(),
            what: what.into(),
        });
    }

    fn refuse_file(&mut self, error: &serde_saphyr::Error) {
        let (line, column) = error.location().map_or((1, 1), |at| (at.line(), at.column()));
        let rendered = error.without_snippet().to_string();
        self.problems.push(Problem {
            origin: Origin::File {
                path: self.path.to_owned(),
                line,
                column,
            },
            key: String::new(),
            what: format!(
                "is not a config file: {}",
                rendered.lines().next().unwrap_or_default()
            ),
        });
    }

    /// One `key: value` or `key+: [values]`.
    fn entry(&mut self, role: Role, written: &Spanned<String>, node: Spanned<Node>) -> Option<Entry> {
        let at = written.referenced;
        let (name, append) = match written.value.strip_suffix('+') {
            Some(name) => (name, true),
            None => (written.value.as_str(), false),
        };
        let Some(key) = keys::find(name, role) else {
            self.refuse(at, &written.value, keys::explain_unknown(name, role));
            return None;
        };
        if name == CONFIG {
            self.refuse(
                at,
                name,
                "names the config file, so it cannot stand in one; give it as a flag",
            );
            return None;
        }
        if append && !key.is_many() {
            self.refuse(
                at,
                &written.value,
                "holds one value, so there is nothing to add to; write it without the `+`",
            );
            return None;
        }
        let values = self.values(key, node)?;
        Some(Entry { key, append, values })
    }

    fn values(&mut self, key: &Key, node: Spanned<Node>) -> Option<Vec<Value>> {
        let at = node.referenced;
        match node.value {
            Node::Sequence(items) if key.is_many() => {
                let count = items.len();
                let values: Vec<Value> = items
                    .into_iter()
                    .filter_map(|item| self.scalar(key, item))
                    .collect();
                (values.len() == count).then_some(values)
            }
            Node::Sequence(_) => {
                self.refuse(at, key.name, format!("takes {}, not a list", expected(key.kind)));
                None
            }
            Node::Mapping => {
                self.refuse(
                    at,
                    key.name,
                    format!("takes {}, not a mapping", expected(key.kind)),
                );
                None
            }
            Node::Null => Some(Vec::new()),
            Node::Boolean | Node::Number | Node::Text(_) => self.scalar(key, node).map(|value| vec![value]),
        }
    }

    fn scalar(&mut self, key: &Key, node: Spanned<Node>) -> Option<Value> {
        let at = node.referenced;
        let is_boolean = node.value == Node::Boolean;
        let text = match node.value {
            Node::Text(text) => text,
            Node::Boolean | Node::Number => self.as_written(node.defined),
            Node::Null | Node::Sequence(_) | Node::Mapping => {
                self.refuse(at, key.name, "takes plain values in its list");
                return None;
            }
        };
        if key.kind == Kind::Switch && !is_boolean && !matches!(text.as_str(), "true" | "false") {
            self.refuse(at, key.name, format!("takes true or false, not `{text}`"));
            return None;
        }
        Some(Value {
            text,
            origin: self.origin(at),
        })
    }

    /// A number as the user wrote it: `0644` is a mode, not the number 420.
    fn as_written(&self, location: Location) -> String {
        let span = location.span();
        let range = span.byte_offset().zip(span.byte_len());
        let text = range.and_then(|(start, length)| {
            self.text
                .get(usize::try_from(start).ok()?..usize::try_from(start + length).ok()?)
        });
        text.unwrap_or_default().trim().to_owned()
    }
}

fn expected(kind: Kind) -> &'static str {
    match kind {
        Kind::Switch => "true or false",
        Kind::Text => "one value",
        Kind::List | Kind::Repeated => "a list",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (Vec<String>, Vec<String>) {
        let (layer, problems) = layer(Role::Server, Path::new("c.yaml"), text);
        let line = |entry: Entry| {
            let values: Vec<_> = entry.values.into_iter().map(|value| value.text).collect();
            let plus = if entry.append { "+" } else { "" };
            format!("{}{plus}={}", entry.key.name, values.join("|"))
        };
        (
            layer.into_iter().map(line).collect(),
            problems.iter().map(ToString::to_string).collect(),
        )
    }

    #[test]
    fn scalars_lists_and_switches_are_read() {
        let (values, problems) =
            read("node-name: one\ndebug: true\ntls-san: [a, b]\nkubelet-arg:\n- x=1\n- y=2\n");
        assert_eq!(problems, [""; 0]);
        assert_eq!(
            values,
            [
                "node-name=one",
                "debug=true",
                "tls-san=a|b",
                "kubelet-arg=x=1|y=2"
            ]
        );
    }

    #[test]
    fn a_number_stays_as_it_was_written() {
        let (values, problems) = read("write-kubeconfig-mode: 0644\nnode-name: 007\ntoken: 1e3\n");
        assert_eq!(problems, [""; 0]);
        assert_eq!(
            values,
            ["write-kubeconfig-mode=0644", "node-name=007", "token=1e3"]
        );
    }

    #[test]
    fn a_plus_appends_and_one_value_stands_for_a_list() {
        let (values, problems) = read("tls-san+: [c]\ndisable: ingress\n");
        assert_eq!(problems, [""; 0]);
        assert_eq!(values, ["tls-san+=c", "disable=ingress"]);
    }

    #[test]
    fn every_problem_is_shown_with_its_place() {
        let (values, problems) = read(
            "node-ip: 10.0.0.1\nnod-name: x\n\ncluster-dns: {a: 1}\ndebug: maybe\nnode-name: [a]\ndata-dir+: /x\nconfig: /y\n",
        );
        assert_eq!(values, ["node-ip=10.0.0.1"]);
        assert_eq!(
            problems,
            [
                "c.yaml:2:1: `nod-name` is not a key; did you mean `node-name`?",
                "c.yaml:4:14: `cluster-dns` takes a list, not a mapping",
                "c.yaml:5:8: `debug` takes true or false, not `maybe`",
                "c.yaml:6:12: `node-name` takes one value, not a list",
                "c.yaml:7:1: `data-dir+` holds one value, so there is nothing to add to; write it without the `+`",
                "c.yaml:8:1: `config` names the config file, so it cannot stand in one; give it as a flag",
            ]
        );
    }

    #[test]
    fn an_empty_file_says_nothing() {
        assert_eq!(read(""), (Vec::new(), Vec::new()));
        assert_eq!(read("# only a comment\n"), (Vec::new(), Vec::new()));
    }

    #[test]
    fn what_is_no_mapping_is_refused_with_its_place() {
        let (_, problems) = read("- a\n");
        assert!(
            problems[0].starts_with("c.yaml:1:1: is not a config file:"),
            "{problems:?}"
        );
        let (_, problems) = read("node-ip: 10.0.0.1\nnode-name: [a\n");
        assert!(problems[0].starts_with("c.yaml:"), "{problems:?}");
        assert_eq!(problems.len(), 1);
    }

    #[test]
    fn a_key_given_twice_is_refused() {
        let (_, problems) = read("node-name: a\nnode-name: b\n");
        assert!(problems[0].starts_with("c.yaml:2:1: "), "{problems:?}");
    }

    #[test]
    fn an_alias_is_read_where_it_stands() {
        let (values, problems) = read("token: &t 0644\nwrite-kubeconfig-mode: *t\n");
        assert_eq!(problems, [""; 0]);
        assert_eq!(values, ["token=0644", "write-kubeconfig-mode=0644"]);
    }
}
