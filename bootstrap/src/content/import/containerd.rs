//! containerd's gRPC services as few verbs on content, snapshots and images, all in the CRI's namespace.

use std::collections::HashMap;
use std::path::Path;
use std::time::{Duration, SystemTime};

use anyhow::{Context as _, Result, anyhow};
use containerd_client::services::v1::content_client::ContentClient;
use containerd_client::services::v1::diff_client::DiffClient;
use containerd_client::services::v1::images_client::ImagesClient;
use containerd_client::services::v1::leases_client::LeasesClient;
use containerd_client::services::v1::snapshots::snapshots_client::SnapshotsClient;
use containerd_client::services::v1::snapshots::{
    self, CommitSnapshotRequest, PrepareSnapshotRequest, RemoveSnapshotRequest, StatSnapshotRequest,
    UpdateSnapshotRequest, ViewSnapshotRequest,
};
use containerd_client::services::v1::{
    ApplyRequest, CreateImageRequest, CreateRequest, DeleteRequest, GetImageRequest, Image as ImageRecord,
    Info, InfoRequest, UpdateImageRequest, UpdateRequest,
};
use containerd_client::types;
use hyper_util::rt::TokioIo;
use prost_types::FieldMask;
use tonic::metadata::{Ascii, MetadataValue};
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Request, Response, Status};

use super::super::digest::Digest;
use super::super::image::Descriptor;

const NAMESPACE: &str = "k8s.io";
/// The CRI shows images with this label at once; others it labels itself first.
const CRI_LABEL: (&str, &str) = ("io.cri-containerd.image", "managed");
/// Where a killed start leaves things: containerd collects them by itself after this time.
const LEASE_TIME: Duration = Duration::from_hours(24);

pub(super) type Labels = HashMap<String, String>;

/// A connection that opens when it is first used.
#[derive(Clone, Debug)]
pub(super) struct Containerd {
    pub(super) channel: Channel,
    snapshotter: String,
    /// What is made under it stays until it is released.
    lease: Option<MetadataValue<Ascii>>,
}

impl Containerd {
    /// To the containerd that listens, or will listen, on `socket`.
    pub(super) fn new(socket: &Path, snapshotter: &str) -> Self {
        let socket = socket.to_owned();
        // The address is not used: the connector knows where to go.
        let channel = Endpoint::from_static("http://containerd").connect_with_connector_lazy(
            tower::service_fn(move |_| {
                let socket = socket.clone();
                async move {
                    Ok::<_, std::io::Error>(TokioIo::new(tokio::net::UnixStream::connect(socket).await?))
                }
            }),
        );
        Self {
            channel,
            snapshotter: snapshotter.to_owned(),
            lease: None,
        }
    }

    /// The same, with a lease that keeps half-imported images from being collected.
    pub(super) async fn leased(&self) -> Result<Self> {
        let id = format!("bowline-import-{}", unique());
        let lease = id.parse().context("name a lease")?;
        let expiry = jiff::Timestamp::try_from(SystemTime::now() + LEASE_TIME)?.to_string();
        let labels = Labels::from([("containerd.io/gc.expire".to_owned(), expiry)]);
        let created = LeasesClient::new(self.channel.clone())
            .create(self.request(CreateRequest { id, labels }))
            .await;
        created
            .map_err(|status| explained(&status))
            .context("create a lease in containerd")?;
        Ok(Self {
            lease: Some(lease),
            ..self.clone()
        })
    }

    /// Gives the lease up; `collect` takes away at once what nothing else keeps.
    pub(super) async fn release(self, collect: bool) -> Result<()> {
        let Some(id) = self.lease.as_ref().and_then(|lease| lease.to_str().ok()) else {
            return Ok(());
        };
        let message = DeleteRequest {
            id: id.to_owned(),
            sync: collect,
        };
        let deleted = LeasesClient::new(self.channel.clone())
            .delete(self.request(message))
            .await;
        accept(deleted, Code::NotFound)
            .context("delete a lease in containerd")
            .map(drop)
    }

    /// What the image record `name` points to.
    pub(super) async fn image_target(&self, name: &str) -> Result<Option<Digest>> {
        let message = GetImageRequest {
            name: name.to_owned(),
        };
        let found = ImagesClient::new(self.channel.clone())
            .get(self.request(message))
            .await;
        let found =
            accept(found, Code::NotFound).with_context(|| format!("ask containerd for image {name}"))?;
        let target = found
            .and_then(|response| response.into_inner().image)
            .and_then(|image| image.target);
        Ok(target.and_then(|target| target.digest.parse().ok()))
    }

