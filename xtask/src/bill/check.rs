//! What must hold in a bill before anything is built from it.

use std::collections::BTreeSet;
use std::path::{Component as Part, Path};

use anyhow::{Result, bail, ensure};

use super::{Bill, Component, DebianLayer, Image};

pub(crate) fn check(bill: &Bill) -> Result<()> {
    ensure!(
        bill.version.starts_with('v'),
        "version {:?}: expected a leading v",
        bill.version
    );
    ensure!(
        bill.prefix.contains('/'),
        "prefix {:?}: expected registry/repository",
        bill.prefix
    );
    unique(
        "component",
        bill.components.iter().map(|component| component.name.as_str()),
    )?;
    unique(
        "debian layer",
        bill.debian.iter().map(|layer| layer.name.as_str()),
    )?;
    unique("image", bill.images.iter().map(|image| image.name.as_str()))?;
    let programs = programs(bill);
    unique("program", programs.iter().copied())?;
    bill.components.iter().try_for_each(check_component)?;
    bill.debian.iter().try_for_each(check_layer)?;
    bill.images
        .iter()
        .try_for_each(|image| check_image(bill, image, &programs))
}

fn programs(bill: &Bill) -> Vec<&str> {
    let go = bill
        .components
        .iter()
        .flat_map(|component| component.programs.keys());
    go.chain(bill.crates.keys()).map(String::as_str).collect()
}

fn unique<'a>(kind: &str, names: impl Iterator<Item = &'a str>) -> Result<()> {
    let mut seen = BTreeSet::new();
    for name in names {
        ensure!(
            is_name(name),
            "{kind} {name:?}: expected lower-case letters, digits and dashes"
        );
        ensure!(seen.insert(name), "{kind} {name}: named twice");
    }
    Ok(())
}

/// Names become file names and parts of image references.
fn is_name(name: &str) -> bool {
    !name.is_empty()
        && !name.starts_with('-')
        && name
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
}

fn check_component(component: &Component) -> Result<()> {
    for trimmed in &component.trimmed {
        for path in trimmed.keep.iter().chain([&trimmed.into]) {
            check_path("component", &component.name, &format!("/{path}"))?;
        }
    }
    Ok(())
}

fn check_layer(layer: &DebianLayer) -> Result<()> {
    ensure!(
        !layer.packages.is_empty(),
        "debian layer {}: names no packages",
        layer.name
    );
    let links = layer.links.keys().chain(&layer.applets);
    for path in layer.files.iter().chain(&layer.trees).chain(links) {
        check_path("debian layer", &layer.name, path)?;
    }
    Ok(())
}

fn check_image(bill: &Bill, image: &Image, programs: &[&str]) -> Result<()> {
    let tag_is_right = !image.tag.is_empty()
        && image.tag.len() <= 128
        && image
            .tag
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "._-".contains(c));
    ensure!(tag_is_right, "image {}: {:?} is no tag", image.name, image.tag);
    for (path, program) in &image.files {
        check_path("image", &image.name, path)?;
        if !programs.contains(&program.as_str()) {
            bail!(
                "image {}: {path} is to be {program}, which no component gives",
                image.name
            );
        }
    }
    for layer in &image.layers {
        let known = bill.debian.iter().any(|known| &known.name == layer);
        ensure!(known, "image {}: there is no debian layer {layer}", image.name);
    }
    Ok(())
}

fn check_path(kind: &str, name: &str, path: &str) -> Result<()> {
    let plain = Path::new(path)
        .components()
        .skip(1)
        .all(|part| matches!(part, Part::Normal(_)));
    ensure!(
        path.starts_with('/') && plain,
        "{kind} {name}: {path:?} is no absolute path without dots"
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::Bill;

    const BILL: &str = include_str!("../../../components/components.yaml");

    fn error(text: &str) -> String {
        format!("{:#}", Bill::parse(text).expect_err("must be refused"))
    }

    #[test]
    fn the_bill_in_the_checkout_holds() {
        let bill = Bill::parse(BILL).unwrap();
        let runtime = &bill.images[0];
        assert_eq!(
            bill.reference(runtime),
            "docker.io/bowline/runtime:v1.37.2-bowline1"
        );
        assert_eq!(runtime.archive(), "bowline-runtime.tar.zst");
        assert_eq!(bill.component_of("kubelet").unwrap().name, "kubernetes");
        assert!(bill.component_of("bowline").is_none());
    }

    #[test]
    fn a_program_that_nothing_builds_is_refused() {
        let text = BILL.replace("/pause: pause", "/pause: paws");
        assert_eq!(
            error(&text),
            "image pause: /pause is to be paws, which no component gives"
        );
    }

    #[test]
    fn a_path_that_leaves_the_image_is_refused() {
        assert!(error(&BILL.replace("/bin/ctr:", "/bin/../../ctr:")).contains("no absolute path"));
        assert!(error(&BILL.replace("/bin/ctr:", "bin/ctr:")).contains("no absolute path"));
    }

    #[test]
    fn a_name_given_twice_is_refused() {
        assert_eq!(
            error(&BILL.replace("name: etcd\n    tag", "name: pause\n    tag")),
            "image pause: named twice"
        );
    }

    #[test]
    fn a_tag_that_no_registry_takes_is_refused() {
        let text = BILL.replace("tag: v1.37.2-bowline1", "tag: v1.37.2+bowline1");
        assert_eq!(error(&text), "image runtime: \"v1.37.2+bowline1\" is no tag");
    }

    #[test]
    fn an_unknown_key_is_refused() {
        assert!(error(&format!("{BILL}\nimage: []\n")).contains("image"));
    }

    #[test]
    fn a_debian_layer_that_is_not_there_is_refused() {
        let text = BILL.replace("layers: [netfilter]", "layers: [netfilters]");
        assert!(error(&text).ends_with("there is no debian layer netfilters"));
    }
}
