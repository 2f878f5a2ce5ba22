//! Pipelines, commands, operands and literals.

use gotemplate::Type;

use super::forms;
use super::generator::Generator;

/// What an expression should mostly give.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Any,
    Bool,
    Int,
    Float,
    Text,
    List,
    Map,
}

const KINDS: [Kind; 6] = [
    Kind::Bool,
    Kind::Int,
    Kind::Float,
    Kind::Text,
    Kind::List,
    Kind::Map,
];

/// Functions that are only called in certain shapes: their argument is the size of what they make, or something that
/// they change.
pub(crate) const SHAPED: [&str; 13] = [
    "sortAlpha",
    "until",
    "untilStep",
    "seq",
    "repeat",
    "indent",
    "nindent",
    "set",
    "merge",
    "mustMerge",
    "mergeOverwrite",
    "mustMergeOverwrite",
    "unset",
];

const LIST_FUNCTIONS: [&str; 17] = [
    "first",
    "last",
    "rest",
    "initial",
    "reverse",
    "uniq",
    "append",
    "sortAlpha",
    "join",
    "slice",
    "concat",
    "without",
    "compact",
    "chunk",
    "prepend",
    "mustFirst",
    "mustAppend",
];

impl Generator {
    pub(crate) fn kind(&mut self) -> Kind {
        KINDS[self.random.below(KINDS.len())]
    }

    /// A pipeline without its declaration.
    pub(crate) fn pipeline(&mut self, kind: Kind, depth: usize) -> String {
        if !self.random.once_in(4) {
            return self.command(kind, depth);
        }
        let from = self.kind();
        let stage = self.stage(from, kind);
        let text = self.pipeline(from, depth.saturating_sub(1));
        let space = self.space();
        format!("{text}{space}|{space}{stage}")
    }

    /// A command of a kind that takes its last argument, of another kind, from the one before.
    fn stage(&mut self, from: Kind, kind: Kind) -> String {
        if self.random.once_in(150) {
            return self.operand(Kind::Any, 0);
        }
        let mark = match from {
            Kind::Bool => "%b",
            Kind::Int => "%i",
            Kind::Float => "%f",
            Kind::Text => "%t",
            Kind::List => "%l",
            Kind::Map => "%m",
            Kind::Any => "%a",
        };
        for _ in 0..12 {
            let kind = if kind == Kind::Any { self.kind() } else { kind };
            let form = self.form(kind);
            match form.rsplit_once(' ') {
                Some((head, last)) if last == mark || last == "%a" => return self.filled(head, 1),
                _ => {}
            }
        }
        self.random
            .pick(&[
                "quote",
                "toString",
                "print",
                "default 1",
                "not",
                "list",
                "toJson",
                "printf \"%v\"",
            ])
            .to_owned()
    }