    /// Points the image record `name` to `target`, and lets the CRI see it.
    pub(super) async fn put_image(&self, name: &str, target: &Descriptor) -> Result<()> {
        let (key, value) = CRI_LABEL;
        let image = ImageRecord {
            name: name.to_owned(),
            labels: [(key.to_owned(), value.to_owned())].into(),
            target: Some(wire(target)),
            ..ImageRecord::default()
        };
        let mut client = ImagesClient::new(self.channel.clone());
        let message = CreateImageRequest {
            image: Some(image.clone()),
            source_date_epoch: None,
        };
        let created = client.create(self.request(message)).await;
        let context = || format!("create image {name} in containerd");
        if accept(created, Code::AlreadyExists)
            .with_context(context)?
            .is_none()
        {
            let paths = vec!["target".to_owned(), format!("labels.{key}")];
            let update_mask = Some(FieldMask { paths });
            let message = UpdateImageRequest {
                image: Some(image),
                update_mask,
                source_date_epoch: None,
            };
            client
                .update(self.request(message))
                .await
                .map_err(|status| explained(&status))
                .with_context(context)?;
        }
        Ok(())
    }

    /// Whether the content store holds a blob.
    pub(super) async fn has_content(&self, digest: Digest) -> Result<bool> {
        let message = InfoRequest {
            digest: digest.to_string(),
        };
        let found = ContentClient::new(self.channel.clone())
            .info(self.request(message))
            .await;
        Ok(accept(found, Code::NotFound)
            .with_context(|| format!("ask containerd for {digest}"))?
            .is_some())
    }

    /// Sets labels of content that is there.
    pub(super) async fn label(&self, digest: Digest, labels: Labels) -> Result<()> {
        // An empty mask would mean all labels.
        if labels.is_empty() {
            return Ok(());
        }
        let paths = labels.keys().map(|key| format!("labels.{key}")).collect();
        let info = Info {
            digest: digest.to_string(),
            labels,
            ..Info::default()
        };
        let message = UpdateRequest {
            info: Some(info),
            update_mask: Some(FieldMask { paths }),
        };
        let updated = ContentClient::new(self.channel.clone())
            .update(self.request(message))
            .await;
        updated
            .map_err(|status| explained(&status))
            .with_context(|| format!("label {digest} in containerd"))
            .map(drop)
    }

    /// The labels of the committed snapshot of this name, if it is there.
    pub(super) async fn snapshot(&self, name: &str) -> Result<Option<Labels>> {
        let message = StatSnapshotRequest {
            snapshotter: self.snapshotter.clone(),
            key: name.to_owned(),
        };
        let found = SnapshotsClient::new(self.channel.clone())
            .stat(self.request(message))
            .await;
        let found = accept(found, Code::NotFound).context("ask containerd for a snapshot")?;
        Ok(found.map(|response| {
            response
                .into_inner()
                .info
                .map(|info| info.labels)
                .unwrap_or_default()
        }))
    }

    /// Sets one label of a snapshot.
    pub(super) async fn label_snapshot(&self, name: &str, (key, value): (String, String)) -> Result<()> {
        let update_mask = Some(FieldMask {
            paths: vec![format!("labels.{key}")],
        });
        let info = snapshots::Info {
            name: name.to_owned(),
            labels: [(key, value)].into(),
            ..snapshots::Info::default()
        };
        let message = UpdateSnapshotRequest {
            snapshotter: self.snapshotter.clone(),
            info: Some(info),
            update_mask,
        };
        let updated = SnapshotsClient::new(self.channel.clone())
            .update(self.request(message))
            .await;
        updated
            .map_err(|status| explained(&status))
            .context("label a snapshot in containerd")
            .map(drop)
    }

    /// A view of a committed snapshot.
    pub(super) async fn view(&self, key: &str, chain: &str) -> Result<Vec<types::Mount>> {
        let message = ViewSnapshotRequest {
            snapshotter: self.snapshotter.clone(),
            key: key.to_owned(),
            parent: chain.to_owned(),
            labels: Labels::new(),
        };
        let viewed = SnapshotsClient::new(self.channel.clone())
            .view(self.request(message))
            .await;
        let viewed = viewed
            .map_err(|status| explained(&status))
            .context("view a snapshot in containerd")?;
        Ok(viewed.into_inner().mounts)
    }

