//! The certificates of a PKCS#12 file (RFC 7292). Its keys and secrets stay closed: nobody asks for them.
//!
//! Ciphers, hash functions and DER are libraries'. A library for whole key stores brings a reader of every certificate
//! extension, and everything once more for each hash function: a tenth of the agent.

use cbc::cipher::block_padding::Pkcs7;
use cbc::cipher::{BlockCipherDecrypt, BlockModeDecrypt, KeyInit, KeyIvInit};
use der::asn1::{AnyRef, ObjectIdentifier};
use der::{Decode, Reader, SliceReader, Tag, TagNumber, Tagged};
use des::TdesEde3;
use pkcs5::pbes2;
use rc2::Rc2;
use sha1::Sha1;
use sha2::digest::DynDigest;
use sha2::{Sha224, Sha256, Sha384, Sha512, Sha512_224, Sha512_256};
use subtle::ConstantTimeEq;
use thiserror::Error;

/// A file may ask for as much work as it likes; more than this nobody means.
const MAX_ITERATIONS: u32 = 1_000_000;
const MAX_SCRYPT_MEMORY: u64 = 1 << 30;
const MAX_SCRYPT_PARALLELISM: u16 = 16;

/// What a derived key is for (RFC 7292, appendix B.3).
const ENCRYPTION_KEY: u8 = 1;
const ENCRYPTION_START: u8 = 2;
const MAC_KEY: u8 = 3;

/// `[0]`, constructed.
const FIRST: Tag = Tag::ContextSpecific { constructed: true, number: TagNumber(0) };
/// `[0]` instead of an octet string's own tag.
const FIRST_OCTETS: Tag = Tag::ContextSpecific { constructed: false, number: TagNumber(0) };
const VERSION: u32 = 3;

const DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.1");
const ENCRYPTED_DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.6");
const CERTIFICATE_BAG: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.12.10.1.3");
const X509_CERTIFICATE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.22.1");
const LOCAL_KEY_ID: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.21");
/// The JDK's mark of a certificate that is trusted, and for what.
const TRUSTED_KEY_USAGE: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.113894.746875.1.1");
const ANY_KEY_USAGE: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.37.0");
const SHA1_AND_TRIPLE_DES: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.12.1.3");
const SHA1_AND_RC2_40: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.12.1.6");
const SHA1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.14.3.2.26");
const SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.1");
const SHA384: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.2");
const SHA512: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.3");
const SHA224: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.4");
const SHA512_224: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.5");
const SHA512_256: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.6");

/// Why a file gives no certificates.
#[derive(Debug, Error)]
pub(super) enum Pkcs12Error {
    #[error("{0}")]
    Form(#[from] der::Error),
    #[error("version {0}")]
    Version(u32),
    #[error("signed by a key, not by a password")]
    Signed,
    #[error("the password is wrong, or the file is damaged")]
    Password,
    #[error("the algorithm {0} is not known here")]
    Algorithm(ObjectIdentifier),
    #[error("a certificate of another kind than X.509")]
    CertificateKind,
    #[error("it asks for too much work")]
    TooMuchWork,
    #[error("{0}")]
    Decryption(pkcs5::Error),
}

type Result<T> = std::result::Result<T, Pkcs12Error>;

/// A certificate and what the file says of it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Bag {
    /// DER, unread.
    pub(super) certificate: Vec<u8>,
    /// The JDK's mark is on it.
    pub(super) trusted: bool,
    /// It belongs to a key of the file.
    pub(super) of_key: bool,
}

/// Every certificate of a file, in its order. A file without a signature is taken as it is.
pub(super) fn certificates(file: &[u8], password: &str) -> Result<Vec<Bag>> {
    let mut bags = Vec::new();
    let mut pfx = inside(file, Tag::Sequence)?;
    let version = u32::decode(&mut pfx)?;
    if version != VERSION {
        return Err(Pkcs12Error::Version(version));
    }
    let (kind, content) = content_info(&mut pfx)?;
    if kind != DATA {
        return Err(Pkcs12Error::Signed);
    }
    let safes = only(content, Tag::OctetString)?;
    if !pfx.is_finished() {
        verify(next(&mut pfx, Tag::Sequence)?, password, safes)?;
    }
    let mut safes = inside(safes, Tag::Sequence)?;
    while !safes.is_finished() {
        match content_info(&mut safes)? {
            (DATA, content) => read_bags(only(content, Tag::OctetString)?, &mut bags)?,
            (ENCRYPTED_DATA, content) => {
                if let Some(content) = decrypted(content, password)? {
                    read_bags(&content, &mut bags)?;
                }
            }
            (kind, _) => return Err(Pkcs12Error::Algorithm(kind)),
        }
    }
    Ok(bags)
}

/// The content of the next element, which must have this tag.
fn next<'a>(reader: &mut SliceReader<'a>, tag: Tag) -> der::Result<&'a [u8]> {
    let element = AnyRef::decode(reader)?;
    element.tag().assert_eq(tag)?;
    Ok(element.value())
}

