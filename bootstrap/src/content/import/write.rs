//! Writes blobs into containerd's content store; containerd checks the digest once more.

use anyhow::{Context as _, Result, anyhow};
use bytes::Bytes;
use containerd_client::services::v1::content_client::ContentClient;
use containerd_client::services::v1::{AbortRequest, WriteAction, WriteContentRequest};
use tokio::sync::mpsc::{Receiver, channel};
use tonic::Code;

use super::super::blobs::{Blobs, Incoming, Wanted};
use super::super::digest::Digest;
use super::super::image::Layer;
use super::super::source::Source;
use super::containerd::{Containerd, Labels, explained, unique};

/// Well below what containerd takes in one message.
const CHUNK: usize = 1 << 20;

/// A blob as the content store shall hold it.
#[derive(Clone, Debug)]
pub(super) struct Blob {
    pub(super) digest: Digest,
    pub(super) size: u64,
    pub(super) labels: Labels,
}

impl Containerd {
    /// Writes layers.
    pub(super) async fn write_layers(&self, source: &Source, layers: &[Layer]) -> Result<()> {
        let wanted: Wanted = layers
            .iter()
            .map(|layer| (layer.blob.digest, layer.blob.size))
            .collect();
        let mut blobs = source.blobs(wanted.clone());
        let written = self.write_all(&mut blobs, &wanted).await;
        blobs.finish(written).await
    }

    async fn write_all(&self, blobs: &mut Blobs, wanted: &Wanted) -> Result<()> {
        while let Some(incoming) = blobs.next().await {
            let digest = incoming.digest;
            let size = wanted
                .get(&digest)
                .copied()
                .context("a blob came that was not asked for")?;
            self.write_incoming(
                &Blob {
                    digest,
                    size,
                    labels: Labels::new(),
                },
                incoming,
            )
            .await?;
        }
        Ok(())
    }

    /// Writes content that is in memory.
    pub(super) async fn write_bytes(&self, blob: &Blob, bytes: &Bytes) -> Result<()> {
        let (sender, receiver) = channel(1);
        let sending = async {
            for chunk in bytes.chunks(CHUNK) {
                if sender.send(Ok(bytes.slice_ref(chunk))).await.is_err() {
                    break;
                }
            }
            drop(sender);
            Ok(())
        };
        self.write(blob, sending, receiver).await
    }

    /// Writes content as it comes in.
    async fn write_incoming(&self, blob: &Blob, mut incoming: Incoming) -> Result<()> {
        let (sender, receiver) = channel(2);
        let sending = async {
            loop {
                match incoming.chunk().await {
                    Ok(Some(chunk)) => {
                        if sender.send(Ok(chunk)).await.is_err() {
                            break;
                        }
                    }
                    Ok(None) => break,
                    Err(error) => {
                        sender.send(Err(())).await.ok();
                        return Err(error.into());
                    }
                }
            }
            drop(sender);
            Ok(())
        };
        self.write(blob, sending, receiver).await?;
        // If it was there already, the sender still wants to be rid of it.
        while incoming.chunk().await?.is_some() {}
        Ok(())
    }

