use gotemplate::{Map, Value};

use super::write;

#[test]
fn a_value_that_contains_itself_is_refused() {
    let map = Map::new();
    map.insert("self", Value::List(vec![Value::Map(map.clone())].into()));
    assert!(write(&Value::Map(map.clone()), usize::MAX).is_err());
    map.remove("self");
}
#[test]
fn a_text_that_would_be_endless_is_refused() {
    let mut value = Value::from("a\n");
    for _ in 0..40 {
        value = Value::List(vec![value.clone(), value].into());
    }
    assert_eq!(write(&value, 1 << 16), Err(super::Unwritable::TooLong(1 << 16)));
    let lines = Value::List(vec![Value::string("a\n".repeat(1 << 16))].into());
    let deep = (0..500).fold(lines, |value, _| Value::List(vec![value].into()));
    assert_eq!(write(&deep, 1 << 16), Err(super::Unwritable::TooLong(1 << 16)));
}
