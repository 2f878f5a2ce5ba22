//! The functions that Go's templates have by themselves.

mod compare;
mod escape;
mod index;

use crate::exec::{Held, Operand};
use crate::format;
use crate::function::Form;
use crate::{Error, Function, Str, Type, Value};

/// All of them.
pub(crate) static FUNCTIONS: &[Function] = &[
    Function::new("and", &[Type::Reflected], |_, _| Ok(Value::Nil))
        .variadic(Type::Reflected)
        .form(Form::And),
    Function::new("or", &[Type::Reflected], |_, _| Ok(Value::Nil))
        .variadic(Type::Reflected)
        .form(Form::Or),
    Function::new("call", &[Type::Reflected], |_, _| Ok(Value::Nil))
        .variadic(Type::Reflected)
        .form(Form::Call),
    Function::new("not", &[Type::Reflected], |_, arguments| {
        Ok(Value::Bool(!first(arguments).truth()))
    }),
    Function::new("len", &[Type::Reflected], |_, arguments| length(first(arguments))).form(Form::Length),
    Function::new("index", &[Type::Reflected], |_, arguments| {
        index::index(arguments)
    })
    .variadic(Type::Reflected),
    Function::new("slice", &[Type::Reflected], |_, arguments| {
        index::slice(arguments)
    })
    .variadic(Type::Reflected),
    Function::new("eq", &[Type::Reflected], |_, arguments| {
        compare::equal(arguments).map(Value::Bool)
    })
    .variadic(Type::Reflected),
    Function::new("ne", TWO, |_, arguments| {
        Ok(Value::Bool(!compare::equal(arguments)?))
    }),
    Function::new("lt", TWO, |_, arguments| {
        compare::less(arguments).map(Value::Bool)
    }),
    Function::new("le", TWO, |_, arguments| {
        compare::less_or_equal(arguments).map(Value::Bool)
    }),
    Function::new("gt", TWO, |_, arguments| {
        Ok(Value::Bool(!compare::less_or_equal(arguments)?))
    }),
    Function::new("ge", TWO, |_, arguments| {
        Ok(Value::Bool(!compare::less(arguments)?))
    }),
    Function::new("print", &[], |context, arguments| {
        format::sprint(context, arguments).map(Value::String)
    })
    .variadic(Type::Any),
    Function::new("println", &[], |context, arguments| {
        format::sprintln(context, arguments).map(Value::String)
    })
    .variadic(Type::Any),
    Function::new("printf", &[Type::String], |context, arguments| {
        match arguments.split_first() {
            Some((Value::String(format), rest)) => format::sprintf(context, format, rest).map(Value::String),
            _ => Ok(Value::Nil),
        }
    })
    .variadic(Type::Any),
    Function::new("html", &[], |context, arguments| {
        let text = joined(context, arguments)?;
        context.allocate(text.len() * 5)?;
        Ok(escape::html(text))
    })
    .variadic(Type::Any),
    Function::new("js", &[], |context, arguments| {
        let text = joined(context, arguments)?;
        context.allocate(text.len() * 6)?;
        Ok(escape::javascript(text))
    })
    .variadic(Type::Any),
    Function::new("urlquery", &[], |context, arguments| {
        let text = joined(context, arguments)?;
        context.allocate(text.len() * 3)?;
        Ok(escape::query(&text))
    })
    .variadic(Type::Any),
];

const TWO: &[Type] = &[Type::Reflected, Type::Reflected];

fn first(arguments: &[Value]) -> &Value {
    arguments.first().unwrap_or(&Value::Nil)
}

fn length(value: &Value) -> Result<Value, Error> {
    match value.length() {
        Some(length) => Ok(length.into()),
        None => Err(Error::new(format!("len of type {}", type_behind(value)))),
    }
}

/// The type that an error names: of a pointer that of what it points to.
fn type_behind(value: &Value) -> &str {
    value.type_name().trim_start_matches('*')
}

/// What `len` says of a nil, and of nothing at all.
pub(crate) fn length_of_nil(operand: &Operand) -> Error {
    match operand.held {
        Held::Nowhere => Error::new("reflect: call of reflect.Value.Type on zero Value"),
        _ => Error::new("len of nil pointer"),
    }
}

/// The arguments printed, where nil is `<no value>`.
fn joined(context: &mut crate::Context<'_>, arguments: &[Value]) -> Result<Str, Error> {
    if arguments.iter().any(Value::is_nil) {
        let shown = |value: &Value| {
            if value.is_nil() {
                Value::from("<no value>")
            } else {
                value.clone()
            }
        };
        let arguments: Vec<_> = arguments.iter().map(shown).collect();
        return format::sprint(context, &arguments);
    }
    format::sprint(context, arguments)
}
