//! The SPDX 2.3 document of programs and their parts. Pure.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::part::Part;
use crate::digest;

const DOCUMENT: &str = "SPDXRef-DOCUMENT";

/// What is shipped.
#[derive(Debug, Default)]
pub(crate) struct Contents {
    /// Program to version.
    pub(crate) programs: BTreeMap<String, String>,
    /// Part to the programs that hold it; one that no program holds lies in an image by itself.
    pub(crate) parts: BTreeMap<Part, BTreeSet<String>>,
}

impl Contents {
    /// Notes that `program` holds the parts.
    pub(crate) fn holds(&mut self, program: &str, parts: impl IntoIterator<Item = Part>) {
        for part in parts {
            self.parts.entry(part).or_default().insert(program.to_owned());
        }
    }
}

/// The whole document for the release `version`.
pub(crate) fn document(version: &str, contents: &Contents, created: &str) -> Value {
    let programs = contents
        .programs
        .iter()
        .map(|(name, version)| Part::program(name, version));
    let programs: Vec<Part> = programs.collect();
    let packages: Vec<Value> = programs
        .iter()
        .chain(contents.parts.keys())
        .map(package)
        .collect();
    let described = programs
        .iter()
        .map(|program| relation(DOCUMENT, "DESCRIBES", &program.id()));
    let relations: Vec<Value> = described.chain(holdings(contents)).collect();
    let content = digest::of_bytes(Value::from(packages.clone()).to_string().as_bytes());
    json!({
        "spdxVersion": "SPDX-2.3",
        "dataLicense": "CC0-1.0",
        "SPDXID": DOCUMENT,
        "name": format!("bowline-{version}"),
        "documentNamespace": format!("https://bowline.dev/spdx/{version}/{content}"),
        "creationInfo": { "created": created, "creators": ["Tool: bowline-xtask"] },
        "packages": packages,
        "relationships": relations,
    })
}

fn holdings(contents: &Contents) -> impl Iterator<Item = Value> {
    contents.parts.iter().flat_map(|(part, holders)| {
        let id = part.id();
        if holders.is_empty() {
            return vec![relation(DOCUMENT, "DESCRIBES", &id)];
        }
        let contains = |holder: &String| {
            let version = contents.programs.get(holder).map_or("", String::as_str);
            relation(&Part::program(holder, version).id(), "CONTAINS", &id)
        };
        holders.iter().map(contains).collect()
    })
}

fn package(part: &Part) -> Value {
    let mut package = json!({
        "SPDXID": part.id(),
        "name": part.name,
        "versionInfo": part.version,
        "downloadLocation": "NOASSERTION",
        "filesAnalyzed": false,
        "externalRefs": [{
            "referenceCategory": "PACKAGE-MANAGER",
            "referenceType": "purl",
            "referenceLocator": part.purl,
        }],
    });
    if let Some(sha256) = &part.sha256 {
        package["checksums"] = json!([{ "algorithm": "SHA256", "checksumValue": sha256 }]);
    }
    package
}

fn relation(from: &str, kind: &str, to: &str) -> Value {
    json!({ "spdxElementId": from, "relationshipType": kind, "relatedSpdxElement": to })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::components::{Crate, Library, Module};

    /// One part of each kind.
    fn contents() -> Contents {
        let mut contents = Contents::default();
        for name in ["bowline", "kubelet", "runc"] {
            contents
                .programs
                .insert(name.to_owned(), "v1.37.2+bowline1".to_owned());
        }
        let net = Part::module(&Module {
            path: "golang.org/x/net".into(),
            version: "v0.57.0".into(),
        });
        contents.holds("kubelet", [net.clone()]);
        let libc = Part::library(&Library {
            package: "libc6-dev".into(),
            version: "2.36-9+deb12u14".into(),
            architecture: "amd64".into(),
        });
        contents.holds("runc", [net, libc]);
        let tokio = Part::rust(&Crate {
            name: "tokio".into(),
            version: "1.54.0".into(),
            checksum: Some("ab".repeat(32)),
        });
        contents.holds("bowline", [tokio]);
        let nftables = Part::debian(&crate::components::debian::Package {
            name: "nftables".into(),
            version: "1:1.0.6-2+deb12u2".into(),
            architecture: "amd64".into(),
            sha256: "cd".repeat(32),
        });
        contents.parts.insert(nftables, BTreeSet::new());
        contents
    }

    fn texts<'a>(list: &'a Value, key: &str) -> Vec<&'a str> {
        let list = list.as_array().unwrap();
        list.iter().map(|entry| entry[key].as_str().unwrap()).collect()
    }

    #[test]
    fn every_part_hangs_on_its_programs_and_they_on_the_document() {
        let document = document("v1", &contents(), "1970-01-01T00:00:00Z");
        let relations = document["relationships"].as_array().unwrap();
        let of_kind = |kind: &str| {
            relations
                .iter()
                .filter(|relation| relation["relationshipType"] == kind)
                .count()
        };
        // Three programs and the package that lies in an image; net twice, libc and tokio once.
        assert_eq!((of_kind("DESCRIBES"), of_kind("CONTAINS")), (4, 4));
        assert_eq!(document["packages"].as_array().unwrap().len(), 7);
    }

    /// What SPDX 2.3's schema demands of the fields that are written.
    #[test]
    fn the_document_is_valid_spdx() {
        let document = document("v1.37.2+bowline1", &contents(), "1970-01-01T00:00:00Z");
        assert_eq!(document["spdxVersion"], "SPDX-2.3");
        assert_eq!(document["dataLicense"], "CC0-1.0");
        let namespace = document["documentNamespace"].as_str().unwrap();
        assert!(
            namespace.starts_with("https://") && !namespace.contains('#'),
            "{namespace}"
        );
        assert!(
            document["creationInfo"]["creators"][0]
                .as_str()
                .unwrap()
                .starts_with("Tool: ")
        );
        let packages = &document["packages"];
        let mut ids = texts(packages, "SPDXID");
        ids.push(document["SPDXID"].as_str().unwrap());
        let letters = |id: &str| id.chars().all(|c| c.is_ascii_alphanumeric() || ".-".contains(c));
        assert!(
            ids.iter()
                .all(|id| id.strip_prefix("SPDXRef-").is_some_and(letters)),
            "{ids:?}"
        );
        assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len());
        for key in ["name", "versionInfo", "downloadLocation"] {
            assert!(texts(packages, key).iter().all(|text| !text.is_empty()), "{key}");
        }
        for package in packages.as_array().unwrap() {
            let reference = &package["externalRefs"][0];
            assert_eq!(reference["referenceCategory"], "PACKAGE-MANAGER");
            let purl = reference["referenceLocator"].as_str().unwrap();
            assert!(purl.starts_with("pkg:") && !purl.contains(['+', ' ']), "{purl}");
            let sum = package["checksums"][0]["checksumValue"].as_str();
            assert!(sum.is_none_or(|sum| sum.len() == 64), "{package}");
        }
        let relations = &document["relationships"];
        for end in ["spdxElementId", "relatedSpdxElement"] {
            assert!(texts(relations, end).iter().all(|id| ids.contains(id)), "{end}");
        }
    }
}
