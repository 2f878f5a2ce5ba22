//! Pipelines, commands and their words.

use super::number;
use super::parser::Parser;
use super::parts::{Place, Run};
use super::scope::Scope;
use super::show::Shower;
use super::token::{Kind, Token};
use super::tree::{Chain, Command, Expression, Literal, Pipeline, Target, Term, Variable};
use crate::format::quote;
use crate::{Error, Str};

impl Parser<'_> {
    pub(super) fn pipeline(&mut self, context: &str, end: Kind) -> Result<Pipeline, Error> {
        let position = self.tokens.peek().start;
        let (names, assigns) = self.targets(context)?;
        let outer = self.lists.commands.len();
        loop {
            let token = self.tokens.next();
            if token.kind == end {
                break;
            }
            if !starts_operand(token.kind) {
                return Err(self.tokens.unexpected(token, context));
            }
            self.tokens.back();
            let command = self.command()?;
            self.lists.commands.push(command);
        }
        self.check_commands(&self.lists.commands[outer..], context)?;
        let commands = self.lists.parts.keep_run(&mut self.lists.commands, outer);
        let targets = if names.is_empty() {
            Run::default()
        } else {
            let scope = &mut self.scope;
            let targets = names.into_iter().map(|name| target(scope, name, assigns));
            self.lists.parts.keep_all(targets)
        };
        Ok(Pipeline {
            position,
            targets,
            assigns,
            commands,
        })
    }

    /// `$a, $b :=` or `$a =`, if that is how the pipeline begins.
    fn targets(&mut self, context: &str) -> Result<(Vec<Str>, bool), Error> {
        let mut names = Vec::new();
        loop {
            let variable = self.tokens.peek();
            if variable.kind != Kind::Variable {
                return Ok((names, false));
            }
            self.tokens.next();
            let next = self.tokens.peek();
            let name = Str::new(self.tokens.text(variable));
            if self.scope.is_full() {
                return Err(self.tokens.error("too many variables"));
            }
            match next.kind {
                Kind::Assign | Kind::Declare => {
                    self.tokens.next();
                    self.scope.see(name.clone());
                    names.push(name);
                    return Ok((names, next.kind == Kind::Assign));
                }
                Kind::Char if self.tokens.text(next) == b"," => {
                    self.tokens.next();
                    self.scope.see(name.clone());
                    names.push(name);
                    if context != "range" || names.len() > 1 {
                        return Err(self.tokens.error(format!("too many declarations in {context}")));
                    }
                    let follows = self.tokens.peek().kind;
                    if !matches!(
                        follows,
                        Kind::Variable | Kind::RightDelimiter | Kind::RightParenthesis
                    ) {
                        return Err(self.tokens.error("range can only initialize variables"));
                    }
                }
                _ => {
                    self.tokens.back_two(variable);
                    return Ok((names, false));
                }
            }
        }
    }

    fn check_commands(&self, commands: &[Command], context: &str) -> Result<(), Error> {
        if commands.is_empty() {
            return Err(self.tokens.error(format!("missing value for {context}")));
        }
        for (stage, command) in commands.iter().enumerate().skip(1) {
            let first = self.lists.parts[command.words].first().map(|word| &word.term);
            if let Some(Term::True | Term::False | Term::Dot | Term::Nil | Term::Number(_) | Term::Text(_)) =
                first
            {
                let stage = stage + 1;
                return Err(self
                    .tokens
                    .error(format!("non executable command in pipeline stage {stage}")));
            }
        }
        Ok(())
    }

    fn command(&mut self) -> Result<Command, Error> {
        let position = self.tokens.peek().start;
        let outer = self.lists.words.len();
        loop {
            let word = self.operand()?;
            let is_word = word.is_some();
            self.lists.words.extend(word);
            let token = self.tokens.next();
            match token.kind {
                Kind::RightDelimiter | Kind::RightParenthesis => {
                    self.tokens.back();
                    break;
                }
                Kind::Pipe => break,
                _ if is_word && token.is_spaced => self.tokens.back(),
                _ => return Err(self.tokens.unexpected(token, "operand")),
            }
        }
        if self.lists.words.len() == outer {
            return Err(self.tokens.error("empty command"));
        }
        Ok(Command {
            position,
            words: self.lists.parts.keep_run(&mut self.lists.words, outer),
        })
    }

    /// A term with the fields taken of it.
    fn operand(&mut self) -> Result<Option<Expression>, Error> {
        let Some(mut expression) = self.term()? else {
            return Ok(None);
        };
        let first = self.tokens.peek();
        if !follows_directly(first) {
            return Ok(Some(expression));
        }
        let fields = self.fields();
        let position = first.start;
        let term = match expression.term {
            Term::Variable(variable) => {
                self.lists.parts.change(variable).fields = fields;
                Term::Variable(variable)
            }
            Term::True | Term::False | Term::Text(_) | Term::Number(_) | Term::Nil | Term::Dot => {
                let shown = Shower::shown(self.tokens.source(), &self.lists.parts, |shower| {
                    shower.expression(&expression);
                });
                let term = quote::quoted(&shown);
                let at = self.tokens.after_fields(first);
                return Err(self
                    .tokens
                    .error_at(at, format!("unexpected . after term {term}")));
            }
            _ => Term::Chain(self.lists.parts.keep(Chain {
                of: expression,
                fields,
            })),
        };
        expression = Expression { position, term };
        Ok(Some(expression))
    }

    /// The names of all fields that follow.
    fn fields(&mut self) -> Run<Str> {
        let start = self.lists.parts.next();
        self.fields_from(start)
    }

    /// The same, behind names that have been kept from `start` on.
    fn fields_from(&mut self, start: Place<Str>) -> Run<Str> {
        while follows_directly(self.tokens.peek()) {
            let field = self.tokens.next();
            self.field(field);
        }
        self.lists.parts.since(start)
    }

    fn field(&mut self, token: Token) {
        let name = Str::new(&self.tokens.text(token)[1..]);
        self.lists.parts.keep(name);
    }

    fn term(&mut self) -> Result<Option<Expression>, Error> {
        let token = self.tokens.next();
        let text = self.tokens.text(token);
        let term = match token.kind {
            Kind::Identifier => Term::Function(self.functions.get(text).ok_or_else(|| {
                let name = quote::quoted(text);
                self.tokens.error(format!("function {name} not defined"))
            })?),
            Kind::Dot => Term::Dot,
            Kind::Nil => Term::Nil,
            Kind::Variable => self.variable(token)?,
            Kind::Field => return Ok(Some(self.dots_field(token))),
            Kind::Bool if text == b"true" => Term::True,
            Kind::Bool => Term::False,
            Kind::Number => self.number(number::parse(text, token.span()))?,
            Kind::CharConstant => self.number(number::character(text, token.span()))?,
            Kind::Complex => self.number(number::complex(text, token.span()))?,
            Kind::LeftParenthesis => {
                let inside =
                    |parser: &mut Self| parser.pipeline("parenthesized pipeline", Kind::RightParenthesis);
                let pipeline = self.deeper(inside)?;
                let position = pipeline.position;
                return Ok(Some(Expression {
                    position,
                    term: Term::Pipeline(self.lists.parts.keep(pipeline)),
                }));
            }
            Kind::String | Kind::RawString => {
                let value = self.string(token)?;
                let written = token.span();
                Term::Text(self.lists.parts.keep(Literal { value, written }))
            }
            _ => {
                self.tokens.back();
                return Ok(None);
            }
        };
        Ok(Some(Expression {
            position: token.start,
            term,
        }))
    }

    /// Fields of dot. The position is that of the second one, if there is one.
    fn dots_field(&mut self, first: Token) -> Expression {
        let start = self.lists.parts.next();
        self.field(first);
        let second = self.tokens.peek();
        Expression {
            position: if follows_directly(second) {
                second.start
            } else {
                first.start
            },
            term: Term::Field(self.fields_from(start)),
        }
    }

    fn number(&mut self, number: Result<super::tree::Number, String>) -> Result<Term, Error> {
        match number {
            Ok(number) => Ok(Term::Number(self.lists.parts.keep(number))),
            Err(message) => Err(self.tokens.error(message)),
        }
    }

    fn variable(&mut self, token: Token) -> Result<Term, Error> {
        let name = Str::new(self.tokens.text(token));
        if !self.scope.knows(&name) {
            return Err(self
                .tokens
                .error(format!("undefined variable {}", quote::quoted(&name))));
        }
        let slot = self.scope.find(&name);
        Ok(Term::Variable(self.lists.parts.keep(Variable {
            name,
            slot,
            fields: Run::default(),
        })))
    }
}

/// Whether the token is a field of what stands before it.
fn follows_directly(token: Token) -> bool {
    token.kind == Kind::Field && !token.is_spaced
}

/// A variable as the target of a pipeline that has ended.
fn target(scope: &mut Scope, name: Str, assigns: bool) -> Target {
    let slot = if assigns {
        scope.find(&name)
    } else {
        scope.declare(name.clone())
    };
    Target { name, slot }
}

fn starts_operand(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::Bool
            | Kind::CharConstant
            | Kind::Complex
            | Kind::Dot
            | Kind::Field
            | Kind::Identifier
            | Kind::Number
            | Kind::Nil
            | Kind::RawString
            | Kind::String
            | Kind::Variable
            | Kind::LeftParenthesis
    )
}
