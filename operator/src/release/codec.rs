//! A record as the Secret's bytes and back: base64 of gzip of JSON.

use std::io::{Read as _, Write as _};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::read::MultiGzDecoder;
use flate2::write::GzEncoder;
use thiserror::Error;

use crate::release::record::Record;

/// The most that the API server takes in one Secret.
const MAX_ENCODED: usize = 1 << 20;
/// The most that a record may unpack to: a Secret cannot be trusted to be small inside.
const MAX_DECODED: u64 = 64 << 20;
const GZIP_MAGIC: [u8; 3] = [0x1f, 0x8b, 0x08];

/// A record that cannot be written or read.
#[derive(Debug, Error)]
pub(crate) enum CodecError {
    #[error("the release record takes {size} bytes, more than the {MAX_ENCODED} that a Secret holds")]
    TooLarge { size: usize },
    #[error("the release record is not base64")]
    Base64(#[from] base64::DecodeError),
    #[error("compress or unpack the release record")]
    Gzip(#[from] std::io::Error),
    #[error("the release record unpacks to more than {MAX_DECODED} bytes")]
    Bomb,
    #[error("read the release record's JSON")]
    Json(#[from] serde_json::Error),
}

/// The bytes for the Secret's `release` key.
pub(crate) fn encode(record: &Record) -> Result<Vec<u8>, CodecError> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
    gzip.write_all(&serde_json::to_vec(record)?)?;
    let encoded = STANDARD.encode(gzip.finish()?).into_bytes();
    match encoded.len() {
        size if size > MAX_ENCODED => Err(CodecError::TooLarge { size }),
        _ => Ok(encoded),
    }
}

/// The record in the Secret's `release` key, whether compressed or not.
pub(crate) fn decode(bytes: &[u8]) -> Result<Record, CodecError> {
    let packed = STANDARD.decode(bytes)?;
    if !packed.starts_with(&GZIP_MAGIC) {
        return Ok(serde_json::from_slice(&packed)?);
    }
    let mut json = Vec::new();
    MultiGzDecoder::new(packed.as_slice())
        .take(MAX_DECODED + 1)
        .read_to_end(&mut json)?;
    if json.len() as u64 > MAX_DECODED {
        return Err(CodecError::Bomb);
    }
    Ok(serde_json::from_slice(&json)?)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::release::record::Status;

    #[test]
    fn a_record_comes_back_as_it_went() {
        let mut record = Record {
            name: "web".into(),
            version: 3,
            ..Record::default()
        };
        record.set_status(Status::PendingUpgrade, "Preparing upgrade");
        record.config = Some(json!({"a": [1, null]}));
        assert_eq!(decode(&encode(&record).unwrap()).unwrap(), record);
    }

    #[test]
    fn helms_own_record_is_read_with_fields_we_do_not_know_and_empty_times() {
        let json = json!({
            "name": "web", "version": 1, "namespace": "shop", "labels": {"x": "y"},
            "info": {"first_deployed": "2026-01-01T00:00:00Z", "deleted": "", "status": "deployed"},
            "chart": {"metadata": {"name": "web", "version": "1.0.0"}, "templates": [{"name": "a", "data": ""}]},
            "hooks": [{"name": "h", "last_run": {"started_at": "", "phase": ""}, "output_log_policies": ["x"]}]
        });
        let record = decode(STANDARD.encode(json.to_string()).as_bytes()).unwrap();
        assert_eq!(record.info.status, Status::Deployed);
        assert_eq!(record.chart.text("version"), "1.0.0");
    }

    #[test]
    fn a_record_that_no_secret_holds_is_refused_with_its_size() {
        let mut state = 1_u64;
        let noise: String = (0..2_000_000)
            .map(|_| {
                state = state
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1_442_695_040_888_963_407);
                char::from(b' ' + (state >> 58) as u8)
            })
            .collect();
        let record = Record {
            manifest: noise,
            ..Record::default()
        };
        assert!(matches!(encode(&record), Err(CodecError::TooLarge { .. })));
    }

    #[test]
    fn a_bomb_is_refused() {
        let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
        let zeros = vec![b' '; 1 << 20];
        for _ in 0..65 {
            gzip.write_all(&zeros).unwrap();
        }
        let bytes = STANDARD.encode(gzip.finish().unwrap());
        assert!(matches!(decode(bytes.as_bytes()), Err(CodecError::Bomb)));
    }
}
