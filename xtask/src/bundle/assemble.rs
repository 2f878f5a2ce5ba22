//! One image of the bill: which trees it is made of, under which key it is cached, and its archive.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::charts::Chart;
use crate::architecture::Architecture;
use crate::bill::{Bill, Image};
use crate::checkout::Checkout;
use crate::components::debian;
use crate::components::{Program, Programs};
use crate::digest::{self, Key};
use crate::image::{self, Frames, Settings, Tree, Written};
use crate::progress::Step;

/// Raised when the same ingredients give other bytes.
const FORMAT: &str = "2";

/// All that images are made of.
#[derive(Debug, Clone)]
pub(crate) struct Ingredients {
    pub(crate) programs: Programs,
    pub(crate) layers: Vec<debian::Layer>,
    pub(crate) charts: Vec<Chart>,
    pub(crate) epoch: u64,
    /// Programs compressed by earlier runs.
    pub(crate) frames: Frames,
}

/// An archive in the cache.
#[derive(Debug, Clone)]
pub(crate) struct Assembled {
    pub(crate) archive: PathBuf,
    pub(crate) written: Written,
}

impl Ingredients {
    pub(crate) fn program(&self, name: &str) -> Result<&Program> {
        self.programs
            .get(name)
            .with_context(|| format!("the program {name} was not built"))
    }

    fn layer(&self, name: &str) -> Result<&debian::Layer> {
        let layer = self.layers.iter().find(|layer| layer.name == name);
        layer.with_context(|| format!("the layer {name} was not built"))
    }
}

/// Gives the image's archive, from the cache if it is there.
pub(crate) fn ensure(
    checkout: &Checkout,
    bill: &Bill,
    image: &Image,
    ingredients: &Ingredients,
) -> Result<Assembled> {
    let entry = checkout.cached_image(&image.name, &key(bill, image, ingredients)?);
    let archive = entry.join(image.archive());
    let note = entry.join("manifest");
    if !entry.is_dir() {
        let step = Step::begin(format!("write image {}", image.name));
        let parent = entry.parent().context("find the parent of a cache entry")?;
        fs_err::create_dir_all(parent)?;
        let work = tempfile::Builder::new().prefix(".writing-").tempdir_in(parent)?;
        let written = write(bill, image, ingredients, &work.path().join(image.archive()))?;
        fs_err::write(
            work.path().join("manifest"),
            format!("{}\n{}\n", written.manifest, written.archive),
        )?;
        forget_others(parent, work.path())?;
        fs_err::rename(work.keep(), &entry)?;
        step.done();
    }
    let text = fs_err::read_to_string(&note)?;
    let (manifest, sum) = text
        .trim()
        .split_once('\n')
        .with_context(|| format!("read {}", note.display()))?;
    Ok(Assembled {
        archive,
        written: Written {
            manifest: manifest.to_owned(),
            archive: sum.to_owned(),
        },
    })
}

/// Archives are large and quick to write again: the cache keeps the newest of each image.
fn forget_others(parent: &Path, keep: &Path) -> Result<()> {
    for entry in fs_err::read_dir(parent)? {
        let path = entry?.path();
        if path != keep {
            fs_err::remove_dir_all(path)?;
        }
    }
    Ok(())
}

fn key(bill: &Bill, image: &Image, ingredients: &Ingredients) -> Result<String> {
    let mut key = Key::default();
    key.add("format", FORMAT.as_bytes())
        .add("reference", bill.reference(image).as_bytes());
    key.add("image", format!("{image:?}").as_bytes())
        .add("epoch", &ingredients.epoch.to_le_bytes());
    for program in image.files.values() {
        key.add(program, ingredients.program(program)?.identity.as_bytes());
    }
    for layer in &image.layers {
        key.add(layer, ingredients.layer(layer)?.identity.as_bytes());
    }
    if image.charts {
        for chart in &ingredients.charts {
            key.add(
                &chart.name,
                digest::of_bytes(chart.manifest.as_bytes()).as_bytes(),
            );
        }
    }
    Ok(key.finish())
}

pub(crate) fn write(bill: &Bill, image: &Image, ingredients: &Ingredients, path: &Path) -> Result<Written> {
    let settings = Settings {
        reference: bill.reference(image),
        architecture: Architecture::of_this_machine()?.go.to_owned(),
        user: image.user.clone(),
        entrypoint: image.entrypoint.clone(),
        cmd: image.cmd.clone(),
        epoch: ingredients.epoch,
    };
    image::write(&settings, &trees(image, ingredients)?, &ingredients.frames, path)
}

