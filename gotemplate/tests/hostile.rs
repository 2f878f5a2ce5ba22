//! Templates that try to hang, to crash or to fill the memory end with an error.

use gotemplate::{Environment, Functions, Limits, System, Templates, Value, sprig};

fn run(text: &str) -> Result<String, String> {
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
        .execute("t", Value::Nil);
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
fn values_in_a_cycle_are_printed_without_end_of_the_stack() {
    let output = run(r#"{{ $d := dict }}{{ $_ := set $d "me" $d }}{{ $d }}"#).unwrap();
    assert!(output.starts_with("map[me:map[me:"));
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
