//! Images: the programs' image is unpacked first, then those of the control plane are imported in the order in
//! which the start needs them, and all others beside the rest of the start.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result};
use futures::future::try_join_all;
use tokio::sync::watch;
use tokio::task::spawn_blocking;
use tokio::time::timeout;
use tracing::warn;

use super::Node;
use crate::content::folder::Folder;
use crate::content::import::{Destination, Importer};
use crate::content::reference::Reference;
use crate::content::registry::{Client, Registries, rewrites_without_containerd};
use crate::content::runtime::{self, Runtime};
use crate::content::source::Sources;
use crate::plan::Gate;
use crate::plan::images::Required;
use crate::status::{Cause, Stage};

/// The pause before an image is tried again grows from this …
const FIRST_PAUSE: Duration = Duration::from_secs(1);
/// … to this.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// By then a start is over, and the disk is free for what can wait.
const REST: Duration = Duration::from_secs(30);

/// References of the images that are in containerd.
pub(crate) struct Present(watch::Sender<BTreeSet<String>>);

impl Default for Present {
    fn default() -> Self {
        Self(watch::channel(BTreeSet::new()).0)
    }
}

impl Present {
    /// The image is in containerd.
    pub(crate) fn add(&self, reference: &str) {
        self.0.send_modify(|present| {
            present.insert(reference.to_owned());
        });
    }

    /// Waits for an image; `tell` hears once when it takes longer than `patience`.
    pub(crate) async fn wait(&self, reference: &str, patience: Duration, tell: impl FnOnce(Cause)) {
        let mut present = self.0.subscribe();
        let arrival = async {
            // The sender lives as long as we do.
            let _ = present.wait_for(|present| present.contains(reference)).await;
        };
        tokio::pin!(arrival);
        if timeout(patience, &mut arrival).await.is_err() {
            tell(Cause {
                cause: format!("its image {reference} is not imported yet"),
                remedy: None,
            });
            arrival.await;
        }
    }
}

/// Why images are not there yet, by name: the board has one line for all of them.
#[derive(Debug, Default)]
pub(crate) struct Troubles(Mutex<BTreeMap<String, String>>);

impl Troubles {
    /// What troubles all images, now that this is known of one; nothing when all are well.
    fn with(&self, image: &str, trouble: Option<String>) -> Option<String> {
        let mut troubles = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match trouble {
            Some(trouble) => troubles.insert(image.to_owned(), trouble),
            None => troubles.remove(image),
        };
        let all: Vec<&str> = troubles.values().map(String::as_str).collect();
        (!all.is_empty()).then(|| all.join("; "))
    }
}

/// Where images come from, and the programs' image unpacked.
pub(super) struct Content {
    runtime: Arc<Runtime>,
    importer: Importer,
    reference: Reference,
    pub(super) registries: Registries,
}

impl Content {
    /// The folder of the bundled charts.
    pub(super) fn charts(&self) -> PathBuf {
        self.runtime.charts()
    }
}

impl Node {
    /// Unpacks the programs and the charts of this very version.
    pub(super) async fn unpack(&self) -> Result<Content> {
        self.board.running(Stage::Content);
        let registries = Registries::read(&self.settings.registry.private_registry)?;
        for rewrite in rewrites_without_containerd(&registries) {
            warn!(
                rewrite,
                "pods pull without this rewrite: containerd knows none but a fixed prefix"
            );
        }
        let reference = self.runtime_image()?;
        let images = self.layout.images();
        fs_err::create_dir_all(&images)?;
        let sources = Sources {
            folder: Arc::new(Folder::new(images)),
            registry: Arc::new(Client::new(registries.clone())),
        };
        let runtime = runtime::prepare(&self.layout, &sources, &reference).await?;
        let destination = Destination {
            socket: &self.layout.containerd_socket(),
            root: &self.layout.containerd_root(),
            snapshotter: &self.settings.node.snapshotter,
        };
        let importer = Importer::new(destination, sources);
        self.board.done(Stage::Content);
        Ok(Content {
            runtime: Arc::new(runtime),
            importer,
            reference,
            registries,
        })
    }

