//! Manifests and blobs, from the first endpoint that has them.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow};
use bytes::Bytes;
use reqwest::StatusCode;
use reqwest::header::CONTENT_TYPE;
use tokio::sync::mpsc::Sender;

use super::super::blobs::{Blobs, Outgoing, Stopped, Wanted, cut_short};
use super::super::digest::{Digest, Hasher, Mismatch};
use super::super::image::{self, Descriptor, Documents, Image, MAX_DOCUMENT, Resolved};
use super::super::reference::Reference;
use super::failure::{Cause, Failure};
use super::settings::Endpoint;
use super::{Client, Question, body};

const MANIFESTS: &str = "application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json, \
     application/vnd.docker.distribution.manifest.list.v2+json, application/vnd.docker.distribution.manifest.v2+json";
const ANYTHING: &str = "*/*";
/// Tries for one thing at one endpoint, and the wait after the first.
const TRIES: u32 = 4;
const FIRST_WAIT: Duration = Duration::from_millis(300);

/// An image that a registry has; its layers are still there.
#[derive(Clone, Debug)]
pub(crate) struct Pulled {
    pub(crate) image: Image,
    endpoint: Endpoint,
}

impl Pulled {
    /// The host that has it.
    pub(crate) fn host(&self) -> &str {
        &self.endpoint.host
    }
}

impl Client {
    /// Finds an image and reads all but its layers.
    pub(crate) async fn image(&self, reference: &Reference) -> Result<Pulled> {
        let mut failures: Vec<Failure> = Vec::new();
        for endpoint in self.registries.endpoints(reference)? {
            match self.image_at(&endpoint, reference).await {
                Ok(image) => return Ok(Pulled { image, endpoint }),
                Err(cause) => failures.push(Failure {
                    host: endpoint.host,
                    cause,
                }),
            }
        }
        let failures: Vec<String> = failures.iter().map(ToString::to_string).collect();
        Err(anyhow!("cannot pull {reference}: {}", failures.join("; ")))
    }

    /// Fetches layers of a pulled image.
    pub(crate) fn blobs(self: &Arc<Self>, pulled: &Pulled, wanted: Wanted) -> Blobs {
        let (client, endpoint, name) = (self.clone(), pulled.endpoint.clone(), pulled.image.name.clone());
        Blobs::of(async move |outgoing| {
            for (digest, size) in wanted {
                client
                    .send_blob(&endpoint, (digest, size), &outgoing)
                    .await
                    .with_context(|| format!("pull {digest} of {name}"))?;
            }
            Ok(())
        })
    }

    async fn image_at(&self, endpoint: &Endpoint, reference: &Reference) -> Result<Image, Cause> {
        let path = format!("manifests/{}", reference.version());
        let (media_type, bytes) = self.document(endpoint, &path).await?;
        let digest = Digest::of(&bytes);
        if reference.digest.is_some_and(|expected| expected != digest) {
            return Err(Cause::Answer(format!("{path} has the digest {digest}")));
        }
        let target = Descriptor {
            media_type,
            digest,
            size: bytes.len() as u64,
            annotations: std::collections::BTreeMap::new(),
            platform: None,
        };
        let mut documents = Documents::from([(digest, bytes)]);
        loop {
            let step = image::resolve(&reference.to_string(), &target, &documents);
            match step.map_err(|error| Cause::Answer(error.to_string()))? {
                Resolved::Image(image) => return Ok(*image),
                Resolved::Needs(Descriptor {
                    digest, media_type, ..
                }) => {
                    let is_manifest = media_type.contains("manifest") || media_type.contains("index");
                    let path = format!("{}/{digest}", if is_manifest { "manifests" } else { "blobs" });
                    let (_, bytes) = self.document(endpoint, &path).await?;
                    if Digest::of(&bytes) != digest {
                        return Err(Cause::Answer(format!(
                            "{path} has other content than its digest says"
                        )));
                    }
                    documents.insert(digest, bytes);
                }
            }
        }
    }

