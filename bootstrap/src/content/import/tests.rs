//! Against a real containerd, named by `BOWLINE_TEST_CONTAINERD` or built before by `cargo xtask bundle`.

use std::process::{Child, Command, Stdio};

use super::super::archive::Archive;
use super::super::archive::tests::{make_image, make_tar, write_archive};
use super::super::folder::Folder;
use super::super::registry::{Client, Registries};
use super::*;

const NAME: &str = "docker.io/library/hello:1";

struct Node {
    folder: tempfile::TempDir,
    containerd: Child,
}

impl Drop for Node {
    fn drop(&mut self) {
        self.containerd.kill().ok();
        self.containerd.wait().ok();
        nix::mount::umount(&self.folder.path().join("root")).ok();
    }
}

/// The program, so that a machine without one says so instead of passing.
fn program() -> PathBuf {
    if let Some(program) = std::env::var_os("BOWLINE_TEST_CONTAINERD") {
        return program.into();
    }
    let cache =
        PathBuf::from(std::env::var_os("HOME").expect("a home")).join(".cache/bowline/components/containerd");
    let mut builds = fs_err::read_dir(cache).expect("cargo xtask bundle builds containerd");
    builds
        .next()
        .expect("a build of containerd")
        .unwrap()
        .path()
        .join("containerd")
}

impl Node {
    fn start() -> Self {
        Self::start_in(Self::folder())
    }

    /// containerd may fill no more than 256 MiB.
    fn start_on_small_disk() -> Self {
        let folder = Self::folder();
        let root = folder.path().join("root");
        fs_err::create_dir(&root).unwrap();
        nix::mount::mount(
            Some("tmpfs"),
            &root,
            Some("tmpfs"),
            nix::mount::MsFlags::empty(),
            Some("size=256m"),
        )
        .unwrap();
        Self::start_in(folder)
    }

    fn folder() -> tempfile::TempDir {
        tempfile::Builder::new()
            .prefix("bowline-import-")
            .tempdir_in("/var/tmp")
            .unwrap()
    }

    fn start_in(folder: tempfile::TempDir) -> Self {
        let path = folder.path();
        let config = format!(
            "version = 3\nroot = '{0}/root'\nstate = '{0}/state'\ndisabled_plugins = ['io.containerd.grpc.v1.cri', \
             'io.containerd.cri.v1.images', 'io.containerd.cri.v1.runtime', 'io.containerd.internal.v1.opt']\n\
             [grpc]\naddress = '{0}/socket'\n[ttrpc]\naddress = '{0}/ttrpc'\n",
            path.display()
        );
        fs_err::write(path.join("config.toml"), config).unwrap();
        let log = fs_err::File::create(path.join("log")).unwrap().into_file();
        let containerd = Command::new(program())
            .args(["--config".into(), path.join("config.toml")])
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap();
        fs_err::create_dir(path.join("images")).unwrap();
        Self { folder, containerd }
    }

    fn images(&self) -> PathBuf {
        self.folder.path().join("images")
    }

