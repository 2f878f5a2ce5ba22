//! The functions that templates call.

use std::fmt;

use crate::{Context, Error, Kind, Value};

/// A function's code: it gets arguments that fit the declared parameters.
pub type Call = fn(&mut Context<'_>, &[Value]) -> Result<Value, Error>;

/// A function for templates, with what Go's reflection would know of it. The executor checks the number and types of
/// the arguments, in Go's words, so a function may rely on what it has declared.
///
/// ```
/// use gotemplate::{Function, Type, Value};
///
/// static FUNCTIONS: &[Function] = &[
///     Function::new("double", &[Type::Int], |_, arguments| match arguments {
///         [Value::Int(number)] => Ok(Value::Int(number * 2)),
///         _ => Ok(Value::Nil),
///     }),
///     Function::new("count", &[], |_, arguments| Ok(arguments.len().into())).variadic(Type::Any),
/// ];
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Function {
    /// The name in templates.
    pub name: &'static str,
    /// The fixed parameters.
    pub parameters: &'static [Type],
    /// The type of each further argument, if any number of them may follow.
    pub variadic: Option<Type>,
    /// Whether two calls with the same arguments may differ: random, the clock, the world outside.
    pub volatile: bool,
    /// The code.
    pub call: Call,
    pub(crate) form: Form,
}

/// How a function is called; all but a few of Go's own are plain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    Plain,
    /// `and`: evaluates no further than the first false argument.
    And,
    /// `or`: no further than the first true one.
    Or,
    /// `call`
    Call,
    /// `len`, which tells a nil from nothing at all.
    Length,
}

impl Function {
    /// A function with fixed parameters.
    pub const fn new(name: &'static str, parameters: &'static [Type], call: Call) -> Self {
        Self {
            name,
            parameters,
            variadic: None,
            volatile: false,
            call,
            form: Form::Plain,
        }
    }

    /// The same, followed by any number of arguments of a type.
    #[must_use]
    pub const fn variadic(self, each: Type) -> Self {
        Self {
            variadic: Some(each),
            ..self
        }
    }

    pub(crate) const fn form(self, form: Form) -> Self {
        Self { form, ..self }
    }

    /// The same, marked as one whose results differ from call to call.
    #[must_use]
    pub const fn volatile(self) -> Self {
        Self {
            volatile: true,
            ..self
        }
    }
}

/// A parameter's type. It says which values may be passed and how Go names the type in an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Type {
    /// `interface {}`: anything, also nil
    Any,
    /// `reflect.Value`: anything, also nil
    Reflected,
    /// `bool`
    Bool,
    /// `int`
    Int,
    /// `int32`
    Int32,
    /// `int64`
    Int64,
    /// `uint32`; the value passed is a [`Value::Uint64`]
    Uint32,
    /// `uint64`
    Uint64,
    /// `float64`
    Float64,
    /// `string`
    String,
    /// `[]byte`
    Bytes,
    /// `[]interface{}`; nil is passed as an empty list
    List,
    /// `[]string`; nil is passed as an empty list
    Strings,
    /// `map[string]interface{}`, also one underneath a named type, as it is then passed; nil as an empty map
    Map,
    /// `map[string]string`; nil is passed as an empty map
    StringMap,
    /// `time.Time`
    Time,
    /// `time.Duration`
    Duration,
    /// The host's type of this Go name.
    Named(&'static str),
}

impl Type {
    /// Go's name of the type.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Any => "interface {}",
            Self::Reflected => "reflect.Value",
            Self::Bool => "bool",
            Self::Int => "int",
            Self::Int32 => "int32",
            Self::Int64 => "int64",
            Self::Uint32 => "uint32",
            Self::Uint64 => "uint64",
            Self::Float64 => "float64",
            Self::String => "string",
            Self::Bytes => "[]uint8",
            Self::List => "[]interface {}",
            Self::Strings => "[]string",
            Self::Map => "map[string]interface {}",
            Self::StringMap => "map[string]string",
            Self::Time => "time.Time",
            Self::Duration => "time.Duration",
            Self::Named(name) => name,
        }
    }

    /// Whether a value is of exactly this type, or assignable to it without a conversion.
    pub fn accepts(self, value: &Value) -> bool {
        match (self, value) {
            (Self::Any | Self::Reflected, _)
            | (Self::Bool, Value::Bool(_))
            | (Self::Int, Value::Int(_))
            | (Self::Int32, Value::Int32(_))
            | (Self::Int64, Value::Int64(_))
            | (Self::Uint64, Value::Uint64(_))
            | (Self::Float64, Value::Float(_))
            | (Self::String, Value::String(_))
            | (Self::Bytes, Value::Bytes(_))
            | (Self::List, Value::List(_))
            | (Self::Strings, Value::Strings(_))
            | (Self::Map, Value::Map(_))
            | (Self::StringMap, Value::StringMap(_))
            | (Self::Time, Value::Time(_))
            | (Self::Duration, Value::Duration(_)) => true,
            (Self::Map, Value::Object(object)) => object.kind() == Kind::Map && object.as_map().is_some(),
            (Self::List, Value::Object(object)) => object.kind() == Kind::Slice && object.as_list().is_some(),
            (Self::Named(name), Value::Object(object)) => {
                let given = object.type_name();
                given == name || given.strip_prefix('*') == Some(name)
            }
            _ => false,
        }
    }

    /// Whether nil may be passed.
    pub const fn nilable(self) -> bool {
        matches!(
            self,
            Self::Any
                | Self::Reflected
                | Self::Bytes
                | Self::List
                | Self::Strings
                | Self::Map
                | Self::StringMap
        ) || matches!(self, Self::Named(name) if matches!(name.as_bytes().first(), Some(b'*')))
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
