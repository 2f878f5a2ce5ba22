//! Actions and what steers them.

use super::expression::Kind;
use super::generator::Generator;
use super::misplaced;

impl Generator {
    pub(crate) fn statement(&mut self, depth: usize) {
        match self.random.below(24) {
            5..11 => {
                let content = self.pipeline(Kind::Any, 3);
                self.action(&content);
            }
            11..13 => self.declaration(),
            13 => self.assignment(),
            14..16 if depth > 0 => self.conditional(depth, "if"),
            16 if depth > 0 => self.conditional(depth, "with"),
            17..20 if depth > 0 => self.range(depth),
            20..22 => self.call(depth),
            22 if self.loops > 0 => {
                let word = self.random.pick(&["break", "continue"]);
                self.guarded(word);
            }
            23 if self.random.once_in(20) => self.odd(),
            _ => self.text(),
        }
    }

    fn name(&mut self) -> String {
        self.random.pick(&["$a", "$b", "$c", "$x1", "$ä"]).to_owned()
    }

    fn declaration(&mut self) {
        let kind = self.kind();
        let name = self.name();
        let value = self.pipeline(kind, 2);
        let equals = self.random.pick(&[" := ", " := ", ":=", " :="]);
        self.action(&format!("{name}{equals}{value}"));
        self.variables.push((name, kind));
    }

    /// What is assigned refers to the variable at most once, so that loops let values grow but slowly.
    fn assignment(&mut self) {
        let Some((name, kind)) = self
            .variables
            .get(self.random.below(self.variables.len()))
            .cloned()
        else {
            return if self.random.once_in(30) {
                self.action("$none = 1");
            } else {
                self.text();
            };
        };
        let constant = self.constant();
        let value = match (kind, self.random.below(3)) {
            (Kind::Int, 0) => format!("add {name} {constant}"),
            (Kind::Text, 0) => format!("printf \"%v%v\" {name} {constant}"),
            (Kind::List, 0) => format!("append {name} {constant}"),
            (Kind::Map, 0) => format!("set {name} \"k\" {constant}"),
            (Kind::Map, 1) => format!("merge {name} (deepCopy $.m)"),
            (kind, 2) => self.literal(kind),
            _ => constant,
        };
        self.action(&format!("{name} = {value}"));
    }

    fn conditional(&mut self, depth: usize, word: &str) {
        let (variables, was_root) = (self.variables.len(), self.dot_is_root);
        for branch in 0.. {
            let kind = if word == "if" { Kind::Bool } else { Kind::Any };
            let condition = self.pipeline(kind, 2);
            let declared = if self.random.once_in(5) {
                self.name() + " := "
            } else {
                String::new()
            };
            let before = if branch > 0 { "else " } else { "" };
            self.action(&format!("{before}{word} {declared}{condition}"));
            if !declared.is_empty() {
                self.variables
                    .push((declared.trim_end_matches(" := ").to_owned(), kind));
            }
            self.dot_is_root = was_root && word == "if";
            self.body(depth - 1);
            self.dot_is_root = was_root;
            if branch == 2 || self.random.below(3) > 0 {
                break;
            }
        }
        if self.random.once_in(3) {
            self.action("else");
            self.body(depth - 1);
        }
        self.action("end");
        self.variables.truncate(variables);
    }

    fn range(&mut self, depth: usize) {
        let (variables, was_root) = (self.variables.len(), self.dot_is_root);
        let kind = [
            Kind::List,
            Kind::List,
            Kind::Map,
            Kind::List,
            Kind::Map,
            Kind::Int,
            Kind::Any,
        ][self.random.below(7)];
        let over = self.pipeline(kind, 2);
        let names: Vec<String> = (0..self.random.below(if kind == Kind::Int { 2 } else { 3 }))
            .map(|_| self.name())
            .collect();
        let declared = match (&names[..], self.random.once_in(60)) {
            ([], _) => String::new(),
            (names, true) => names.join(", ") + " = ",
            (names, false) => names.join([", ", ",", " , "][self.random.below(3)]) + " := ",
        };
        self.action(&format!("range {declared}{over}"));
        self.variables
            .extend(names.into_iter().map(|name| (name, Kind::Text)));
        self.dot_is_root = false;
        self.loops += 1;
        self.body(depth - 1);
        self.loops -= 1;
        self.dot_is_root = was_root;
        if self.random.once_in(3) {
            self.action("else");
            self.body(depth - 1);
        }
        self.action("end");
        self.variables.truncate(variables);
    }

    /// `break` or `continue`, mostly on a condition.
    fn guarded(&mut self, word: &str) {
        if self.random.once_in(6) {
            return self.action(word);
        }
        let condition = self.command(Kind::Bool, 1);
        self.action(&format!("if {condition}"));
        self.action(word);
        self.action("end");
    }

    /// Things that stand where they should not, or are rare.
    fn odd(&mut self) {
        let odd = self.random.pick(misplaced::MISPLACED);
        self.out.extend_from_slice(odd.as_bytes());
    }
}
