//! Paths of values such as `.Values.image.tag`, followed through what a template saw.

use gotemplate::{Map, Value};

use super::nearest::nearest;

/// The names under which a template sees things at its root.
pub(super) const ROOTS: [&str; 7] = [
    "Values",
    "Release",
    "Chart",
    "Capabilities",
    "Files",
    "Template",
    "Subcharts",
];

/// What lies at a path.
#[derive(Clone, Debug)]
pub(super) enum Found {
    /// Nothing: the path up to the name that is missing, and the names beside it.
    Missing { path: String, beside: Vec<String> },
    /// The path up to a null.
    Null { path: String },
    /// A value.
    There(Value),
}

/// Follows a path from the root of what a template saw; none where the text is no such path.
pub(super) fn follow(root: &Map, path: &str) -> Option<Found> {
    // A variable that has Values is the root, or what was made of it.
    let names = match path.strip_prefix('$') {
        Some(variable) => variable.split_once('.')?.1,
        None => path.strip_prefix('.')?,
    };
    let is_name =
        |name: &str| !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-');
    if !names.split('.').all(is_name)
        || !names
            .split('.')
            .next()
            .is_some_and(|first| ROOTS.contains(&first))
    {
        return None;
    }
    let mut value = Value::Map(root.clone());
    let mut so_far = String::new();
    for name in names.split('.') {
        let map = value.as_map()?;
        so_far = format!("{so_far}.{name}");
        match map.get(name) {
            None => {
                let beside = map.keys().iter().map(ToString::to_string).collect();
                return Some(Found::Missing { path: so_far, beside });
            }
            Some(Value::Nil) => return Some(Found::Null { path: so_far }),
            Some(next) => value = next,
        }
    }
    Some(Found::There(value))
}

/// The path with its last name replaced by the nearest of the names beside it.
pub(super) fn nearest_path(path: &str, beside: &[String]) -> Option<String> {
    let (holder, name) = path.rsplit_once('.')?;
    let near = nearest(name, beside.iter().map(String::as_str))?;
    Some(format!("{holder}.{near}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn root() -> Map {
        let image = Map::from([("tag", Value::Nil), ("name", "web".into())]);
        let values = Map::from([("image", Value::Map(image))]);
        Map::from([("Values", values)])
    }

    #[test]
    fn a_path_is_followed_to_where_it_ends() {
        let told = |path: &str| match follow(&root(), path) {
            None => "no path".to_owned(),
            Some(Found::Missing { path, beside }) => format!("{path} among {}", beside.join(" ")),
            Some(Found::Null { path }) => format!("{path} is null"),
            Some(Found::There(value)) => gotemplate::format::text(&value),
        };
        assert_eq!(told(".Values.image.name"), "web");
        assert_eq!(told("$.Values.image.tag.x"), ".Values.image.tag is null");
        assert_eq!(told(".Values.imgae.tag"), ".Values.imgae among image");
        assert_eq!(told(".other.x"), "no path");
        assert_eq!(told("$x.y"), "no path");
        assert_eq!(told(".Values.image.name.x"), "no path");
    }
}
