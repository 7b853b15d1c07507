//! Secrets of a channel: one, or two while it is being rotated.

use std::fmt;

use hmac::digest::KeyInit;
use hmac::{Hmac, Mac};
use serde::{Deserialize, Deserializer};
use sha2::Sha256;
use subtle::ConstantTimeEq;

/// In the settings either a text, or a list of texts, the current one first.
#[derive(Clone, Default)]
pub struct Secrets(Vec<Secret>);

/// A secret, with the half of each signature under it that is the same every time.
#[derive(Clone)]
struct Secret {
    text: String,
    plain: Hmac<Sha256>,
    links: Hmac<Sha256>,
}

impl Secrets {
    /// Without a secret nothing is ever accepted.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The current one, for what we sign ourselves.
    pub fn current(&self) -> Option<&str> {
        self.0.first().map(|secret| secret.text.as_str())
    }

    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|secret| secret.text.as_str())
    }

    /// Whether `given` is one of them, in constant time for each.
    pub fn contain(&self, given: &str) -> bool {
        self.0.iter().fold(false, |found, secret| found | same(secret.text.as_bytes(), given.as_bytes()))
    }

    /// Whether `signature` is the HMAC-SHA256 of `body` under one of them, in constant time for each.
    pub fn signed(&self, body: &[u8], signature: &[u8]) -> bool {
        self.0.iter().fold(false, |found, secret| found | same(&finish(&secret.plain, &[body]), signature))
    }

    /// The signature of a link of ours, under a key made of the current one.
    pub(crate) fn sign_link(&self, link: &str) -> Option<[u8; 32]> {
        Some(finish(&self.0.first()?.links, &[link.as_bytes()]))
    }

    /// Whether a link of ours was signed under one of them.
    pub(crate) fn signed_link(&self, link: &str, signature: &[u8]) -> bool {
        let links = self.0.iter().map(|secret| &secret.links);
        links.fold(false, |found, key| found | same(&finish(key, &[link.as_bytes()]), signature))
    }
}

impl Secret {
    fn new(text: String) -> Self {
        let plain = keyed(text.as_bytes());
        // The messenger signs under the secret itself, and must not be able to sign a link of ours by it.
        let links = keyed(&finish(&plain, &[b"closer media link 1"]));
        Self { text, plain, links }
    }
}

impl PartialEq for Secrets {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for Secrets {}

/// Equal, in a time that does not tell where they differ.
pub(crate) fn same(one: &[u8], other: &[u8]) -> bool {
    one.ct_eq(other).into()
}

/// HMAC-SHA256 of the parts, one after another.
pub(crate) fn hmac_sha256(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    finish(&keyed(key), parts)
}

fn keyed(key: &[u8]) -> Hmac<Sha256> {
    // HMAC takes a key of any length, so the other branch is never taken.
    <Hmac<Sha256> as Mac>::new_from_slice(key).unwrap_or_else(|_| <Hmac<Sha256> as KeyInit>::new(&Default::default()))
}

fn finish(keyed: &Hmac<Sha256>, parts: &[&[u8]]) -> [u8; 32] {
    let mut mac = keyed.clone();
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

impl<'de> Deserialize<'de> for Secrets {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum OneOrMany {
            One(String),
            Many(Vec<String>),
            None,
        }
        let list = match OneOrMany::deserialize(deserializer)? {
            OneOrMany::One(secret) => vec![secret],
            OneOrMany::Many(secrets) => secrets,
            OneOrMany::None => Vec::new(),
        };
        Ok(Self(list.into_iter().filter(|secret| !secret.is_empty()).map(Secret::new).collect()))
    }
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} secrets", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_or_many_and_never_an_empty_one() {
        for (json, count) in
            [(r#""a""#, 1), (r#"["a","b"]"#, 2), (r#""""#, 0), ("[]", 0), ("null", 0), (r#"["","b"]"#, 1)]
        {
            assert_eq!(serde_json::from_str::<Secrets>(json).unwrap().0.len(), count, "{json}");
        }
        assert!(!Secrets::default().contain(""), "no secret, so accept: never");
        assert!(!Secrets::default().signed(b"", &hmac_sha256(b"", &[b""])));
    }

    #[test]
    fn both_secrets_of_a_rotation_work() {
        let secrets: Secrets = serde_json::from_str(r#"["new","old"]"#).unwrap();
        for secret in ["new", "old"] {
            assert!(secrets.contain(secret));
            assert!(secrets.signed(b"x", &hmac_sha256(secret.as_bytes(), &[b"x"])));
        }
        for wrong in ["", "ne", "newer", "NEW"] {
            assert!(!secrets.contain(wrong));
            assert!(!secrets.signed(b"x", &hmac_sha256(wrong.as_bytes(), &[b"x"])));
        }
        assert!(!secrets.signed(b"x", b"short"));
        assert!(!format!("{secrets:?}").contains("new"));
    }
}
