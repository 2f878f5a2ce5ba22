//! Calls made up from a seed, with arguments of the right types and mostly of the right kind of text.

use std::ops::{Deref, DerefMut};

use gotemplate::{Function, Map, Str, Type, Value};

use crate::against::{Random, wire};

pub(crate) struct Generator(Random);

impl Deref for Generator {
    type Target = Random;

    fn deref(&self) -> &Random {
        &self.0
    }
}

impl DerefMut for Generator {
    fn deref_mut(&mut self) -> &mut Random {
        &mut self.0
    }
}

const WORDS: &[&str] = &[
    "",
    " ",
    "a",
    "foo",
    "Foo Bar",
    "fooBarBAZ",
    "HTTPServer2go",
    "some_snake-case",
    "ä ö ü",
    "ßtraße",
    "日本語",
    "a\nb",
    "\t x \n",
    "1",
    "0",
    "-7",
    "1.5",
    "1e3",
    "0x1F",
    "017",
    "1_000",
    "true",
    "null",
    "  two  spaces ",
    "a,b,,c",
    "x=y&z",
    "/a/b/../c.txt",
    "aGVsbG8=",
    "MZXW6===",
    "{\"a\":[1,2.5,\"x\"]}",
    "<b>&'\"\\",
    "Dž ǆ",
    "İ",
    "v1.2.3",
    "$1",
    "${1}x",
    "the quick brown fox jumps over the lazy dog",
    "😀 emoji",
    "_",
    "--",
    "a--b__c",
    "9lives",
    "12.00",
    "inf",
    "NaN",
];
const BYTES: &[&[u8]] = &[b"\xff", b"a\xffb", b"\xe2\x82", b"x\xc3"];
const PATTERNS: &[&str] = &[
    "a",
    "o+",
    "[a-z]+",
    "^foo",
    "bar$",
    "(a|b)*",
    "\\w+",
    "\\s*",
    "[^a-z]",
    ".",
    "(f)(o)",
    "\\d{1,2}",
    "a{,2}",
    "(?i)FOO",
    "[[:upper:]]",
    "\\pL+",
    "\\bx",
    "a*?",
    "(?P<n>o)",
    "x|",
    "",
    "[",
    "(",
    "a**",
    "\\8",
    "[b-a]",
    "\\p{Greek}",
    "(?m)^",
    "\\Q.\\E",
];
const VERSIONS: &[&str] = &[
    "1",
    "1.2",
    "1.2.3",
    "v1.25.3-gke.100",
    "1.2.3-alpha.1",
    "1.2.3-rc.2+b",
    "0.0.3",
    "0.2.1",
    "2.0.0",
    "01.2",
    "x",
    "1.2.3.4",
    "",
    "1.4.0-0",
    "99999999999999999999",
    "1.2.3-01",
];
const CONSTRAINTS: &[&str] = &[
    ">=1.2",
    "<2",
    "~1.2",
    "^0.2",
    "^1",
    "1.x",
    "*",
    "!=1.2.3",
    ">=1.19-0",
    ">1 <3",
    ">=1.2, <2",
    "1 - 2",
    "1.2 - 1.4.5",
    "<=1.2",
    "=1.2.3",
    "~>1",
    "=>1",
    "=<2",
    ">11",
    "!=1.2.x",
    "^0.0.3",
    "~0",
    "",
    "foo",
    "1 || 2",
    ">=1 ||",
    "^*",
    ">*",
];
const SPANS: &[&str] = &[
    "1h", "-1.5h", "90s", "1h2m3.5s", "10", "x", "", "100000h", "1d", ".5ms", "3000m",
];
const LAYOUTS: &[&str] = &[
    "2006-01-02",
    "Jan _2 2006",
    "15:04:05",
    "2006-01-02T15:04:05Z07:00",
    "Mon Jan 2 15:04:05 MST 2006",
    "02/01/06 3PM",
];
const TIMES: &[&str] = &[
    "2020-02-29",
    "2021-02-29",
    "Mar  4 2021",
    "23:59:59.5",
    "2006-01-02T15:04:05+02:00",
    "Tue Feb 3 01:02:03 CET 2015",
    "x",
    "03/04/71 5PM",
    "2020-13-01",
];
const ADDRESSES: &[&str] = &[
    "https://user:pa%20ss@host:8080/a/b?c=d#e",
    "host",
    "//h/p",
    "mailto:a@b",
    "http://[::1]:80/x",
    "/p?q",
    "1:2",
    "http://a b/",
    ":x",
    "http://h/%zz",
    "a:b:c",
    "http://h:x/",
    "proto://h?",
    "http://é/ü",
    "*",
    "x%41",
    "http://u@h/a b",
];

impl Generator {
    pub(crate) fn new(random: Random) -> Self {
        Self(random)
    }

