//! Promise: crictl's everyday commands, by `bowline crictl`, with crictl's flags and output.

use anyhow::{Context, Result};
use bowline_tests::node::Node;
use serde_json::Value;

use crate::Outcome;
use crate::shared::{BUSYBOX, Namespace};

pub(crate) fn everyday_commands_of_crictl_work() -> Outcome {
    let space = Namespace::create("crictl-test")?;
    space.run_pod("one", "echo first; echo second; exec sleep 3600")?;
    let node = &*space.node;
    let crictl = |arguments: &[&str]| crictl(node, arguments);

    let pod = crictl(&["pods", "--name", "one", "--namespace", space.name, "-q"])?;
    let container = crictl(&["ps", "--pod", pod.trim(), "-q"])?;
    let (pod, container) = (pod.trim(), container.trim());
    let table = crictl(&["ps"])?;
    assert!(table.starts_with("CONTAINER"), "{table}");
    assert!(
        table.contains(&container[..13]) && table.contains("Running"),
        "{table}"
    );
    let table = crictl(&["pods"])?;
    assert!(
        table.starts_with("POD ID") && table.contains(&pod[..13]),
        "{table}"
    );

    let inspected = json(&crictl(&["inspect", container])?)?;
    assert_eq!(inspected["status"]["state"], "CONTAINER_RUNNING");
    assert_eq!(inspected["status"]["metadata"]["name"], "main");
    assert!(
        inspected["info"]["pid"].as_u64().is_some_and(|pid| pid > 1),
        "{inspected}"
    );
    let inspected = json(&crictl(&["inspectp", pod])?)?;
    assert_eq!(inspected["status"]["metadata"]["namespace"], space.name);

    assert_eq!(crictl(&["logs", container])?, "first\nsecond\n");
    assert_eq!(crictl(&["logs", "--tail", "1", container])?, "second\n");
    assert_eq!(crictl(&["exec", container, "hostname"])?, "one\n");
    for form in ["exec", "exec --sync"] {
        let command = format!("/usr/local/bin/bowline crictl {form} {container} sh -c 'exit 7'");
        let code = node.machine.shell(&format!("{command} 2>/dev/null || echo $?"))?;
        assert_eq!(code, "7", "{form}");
    }

    assert!(crictl(&["images", "-q", BUSYBOX])?.starts_with("sha256:"));
    let refused = crictl(&["pull", "registry.invalid/none:1"]).expect_err("there is no such registry");
    assert!(refused.to_string().contains("registry.invalid"), "{refused}");

    let stats = json(&crictl(&["stats", "-o", "json", "--id", container])?)?;
    assert_eq!(stats["stats"][0]["attributes"]["id"], container, "{stats}");
    let info = json(&crictl(&["info"])?)?;
    let conditions = info["status"]["conditions"].as_array().context("conditions")?;
    for wanted in ["RuntimeReady", "NetworkReady"] {
        let found = conditions.iter().find(|condition| condition["type"] == wanted);
        assert!(
            found.is_some_and(|condition| condition["status"] == true),
            "{conditions:?}"
        );
    }
    Ok(())
}

fn crictl(node: &Node, arguments: &[&str]) -> Result<String> {
    let mut words = vec!["crictl"];
    words.extend(arguments);
    node.bowline(&words)
}

fn json(text: &str) -> Result<Value> {
    serde_json::from_str(text).with_context(|| format!("understand {text}"))
}
