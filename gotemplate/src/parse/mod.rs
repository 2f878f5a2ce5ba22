//! Template texts to trees.

mod class;
mod definitions;
mod expression;
mod lexer;
mod number;
mod parser;
pub(crate) mod parts;
mod scan_number;
mod scope;
mod show;
mod token;
pub(crate) mod tokens;
pub(crate) mod tree;
mod unquote;

pub(crate) use parser::parse;
pub(crate) use tree::{Input, Parsed};