    /// A writable snapshot over `parent`; none if `chain` has been committed meanwhile.
    pub(super) async fn prepare(
        &self,
        key: &str,
        parent: &str,
        chain: &str,
    ) -> Result<Option<Vec<types::Mount>>> {
        let message = PrepareSnapshotRequest {
            snapshotter: self.snapshotter.clone(),
            key: key.to_owned(),
            parent: parent.to_owned(),
            labels: snapshot_labels(chain),
        };
        let prepared = SnapshotsClient::new(self.channel.clone())
            .prepare(self.request(message))
            .await;
        let prepared = accept(prepared, Code::AlreadyExists).context("prepare a snapshot in containerd")?;
        Ok(prepared.map(|response| response.into_inner().mounts))
    }

    /// Unpacks a layer into a prepared snapshot. Returns the digest of the plain tar.
    pub(super) async fn apply(&self, layer: &Descriptor, mounts: Vec<types::Mount>) -> Result<Digest> {
        let message = ApplyRequest {
            diff: Some(wire(layer)),
            mounts,
            ..ApplyRequest::default()
        };
        let applied = DiffClient::new(self.channel.clone())
            .apply(self.request(message))
            .await;
        let applied = applied
            .map_err(|status| explained(&status))
            .with_context(|| format!("unpack layer {}", layer.digest))?;
        let applied = applied
            .into_inner()
            .applied
            .context("containerd does not say what it unpacked")?;
        Ok(applied.digest.parse()?)
    }

    /// Gives a prepared snapshot its name for good.
    pub(super) async fn commit(&self, key: &str, chain: &str, labels: Labels) -> Result<()> {
        let message = CommitSnapshotRequest {
            snapshotter: self.snapshotter.clone(),
            name: chain.to_owned(),
            key: key.to_owned(),
            labels: snapshot_labels(chain).into_iter().chain(labels).collect(),
        };
        let committed = SnapshotsClient::new(self.channel.clone())
            .commit(self.request(message))
            .await;
        if accept(committed, Code::AlreadyExists)
            .context("commit a snapshot in containerd")?
            .is_none()
        {
            self.remove_snapshot(key).await?;
        }
        Ok(())
    }

    /// Takes a prepared snapshot away.
    pub(super) async fn remove_snapshot(&self, key: &str) -> Result<()> {
        let message = RemoveSnapshotRequest {
            snapshotter: self.snapshotter.clone(),
            key: key.to_owned(),
        };
        let removed = SnapshotsClient::new(self.channel.clone())
            .remove(self.request(message))
            .await;
        accept(removed, Code::NotFound)
            .context("remove a snapshot in containerd")
            .map(drop)
    }

    /// The label that makes a config keep the image's snapshots.
    pub(super) fn snapshot_reference(&self) -> String {
        format!("containerd.io/gc.ref.snapshot.{}", self.snapshotter)
    }

    /// Every request carries the namespace and, so that all it makes is kept, the lease.
    pub(super) fn request<T>(&self, message: T) -> Request<T> {
        let mut request = Request::new(message);
        request
            .metadata_mut()
            .insert("containerd-namespace", MetadataValue::from_static(NAMESPACE));
        if let Some(lease) = &self.lease {
            request.metadata_mut().insert("containerd-lease", lease.clone());
        }
        request
    }
}

/// A name that no other process and no earlier start has used.
pub(super) fn unique() -> String {
    use std::sync::atomic::{AtomicU64, Ordering};
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let now = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default();
    format!(
        "{}-{}-{}",
        std::process::id(),
        now.as_nanos(),
        COUNT.fetch_add(1, Ordering::Relaxed)
    )
}

/// A descriptor as containerd's services take it.
fn wire(descriptor: &Descriptor) -> types::Descriptor {
    types::Descriptor {
        media_type: descriptor.media_type.clone(),
        digest: descriptor.digest.to_string(),
        size: i64::try_from(descriptor.size).unwrap_or(i64::MAX),
        annotations: HashMap::new(),
    }
}

fn snapshot_labels(chain: &str) -> Labels {
    [("containerd.io/snapshot.ref".to_owned(), chain.to_owned())].into()
}

/// An answer, or none if the service said `expected`.
fn accept<T>(answer: Result<Response<T>, Status>, expected: Code) -> Result<Option<Response<T>>> {
    match answer {
        Ok(response) => Ok(Some(response)),
        Err(status) if status.code() == expected => Ok(None),
        Err(status) => Err(explained(&status)),
    }
}

/// A status in a person's words.
pub(super) fn explained(status: &Status) -> anyhow::Error {
    match status.code() {
        Code::Unavailable => anyhow!("containerd does not answer: {}", status.message()),
        _ => anyhow!("{}", status.message()),
    }
}
