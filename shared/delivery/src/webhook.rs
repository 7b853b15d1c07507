//! A webhook of a bot, as its owner set it.

use std::fmt;

use model::{BotId, EpochMillis, EventType, WebhookId};
use serde::{Deserialize, Serialize};

use crate::limits::{HOUR_MS, LONGEST_TIMEOUT_MS, SHORTEST_TIMEOUT_MS, TIMEOUT_MS};
use crate::{Health, Order, Policy, Secret};

/// The form of CLOSER's Builder: a name, an address.
pub const NAME_CHARS: usize = 40;
pub const URL_CHARS: usize = 255;
/// How long replaced secrets sign along, and how many of them.
pub const OVERLAP_MS: i64 = 24 * HOUR_MS;
pub const LONGEST_OVERLAP_MS: i64 = 7 * 24 * HOUR_MS;
pub const MAX_RETIRING: usize = 10;
/// What an owner may have sent along.
pub const MAX_HEADERS: usize = 10;
pub const HEADER_BYTES: usize = 4096;
pub const LONGEST_WINDOW_MS: u32 = 10_000;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Webhook {
    pub id: WebhookId,
    pub bot_id: BotId,
    pub name: String,
    /// As registered. It cannot be changed: another address is another webhook.
    pub url: String,
    /// The current one first, then those that sign along for good.
    pub secrets: Vec<Secret>,
    /// Replaced ones, the latest first, which sign along for a while.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub retiring: Vec<Retiring>,
    #[serde(default)]
    pub policy: Policy,
    /// The types it gets; empty is all.
    #[serde(default)]
    pub events: Vec<Wanted>,
    #[serde(default)]
    pub order: Order,
    /// 1 to [`MAX_LANES`](crate::order::MAX_LANES).
    #[serde(default = "one")]
    pub lanes: u8,
    /// Events are gathered for so long before they are sent, up to [`LONGEST_WINDOW_MS`].
    #[serde(default)]
    pub window_ms: u32,
    #[serde(default = "timeout_ms")]
    pub timeout_ms: u64,
    /// Its answers may say what of a DELIVERY was not taken.
    #[serde(default)]
    pub partial_acknowledgement: bool,
    /// When it was switched off and answers a test again, it is switched on.
    #[serde(default)]
    pub revive: bool,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub headers: Vec<CustomHeader>,
    pub created_at: EpochMillis,
    /// Stored beside it, see [`StoredHealth`](crate::StoredHealth): deliveries change it side by side.
    #[serde(skip)]
    pub health: Health,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Retiring {
    pub secret: Secret,
    pub until: EpochMillis,
}

/// An event type, or all that begin alike: `bot.message.*`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Wanted(String);

#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("this is no event type, and no beginning of one followed by `.*`")]
pub struct WantedError;

/// A header of the owner's. What belongs to the connection, to the body or to us cannot be one.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "(String, String)", into = "(String, String)")]
pub struct CustomHeader {
    name: String,
    value: String,
}

#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum HeaderError {
    #[error("the name of a header is made of letters, digits and `-`")]
    Name,
    #[error("this header is set by us")]
    Reserved,
    #[error("a value is visible ASCII, and has with its name no more than {HEADER_BYTES} bytes")]
    Value,
}

#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum RegistrationError {
    #[error("a webhook has a name of 1 to {NAME_CHARS} characters")]
    Name,
    #[error("a webhook has an address of up to {URL_CHARS} characters that starts with `http://` or `https://`")]
    Url,
}

const fn one() -> u8 {
    1
}

const fn timeout_ms() -> u64 {
    TIMEOUT_MS
}

impl Webhook {
    pub fn new(bot_id: BotId, url: &str, now: EpochMillis) -> Self {
        Self {
            id: WebhookId::of(&bot_id, url),
            bot_id,
            name: String::new(),
            url: url.to_owned(),
            secrets: Vec::new(),
            retiring: Vec::new(),
            policy: Policy::default(),
            events: Vec::new(),
            order: Order::default(),
            lanes: 1,
            window_ms: 0,
            timeout_ms: TIMEOUT_MS,
            partial_acknowledgement: false,
            revive: false,
            headers: Vec::new(),
            created_at: now,
            health: Health::default(),
        }
    }

    /// What a form takes. Whether the address may be reached is asked elsewhere.
    pub fn register(bot_id: BotId, name: &str, url: &str, now: EpochMillis) -> Result<Self, RegistrationError> {
        if name.trim().is_empty() || name.chars().count() > NAME_CHARS {
            return Err(RegistrationError::Name);
        }
        let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
        if rest.is_none_or(|rest| rest.is_empty() || rest.starts_with(['/', '\\'])) || url.chars().count() > URL_CHARS {
            return Err(RegistrationError::Url);
        }
        Ok(Self { name: name.to_owned(), ..Self::new(bot_id, url, now) })
    }

