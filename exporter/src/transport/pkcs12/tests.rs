//! What another library writes and reads is read here alike.

use p12_keystore::{
    Certificate, EncryptionAlgorithm, KeyStore, KeyStoreEntry, LocalKeyId, MacAlgorithm, Pkcs12Archive,
    PrivateKey, PrivateKeyChain,
};
use pkcs5::pbes2::{Kdf, Salt, ScryptParams};
use rcgen::{CertifiedKey, generate_simple_self_signed};

use super::{Bag, Hash, MAC_KEY, MAX_ITERATIONS, Pkcs12Error, SHA1, certificates, is_bounded};

const PASSWORD: &str = "chängeit";

const ENCRYPTIONS: [EncryptionAlgorithm; 3] = [
    EncryptionAlgorithm::PbeWithHmacSha256AndAes256,
    EncryptionAlgorithm::PbeWithShaAnd40BitRc4Cbc,
    EncryptionAlgorithm::PbeWithShaAnd3KeyTripleDesCbc,
];

const MACS: [MacAlgorithm; 7] = [
    MacAlgorithm::HmacSha1,
    MacAlgorithm::HmacSha224,
    MacAlgorithm::HmacSha256,
    MacAlgorithm::HmacSha384,
    MacAlgorithm::HmacSha512,
    MacAlgorithm::HmacSha512_224,
    MacAlgorithm::HmacSha512_256,
];

fn written(
    entries: &[KeyStoreEntry],
    encryption: EncryptionAlgorithm,
    mac: MacAlgorithm,
    password: &str,
) -> Vec<u8> {
    let mut store = KeyStore::new();
    for (number, entry) in entries.iter().enumerate() {
        store.add_entry(&format!("entry {number}"), entry.clone());
    }
    let writer = store.writer(password).encryption_algorithm(encryption).mac_algorithm(mac);
    writer.encryption_iterations(3).mac_iterations(3).write().unwrap()
}

fn as_another_reads(file: &[u8], password: &str) -> Vec<Bag> {
    let archive = Pkcs12Archive::from_pkcs12(file, password).unwrap();
    let bag = |bag: p12_keystore::CertificateBag| Bag {
        certificate: bag.cert.as_der().to_vec(),
        trusted: bag.trusted,
        of_key: bag.local_key_id.is_some(),
    };
    archive.certs.into_iter().map(bag).collect()
}

/// A certificate that is trusted, and one with its key.
fn entries() -> [KeyStoreEntry; 2] {
    let made = |name: &str| generate_simple_self_signed([name.to_owned()]).unwrap();
    let certificate = |made: &CertifiedKey<_>| Certificate::from_der(made.cert.der()).unwrap();
    let (trusted, own) = (made("authority.example"), made("own.example"));
    let key = PrivateKey::from_der(&own.signing_key.serialize_der()).unwrap();
    [
        KeyStoreEntry::Certificate(certificate(&trusted)),
        KeyStoreEntry::PrivateKeyChain(PrivateKeyChain::new(LocalKeyId(vec![1]), key, [certificate(&own)])),
    ]
}

#[test]
fn every_cipher_and_every_signature_is_read() {
    let entries = entries();
    for password in [PASSWORD, ""] {
        for encryption in ENCRYPTIONS {
            for mac in MACS {
                let file = written(&entries, encryption, mac, password);
                let read = certificates(&file, password).unwrap();
                assert_eq!(read, as_another_reads(&file, password), "{encryption:?} {mac:?}");
                assert_eq!(read.iter().filter(|bag| bag.trusted && !bag.of_key).count(), 1);
                assert_eq!(read.iter().filter(|bag| bag.of_key && !bag.trusted).count(), 1);
                assert!(matches!(certificates(&file, "wrong"), Err(Pkcs12Error::Password)));
            }
        }
    }
}

#[test]
fn a_damaged_file_is_refused() {
    let file = written(&entries(), ENCRYPTIONS[0], MACS[2], PASSWORD);
    for length in 0..file.len() {
        assert!(certificates(&file[..length], PASSWORD).is_err(), "{length} bytes");
    }
    let mut longer = file.clone();
    longer.push(0);
    assert!(certificates(&longer, PASSWORD).is_err());
    for at in (0..file.len()).step_by(7) {
        let mut damaged = file.clone();
        damaged[at] ^= 0x55;
        let _ = certificates(&damaged, PASSWORD);
    }
}

#[test]
fn a_file_that_asks_for_years_of_work_is_refused() {
    let mut hash = Hash::of(SHA1).unwrap();
    let mut derived = |iterations| hash.derived_key(MAC_KEY, PASSWORD, b"salt", iterations, 20);
    assert!(derived(1).is_ok());
    assert!(matches!(derived(MAX_ITERATIONS + 1), Err(Pkcs12Error::TooMuchWork)));
    let scrypt = |cost, parallelization| {
        let salt = Salt::new(b"salt").unwrap();
        let (block_size, key_length) = (8, None);
        is_bounded(&Kdf::Scrypt(ScryptParams {
            salt,
            cost_parameter: cost,
            block_size,
            parallelization,
            key_length,
        }))
    };
    assert!(scrypt(1 << 14, 1));
    assert!(!scrypt(1 << 21, 1));
    assert!(!scrypt(u64::MAX, 1));
    assert!(!scrypt(1 << 14, 17));
}
