//! The values that templates see, with Go's types.

mod convert;
mod cycles;
mod entries;
mod equal;
mod list;
mod map;
mod object;
mod str;
mod unwind;

use std::collections::BTreeMap;
use std::rc::Rc;

pub use self::{
    equal::deep_equal,
    list::List,
    map::{Map, Reading},
    object::Object,
    str::Str,
};
pub(crate) use cycles::Put;
pub(crate) use equal::{deep_equal_fields, equal_within};

/// Go's `time.Time`: a moment with its zone.
pub type Time = jiff::Zoned;

/// A value of one of Go's types. A clone is cheap: whatever is large is shared.
#[derive(Clone, Debug, Default)]
pub enum Value {
    /// The untyped nil.
    #[default]
    Nil,
    /// `bool`
    Bool(bool),
    /// `int`
    Int(i64),
    /// `int32`: what a character of a string is
    Int32(i32),
    /// `int64`
    Int64(i64),
    /// `uint8`: what a byte of a string is
    Uint8(u8),
    /// `uint64`
    Uint64(u64),
    /// `float64`: what every number of YAML and JSON is
    Float(f64),
    /// `string`
    String(Str),
    /// `[]byte`
    Bytes(Rc<[u8]>),
    /// `[]interface{}`
    List(List),
    /// `[]string`
    Strings(Rc<[Str]>),
    /// `map[string]interface{}`: shared, and changed in place
    Map(Map),
    /// `map[string]string`
    StringMap(Rc<BTreeMap<Str, Str>>),
    /// `time.Time`
    Time(Rc<Time>),
    /// `time.Duration`, in nanoseconds
    Duration(i64),
    /// A type of the host's.
    Object(Rc<dyn Object>),
}

const _: () = assert!(
    size_of::<Value>() == 24,
    "values are moved about a lot: three words, no more"
);

/// Go's `reflect.Kind`, as far as there are values of it here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// no value at all: what nil is
    Invalid,
    /// `bool`
    Bool,
    /// `int`
    Int,
    /// `int32`
    Int32,
    /// `int64`
    Int64,
    /// `uint8`
    Uint8,
    /// `uint64`
    Uint64,
    /// `float64`
    Float64,
    /// `string`
    String,
    /// `slice`
    Slice,
    /// `map`
    Map,
    /// `ptr`
    Pointer,
    /// `struct`
    Struct,
    /// `func`
    Func,
}

impl Kind {
    /// Go's name of the kind.
    pub fn name(self) -> &'static str {
        match self {
            Self::Invalid => "invalid",
            Self::Bool => "bool",
            Self::Int => "int",
            Self::Int32 => "int32",
            Self::Int64 => "int64",
            Self::Uint8 => "uint8",
            Self::Uint64 => "uint64",
            Self::Float64 => "float64",
            Self::String => "string",
            Self::Slice => "slice",
            Self::Map => "map",
            Self::Pointer => "ptr",
            Self::Struct => "struct",
            Self::Func => "func",
        }
    }
}

impl Value {
    /// A string value.
    pub fn string(text: impl Into<Str>) -> Self {
        Self::String(text.into())
    }

    /// A value of the host's own type.
    pub fn object(object: impl Object) -> Self {
        Self::Object(Rc::new(object))
    }

    /// Go's name of the type, as `%T` prints it.
    pub fn type_name(&self) -> &str {
        match self {
            Self::Nil => "<nil>",
            Self::Bool(_) => "bool",
            Self::Int(_) => "int",
            Self::Int32(_) => "int32",
            Self::Int64(_) => "int64",
            Self::Uint8(_) => "uint8",
            Self::Uint64(_) => "uint64",
            Self::Float(_) => "float64",
            Self::String(_) => "string",
            Self::Bytes(_) => "[]uint8",
            Self::List(_) => "[]interface {}",
            Self::Strings(_) => "[]string",
            Self::Map(_) => "map[string]interface {}",
            Self::StringMap(_) => "map[string]string",
            Self::Time(_) => "time.Time",
            Self::Duration(_) => "time.Duration",
            Self::Object(object) => object.type_name(),
        }
    }

