//! What the host's own types look like to a template: Go's structs and named types, with fields and methods.

use std::any::Any;
use std::fmt;

use super::{Kind, List, Map, Str, Value};
use crate::Function;

/// A value of a type that the host made. Only the name is needed; the rest says what a template may do with it.
///
/// A named map (Go's `type Values map[string]interface{}`) gives [`Object::as_map`] and kind [`Kind::Map`]: then it
/// ranges, indexes, prints and passes as a map, and its methods come before its keys, as in Go.
pub trait Object: Any {
    /// Go's name of the type, as `%T` prints it: `chart.Metadata`, `*semver.Version`.
    fn type_name(&self) -> &str;

    /// What kind of type it is.
    fn kind(&self) -> Kind {
        Kind::Struct
    }

    /// The value of an exported field.
    fn field(&self, name: &[u8]) -> Option<Value> {
        self.as_map().and_then(|map| map.get(name))
    }

    /// The methods. Each is called with the object itself as the first argument, before its declared parameters.
    fn methods(&self) -> &'static [Function] {
        &[]
    }

    /// The map underneath a named map type.
    fn as_map(&self) -> Option<Map> {
        None
    }

    /// A value of this named map type upon a copy of its map: what copying it gives. None where the type is lost.
    fn copied(&self, _map: &Map) -> Option<Value> {
        None
    }

    /// The list underneath a named slice type.
    fn as_list(&self) -> Option<List> {
        None
    }

    /// The string underneath a named string type.
    fn as_string(&self) -> Option<Str> {
        None
    }

    /// The integer underneath a named integer type.
    fn as_int(&self) -> Option<i64> {
        None
    }

    /// The text of a type with a `String` (or `Error`) method: what `%v` and `%s` print.
    fn text(&self) -> Option<Str> {
        None
    }

    /// The exported fields in the order of the struct: what `%v` prints, in braces, and JSON writes.
    fn fields(&self) -> Vec<(Str, Value)> {
        Vec::new()
    }

    /// Whether both are equal in the sense of Go's `reflect.DeepEqual`.
    fn equal(&self, other: &dyn Object) -> bool {
        self.type_name() == other.type_name() && super::deep_equal_fields(&self.fields(), &other.fields())
    }
}

impl dyn Object {
    /// The object as the host's own type.
    pub fn downcast_ref<T: Object>(&self) -> Option<&T> {
        (self as &dyn Any).downcast_ref()
    }

    /// The method of that name.
    pub fn method(&self, name: &[u8]) -> Option<&'static Function> {
        self.methods()
            .iter()
            .find(|method| method.name.as_bytes() == name)
    }
}

impl fmt::Debug for dyn Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.type_name())
    }
}
