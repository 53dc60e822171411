//! One batch as bytes: encoded once, then framed and compressed for the protocol in use.

use std::io::Write;
use std::mem;

use bytes::Bytes;
use flate2::GzBuilder;

use crate::config::{Compression, Protocol};

/// Buffers that a rare huge batch has stretched beyond this are given back.
const KEPT_CAPACITY: usize = 1 << 20;

/// gRPC's length-prefixed message: one byte "compressed", four bytes length, big endian.
const GRPC_PREFIX: usize = 5;

/// The body of a request, its memory kept from batch to batch.
pub(crate) struct Payload {
    compression: Compression,
    encoded: Vec<u8>,
    body: Bytes,
    body_is_for: Option<Protocol>,
}

impl Payload {
    pub(crate) fn new(compression: Compression) -> Self {
        Self { compression, encoded: Vec::new(), body: Bytes::new(), body_is_for: None }
    }

    pub(crate) fn compression(&self) -> Compression {
        self.compression
    }

    /// Where the next content is to be appended; the last is gone.
    pub(crate) fn begin(&mut self) -> &mut Vec<u8> {
        self.encoded.clear();
        self.encoded.shrink_to(KEPT_CAPACITY);
        self.body_is_for = None;
        &mut self.encoded
    }

    /// What a request of this protocol carries.
    pub(crate) fn body(&mut self, protocol: Protocol) -> Bytes {
        if self.body_is_for != Some(protocol) {
            let mut buffer = self.take_back();
            if protocol == Protocol::Grpc {
                buffer.extend_from_slice(&[0; GRPC_PREFIX]);
            }
            let buffer = self.fill(buffer);
            self.body = Bytes::from(with_grpc_prefix(buffer, protocol, self.compression));
            self.body_is_for = Some(protocol);
        }
        self.body.clone()
    }

    /// The memory of the last body, unless a connection still reads from it.
    fn take_back(&mut self) -> Vec<u8> {
        let last = mem::take(&mut self.body);
        let mut buffer = if last.is_unique() { Vec::from(last) } else { Vec::new() };
        buffer.clear();
        buffer.shrink_to(KEPT_CAPACITY);
        buffer
    }

    fn fill(&self, mut buffer: Vec<u8>) -> Vec<u8> {
        match self.compression {
            Compression::None => buffer.extend_from_slice(&self.encoded),
            Compression::Gzip => {
                let mut packer = GzBuilder::new().write(&mut buffer, flate2::Compression::fast());
                // Writing to a Vec cannot fail.
                let _ = packer.write_all(&self.encoded);
                let _ = packer.finish();
            }
        }
        buffer
    }
}

fn with_grpc_prefix(mut buffer: Vec<u8>, protocol: Protocol, compression: Compression) -> Vec<u8> {
    if protocol == Protocol::Grpc {
        let length = u32::try_from(buffer.len().saturating_sub(GRPC_PREFIX)).unwrap_or(u32::MAX);
        let [a, b, c, d] = length.to_be_bytes();
        let prefix = [u8::from(compression == Compression::Gzip), a, b, c, d];
        for (slot, byte) in buffer.iter_mut().zip(prefix) {
            *slot = byte;
        }
    }
    buffer
}
