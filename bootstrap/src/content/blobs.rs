//! Blobs on their way from where they are kept, an archive or a registry, to where they are needed.
//!
//! The sending side verifies them; the receiving side may use what it got only after [`Blobs::finish`] said that
//! all went well. Few chunks are under way at a time, so neither side runs ahead of the other.

use std::collections::BTreeMap;
use std::io::{self, Read};

use anyhow::{Context as _, Result};
use bytes::Bytes;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::task::JoinHandle;

use super::digest::Digest;
use super::folder::Found;

const CHUNK: usize = 1 << 20;
const CHUNKS_UNDER_WAY: usize = 4;

/// Blobs by digest, with their sizes.
pub(crate) type Wanted = BTreeMap<Digest, u64>;

/// The receiving end of a run of blobs. They come in the order that suits the sender.
pub(crate) struct Blobs {
    incoming: Receiver<Incoming>,
    sending: JoinHandle<Result<()>>,
}

/// One blob as it comes in.
pub(crate) struct Incoming {
    pub(crate) digest: Digest,
    chunks: Receiver<io::Result<Bytes>>,
    current: Bytes,
}

/// The sending end.
pub(crate) struct Outgoing(Sender<Incoming>);

/// The receiving side is gone.
#[derive(Debug, thiserror::Error)]
#[error("nobody takes the blobs any more")]
pub(crate) struct Stopped;

impl Blobs {
    /// The wanted blobs of an archive.
    pub(crate) fn of_archive(found: &Found, wanted: Wanted) -> Self {
        let (sender, incoming) = channel(1);
        let (archive, listing) = (found.archive.clone(), found.listing.clone());
        let sending = tokio::task::spawn_blocking(move || {
            let outgoing = Outgoing(sender);
            archive.read_blobs(&listing, wanted, |digest, content| outgoing.send(digest, content))
        });
        Self { incoming, sending }
    }

    /// Blobs that `send` gets from elsewhere.
    pub(crate) fn of<F>(send: impl FnOnce(Outgoing) -> F) -> Self
    where
        F: Future<Output = Result<()>> + Send + 'static,
    {
        let (sender, incoming) = channel(1);
        Self {
            incoming,
            sending: tokio::spawn(send(Outgoing(sender))),
        }
    }

    /// The next blob.
    pub(crate) async fn next(&mut self) -> Option<Incoming> {
        self.incoming.recv().await
    }

    /// The next blob, for threads that may block.
    pub(crate) fn blocking_next(&mut self) -> Option<Incoming> {
        self.incoming.blocking_recv()
    }

    /// The verdict over both sides, once the receiver is done or has given up.
    pub(crate) async fn finish(self, received: Result<()>) -> Result<()> {
        let Self { incoming, sending } = self;
        drop(incoming);
        match sending.await.context("read blobs")? {
            // The receiver gave up first and knows why.
            Err(error) if error.is::<Stopped>() => received.and(Err(error)),
            Err(error) => Err(error),
            Ok(()) => received,
        }
    }
}

impl Outgoing {
    /// Sends a blob that is read by blocking.
    pub(crate) fn send(&self, digest: Digest, content: &mut dyn Read) -> Result<()> {
        let (chunks, incoming) = Incoming::new(digest);
        self.0.blocking_send(incoming).map_err(|_| Stopped)?;
        loop {
            let mut chunk = Vec::with_capacity(CHUNK);
            match Read::take(&mut *content, CHUNK as u64).read_to_end(&mut chunk) {
                Ok(0) => return Ok(()),
                Ok(_) => chunks.blocking_send(Ok(chunk.into())).map_err(|_| Stopped)?,
                Err(error) => {
                    // Without this the other side would take the blob for complete.
                    chunks.blocking_send(Err(cut_short(&error))).ok();
                    return Err(error.into());
                }
            }
        }
    }

    /// Announces a blob; its chunks go into the sender that is returned. What is dropped before its end has to be
    /// preceded by an error.
    pub(crate) async fn begin(&self, digest: Digest) -> Result<Sender<io::Result<Bytes>>, Stopped> {
        let (chunks, incoming) = Incoming::new(digest);
        self.0.send(incoming).await.map_err(|_| Stopped)?;
        Ok(chunks)
    }
}

impl Incoming {
    fn new(digest: Digest) -> (Sender<io::Result<Bytes>>, Self) {
        let (sender, chunks) = channel(CHUNKS_UNDER_WAY);
        (
            sender,
            Self {
                digest,
                chunks,
                current: Bytes::new(),
            },
        )
    }

    /// The next chunk.
    pub(crate) async fn chunk(&mut self) -> io::Result<Option<Bytes>> {
        self.chunks.recv().await.transpose()
    }
}

/// For threads that may block.
impl Read for Incoming {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.current.is_empty() {
            match self.chunks.blocking_recv() {
                Some(chunk) => self.current = chunk?,
                None => return Ok(0),
            }
        }
        let count = buffer.len().min(self.current.len());
        buffer[..count].copy_from_slice(&self.current.split_to(count));
        Ok(count)
    }
}

/// What the receiving side is told of an error that the sending side keeps.
pub(crate) fn cut_short(error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), "the blob was cut short")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_sent_arrives_blob_by_blob() {
        let mut blobs = Blobs::of(|outgoing| async move {
            for text in ["one", "two"] {
                let chunks = outgoing.begin(Digest::of(text.as_bytes())).await?;
                for byte in text.bytes() {
                    chunks
                        .send(Ok(Bytes::copy_from_slice(&[byte])))
                        .await
                        .map_err(|_| Stopped)?;
                }
            }
            Ok(())
        });
        let mut found = Vec::new();
        while let Some(mut blob) = blobs.next().await {
            let mut text = Vec::new();
            while let Some(chunk) = blob.chunk().await.unwrap() {
                text.extend(chunk);
            }
            assert_eq!(Digest::of(&text), blob.digest);
            found.push(text);
        }
        blobs.finish(Ok(())).await.unwrap();
        assert_eq!(found, [b"one", b"two"]);
    }

    #[tokio::test]
    async fn the_error_that_came_first_is_the_one_that_is_told() {
        let sender_fails = Blobs::of(|_| async { anyhow::bail!("the registry is gone") });
        let error = sender_fails
            .finish(Err(anyhow::anyhow!("cut short")))
            .await
            .unwrap_err();
        assert_eq!(error.to_string(), "the registry is gone");

        let receiver_fails = Blobs::of(|outgoing| async move {
            tokio::task::yield_now().await;
            outgoing.begin(Digest::of(b"")).await?;
            outgoing.begin(Digest::of(b"")).await?;
            outgoing.begin(Digest::of(b"")).await?;
            Ok(())
        });
        let error = receiver_fails
            .finish(Err(anyhow::anyhow!("the disk is full")))
            .await
            .unwrap_err();
        assert_eq!(error.to_string(), "the disk is full");
    }
}