    /// The kind of the type.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Nil => Kind::Invalid,
            Self::Bool(_) => Kind::Bool,
            Self::Int(_) => Kind::Int,
            Self::Int32(_) => Kind::Int32,
            Self::Int64(_) | Self::Duration(_) => Kind::Int64,
            Self::Uint8(_) => Kind::Uint8,
            Self::Uint64(_) => Kind::Uint64,
            Self::Float(_) => Kind::Float64,
            Self::String(_) => Kind::String,
            Self::Bytes(_) | Self::List(_) | Self::Strings(_) => Kind::Slice,
            Self::Map(_) | Self::StringMap(_) => Kind::Map,
            Self::Time(_) => Kind::Struct,
            Self::Object(object) => object.kind(),
        }
    }

    /// Whether this is nil.
    pub fn is_nil(&self) -> bool {
        matches!(self, Self::Nil)
    }

    /// Whether the value is true in Go's templates: not the zero of its type, not empty; a struct always is.
    pub fn truth(&self) -> bool {
        match self {
            Self::Nil => false,
            Self::Bool(value) => *value,
            Self::Int(value) | Self::Int64(value) | Self::Duration(value) => *value != 0,
            Self::Int32(value) => *value != 0,
            Self::Uint8(value) => *value != 0,
            Self::Uint64(value) => *value != 0,
            Self::Float(value) => *value != 0.0,
            Self::Time(_) => true,
            Self::Object(object) => match object.kind() {
                Kind::Int | Kind::Int32 | Kind::Int64 => object.as_int() != Some(0),
                _ => self.length() != Some(0),
            },
            _ => self.length() != Some(0),
        }
    }

    /// How many bytes, items or entries there are, for values that have a length.
    pub fn length(&self) -> Option<usize> {
        match self {
            Self::String(string) => Some(string.len()),
            Self::Bytes(bytes) => Some(bytes.len()),
            Self::List(list) => Some(list.len()),
            Self::Strings(strings) => Some(strings.len()),
            Self::Map(map) => Some(map.len()),
            Self::StringMap(map) => Some(map.len()),
            Self::Object(object) => object
                .as_map()
                .map(|map| map.len())
                .or_else(|| object.as_list().map(|list| list.len()))
                .or_else(|| object.as_string().map(|string| string.len())),
            _ => None,
        }
    }

    /// The integer of any integer type, also one underneath a named type; a large `uint64` wraps around, as Go's do.
    pub(crate) fn as_int(&self) -> Option<i64> {
        match self {
            Self::Int(number) | Self::Int64(number) | Self::Duration(number) => Some(*number),
            Self::Int32(number) => Some((*number).into()),
            Self::Uint8(number) => Some((*number).into()),
            Self::Uint64(number) => Some(number.cast_signed()),
            Self::Object(object) => object.as_int(),
            _ => None,
        }
    }

    /// The string, also one underneath a named type.
    pub fn as_string(&self) -> Option<Str> {
        match self {
            Self::String(string) => Some(string.clone()),
            Self::Object(object) => object.as_string(),
            _ => None,
        }
    }

    /// The map, also one underneath a named type.
    pub fn as_map(&self) -> Option<Map> {
        match self {
            Self::Map(map) => Some(map.clone()),
            Self::Object(object) => object.as_map(),
            _ => None,
        }
    }

    /// The items of any kind of slice but bytes, as a list.
    pub fn as_list(&self) -> Option<List> {
        match self {
            Self::List(list) => Some(list.clone()),
            Self::Strings(strings) => Some(strings.iter().cloned().map(Value::String).collect()),
            Self::Object(object) => object.as_list(),
            _ => None,
        }
    }

    /// Whether dropping this may drop further values.
    fn is_container(&self) -> bool {
        matches!(self, Self::List(_) | Self::Map(_) | Self::Object(_))
    }
}
