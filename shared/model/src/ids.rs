//! Identifiers. Each is a type of its own and can only be made by parsing, or by one of the derivations below, which
//! give the same id for the same event however often it comes.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use sha1::Sha1;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::{EpochMillis, PlatformType};

/// `B` and five letters or digits, as in CLOSER: `Bxxxxx`.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct BotId(String);

/// The messenger's own name for a person or a room, kept exactly as received.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct UserKey(String);

/// The longest user key that is taken, in bytes. The guide's field holds 90 characters; no messenger comes near this.
pub const USER_KEY_BYTES: usize = 512;

#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum IdError {
    #[error("a bot id is `B` and five letters or digits, as in `Bxxxxx`")]
    Bot,
    #[error("a user key has 1 to {USER_KEY_BYTES} bytes")]
    UserKey,
    #[error("a {0} is a UUID")]
    Uuid(&'static str),
}

impl FromStr for BotId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        let rest = text.strip_prefix('B').ok_or(IdError::Bot)?;
        if rest.len() != 5 || !rest.bytes().all(|b| b.is_ascii_alphanumeric()) {
            return Err(IdError::Bot);
        }
        Ok(Self(text.to_owned()))
    }
}

impl FromStr for UserKey {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        if text.is_empty() || text.len() > USER_KEY_BYTES {
            return Err(IdError::UserKey);
        }
        Ok(Self(text.to_owned()))
    }
}

macro_rules! text_id {
    ($($name:ident),*) => {$(
        impl $name {
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
        impl TryFrom<String> for $name {
            type Error = IdError;
            fn try_from(text: String) -> Result<Self, IdError> {
                text.parse()
            }
        }
        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.0
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    )*};
}
text_id!(BotId, UserKey);

macro_rules! uuid_id {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            pub fn uuid(self) -> Uuid {
                self.0
            }
        }
        impl FromStr for $name {
            type Err = IdError;
            fn from_str(text: &str) -> Result<Self, IdError> {
                Uuid::parse_str(text).map(Self).map_err(|_| IdError::Uuid(stringify!($name)))
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    )*};
}
uuid_id!(
    /// A person on a channel, or a room; see [`EndUserId::of`].
    EndUserId,
    ConversationId,
    MessageId,
    /// One EVENT, the same each time the event it tells of is handled; see [`EventId::of`].
    EventId,
    DeliveryId,
    WebhookId,
    /// Something a messenger told us, the same each time it tells it; see [`InboundId::of`].
    InboundId,
);

/// Our namespace for name-based UUIDs. It must never change: stored ids depend on it.
const NAMESPACE: Uuid = Uuid::from_u128(0x6f1c_9b52_4a0e_5d7c_93c1_c705_e24b_07a1);

/// Joins the parts of a name; no id, key or platform holds it, so two lists of parts never make one name.
const SEPARATOR: &str = "\u{1f}";

/// [`Uuid::new_v5`] of the parts, by an implementation that uses what the processor has for it: every webhook of a
/// messenger waits for one of these.
fn v5(parts: &[&str]) -> Uuid {
    let mut sha1 = Sha1::new_with_prefix(NAMESPACE.as_bytes());
    for (index, part) in parts.iter().enumerate() {
        if index > 0 {
            sha1.update(SEPARATOR);
        }
        sha1.update(part);
    }
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&sha1.finalize()[..16]);
    uuid::Builder::from_sha1_bytes(bytes).into_uuid()
}

/// A name of ours for anything that no type here stands for.
pub(crate) fn name(parts: &[&str]) -> Uuid {
    v5(parts)
}

/// A time-ordered UUID (version 7) whose random part comes from a name, so that the same event makes the same id.
fn v7(at: EpochMillis, parts: &[&str]) -> Uuid {
    let digest = Sha256::digest(parts.join(SEPARATOR).as_bytes());
    let mut tail = [0; 10];
    tail.copy_from_slice(&digest[..10]);
    uuid::Builder::from_unix_timestamp_millis(at.0.max(0).unsigned_abs(), &tail).into_uuid()
}

impl EndUserId {
    /// From bot, platform and key alone, so that adapters and worker agree without a read.
    pub fn of(bot: &BotId, platform: PlatformType, key: &UserKey) -> Self {
        Self(v5(&["end user", bot.as_str(), platform.as_str(), key.as_str()]))
    }
}

impl InboundId {
    /// `event` is the messenger's own id of the event, or whatever its sheet says stands for one.
    pub fn of(bot: &BotId, platform: PlatformType, event: &str) -> Self {
        Self(v5(&["inbound", bot.as_str(), platform.as_str(), event]))
    }