/// The content of the one element that `bytes` are.
fn only(bytes: &[u8], tag: Tag) -> der::Result<&[u8]> {
    let mut reader = SliceReader::new(bytes)?;
    let content = next(&mut reader, tag)?;
    reader.finish()?;
    Ok(content)
}

/// The same, to be read on.
fn inside(bytes: &[u8], tag: Tag) -> der::Result<SliceReader<'_>> {
    SliceReader::new(only(bytes, tag)?)
}

/// `ContentInfo`: its kind, and the element below `[0]`.
fn content_info<'a>(reader: &mut SliceReader<'a>) -> der::Result<(ObjectIdentifier, &'a [u8])> {
    let mut info = SliceReader::new(next(reader, Tag::Sequence)?)?;
    Ok((ObjectIdentifier::decode(&mut info)?, next(&mut info, FIRST)?))
}

/// `AlgorithmIdentifier`: what it names, and its parameters as they stand.
fn algorithm<'a>(reader: &mut SliceReader<'a>) -> der::Result<(ObjectIdentifier, &'a [u8])> {
    let mut identifier = SliceReader::new(next(reader, Tag::Sequence)?)?;
    let name = ObjectIdentifier::decode(&mut identifier)?;
    Ok((name, identifier.read_slice(identifier.remaining_len())?))
}

/// `MacData`: whether whoever wrote `data` knew the password.
fn verify(mac_data: &[u8], password: &str, data: &[u8]) -> Result<()> {
    let mut mac_data = SliceReader::new(mac_data)?;
    let mut digest_info = SliceReader::new(next(&mut mac_data, Tag::Sequence)?)?;
    let (name, _) = algorithm(&mut digest_info)?;
    let digest = next(&mut digest_info, Tag::OctetString)?;
    let salt = next(&mut mac_data, Tag::OctetString)?;
    let iterations = if mac_data.is_finished() { 1 } else { u32::decode(&mut mac_data)? };
    let mut hash = Hash::of(name)?;
    let key = hash.derived_key(MAC_KEY, password, salt, iterations, hash.output_size())?;
    if hash.hmac(&key, data).ct_eq(digest).into() { Ok(()) } else { Err(Pkcs12Error::Password) }
}

/// A hash function and the length of its block. It is one behind a pointer: of what is generic over seven of them, there
/// would be seven in the library.
struct Hash {
    function: Box<dyn DynDigest>,
    block: usize,
}

impl Hash {
    fn of(name: ObjectIdentifier) -> Result<Self> {
        let (function, block): (Box<dyn DynDigest>, usize) = match name {
            SHA1 => (Box::new(Sha1::default()), 64),
            SHA224 => (Box::new(Sha224::default()), 64),
            SHA256 => (Box::new(Sha256::default()), 64),
            SHA384 => (Box::new(Sha384::default()), 128),
            SHA512 => (Box::new(Sha512::default()), 128),
            SHA512_224 => (Box::new(Sha512_224::default()), 128),
            SHA512_256 => (Box::new(Sha512_256::default()), 128),
            _ => return Err(Pkcs12Error::Algorithm(name)),
        };
        Ok(Self { function, block })
    }

    fn output_size(&self) -> usize {
        self.function.output_size()
    }

    fn digest(&mut self, parts: &[&[u8]]) -> Box<[u8]> {
        parts.iter().for_each(|part| self.function.update(part));
        self.function.finalize_reset()
    }

    /// RFC 2104, for a key that is no longer than a block.
    fn hmac(&mut self, key: &[u8], data: &[u8]) -> Box<[u8]> {
        let padded = |pad: u8| {
            let mut block = vec![pad; self.block];
            block.iter_mut().zip(key).for_each(|(byte, key)| *byte ^= key);
            block
        };
        let (inner, outer) = (padded(0x36), padded(0x5c));
        let inner = self.digest(&[&inner, data]);
        self.digest(&[&outer, &inner])
    }

    /// The key derivation of PKCS#12 (RFC 7292, appendix B.2), with the names that it has there.
    fn derived_key(
        &mut self,
        id: u8,
        password: &str,
        salt: &[u8],
        iterations: u32,
        length: usize,
    ) -> Result<Vec<u8>> {
        if iterations > MAX_ITERATIONS {
            return Err(Pkcs12Error::TooMuchWork);
        }
        let v = self.block;
        let d = vec![id; v];
        // A BMPString, ended by a zero.
        let p: Vec<u8> = password.encode_utf16().chain([0]).flat_map(u16::to_be_bytes).collect();
        let filled = |with: &[u8]| {
            with.iter().copied().cycle().take(with.len().next_multiple_of(v)).collect::<Vec<u8>>()
        };
        let mut i = [filled(salt), filled(&p)].concat();
        let mut key = Vec::new();
        loop {
            let mut a = self.digest(&[&d, &i]);
            for _ in 1..iterations {
                a = self.digest(&[&a]);
            }
            key.extend_from_slice(&a);
            if key.len() >= length {
                key.truncate(length);
                return Ok(key);
            }
            for block in i.chunks_exact_mut(v) {
                // block = block + a repeated + 1, as numbers of v bytes.
                let mut carry = 1;
                for (at, byte) in block.iter_mut().enumerate().rev() {
                    let sum = u16::from(*byte) + u16::from(a[at % a.len()]) + carry;
                    *byte = sum.to_le_bytes()[0];
                    carry = sum >> 8;
                }
            }
        }
    }
}

