//! A list of tables, which in Go is a type of its own.

use std::cell::RefCell;

use gotemplate::{Kind, List, Map, Object, Value, deep_equal};

/// What `[[name]]` makes; it grows while the text is read.
pub(super) struct Tables(RefCell<Vec<Map>>);

impl Tables {
    pub(super) fn new(first: Map) -> Self {
        Self(RefCell::new(vec![first]))
    }

    pub(super) fn push(&self, table: Map) {
        self.0.borrow_mut().push(table);
    }

    /// The table that was begun last.
    pub(super) fn last(&self) -> Map {
        self.0.borrow().last().cloned().unwrap_or_default()
    }
}

impl Object for Tables {
    fn type_name(&self) -> &'static str {
        "[]map[string]interface {}"
    }

    fn kind(&self) -> Kind {
        Kind::Slice
    }

    fn as_list(&self) -> Option<List> {
        Some(self.0.borrow().iter().cloned().map(Value::Map).collect())
    }

    fn equal(&self, other: &dyn Object) -> bool {
        let list = |tables: &Self| tables.as_list().map(Value::List).unwrap_or_default();
        other
            .downcast_ref::<Self>()
            .is_some_and(|other| deep_equal(&list(self), &list(other)))
    }
}
