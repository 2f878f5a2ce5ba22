//! Corners of the language, with what Go makes of them.

use gotemplate::{Functions, Map, Templates, Value, sprig};

/// The output, or the error.
fn run(text: &str) -> String {
    let mut templates = Templates::new("t", Functions::new(sprig::FUNCTIONS));
    let data = Map::from([("empty", Vec::<Value>::new())]);
    let output = templates
        .parse("t", text)
        .and_then(|()| templates.execute("t", data));
    output.map_or_else(|error| error.to_string(), |output| output.to_string())
}

#[test]
fn a_break_in_the_else_of_a_loop_ends_that_loop_alone() {
    assert_eq!(
        run("{{ range until 3 }}{{ range $.empty }}{{ else }}a{{ break }}b{{ end }}{{ . }}{{ end }}"),
        "a0a1a2"
    );
    assert_eq!(
        run("{{ range until 3 }}{{ range $.empty }}{{ else }}a{{ continue }}b{{ end }}{{ . }}{{ end }}"),
        "aaa"
    );
}

#[test]
fn an_error_in_a_block_speaks_of_the_line_that_go_names() {
    assert_eq!(
        run("{{ block \"b\" . }}\n{{ else }}{{ end }}"),
        "template: t:1: unexpected {{else}} in block clause"
    );
    assert_eq!(run("{{\nblock \"b\" . }}{{/*"), "template: t:2: unclosed comment");
}

#[test]
fn what_cannot_be_called_is_named() {
    let refused = |at: &str, name: &str| {
        format!("template: t:1:{at}: error calling call: non-function {name} of type string")
    };
    assert_eq!(
        run("{{ call \"x\" }}"),
        refused("3: executing \"t\" at <call \"x\">", "\"x\"")
    );
    assert_eq!(
        run("{{ \"x\" | call }}"),
        refused("9: executing \"t\" at <call>", "x")
    );
}
