//! JSON as Go's `encoding/json` writes and reads it.

mod decode;
mod encode;
pub mod float;
mod syntax;

pub use decode::{text_of, unmarshal, unmarshal_leniently, unmarshal_list, unmarshal_map};
pub use encode::{Style, marshal, marshal_within, write_string};
pub use syntax::JsonError;
