//! What the functions here take and give.

use crate::{Context, Error, Kind, Map, Str, Value};

/// The arguments of a call. The executor has checked their types, so what cannot be only needs some answer.
#[derive(Clone, Copy)]
pub(super) struct Arguments<'a>(pub(super) &'a [Value]);

impl<'a> Arguments<'a> {
    pub(super) fn value(self, index: usize) -> &'a Value {
        const NIL: &Value = &Value::Nil;
        self.0.get(index).unwrap_or(NIL)
    }

    pub(super) fn text(self, index: usize) -> &'a [u8] {
        match self.value(index) {
            Value::String(text) => text,
            _ => b"",
        }
    }

    pub(super) fn int(self, index: usize) -> i64 {
        match self.value(index) {
            Value::Int(number) => *number,
            _ => 0,
        }
    }

    pub(super) fn bool(self, index: usize) -> bool {
        matches!(self.value(index), Value::Bool(true))
    }

    pub(super) fn map(self, index: usize) -> Map {
        self.value(index).as_map().unwrap_or_default()
    }

    /// The arguments from that place on.
    pub(super) fn rest(self, index: usize) -> &'a [Value] {
        self.0.get(index..).unwrap_or_default()
    }
}

/// A result whose bytes count against the limits.
pub(super) fn text(context: &mut Context<'_>, bytes: impl Into<Str>) -> Result<Value, Error> {
    let text = bytes.into();
    context.allocate(text.heap_size())?;
    Ok(Value::String(text))
}

/// Takes the work on that many items off the limits before they are made.
pub(super) fn reserve(context: &mut Context<'_>, items: usize) -> Result<(), Error> {
    context.spend(items as u64)?;
    context.allocate(items.saturating_mul(size_of::<Value>()))
}

/// The same for a map.
pub(super) fn reserve_map(context: &mut Context<'_>, entries: usize) -> Result<(), Error> {
    context.spend(entries as u64)?;
    context.allocate(Map::size(entries))
}

/// A list whose items count against the limits.
pub(super) fn list(context: &mut Context<'_>, items: Vec<Value>) -> Result<Value, Error> {
    reserve(context, items.len())?;
    Ok(items.into())
}

/// A `[]string` whose bytes count against the limits.
pub(super) fn strings<T: AsRef<[u8]>>(
    context: &mut Context<'_>,
    items: impl IntoIterator<Item = T>,
) -> Result<Value, Error> {
    let strings: Vec<Str> = items.into_iter().map(|item| Str::new(item.as_ref())).collect();
    reserve(context, strings.len())?;
    context.allocate(strings.iter().map(Str::heap_size).sum())?;
    Ok(strings.into())
}

/// The items of anything that is a slice in Go; for anything else its kind.
pub(super) fn items(value: &Value) -> Result<Vec<Value>, NoList> {
    match value {
        Value::List(items) => Ok(items.to_vec()),
        Value::Bytes(bytes) => Ok(bytes.iter().copied().map(Value::Uint8).collect()),
        Value::Nil => Err(NoList::Nil),
        other => match other.as_list().filter(|_| other.kind() == Kind::Slice) {
            Some(items) => Ok(items.to_vec()),
            None => Err(NoList::Kind(other.kind())),
        },
    }
}

/// Why a value has no items.
pub(super) enum NoList {
    Nil,
    Kind(Kind),
}

impl NoList {
    /// The error, after some words before the name of the kind.
    pub(super) fn error(self, before: &str, after: &str) -> Error {
        match self {
            Self::Nil => nil_dereference(),
            Self::Kind(kind) => Error::new(format!("{before}{}{after}", kind.name())),
        }
    }
}

pub(super) fn nil_dereference() -> Error {
    Error::new("runtime error: invalid memory address or nil pointer dereference")
}