    /// The id of something that follows from this inbound: its expiry, its late answer.
    pub fn following(self, what: &str) -> Self {
        Self(v5(&["inbound", &self.to_string(), what]))
    }

    /// A key for an action that this inbound causes, such as a messenger's retry key.
    pub fn action(self, what: &str, index: usize) -> Uuid {
        v5(&["action", &self.to_string(), what, &index.to_string()])
    }
}

impl ConversationId {
    pub fn of(cause: InboundId, at: EpochMillis) -> Self {
        Self(v7(at, &["conversation", &cause.to_string()]))
    }
}

impl MessageId {
    /// The `index`th message that this inbound caused; the user's own message is index 0.
    pub fn of(cause: InboundId, index: usize, at: EpochMillis) -> Self {
        Self(v7(at, &["message", &cause.to_string(), &index.to_string()]))
    }
}

impl EventId {
    pub fn of(cause: InboundId, index: usize) -> Self {
        Self(v5(&["event", &cause.to_string(), &index.to_string()]))
    }
}

impl WebhookId {
    /// For webhooks that are declared in a file: the same bot and URL are the same webhook.
    pub fn of(bot: &BotId, url: &str) -> Self {
        Self(v5(&["webhook", bot.as_str(), url]))
    }
}

impl DeliveryId {
    /// From its webhook and its first event: a batch that is put together again starts with the same event.
    pub fn of(webhook: WebhookId, first: EventId) -> Self {
        Self(v5(&["delivery", &webhook.to_string(), &first.to_string()]))
    }

    /// The id of a delivery that was cut out of this one: a half of it, or what of it was not taken.
    pub fn following(self, what: &str) -> Self {
        Self(v5(&["delivery", &self.to_string(), what]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bot_ids_are_parsed() {
        for good in ["Bxxxxx", "B12345", "BaZ09q"] {
            assert_eq!(good.parse::<BotId>().map(String::from), Ok(good.to_owned()));
        }
        for bad in ["", "B", "Bxxxx", "Bxxxxxx", "Axxxxx", "Bxxx-x", "B가나", "bxxxxx", " Bxxxxx"] {
            assert_eq!(bad.parse::<BotId>(), Err(IdError::Bot), "{bad:?}");
        }
        assert!(serde_json::from_str::<BotId>(r#""nope""#).is_err());
    }

    #[test]
    fn user_keys_are_kept_as_received() {
        for key in [" a ", "가", "U\u{0}x", &"k".repeat(USER_KEY_BYTES)] {
            assert_eq!(key.parse::<UserKey>().map(String::from), Ok(key.to_owned()));
        }
        assert_eq!("".parse::<UserKey>(), Err(IdError::UserKey));
        assert_eq!("k".repeat(USER_KEY_BYTES + 1).parse::<UserKey>(), Err(IdError::UserKey));
    }

    /// Stored items and receivers' databases hold these: a change here breaks both.
    #[test]
    fn derived_ids_never_change() {
        let bot: BotId = "Bxxxxx".parse().unwrap();
        let key: UserKey = "U1".parse().unwrap();
        let inbound = InboundId::of(&bot, PlatformType::Line, "01KT12DQ8VWZFMSGCVCDREMD88");
        let at = EpochMillis(1_780_300_045_595);
        let ids = [
            EndUserId::of(&bot, PlatformType::Line, &key).to_string(),
            inbound.to_string(),
            inbound.following("late").to_string(),
            inbound.action("push", 1).to_string(),
            ConversationId::of(inbound, at).to_string(),
            MessageId::of(inbound, 0, at).to_string(),
            EventId::of(inbound, 0).to_string(),
            WebhookId::of(&bot, "https://example.com").to_string(),
            DeliveryId::of(WebhookId::of(&bot, "https://example.com"), EventId::of(inbound, 0)).to_string(),
            DeliveryId::of(WebhookId::of(&bot, "https://example.com"), EventId::of(inbound, 0))
                .following("first half")
                .to_string(),
        ];
        assert_eq!(ids.join("\n") + "\n", include_str!("../testdata/ids.txt"));
        assert_eq!(ConversationId::of(inbound, at).uuid().get_version_num(), 7);
        assert_eq!(EventId::of(inbound, 0).uuid().get_version_num(), 5);
    }

    #[test]
    fn the_same_key_on_another_platform_is_another_person() {
        let bot: BotId = "Bxxxxx".parse().unwrap();
        let key: UserKey = "U1".parse().unwrap();
        assert_ne!(EndUserId::of(&bot, PlatformType::Line, &key), EndUserId::of(&bot, PlatformType::Web, &key));
    }
}