    async fn importer(&self) -> Importer {
        let socket = self.folder.path().join("socket");
        while !socket.exists() {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        let registry = Client::new(Registries::default()).into();
        let sources = Sources {
            folder: Folder::new(self.images()).into(),
            registry,
        };
        let root = self.folder.path().join("root");
        Importer::new(
            Destination {
                socket: &socket,
                root: &root,
                snapshotter: "overlayfs",
            },
            sources,
        )
    }

    fn ctr(&self, arguments: &[&str]) -> String {
        let socket = self.folder.path().join("socket");
        let output = Command::new(program().with_file_name("ctr"))
            .args([
                "--address".as_ref(),
                socket.as_os_str(),
                "--namespace".as_ref(),
                "k8s.io".as_ref(),
            ])
            .args(arguments)
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8(output.stdout).unwrap()
    }
}

/// Two layers; the upper one takes a file of the lower one away.
fn put_hello(folder: &Path) -> Archive {
    let made = make_image(&[
        make_tar(&[("etc/gone", "old"), ("etc/kept", "kept")]),
        make_tar(&[("etc/.wh.gone", ""), ("etc/new", "new")]),
    ]);
    write_archive(folder, "hello.tar.zst", &make_tar(&made.entries(NAME)))
}

#[tokio::test]
#[ignore = "needs root and a built containerd"]
async fn an_imported_image_is_complete_and_is_not_imported_twice() {
    let node = Node::start();
    put_hello(&node.images());
    let importer = node.importer().await;
    let reference: Reference = NAME.parse().unwrap();
    let (first, second) = tokio::join!(importer.ensure(&reference), importer.ensure(&reference));
    first.unwrap();
    second.unwrap();
    importer.complete(&"none".parse().unwrap()).await.unwrap();

    let check = node.ctr(&["images", "check"]);
    let line = check.lines().find(|line| line.starts_with(NAME)).unwrap();
    assert!(line.contains("complete") && line.contains("true"), "{check}");
    let mounted = node.folder.path().join("mounted");
    fs_err::create_dir(&mounted).unwrap();
    node.ctr(&["images", "mount", NAME, mounted.to_str().unwrap()]);
    let names: Vec<_> = fs_err::read_dir(mounted.join("etc"))
        .unwrap()
        .map(|e| e.unwrap().file_name())
        .collect();
    node.ctr(&["images", "unmount", mounted.to_str().unwrap()]);
    assert!(names.len() == 2 && !names.contains(&"gone".into()), "{names:?}");

    // Nothing but the head of the archive is left to read.
    let archive = node.images().join("hello.tar.zst");
    let plain = zstd::decode_all(&fs_err::read(&archive).unwrap()[..]).unwrap();
    fs_err::write(&archive, zstd::encode_all(&plain[..4096], 1).unwrap()).unwrap();
    node.importer().await.ensure(&reference).await.unwrap();
}

#[tokio::test]
#[ignore = "needs root and a built containerd"]
async fn what_is_collected_later_spares_imported_images() {
    let node = Node::start();
    put_hello(&node.images());
    let importer = node.importer().await;
    importer.import_rest(&"none".parse().unwrap()).await.unwrap();
    importer.complete(&"none".parse().unwrap()).await.unwrap();
    // Deleting an image synchronously runs the collector.
    node.ctr(&["images", "tag", NAME, "docker.io/library/other:1"]);
    node.ctr(&["images", "rm", "--sync", "docker.io/library/other:1"]);
    let check = node.ctr(&["images", "check"]);
    assert!(
        check
            .lines()
            .any(|line| line.starts_with(NAME) && line.contains("complete (3/3)")),
        "{check}"
    );
    assert_eq!(node.ctr(&["snapshots", "ls"]).lines().count(), 3);
}

#[tokio::test]
#[ignore = "needs root and a built containerd"]
async fn a_tampered_layer_leaves_no_image() {
    let node = Node::start();
    let archive = put_hello(&node.images());
    let mut plain = zstd::decode_all(&fs_err::read(archive.path()).unwrap()[..]).unwrap();
    let layer = plain
        .windows(4)
        .position(|window| window == b"\x28\xb5\x2f\xfd")
        .unwrap();
    plain[layer + 20] ^= 1;
    fs_err::write(archive.path(), zstd::encode_all(&plain[..], 1).unwrap()).unwrap();
    let error = node
        .importer()
        .await
        .ensure(&NAME.parse().unwrap())
        .await
        .unwrap_err();
    assert!(format!("{error:#}").contains("tampered"), "{error:#}");
    assert!(!node.ctr(&["images", "ls", "-q"]).contains("hello"));
}

#[tokio::test]
#[ignore = "needs root and a built containerd"]
async fn a_layer_that_would_fill_the_disk_is_refused_wherever_it_stands() {
    let node = Node::start_on_small_disk();
    let zeros = vec![0; 100 << 20];
    let small = make_tar(&[("small", "small")]);
    let plain = make_tar(&[("zeros", &zeros)]);
    // Not plain, so containerd would unpack it.
    let special = make_tar(&[(".wh.gone", &Vec::new()), ("zeros", &zeros)]);
    let images = [
        ("lowest", vec![plain.clone()]),
        ("special", vec![special]),
        ("second", vec![small, plain]),
    ];
    for (name, layers) in &images {
        let entries = make_image(layers).entries(&format!("docker.io/library/{name}:1"));
        write_archive(&node.images(), &format!("{name}.tar.zst"), &make_tar(&entries));
    }
    let importer = node.importer().await;
    for (name, _) in &images {
        let reference: Reference = format!("docker.io/library/{name}:1").parse().unwrap();
        let error = importer.ensure(&reference).await.unwrap_err();
        assert!(
            format!("{error:#}").contains("unpacks to more than"),
            "{name}: {error:#}"
        );
        let free = disk::free(&node.folder.path().join("root")).unwrap();
        assert!(free > 250 << 20, "{name}: {free} bytes are free");
    }
    assert_eq!(node.ctr(&["images", "ls", "-q"]), "");
}

#[tokio::test]
#[ignore = "needs root and a built containerd"]
async fn a_snapshot_torn_by_a_power_cut_is_written_again() {
    let node = Node::start();
    let made = make_image(&[make_tar(&[("etc/kept", "kept")])]);
    write_archive(&node.images(), "hello.tar.zst", &make_tar(&made.entries(NAME)));
    let importer = node.importer().await;
    let reference: Reference = NAME.parse().unwrap();
    importer.ensure(&reference).await.unwrap();
    let snapshot = made.diff_ids[0].to_string();
    assert!(
        importer
            .containerd
            .snapshot(&snapshot)
            .await
            .unwrap()
            .unwrap()
            .contains_key("bowline.dev/unsynced")
    );

    // As a power cut would leave it: recorded, labelled by the boot before, and empty.
    let label = ("bowline.dev/unsynced".to_owned(), "before".to_owned());
    importer
        .containerd
        .label_snapshot(&snapshot, label)
        .await
        .unwrap();
    let file = node
        .folder
        .path()
        .join("root/io.containerd.snapshotter.v1.overlayfs/snapshots/1/fs/etc/kept");
    fs_err::write(&file, "").unwrap();
    importer.ensure(&reference).await.unwrap();
    assert_eq!(fs_err::read_to_string(&file).unwrap(), "kept");

    importer.complete(&"none".parse().unwrap()).await.unwrap();
    assert!(
        !importer
            .containerd
            .snapshot(&snapshot)
            .await
            .unwrap()
            .unwrap()
            .contains_key("bowline.dev/unsynced")
    );
    assert!(node.ctr(&["images", "check"]).contains("complete (2/2)"));
}
