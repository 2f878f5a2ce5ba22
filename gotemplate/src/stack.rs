//! Recursion that cannot overflow the stack: it goes on in a new piece when the present one is nearly used up. How
//! deep it may get is each caller's own limit.

/// What must be left for one step.
const RED_ZONE: usize = 128 * 1024;
/// How much is added at once.
const PIECE: usize = 2 * 1024 * 1024;

/// Runs a step of a recursion with enough stack for it.
#[inline]
pub fn grow<T>(step: impl FnOnce() -> T) -> T {
    stacker::maybe_grow(RED_ZONE, PIECE, step)
}

/// Runs something on a stack of its own of so many bytes. Memory is taken only as far as the stack is used.
pub fn on_stack<T>(bytes: usize, run: impl FnOnce() -> T) -> T {
    stacker::grow(bytes, run)
}
