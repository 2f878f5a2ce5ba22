//! Which compression a file has, by its first bytes; out comes the plain tar stream.

use std::io::{self, BufReader, Cursor, Read};

/// Memory that a zstd frame may ask for: 2^27 bytes.
const ZSTD_WINDOW_LOG: u32 = 27;
/// Large enough that read calls do not count.
const BUFFER: usize = 1 << 20;
/// Where and how a tar header names itself.
const TAR_MAGIC: (usize, &[u8]) = (257, b"ustar");

/// A compression that image archives come in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Compression {
    None,
    Gzip,
    Zstd,
    Bzip2,
    Lz4,
}

/// The plain tar within `source`, whatever it is compressed with.
pub(crate) fn decompress<'a>(source: impl Read + Send + 'a) -> io::Result<Box<dyn Read + Send + 'a>> {
    decompress_or(source, None)
}

/// The same for a layer: containerd takes for a plain tar what has no magic that it knows, such as an empty one.
pub(crate) fn decompress_layer<'a>(source: impl Read + Send + 'a) -> io::Result<Box<dyn Read + Send + 'a>> {
    decompress_or(source, Some(Compression::None))
}

fn decompress_or<'a>(
    mut source: impl Read + Send + 'a,
    otherwise: Option<Compression>,
) -> io::Result<Box<dyn Read + Send + 'a>> {
    let mut head = [0; 512];
    let length = read_full(&mut source, &mut head)?;
    let compression = detect(&head[..length]).or(otherwise).ok_or_else(|| {
        let text = "it is neither a tar archive nor one compressed with zstd, gzip, bzip2 or lz4";
        io::Error::new(io::ErrorKind::InvalidData, text)
    })?;
    let whole = BufReader::with_capacity(BUFFER, Cursor::new(head).take(length as u64).chain(source));
    Ok(match compression {
        Compression::None => Box::new(whole),
        Compression::Gzip => Box::new(flate2::bufread::MultiGzDecoder::new(whole)),
        Compression::Zstd => {
            let mut decoder = zstd::Decoder::with_buffer(whole)?;
            decoder.window_log_max(ZSTD_WINDOW_LOG)?;
            Box::new(decoder)
        }
        Compression::Bzip2 => Box::new(bzip2::bufread::MultiBzDecoder::new(whole)),
        Compression::Lz4 => Box::new(lz4_flex::frame::FrameDecoder::new(whole)),
    })
}

fn detect(head: &[u8]) -> Option<Compression> {
    let (offset, magic) = TAR_MAGIC;
    match head {
        [0x1f, 0x8b, ..] => Some(Compression::Gzip),
        // A frame, or one of the skippable frames that may stand before it.
        [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Some(Compression::Zstd),
        [b'B', b'Z', b'h', b'1'..=b'9', ..] => Some(Compression::Bzip2),
        [0x04, 0x22, 0x4d, 0x18, ..] => Some(Compression::Lz4),
        _ => head
            .get(offset..)?
            .starts_with(magic)
            .then_some(Compression::None),
    }
}

fn read_full(source: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut length = 0;
    while length < buffer.len() {
        match source.read(&mut buffer[length..])? {
            0 => break,
            count => length += count,
        }
    }
    Ok(length)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn plain_tar() -> Vec<u8> {
        let mut builder = tar::Builder::new(Vec::new());
        let mut header = tar::Header::new_gnu();
        header.set_size(5);
        builder.append_data(&mut header, "hello", &b"world"[..]).unwrap();
        builder.into_inner().unwrap()
    }

    fn unpacked(bytes: &[u8]) -> io::Result<Vec<u8>> {
        let mut out = Vec::new();
        decompress(bytes)?.read_to_end(&mut out).map(|_| out)
    }

    #[test]
    fn every_compression_gives_the_same_tar() {
        let tar = plain_tar();
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gzip.write_all(&tar).unwrap();
        let mut bzip2 = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
        bzip2.write_all(&tar).unwrap();
        let mut lz4 = lz4_flex::frame::FrameEncoder::new(Vec::new());
        lz4.write_all(&tar).unwrap();
        let zstd = zstd::encode_all(&tar[..], 1).unwrap();
        for bytes in [
            tar.clone(),
            gzip.finish().unwrap(),
            bzip2.finish().unwrap(),
            lz4.finish().unwrap(),
            zstd,
        ] {
            assert!(unpacked(&bytes).unwrap() == tar, "{:x?}", &bytes[..4]);
        }
    }

    #[test]
    fn other_files_are_refused() {
        for bytes in [&b""[..], b"#!/bin/sh", &[0; 600]] {
            assert!(
                unpacked(bytes)
                    .unwrap_err()
                    .to_string()
                    .contains("neither a tar archive")
            );
        }
    }

    #[test]
    fn a_layer_without_magic_is_a_plain_tar() {
        let mut out = Vec::new();
        decompress_layer(&[0; 1024][..])
            .unwrap()
            .read_to_end(&mut out)
            .unwrap();
        assert_eq!(out, [0; 1024]);
    }

    #[test]
    fn a_window_that_would_eat_the_memory_is_refused() {
        let mut encoder = zstd::Encoder::new(Vec::new(), 1).unwrap();
        encoder.window_log(28).unwrap();
        encoder.long_distance_matching(true).unwrap();
        encoder.write_all(&plain_tar()).unwrap();
        let bytes = encoder.finish().unwrap();
        assert!(
            unpacked(&bytes)
                .unwrap_err()
                .to_string()
                .contains("too much memory")
        );
    }

    #[test]
    fn a_truncated_stream_is_an_error() {
        let bytes = zstd::encode_all(&plain_tar()[..], 1).unwrap();
        assert!(unpacked(&bytes[..bytes.len() - 3]).is_err());
    }
}