    pub fn wants(&self, event: EventType) -> bool {
        self.events.is_empty() || self.events.iter().any(|wanted| wanted.holds(event))
    }

    pub const fn is_on(&self) -> bool {
        self.health.is_on()
    }

    /// A new secret. The old one signs along for `overlap_ms`, a week at most; 0 for one that others know.
    pub fn rotate(&mut self, secret: Secret, overlap_ms: i64, now: EpochMillis) {
        let until = now.plus_ms(overlap_ms.clamp(0, LONGEST_OVERLAP_MS));
        let replaced = std::mem::replace(&mut self.secrets, vec![secret]);
        let earlier = std::mem::take(&mut self.retiring);
        self.retiring = replaced.into_iter().map(|secret| Retiring { secret, until }).chain(earlier).collect();
        self.retiring.retain(|retiring| retiring.until > now);
        self.retiring.truncate(MAX_RETIRING);
    }

    /// Those that sign now, the current one first.
    pub fn signing(&self, now: EpochMillis) -> Vec<Secret> {
        let retiring = self.retiring.iter().filter(|retiring| retiring.until > now).map(|retiring| &retiring.secret);
        self.secrets.iter().chain(retiring).cloned().collect()
    }

    /// How long events are gathered before they are sent.
    pub fn window(&self) -> i64 {
        i64::from(self.window_ms.min(LONGEST_WINDOW_MS)).max(self.health.gathers_ms())
    }

    /// How long an attempt may take.
    pub fn deadline_ms(&self) -> u64 {
        self.timeout_ms.clamp(SHORTEST_TIMEOUT_MS, LONGEST_TIMEOUT_MS)
    }
}

impl Wanted {
    fn holds(&self, event: EventType) -> bool {
        match self.0.strip_suffix('*') {
            Some(beginning) => event.as_str().starts_with(beginning),
            None => event.as_str() == self.0,
        }
    }
}

impl From<EventType> for Wanted {
    fn from(event: EventType) -> Self {
        Self(event.as_str().to_owned())
    }
}

impl TryFrom<String> for Wanted {
    type Error = WantedError;

    fn try_from(text: String) -> Result<Self, WantedError> {
        let wanted = Self(text);
        let whole = wanted.0.strip_suffix('*').is_none_or(|beginning| beginning.ends_with('.'));
        let known = EventType::ALL.into_iter().any(|event| wanted.holds(event));
        if whole && known { Ok(wanted) } else { Err(WantedError) }
    }
}

impl From<Wanted> for String {
    fn from(wanted: Wanted) -> Self {
        wanted.0
    }
}

impl CustomHeader {
    pub fn new(name: &str, value: &str) -> Result<Self, HeaderError> {
        let name = name.to_ascii_lowercase();
        if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') {
            return Err(HeaderError::Name);
        }
        if RESERVED.contains(&name.as_str()) || RESERVED_BEGINNINGS.iter().any(|beginning| name.starts_with(beginning))
        {
            return Err(HeaderError::Reserved);
        }
        let visible = value.bytes().all(|byte| (b' '..=b'~').contains(&byte)) && value.trim() == value;
        if !visible || value.is_empty() || name.len() + value.len() > HEADER_BYTES {
            return Err(HeaderError::Value);
        }
        Ok(Self { name, value: value.to_owned() })
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn value(&self) -> &str {
        &self.value
    }
}

/// RFC 9110, 7.6.1 names those of a connection; the others are ours.
const RESERVED: [&str; 14] = [
    "accept",
    "accept-encoding",
    "connection",
    "expect",
    "host",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "user-agent",
];
const RESERVED_BEGINNINGS: [&str; 3] = ["closer-", "content-", "webhook-"];

/// Values are secrets as often as not.
impl fmt::Debug for CustomHeader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: …", self.name)
    }
}

impl TryFrom<(String, String)> for CustomHeader {
    type Error = HeaderError;

    fn try_from((name, value): (String, String)) -> Result<Self, HeaderError> {
        Self::new(&name, &value)
    }
}

