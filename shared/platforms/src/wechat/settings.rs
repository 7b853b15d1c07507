//! `integration.wechat` of a bot, parsed once. The errors are sentences for the bot's owner, and never hold a value.

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::crypt::Key;
use super::limits;
use crate::Secrets;

pub(super) struct Settings {
    /// `gh_…`, which pushes are addressed to.
    pub(super) original_id: String,
    pub(super) app_id: String,
    /// Without it nothing can be sent, only answered.
    pub(super) app_secret: Option<String>,
    pub(super) tokens: Secrets,
    pub(super) keys: Keys,
    /// Unencrypted pushes are refused.
    pub(super) require_encryption: bool,
    /// The account may use the customer service message API.
    pub(super) customer_service: bool,
    pub(super) answer_within_ms: i64,
    /// How many customer service messages a message of the customer's allows.
    pub(super) messages_per_question: usize,
}

/// EncodingAESKeys. Tencent uses the previous one for a while after a change.
pub(super) struct Keys {
    pub(super) current: Option<Key>,
    pub(super) previous: Option<Key>,
}

impl Settings {
    pub(super) fn parse(settings: &Value) -> Result<Self, String> {
        if !settings.is_object() {
            return Err("it is an object with `originalId`, `appId` and `token`".to_owned());
        }
        let original_id = id(settings, "originalId", "the original ID (gh_…) of the account, in its public profile")?;
        let app_id =
            id(settings, "appId", "the AppID (wx…), under Basic configuration in the Official Account console")?;
        let tokens = secrets(settings, "token")?;
        if tokens.is_empty() {
            return Err("set `token` to the Token that you chose under Server configuration in the Official Account \
                        console; without it nobody could tell WeChat from a stranger"
                .to_owned());
        }
        let app_secret = secrets(settings, "appSecret")?.current().map(str::to_owned);
        let keys =
            Keys { current: key(settings, "encodingAESKey")?, previous: key(settings, "previousEncodingAESKey")? };
        let require_encryption = field(settings, "requireEncryption", "true or false")?.unwrap_or(false);
        if keys.current.is_none() && (keys.previous.is_some() || require_encryption) {
            return Err("set `encodingAESKey` to the current EncodingAESKey, under Server configuration in the \
                        Official Account console"
                .to_owned());
        }
        let customer_service = match field(settings, "customerService", "true or false")? {
            Some(true) if app_secret.is_none() => {
                return Err("`customerService` needs `appSecret`, the AppSecret under Basic configuration in the \
                            Official Account console"
                    .to_owned());
            }
            wanted => wanted.unwrap_or(app_secret.is_some()),
        };
        let answer_within_ms =
            field(settings, "answerWithinMs", "a number of milliseconds")?.unwrap_or(limits::ANSWER_WITHIN_MS);
        if !(1..=limits::ANSWER_WITHIN_AT_MOST_MS).contains(&answer_within_ms) {
            return Err(format!(
                "`answerWithinMs` must be between 1 and {}: WeChat waits 5 seconds, the way included",
                limits::ANSWER_WITHIN_AT_MOST_MS
            ));
        }
        let messages_per_question =
            field(settings, "messagesPerQuestion", "a whole number")?.unwrap_or(limits::MESSAGES);
        if messages_per_question == 0 {
            return Err(
                "`messagesPerQuestion` must be at least 1; to send nothing, set `customerService` to false".to_owned()
            );
        }
        Ok(Self {
            original_id,
            app_id,
            app_secret,
            tokens,
            keys,
            require_encryption,
            customer_service,
            answer_within_ms,
            messages_per_question,
        })
    }
}

impl Keys {
    /// The one that `reply_to` names.
    pub(super) fn named(&self, name: &str) -> Option<&Key> {
        match name {
            CURRENT => self.current.as_ref(),
            PREVIOUS => self.previous.as_ref(),
            _ => None,
        }
    }

    /// What is inside, and the name of the key that opened it.
    pub(super) fn open(&self, encrypted: &str, app_id: &str) -> Option<(String, &'static str)> {
        let open = |key: &Option<Key>, name| Some((key.as_ref()?.open(encrypted, app_id)?, name));
        open(&self.current, CURRENT).or_else(|| open(&self.previous, PREVIOUS))
    }
}

const CURRENT: &str = "current";
const PREVIOUS: &str = "previous";

fn id(settings: &Value, name: &str, what: &str) -> Result<String, String> {
    let id = field::<String>(settings, name, "a text")?.unwrap_or_default();
    if id.is_empty() || !id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)) {
        return Err(format!("set `{name}` to {what}"));
    }
    Ok(id)
}

fn secrets(settings: &Value, name: &str) -> Result<Secrets, String> {
    Ok(field(settings, name, "a text, or a list of texts while you change it")?.unwrap_or_default())
}

fn key(settings: &Value, name: &str) -> Result<Option<Key>, String> {
    match field::<String>(settings, name, "a text")?.filter(|key| !key.is_empty()) {
        Some(key) => {
            Key::parse(&key).map(Some).ok_or_else(|| format!("`{name}` has 43 letters and digits; copy it again"))
        }
        None => Ok(None),
    }
}

/// serde's own error would quote the value.
fn field<T: DeserializeOwned>(settings: &Value, name: &str, expected: &str) -> Result<Option<T>, String> {
    match &settings[name] {
        Value::Null => Ok(None),
        value => T::deserialize(value).map(Some).map_err(|_| format!("`{name}` must be {expected}")),
    }
}
