//! Solapi (CoolSMS): <https://github.com/solapi/documents>, `api-reference/messages/sendMany.md`, signed as in
//! `authentication/api-key.md`. There is no key by which it would know a message that is sent again.

use std::fmt::Write as _;

use model::EpochMillis;
use serde_json::Value;

use super::super::SOLAPI_URL;
use super::super::settings::credentials;
use super::super::wire::{SolapiMessage, SolapiMessages};
use super::{Kind, Outgoing, set};
use crate::Call;
use crate::secret::hmac_sha256;

pub(in super::super) struct Solapi {
    api_key: String,
    api_secret: String,
}

impl Solapi {
    pub(super) fn parse(settings: &Value) -> Result<Option<Self>, String> {
        let parsed = credentials(settings, "solapi", ["apiKey", "apiSecret"])?;
        Ok(parsed.map(|[api_key, api_secret]| Self { api_key, api_secret }))
    }

    pub(super) fn call(&self, outgoing: &Outgoing<'_>) -> Call {
        let Outgoing { to, from, text, subject, kind, .. } = *outgoing;
        let (kind_name, subject) = match kind {
            Kind::Sms => ("SMS", None),
            Kind::Lms | Kind::Mms(_) => ("LMS", subject),
        };
        let message = SolapiMessage { to, from, text, kind: kind_name, subject };
        Call::json(kind.name(), format!("{SOLAPI_URL}/messages/v4/send-many"), &SolapiMessages { messages: [message] })
    }

    /// Solapi takes it for fifteen minutes, and each only once: the salt makes it another each time.
    pub(super) fn sign(&self, call: &mut Call, now: EpochMillis, nonce: u128) {
        set(call, "authorization", self.authorization(&now.iso(), &format!("{nonce:032x}")));
    }

    pub(in super::super) fn authorization(&self, date: &str, salt: &str) -> String {
        let mut signature = String::new();
        for byte in hmac_sha256(self.api_secret.as_bytes(), &[date.as_bytes(), salt.as_bytes()]) {
            // Writing to a text cannot fail.
            let _ = write!(signature, "{byte:02x}");
        }
        format!("HMAC-SHA256 apiKey={}, date={date}, salt={salt}, signature={signature}", self.api_key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worked_signature() {
        let solapi = Solapi { api_key: "K".to_owned(), api_secret: "demoSolapiSecret".to_owned() };
        let date = EpochMillis(1_714_037_060_000).iso();
        assert_eq!(
            solapi.authorization(&date, "jqsba2jxjnrjor"),
            "HMAC-SHA256 apiKey=K, date=2024-04-25T09:24:20.000Z, salt=jqsba2jxjnrjor, \
             signature=43cdac646eef466b691a1c51365082ba44817860af5426a5026aa3377cf67c86"
        );
    }
}
