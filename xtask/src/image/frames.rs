//! Compresses a layer in zstd frames of its own for each program, and keeps those frames.
//!
//! Frames one after the other are one zstd stream. So when only one of a layer's programs has changed, only that
//! one is compressed again.

use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::cache;
use crate::digest::{HashingWriter, Key, Sum};

/// Unpacking is as quick at any level; this one is a third smaller than the default and not yet slow to write.
const LEVEL: i32 = 11;
/// Fixed, as the bytes must not follow the machine's cores.
const WORKERS: u32 = 2;

/// Where frames are kept, if they are.
#[derive(Debug, Clone, Default)]
pub(crate) struct Frames {
    directory: Option<PathBuf>,
}

impl Frames {
    pub(crate) fn kept_in(directory: PathBuf) -> Self {
        Self {
            directory: Some(directory),
        }
    }

    fn path(&self, key: &Key) -> Option<PathBuf> {
        let mut key = key.clone();
        let name = key.add("level", &LEVEL.to_le_bytes()).finish();
        self.directory.as_ref().map(|directory| directory.join(name))
    }
}

/// Takes a tar in pieces and writes it compressed, hashing both sides.
pub(super) struct FrameWriter {
    plain: HashingWriter<io::Sink>,
    compressed: HashingWriter<BufWriter<fs_err::File>>,
    frame: Frame,
    /// Whether the open frame is one that `begin` was given a key for.
    keyed: bool,
}

enum Frame {
    None,
    Open {
        encoder: zstd::Encoder<'static, Vec<u8>>,
        keep: Option<PathBuf>,
    },
    Known(Vec<u8>),
}

impl FrameWriter {
    pub(super) fn create(blob: &Path) -> Result<Self> {
        let file = BufWriter::new(fs_err::File::create(blob)?);
        Ok(Self {
            plain: HashingWriter::new(io::sink()),
            compressed: HashingWriter::new(file),
            frame: Frame::None,
            keyed: false,
        })
    }

    /// Starts a frame for what `key` names: the bytes that follow, up to the frame's end, are always the same.
    pub(super) fn begin(&mut self, key: &Key, frames: &Frames) -> Result<()> {
        self.end()?;
        self.keyed = true;
        let keep = frames.path(key);
        self.frame = match &keep {
            Some(path) if path.is_file() => {
                cache::used(path)?;
                Frame::Known(fs_err::read(path)?)
            }
            _ => Frame::Open {
                encoder: encoder()?,
                keep,
            },
        };
        Ok(())
    }

    /// Ends a frame that has a key; one that has none goes on.
    pub(super) fn end_of_known(&mut self) -> Result<()> {
        if self.keyed { self.end() } else { Ok(()) }
    }

    /// Ends the frame that is open, if one is.
    fn end(&mut self) -> Result<()> {
        self.keyed = false;
        let bytes = match std::mem::replace(&mut self.frame, Frame::None) {
            Frame::None => return Ok(()),
            Frame::Known(bytes) => bytes,
            Frame::Open { encoder, keep } => {
                let bytes = encoder.finish().context("end a zstd frame")?;
                if let Some(path) = keep {
                    save(&path, &bytes)?;
                }
                bytes
            }
        };
        self.compressed.write_all(&bytes).context("write a layer")
    }

    /// The sums of the compressed and of the plain side.
    pub(super) fn finish(mut self) -> Result<(Sum, Sum)> {
        self.end()?;
        let (file, compressed) = self.compressed.finish();
        file.into_inner()
            .map_err(io::IntoInnerError::into_error)
            .context("write a layer")?;
        Ok((compressed, self.plain.finish().1))
    }
}

impl Write for FrameWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if matches!(self.frame, Frame::None) {
            self.frame = Frame::Open {
                encoder: encoder()?,
                keep: None,
            };
        }
        if let Frame::Open { encoder, .. } = &mut self.frame {
            encoder.write_all(bytes)?;
        }
        self.plain.write_all(bytes)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn encoder() -> io::Result<zstd::Encoder<'static, Vec<u8>>> {
    let mut encoder = zstd::Encoder::new(Vec::new(), LEVEL)?;
    encoder.multithread(WORKERS)?;
    encoder.include_checksum(true)?;
    Ok(encoder)
}

fn save(path: &Path, bytes: &[u8]) -> Result<()> {
    let directory = path.parent().context("find the directory of a frame")?;
    fs_err::create_dir_all(directory)?;
    let mut file = tempfile::NamedTempFile::new_in(directory)?;
    file.write_all(bytes)?;
    file.persist(path)
        .with_context(|| format!("keep {}", path.display()))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(directory: &Path, frames: &Frames) -> (Vec<u8>, Sum, Sum) {
        let blob = directory.join("blob");
        let mut writer = FrameWriter::create(&blob).unwrap();
        writer.write_all(b"head ").unwrap();
        writer
            .begin(Key::default().add("program", b"kubelet"), frames)
            .unwrap();
        writer.write_all(b"kubelet ").unwrap();
        writer.end_of_known().unwrap();
        writer.write_all(b"tail").unwrap();
        let (compressed, plain) = writer.finish().unwrap();
        (fs_err::read(blob).unwrap(), compressed, plain)
    }

    #[test]
    fn a_kept_frame_gives_the_bytes_that_compressing_gives() {
        let directory = tempfile::tempdir().unwrap();
        let frames = Frames::kept_in(directory.path().join("frames"));
        let fresh = write(directory.path(), &Frames::default());
        let first = write(directory.path(), &frames);
        assert_eq!(
            fs_err::read_dir(directory.path().join("frames")).unwrap().count(),
            1
        );
        let again = write(directory.path(), &frames);
        assert_eq!(fresh, first);
        assert_eq!(fresh, again);
        assert_eq!(fresh.1.hex, crate::digest::of_bytes(&fresh.0));
    }

    #[test]
    fn all_frames_together_are_one_stream() {
        let directory = tempfile::tempdir().unwrap();
        let (bytes, _, plain) = write(directory.path(), &Frames::default());
        assert_eq!(zstd::decode_all(bytes.as_slice()).unwrap(), b"head kubelet tail");
        assert_eq!(plain.hex, crate::digest::of_bytes(b"head kubelet tail"));
    }
}
