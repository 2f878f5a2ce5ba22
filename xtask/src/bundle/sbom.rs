//! The bill of materials of what is shipped, as an SPDX 2.3 document. Pure, but for the module lists read.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result};
use serde::Deserialize;
use serde_json::{Value, json};

use super::Ingredients;
use crate::bill::{Bill, Set};
use crate::components::debian::Package;
use crate::components::{Module, read_modules};
use crate::{digest, image};

#[derive(Debug, Deserialize)]
struct Lock {
    package: Vec<Crate>,
}

#[derive(Debug, Deserialize)]
struct Crate {
    name: String,
    version: String,
    source: Option<String>,
    checksum: Option<String>,
}

/// What the document lists, each thing once.
#[derive(Debug, Default)]
struct Contents {
    /// Program to version.
    programs: BTreeMap<String, String>,
    /// Module to the programs that hold it.
    modules: BTreeMap<Module, BTreeSet<String>>,
    packages: BTreeSet<Package>,
    crates: Vec<Crate>,
}

pub(crate) fn render(bill: &Bill, ingredients: &Ingredients, cargo_lock: &str) -> Result<String> {
    let contents = collect(bill, ingredients, cargo_lock)?;
    let document = document(bill, &contents, &image::created(ingredients.epoch));
    let mut text = serde_json::to_string_pretty(&document).context("write the SBOM")?;
    text.push('\n');
    Ok(text)
}

fn collect(bill: &Bill, ingredients: &Ingredients, cargo_lock: &str) -> Result<Contents> {
    let mut contents = Contents {
        crates: crates(cargo_lock)?,
        ..Contents::default()
    };
    for image in bill.images.iter().filter(|image| image.set == Set::Bundle) {
        for name in image.files.values() {
            let Some(component) = bill.component_of(name) else {
                contents.programs.insert(name.clone(), bill.version.clone());
                continue;
            };
            contents.programs.insert(name.clone(), component.version.clone());
            for module in read_modules(&ingredients.program(name)?.path)? {
                contents.modules.entry(module).or_default().insert(name.clone());
            }
        }
        let layers = ingredients
            .layers
            .iter()
            .filter(|layer| image.layers.contains(&layer.name));
        contents
            .packages
            .extend(layers.flat_map(|layer| layer.packages.iter().cloned()));
    }
    Ok(contents)
}

/// Cargo.lock is TOML, of which cargo writes only a small part: tables of `key = "value"` lines.
fn crates(cargo_lock: &str) -> Result<Vec<Crate>> {
    let lock: Lock =
        serde_json::from_value(json!({ "package": tables(cargo_lock) })).context("read Cargo.lock")?;
    Ok(lock
        .package
        .into_iter()
        .filter(|package| package.source.is_some())
        .collect())
}

fn tables(cargo_lock: &str) -> Vec<Value> {
    let mut tables = Vec::new();
    for section in cargo_lock.split("[[package]]").skip(1) {
        let fields = section.lines().filter_map(|line| line.split_once(" = "));
        let strings = fields.filter_map(|(key, value)| {
            let value = value.strip_prefix('"')?.strip_suffix('"')?;
            Some((key.to_owned(), Value::from(value)))
        });
        tables.push(Value::Object(strings.collect()));
    }
    tables
}

fn document(bill: &Bill, contents: &Contents, created: &str) -> Value {
    let mut packages = Vec::new();
    let mut relations = Vec::new();
    for (name, version) in &contents.programs {
        let id = format!("SPDXRef-Program-{name}");
        relations.push(relation("SPDXRef-DOCUMENT", "DESCRIBES", &id));
        packages.push(package(
            &id,
            name,
            version,
            &format!("pkg:generic/{name}@{version}"),
        ));
    }
    for (module, holders) in &contents.modules {
        let purl = format!("pkg:golang/{}@{}", module.path, module.version);
        let id = identifier("Go", &purl);
        packages.push(package(&id, &module.path, &module.version, &purl));
        for holder in holders {
            relations.push(relation(&format!("SPDXRef-Program-{holder}"), "CONTAINS", &id));
        }
    }
    for debian in &contents.packages {
        let Package {
            name,
            version,
            architecture,
            sha256,
        } = debian;
        let purl = format!("pkg:deb/debian/{name}@{version}?arch={architecture}");
        let id = identifier("Debian", &purl);
        relations.push(relation("SPDXRef-DOCUMENT", "DESCRIBES", &id));
        packages.push(with_checksum(package(&id, name, version, &purl), sha256));
    }
    for Crate {
        name,
        version,
        checksum,
        ..
    } in &contents.crates
    {
        let purl = format!("pkg:cargo/{name}@{version}");
        let id = identifier("Crate", &purl);
        relations.push(relation("SPDXRef-DOCUMENT", "DESCRIBES", &id));
        let described = package(&id, name, version, &purl);
        packages.push(match checksum {
            Some(sha256) => with_checksum(described, sha256),
            None => described,
        });
    }
    let content = digest::of_bytes(Value::from(packages.clone()).to_string().as_bytes());
    json!({
        "spdxVersion": "SPDX-2.3",
        "dataLicense": "CC0-1.0",
        "SPDXID": "SPDXRef-DOCUMENT",
        "name": format!("bowline-{}", bill.version),
        "documentNamespace": format!("https://bowline.dev/spdx/{}/{content}", bill.version),
        "creationInfo": { "created": created, "creators": ["Tool: bowline-xtask"] },
        "packages": packages,
        "relationships": relations,
    })
}

