//! Whole sets of templates: mostly well formed, over the whole language, and all of them end.

use gotemplate::{Function, Value};

use super::data;
use super::expression::{Kind, SHAPED};
use crate::against::{LEFT_OUT, Random};

/// How many levels of templates there are. Each calls higher ones only, so that no set calls itself for ever.
const LEVELS: usize = 5;

pub(crate) struct Generator {
    pub(crate) random: Random,
    pub(crate) functions: Vec<&'static Function>,
    /// Those in scope, with what they mostly hold.
    pub(crate) variables: Vec<(String, Kind)>,
    pub(crate) dot_is_root: bool,
    pub(crate) out: Vec<u8>,
    pub(crate) loops: usize,
    /// The level of the template being written.
    level: usize,
    /// The levels that have templates.
    defined: Vec<usize>,
}

/// A set of templates and what the last of its files is executed with.
#[derive(Clone)]
pub(crate) struct Case {
    pub(crate) files: Vec<(&'static str, Vec<u8>)>,
    pub(crate) data: Value,
    pub(crate) missing: &'static str,
}

/// What is put into a text to break it.
const PIECES: &[&str] = &[
    "{{",
    "}}",
    "{{-",
    "-}}",
    " - ",
    "(",
    ")",
    "|",
    ".",
    "$",
    "\"",
    "`",
    "'",
    "/*",
    "*/",
    ":=",
    "=",
    ",",
    "end",
    "else",
    "{{ end }}",
    "{{ else }}",
    "{{ if }}",
    "\n",
    " ",
    "_",
    "0x",
    "nil",
    "true",
    "é",
    "@",
    "#",
    "&",
    "!",
    "{{ break }}",
    "~",
    "\\",
    ".x",
    "$x",
    "{{}}",
    "{{- -}}",
    "{{/*",
    "\u{feff}",
    "+1",
    "define",
    "template",
    "with",
    "range $a, $b, $c :=",
    "1+",
    "block",
    "\u{a0}",
];

/// What one byte of it becomes.
const BYTES: &[u8] = b"{}()|.$\"`'-+ \n:=,_0x\x80\xff\x00";

impl Generator {
    pub(crate) fn new(random: Random) -> Self {
        let functions = gotemplate::sprig::FUNCTIONS.iter().flat_map(|table| table.iter());
        let is_wanted = |name: &str| {
            !LEFT_OUT.contains(&name) && !SHAPED.contains(&name) && !matches!(name, "keys" | "values")
        };
        Self {
            random,
            functions: functions.filter(|function| is_wanted(function.name)).collect(),
            variables: Vec::new(),
            dot_is_root: true,
            out: Vec::new(),
            loops: 0,
            level: 0,
            defined: Vec::new(),
        }
    }

    pub(crate) fn case(&mut self) -> Case {
        self.defined = (1..=LEVELS).filter(|_| self.random.once_in(2)).collect();
        let (mut own, mut files) = (self.defined.clone(), Vec::new());
        if self.random.once_in(6) {
            let library = own.split_off(own.len() / 2);
            files.push(("lib.tpl", self.file(&library, true)));
        }
        files.push(("main", self.file(&own, false)));
        if self.random.once_in(12) {
            let chosen = self.random.below(files.len());
            self.mutate(&mut files[chosen].1);
        }
        let data = match self.random.below(60) {
            0 => Value::Nil,
            1 => data::text(&mut self.random),
            _ => data::root(&mut self.random),
        };
        let missing = ["default", "default", "zero", "zero", "error", "invalid"][self.random.below(6)];
        Case { files, data, missing }
    }

    fn file(&mut self, levels: &[usize], library: bool) -> Vec<u8> {
        self.out.clear();
        self.variables.clear();
        (self.level, self.loops, self.dot_is_root) = (0, 0, true);
        let nodes = if library {
            self.random.below(2)
        } else {
            1 + self.random.below(6)
        };
        let definitions_first = self.random.once_in(2);
        for step in 0..2 {
            if definitions_first == (step == 0) {
                for &level in levels {
                    self.definition(level);
                }
            } else {
                (0..nodes).for_each(|_| self.statement(3));
            }
        }
        std::mem::take(&mut self.out)
    }

