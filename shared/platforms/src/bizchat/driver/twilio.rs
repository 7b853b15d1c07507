//! Twilio: <https://www.twilio.com/docs/messaging/api/message-resource#create-a-message-resource>.
//!
//! It splits long texts by itself and carries every letter. Pictures it fetches from their address. There is no key by
//! which it would know a message that is sent again.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::super::TWILIO_URL;
use super::super::settings::credentials;
use super::{Kind, Outgoing};
use crate::Call;

pub(in super::super) struct TwilioAccount {
    account_sid: String,
    auth_token: String,
}

impl TwilioAccount {
    pub(in super::super) fn parse(settings: &Value) -> Result<Option<Self>, String> {
        let parsed = credentials(settings, "twilio", ["accountSid", "authToken"])?;
        let Some([account_sid, auth_token]) = parsed else { return Ok(None) };
        if !account_sid.bytes().all(|b| b.is_ascii_alphanumeric()) {
            return Err("`twilio.accountSid` begins with AC and has letters and digits; copy it again".to_owned());
        }
        Ok(Some(Self { account_sid, auth_token }))
    }

    pub(super) fn call(&self, outgoing: &Outgoing<'_>) -> Call {
        let Outgoing { to, from, text, kind, .. } = *outgoing;
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("To", to).append_pair("From", from);
        if !text.is_empty() {
            form.append_pair("Body", text);
        }
        if let Kind::Mms(picture) = kind {
            form.append_pair("MediaUrl", picture);
        }
        Call {
            method: "POST",
            url: format!("{TWILIO_URL}/2010-04-01/Accounts/{}/Messages.json", self.account_sid),
            headers: vec![
                ("content-type", "application/x-www-form-urlencoded".to_owned()),
                ("authorization", self.authorization()),
            ],
            body: form.finish().into_bytes(),
            name: kind.name(),
            needs: Vec::new(),
            instead: None,
        }
    }

    pub(in super::super) fn authorization(&self) -> String {
        format!("Basic {}", STANDARD.encode(format!("{}:{}", self.account_sid, self.auth_token)))
    }
}
