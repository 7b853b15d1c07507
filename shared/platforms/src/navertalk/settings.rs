//! `integration.navertalk` of a bot, parsed once.

use std::fmt;

use http::HeaderName;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::limits;
use crate::Secrets;
use crate::fit::Limit;

pub(super) struct Settings {
    /// What follows the bot's id in the address.
    pub(super) bot_secret: Secrets,
    /// A header that a proxy of the owner's adds.
    pub(super) secret_header: Option<SecretHeader>,
    /// Of the Send API. Without it nothing can be sent.
    pub(super) authorization: Option<String>,
    /// The account's id, where an agent takes over.
    pub(super) partner: Option<String>,
    /// Whether a reply goes out as the answer to the event, where it can.
    pub(super) synchronous: bool,
    pub(super) answer_within_ms: i64,
    /// Whether an agent call gives the conversation to the people in the partner centre.
    pub(super) hand_over: bool,
    /// Whether charges are approved.
    pub(super) payments: bool,
    /// Whether what is sent rings.
    pub(super) notification: bool,
    /// For cards that have nothing else to say.
    pub(super) placeholder_title: String,
    /// For buttons that have nothing above them.
    pub(super) default_description: String,
}

pub(super) struct SecretHeader {
    pub(super) name: HeaderName,
    pub(super) value: Secrets,
}

impl Settings {
    /// The error is a sentence for the bot's owner, and never holds a value.
    pub(super) fn parse(settings: &Value) -> Result<Self, String> {
        if !settings.is_object() {
            return Err("it must be an object of settings, with `botSecret` at least".to_owned());
        }
        let bot_secret = secrets(settings, "botSecret")?;
        if bot_secret.is_empty() {
            return Err("Naver signs nothing, so set `botSecret` to a long random text: the address to enter at \
                        partner.talk.naver.com, 개발자도구 › 챗봇API 설정, ends in it"
                .to_owned());
        }
        if !bot_secret.iter().all(is_path_segment) {
            return Err("`botSecret` is part of an address: use letters, digits, `-` and `_` alone".to_owned());
        }
        let authorization = text(settings, "authorization")?;
        if authorization.iter().any(|token| !token.bytes().all(|b| b.is_ascii_graphic())) {
            return Err("`authorization` has a blank or a strange letter in it; copy the Authorization of \
                        개발자도구 › 챗봇API 설정 again, without `Bearer`"
                .to_owned());
        }
        let answer_within_ms =
            field(settings, "answerWithinMs", "a number of milliseconds")?.unwrap_or(limits::ANSWER_WITHIN_MS);
        if !(1..=limits::ANSWER_WITHIN_AT_MOST_MS).contains(&answer_within_ms) {
            return Err(format!(
                "`answerWithinMs` must be between 1 and {}: Naver waits 5 seconds, the way included",
                limits::ANSWER_WITHIN_AT_MOST_MS
            ));
        }
        let flag = |name| field(settings, name, "true or false").map(Option::unwrap_or_default);

        Ok(Self {
            bot_secret,
            secret_header: secret_header(&settings["secretHeader"])?,
            authorization,
            partner: text(settings, "partner")?,
            synchronous: flag("synchronous")?,
            answer_within_ms,
            payments: flag("payments")?,
            notification: flag("notification")?,
            hand_over: flag("handOver")?,
            placeholder_title: words(settings, "placeholderTitle", "안내", limits::TITLE)?,
            default_description: words(settings, "defaultDescription", "아래에서 선택해 주세요.", limits::DESCRIPTION)?,
        })
    }
}

fn secret_header(setting: &Value) -> Result<Option<SecretHeader>, String> {
    if setting.is_null() {
        return Ok(None);
    }
    let name: Option<HeaderName> = text(setting, "name").ok().flatten().and_then(|name| name.parse().ok());
    let value = secrets(setting, "value").unwrap_or_default();
    match name {
        Some(name) if !value.is_empty() => Ok(Some(SecretHeader { name, value })),
        Some(_) | None => {
            Err("`secretHeader` needs `name`, the name of a header, and `value`, a text or a list of two \
                               while you change it"
                .to_owned())
        }
    }
}

fn secrets(settings: &Value, name: &str) -> Result<Secrets, String> {
    Ok(field(settings, name, "a text, or a list of texts while you change it")?.unwrap_or_default())
}

/// An empty text says as much as none.
fn text(settings: &Value, name: &str) -> Result<Option<String>, String> {
    Ok(field::<String>(settings, name, "a text")?.filter(|text| !text.is_empty()))
}

/// A text that is said; a blank one could not be.
fn words(settings: &Value, name: &str, default: &str, limit: Limit) -> Result<String, String> {
    let words = text(settings, name)?.filter(|text| !text.trim().is_empty()).unwrap_or_else(|| default.to_owned());
    if limit.holds(&words) { Ok(words) } else { Err(format!("`{name}` is longer than {} characters", limit.0)) }
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

/// The token is a secret.
impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("bot_secret", &self.bot_secret)
            .field("synchronous", &self.synchronous)
            .field("payments", &self.payments)
            .finish_non_exhaustive()
    }
}
