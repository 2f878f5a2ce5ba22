//! The cluster as kubectl shows it: `bowline kubectl`, as a user has it.

use std::io::Write;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use super::{BOWLINE, Node};

impl Node {
    /// A kubectl command on the node.
    pub fn kubectl_command(&self, arguments: &[&str]) -> Result<Command> {
        let mut command = self.machine.command(BOWLINE)?;
        command.arg("kubectl").args(arguments);
        Ok(command)
    }

    /// What kubectl prints.
    pub fn kubectl(&self, arguments: &[&str]) -> Result<String> {
        self.kubectl_with_input(arguments, "")
    }

    /// Objects as kubectl gives them with `-o json`.
    pub fn get(&self, arguments: &[&str]) -> Result<Value> {
        let mut words = vec!["get", "-o", "json"];
        words.extend(arguments);
        let text = self.kubectl(&words)?;
        serde_json::from_str(&text).context("understand kubectl's JSON")
    }

    /// Applies manifests as a user does.
    pub fn apply(&self, manifests: &str) -> Result<()> {
        self.kubectl_with_input(&["apply", "-f", "-"], manifests)
            .map(drop)
    }

    fn kubectl_with_input(&self, arguments: &[&str], input: &str) -> Result<String> {
        let mut child = self
            .kubectl_command(arguments)?
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .context("start kubectl")?;
        if let Some(mut stdin) = child.stdin.take() {
            // It may end without reading; then its own words are the error.
            let _ = stdin.write_all(input.as_bytes());
        }
        let output = child.wait_with_output().context("wait for kubectl")?;
        ensure!(
            output.status.success(),
            "kubectl {}: {}",
            arguments.join(" "),
            String::from_utf8_lossy(&output.stderr).trim()
        );
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }
}

/// The condition of that kind in an object's status, and its message.
pub fn condition<'a>(object: &'a Value, kind: &str) -> Option<(&'a str, &'a str)> {
    let conditions = object.pointer("/status/conditions")?.as_array()?;
    let condition = conditions.iter().find(|condition| condition["type"] == kind)?;
    Some((
        condition["status"].as_str()?,
        condition["message"].as_str().unwrap_or_default(),
    ))
}

/// Whether an object says that it is Ready.
pub fn is_ready(object: &Value) -> bool {
    condition(object, "Ready").is_some_and(|(status, _)| status == "True")
}

/// An object's name, with its namespace when it has one.
pub fn name(object: &Value) -> String {
    let part = |key: &str| object["metadata"][key].as_str();
    match (part("namespace"), part("name")) {
        (Some(namespace), Some(name)) => format!("{namespace}/{name}"),
        (None, Some(name)) => name.to_owned(),
        _ => "(nameless)".to_owned(),
    }
}

/// The items of a list.
pub fn items(list: &Value) -> &[Value] {
    list["items"].as_array().map_or(&[], Vec::as_slice)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_object_is_ready_when_its_condition_says_true() {
        let object = |status: &str| {
            json!({"status": {"conditions": [
                {"type": "Failed", "status": "False"}, {"type": "Ready", "status": status, "message": "why"},
            ]}})
        };
        assert!(is_ready(&object("True")));
        assert!(!is_ready(&object("Unknown")));
        assert!(!is_ready(&json!({})));
        assert_eq!(condition(&object("False"), "Ready"), Some(("False", "why")));
    }

    #[test]
    fn a_list_without_items_is_empty() {
        assert!(items(&json!({})).is_empty());
        let list = json!({"items": [{"metadata": {"name": "a", "namespace": "b"}}]});
        assert_eq!(name(&items(&list)[0]), "b/a");
    }
}
