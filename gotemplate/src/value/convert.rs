//! From Rust's types to Go's.

use std::rc::Rc;

use super::{List, Map, Object, Str, Value};

/// One `From` for each type that becomes a variant as it is.
macro_rules! from {
    ($($type:ty => $variant:ident),+ $(,)?) => {
        $(impl From<$type> for Value {
            fn from(value: $type) -> Self {
                Self::$variant(value.into())
            }
        })+
    };
}

from! {
    bool => Bool,
    i32 => Int,
    i64 => Int,
    u64 => Uint64,
    f64 => Float,
    &str => String,
    String => String,
    Str => String,
    &[u8] => String,
    Vec<u8> => String,
    List => List,
    Vec<Value> => List,
    Vec<Str> => Strings,
    Map => Map,
    Rc<dyn Object> => Object,
}

/// An `int`, as Go's lengths are.
impl From<usize> for Value {
    fn from(length: usize) -> Self {
        Self::Int(i64::try_from(length).unwrap_or(i64::MAX))
    }
}

/// `None` is nil.
impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Nil, Into::into)
    }
}
