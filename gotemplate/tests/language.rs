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

#[test]
fn times_and_spans_have_their_methods() {
    let start = r#"{{ $t := toDate "2006-01-02 15:04:05" "2024-10-31 13:14:15" }}"#;
    for (expression, expected) in [
        ("$t.Year", "2024"),
        ("$t.Month", "October"),
        (r#"printf "%d" $t.Month"#, "10"),
        ("$t.Weekday", "Thursday"),
        (r#"$t.Format "02 Jan 06""#, "31 Oct 24"),
        ("$t.Unix", "1730380455"),
        ("$t.AddDate 0 1 0", "2024-12-01 13:14:15 +0000 UTC"),
        ("$t.Add 5400000000000", "2024-10-31 14:44:15 +0000 UTC"),
        ("$t.Truncate 3600000000000", "2024-10-31 13:00:00 +0000 UTC"),
        ("$t.Sub ($t.AddDate 0 0 1)", "-24h0m0s"),
        ("($t.Sub ($t.AddDate 0 0 1)).Hours", "-24"),
        ("$t.Before ($t.Add 1)", "true"),
    ] {
        assert_eq!(
            run(&format!("{start}{{{{ {expression} }}}}")),
            expected,
            "{expression}"
        );
    }
}

#[test]
fn a_space_stands_for_the_sign_of_a_number_and_not_of_its_exponent() {
    assert_eq!(
        run(r#"{{ printf "% e|% e" 1e6 -1e6 }}"#),
        " 1.000000e+06|-1.000000e+06"
    );
    assert_eq!(
        run(r#"{{ printf "% X|% X" 2.25 -2.25 }}"#),
        " 0X1.2P+01|-0X1.2P+01"
    );
}

#[test]
fn an_item_behind_a_pointer_is_named_by_its_type() {
    let refused = |function: &str, what: &str| {
        format!(
            "template: t:1:3: executing \"t\" at <{function}>: error calling {what} of type semver.Version"
        )
    };
    assert_eq!(
        run("{{ index (semver \"2\") 1 }}"),
        refused("index (semver \"2\") 1", "index: can't index item")
    );
    assert_eq!(
        run("{{ len (semver \"2\") }}"),
        refused("len (semver \"2\")", "len: len")
    );
}

#[test]
fn a_named_integer_is_a_width_too() {
    assert_eq!(
        run(r#"{{ printf "%*d|" (toDate "2006-01-02" "2020-03-01").Month 7 }}"#),
        "  7|"
    );
}

#[test]
fn plain_numbers_are_printed_to_their_last_digit() {
    for (value, shown) in [
        (Value::Int(i64::MIN), "-9223372036854775808"),
        (Value::Int64(0), "0"),
        (Value::Int32(-10), "-10"),
        (Value::Uint64(u64::MAX), "18446744073709551615"),
        (Value::Bytes([0, 9, 10, 255].into()), "[0 9 10 255]"),
    ] {
        assert_eq!(gotemplate::format::display(&value).to_text(), shown);
    }
    assert_eq!(
        run(r#"{{ printf "%d|%3d|%-3d|%+d|% d|%03d|%.3d" 7 7 7 7 7 7 7 }}"#),
        "7|  7|7  |+7| 7|007|007"
    );
}
