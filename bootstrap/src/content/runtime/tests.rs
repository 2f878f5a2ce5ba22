//! The whole way from an archive to programs on disk.

use super::super::archive::tests::{make_image, make_tar, write_archive};
use super::super::folder::Folder;
use super::super::registry::{Client, Registries};
use super::*;

/// A registry that nobody runs.
const REFERENCE: &str = "127.0.0.1:1/bowline/runtime:v1";

struct Node {
    data: tempfile::TempDir,
    layout: Layout,
}

impl Node {
    fn new() -> Self {
        let data = tempfile::tempdir().unwrap();
        let layout = Layout::new(data.path());
        fs_err::create_dir_all(layout.images()).unwrap();
        Self { data, layout }
    }

    /// Puts an archive of a runtime image there whose kubelet holds `content`.
    fn put(&self, content: &str) -> PathBuf {
        let made = make_image(&[
            make_tar(&[
                ("bin/kubelet", content),
                ("bin/runc", "runc"),
                ("charts/coredns.yaml", "old"),
            ]),
            make_tar(&[("charts/coredns.yaml", "chart")]),
        ]);
        let tar = make_tar(&made.entries(REFERENCE));
        write_archive(&self.layout.images(), "bowline-runtime.tar.zst", &tar)
            .path()
            .to_owned()
    }

    async fn prepare(&self) -> Result<Runtime> {
        let sources = Sources {
            folder: Folder::new(self.layout.images()).into(),
            registry: Client::new(Registries::default()).into(),
        };
        prepare(&self.layout, &sources, &REFERENCE.parse().unwrap()).await
    }

    fn kubelet(&self) -> String {
        fs_err::read_to_string(self.layout.program("kubelet")).unwrap()
    }

    fn contents(&self) -> Vec<String> {
        let entries = fs_err::read_dir(self.layout.contents()).unwrap();
        entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect()
    }
}

#[tokio::test]
async fn programs_and_charts_come_out_of_an_archive() {
    let node = Node::new();
    node.put("one");
    let runtime = node.prepare().await.unwrap();
    assert_eq!(node.kubelet(), "one");
    assert_eq!(
        fs_err::read_to_string(runtime.charts().join("coredns.yaml")).unwrap(),
        "chart"
    );
    assert_eq!(node.contents(), [format!("v1-{}", &runtime.digest().hex()[..12])]);
}

#[tokio::test]
async fn what_is_there_is_not_read_again() {
    let node = Node::new();
    let archive = node.put("one");
    node.prepare().await.unwrap().settle().unwrap();
    // Only the head of the archive is left: the layers cannot be read any more.
    let plain = zstd::decode_all(&fs_err::read(&archive).unwrap()[..]).unwrap();
    fs_err::write(&archive, zstd::encode_all(&plain[..4096], 1).unwrap()).unwrap();
    node.prepare().await.unwrap();
    fs_err::remove_file(&archive).unwrap();
    node.prepare().await.unwrap();
    assert_eq!(node.kubelet(), "one");
}

#[tokio::test]
async fn a_new_image_keeps_the_one_before_and_no_older() {
    let node = Node::new();
    for content in ["one", "two", "three"] {
        node.put(content);
        node.prepare().await.unwrap().settle().unwrap();
        node.prepare().await.unwrap().settle().unwrap();
        assert_eq!(node.kubelet(), content);
    }
    assert_eq!(node.contents().len(), 2);
}

#[tokio::test]
async fn a_folder_damaged_since_is_unpacked_again() {
    let node = Node::new();
    node.put("one");
    node.prepare().await.unwrap();
    fs_err::write(node.layout.program("kubelet"), "").unwrap();
    node.prepare().await.unwrap().settle().unwrap();
    assert_eq!(node.kubelet(), "one");
    assert_eq!(node.contents().len(), 1);
}

#[tokio::test]
async fn a_folder_that_was_not_sealed_before_a_power_cut_is_unpacked_again() {
    let node = Node::new();
    node.put("one");
    let runtime = node.prepare().await.unwrap();
    let marker = runtime.folder.join(".extracted");
    let text = fs_err::read_to_string(&marker).unwrap();
    let mut value: serde_json::Value = serde_json::from_str(&text).unwrap();
    value["boot"] = "another".into();
    fs_err::write(&marker, value.to_string()).unwrap();
    assert!(unpacked::complete(&runtime.folder).is_none());

    node.prepare().await.unwrap().settle().unwrap();
    assert!(unpacked::complete(&runtime.folder).unwrap().is_sealed());
}

#[tokio::test]
async fn a_tampered_layer_leaves_nothing_behind() {
    let node = Node::new();
    let archive = node.put("one");
    let mut plain = zstd::decode_all(&fs_err::read(&archive).unwrap()[..]).unwrap();
    let needle = b"\x28\xb5\x2f\xfd";
    let layer = plain.windows(4).position(|window| window == needle).unwrap();
    plain[layer + 30] ^= 1;
    fs_err::write(&archive, zstd::encode_all(&plain[..], 1).unwrap()).unwrap();
    let error = node.prepare().await.unwrap_err();
    let (message, archive) = (format!("{error:#}"), archive.display().to_string());
    assert!(
        message.contains("unpack the runtime image") && message.contains(&archive),
        "{message}"
    );
    assert!(node.contents().is_empty());
    assert!(!node.layout.bin().exists());
}

#[tokio::test]
async fn an_image_that_is_nowhere_is_named_with_the_place_and_the_file() {
    let node = Node::new();
    let message = format!("{:#}", node.prepare().await.unwrap_err());
    for part in [
        REFERENCE,
        "agent/images",
        "bowline-runtime.tar.zst",
        "127.0.0.1:1",
    ] {
        assert!(message.contains(part), "{message}");
    }
    assert!(!node.data.path().join("data").exists());
}