    pub(crate) fn space(&mut self) -> &'static str {
        self.random.pick(&[" ", " ", " ", " ", " ", "  ", "\n", "\t", ""])
    }

    /// An action with delimiters around it, some of which trim.
    pub(crate) fn action(&mut self, content: &str) {
        let left = self
            .random
            .pick(&["{{ ", "{{ ", "{{ ", "{{", "{{- ", "{{-\n", "{{\n"]);
        let right = self
            .random
            .pick(&[" }}", " }}", " }}", "}}", " -}}", "\n-}}", "\n}}"]);
        for part in [left, content, right] {
            self.out.extend_from_slice(part.as_bytes());
        }
    }

    pub(crate) fn text(&mut self) {
        let texts = [
            "x",
            " ",
            "\n",
            "\n  ",
            "text ",
            "}",
            "}}",
            "ä",
            "\t",
            "-",
            "a\n b",
            " {{/* note */}}",
            "{{- /* n */ -}} ",
            "\r\n",
        ];
        let text = if self.random.once_in(1500) {
            "{"
        } else {
            self.random.pick(&texts)
        };
        self.out.extend_from_slice(text.as_bytes());
    }

    /// A definition, in which `$` is mostly the root as well.
    fn definition(&mut self, level: usize) {
        self.action(&format!("define \"t{level}\""));
        self.template(level, 2);
        self.action("end");
    }

    /// The inside of a template: variables outside of it are not seen.
    fn template(&mut self, level: usize, depth: usize) {
        let outer = (self.level, std::mem::take(&mut self.variables), self.loops);
        (self.level, self.loops) = (level, 0);
        self.body(depth);
        (self.level, self.variables, self.loops) = outer;
    }

    /// A few statements in a scope of their own.
    pub(crate) fn body(&mut self, depth: usize) {
        let outer = self.variables.len();
        for _ in 0..=self.random.below(3) {
            self.statement(depth);
        }
        self.variables.truncate(outer);
    }

    /// `template` or `block` with a name of a higher level.
    pub(crate) fn call(&mut self, depth: usize) {
        let argument = match self.random.below(8) {
            0 => String::new(),
            1 => " ".to_owned() + &self.pipeline(Kind::Any, 1),
            2..4 if self.dot_is_root => " .".to_owned(),
            _ => " $".to_owned(),
        };
        let above: Vec<usize> = self
            .defined
            .iter()
            .copied()
            .filter(|&level| level > self.level)
            .collect();
        let next = self.level + 1;
        let is_new = !self.defined.contains(&next) || self.random.once_in(150);
        if depth > 0 && next <= LEVELS && !argument.is_empty() && is_new {
            self.defined.push(next);
            self.action(&format!("block \"t{next}\"{argument}"));
            self.template(next, depth - 1);
            self.action("end");
        } else if above.is_empty() || self.random.once_in(30) {
            if self.random.once_in(20) {
                self.action(&format!("template `nowhere`{argument}"));
            }
        } else {
            let level = above[self.random.below(above.len())];
            self.action(&format!("template \"t{level}\"{argument}"));
        }
    }

    /// A text with a few bytes removed, doubled, replaced or put in.
    fn mutate(&mut self, text: &mut Vec<u8>) {
        for _ in 0..=self.random.below(2) {
            if text.is_empty() {
                return;
            }
            let at = self.random.below(text.len());
            match self.random.below(6) {
                0 => drop(text.remove(at)),
                1 => text.insert(at, text[at]),
                2 => text.truncate(at),
                3 => text[at] = BYTES[self.random.below(BYTES.len())],
                _ => drop(text.splice(at..at, self.random.pick(PIECES).bytes())),
            }
        }
    }
}
