//! What to tell about an error of a minijinja template.

use gotemplate::{Map, Value};

use super::advice::Advice;
use super::nearest::nearest;

/// A name that is not there, as minijinja's words give it in backquotes: what is beside it. The values are the chart's;
/// other names are known to minijinja alone.
pub(crate) fn undefined(message: &str, values: &Map) -> Advice {
    let mut advice = Advice::default();
    let expression = message.split('`').nth(1).unwrap_or_default();
    let Some(below) = expression.strip_prefix("values.") else {
        return advice;
    };
    let mut table = values.clone();
    let mut path = "values".to_owned();
    for name in below.split('.') {
        match table.get(name) {
            Some(Value::Map(inner)) => {
                table = inner;
                path = format!("{path}.{name}");
            }
            Some(_) => return advice,
            None => {
                advice.note(format!("`{path}.{name}` is not set: no layer gives it a value"));
                let keys = table.keys();
                let keys: Vec<_> = keys.iter().map(gotemplate::Str::to_text).collect();
                advice.hint(match nearest(name, keys.iter().map(AsRef::as_ref)) {
                    Some(near) => format!("did you mean `{path}.{near}`?"),
                    None => format!("set it, or write `{path}.{name} | default(…)`"),
                });
                return advice;
            }
        }
    }
    advice
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_key_is_named() {
        let image = Map::from([("tag", "1")]);
        let values = Map::from([("image", Value::Map(image)), ("color", "blue".into())]);
        let hint = |expression: &str| undefined(&format!("`{expression}` is undefined"), &values).hint;
        assert_eq!(
            hint("values.colour").as_deref(),
            Some("did you mean `values.color`?")
        );
        assert_eq!(
            hint("values.image.tga").as_deref(),
            Some("did you mean `values.image.tag`?")
        );
        assert_eq!(
            hint("values.missing").as_deref(),
            Some("set it, or write `values.missing | default(…)`")
        );
        assert_eq!(hint("release.nam"), None);
        assert_eq!(hint("values.color.x"), None);
    }
}