/// `EncryptedData`: what is in it, if it has anything.
fn decrypted(content: &[u8], password: &str) -> Result<Option<Vec<u8>>> {
    let mut data = inside(content, Tag::Sequence)?;
    let version = u32::decode(&mut data)?;
    if version != 0 {
        return Err(Pkcs12Error::Version(version));
    }
    let mut info = SliceReader::new(next(&mut data, Tag::Sequence)?)?;
    next(&mut info, Tag::ObjectIdentifier)?;
    let (name, parameters) = algorithm(&mut info)?;
    if info.is_finished() {
        return Ok(None);
    }
    let encrypted = next(&mut info, FIRST_OCTETS)?;
    let decrypted = match name {
        pbes2::PBES2_OID => {
            let parameters = pbes2::Parameters::from_der(parameters)?;
            if !is_bounded(&parameters.kdf) {
                return Err(Pkcs12Error::TooMuchWork);
            }
            parameters.decrypt(password, encrypted).map_err(Pkcs12Error::Decryption)?
        }
        SHA1_AND_TRIPLE_DES => decrypted_by::<TdesEde3>(24, parameters, encrypted, password)?,
        SHA1_AND_RC2_40 => decrypted_by::<Rc2>(5, parameters, encrypted, password)?,
        _ => return Err(Pkcs12Error::Algorithm(name)),
    };
    Ok(Some(decrypted))
}

fn is_bounded(kdf: &pbes2::Kdf) -> bool {
    match kdf {
        pbes2::Kdf::Pbkdf2(asked) => asked.iteration_count <= MAX_ITERATIONS,
        pbes2::Kdf::Scrypt(asked) => {
            let memory = asked.cost_parameter.saturating_mul(u64::from(asked.block_size)).saturating_mul(128);
            asked.parallelization <= MAX_SCRYPT_PARALLELISM && memory <= MAX_SCRYPT_MEMORY
        }
        _ => false,
    }
}

/// The schemes of PKCS#12 itself (RFC 7292, appendix C).
fn decrypted_by<C: KeyInit + BlockCipherDecrypt>(
    key_length: usize,
    parameters: &[u8],
    encrypted: &[u8],
    password: &str,
) -> Result<Vec<u8>> {
    let mut parameters = inside(parameters, Tag::Sequence)?;
    let salt = next(&mut parameters, Tag::OctetString)?;
    let iterations = u32::decode(&mut parameters)?;
    let mut hash = Hash::of(SHA1)?;
    let key = hash.derived_key(ENCRYPTION_KEY, password, salt, iterations, key_length)?;
    let start = hash.derived_key(ENCRYPTION_START, password, salt, iterations, C::block_size())?;
    cbc::Decryptor::<C>::new_from_slices(&key, &start)
        .ok()
        .and_then(|cipher| cipher.decrypt_padded_vec::<Pkcs7>(encrypted).ok())
        .ok_or(Pkcs12Error::Password)
}

/// `SafeContents`: its certificates.
fn read_bags(contents: &[u8], bags: &mut Vec<Bag>) -> Result<()> {
    let mut contents = inside(contents, Tag::Sequence)?;
    while !contents.is_finished() {
        let mut bag = SliceReader::new(next(&mut contents, Tag::Sequence)?)?;
        let kind = ObjectIdentifier::decode(&mut bag)?;
        let value = next(&mut bag, FIRST)?;
        if kind != CERTIFICATE_BAG {
            continue;
        }
        let mut value = inside(value, Tag::Sequence)?;
        if ObjectIdentifier::decode(&mut value)? != X509_CERTIFICATE {
            return Err(Pkcs12Error::CertificateKind);
        }
        let certificate = only(next(&mut value, FIRST)?, Tag::OctetString)?.to_vec();
        let (mut trusted, mut of_key) = (false, false);
        if !bag.is_finished() {
            let mut attributes = SliceReader::new(next(&mut bag, Tag::Set)?)?;
            while !attributes.is_finished() {
                let mut attribute = SliceReader::new(next(&mut attributes, Tag::Sequence)?)?;
                let name = ObjectIdentifier::decode(&mut attribute)?;
                let mut values = SliceReader::new(next(&mut attribute, Tag::Set)?)?;
                match name {
                    LOCAL_KEY_ID => of_key = next(&mut values, Tag::OctetString).is_ok(),
                    TRUSTED_KEY_USAGE => {
                        trusted = ObjectIdentifier::decode(&mut values).is_ok_and(|is| is == ANY_KEY_USAGE);
                    }
                    _ => {}
                }
            }
        }
        bags.push(Bag { certificate, trusted, of_key });
    }
    Ok(())
}

#[cfg(test)]
mod tests;