    async fn write(
        &self,
        blob: &Blob,
        sending: impl Future<Output = Result<()>>,
        chunks: Receiver<Result<Bytes, ()>>,
    ) -> Result<()> {
        // Two images may bring the same layer at the same time; the second to commit is told so.
        let reference = format!("bowline-{}-{}", unique(), blob.digest);
        let messages = messages(blob.clone(), reference.clone(), chunks);
        let mut client = ContentClient::new(self.channel.clone());
        let writing = async {
            let mut answers = client.write(self.request(messages)).await?.into_inner();
            let mut written = 0;
            while let Some(answer) = answers.message().await? {
                written = answer.offset;
            }
            Ok::<_, tonic::Status>(written)
        };
        let (sent, written) = tokio::join!(sending, writing);
        let context = || format!("write {} into containerd", blob.digest);
        match (sent, written) {
            (Ok(()), Ok(written)) if u64::try_from(written) == Ok(blob.size) => Ok(()),
            (Ok(()), Err(status)) if status.code() == Code::AlreadyExists => {
                self.label(blob.digest, blob.labels.clone()).await
            }
            (sent, written) => {
                let abort = AbortRequest { r#ref: reference };
                client.abort(self.request(abort)).await.ok();
                sent.with_context(context)?;
                let written = written
                    .map_err(|status| explained(&status))
                    .with_context(context)?;
                Err(anyhow!("containerd took {written} of {} bytes", blob.size)).with_context(context)
            }
        }
    }
}

/// What a message stream still has to say.
struct Messages {
    blob: Blob,
    reference: String,
    chunks: Receiver<Result<Bytes, ()>>,
    offset: i64,
    /// The first message was sent.
    begun: bool,
    done: bool,
}

/// The chunks as messages; the last one commits, unless an error came before it.
fn messages(
    blob: Blob,
    reference: String,
    chunks: Receiver<Result<Bytes, ()>>,
) -> impl futures::Stream<Item = WriteContentRequest> {
    let start = Messages {
        blob,
        reference,
        chunks,
        offset: 0,
        begun: false,
        done: false,
    };
    futures::stream::unfold(start, |mut state| async move {
        if state.done {
            return None;
        }
        let chunk = state.chunks.recv().await;
        let message = state.message(chunk)?;
        Some((message, state))
    })
}

impl Messages {
    fn message(&mut self, chunk: Option<Result<Bytes, ()>>) -> Option<WriteContentRequest> {
        let Blob { digest, size, labels } = &self.blob;
        let mut message = WriteContentRequest {
            offset: self.offset,
            ..WriteContentRequest::default()
        };
        if !self.begun {
            // With the size known at once, containerd refuses what does not fit.
            message.r#ref.clone_from(&self.reference);
            message.total = i64::try_from(*size).ok()?;
            message.expected = digest.to_string();
            self.begun = true;
        }
        match chunk {
            Some(Ok(data)) => {
                message.action = WriteAction::Write.into();
                self.offset += i64::try_from(data.len()).ok()?;
                message.data = data.into();
            }
            Some(Err(())) => return None,
            None => {
                message.action = WriteAction::Commit.into();
                message.total = i64::try_from(*size).ok()?;
                message.expected = digest.to_string();
                message.labels.clone_from(labels);
                self.done = true;
            }
        }
        Some(message)
    }
}

#[cfg(test)]
mod tests {
    use futures::StreamExt as _;

    use super::*;

    async fn sent(chunks: Vec<Result<Bytes, ()>>) -> Vec<WriteContentRequest> {
        let (sender, receiver) = channel(8);
        for chunk in chunks {
            sender.send(chunk).await.unwrap();
        }
        drop(sender);
        let blob = Blob {
            digest: Digest::of(b"abcde"),
            size: 5,
            labels: Labels::from([("k".into(), "v".into())]),
        };
        messages(blob, "ref".to_owned(), receiver).collect().await
    }

    #[tokio::test]
    async fn chunks_become_writes_at_their_offsets_and_a_commit() {
        let sent = sent(vec![Ok("abc".into()), Ok("de".into())]).await;
        let offsets: Vec<i64> = sent.iter().map(|message| message.offset).collect();
        assert_eq!(offsets, [0, 3, 5]);
        assert_eq!((sent[0].r#ref.as_str(), sent[0].total), ("ref", 5));
        assert_eq!(sent[2].action(), WriteAction::Commit);
        assert_eq!(sent[2].labels["k"], "v");
        assert_eq!(sent[2].expected, Digest::of(b"abcde").to_string());
    }

    #[tokio::test]
    async fn after_an_error_nothing_is_committed() {
        let sent = sent(vec![Ok("abc".into()), Err(())]).await;
        assert!(sent.iter().all(|message| message.action() != WriteAction::Commit));
    }
}
