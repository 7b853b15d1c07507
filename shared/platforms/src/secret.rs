//! Secrets of a channel: one, or two while it is being rotated.

use std::fmt;

use hmac::{Hmac, Mac};
use serde::{Deserialize, Deserializer};
use sha2::Sha256;
use subtle::ConstantTimeEq;

/// In the settings either a text, or a list of texts, the current one first.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Secrets(Vec<String>);

impl Secrets {
    /// Without a secret nothing is ever accepted.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The current one, for what we sign ourselves.
    pub fn current(&self) -> Option<&str> {
        self.0.first().map(String::as_str)
    }

    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    /// Whether `given` is one of them, in constant time for each.
    pub fn contain(&self, given: &str) -> bool {
        self.0.iter().fold(false, |found, secret| found | bool::from(secret.as_bytes().ct_eq(given.as_bytes())))
    }

    /// Whether `signature` is the HMAC-SHA256 of `body` under one of them, in constant time for each.
    pub fn signed(&self, body: &[u8], signature: &[u8]) -> bool {
        self.0.iter().fold(false, |found, secret| {
            found | bool::from(hmac_sha256(secret.as_bytes(), &[body]).as_slice().ct_eq(signature))
        })
    }
}

/// Equal, in a time that does not tell where they differ.
pub(crate) fn same(one: &[u8], other: &[u8]) -> bool {
    bool::from(one.ct_eq(other))
}

/// HMAC-SHA256 of the parts, one after another.
pub(crate) fn hmac_sha256(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    // HMAC takes a key of any length, so there is no error to pass on.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else { return [0; 32] };
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
        Ok(Self(list.into_iter().filter(|secret| !secret.is_empty()).collect()))
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
