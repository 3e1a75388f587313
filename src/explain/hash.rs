//! Hash functions that senders use, with and without a key.

use hmac::{Hmac, KeyInit, Mac};
use md5::Md5;
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha384, Sha512};

use super::cause::Cause;
use crate::signature::{Algorithm, Content};

/// A hash function, recognized by the length of a signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hash {
    Md5,
    Sha1,
    Sha256,
    Sha384,
    Sha512,
}

impl Hash {
    pub(super) const ALL: [Self; 5] = [Self::Md5, Self::Sha1, Self::Sha256, Self::Sha384, Self::Sha512];

    /// The hash of a scheme's algorithm; `None` for key pairs.
    pub(super) fn of(algorithm: Algorithm) -> Option<Self> {
        match algorithm {
            Algorithm::HmacSha1 => Some(Self::Sha1),
            Algorithm::HmacSha256 => Some(Self::Sha256),
            Algorithm::HmacSha512 => Some(Self::Sha512),
            _ => None,
        }
    }

    pub(super) const fn code_length(self) -> usize {
        match self {
            Self::Md5 => 16,
            Self::Sha1 => 20,
            Self::Sha256 => 32,
            Self::Sha384 => 48,
            Self::Sha512 => 64,
        }
    }

    pub(super) const fn cause(self) -> Cause {
        match self {
            Self::Md5 => Cause::AlgorithmMd5,
            Self::Sha1 => Cause::AlgorithmSha1,
            Self::Sha256 => Cause::AlgorithmSha256,
            Self::Sha384 => Cause::AlgorithmSha384,
            Self::Sha512 => Cause::AlgorithmSha512,
        }
    }

    /// The HMAC of `content` under `key`.
    pub(super) fn mac(self, key: &[u8], content: &Content<'_>) -> Vec<u8> {
        match self {
            Self::Md5 => mac::<Hmac<Md5>>(key, content),
            Self::Sha1 => mac::<Hmac<Sha1>>(key, content),
            Self::Sha256 => mac::<Hmac<Sha256>>(key, content),
            Self::Sha384 => mac::<Hmac<Sha384>>(key, content),
            Self::Sha512 => mac::<Hmac<Sha512>>(key, content),
        }
    }

    /// The hash of `before`, `content` and `after`, concatenated.
    pub(super) fn digest(self, before: &[u8], content: &Content<'_>, after: &[u8]) -> Vec<u8> {
        match self {
            Self::Md5 => digest::<Md5>(before, content, after),
            Self::Sha1 => digest::<Sha1>(before, content, after),
            Self::Sha256 => digest::<Sha256>(before, content, after),
            Self::Sha384 => digest::<Sha384>(before, content, after),
            Self::Sha512 => digest::<Sha512>(before, content, after),
        }
    }
}

fn mac<M: Mac + KeyInit>(key: &[u8], content: &Content<'_>) -> Vec<u8> {
    let mut mac = <M as KeyInit>::new_from_slice(key).expect("HMAC takes keys of any length");
    content(&mut |piece| mac.update(piece));
    mac.finalize().into_bytes().to_vec()
}

fn digest<D: Digest>(before: &[u8], content: &Content<'_>, after: &[u8]) -> Vec<u8> {
    let mut digest = D::new_with_prefix(before);
    content(&mut |piece| digest.update(piece));
    digest.update(after);
    digest.finalize().to_vec()
}
