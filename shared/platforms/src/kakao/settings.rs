//! `integration.kakao` of a bot, parsed once.

use http::HeaderName;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::Secrets;

use super::buttons::is_web;
use super::limits;

#[derive(Debug)]
pub(super) struct Settings {
    /// First part of the path.
    pub(super) bot_secret: Secrets,
    /// A header that the owner added to the skill.
    pub(super) secret_header: Option<SecretHeader>,
    /// Kakao Developers' primary admin key, for the channel's own webhook.
    pub(super) channel_admin_key: Secrets,
    pub(super) welcome_block_names: Vec<String>,
    pub(super) welcome_block_ids: Vec<String>,
    /// For a turn in which the bot says nothing, which Kakao does not allow.
    pub(super) empty_message: String,
    pub(super) interim_message: String,
    pub(super) interim_label: String,
    /// For the block's waiting bubble.
    pub(super) waiting_text: String,
    /// For cards without a picture beside cards with one.
    pub(super) placeholder_image: Option<String>,
    pub(super) answer_within_ms: i64,
}

#[derive(Debug)]
pub(super) struct SecretHeader {
    pub(super) name: HeaderName,
    pub(super) value: Secrets,
}

impl Settings {
    /// The error is a sentence for the bot's owner, and never holds a value.
    pub(super) fn parse(settings: &Value) -> Result<Self, String> {
        let bot_secret = secrets(settings, "botSecret")?;
        if !bot_secret.iter().all(is_path_segment) {
            return Err("`botSecret` is part of an address: use letters, digits, `-` and `_` alone".to_owned());
        }
        let secret_header = secret_header(&settings["secretHeader"])?;
        if bot_secret.is_empty() && secret_header.is_none() {
            return Err(
                "KakaoTalk signs nothing, so set `botSecret` (a long random text that ends the skill's address) \
                        or `secretHeader` (name and value of a header that you add to the skill in the console), \
                        best both"
                    .to_owned(),
            );
        }

        let welcome_block_ids: Vec<String> = list(settings, "welcomeBlockIds")?.unwrap_or_default();
        let welcome_block_names = match list(settings, "welcomeBlockNames")? {
            Some(names) => names,
            // A name can be edited by everybody, an id cannot: who gave ids does not want names.
            None if welcome_block_ids.is_empty() => vec!["웰컴 블록".to_owned()],
            None => Vec::new(),
        };
        let placeholder_image = field::<String>(settings, "placeholderImage", "a text")?.filter(|url| !url.is_empty());
        if placeholder_image.as_deref().is_some_and(|url| !is_web(url)) {
            return Err("`placeholderImage` must be an address that starts with https://".to_owned());
        }
        let answer_within_ms =
            field(settings, "answerWithinMs", "a number of milliseconds")?.unwrap_or(limits::ANSWER_WITHIN_MS);
        if !(1..=limits::ANSWER_WITHIN_AT_MOST_MS).contains(&answer_within_ms) {
            return Err(format!(
                "`answerWithinMs` must be between 1 and {}: KakaoTalk waits 5 seconds, the way included",
                limits::ANSWER_WITHIN_AT_MOST_MS
            ));
        }

        Ok(Self {
            bot_secret,
            secret_header,
            channel_admin_key: secrets(settings, "channelAdminKey")?,
            welcome_block_names,
            welcome_block_ids,
            empty_message: words(settings, "emptyMessage", "(메시지 없음)")?,
            interim_message: words(
                settings,
                "interimMessage",
                "답변을 준비하고 있어요. 잠시 뒤 아래 버튼을 눌러 주세요.",
            )?,
            interim_label: words(settings, "interimLabel", "답변 확인")?,
            waiting_text: words(settings, "waitingText", "답변을 준비하고 있어요. 잠시만 기다려 주세요.")?,
            placeholder_image,
            answer_within_ms,
        })
    }
}

fn secret_header(setting: &Value) -> Result<Option<SecretHeader>, String> {
    if setting.is_null() {
        return Ok(None);
    }
    let name: Option<HeaderName> =
        field::<String>(setting, "name", "a text").ok().flatten().and_then(|name| name.parse().ok());
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

fn list(settings: &Value, name: &str) -> Result<Option<Vec<String>>, String> {
    field(settings, name, "a list of texts")
}

/// A text that is said; a blank one could not be.
fn words(settings: &Value, name: &str, default: &str) -> Result<String, String> {
    let text = field::<String>(settings, name, "a text")?.filter(|text| !text.trim().is_empty());
    let text = text.unwrap_or_else(|| default.to_owned());
    if limits::SIMPLE_TEXT.holds(&text) {
        return Ok(text);
    }
    Err(format!("`{name}` is longer than {} characters", limits::SIMPLE_TEXT.0))
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
