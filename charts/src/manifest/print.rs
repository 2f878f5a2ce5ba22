//! The text of all manifests, as `helm template` prints it.

use super::split::trim;
use super::{Event, Sorted};

/// A file of a chart's `crds/`.
#[derive(Clone, Copy, Debug)]
pub struct CustomResource<'a> {
    /// The file, under the chart's name.
    pub path: &'a str,
    /// What it holds.
    pub text: &'a [u8],
}

/// What is printed.
#[derive(Clone, Copy, Debug, Default)]
pub struct PrintOptions {
    /// Whether hooks are left out, as with `--no-hooks`.
    pub without_hooks: bool,
    /// Whether hooks that are tests are left out.
    pub without_tests: bool,
}

/// Writes the custom resources, then the manifests, then the hooks, each with the file it came from.
pub fn print(resources: &[CustomResource<'_>], sorted: &Sorted<'_>, options: PrintOptions) -> Vec<u8> {
    let mut text = release(resources, sorted);
    text.push(b'\n');
    if options.without_hooks {
        return text;
    }
    for hook in &sorted.hooks {
        if !options.without_tests || !hook.events.contains(&Event::Test) {
            push(hook.manifest.path, hook.manifest.text, &mut text);
        }
    }
    text
}

/// The manifest of the release, without white space around it.
fn release(resources: &[CustomResource<'_>], sorted: &Sorted<'_>) -> Vec<u8> {
    let mut text = Vec::new();
    for resource in resources {
        push(resource.path, resource.text, &mut text);
    }
    for manifest in &sorted.manifests {
        push(manifest.path, manifest.text, &mut text);
    }
    let end = trim(&text).len();
    text.truncate(end);
    text
}

fn push(path: &str, content: &[u8], text: &mut Vec<u8>) {
    text.extend_from_slice(b"---\n# Source: ");
    text.extend_from_slice(path.as_bytes());
    text.push(b'\n');
    text.extend_from_slice(content);
    text.push(b'\n');
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::manifest::{Generation, sort};

    #[test]
    fn resources_come_first_and_hooks_last() {
        let files = BTreeMap::from([(
            "c/templates/a.yaml".to_owned(),
            b"kind: Pod\nmetadata: {annotations: {helm.sh/hook: test}}\n---\nkind: Service\n\n".to_vec(),
        )]);
        let sorted = sort(&files, Generation::Helm4).unwrap();
        let resource = CustomResource {
            path: "c/crds/b.yaml",
            text: b"kind: CustomResourceDefinition\n",
        };
        let text = print(&[resource], &sorted, PrintOptions::default());
        assert_eq!(
            String::from_utf8(text).unwrap(),
            "---\n# Source: c/crds/b.yaml\nkind: CustomResourceDefinition\n\n---\n# Source: c/templates/a.yaml\n\
             kind: Service\n---\n# Source: c/templates/a.yaml\nkind: Pod\nmetadata: {annotations: {helm.sh/hook: test}}\n\n"
        );
        let options = PrintOptions {
            without_tests: true,
            ..PrintOptions::default()
        };
        assert!(print(&[], &sorted, options).ends_with(b"kind: Service\n"));
    }
}
