//! Chance, the clock and who watches a render.

use super::*;

#[test]
fn a_pin_gives_the_same_chance_and_time_again() {
    let files = [(
        "templates/a.yaml",
        r#"{apiVersion: v1, kind: ConfigMap, metadata: {name: a}, data: {word: "{{ randAlphaNum 20 }}", "time": "{{ now }}",
            key: {{ genPrivateKey "ed25519" | quote }}}}"#,
    )];
    let pinned = |text: &str| {
        let with = Render {
            pin: Some(Pin::of_text(text, jiff::Timestamp::UNIX_EPOCH)),
            ..with(Value::Null)
        };
        render(&chart(&files), &with).unwrap()
    };
    assert_eq!(pinned("one"), pinned("one"));
    assert_ne!(pinned("one"), pinned("two"));
    assert_ne!(rendered(&files).unwrap(), rendered(&files).unwrap());
    let data = pinned("one").objects[0].value()["data"].clone();
    assert!(
        data["time"].as_str().unwrap().starts_with("1970-01-01 00:00:00"),
        "{data}"
    );
}

#[test]
fn functions_that_may_give_something_else_next_time_are_named() {
    let object =
        |data: &str| format!("{{apiVersion: v1, kind: ConfigMap, metadata: {{name: a}}, data: {{{data}}}}}");
    let volatile = |data: &str| rendered(&[("templates/a.yaml", &object(data))]).unwrap().volatile;
    assert!(volatile("a: {{ .Values.message | upper }}").is_empty());
    assert_eq!(
        volatile("a: {{ randNumeric 4 | quote }}, b: {{ lookup `v1` `Secret` `` `` | toJson | quote }}"),
        ["lookup", "randNumeric"]
    );
}

#[test]
fn a_watch_hears_of_each_part_in_turn() {
    let heard = Arc::new(std::sync::Mutex::new(Vec::new()));
    let ears = Arc::clone(&heard);
    let with = Render {
        watch: Watch::new(move |phase| ears.lock().unwrap().push(phase)),
        ..with(Value::Null)
    };
    manifests(&chart(&[("templates/a.yaml", &object("Secret", "a"))]), &with).unwrap();
    assert_eq!(
        *heard.lock().unwrap(),
        [Phase::Values, Phase::Parse, Phase::Execute]
    );
}
