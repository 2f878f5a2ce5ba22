//! Templates that would take all time, memory or stack.

use super::*;

/// All ways to make a text of a value.
const ENDS: [&str; 7] = [
    "",
    "| to_json ",
    "| to_yaml ",
    "| quote ",
    "| string ",
    "| sha256 ",
    "| b64encode ",
];

#[test]
fn hostile_templates_end_in_an_error() {
    let loops = "{% for a in range(9999) %}{% for b in range(9999) %}x{% endfor %}{% endfor %}";
    assert!(failure(loops).contains("more work than a chart may"));
    assert!(failure("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}").contains("recursion limit"));
    assert!(failure("{% set a = 'x' * 999999999 %}").contains("a.yaml.j2:5"));
    let recursive = [("templates/_a.j2", "{% include '_a.j2' %}")];
    assert!(data("{% include '_a.j2' %}", &recursive, Value::Null).is_err());
    let many = "{% for a in range(5000) %}{{ 'x' * 5000 }}{% endfor %}";
    assert!(matches!(
        rendered(&[("templates/a.yaml.j2", many)]).unwrap_err(),
        RenderError::Helm { .. } | RenderError::Template { .. }
    ));
}

/// What a template with the given text ends in.
fn end_of(template: &str) -> String {
    rendered(&[("templates/a.yaml.j2", template)])
        .unwrap_err()
        .to_string()
}

#[test]
fn deep_values_end_in_an_error_and_leave_the_stack_whole() {
    let deep = "{% set ns = namespace(x=[]) %}{% for a in range(9) %}{% for i in range(999) %}{% set ns.x = [ns.x] %}{% endfor %}{% endfor %}";
    for end in ENDS {
        let error = end_of(&format!("{deep}{{{{ ns.x {end}}}}}"));
        assert!(
            error.contains("a value is nested more than 64 deep"),
            "{end}: {error}"
        );
    }
}

#[test]
fn what_other_templates_do_to_the_values_is_not_seen() {
    let cycle = "{{ $_ := set .Values \"me\" (dict \"all\" .Values) }}";
    let wide = "{{ $x := list 1 }}{{ range until 60 }}{{ $x = list $x $x }}{{ end }}{{ $_ := set .Values \"wide\" $x }}";
    let seen = "{{ values | list | join(' ') }}";
    for hostile in [cycle, wide] {
        let seen = data(seen, &[("templates/0.yaml", hostile)], Value::Null).unwrap();
        assert_eq!(seen, "many message", "{hostile}");
    }
}

#[test]
fn values_that_share_their_parts_are_counted_part_by_part() {
    let wide =
        "{% set ns = namespace(x=[1]) %}{% for i in range(60) %}{% set ns.x = [ns.x, ns.x] %}{% endfor %}";
    for end in ENDS {
        let error = end_of(&format!("{wide}{{{{ ns.x {end}}}}}"));
        assert!(error.contains("more work than a chart may"), "{end}: {error}");
    }
}

#[test]
fn long_chains_do_not_exhaust_the_stack() {
    for chain in [
        format!("1{}", "+1".repeat(8000)),
        format!("{}1", "-".repeat(16_000)),
    ] {
        let template = format!("{{{{ {chain} }}}}");
        let error = rendered(&[("templates/a.yaml.j2", &template)]).unwrap_err();
        assert!(
            matches!(error, RenderError::Object { .. } | RenderError::Helm { .. }),
            "{error}"
        );
    }
    let error = end_of(&format!("{{{{ 1{} }}}}", "+1".repeat(9000)));
    assert!(error.contains("a tag may have at most 16 KiB"), "{error}");
    let error = end_of(&"x".repeat((1 << 20) + 1));
    assert!(error.contains("a template may have at most 1024 KiB"), "{error}");
}

#[test]
fn the_work_of_all_templates_is_counted_together() {
    let busy = format!(
        "{{% for a in range(999) %}}{{% for b in range(30) %}}{{{{ '' }}}}{{% endfor %}}{{% endfor %}}\n{}",
        object("Secret", "{{ self_name }}")
    );
    let files: Vec<(String, String)> = (0..4)
        .map(|n| {
            (
                format!("templates/{n}.yaml.j2"),
                busy.replace("{{ self_name }}", &format!("s{n}")),
            )
        })
        .collect();
    let borrowed: Vec<(&str, &str)> = files
        .iter()
        .map(|(path, text)| (path.as_str(), text.as_str()))
        .collect();
    assert!(rendered(&borrowed[..1]).is_ok());
    assert!(
        rendered(&borrowed)
            .unwrap_err()
            .to_string()
            .contains("more work than a chart may")
    );
}