    /// A manifest or config, and its media type.
    async fn document(&self, endpoint: &Endpoint, path: &str) -> Result<(String, Bytes), Cause> {
        let accept = if path.starts_with("manifests/") {
            MANIFESTS
        } else {
            ANYTHING
        };
        let mut tries = Tries::default();
        loop {
            let answer = async {
                let response = self
                    .ask(
                        endpoint,
                        Question {
                            path,
                            accept,
                            from: 0,
                        },
                    )
                    .await?;
                let media_type = response
                    .headers()
                    .get(CONTENT_TYPE)
                    .and_then(|value| value.to_str().ok());
                let media_type = media_type
                    .and_then(|text| text.split(';').next())
                    .unwrap_or_default()
                    .to_owned();
                Ok((media_type, Bytes::from(body(response, MAX_DOCUMENT).await?)))
            };
            match answer.await {
                Err(cause) => tries.again(cause).await?,
                found => return found,
            }
        }
    }

    async fn send_blob(
        &self,
        endpoint: &Endpoint,
        (digest, size): (Digest, u64),
        outgoing: &Outgoing,
    ) -> Result<()> {
        let chunks = outgoing.begin(digest).await?;
        let mut hasher = Hasher::default();
        let sent = self
            .send_whole(endpoint, (digest, size), (&mut hasher, &chunks))
            .await;
        let verdict = sent.and_then(|()| match hasher.finish() {
            found if found == digest => Ok(()),
            found => Err(Mismatch::Digest {
                expected: digest,
                found,
            }
            .into()),
        });
        if verdict.is_err() {
            let stop = io::Error::from(io::ErrorKind::InvalidData);
            chunks.send(Err(cut_short(&stop))).await.ok();
        }
        verdict
    }

    /// Goes on where the connection broke off.
    async fn send_whole(
        &self,
        endpoint: &Endpoint,
        (digest, size): (Digest, u64),
        (hasher, chunks): (&mut Hasher, &Sender<io::Result<Bytes>>),
    ) -> Result<()> {
        let path = format!("blobs/{digest}");
        let mut tries = Tries::default();
        loop {
            let from = hasher.length();
            match self.send_rest(endpoint, (&path, size), (hasher, chunks)).await {
                Ok(Ok(())) => return Ok(()),
                Ok(Err(cause)) => {
                    if hasher.length() > from {
                        tries = Tries::default();
                    }
                    let failed = tries.again(cause).await;
                    failed.map_err(|cause| Failure {
                        host: endpoint.host.clone(),
                        cause,
                    })?;
                }
                Err(Stopped) => return Err(Stopped.into()),
            }
        }
    }

    async fn send_rest(
        &self,
        endpoint: &Endpoint,
        (path, size): (&str, u64),
        (hasher, chunks): (&mut Hasher, &Sender<io::Result<Bytes>>),
    ) -> Result<Result<(), Cause>, Stopped> {
        let from = hasher.length();
        if from == size {
            return Ok(Ok(()));
        }
        let mut response = match self
            .ask(
                endpoint,
                Question {
                    path,
                    accept: ANYTHING,
                    from,
                },
            )
            .await
        {
            Ok(response) => response,
            Err(cause) => return Ok(Err(cause)),
        };
        // A server that knows no ranges starts again from the beginning.
        let mut skip = if response.status() == StatusCode::PARTIAL_CONTENT {
            0
        } else {
            from
        };
        loop {
            let mut chunk = match response.chunk().await {
                Ok(Some(chunk)) => chunk,
                Ok(None) if hasher.length() < size => {
                    return Ok(Err(Cause::Other("it broke off".to_owned())));
                }
                Ok(None) => return Ok(Ok(())),
                Err(error) => return Ok(Err(error.into())),
            };
            let skipped = usize::try_from(skip).map_or(chunk.len(), |skip| skip.min(chunk.len()));
            skip -= skipped as u64;
            let chunk = chunk.split_off(skipped);
            if hasher.length() + chunk.len() as u64 > size {
                return Ok(Err(Cause::Answer(format!(
                    "{path} is longer than the {size} bytes it should have"
                ))));
            }
            if !chunk.is_empty() {
                hasher.update(&chunk);
                chunks.send(Ok(chunk)).await.map_err(|_| Stopped)?;
            }
        }
    }
}

/// Waits longer each time, and gives up in the end.
#[derive(Default)]
struct Tries(u32);

impl Tries {
    async fn again(&mut self, cause: Cause) -> Result<(), Cause> {
        self.0 += 1;
        if !cause.is_passing() || self.0 >= TRIES {
            return Err(cause);
        }
        tokio::time::sleep(FIRST_WAIT * 2_u32.pow(self.0 - 1)).await;
        Ok(())
    }
}
