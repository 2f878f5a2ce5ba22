//! What a person would look at when a node does not do what it should.

use std::fmt::Write;
use std::path::Path;

use super::{DETACHED_LOG, Node};

const LAST_LINES: usize = 30;
const CONDITIONS: [&str; 4] = [
    "get",
    "nodes",
    "-o",
    r#"jsonpath={range .items[*]}{.metadata.name}{"\n"}{range .status.conditions[*]}{.type}={.status} {.message}{"\n"}{end}{.spec.taints}{"\n"}{end}"#,
];

impl Node {
    /// The state of the node as text; what cannot be had is said in its place.
    pub fn state(&self) -> String {
        let mut text = String::new();
        let mut section = |title: &str, content: String| {
            // Writing to a string cannot fail.
            let _ = write!(text, "--- {title}\n{}\n", content.trim_end());
        };
        let or_error = |result: anyhow::Result<String>| result.unwrap_or_else(|error| format!("({error:#})"));
        section("stages", or_error(self.status().map(|report| report.to_string())));
        section("bowline", self.last_lines(&self.log()));
        section(
            "bowline, detached",
            self.last_lines(&self.machine.path(DETACHED_LOG)),
        );
        for name in ["kubelet", "containerd"] {
            let log = self.machine.data_dir().join(format!("agent/logs/{name}.log"));
            section(name, self.last_lines(&log));
        }
        section(
            "pods",
            or_error(self.kubectl(&["get", "pods", "-A", "-o", "wide"])),
        );
        section("nodes", or_error(self.kubectl(&["get", "nodes", "-o", "wide"])));
        // A taint keeps pods away without being named in their events.
        section("conditions and taints", or_error(self.kubectl(&CONDITIONS)));
        section(
            "charts",
            or_error(self.kubectl(&["get", "helmcharts,addons", "-A"])),
        );
        text
    }

    fn last_lines(&self, file: &Path) -> String {
        match fs_err::read_to_string(file) {
            Ok(text) => last(&text, LAST_LINES),
            Err(error) if self.machine.is_running() => format!("({error})"),
            Err(_) => "(the machine is off)".to_owned(),
        }
    }
}

fn last(text: &str, count: usize) -> String {
    let lines: Vec<_> = text.lines().collect();
    lines[lines.len().saturating_sub(count)..].join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_end_of_a_long_log_is_shown() {
        assert_eq!(last("a\nb\nc\n", 2), "b\nc");
        assert_eq!(last("a\n", 2), "a");
    }
}
