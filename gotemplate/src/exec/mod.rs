//! Executing templates.

mod argument;
mod call;
mod evaluate;
mod failure;
mod field;
mod walk;

use crate::environment::Step;
use crate::parse::parts::Parts;
use crate::parse::tree::{Command, Expression, Invocation, Pipeline, Position, Tree};
use crate::templates::Template;
use crate::{Context, Error, Value, limits, stack};

/// A value on its way through an expression.
///
/// Go's reflection knows whether a value is held by an `interface{}` (the items of lists and maps are), and whether
/// there is none at all. Errors and the fields of nil depend on that, so it travels with the value until the end of
/// the pipeline, where Go forgets it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Operand {
    pub(crate) value: Value,
    pub(crate) held: Held,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Held {
    /// There is no value.
    #[default]
    Nowhere,
    /// A value of its own type.
    Plainly,
    /// A value, or nil, in an `interface{}`.
    Interface,
}

impl Operand {
    pub(crate) const MISSING: Self = Self {
        value: Value::Nil,
        held: Held::Nowhere,
    };

    /// A value of its own type; nil is none.
    pub(crate) fn plain(value: Value) -> Self {
        let held = if value.is_nil() {
            Held::Nowhere
        } else {
            Held::Plainly
        };
        Self { value, held }
    }

    /// An item of a list or map of any type.
    pub(crate) fn item(value: Value) -> Self {
        Self {
            value,
            held: Held::Interface,
        }
    }
}

/// One template that is being executed.
struct Execution<'e, 'c, 't> {
    context: &'e mut Context<'c>,
    template: &'t Template,
    tree: &'t Tree,
    parts: &'t Parts,
    /// Where its variables begin.
    base: usize,
    /// The part looked at last, which is what errors point to.
    at: At<'t>,
}

#[derive(Clone, Copy)]
enum At<'t> {
    Nothing,
    Pipeline(&'t Pipeline),
    Command(&'t Command),
    Expression(&'t Expression),
    Invocation(&'t Invocation),
}

impl At<'_> {
    /// Bytes before it in the text.
    fn position(self) -> Position {
        match self {
            Self::Nothing => 0,
            Self::Pipeline(pipeline) => pipeline.position,
            Self::Command(command) => command.position,
            Self::Expression(expression) => expression.position,
            Self::Invocation(invocation) => invocation.position,
        }
    }
}

/// Executes a template; what it writes goes behind the output so far.
pub(crate) fn run(context: &mut Context<'_>, template: &Template, data: Value) -> Result<(), Error> {
    let most = context.limits().depth;
    if context.trail.len() >= most {
        return Err(limits::out_of(format_args!(
            "depth: more than {most} templates inside one another"
        )));
    }
    let tree = &*template.tree;
    context.allocate(tree.slots * size_of::<Operand>())?;
    let base = context.variables.len();
    context.variables.resize_with(base + tree.slots, Operand::default);
    let dot = Operand::plain(data);
    context.variables[base] = dot.clone();
    context.trail.push(Step {
        template: template.name.clone(),
        position: 0,
    });
    let mut execution = Execution {
        context,
        template,
        tree,
        parts: &tree.source.parts,
        base,
        at: At::Nothing,
    };
    let result = stack::grow(|| execution.walk(tree.body, &dot));
    context.trail.pop();
    context.variables.truncate(base);
    result.map(|_| ())
}
