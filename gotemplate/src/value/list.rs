//! Go's `[]interface{}`.

use std::fmt;
use std::ops::Deref;
use std::rc::Rc;

use super::{Value, unwind};

/// A shared, immutable list of values. The default is Go's nil slice: empty, but `null` in JSON.
#[derive(Clone, Default)]
pub struct List(Option<Rc<Items>>);

#[derive(Default)]
struct Items(Vec<Value>);

impl List {
    /// Whether this is Go's nil slice.
    pub fn is_nil(&self) -> bool {
        self.0.is_none()
    }

    /// Whether both are the very same list.
    pub fn same(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (Some(a), Some(b)) => Rc::ptr_eq(a, b),
            (a, b) => a.is_none() && b.is_none(),
        }
    }
}

impl Drop for Items {
    fn drop(&mut self) {
        if self.0.iter().any(Value::is_container) {
            unwind::release(&mut self.0, |items| items);
        }
    }
}

impl Deref for List {
    type Target = [Value];

    #[inline]
    fn deref(&self) -> &[Value] {
        self.0.as_ref().map_or(&[], |items| &items.0)
    }
}

impl From<Vec<Value>> for List {
    fn from(items: Vec<Value>) -> Self {
        Self(Some(Rc::new(Items(items))))
    }
}

impl FromIterator<Value> for List {
    fn from_iter<I: IntoIterator<Item = Value>>(items: I) -> Self {
        items.into_iter().collect::<Vec<_>>().into()
    }
}

impl<'a> IntoIterator for &'a List {
    type Item = &'a Value;
    type IntoIter = std::slice::Iter<'a, Value>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl fmt::Debug for List {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}
