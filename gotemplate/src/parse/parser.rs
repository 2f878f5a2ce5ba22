//! The statements of the template language.

use std::rc::Rc;

use super::definitions::{Definitions, Template};
use super::parts::Lists;
use super::scope::Scope;
use super::token::{Keyword, Kind, Token};
use super::tokens::Tokens;
use super::tree::{
    Body, Branch, Conditional, Definition, Input, Invocation, Node, Parsed, Pipeline, Position, Range,
    Source, Tree,
};
use super::unquote;
use crate::format::quote;
use crate::functions::Functions;
use crate::{Error, Str, stack};

/// Control structures inside one another, and parentheses: deeper than anyone writes.
const DEEPEST: usize = 1_000;

/// Parses the text of a file.
pub(crate) fn parse(file: &str, input: Input<'_>, functions: &Functions) -> Result<Parsed, Error> {
    let text = input.bytes();
    let mut tokens = Tokens::new(file, text);
    if u32::try_from(text.len()).is_err() {
        return Err(tokens.error("text is too long"));
    }
    tokens.loop_keywords(["break", "continue"].map(|name| functions.get(name.as_bytes()).is_none()));
    let mut parser = Parser {
        file,
        tokens,
        functions,
        lists: functions.lists().take(),
        scope: Scope::new(),
        definitions: Definitions::default(),
        loops: 0,
        depth: 0,
    };
    let main = parser.file()?;
    Ok(parser.parsed(&main, input))
}

pub(super) struct Parser<'s> {
    file: &'s str,
    pub(super) tokens: Tokens<'s>,
    pub(super) functions: &'s Functions,
    pub(super) lists: Lists,
    pub(super) scope: Scope,
    definitions: Definitions,
    /// How many `range` are open.
    loops: usize,
    depth: usize,
}

/// What a list of statements ends with.
enum Ending {
    End,
    /// The keyword that follows in the same action, if one does.
    Else(Option<Keyword>),
}

enum Item {
    Node(Node),
    Ending(Ending),
}

impl Ending {
    fn describe(&self) -> &'static str {
        match self {
            Self::End => "{{end}}",
            Self::Else(_) => "{{else}}",
        }
    }
}