    fn runtime_image(&self) -> Result<Reference> {
        let named = self.settings.registry.runtime_image.clone();
        let reference = named.unwrap_or_else(|| self.images.required(Required::Runtime));
        reference
            .parse()
            .with_context(|| format!("read the runtime image's name {reference}"))
    }

    /// Brings every image into containerd: those that the start needs first, in their order.
    pub(super) async fn import(&self, content: &Content) -> Result<()> {
        self.board.running(Stage::Images);
        let bring = |image| self.bring(content, self.images.required(image));
        try_join_all(Required::FOR_API_SERVER.map(bring)).await?;
        // The API server has the processors for itself while it loads its code; afterwards it mostly waits.
        self.gates.api_server_answers.wait().await;
        try_join_all(Required::AFTER_API_SERVER.map(bring)).await?;
        // No pod needs these before the controllers run.
        self.gates.passed(Gate::ApiServer).await;
        content.importer.import_rest(&content.reference).await?;
        self.board.done(Stage::Images);
        // Forcing the programs to the disk would only slow the start down, and so would blobs that no pod needs.
        tokio::time::sleep(REST).await;
        if let Err(error) = content.importer.complete(&content.reference).await {
            warn!(
                error = format!("{error:#}"),
                "layers not stored; images run but cannot be exported"
            );
        }
        let runtime = content.runtime.clone();
        let settled = spawn_blocking(move || runtime.settle())
            .await
            .context("settle the programs")?;
        if let Err(error) = settled {
            warn!(
                error = format!("{error:#}"),
                "programs not settled; a start after a power cut unpacks them again"
            );
        }
        Ok(())
    }

    /// Tries until it is there: a person may put the archive there, or the registry come back, meanwhile.
    async fn bring(&self, content: &Content, name: String) -> Result<()> {
        let reference: Reference = name
            .parse()
            .with_context(|| format!("read the image's name {name}"))?;
        let mut pause = FIRST_PAUSE;
        loop {
            let trouble = content.importer.ensure(&reference).await.err();
            self.tell_images(&name, trouble.as_ref());
            if trouble.is_none() {
                self.present.add(&name);
                return Ok(());
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// The board logs a cause once, however often it is told.
    fn tell_images(&self, name: &str, trouble: Option<&anyhow::Error>) {
        let trouble = trouble.map(|error| format!("{error:#}"));
        let Some(cause) = self.troubles.with(name, trouble) else {
            self.board.running(Stage::Images);
            return;
        };
        let remedy = format!(
            "put its archive into {}, or make its registry reachable",
            self.layout.images().display()
        );
        let remedy = Some(remedy);
        self.board.failed(Stage::Images, Cause { cause, remedy });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: Duration = Duration::from_millis(20);

    #[test]
    fn images_in_trouble_are_told_together_until_each_is_well() {
        let troubles = Troubles::default();
        let with = |image: &str, trouble: Option<&str>| troubles.with(image, trouble.map(str::to_owned));
        assert_eq!(with("a", Some("no a")).as_deref(), Some("no a"));
        assert_eq!(with("b", Some("no b")).as_deref(), Some("no a; no b"));
        assert_eq!(
            with("a", Some("no a")).as_deref(),
            Some("no a; no b"),
            "nothing new"
        );
        assert_eq!(with("a", None).as_deref(), Some("no b"));
        assert_eq!(with("b", None), None);
    }

    #[tokio::test]
    async fn who_waits_for_an_image_goes_on_when_it_comes_and_says_so_when_it_is_late() {
        let present = Present::default();
        present.add("a");
        present.wait("a", PATIENCE, |cause| panic!("{cause:?}")).await;
        let (told, ()) = tokio::join!(
            async {
                let mut told = None;
                present
                    .wait("b", PATIENCE, |cause| told = Some(cause.cause))
                    .await;
                told
            },
            async {
                tokio::time::sleep(PATIENCE * 2).await;
                present.add("b");
            }
        );
        assert_eq!(told.as_deref(), Some("its image b is not imported yet"));
    }
}
