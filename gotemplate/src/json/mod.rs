//! JSON as Go's `encoding/json` writes and reads it.

mod decode;
mod encode;
pub mod float;
mod string;
mod syntax;

pub use decode::{text_of, unmarshal, unmarshal_leniently, unmarshal_list, unmarshal_map};
pub use encode::{Style, marshal, marshal_within};
pub use string::write_string;
pub use syntax::JsonError;