impl Parser<'_> {
    fn file(&mut self) -> Result<Template, Error> {
        loop {
            let token = self.tokens.peek();
            match token.kind {
                Kind::End => break,
                Kind::LeftDelimiter => {
                    self.tokens.next();
                    if self.tokens.next().kind == Kind::Keyword(Keyword::Define) {
                        self.definition()?;
                        continue;
                    }
                    self.tokens.back_two(token);
                }
                _ => {}
            }
            match self.item()? {
                Item::Node(node) => self.lists.nodes.push(node),
                Item::Ending(ending) => {
                    return Err(self.tokens.error(format!("unexpected {}", ending.describe())));
                }
            }
        }
        let body = self.lists.parts.keep_run(&mut self.lists.nodes, 0);
        let template = self.finished(body);
        self.check_unique(self.file.as_bytes(), &template)?;
        Ok(template)
    }

    fn finished(&self, body: Body) -> Template {
        let is_empty = self.lists.parts[body].iter().all(|node| match node {
            Node::Text(span) => bstr::ByteSlice::trim(span.of(self.tokens.source())).is_empty(),
            _ => false,
        });
        Template {
            body,
            slots: self.scope.slots(),
            is_empty,
        }
    }

    /// The trees, with the text and the parts that they share.
    fn parsed(mut self, main: &Template, input: Input<'_>) -> Parsed {
        let source = Rc::new(Source {
            text: input.kept(),
            parts: self.lists.parts.take(),
        });
        self.functions.lists().replace(self.lists);
        let tree = |template: &Template| {
            Rc::new(Tree {
                source: Rc::clone(&source),
                body: template.body,
                slots: template.slots,
                is_empty: template.is_empty,
            })
        };
        let definitions = self.definitions.into_iter().map(|(name, template)| Definition {
            name,
            tree: tree(&template),
        });
        Parsed {
            main: tree(main),
            definitions: definitions.collect(),
        }
    }

    fn definition(&mut self) -> Result<(), Error> {
        const CONTEXT: &str = "define clause";
        let token = self.tokens.expect(&[Kind::String, Kind::RawString], CONTEXT)?;
        let name = self.string(token)?;
        self.tokens.expect(&[Kind::RightDelimiter], CONTEXT)?;
        if self.template(name)? {
            return Ok(());
        }
        Err(self.tokens.error(format!("unexpected {{{{else}}}} in {CONTEXT}")))
    }

    /// The body of a template of its own; whether an `end` ends it, as it must.
    fn template(&mut self, name: Str) -> Result<bool, Error> {
        let scope = std::mem::replace(&mut self.scope, Scope::new());
        let loops = std::mem::take(&mut self.loops);
        let (body, ending) = self.list()?;
        if !matches!(ending, Ending::End) {
            return Ok(false);
        }
        let template = self.finished(body);
        self.scope = scope;
        self.loops = loops;
        self.check_unique(&name, &template)?;
        self.definitions.add(name, template);
        Ok(true)
    }

    /// One text may define a name once.
    fn check_unique(&self, name: &[u8], template: &Template) -> Result<(), Error> {
        if self.definitions.allow(name, template) {
            return Ok(());
        }
        let name = quote::quoted(name);
        Err(self
            .tokens
            .error(format!("template: multiple definition of template {name}")))
    }

    /// Statements up to `end` or `else`.
    fn list(&mut self) -> Result<(Body, Ending), Error> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(self.tokens.error("control structures are nested too deep"));
        }
        let outer = self.lists.nodes.len();
        while self.tokens.peek().kind != Kind::End {
            match stack::grow(|| self.item())? {
                Item::Node(node) => self.lists.nodes.push(node),
                Item::Ending(ending) => {
                    self.depth -= 1;
                    return Ok((self.lists.parts.keep_run(&mut self.lists.nodes, outer), ending));
                }
            }
        }
        Err(self.tokens.error("unexpected EOF"))
    }

    fn item(&mut self) -> Result<Item, Error> {
        let token = self.tokens.next();
        match token.kind {
            Kind::Text => Ok(Item::Node(Node::Text(token.span()))),
            Kind::LeftDelimiter => {
                self.tokens.action = Some(token.start);
                let item = self.action();
                if item.is_ok() {
                    self.tokens.action = None;
                }
                item
            }
            _ => Err(self.tokens.unexpected(token, "input")),
        }
    }

    fn action(&mut self) -> Result<Item, Error> {
        let token = self.tokens.next();
        let Kind::Keyword(keyword) = token.kind else {
            self.tokens.back();
            return Ok(Item::Node(Node::Action(
                self.pipeline("command", Kind::RightDelimiter)?,
            )));
        };
        Ok(Item::Node(match keyword {
            Keyword::Block => self.block()?,
            Keyword::Break => self.jump(Node::Break, "{{break}}")?,
            Keyword::Continue => self.jump(Node::Continue, "{{continue}}")?,
            Keyword::If => Node::If(self.conditional(Keyword::If, "if")?),
            Keyword::With => Node::With(self.conditional(Keyword::With, "with")?),
            Keyword::Range => {
                let range = self.range()?;
                Node::Range(self.lists.parts.keep(range))
            }
            Keyword::Template => self.invocation()?,
            Keyword::End => {
                self.tokens.expect(&[Kind::RightDelimiter], "end")?;
                return Ok(Item::Ending(Ending::End));
            }
            Keyword::Else => return self.otherwise(),
            Keyword::Define => return Err(self.not_here(token)),
        }))
    }

    /// `define` inside of something else is read as a pipeline, and is none.
    fn not_here(&self, token: Token) -> Error {
        self.tokens.unexpected(token, "command")
    }

    fn otherwise(&mut self) -> Result<Item, Error> {
        if let Kind::Keyword(keyword @ (Keyword::If | Keyword::With)) = self.tokens.peek().kind {
            return Ok(Item::Ending(Ending::Else(Some(keyword))));
        }
        self.tokens.expect(&[Kind::RightDelimiter], "else")?;
        Ok(Item::Ending(Ending::Else(None)))
    }

    fn jump(&mut self, node: Node, written: &str) -> Result<Node, Error> {
        let token = self.tokens.next();
        if token.kind != Kind::RightDelimiter {
            return Err(self.tokens.unexpected(token, written));
        }
        if self.loops == 0 {
            return Err(self.tokens.error(format!("{written} outside {{{{range}}}}")));
        }
        Ok(node)
    }

    fn conditional(&mut self, keyword: Keyword, context: &str) -> Result<Conditional, Error> {
        let outside = self.scope.mark();
        let outer = self.lists.branches.len();
        let otherwise = loop {
            let condition = self.pipeline(context, Kind::RightDelimiter)?;
            let mark = self.scope.mark();
            let (body, ending) = self.list()?;
            self.scope.leave_body(mark);
            self.lists.branches.push(Branch { condition, body });
            match ending {
                Ending::End => break Body::default(),
                Ending::Else(Some(next)) if next == keyword => {
                    self.tokens.next();
                }
                Ending::Else(_) => break self.last_list()?,
            }
        };
        self.scope.leave(outside);
        Ok(Conditional {
            branches: self.lists.parts.keep_run(&mut self.lists.branches, outer),
            otherwise,
        })
    }

    fn range(&mut self) -> Result<Range, Error> {
        let outside = self.scope.mark();
        let over = self.pipeline("range", Kind::RightDelimiter)?;
        let mark = self.scope.mark();
        self.loops += 1;
        let (body, ending) = self.list()?;
        self.loops -= 1;
        self.scope.leave_body(mark);
        let otherwise = match ending {
            Ending::End => Body::default(),
            Ending::Else(_) => self.last_list()?,
        };
        self.scope.leave(outside);
        Ok(Range {
            over,
            body,
            otherwise,
        })
    }

    /// What follows a plain `else`: only an `end` may end it.
    fn last_list(&mut self) -> Result<Body, Error> {
        let (body, ending) = self.list()?;
        match ending {
            Ending::End => Ok(body),
            Ending::Else(_) => Err(self.tokens.error("expected end; found {{else}}")),
        }
    }

    fn block(&mut self) -> Result<Node, Error> {
        const CONTEXT: &str = "block clause";
        let (position, name) = self.template_name(CONTEXT)?;
        let argument = self.pipeline(CONTEXT, Kind::RightDelimiter)?;
        // Go has a parser of its own for the body. Where the body ends badly, the one of the clause complains.
        self.tokens.action = None;
        let clause = self.tokens.last();
        if !self.template(name.clone())? {
            let message = format!("unexpected {{{{else}}}} in {CONTEXT}");
            return Err(self.tokens.error_at(clause, message));
        }
        Ok(self.invoking(position, name, Some(argument)))
    }

    fn invocation(&mut self) -> Result<Node, Error> {
        const CONTEXT: &str = "template clause";
        let (position, name) = self.template_name(CONTEXT)?;
        let argument: Option<Pipeline> = if self.tokens.next().kind == Kind::RightDelimiter {
            None
        } else {
            self.tokens.back();
            Some(self.pipeline(CONTEXT, Kind::RightDelimiter)?)
        };
        Ok(self.invoking(position, name, argument))
    }

    fn invoking(&mut self, position: Position, name: Str, argument: Option<Pipeline>) -> Node {
        Node::Template(self.lists.parts.keep(Invocation {
            position,
            name,
            argument,
        }))
    }

    fn template_name(&mut self, context: &str) -> Result<(Position, Str), Error> {
        let token = self.tokens.next();
        match token.kind {
            Kind::String | Kind::RawString => Ok((token.start, self.string(token)?)),
            _ => Err(self.tokens.unexpected(token, context)),
        }
    }

    pub(super) fn string(&self, token: Token) -> Result<Str, Error> {
        match unquote::string(self.tokens.text(token)) {
            Some(value) => Ok(Str::new(value)),
            None => Err(self.tokens.error("invalid syntax")),
        }
    }

    /// Runs a step one level further in, within the limit and with enough stack.
    pub(super) fn deeper<T>(&mut self, step: impl FnOnce(&mut Self) -> Result<T, Error>) -> Result<T, Error> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(self.tokens.error("max expression depth exceeded"));
        }
        let result = stack::grow(|| step(self));
        self.depth -= 1;
        result
    }
}
