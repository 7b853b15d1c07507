//! `integration.kakaobiz` of a bot, parsed once.

use http::HeaderName;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::Secrets;
use crate::fit::Limit;

use super::dealer::{self, Dealer};
use super::limits;

#[derive(Debug)]
pub(super) struct Settings {
    /// First part of the path.
    pub(super) bot_secret: Secrets,
    /// A header that the dealer was asked to add.
    pub(super) secret_header: Option<SecretHeader>,
    /// The channels that this bot answers; never empty.
    pub(super) sender_keys: Vec<String>,
    pub(super) dialect: Dialect,
    /// Without credentials nothing can be sent; the other side says which are not set.
    pub(super) dealer: Result<Dealer, &'static str>,
    /// The dealer takes quick replies; without, they are buttons.
    pub(super) quick_replies: bool,
    /// How much text a bubble with buttons holds.
    pub(super) link_message: Limit,
    /// Over buttons that did not fit under the words: the bot's `systemMessage.additionalChoice`.
    pub(super) more: String,
    /// In a file's place, where it cannot be shown and has no words of its own: `systemMessage.unsupportedMedia`.
    pub(super) unsupported_media: Option<String>,
}

/// As in CLOSER.
const MORE: &str = "추가 선택지";

#[derive(Debug)]
pub(super) struct SecretHeader {
    pub(super) name: HeaderName,
    pub(super) value: Secrets,
}

/// How the events are spelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dialect {
    /// As each of them looks.
    Auto,
    /// As Kakao does, `user_key`.
    Kakao,
    /// As BizGo does, `userKey`.
    Bizgo,
}

impl Settings {
    /// The error is a sentence for the bot's owner, and never holds a value.
    pub(super) fn parse(settings: &Value, preference: &Value) -> Result<Self, String> {
        // They go out as they are written: a channel knows no customer.
        let system = |name: &str| {
            let text = preference["systemMessage"][name].as_str().map(str::trim);
            text.filter(|text| !text.is_empty() && !text.contains("{{")).map(str::to_owned)
        };
        let bot_secret: Secrets =
            field(settings, "botSecret", "a text, or a list of texts while you change it")?.unwrap_or_default();
        if bot_secret.is_empty() {
            return Err("nobody signs these requests, so set `botSecret` to a long random text; it is part of the \
                        address that you give to your dealer"
                .to_owned());
        }
        if !bot_secret.iter().all(is_path_segment) {
            return Err("`botSecret` is part of an address: use letters, digits, `-` and `_` alone".to_owned());
        }
        let sender_keys = sender_keys(settings)?;
        let link_message = field(settings, "linkMessageLimit", "a number of characters")?.unwrap_or(limits::MESSAGE.0);
        if !(limits::LEAST_LINK_MESSAGE..=limits::MESSAGE.0).contains(&link_message) {
            return Err(format!(
                "`linkMessageLimit` must be between {} and {}",
                limits::LEAST_LINK_MESSAGE,
                limits::MESSAGE.0
            ));
        }
        Ok(Self {
            more: system("additionalChoice").unwrap_or_else(|| MORE.to_owned()),
            unsupported_media: system("unsupportedMedia"),
            bot_secret,
            secret_header: secret_header(&settings["secretHeader"])?,
            sender_keys,
            dialect: match word(settings, "dialect")?.as_deref() {
                None | Some("auto") => Dialect::Auto,
                Some("kakao") => Dialect::Kakao,
                Some("bizgo") => Dialect::Bizgo,
                Some(_) => return Err("`dialect` is `auto`, `kakao` or `bizgo`".to_owned()),
            },
            dealer: match word(settings, "dealer")?.as_deref() {
                None | Some("happytalk") => happytalk(&settings["happytalk"])?,
                Some("bizgo") => bizgo(&settings["bizgo"])?,
                Some(_) => {
                    return Err("`dealer` is `happytalk` or `bizgo`; there is no way to send by others".to_owned());
                }
            },
            quick_replies: field(settings, "quickReplies", "true or false")?.unwrap_or(true),
            link_message: Limit(link_message, limits::MESSAGE.1),
        })
    }
}

