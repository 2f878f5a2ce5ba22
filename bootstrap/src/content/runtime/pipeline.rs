//! Reads and verifies layers on one thread while another decompresses and writes them.

use std::io::{self, Read};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use anyhow::Result;

use super::super::archive::decompress;
use super::extract::Extraction;

const CHUNK: usize = 1 << 20;
const CHUNKS_UNDER_WAY: usize = 4;

/// Where the reading side puts the layers, lowest first.
pub(super) struct Layers {
    sender: SyncSender<Receiver<io::Result<Vec<u8>>>>,
}

/// The writing side is gone.
#[derive(Debug, thiserror::Error)]
#[error("unpacking has stopped")]
struct Stopped;

/// Lets `read` send layers and extracts them beside. What was extracted counts only if both sides succeed.
pub(super) fn run(extraction: &mut Extraction, read: impl FnOnce(&Layers) -> Result<()>) -> Result<()> {
    let (sender, receiver) = sync_channel(0);
    std::thread::scope(|scope| {
        let writer = scope.spawn(move || extract_all(extraction, &receiver));
        let layers = Layers { sender };
        let read = read(&layers);
        drop(layers);
        let written = writer
            .join()
            .unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        match read {
            // The writer gave up first and knows why.
            Err(error) if error.is::<Stopped>() => written.and(Err(error)),
            Err(error) => Err(error),
            Ok(()) => written,
        }
    })
}

impl Layers {
    /// Sends one layer, as it is stored. A reading error travels to the other side as well.
    pub(super) fn send(&self, content: &mut dyn Read) -> Result<()> {
        let (chunks, receiver) = sync_channel(CHUNKS_UNDER_WAY);
        self.sender.send(receiver).map_err(|_| Stopped)?;
        loop {
            let mut chunk = Vec::with_capacity(CHUNK);
            match Read::take(&mut *content, CHUNK as u64).read_to_end(&mut chunk) {
                Ok(0) => return Ok(()),
                Ok(_) => chunks.send(Ok(chunk)).map_err(|_| Stopped)?,
                Err(error) => {
                    // Without this the other side would take the layer for complete.
                    let copy = io::Error::new(error.kind(), "reading has stopped");
                    chunks.send(Err(copy)).ok();
                    return Err(error.into());
                }
            }
        }
    }
}

fn extract_all(extraction: &mut Extraction, layers: &Receiver<Receiver<io::Result<Vec<u8>>>>) -> Result<()> {
    for receiver in layers {
        let mut layer = Chunks {
            receiver,
            current: Vec::new(),
            position: 0,
        };
        extraction.add_layer(decompress(&mut layer)?)?;
        // What stands behind the end of the tar is verified too.
        io::copy(&mut layer, &mut io::sink())?;
    }
    Ok(())
}

/// The receiving end as a reader.
struct Chunks {
    receiver: Receiver<io::Result<Vec<u8>>>,
    current: Vec<u8>,
    position: usize,
}

impl Read for Chunks {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.position == self.current.len() {
            match self.receiver.recv() {
                Ok(chunk) => (self.current, self.position) = (chunk?, 0),
                Err(_) => return Ok(0),
            }
        }
        let count = buffer.len().min(self.current.len() - self.position);
        buffer[..count].copy_from_slice(&self.current[self.position..self.position + count]);
        self.position += count;
        Ok(count)
    }
}