fn package(id: &str, name: &str, version: &str, purl: &str) -> Value {
    json!({
        "SPDXID": id,
        "name": name,
        "versionInfo": version,
        "downloadLocation": "NOASSERTION",
        "filesAnalyzed": false,
        "externalRefs": [{
            "referenceCategory": "PACKAGE-MANAGER",
            "referenceType": "purl",
            "referenceLocator": purl,
        }],
    })
}

fn with_checksum(mut package: Value, sha256: &str) -> Value {
    package["checksums"] = json!([{ "algorithm": "SHA256", "checksumValue": sha256 }]);
    package
}

fn relation(from: &str, kind: &str, to: &str) -> Value {
    json!({ "spdxElementId": from, "relationshipType": kind, "relatedSpdxElement": to })
}

/// SPDX allows letters, digits, dots and dashes only; the digest keeps two names apart that read alike.
fn identifier(kind: &str, purl: &str) -> String {
    let mut digest = digest::of_bytes(purl.as_bytes());
    digest.truncate(16);
    format!("SPDXRef-{kind}-{digest}")
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOCK: &str = "version = 4\n\n[[package]]\nname = \"anyhow\"\nversion = \"1.0.1\"\n\
        source = \"registry+https://github.com/rust-lang/crates.io-index\"\nchecksum = \"abcd\"\n\
        dependencies = [\n \"libc\",\n]\n\n[[package]]\nname = \"bowline\"\nversion = \"0.1.0\"\n";

    #[test]
    fn only_crates_of_others_are_listed() {
        let crates = crates(LOCK).unwrap();
        assert_eq!(crates.len(), 1);
        assert_eq!(
            (crates[0].name.as_str(), crates[0].checksum.as_deref()),
            ("anyhow", Some("abcd"))
        );
    }

    #[test]
    fn the_lock_of_this_checkout_is_read() {
        let crates = crates(include_str!("../../../Cargo.lock")).unwrap();
        assert!(crates.iter().any(|package| package.name == "tokio"));
        assert!(crates.iter().all(|package| package.name != "xtask"));
    }

    #[test]
    fn a_module_in_two_programs_is_one_package_with_two_relations() {
        let bill = Bill::parse(include_str!("../../../components/components.yaml")).unwrap();
        let module = Module {
            path: "golang.org/x/net".into(),
            version: "v0.57.0".into(),
        };
        let holders = BTreeSet::from(["etcd".to_owned(), "kubelet".to_owned()]);
        let programs = holders
            .iter()
            .map(|name| (name.clone(), "v1".to_owned()))
            .collect();
        let contents = Contents {
            programs,
            modules: BTreeMap::from([(module, holders)]),
            ..Contents::default()
        };
        let document = document(&bill, &contents, "1970-01-01T00:00:00Z");
        let packages = document["packages"].as_array().unwrap();
        assert_eq!(packages.len(), 3);
        let purl = &packages[2]["externalRefs"][0]["referenceLocator"];
        assert_eq!(purl, "pkg:golang/golang.org/x/net@v0.57.0");
        let relations = document["relationships"].as_array().unwrap();
        let contains = relations
            .iter()
            .filter(|r| r["relationshipType"] == "CONTAINS")
            .count();
        assert_eq!(contains, 2);
        let ids: BTreeSet<&str> = packages.iter().map(|p| p["SPDXID"].as_str().unwrap()).collect();
        assert_eq!(ids.len(), 3);
    }
}
