//! Keys of the API: `closer_` + id + `_` + secret. Only the hash of the secret is stored.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use model::{BotId, EpochMillis};
use sha2::{Digest as _, Sha256};
use store::{Right, StoredKey};
use subtle::ConstantTimeEq as _;

const PREFIX: &str = "closer_";
/// Of the id: enough that two never meet, and short in a log.
const ID_CHARS: usize = 12;

/// A new key, and the text that is shown once.
pub fn create(
    random: [u8; 32],
    name: &str,
    bots: Option<Vec<BotId>>,
    rights: Vec<Right>,
    now: EpochMillis,
) -> (StoredKey, String) {
    let id = hex(&Sha256::digest([b"id".as_slice(), &random].concat()))[..ID_CHARS].to_owned();
    let secret = URL_SAFE_NO_PAD.encode(random);
    let text = format!("{PREFIX}{id}_{secret}");
    (StoredKey { id, name: name.to_owned(), hash: hash(&secret), bots, rights, created_at: now }, text)
}

/// The id and the secret of a key's text.
pub(crate) fn parse(text: &str) -> Option<(&str, &str)> {
    let (id, secret) = text.strip_prefix(PREFIX)?.split_once('_')?;
    let is_hex = id.len() == ID_CHARS && id.bytes().all(|byte| byte.is_ascii_hexdigit());
    (is_hex && !secret.is_empty()).then_some((id, secret))
}

/// Whether the secret is the key's, in a time that does not tell where they differ.
pub(crate) fn fits(key: &StoredKey, secret: &str) -> bool {
    key.hash.as_bytes().ct_eq(hash(secret).as_bytes()).into()
}

pub(crate) fn may(key: &StoredKey, bot_id: &BotId) -> bool {
    key.bots.as_ref().is_none_or(|bots| bots.contains(bot_id))
}

/// SHA-256 in hex.
pub(crate) fn hash(text: &str) -> String {
    hex(&Sha256::digest(text.as_bytes()))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_fits_itself_and_no_other() {
        let (key, text) = create([7; 32], "ci", None, vec![Right::Read], EpochMillis(0));
        let (id, secret) = parse(&text).unwrap();
        assert_eq!(id, key.id);
        assert!(fits(&key, secret) && !fits(&key, &secret[1..]) && !fits(&key, ""));
        assert!(!key.hash.contains(secret));
        let (other, other_text) = create([8; 32], "ci", None, vec![], EpochMillis(0));
        assert!(other.id != key.id && !fits(&key, parse(&other_text).unwrap().1));
    }

    #[test]
    fn what_is_no_key() {
        for text in [
            "",
            "closer_",
            "closer_0123456789ab",
            "closer_0123456789ab_",
            "closer_0123456789_x",
            "closer_0123456789zz_x",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