/// The layers, the lowest first: what changes least, then what each release changes.
fn trees(image: &Image, ingredients: &Ingredients) -> Result<Vec<Tree>> {
    let mut trees = Vec::new();
    for layer in &image.layers {
        trees.push(Tree::copy_of(&ingredients.layer(layer)?.root)?);
    }
    let mut own = if image.bare { Tree::default() } else { base() };
    for (path, program) in &image.files {
        let program = ingredients.program(program)?;
        own.program(path, program.path.clone(), &program.identity);
    }
    if image.charts {
        own.directory("/charts", 0o755);
        for chart in &ingredients.charts {
            own.text(&format!("/charts/{}.yaml", chart.name), chart.manifest.as_str());
        }
    }
    if !own.is_empty() {
        trees.push(own);
    }
    Ok(trees)
}

/// What programs expect of a system: names for the users that they may run as, and a place to write.
fn base() -> Tree {
    let mut tree = Tree::default();
    tree.text(
        "/etc/passwd",
        "root:x:0:0:root:/:/sbin/nologin\nnobody:x:65534:65534:nobody:/:/sbin/nologin\n",
    );
    tree.text("/etc/group", "root:x:0:\nnobody:x:65534:\n");
    tree.text("/etc/nsswitch.conf", "hosts: files dns\n");
    tree.directory("/tmp", 0o1777);
    tree
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ingredients(directory: &Path) -> (Bill, Ingredients) {
        let bill = Bill::parse(include_str!("../../../components/components.yaml")).unwrap();
        let names = bill.images.iter().flat_map(|image| image.files.values());
        let programs = names.map(|name| {
            let path = directory.join(name);
            fs_err::write(&path, name).unwrap();
            (
                name.clone(),
                Program {
                    path,
                    identity: name.clone(),
                },
            )
        });
        let chart = Chart {
            name: "coredns".to_owned(),
            manifest: "kind: HelmChart\n".to_owned(),
        };
        let ingredients = Ingredients {
            programs: programs.collect(),
            layers: Vec::new(),
            charts: vec![chart],
            epoch: 0,
            frames: Frames::default(),
        };
        (bill, ingredients)
    }

    fn paths(tree: &Tree) -> Vec<String> {
        tree.nodes().map(|(path, _)| path.to_owned()).collect()
    }

    #[test]
    fn the_runtime_image_is_one_layer_of_programs_and_charts() {
        let directory = tempfile::tempdir().unwrap();
        let (bill, ingredients) = ingredients(directory.path());
        let runtime = bill.images.iter().find(|image| image.name == "runtime").unwrap();
        let trees = trees(runtime, &ingredients).unwrap();
        assert_eq!(trees.len(), 1);
        let paths = paths(&trees[0]);
        for path in [
            "bin/containerd",
            "bin/crictl",
            "bin/flannel",
            "bin/kubelet",
            "charts/coredns.yaml",
        ] {
            assert!(
                paths.iter().any(|found| found == path),
                "{path} is missing in {paths:?}"
            );
        }
        assert!(
            paths
                .iter()
                .all(|path| path.starts_with("bin") || path.starts_with("charts"))
        );
    }

    #[test]
    fn the_key_follows_programs_charts_and_date() {
        let directory = tempfile::tempdir().unwrap();
        let (bill, ingredients) = ingredients(directory.path());
        let runtime = bill.images.iter().find(|image| image.name == "runtime").unwrap();
        let first = key(&bill, runtime, &ingredients).unwrap();
        let mut other = ingredients.clone();
        other.charts[0].manifest.push('#');
        assert_ne!(key(&bill, runtime, &other).unwrap(), first);
        let mut other = ingredients.clone();
        other.epoch = 1;
        assert_ne!(key(&bill, runtime, &other).unwrap(), first);
        let mut other = ingredients.clone();
        other.programs.get_mut("kubelet").unwrap().identity.push('x');
        assert_ne!(key(&bill, runtime, &other).unwrap(), first);
        assert_eq!(key(&bill, runtime, &ingredients).unwrap(), first);
    }

    #[test]
    fn a_written_image_is_the_same_twice() {
        let directory = tempfile::tempdir().unwrap();
        let (bill, ingredients) = ingredients(directory.path());
        let etcd = bill.images.iter().find(|image| image.name == "etcd").unwrap();
        let once = write(&bill, etcd, &ingredients, &directory.path().join("a.tar.zst")).unwrap();
        let again = write(&bill, etcd, &ingredients, &directory.path().join("b.tar.zst")).unwrap();
        assert_eq!(once, again);
    }
}
