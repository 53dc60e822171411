//! One batch as bytes: encoded once, compressed once, framed for the protocol in use.

use std::io::Write;
use std::mem;

use bytes::Bytes;
use flate2::GzBuilder;

use crate::config::{Compression, Protocol};

/// Buffers that a rare huge batch has stretched beyond this are given back.
const KEPT_CAPACITY: usize = 1 << 20;

/// gRPC's length-prefixed message: one byte "compressed", four bytes length, big endian.
const GRPC_PREFIX: usize = 5;

/// The body of a request, its memory kept from batch to batch. What is encoded is what is sent, without a copy: a batch is
/// larger than what the processor's nearest cache holds, and that belongs to the application.
pub(crate) struct Payload {
    compression: Compression,
    /// After room for gRPC's prefix, what is encoded and not framed yet; empty when it is.
    encoded: Vec<u8>,
    /// gRPC's prefix and what follows it.
    message: Bytes,
}

impl Payload {
    pub(crate) fn new(compression: Compression) -> Self {
        Self { compression, encoded: Vec::new(), message: Bytes::new() }
    }

    pub(crate) fn compression(&self) -> Compression {
        self.compression
    }

    /// Where the next content is to be appended; the last is gone.
    pub(crate) fn begin(&mut self) -> &mut Vec<u8> {
        // What was never framed, because nobody was there to send it to, has its memory still.
        if self.compression == Compression::None && self.encoded.is_empty() {
            self.encoded = self.take_back();
        }
        self.encoded.clear();
        self.encoded.shrink_to(KEPT_CAPACITY);
        self.encoded.extend_from_slice(&[0; GRPC_PREFIX]);
        &mut self.encoded
    }

    /// What a request of this protocol carries.
    pub(crate) fn body(&mut self, protocol: Protocol) -> Bytes {
        if !self.encoded.is_empty() {
            self.frame();
        }
        match protocol {
            Protocol::Grpc => self.message.clone(),
            Protocol::HttpProtobuf => self.message.slice(GRPC_PREFIX.min(self.message.len())..),
        }
    }

    fn frame(&mut self) {
        let mut message = match self.compression {
            Compression::None => mem::take(&mut self.encoded),
            Compression::Gzip => self.packed(),
        };
        let length = u32::try_from(message.len().saturating_sub(GRPC_PREFIX)).unwrap_or(u32::MAX);
        let [a, b, c, d] = length.to_be_bytes();
        let prefix = [u8::from(self.compression == Compression::Gzip), a, b, c, d];
        for (slot, byte) in message.iter_mut().zip(prefix) {
            *slot = byte;
        }
        self.message = Bytes::from(message);
    }

    /// The content compressed, after room for the prefix.
    fn packed(&mut self) -> Vec<u8> {
        let mut buffer = self.take_back();
        buffer.shrink_to(KEPT_CAPACITY);
        buffer.extend_from_slice(&[0; GRPC_PREFIX]);
        let content = self.encoded.get(GRPC_PREFIX..).unwrap_or_default();
        let mut packer = GzBuilder::new().write(&mut buffer, flate2::Compression::fast());
        // Writing to a Vec cannot fail.
        let _ = packer.write_all(content);
        let _ = packer.finish();
        self.encoded.clear();
        buffer
    }

    /// The memory of the last message, unless a connection still reads from it.
    fn take_back(&mut self) -> Vec<u8> {
        let mut last = mem::take(&mut self.message);
        if !last.is_unique() {
            return Vec::new();
        }
        // Or all of them would be moved, to where they are; of no byte at all the memory would be given back.
        last.truncate(1);
        let mut memory = Vec::from(last);
        memory.clear();
        memory
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use flate2::read::GzDecoder;

    use super::*;

    fn payload(compression: Compression, content: &[u8]) -> Payload {
        let mut payload = Payload::new(compression);
        payload.begin().extend_from_slice(content);
        payload
    }

    #[test]
    fn a_message_is_the_content_and_for_grpc_its_prefix() {
        let mut payload = payload(Compression::None, b"spans");
        assert_eq!(payload.body(Protocol::HttpProtobuf), b"spans"[..]);
        assert_eq!(payload.body(Protocol::Grpc), b"\0\0\0\0\x05spans"[..]);
        assert_eq!(payload.body(Protocol::HttpProtobuf), b"spans"[..], "and in the first protocol again");
    }

    #[test]
    fn a_compressed_message_says_so_and_how_long_it_is() {
        let mut payload = payload(Compression::Gzip, b"spans");
        let body = payload.body(Protocol::HttpProtobuf);
        let mut text = String::new();
        GzDecoder::new(body.as_ref()).read_to_string(&mut text).unwrap();
        assert_eq!(text, "spans");
        let length = u32::try_from(body.len()).unwrap().to_be_bytes();
        assert_eq!(payload.body(Protocol::Grpc), [&[1], &length[..], &body].concat());
    }

    #[test]
    fn an_empty_batch_has_an_empty_message() {
        let mut payload = payload(Compression::None, b"");
        assert_eq!(payload.body(Protocol::HttpProtobuf), b""[..]);
        assert_eq!(payload.body(Protocol::Grpc), b"\0\0\0\0\0"[..]);
    }

    #[test]
    fn the_memory_of_what_was_sent_is_that_of_what_is_sent_next() {
        for compression in [Compression::None, Compression::Gzip] {
            let mut payload = payload(compression, &[7; 5_000]);
            let first = payload.body(Protocol::Grpc).as_ptr();
            payload.begin().extend_from_slice(b"less");
            assert_eq!(payload.body(Protocol::Grpc).as_ptr(), first, "{compression:?}");
            let read_still = payload.body(Protocol::Grpc);
            payload.begin().extend_from_slice(b"other");
            assert_ne!(payload.body(Protocol::Grpc).as_ptr(), first, "{compression:?}");
            assert_ne!(payload.body(Protocol::Grpc), read_still);
        }
    }

    #[test]
    fn the_memory_of_what_was_never_sent_is_that_of_what_is_sent_next() {
        let mut payload = payload(Compression::None, &[7; 5_000]);
        let first = payload.encoded.as_ptr();
        payload.begin().extend_from_slice(b"less");
        let message = payload.body(Protocol::Grpc);
        assert_eq!((message.as_ptr(), &message[GRPC_PREFIX..]), (first, &b"less"[..]));
    }
}
