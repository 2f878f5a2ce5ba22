use super::super::parser::Parser;
use super::*;

/// What a sink hears, and whether it listens to all texts.
#[derive(Default, PartialEq, Eq, Debug)]
struct Heard(Vec<String>, bool);

impl<'a> Sink<'a> for Heard {
    fn scalar(&mut self, node: Node<'a>, scalar: Scalar<'a>) -> std::result::Result<(), Problem> {
        if self.1 && !scalar.plain {
            self.0.push(format!("{} ...", node.line));
        } else {
            self.0.push(format!("{} {scalar:?}", node.line));
        }
        Ok(())
    }

    fn alias(&mut self, name: &'a [u8], line: usize) -> std::result::Result<(), Problem> {
        self.0.push(format!("{line} *{name:?}"));
        Ok(())
    }

    fn start_sequence(&mut self, node: Node<'a>) -> std::result::Result<(), Problem> {
        self.0.push(format!("[ {:?}", node.tag));
        Ok(())
    }

    fn end_sequence(&mut self) -> std::result::Result<(), Problem> {
        self.0.push("]".to_owned());
        Ok(())
    }

    fn start_mapping(&mut self, node: Node<'a>) -> std::result::Result<(), Problem> {
        self.0.push(format!("{{ {:?}", node.tag));
        Ok(())
    }

    fn end_mapping(&mut self) -> std::result::Result<(), Problem> {
        self.0.push("}".to_owned());
        Ok(())
    }

    fn passes_over(&self) -> bool {
        self.1
    }
}

/// Whether the text can be read by lines; if so, the parser must hear the same.
fn is_plain(text: &str) -> bool {
    let (whole, passing) = (is_plain_to(text, false), is_plain_to(text, true));
    assert_eq!(whole, passing, "{text}");
    whole
}

fn is_plain_to(text: &str, passes_over: bool) -> bool {
    let heard = || Heard(Vec::new(), passes_over);
    let mut lines = heard();
    if Lines::new(text.as_bytes()).document(&mut lines).is_err() {
        return false;
    }
    let mut parsed = heard();
    let mut parser = Parser::new(Scanner::new(text.as_bytes(), None));
    match parser.document(&mut parsed) {
        Ok(_) => assert_eq!(lines, parsed, "{text}"),
        Err(problem) => panic!("{problem}: {text}"),
    }
    true
}

const PLAIN: &[&str] = &[
    "",
    "# nothing\n",
    "a: b\n",
    "---\na: b # c\n",
    "a:\n  b: 1\n  c:\nd:\n- x\n- y: z\n  w: v\n-\n- - 1\n  - 2\ne: f",
    "a: one\n  two\n\n  three # end\nb: 'x''y'\nc: \"\\n\\\n  z\"\n\"d e\": f",
    "a: |\n  x\n   y\n\n  z\nb: >-\n\n  q\n  r\nc:\n- |2\n    k\n- |+\n  l\n\n",
    "a: [b, \"c\", {d: e, \"f\":g}, []]\nh: {}\ni: [\n  j,\n]\n",
    "  a: b\n  c: d\n",
    "- a\n- 'b'\n- \"c\"\n-   d: e\n    f: g\n- [h]\n",
    "a: b:c\nd: http://e#f\ng: -1\nh: ?i\n",
    "a:\n  - b\n\n  # c\n  - d\ne: f\n",
    "a:\r\n  b: c\r\nd: e\r\n",
    "a: \u{e4}\u{2028}b: c\n",
];

#[test]
fn the_parser_hears_the_same() {
    for text in PLAIN {
        assert!(is_plain(text), "{text}");
    }
}

#[test]
fn everything_else_is_left_to_the_parser() {
    for text in [
        "a: &x b\n",
        "a: *x\n",
        "a: !!str b\n",
        "a b: c\n",
        "? a\n: b\n",
        "a: b\n---\nc: d\n",
        "a: b: c\n",
        "a: b\n c: d\n",
        "a: 'b' c\n",
        "a:\n  b\n",
        "a:\tb\n",
        "%YAML 1.1\n---\na: b\n",
        "text",
        "a: [b",
        "a: [b: c]\n",
        "- a\nb: c\n",
        "a: b\n- c\n",
    ] {
        assert!(!is_plain(text), "{text}");
    }
}

#[test]
fn no_change_of_a_plain_text_is_read_otherwise_than_the_parser_reads_it() {
    const PIECES: [&str; 22] = [
        "", " ", "  ", "\n", "\n  ", "\t", "-", "- ", ": ", ":", "#", " #", "'", "\"", "[", "]", "{", "}",
        ",", "|\n", "&", "---\n",
    ];
    let mut plain = 0;
    for text in PLAIN {
        for at in (0..=text.len()).filter(|at| text.is_char_boundary(*at)) {
            for cut in (at..=text.len())
                .filter(|cut| text.is_char_boundary(*cut))
                .take(3)
            {
                for piece in PIECES {
                    plain += usize::from(is_plain(&[&text[..at], piece, &text[cut..]].concat()));
                }
            }
        }
    }
    assert!(plain > 1000, "{plain}");
}
