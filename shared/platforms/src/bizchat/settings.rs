//! `integration.bizchat` of a bot, parsed once.

use std::fmt;

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::driver::{Driver, TwilioAccount};
use super::{encode, limits, phone};
use crate::Secrets;

pub(super) struct Settings {
    /// The company's, normalized.
    numbers: Vec<String>,
    /// Of pushed MO.
    pub mo_secret: Secrets,
    /// Of Twilio's form, and of links to what it holds.
    pub twilio_auth_token: Secrets,
    pub tolerance_seconds: u64,
    /// Without the credentials of one the bot listens, but cannot answer.
    pub driver: Option<Driver>,
    /// What to set then.
    pub missing: &'static str,
    /// The number that answers come from, normalized.
    pub from: String,
    /// The subject of an LMS, ready to be sent.
    pub title: Option<String>,
    /// Opens what customers sent by Twilio, whatever sends the answers.
    pub twilio: Option<TwilioAccount>,
}

impl Settings {
    /// The error is a sentence for the bot's owner, and never holds a value.
    pub(super) fn parse(settings: &Value) -> Result<Self, String> {
        let written: Vec<String> = field(settings, "numbers", "a list of texts")?.unwrap_or_default();
        let numbers: Vec<_> = written.iter().filter_map(|number| phone::normalized(number)).collect();
        if numbers.is_empty() || numbers.len() < written.len() {
            return Err(
                "set `numbers` to the list of your own numbers that receive messages, such as [\"15881234\"], \
                        each a text with digits"
                    .to_owned(),
            );
        }
        let mo_secret = secrets(settings, "moSecret")?;
        let twilio_auth_token = secrets(settings, "twilioAuthToken")?;
        if mo_secret.is_empty() && twilio_auth_token.is_empty() {
            return Err("set `moSecret` (a long random text that your gateway signs its requests with, for …/mo) or \
                        `twilioAuthToken` (the Auth Token on the start page of the Twilio Console, for …/twilio)"
                .to_owned());
        }
        let tolerance_seconds =
            field(settings, "signatureToleranceSeconds", "a number of seconds")?.unwrap_or(limits::TOLERANCE);
        if tolerance_seconds == 0 {
            return Err("`signatureToleranceSeconds` must be 1 or more: no two clocks agree".to_owned());
        }

        let from = match field::<String>(settings, "from", "a text")?.filter(|from| !from.trim().is_empty()) {
            Some(from) => {
                phone::normalized(&from).ok_or("`from` must be a number that is registered with the provider")?
            }
            None => numbers[0].clone(),
        };
        let name = field::<String>(settings, "driver", "a text")?;
        let (driver, missing) = Driver::parse(name.as_deref().unwrap_or("sens"), settings)?;
        let title = field::<String>(settings, "title", "a text")?;
        Ok(Self {
            numbers,
            mo_secret,
            twilio_auth_token,
            tolerance_seconds,
            driver,
            missing,
            from,
            title: title.and_then(|title| encode::subject(&title)),
            twilio: TwilioAccount::parse(settings)?,
        })
    }

    pub(super) fn is_ours(&self, normalized: &str) -> bool {
        self.numbers.iter().any(|number| phone::same(number, normalized))
    }
}

/// The texts of these names in `settings[object]`: all of them, or `None` for none at all.
pub(super) fn credentials<const N: usize>(
    settings: &Value,
    object: &'static str,
    names: [&'static str; N],
) -> Result<Option<[String; N]>, String> {
    let list = names.map(|name| format!("`{name}`")).join(", ");
    let refuse =
        || format!("`{object}` needs {list}: texts without blanks or strange letters, as the provider shows them");
    if !(settings[object].is_null() || settings[object].is_object()) {
        return Err(refuse());
    }
    let texts = names.map(|name| settings[object][name].as_str().unwrap_or_default().to_owned());
    if names.iter().all(|name| matches!(&settings[object][*name], Value::Null) || settings[object][*name] == "") {
        return Ok(None);
    }
    // They become headers, and part of addresses.
    let is_plain = |text: &String| !text.is_empty() && text.bytes().all(|b| b.is_ascii_graphic());
    if texts.iter().all(is_plain) { Ok(Some(texts)) } else { Err(refuse()) }
}

fn secrets(settings: &Value, name: &str) -> Result<Secrets, String> {
    Ok(field(settings, name, "a text, or a list of texts while you change it")?.unwrap_or_default())
}

/// serde's own error would quote the value.
fn field<T: DeserializeOwned>(settings: &Value, name: &str, expected: &str) -> Result<Option<T>, String> {
    match &settings[name] {
        Value::Null => Ok(None),
        value => T::deserialize(value).map(Some).map_err(|_| format!("`{name}` must be {expected}")),
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("numbers", &self.numbers.len())
            .field("mo_secret", &self.mo_secret)
            .field("twilio_auth_token", &self.twilio_auth_token)
            .field("driver", &self.driver)
            .finish_non_exhaustive()
    }
}
