//! Takes values out of the merged layers, one key at a time, and keeps what is wrong with them.

use std::path::PathBuf;

use super::keys::{KEYS, Kind};
use super::layer::{Merged, Origin, Value};
use super::problem::Problem;

/// Takes values out of the layers and keeps what is wrong with them.
pub(crate) struct Check<'a> {
    pub(crate) merged: &'a Merged,
    pub(crate) problems: Vec<Problem>,
}

impl Check<'_> {
    /// All values of a key: what the layers say, else its default. Empty values count as not given, as in RKE2.
    pub(crate) fn values(&self, name: &str) -> Vec<Value> {
        let given = self.merged.get(name).map(Vec::as_slice).unwrap_or_default();
        let given: Vec<Value> = given.iter().flat_map(|value| parts(name, value)).collect();
        if !given.is_empty() {
            return given;
        }
        let default = KEYS
            .iter()
            .find(|key| key.name == name)
            .and_then(|key| key.default);
        default
            .map(|text| Value {
                text: text.to_owned(),
                origin: Origin::Default,
            })
            .into_iter()
            .collect()
    }

    pub(crate) fn text(&self, name: &str) -> Option<Value> {
        self.values(name).pop()
    }

    /// The one value of a key, checked; a second value is a problem.
    pub(crate) fn single<T>(&mut self, name: &str, read: impl Fn(&str) -> Result<T, String>) -> Option<T> {
        let values = self.values(name);
        if values.len() > 1 {
            self.refuse(
                name,
                "takes one value in this version (two address families come later)",
            );
            return None;
        }
        self.checked(name, values.first()?, read)
    }

    pub(crate) fn many<T>(&mut self, name: &str, read: impl Fn(&str) -> Result<T, String>) -> Vec<T> {
        let values = self.values(name);
        values
            .iter()
            .filter_map(|value| self.checked(name, value, &read))
            .collect()
    }

    /// Whether a switch is on. Files were looked at already; variables and flags may say anything.
    pub(crate) fn switch(&mut self, name: &str) -> bool {
        let value = self.single(name, |text| {
            text.parse::<bool>()
                .map_err(|_| format!("takes true or false, not `{text}`"))
        });
        value.unwrap_or(false)
    }

    pub(crate) fn path(&mut self, name: &str) -> Option<PathBuf> {
        self.single(name, |text| {
            let path = PathBuf::from(text);
            let is_sound = path.is_absolute() && !path.components().any(|part| part.as_os_str() == "..");
            is_sound
                .then_some(path)
                .ok_or_else(|| format!("takes an absolute path, not `{text}`"))
        })
    }

    /// A value as its type, or `None` and a problem at its place.
    pub(crate) fn checked<T>(
        &mut self,
        name: &str,
        value: &Value,
        read: impl Fn(&str) -> Result<T, String>,
    ) -> Option<T> {
        match read(&value.text) {
            Ok(checked) => Some(checked),
            Err(what) => {
                self.problems.push(Problem {
                    origin: value.origin.clone(),
                    key: name.to_owned(),
                    what,
                });
                None
            }
        }
    }

    /// A problem of the key as a whole, at the place where it was written last.
    pub(crate) fn refuse(&mut self, name: &str, what: impl Into<String>) {
        let origin = self.text(name).map_or(Origin::Machine, |value| value.origin);
        self.problems.push(Problem {
            origin,
            key: name.to_owned(),
            what: what.into(),
        });
    }
}

/// A value's parts: lists may be joined by commas wherever they are written.
fn parts(name: &str, value: &Value) -> Vec<Value> {
    let is_list = KEYS.iter().any(|key| key.name == name && key.kind == Kind::List);
    let texts: Vec<&str> = if is_list {
        value.text.split(',').collect()
    } else {
        vec![&value.text]
    };
    texts
        .into_iter()
        .map(str::trim)
        .filter(|text| !text.is_empty())
        .map(|text| Value {
            text: text.to_owned(),
            origin: value.origin.clone(),
        })
        .collect()
}
