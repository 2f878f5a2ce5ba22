use serde_json::{Value, json};

use super::*;

fn add(documents: &mut Documents, value: &Value) -> Value {
    let bytes = Bytes::from(value.to_string());
    let digest = Digest::of(&bytes);
    let size = bytes.len();
    documents.insert(digest, bytes);
    json!({ "mediaType": "", "digest": digest, "size": size })
}

fn layer(name: &str) -> Value {
    json!({ "mediaType": "application/vnd.oci.image.layer.v1.tar", "digest": Digest::of(name.as_bytes()), "size": 7 })
}

fn descriptor(value: &Value) -> Descriptor {
    serde_json::from_value(value.clone()).unwrap()
}

fn manifest(documents: &mut Documents, architecture: &str) -> Value {
    let diff_ids = [Digest::of(b"1"), Digest::of(b"2")];
    let config = json!({ "os": "linux", "architecture": architecture, "rootfs": { "diff_ids": diff_ids } });
    let config = add(documents, &config);
    add(
        documents,
        &json!({ "config": config, "layers": [layer("a"), layer("b")] }),
    )
}

#[test]
fn an_index_leads_to_the_image_of_this_machine() {
    let mut documents = Documents::new();
    let mut foreign = manifest(&mut documents, "s390x");
    foreign["platform"] = json!({ "os": "linux", "architecture": "s390x" });
    let mut ours = manifest(&mut documents, architecture());
    let mut special = ours.clone();
    special["platform"] = json!({ "os": "linux", "architecture": architecture(), "variant": "v9" });
    ours["platform"] = json!({ "os": "linux", "architecture": architecture() });
    let index = add(&mut documents, &json!({ "manifests": [foreign, special, ours] }));

    let Resolved::Image(image) = resolve("x", &descriptor(&index), &documents).unwrap() else {
        panic!("all documents are there")
    };
    assert_eq!(image.target, descriptor(&index));
    assert_eq!(image.manifest, descriptor(&ours).digest);
    assert_eq!(image.layers_size(), 14);
    assert_eq!(image.documents.len(), 3);
    assert_eq!(image.documents[1].children.len(), 3);
    assert_eq!(image.documents[2].children, [descriptor(&ours)]);
}

#[test]
fn what_is_missing_is_asked_for_step_by_step() {
    let mut all = Documents::new();
    let target = descriptor(&manifest(&mut all, architecture()));
    let mut known = Documents::new();
    let mut asked = 0;
    while let Resolved::Needs(needed) = resolve("x", &target, &known).unwrap() {
        known.insert(needed.digest, all[&needed.digest].clone());
        asked += 1;
    }
    assert_eq!(asked, 2);
}

#[test]
fn images_of_other_machines_are_refused() {
    let mut documents = Documents::new();
    let target = descriptor(&manifest(&mut documents, "s390x"));
    let error = resolve("x", &target, &documents).unwrap_err().to_string();
    assert!(error.contains("linux/s390x"), "{error}");
}

#[test]
fn an_index_that_is_also_a_manifest_is_refused() {
    let mut documents = Documents::new();
    let config = add(&mut documents, &json!({}));
    let both = json!({ "manifests": [], "config": config, "layers": [] });
    let both = add(&mut documents, &both);
    let error = resolve("x", &descriptor(&both), &documents).unwrap_err();
    assert!(matches!(error, InvalidImage::Ambiguous { .. }));
}

#[test]
fn layers_without_a_diff_id_are_refused() {
    let mut documents = Documents::new();
    let config = json!({ "os": "linux", "architecture": architecture(), "rootfs": { "diff_ids": null } });
    let config = add(&mut documents, &config);
    let target = add(
        &mut documents,
        &json!({ "config": config, "layers": [layer("a")] }),
    );
    let error = resolve("x", &descriptor(&target), &documents)
        .unwrap_err()
        .to_string();
    assert!(error.contains("number of layers"), "{error}");
}

#[test]
fn a_document_of_a_wrong_or_absurd_size_is_refused() {
    let mut documents = Documents::new();
    let mut target = descriptor(&manifest(&mut documents, architecture()));
    target.size += 1;
    assert!(resolve("x", &target, &documents).is_err());
    target.size = u64::MAX;
    assert!(matches!(
        resolve("x", &target, &documents),
        Err(InvalidImage::TooLarge { .. })
    ));
}

#[test]
fn chain_ids_are_those_of_the_image_specification() {
    let layers = ["1", "2"].map(|name| Layer {
        blob: descriptor(&layer(name)),
        diff_id: Digest::of(name.as_bytes()),
    });
    let [first, second] = chain_ids(&layers)[..] else {
        panic!("two layers")
    };
    assert_eq!(first, Digest::of(b"1"));
    assert_eq!(
        second,
        Digest::of(format!("{} {}", Digest::of(b"1"), Digest::of(b"2")).as_bytes())
    );
}
