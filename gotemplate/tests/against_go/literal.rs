//! Constants as templates write them, well and badly.

use super::expression::Kind;
use super::forms;
use super::generator::Generator;

const INTS: &[&str] = &[
    "0",
    "1",
    "2",
    "3",
    "-1",
    "+4",
    "10",
    "65",
    "1_000",
    "0x1F",
    "0XaB",
    "0b101",
    "0o17",
    "017",
    "-0x10",
    "'a'",
    "'\\n'",
    "'\\x41'",
    "'\\''",
    "'ä'",
    "'\\u00e9'",
    "'\\101'",
    "1e3",
    "2.0",
    "1e0",
    "0x_1",
    "0b1_0",
    "9223372036854775807",
    "-9223372036854775808",
];
const ODD_NUMBERS: &[&str] = &[
    "9223372036854775808",
    "18446744073709551615",
    "18446744073709551616",
    "08",
    "0x",
    "1__0",
    "_1",
    "1_",
    "0b2",
    "0o8",
    "'ab'",
    "''",
    "'",
    "1i",
    "2+3i",
    "1+2",
    "1e400",
    "0x1p4",
    "0x1.8p1",
    "0x1e",
    "1e",
    ".5",
    "5.",
    "-.5",
    "--1",
    "+-1",
    "1.2.3",
    "3x",
    "0_7",
    "'\\q'",
    "'\\400'",
    "'\\U00110000'",
    "1e-400",
    "-0",
    "1E2",
    "0xfffffffffffffffff",
    "1_0.2_5",
    "0x.8",
    "'\\000'",
    "1.e1",
    "-'a'",
    "100000000000000000000",
    "0b",
    "1e1_0",
    "-0.0",
    "0i",
    "1.5i",
    "'\\\"'",
];
const FLOATS: &[&str] = &[
    "1.5",
    "-2.25",
    "0.1",
    "1e6",
    "1e21",
    "1E-7",
    "3.0",
    "0.0",
    "1_0.5",
    "0x1p-2",
    "123456789.125",
    "-1e3",
    ".5",
    "5.",
];
const STRINGS: &[&str] = &[
    r#""""#,
    r#""a""#,
    r#""key""#,
    r#""s""#,
    r#""two words""#,
    r#""a,b""#,
    r#""12""#,
    r#""-1.5""#,
    r#""\n""#,
    r#""\t\"\\""#,
    r#""\x41\u00e9\101""#,
    r#""%d""#,
    r#""{{""#,
    r#""}}""#,
    "``",
    "`raw`",
    "`a\\n\"b\"`",
    "`line\nline`",
    r#""ä日""#,
    r#""\U0001F600""#,
    r#""1.2.3""#,
    r#""<a&'>""#,
    r#""x-y""#,
    r#""\xff""#,
];
const ODD_STRINGS: &[&str] = &[
    r#""\q""#,
    r#""\'""#,
    r#""\400""#,
    r#""\ud800""#,
    r#""\x4""#,
    r#""\u12""#,
    "\"a\nb\"",
    "\"open",
    "`open",
    r#""a"b"#,
    r#""a""b""#,
];

impl Generator {
    pub(crate) fn small(&mut self) -> String {
        let numbers = [
            "0", "1", "1", "2", "2", "3", "4", "7", "-1", "0x2", "'\\x03'", "1e0",
        ];
        self.random.pick(&numbers).to_owned()
    }

    pub(crate) fn constant(&mut self) -> String {
        let kind = [Kind::Bool, Kind::Int, Kind::Float, Kind::Text, Kind::Text][self.random.below(5)];
        self.literal(kind)
    }

    pub(crate) fn literal(&mut self, kind: Kind) -> String {
        match kind {
            Kind::Bool => self.random.pick(&["true", "false"]).to_owned(),
            Kind::Int if self.random.once_in(150) => self.random.pick(ODD_NUMBERS).to_owned(),
            Kind::Int => self.random.pick(INTS).to_owned(),
            Kind::Float => self.random.pick(FLOATS).to_owned(),
            Kind::Text if self.random.once_in(250) => self.random.pick(ODD_STRINGS).to_owned(),
            Kind::Text => self.random.pick(STRINGS).to_owned(),
            Kind::List => {
                let literals = [
                    "(list)",
                    "(list 1 2 3)",
                    "(list \"a\" \"b\")",
                    "(list nil)",
                    "(list 1 \"a\" 2.5)",
                ];
                self.random.pick(&literals).to_owned()
            }
            Kind::Map => {
                let literals = [
                    "(dict)",
                    "(dict \"a\" 1)",
                    "(dict \"a\" (dict \"b\" \"c\"))",
                    "(dict \"s\" \"x\" \"n\" 2 \"l\" (list 1))",
                ];
                self.random.pick(&literals).to_owned()
            }
            Kind::Any => self.constant(),
        }
    }

    /// A format with a few verbs, quoted.
    pub(crate) fn format(&mut self) -> String {
        let mut format = String::new();
        for _ in 0..=self.random.below(3) {
            format += self.random.pick(&["", "", "x", " ", "%", "a=", "é"]);
            format += "%";
            format += self.random.pick(forms::VERBS);
        }
        format!("\"{format}\"")
    }
}