fn sender_keys(settings: &Value) -> Result<Vec<String>, String> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum OneOrMany {
        One(String),
        Many(Vec<String>),
    }
    let keys = match field(settings, "senderKeys", "a text or a list of texts")? {
        Some(OneOrMany::One(key)) => vec![key],
        Some(OneOrMany::Many(keys)) => keys,
        None => Vec::new(),
    };
    let keys: Vec<_> = keys.into_iter().filter(|key| !key.is_empty()).collect();
    if keys.is_empty() {
        return Err(
            "set `senderKeys` to the sender key (발신프로필 키) of your KakaoTalk channel, or a list of them; \
                    your dealer's console shows it"
                .to_owned(),
        );
    }
    if !keys.iter().all(|key| key.bytes().all(|byte| byte.is_ascii_alphanumeric())) {
        return Err("`senderKeys` has a blank or a strange letter in it; copy the sender key again".to_owned());
    }
    Ok(keys)
}

fn secret_header(setting: &Value) -> Result<Option<SecretHeader>, String> {
    if setting.is_null() {
        return Ok(None);
    }
    let name = field::<String>(setting, "name", "a text").ok().flatten().and_then(|name| name.parse().ok());
    let value: Secrets = field(setting, "value", "a text").ok().flatten().unwrap_or_default();
    match name {
        Some(name) if !value.is_empty() => Ok(Some(SecretHeader { name, value })),
        Some(_) | None => {
            Err("`secretHeader` needs `name`, the name of a header, and `value`, a text or a list of two \
                               while you change it"
                .to_owned())
        }
    }
}

fn happytalk(settings: &Value) -> Result<Result<Dealer, &'static str>, String> {
    let url = if is_test(settings, "happytalk")? { dealer::HAPPYTALK_TEST_URL } else { dealer::HAPPYTALK_URL };
    match (credential(settings, "happytalk", "clientId")?, credential(settings, "happytalk", "clientSecret")?) {
        (Some(client_id), Some(client_secret)) => Ok(Ok(Dealer::Happytalk { url, client_id, client_secret })),
        (None, None) => Ok(Err("reply: happytalk.clientId and happytalk.clientSecret are not set")),
        (Some(_), None) | (None, Some(_)) => {
            Err("`happytalk` needs both `clientId` and `clientSecret`; Happytalk's customer centre issues them"
                .to_owned())
        }
    }
}

fn bizgo(settings: &Value) -> Result<Result<Dealer, &'static str>, String> {
    let url = if is_test(settings, "bizgo")? { dealer::BIZGO_TEST_URL } else { dealer::BIZGO_URL };
    Ok(match credential(settings, "bizgo", "token")? {
        Some(token) => Ok(Dealer::Bizgo { url, token }),
        None => Err("reply: bizgo.token is not set"),
    })
}

fn is_test(settings: &Value, dealer: &str) -> Result<bool, String> {
    if !settings.is_null() && !settings.is_object() {
        return Err(format!("`{dealer}` must be an object"));
    }
    Ok(field(settings, "test", "true or false").map_err(|reason| format!("{dealer}: {reason}"))?.unwrap_or(false))
}

/// It goes into a header.
fn credential(settings: &Value, dealer: &str, name: &str) -> Result<Option<String>, String> {
    let text = word(settings, name).map_err(|reason| format!("{dealer}: {reason}"))?;
    if text.as_ref().is_some_and(|text| !text.bytes().all(|byte| byte.is_ascii_graphic())) {
        return Err(format!("`{dealer}.{name}` has a blank or a strange letter in it; copy it again"));
    }
    Ok(text)
}

/// Forms leave empty texts behind.
fn word(settings: &Value, name: &str) -> Result<Option<String>, String> {
    Ok(field::<String>(settings, name, "a text")?.filter(|text| !text.is_empty()))
}

/// serde's own error would quote the value.
fn field<T: DeserializeOwned>(settings: &Value, name: &str, expected: &str) -> Result<Option<T>, String> {
    match &settings[name] {
        Value::Null => Ok(None),
        value => T::deserialize(value).map(Some).map_err(|_| format!("`{name}` must be {expected}")),
    }
}

fn is_path_segment(secret: &str) -> bool {
    secret.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte))
}
