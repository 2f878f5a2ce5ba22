//! Templates that try to hang, to crash or to fill the memory end with an error.

use std::rc::Rc;

use gotemplate::{Environment, Functions, Limits, List, Map, Object, System, Templates, Value, sprig};

fn run(text: &str) -> Result<String, String> {
    run_on(Value::Nil, text)
}

fn run_on(data: Value, text: &str) -> Result<String, String> {
    let mut templates = Templates::new("t", Functions::new(sprig::FUNCTIONS));
    templates.parse("t", text).map_err(|error| error.to_string())?;
    let limits = Limits {
        fuel: 2_000_000,
        output: 1 << 20,
        memory: 16 << 20,
        depth: 5_000,
    };
    let mut environment: Box<dyn Environment> = Box::new(System);
    let mut host = ();
    let result = templates
        .context(limits, &mut host, &mut *environment)
        .execute("t", data);
    result
        .map(|output| output.to_string())
        .map_err(|error| error.to_string())
}

fn refused(text: &str, reason: &str) {
    let error = run(text).expect_err("the template is hostile");
    assert!(error.contains(reason), "{error}");
}

#[test]
fn endless_loops_run_out_of_fuel() {
    refused("{{ range 9000000000000000000 }}{{ end }}", "fuel");
}

#[test]
fn endless_recursion_ends_at_the_depth_limit() {
    refused(
        r#"{{ define "a" }}{{ template "a" . }}{{ end }}{{ template "a" . }}"#,
        "exceeded maximum template depth (5000)",
    );
}

#[test]
fn output_is_bounded() {
    refused(
        "{{ range 1000000 }}a line that is far too often written {{ end }}",
        "output",
    );
}

#[test]
fn values_that_blow_up_when_printed_are_bounded() {
    let mut text = String::from("{{ $x := list 1 }}");
    text.push_str(&"{{ $x = list $x $x $x }}".repeat(40));
    refused(&format!("{text}{{{{ print $x }}}}"), "output");
    refused(&format!("{text}{{{{ $x }}}}"), "output");
}

#[test]
fn values_in_a_cycle_are_cut() {
    let output = run(r#"{{ $d := dict }}{{ $_ := set $d "me" $d }}{{ $d }}"#).unwrap();
    assert!(output.starts_with("map[me:map[me:") && output.contains("..."));
    assert!(output.len() < 100_000);
}

/// A list of the host's that holds what nobody else does.
struct Witness {
    items: List,
    _held: Rc<()>,
}

impl Object for Witness {
    fn type_name(&self) -> &'static str {
        "Witness"
    }

    fn as_list(&self) -> Option<List> {
        Some(self.items.clone())
    }
}

#[test]
fn values_in_a_cycle_are_freed() {
    for text in [
        r#"{{ $d := dict "seen" .witness }}{{ $_ := set $d "me" $d }}"#,
        r#"{{ $d := dict "seen" .witness }}{{ $_ := set $d "a" (list 1 (list $d $d) $d) }}{{ $_ := set $d "b" $d }}"#,
        r#"{{ $d := dict "seen" .witness }}{{ $l := list $d }}{{ $_ := set $d "a" $l }}{{ $_ := set $d "b" $l }}"#,
        r#"{{ $d := dict "seen" .witness }}{{ $_ := merge $d (dict "a" (dict "b" $d)) }}"#,
        r#"{{ $d := dict "seen" .witness }}{{ $_ := mergeOverwrite $d (dict "seen" 1 "a" (list $d .witness)) }}"#,
        r#"{{ $a := dict }}{{ $b := dict "a" $a "seen" .witness }}{{ $_ := set $a "b" $b }}{{ $_ := set $a "c" $b }}"#,
        r#"{{ $_ := set . "me" . }}{{ $_ := set .inner "above" . }}"#,
        r#"{{ $_ := set . "me" . }}{{ fail }}"#,
    ] {
        let count = Rc::new(());
        let kept = Map::from([("kept", 1)]);
        let witness = Witness {
            items: vec![kept.clone().into()].into(),
            _held: Rc::clone(&count),
        };
        let data = Map::from([
            ("witness", Value::object(witness)),
            ("inner", kept.clone().into()),
        ]);
        let _ = run_on(data.into(), text);
        assert_eq!(Rc::strong_count(&count), 1, "{text}");
        assert!(kept.contains_key("kept"), "{text}");
    }
}

#[test]
fn only_what_a_template_put_into_a_cycle_is_taken_out() {
    let data = Map::from([("inner", Map::from([("x", 1)]))]);
    let text = r#"{{ $_ := set .inner "above" . }}{{ $_ := set . "new" (dict "y" 2) }}"#;
    run_on(data.clone().into(), text).unwrap();
    assert_eq!(
        format!("{data:?}"),
        r#"{"inner": Map({"x": Int(1)}), "new": Map({"y": Int(2)})}"#
    );
}

#[test]
fn very_deep_values_are_built_and_dropped() {
    assert_eq!(
        run("{{ $x := list }}{{ range 100000 }}{{ $x = list $x }}{{ end }}done").unwrap(),
        "done"
    );
}

#[test]
fn nesting_in_the_text_is_bounded() {
    refused(
        &format!("{{{{ {} }}}}", "(".repeat(100_000)),
        "max expression depth exceeded",
    );
    refused(&"{{ if 1 }}".repeat(100_000), "nested too deep");
    let chain = format!(
        "{{{{ if false }}}}{}x{{{{ end }}}}",
        "{{ else if false }}".repeat(20_000)
    );
    assert_eq!(run(&chain).unwrap(), "");
}

