//! The files of one layer, before they are written: paths in order, each with its parents.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// Paths without the leading slash.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tree(BTreeMap<String, Node>);

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Node {
    Directory {
        mode: u32,
    },
    /// `identity` names the content, where it has a name.
    File {
        source: PathBuf,
        mode: u32,
        identity: Option<String>,
    },
    Text {
        content: Vec<u8>,
        mode: u32,
    },
    Link {
        target: String,
    },
}

impl Tree {
    pub(crate) fn nodes(&self) -> impl Iterator<Item = (&str, &Node)> {
        self.0.iter().map(|(path, node)| (path.as_str(), node))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// A program: a file that all may run.
    pub(crate) fn program(&mut self, path: &str, source: PathBuf, identity: &str) {
        let identity = Some(identity.to_owned());
        self.insert(
            path,
            Node::File {
                source,
                mode: 0o755,
                identity,
            },
        );
    }

    pub(crate) fn text(&mut self, path: &str, content: impl Into<Vec<u8>>) {
        self.insert(
            path,
            Node::Text {
                content: content.into(),
                mode: 0o644,
            },
        );
    }

    pub(crate) fn directory(&mut self, path: &str, mode: u32) {
        self.insert(path, Node::Directory { mode });
    }

    /// Everything below `root`, as it lies there.
    pub(crate) fn copy_of(root: &Path) -> Result<Self> {
        let mut tree = Self::default();
        tree.copy(root, root)?;
        Ok(tree)
    }

    /// Only the files, under one directory, as Helm packs a chart.
    pub(crate) fn files_below(self, directory: &str) -> Self {
        let files = self
            .0
            .into_iter()
            .filter(|(_, node)| matches!(node, Node::File { .. }));
        Self(
            files
                .map(|(path, node)| (format!("{directory}/{path}"), node))
                .collect(),
        )
    }

    fn copy(&mut self, root: &Path, directory: &Path) -> Result<()> {
        for entry in fs_err::read_dir(directory)? {
            let entry = entry?;
            let source = entry.path();
            let inside = source.strip_prefix(root).context("stay inside a layer's root")?;
            let path = inside
                .to_str()
                .with_context(|| format!("{} is not UTF-8", inside.display()))?
                .to_owned();
            let kind = entry.file_type()?;
            if kind.is_dir() {
                self.insert(&path, Node::Directory { mode: 0o755 });
                self.copy(root, &source)?;
            } else if kind.is_symlink() {
                let target = fs_err::read_link(&source)?.to_string_lossy().into_owned();
                self.insert(&path, Node::Link { target });
            } else {
                let runs = entry.metadata()?.permissions().mode() & 0o100 != 0;
                self.insert(
                    &path,
                    Node::File {
                        source,
                        mode: if runs { 0o755 } else { 0o644 },
                        identity: None,
                    },
                );
            }
        }
        Ok(())
    }

    fn insert(&mut self, path: &str, node: Node) {
        let path = path.trim_matches('/');
        for (end, _) in path.match_indices('/') {
            self.0
                .entry(path[..end].to_owned())
                .or_insert(Node::Directory { mode: 0o755 });
        }
        self.0.insert(path.to_owned(), node);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parents_come_before_what_they_hold() {
        let mut tree = Tree::default();
        tree.text("/etc/ssl/b", "b");
        tree.text("/etc/a", "a");
        tree.directory("/etc/ssl", 0o700);
        let paths: Vec<&str> = tree.nodes().map(|(path, _)| path).collect();
        assert_eq!(paths, ["etc", "etc/a", "etc/ssl", "etc/ssl/b"]);
        assert_eq!(tree.0["etc/ssl"], Node::Directory { mode: 0o700 });
    }

    #[test]
    fn a_copy_keeps_links_and_who_may_run_a_file() {
        let root = tempfile::tempdir().unwrap();
        fs_err::create_dir(root.path().join("bin")).unwrap();
        fs_err::write(root.path().join("bin/sh"), "#!").unwrap();
        fs_err::set_permissions(root.path().join("bin/sh"), PermissionsExt::from_mode(0o700)).unwrap();
        fs_err::os::unix::fs::symlink("sh", root.path().join("bin/ash")).unwrap();
        let tree = Tree::copy_of(root.path()).unwrap();
        let nodes: Vec<_> = tree.nodes().collect();
        assert_eq!(
            nodes[1],
            (
                "bin/ash",
                &Node::Link {
                    target: "sh".to_owned()
                }
            )
        );
        assert!(matches!(nodes[2], ("bin/sh", Node::File { mode: 0o755, .. })));
    }
}
