//! Copies the named files and what they link to out of unpacked packages, into one root with a merged `/usr`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::Package;
use crate::bill::DebianLayer;
use crate::components::elf;

/// Debian's older packages still own files under these, which are links in an image of ours.
const MERGED: [&str; 4] = ["bin", "lib", "lib64", "sbin"];

/// Fills `root` and tells which packages gave something.
pub(crate) fn copy(
    layer: &DebianLayer,
    packages: &[Package],
    unpacked: &Path,
    root: &Path,
) -> Result<BTreeSet<String>> {
    let index = Index::read(packages, unpacked)?;
    let mut wanted: Vec<String> = layer.files.clone();
    for tree in &layer.trees {
        wanted.extend(index.below(tree));
    }
    let mut copied = BTreeSet::new();
    let mut used = BTreeSet::new();
    while let Some(path) = wanted.pop() {
        let path = merge(&path);
        if !copied.insert(path.clone()) {
            continue;
        }
        let (package, source) = index.find(&path)?;
        used.insert(package);
        wanted.extend(index.libraries(&source)?);
        place(&source, &root.join(path.trim_start_matches('/')))?;
    }
    for (path, target) in &layer.links {
        link(target, &root.join(path.trim_start_matches('/')))?;
    }
    for directory in MERGED {
        if root.join("usr").join(directory).is_dir() {
            link(&format!("usr/{directory}"), &root.join(directory))?;
        }
    }
    Ok(used)
}

fn place(source: &Path, target: &Path) -> Result<()> {
    if let Some(parent) = target.parent() {
        fs_err::create_dir_all(parent)?;
    }
    fs_err::copy(source, target)?;
    Ok(())
}

fn link(target: &str, path: &Path) -> Result<()> {
    if let Some(parent) = path.parent() {
        fs_err::create_dir_all(parent)?;
    }
    fs_err::os::unix::fs::symlink(target, path)?;
    Ok(())
}

/// `/lib/x` → `/usr/lib/x`.
fn merge(path: &str) -> String {
    let top = path.trim_start_matches('/').split('/').next().unwrap_or_default();
    if MERGED.contains(&top) {
        format!("/usr{path}")
    } else {
        path.to_owned()
    }
}

/// Every file and link of the unpacked packages, by its merged path.
struct Index {
    files: BTreeMap<String, (String, PathBuf)>,
}

impl Index {
    fn read(packages: &[Package], unpacked: &Path) -> Result<Self> {
        let mut index = Self {
            files: BTreeMap::new(),
        };
        for package in packages {
            let root = unpacked.join(&package.name);
            index.add(&package.name, &root, &root)?;
        }
        Ok(index)
    }

    fn add(&mut self, package: &str, root: &Path, directory: &Path) -> Result<()> {
        for entry in fs_err::read_dir(directory)? {
            let entry = entry?;
            if entry.file_type()?.is_dir() {
                self.add(package, root, &entry.path())?;
                continue;
            }
            let inside = entry
                .path()
                .strip_prefix(root)
                .context("stay inside a package")?
                .to_path_buf();
            let path = merge(&format!("/{}", inside.display()));
            self.files.insert(path, (package.to_owned(), entry.path()));
        }
        Ok(())
    }

    fn below(&self, tree: &str) -> Vec<String> {
        let prefix = format!("{}/", merge(tree));
        self.files
            .keys()
            .filter(|path| path.starts_with(&prefix))
            .cloned()
            .collect()
    }

    /// The package that owns `path` and the file that stands there once links are followed.
    fn find(&self, path: &str) -> Result<(String, PathBuf)> {
        let mut path = path.to_owned();
        for _ in 0..8 {
            let (package, file) = self
                .files
                .get(&path)
                .with_context(|| format!("no package of the layer has {path}"))?;
            if !file.is_symlink() {
                return Ok((package.clone(), file.clone()));
            }
            path = follow(&path, &fs_err::read_link(file)?.to_string_lossy());
        }
        anyhow::bail!("{path}: too many links")
    }

    /// Where the libraries and the interpreter of an ELF file are, in this index.
    fn libraries(&self, file: &Path) -> Result<Vec<String>> {
        let needs = elf::needs(file)?;
        let mut found: Vec<String> = needs.interpreter.into_iter().collect();
        // The interpreter is loaded already; libc names it once more.
        for library in needs
            .libraries
            .iter()
            .filter(|library| !library.starts_with("ld-linux"))
        {
            let suffix = format!("/{library}");
            let path = self
                .files
                .keys()
                .find(|path| path.starts_with("/usr/lib/") && path.ends_with(&suffix));
            found.push(
                path.with_context(|| format!("no package of the layer has {library}"))?
                    .clone(),
            );
        }
        Ok(found)
    }
}

/// Where a link at `path` leads, as a merged absolute path.
fn follow(path: &str, target: &str) -> String {
    if target.starts_with('/') {
        return merge(target);
    }
    let mut parts: Vec<&str> = path.split('/').collect();
    parts.pop();
    for part in target.split('/') {
        match part {
            ".." => drop(parts.pop()),
            "." | "" => {}
            name => parts.push(name),
        }
    }
    merge(&parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_directories_are_merged_into_usr() {
        assert_eq!(
            merge("/lib/x86_64-linux-gnu/libc.so.6"),
            "/usr/lib/x86_64-linux-gnu/libc.so.6"
        );
        assert_eq!(merge("/usr/sbin/nft"), "/usr/sbin/nft");
        assert_eq!(merge("/library/x"), "/library/x");
    }

    #[test]
    fn links_are_followed_inside_the_image() {
        assert_eq!(follow("/usr/lib64/ld.so", "/lib/a/ld.so"), "/usr/lib/a/ld.so");
        assert_eq!(
            follow("/usr/lib/a/libx.so.1", "libx.so.1.2"),
            "/usr/lib/a/libx.so.1.2"
        );
        assert_eq!(
            follow("/usr/lib/a/libx.so.1", "../b/./libx.so"),
            "/usr/lib/b/libx.so"
        );
    }
}