impl From<CustomHeader> for (String, String) {
    fn from(header: CustomHeader) -> Self {
        (header.name, header.value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn webhook() -> Webhook {
        Webhook::new("Bxxxxx".parse().unwrap(), "https://example.com", EpochMillis(0))
    }

    #[test]
    fn an_empty_filter_wants_everything() {
        let mut webhook = webhook();
        assert!(EventType::ALL.into_iter().all(|event| webhook.wants(event)));
        webhook.events = vec![EventType::MessageSent.into()];
        assert!(webhook.wants(EventType::MessageSent) && !webhook.wants(EventType::MessageReceived));
    }

    #[test]
    fn beginnings_of_types() {
        for (text, count) in [
            ("bot.*", Some(14)),
            ("bot.message.*", Some(2)),
            ("bot.conversation.*", Some(7)),
            ("bot.message.sent", Some(1)),
            ("bot.message", None),
            ("bot.mess*", None),
            ("bot.nothing.*", None),
            ("*", None),
            ("", None),
        ] {
            let wanted = Wanted::try_from(text.to_owned()).ok();
            let found = wanted.map(|wanted| EventType::ALL.into_iter().filter(|event| wanted.holds(*event)).count());
            assert_eq!(found, count, "{text}");
        }
    }

    #[test]
    fn registration() {
        let long = format!("https://{}", "a".repeat(URL_CHARS));
        for (name, url, error) in [
            ("orders", "https://example.com", None),
            ("주문", "http://example.com", None),
            ("", "https://example.com", Some(RegistrationError::Name)),
            (" ", "https://example.com", Some(RegistrationError::Name)),
            (&"가".repeat(NAME_CHARS), &long[..URL_CHARS], None),
            (&"가".repeat(NAME_CHARS + 1), "https://example.com", Some(RegistrationError::Name)),
            ("orders", &long[..=URL_CHARS], Some(RegistrationError::Url)),
            ("orders", "ftp://example.com", Some(RegistrationError::Url)),
            ("orders", "http:example.com", Some(RegistrationError::Url)),
            ("orders", "https:///example.com", Some(RegistrationError::Url)),
            ("orders", "https://", Some(RegistrationError::Url)),
        ] {
            let registered = Webhook::register("Bxxxxx".parse().unwrap(), name, url, EpochMillis(0));
            assert_eq!(registered.err(), error, "{name} {url}");
        }
    }

    #[test]
    fn a_replaced_secret_signs_along_for_its_time() {
        let secret = |byte: u8| Secret::from_bytes(&[byte; 32]).unwrap();
        let mut webhook = Webhook { secrets: vec![secret(0)], ..webhook() };
        webhook.rotate(secret(1), 1000, EpochMillis(0));
        assert_eq!(webhook.signing(EpochMillis(999)), [secret(1), secret(0)]);
        assert_eq!(webhook.signing(EpochMillis(1000)), [secret(1)]);
        webhook.rotate(secret(2), 0, EpochMillis(500));
        assert_eq!(webhook.signing(EpochMillis(500)), [secret(2), secret(0)], "one that others know is gone at once");
        webhook.rotate(secret(3), i64::MAX, EpochMillis(500));
        assert_eq!(webhook.signing(EpochMillis(500 + LONGEST_OVERLAP_MS)), [secret(3)]);
        for byte in 4..30 {
            webhook.rotate(secret(byte), OVERLAP_MS, EpochMillis(600));
        }
        assert_eq!(webhook.signing(EpochMillis(600)).len(), 1 + MAX_RETIRING);
        let stored = serde_json::to_string(&webhook).unwrap();
        assert_eq!(serde_json::from_str::<Webhook>(&stored).unwrap(), webhook);
    }

    #[test]
    fn custom_headers() {
        for (name, value, error) in [
            ("X-Api-Key", "secret", None),
            ("authorization", "Bearer a b", None),
            ("", "a", Some(HeaderError::Name)),
            ("a b", "a", Some(HeaderError::Name)),
            ("가", "a", Some(HeaderError::Name)),
            ("Host", "a", Some(HeaderError::Reserved)),
            ("Transfer-Encoding", "chunked", Some(HeaderError::Reserved)),
            ("content-length", "0", Some(HeaderError::Reserved)),
            ("Webhook-Id", "a", Some(HeaderError::Reserved)),
            ("closer-anything", "a", Some(HeaderError::Reserved)),
            ("x", "a\r\nb: c", Some(HeaderError::Value)),
            ("x", "가", Some(HeaderError::Value)),
            ("x", "", Some(HeaderError::Value)),
            ("x", &"a".repeat(HEADER_BYTES), Some(HeaderError::Value)),
        ] {
            assert_eq!(CustomHeader::new(name, value).err(), error, "{name}: {value:?}");
        }
        assert_eq!(format!("{:?}", CustomHeader::new("X-Api-Key", "secret").unwrap()), "x-api-key: …");
    }

    /// What an earlier version stored, its empty health within.
    #[test]
    fn version_1_of_the_stored_form() {
        let webhook: Webhook = serde_json::from_str(include_str!("../testdata/webhook_v1.json")).unwrap();
        assert_eq!((webhook.lanes, webhook.deadline_ms(), webhook.order), (1, TIMEOUT_MS, Order::BestEffort));
        assert!(webhook.is_on() && webhook.wants(EventType::MessageSent) && !webhook.wants(EventType::BotUpdated));
    }

    #[test]
    fn version_1_as_it_is_written_now() {
        let golden = include_str!("../testdata/webhook_v1_full.json");
        let webhook: Webhook = serde_json::from_str(golden).unwrap();
        assert_eq!(serde_json::to_value(&webhook).unwrap(), serde_json::from_str::<serde_json::Value>(golden).unwrap());
    }
}
