//! TOML in and out, with the layout, the acceptance and the words of the library that Helm uses.

mod read;
mod tables;
mod write;

pub use read::{Problem, read};
pub use write::{Unwritable, write};

#[cfg(test)]
mod tests {
    use gotemplate::{List, Map, Value};

    use super::*;

    #[test]
    fn plain_entries_come_before_tables() {
        let rules = [
            Map::from([("a b", Value::Float(1e6))]),
            Map::from([("", Value::Float(2.0))]),
        ];
        let rules: List = rules.into_iter().map(Value::Map).collect();
        let value = Map::from([
            ("z", Value::string("text \"\u{1}\"")),
            ("rules", rules.into()),
            (
                "a",
                Map::from([("inner", Map::from([("x", Value::List(Vec::new().into()))]))]).into(),
            ),
            ("none", Value::Nil),
            ("nothing", Value::List(List::default())),
        ]);
        let text = String::from_utf8(write(&value.into()).unwrap()).unwrap();
        assert_eq!(
            text,
            "z = \"text \\\"\\u0001\\\"\"\n\n[a]\n  [a.inner]\n    x = []\n\n[[rules]]\n  \"a b\" = 1e+06\n\n\
             [[rules]]\n  \"\" = 2.0\n"
        );
    }

    #[test]
    fn what_toml_cannot_tell_is_refused() {
        let refused = |value: Value| write(&value).unwrap_err().to_string();
        let with_nil: List = [Value::Nil].into_iter().collect();
        assert_eq!(
            refused(with_nil.into()),
            "toml: cannot encode array with nil element"
        );
        let tables: List = [Value::Map(Map::new())].into_iter().collect();
        assert_eq!(
            refused(tables.into()),
            "toml: top-level values must be Go maps or structs"
        );
        let map = Map::new();
        map.insert("self", map.clone());
        assert_eq!(
            refused(map.clone().into()),
            "toml: the value nests too deeply, or contains itself"
        );
        map.remove("self");
    }

    #[test]
    fn problems_name_line_and_key() {
        for (text, expected) in [
            (
                "a = 1\na = 2",
                "toml: line 2 (last key \"a\"): Key 'a' has already been defined.",
            ),
            (
                "[a]\nb = 1 2",
                "toml: line 2 (last key \"a\"): expected a top-level item to end with a newline, comment, or EOF, but got '2' instead",
            ),
            (
                "a = [1,\n",
                "toml: line 1 (last key \"a\"): unexpected EOF; expected value",
            ),
            (
                "a = 01",
                "toml: line 1 (last key \"a\"): Invalid integer \"01\": cannot have leading zeroes",
            ),
            ("a\n", "toml: line 1: expected '.' or '=', but got '\\n' instead"),
        ] {
            assert_eq!(read(text.as_bytes()).unwrap_err().to_string(), expected);
        }
        assert!(read("a = ".to_owned().as_bytes()).is_err());
        assert!(read(format!("a = {}", "[".repeat(100_000)).as_bytes()).is_err());
        assert!(read("a.".repeat(100_000).as_bytes()).is_err());
    }
}