    pub(crate) fn call<'f>(&mut self, functions: &[&'f Function]) -> (&'f Function, Vec<Value>) {
        let function = functions[self.below(functions.len())];
        let kinds = function.parameters.iter().copied();
        let more = if function.variadic.is_some() {
            self.below(4)
        } else {
            0
        };
        let kinds: Vec<Type> = kinds
            .chain(std::iter::repeat_n(function.variadic.unwrap_or(Type::Any), more))
            .collect();
        let arguments = kinds
            .into_iter()
            .enumerate()
            .map(|(index, kind)| self.argument(function.name, index, kind));
        (function, arguments.collect())
    }

    fn argument(&mut self, name: &str, index: usize, kind: Type) -> Value {
        match kind {
            Type::Bool => (self.below(2) == 0).into(),
            Type::Int if self.below(8) == 0 => Value::Int(self.below(60).cast_signed() as i64 - 20),
            Type::Int => Value::Int(self.below(9).cast_signed() as i64 - 2),
            Type::Float64 => self.float().into(),
            Type::String => Value::String(self.text(name, index)),
            Type::Map => self.map(3).into(),
            Type::List => self.list(3),
            Type::Time => self.time(),
            _ if matches!(
                name,
                "first"
                    | "last"
                    | "rest"
                    | "initial"
                    | "reverse"
                    | "uniq"
                    | "append"
                    | "sortAlpha"
                    | "join"
                    | "has"
                    | "slice"
                    | "concat"
                    | "without"
                    | "compact"
                    | "chunk"
                    | "prepend"
            ) && self.below(4) > 0 =>
            {
                self.list(2)
            }
            _ if matches!(name, "duration" | "durationRound") => match self.below(3) {
                0 => Value::Int64((self.next() >> 12).cast_signed()),
                1 => Value::Int64(self.below(100_000).cast_signed() as i64),
                _ => Value::String(self.text(name, index)),
            },
            _ => self.any(2),
        }
    }

    fn time(&mut self) -> Value {
        let seconds = self.below(4_000_000_000).cast_signed() as i64 - 1_000_000_000;
        let moment = jiff::Timestamp::from_second(seconds).expect("in range");
        Value::Time(std::rc::Rc::new(moment.to_zoned(jiff::tz::TimeZone::UTC)))
    }

    fn float(&mut self) -> f64 {
        match self.below(8) {
            0 => 0.0,
            1 => 1e21,
            2 => -2.5,
            3 => 1_234_567.0,
            4 => 1e-7,
            5 => f64::from(u32::try_from(self.below(1000)).unwrap_or(0)) / 8.0,
            6 => f64::from(u32::try_from(self.below(100_000)).unwrap_or(0)) / 100.0,
            _ => f64::from(u32::try_from(self.below(10)).unwrap_or(0)),
        }
    }

    fn text(&mut self, name: &str, index: usize) -> Str {
        let special: &[&str] = match (name, index) {
            _ if self.once_in(10) => &[],
            (name, 0) if name.to_ascii_lowercase().contains("regex") => PATTERNS,
            ("semverCompare", 0) => CONSTRAINTS,
            ("semverCompare" | "semver", _) => VERSIONS,
            (
                "dateModify" | "date_modify" | "mustDateModify" | "must_date_modify" | "duration"
                | "durationRound",
                _,
            ) => SPANS,
            ("toDate" | "mustToDate", 0) => LAYOUTS,
            ("toDate" | "mustToDate", _) => TIMES,
            ("urlParse", _) => ADDRESSES,
            _ => &[],
        };
        if !special.is_empty() {
            return self.pick(special).into();
        }
        match self.below(12) {
            0 => self.pick(BYTES).into(),
            1 | 2 => {
                let length = self.below(12);
                let alphabet: Vec<char> = "abAB01 ._-/=+%ä\n\"'".chars().collect();
                (0..length)
                    .map(|_| alphabet[self.below(alphabet.len())])
                    .collect::<String>()
                    .into()
            }
            _ => self.pick(WORDS).into(),
        }
    }

    fn list(&mut self, depth: usize) -> Value {
        let length = self.below(5);
        if self.below(4) == 0 {
            return (0..length).map(|_| self.text("", 0)).collect::<Vec<Str>>().into();
        }
        (0..length).map(|_| self.any(depth)).collect::<Vec<_>>().into()
    }

    fn map(&mut self, depth: usize) -> Map {
        let keys = ["a", "b", "c", "host", "scheme", "path"];
        let length = self.below(4);
        (0..length).map(|_| (self.pick(&keys), self.any(depth))).collect()
    }

    fn any(&mut self, depth: usize) -> Value {
        match self.below(if depth == 0 { 8 } else { 11 }) {
            0 => Value::Nil,
            1 => (self.below(2) == 0).into(),
            2 => Value::Int(self.below(7).cast_signed() as i64 - 2),
            3 => Value::Int64(self.below(2000).cast_signed() as i64 - 100),
            4 => self.float().into(),
            5..8 => Value::String(self.text("", 0)),
            8 => self.map(depth - 1).into(),
            _ => self.list(depth - 1),
        }
    }
}

/// The call as the oracle reads it.
pub(crate) fn written(function: &Function, arguments: &[Value]) -> String {
    let arguments: Vec<String> = arguments.iter().map(wire::written).collect();
    format!(
        "{{\"fn\":\"{}\",\"args\":[{}]}}",
        function.name,
        arguments.join(",")
    )
}
