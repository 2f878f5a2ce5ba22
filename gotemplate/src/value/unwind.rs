//! Dropping values that nest without bound: templates can build lists in lists a million deep, and the ordinary drop
//! would need a stack as deep.

use std::cell::{Cell, RefCell};

use super::Value;

/// How deep values are dropped in place before the rest is put aside.
const DEEPEST: u32 = 64;

thread_local! {
    static DEPTH: Cell<u32> = const { Cell::new(0) };
    static PUT_ASIDE: RefCell<Vec<Vec<Value>>> = const { RefCell::new(Vec::new()) };
}

/// Drops what a container holds, its values below the depth limit once the outermost container is done.
pub(super) fn release<T: Default>(held: &mut T, values: fn(T) -> Vec<Value>) {
    let held = std::mem::take(held);
    let depth = DEPTH.try_with(Cell::get).unwrap_or(0);
    if depth >= DEEPEST {
        // A thread that is ending has no place left: then the values are dropped here.
        let _ = PUT_ASIDE.try_with(|aside| aside.borrow_mut().push(values(held)));
        return;
    }
    let _ = DEPTH.try_with(|cell| cell.set(depth + 1));
    drop(held);
    while depth == 0
        && let Some(values) = PUT_ASIDE
            .try_with(|aside| aside.borrow_mut().pop())
            .ok()
            .flatten()
    {
        drop(values);
    }
    let _ = DEPTH.try_with(|cell| cell.set(depth));
}
