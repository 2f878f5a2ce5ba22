//! Words and letters: cases, wrapping, shortening, with Go's tables and the habits of the libraries that Sprig uses.

pub(crate) mod case;
pub(crate) mod words;