    fn form(&mut self, kind: Kind) -> &'static str {
        let forms = match kind {
            Kind::Bool => forms::BOOLS,
            Kind::Int => forms::INTS,
            Kind::Float => forms::FLOATS,
            Kind::Text => forms::TEXTS,
            Kind::List => forms::LISTS,
            Kind::Map => forms::MAPS,
            Kind::Any => forms::ODD,
        };
        self.random.pick(forms)
    }

    pub(crate) fn command(&mut self, kind: Kind, depth: usize) -> String {
        if depth == 0 || self.random.once_in(4) {
            return self.operand(kind, depth);
        }
        if self.random.once_in(12) {
            return self.any_function(depth);
        }
        let kind = match kind {
            Kind::Any if self.random.below(30) > 0 => self.kind(),
            Kind::Any => kind,
            kind if self.random.once_in(150) => [kind, Kind::Any][self.random.below(2)],
            kind => kind,
        };
        let form = self.form(kind);
        self.filled(form, depth)
    }

    /// The shape with operands for its marks.
    fn filled(&mut self, form: &str, depth: usize) -> String {
        let inner = depth.saturating_sub(1);
        let mut out = String::new();
        let mut rest = form;
        while let Some(at) = rest.find('%') {
            let after = rest.as_bytes().get(at + 1).copied();
            out += &rest[..at];
            rest = &rest[at..];
            let operand = match after {
                Some(b'a') => self.operand(Kind::Any, inner),
                Some(b'b') => self.operand(Kind::Bool, inner),
                Some(b'i') => self.operand(Kind::Int, inner),
                Some(b'f') => self.operand(Kind::Float, inner),
                Some(b't') => self.operand(Kind::Text, inner),
                Some(b'l') => self.operand(Kind::List, inner),
                Some(b'm') => self.operand(Kind::Map, inner),
                Some(b'n') => self.small(),
                Some(b'k') => self.constant(),
                Some(b'F') => self.format(),
                _ => String::new(),
            };
            // `"%s-%v"` in a shape is a format of its own.
            if operand.is_empty() || out.ends_with('"') || out.ends_with('-') {
                out += &rest[..2];
            } else {
                out += &operand;
            }
            rest = &rest[2..];
        }
        out + rest
    }

    /// Any function of Sprig, with arguments of the types it wants.
    fn any_function(&mut self, depth: usize) -> String {
        let function = self.functions[self.random.below(self.functions.len())];
        let mut text = function.name.to_owned();
        let more = function.variadic.map_or(0, |_| self.random.below(4));
        let wrong = self.random.below(80);
        let more = if wrong == 0 { more + 1 } else { more };
        let kinds = function.parameters.iter().copied();
        let more = std::iter::repeat_n(function.variadic.unwrap_or(Type::Any), more);
        for (index, parameter) in kinds.chain(more).enumerate() {
            if wrong == 1 && index > 0 {
                break;
            }
            let kind = match parameter {
                Type::Bool => Kind::Bool,
                Type::Int | Type::Int64 => Kind::Int,
                Type::Float64 => Kind::Float,
                Type::String => Kind::Text,
                Type::Map => Kind::Map,
                Type::List | Type::Strings => Kind::List,
                _ if LIST_FUNCTIONS.contains(&function.name) => Kind::List,
                _ => Kind::Any,
            };
            let operand = self.operand(kind, depth.saturating_sub(1));
            text = text + " " + &operand;
        }
        text
    }

    pub(crate) fn operand(&mut self, kind: Kind, depth: usize) -> String {
        let is_any = kind == Kind::Any;
        let kind = match kind {
            Kind::Any => self.kind(),
            _ if self.random.once_in(60) => self.kind(),
            kind => kind,
        };
        match self.random.below(20) {
            0 | 1 if is_any || kind == Kind::Map || self.random.once_in(12) => ".".to_owned(),
            2 if self.random.once_in(if is_any { 8 } else { 40 }) => "nil".to_owned(),
            3..7 => self.literal(kind),
            7..10 => self.variable(kind),
            10..14 if depth > 0 => {
                let inner = self.pipeline(kind, depth - 1);
                let space = if self.random.once_in(8) { " " } else { "" };
                let field = if kind == Kind::Map && self.random.once_in(6) || self.random.once_in(80) {
                    self.field()
                } else {
                    ""
                };
                format!("({space}{inner}{space}){field}")
            }
            14 if self.random.once_in(40) => self
                .random
                .pick(&[
                    "list", "dict", "len", "upper", "uniq", "print", "true.x", "\"a\".b",
                ])
                .to_owned(),
            _ => self.path(kind),
        }
    }

    fn field(&mut self) -> &'static str {
        self.random
            .pick(&[".a", ".s", ".n", ".m.a", ".missing", ".Upper", "._0", ".b.c.d"])
    }

    /// A path that leads to such a value where `$` or the dot is the root of the data.
    fn path(&mut self, kind: Kind) -> String {
        let paths: &[&str] = match kind {
            Kind::Bool => &[".b", ".b", ".m.b", ".missing"],
            Kind::Int => &[".n", ".zero", ".wide", ".who.Age", ".m.n"],
            Kind::Float => &[".f", ".f", ".any", ".obj.n"],
            Kind::Text => &[".s", ".t", ".empty", ".who.Name", ".m.s", ".obj.s"],
            Kind::List => &[".l", ".strs", ".none", ".who.Tags", ".m.l"],
            Kind::Map => &[".m", ".m", ".obj", ".who.Extra", ".m.m"],
            Kind::Any => &[".any", ".nil", ".nothing", ".who", ".when"],
        };
        let path = if self.random.once_in(60) {
            self.random.pick(&[
                ".any", ".nil", ".nothing", ".who", ".when", ".m.x.y", ".l.a", ".any.b", ".Upper",
            ])
        } else {
            self.random.pick(paths)
        };
        let root = if self.dot_is_root && self.random.once_in(2) || self.random.once_in(80) {
            ""
        } else {
            "$"
        };
        let more = if self.random.once_in(120) {
            self.field()
        } else {
            ""
        };
        format!("{root}{path}{more}")
    }

    fn variable(&mut self, kind: Kind) -> String {
        if self.random.once_in(400) {
            return self.random.pick(&["$undefined", "$a", "$x.y"]).to_owned();
        }
        let fit: Vec<&String> = self
            .variables
            .iter()
            .filter(|(_, held)| *held == kind)
            .map(|(name, _)| name)
            .collect();
        if let [name, ..] = fit[..] {
            let name = fit
                .get(self.random.below(fit.len()))
                .copied()
                .unwrap_or(name)
                .clone();
            let field = if kind == Kind::Map && self.random.once_in(3) {
                self.field()
            } else {
                ""
            };
            return name + field;
        }
        match self.variables.len() {
            0 => "$".to_owned(),
            some if self.random.once_in(6) => self.variables[self.random.below(some)].0.clone(),
            _ => self.path(kind),
        }
    }
}
