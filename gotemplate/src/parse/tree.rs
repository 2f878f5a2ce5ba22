//! What a template text is once it is parsed. Names are resolved: functions to their code, variables to slots.

use std::rc::Rc;
use std::sync::Arc;

use super::parts::{Parts, Place, Run};
use crate::{Function, Str};

/// All templates of a text.
#[derive(Debug)]
pub(crate) struct Parsed {
    /// What stands outside of all definitions.
    pub(crate) main: Rc<Tree>,
    pub(crate) definitions: Vec<Definition>,
}

/// A template of `define` or `block`.
#[derive(Debug)]
pub(crate) struct Definition {
    pub(crate) name: Str,
    pub(crate) tree: Rc<Tree>,
}

/// A template's body, ready to be executed any number of times, under any name.
#[derive(Debug)]
pub(crate) struct Tree {
    pub(crate) source: Rc<Source>,
    pub(crate) body: Body,
    /// How many variables are alive at once at most, with `$`, which is slot 0.
    pub(crate) slots: usize,
    /// Whether there is nothing but white space.
    pub(crate) is_empty: bool,
}

/// The text, to which positions in its trees refer, and the parts of these trees.
#[derive(Debug)]
pub(crate) struct Source {
    pub(crate) text: Arc<Vec<u8>>,
    pub(crate) parts: Parts,
}

/// A text that is to be parsed.
#[derive(Clone, Copy)]
pub(crate) enum Input<'t> {
    Lent(&'t [u8]),
    Shared(&'t Arc<Vec<u8>>),
}

impl<'t> Input<'t> {
    pub(crate) fn bytes(self) -> &'t [u8] {
        match self {
            Self::Lent(text) => text,
            Self::Shared(text) => text,
        }
    }

    /// The text for trees that outlive this.
    pub(super) fn kept(self) -> Arc<Vec<u8>> {
        match self {
            Self::Lent(text) => Arc::new(text.to_vec()),
            Self::Shared(text) => Arc::clone(text),
        }
    }
}

pub(crate) type Body = Run<Node>;

/// A place in the text: bytes before it.
pub(crate) type Position = u32;

/// A piece of the text.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Span {
    pub(crate) start: Position,
    pub(crate) end: Position,
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum Node {
    Text(Span),
    Action(Pipeline),
    If(Conditional),
    With(Conditional),
    Range(Place<Range>),
    Template(Place<Invocation>),
    Break,
    Continue,
}

/// `if` or `with` and all its `else if` or `else with`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Conditional {
    pub(crate) branches: Run<Branch>,
    pub(crate) otherwise: Body,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Branch {
    pub(crate) condition: Pipeline,
    pub(crate) body: Body,
}

#[derive(Debug)]
pub(crate) struct Range {
    pub(crate) over: Pipeline,
    pub(crate) body: Body,
    pub(crate) otherwise: Body,
}

/// `template` or `block`.
#[derive(Debug)]
pub(crate) struct Invocation {
    pub(crate) position: Position,
    pub(crate) name: Str,
    pub(crate) argument: Option<Pipeline>,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Pipeline {
    pub(crate) position: Position,
    pub(crate) targets: Run<Target>,
    /// The targets are assigned to rather than declared.
    pub(crate) assigns: bool,
    pub(crate) commands: Run<Command>,
}

/// A variable that a pipeline sets.
#[derive(Debug)]
pub(crate) struct Target {
    pub(crate) name: Str,
    pub(crate) slot: Slot,
}

/// Where a variable lives; `None` for one that is assigned to but declared nowhere, an error at execution.
pub(crate) type Slot = Option<u32>;

#[derive(Debug, Clone, Copy)]
pub(crate) struct Command {
    pub(crate) position: Position,
    pub(crate) words: Run<Expression>,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Expression {
    pub(crate) position: Position,
    pub(crate) term: Term,
}

/// Nothing in it is smaller than a place: its bytes are moved as whole words.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Term {
    Dot,
    Nil,
    True,
    False,
    Number(Place<Number>),
    Text(Place<Literal>),
    Field(Run<Str>),
    Variable(Place<Variable>),
    Function(&'static Function),
    Chain(Place<Chain>),
    Pipeline(Place<Pipeline>),
}

/// A string constant.
#[derive(Debug)]
pub(crate) struct Literal {
    pub(crate) value: Str,
    /// How it is written.
    pub(crate) written: Span,
}

#[derive(Debug)]
pub(crate) struct Variable {
    pub(crate) name: Str,
    pub(crate) slot: Slot,
    pub(crate) fields: Run<Str>,
}

/// Fields of something that is neither dot nor a variable: `(pipeline).a.b`.
#[derive(Debug)]
pub(crate) struct Chain {
    pub(crate) of: Expression,
    pub(crate) fields: Run<Str>,
}

/// A number constant, with all the types that it can have.
#[derive(Debug)]
pub(crate) struct Number {
    pub(crate) int: Option<i64>,
    pub(crate) uint: Option<u64>,
    pub(crate) float: Option<f64>,
    /// Written as a float, so it is one where nothing asks for a type.
    pub(crate) looks_float: bool,
    pub(crate) written: Span,
}

impl Span {
    /// The piece of the text; empty if it is none.
    pub(crate) fn of(self, text: &[u8]) -> &[u8] {
        text.get(self.start as usize..self.end as usize)
            .unwrap_or_default()
    }
}