#[test]
fn wide_formats_are_refused_as_in_go() {
    assert_eq!(
        run(r#"{{ printf "%999999999d" 1 }}"#).unwrap(),
        "%!(NOVERB)%!(EXTRA int=1)"
    );
}

#[test]
fn patterns_that_take_long_to_compile_run_out_of_fuel() {
    // Too large for an automaton, which takes a while to find out, and each is another.
    refused(
        r#"{{ range 100000 }}{{ regexMatch (printf `\pL{1000}a{%d}` .) "x" }}{{ end }}"#,
        "fuel",
    );
    refused(
        r#"{{ range 100000 }}{{ regexMatch (printf `[%s` (repeat 100 `\pL`)) "x" }}{{ end }}"#,
        "fuel",
    );
    refused(r#"{{ regexFind (repeat 3000 `\pL`) "x" }}"#, "too large");
    assert_eq!(
        run(r#"{{ regexMatch "^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$" "x" }}"#).unwrap(),
        "true"
    );
}

#[test]
fn long_expressions_and_arguments_cost_fuel() {
    let ones = " 1".repeat(10_000);
    refused(
        &format!("{{{{ range 1000 }}}}{{{{ $_ := add{ones} }}}}{{{{ end }}}}"),
        "fuel",
    );
    refused(
        &format!("{{{{ range 1000 }}}}{{{{ $_ := and{ones} }}}}{{{{ end }}}}"),
        "fuel",
    );
    let me = ".me".repeat(10_000);
    refused(
        &format!(
            r#"{{{{ $d := dict }}}}{{{{ $_ := set $d "me" $d }}}}{{{{ range 1000 }}}}{{{{ $_ := $d{me} }}}}{{{{ end }}}}"#
        ),
        "fuel",
    );
    refused(
        r#"{{ $b := repeat 6000000 "x" }}{{ range 100000 }}{{ $_ := hasPrefix $b $b }}{{ end }}"#,
        "fuel",
    );
    refused(
        &format!(
            "{{{{ $x := 5e-324 }}}}{{{{ divf 1.0{} }}}}",
            " $x".repeat(100_000)
        ),
        "fuel",
    );
}

#[test]
fn copies_of_long_texts_cost_memory_before_they_are_all_made() {
    let long = r#"{{ $b := repeat 6000000 "x" }}"#;
    refused(
        &format!(
            r#"{long}{{{{ $l := list }}}}{{{{ range 1000 }}}}{{{{ $l = append $l (trimSuffix "x" $b) }}}}{{{{ end }}}}"#
        ),
        "memory",
    );
    let many = " $b".repeat(1000);
    for text in [
        format!("cat{many}"),
        format!("quote{many}"),
        format!(r#"join "" (list{many})"#),
        format!("sortAlpha (list{many})"),
        "seq 1000000000000000000 1000000000060000000".to_owned(),
    ] {
        let error = run(&format!("{long}{{{{ $_ := {text} }}}}")).expect_err("hostile");
        assert!(
            error.contains("memory") || error.contains("fuel"),
            "{text:.20}: {error}"
        );
    }
}

#[test]
fn variables_of_recursive_templates_cost_memory() {
    let variables = "{{ $a := 1 }}".repeat(3_000);
    refused(
        &format!(
            r#"{{{{ define "r" }}}}{{{{ template "r" . }}}}{variables}{{{{ end }}}}{{{{ template "r" . }}}}"#
        ),
        "memory",
    );
    refused(&"{{ $a := 1 }}".repeat(100_000), "too many variables");
}

#[test]
fn precisions_of_any_size_are_printed() {
    for verb in ["U", "d", "x", "f", "e", "g", "s", "q", "v"] {
        let output = run(&format!("{{{{ len (printf \"%.70000{verb}\" 65) }}}}"));
        assert!(output.is_ok(), "{verb}: {output:?}");
        run(&format!("{{{{ len (printf \"%70000.70000{verb}\" 6.5) }}}}")).unwrap();
    }
    assert_eq!(run(r#"{{ printf "%.6U" 65 }}"#).unwrap(), "U+000041");
}

#[test]
fn searches_that_go_over_the_text_again_and_again_run_out_of_fuel() {
    for function in ["regexReplaceAllLiteral", "regexReplaceAll"] {
        refused(
            &format!(r#"{{{{ {function} ".*[^A-Z]|[A-Z]" (repeat 900000 "A") "" }}}}"#),
            "fuel",
        );
    }
    refused(
        r#"{{ regexFindAll ".*[^A-Z]|[A-Z]" (repeat 900000 "A") -1 }}"#,
        "fuel",
    );
    refused(
        r#"{{ regexReplaceAll (repeat 10000 "(a)") (repeat 10000 "a") "x" }}"#,
        "too large",
    );
    assert_eq!(
        run(r#"{{ trimAll (printf "%sz" (repeat 600000 "a")) (repeat 600000 "z") }}"#).unwrap(),
        ""
    );
    let lines = r#"{{ len (regexReplaceAll "a\n" (repeat 2000 "aaaaa\n") "b") }}"#;
    assert_eq!(run(lines).unwrap(), "10000");
}
