//! What a template text is once it is parsed. Names are resolved: functions to their code, variables to slots.

use std::rc::Rc;

use crate::{Function, Str};

/// A template's body, ready to be executed any number of times, under any name.
#[derive(Debug)]
pub(crate) struct Tree {
    pub(crate) source: Rc<Source>,
    pub(crate) body: Body,
    /// How many variables are alive at once at most, with `$`, which is slot 0.
    pub(crate) slots: usize,
}

/// The text, to which positions in the tree refer.
#[derive(Debug)]
pub(crate) struct Source(pub(crate) Box<[u8]>);

pub(crate) type Body = Box<[Node]>;

/// A place in the text: bytes before it.
pub(crate) type Position = u32;

/// A piece of the text.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Span {
    pub(crate) start: Position,
    pub(crate) end: Position,
}

#[derive(Debug)]
pub(crate) enum Node {
    Text(Span),
    Action(Pipeline),
    If(Box<Conditional>),
    With(Box<Conditional>),
    Range(Box<Range>),
    Template(Box<Invocation>),
    Break,
    Continue,
}

/// `if` or `with` and all its `else if` or `else with`.
#[derive(Debug)]
pub(crate) struct Conditional {
    pub(crate) branches: Box<[Branch]>,
    pub(crate) otherwise: Body,
}

#[derive(Debug)]
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

#[derive(Debug)]
pub(crate) struct Pipeline {
    pub(crate) position: Position,
    pub(crate) targets: Box<[Target]>,
    /// The targets are assigned to rather than declared.
    pub(crate) assigns: bool,
    pub(crate) commands: Box<[Command]>,
}

/// A variable that a pipeline sets.
#[derive(Debug)]
pub(crate) struct Target {
    pub(crate) name: Str,
    pub(crate) slot: Slot,
}

/// Where a variable lives; `None` for one that is assigned to but declared nowhere, an error at execution.
pub(crate) type Slot = Option<u32>;

#[derive(Debug)]
pub(crate) struct Command {
    pub(crate) position: Position,
    pub(crate) words: Box<[Expression]>,
}

#[derive(Debug)]
pub(crate) struct Expression {
    pub(crate) position: Position,
    pub(crate) term: Term,
}

#[derive(Debug)]
pub(crate) enum Term {
    Dot,
    Nil,
    Bool(bool),
    Number(Box<Number>),
    Text(Box<Literal>),
    Field(Box<[Str]>),
    Variable(Box<Variable>),
    Function(&'static Function),
    Chain(Box<Chain>),
    Pipeline(Box<Pipeline>),
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
    pub(crate) fields: Box<[Str]>,
}

/// Fields of something that is neither dot nor a variable: `(pipeline).a.b`.
#[derive(Debug)]
pub(crate) struct Chain {
    pub(crate) of: Expression,
    pub(crate) fields: Box<[Str]>,
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

impl Source {
    /// The piece of the text; empty if it is none.
    pub(crate) fn slice(&self, span: Span) -> &[u8] {
        self.0
            .get(span.start as usize..span.end as usize)
            .unwrap_or_default()
    }
}
