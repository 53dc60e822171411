//! Reading a body within a bound, and decompressing it within the same bound.

use std::io::Read;

use bytes::Bytes;
use flate2::read::MultiGzDecoder;
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;

/// Why a body was not read.
#[derive(Debug, thiserror::Error)]
pub(super) enum BodyError {
    #[error("message is larger than {0} bytes")]
    TooLarge(usize),
    #[error("decompressed message is larger than {0} bytes")]
    ExpandsTooMuch(usize),
    #[error("body is not gzip: {0}")]
    NotGzip(std::io::Error),
    #[error("connection broke while the body was read: {0}")]
    Broken(String),
}

/// The whole body, at most `max_bytes`.
pub(super) async fn read(body: Incoming, max_bytes: usize) -> Result<Bytes, BodyError> {
    match Limited::new(body, max_bytes).collect().await {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(error) if error.is::<http_body_util::LengthLimitError>() => Err(BodyError::TooLarge(max_bytes)),
        Err(error) => Err(BodyError::Broken(error.to_string())),
    }
}

/// What the gzip stream holds, at most `max_bytes`: a bomb costs no more than a message of that length.
pub(super) fn gunzip(bytes: &[u8], max_bytes: usize) -> Result<Bytes, BodyError> {
    let mut plain = Vec::new();
    let limit = u64::try_from(max_bytes).unwrap_or(u64::MAX).saturating_add(1);
    MultiGzDecoder::new(bytes).take(limit).read_to_end(&mut plain).map_err(BodyError::NotGzip)?;
    if plain.len() > max_bytes {
        return Err(BodyError::ExpandsTooMuch(max_bytes));
    }
    Ok(plain.into())
}
