//! What counts as empty, and what stands in for it.

use super::arguments::Arguments;
use crate::{Function, Kind, Type, Value};

use Type::{Any, Bool, String as Text};

pub(super) static FUNCTIONS: &[Function] = &[
    Function::new("default", &[Any], |_, given| {
        Ok(given
            .get(1)
            .filter(|value| is_set(value))
            .unwrap_or(&given[0])
            .clone())
    })
    .variadic(Any),
    Function::new("empty", &[Any], |_, given| Ok((!is_set(&given[0])).into())),
    Function::new("coalesce", &[], |_, given| {
        Ok(given
            .iter()
            .find(|value| is_set(value))
            .cloned()
            .unwrap_or_default())
    })
    .variadic(Any),
    Function::new("all", &[], |_, given| Ok(given.iter().all(is_set).into())).variadic(Any),
    Function::new("any", &[], |_, given| Ok(given.iter().any(is_set).into())).variadic(Any),
    Function::new("ternary", &[Any, Any, Bool], |_, given| {
        Ok(given[usize::from(!Arguments(given).bool(2))].clone())
    }),
    Function::new("typeOf", &[Any], |_, given| Ok(given[0].type_name().into())),
    Function::new("typeIs", &[Text, Any], |_, given| {
        Ok((Arguments(given).text(0) == given[1].type_name().as_bytes()).into())
    }),
    Function::new("typeIsLike", &[Text, Any], |_, given| {
        let (wanted, name) = (Arguments(given).text(0), given[1].type_name().as_bytes());
        Ok((wanted == name || name.strip_prefix(b"*") == Some(wanted)).into())
    }),
    Function::new("kindOf", &[Any], |_, given| Ok(given[0].kind().name().into())),
    Function::new("kindIs", &[Text, Any], |_, given| {
        Ok((Arguments(given).text(0) == given[1].kind().name().as_bytes()).into())
    }),
    Function::new("deepEqual", &[Any, Any], |context, given| {
        Ok(context.equal(&given[0], &given[1])?.into())
    }),
];

/// Whether the value is not the empty one of its type; a struct or a pointer always is.
pub(super) fn is_set(value: &Value) -> bool {
    match value.kind() {
        Kind::Struct | Kind::Pointer => true,
        _ => value.truth(),
    }
}
