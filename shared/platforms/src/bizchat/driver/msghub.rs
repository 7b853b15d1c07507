//! The message hub of LG U+: <https://github.com/total-msg-hub/restapi_sample>, `MsgSmsAPI`, `MsgMmsAPI` and `AuthAPI`, and
//! <https://docs2.msghub.uplus.co.kr/api/intro>.
//!
//! `cliKey` tells it what it has seen within ten minutes, so that sending again is safe for so long.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use sha2::{Digest, Sha256, Sha512};

use super::super::settings::credentials;
use super::super::wire::{MsghubLogin, MsghubMessage, MsghubReceiver};
use super::super::{MSGHUB_URL, encode, limits};
use super::{Kind, Outgoing, mark};
use crate::{Call, Need, Want};

/// How the request for a token is named.
pub(in super::super) const LOGIN: &str = "login";

pub(in super::super) struct Msghub {
    api_key: String,
    api_pwd: String,
}

impl Msghub {
    pub(super) fn parse(settings: &Value) -> Result<Option<Self>, String> {
        let parsed = credentials(settings, "msghub", ["apiKey", "apiPwd"])?;
        Ok(parsed.map(|[api_key, api_pwd]| Self { api_key, api_pwd }))
    }

    pub(super) fn call(&self, outgoing: &Outgoing<'_>) -> Call {
        let Outgoing { to, from, text, subject, kind, cause, index } = *outgoing;
        let mut cli_key = cause.action("msghub", index).simple().to_string();
        cli_key.truncate(limits::CLI_KEY);
        // It wants a title for each long one, so without a title of the owner's it is the text's own beginning.
        let beginning = encode::subject(text);
        let (path, title) = match kind {
            Kind::Sms => ("sms", None),
            Kind::Lms | Kind::Mms(_) => ("mms", subject.or(beginning.as_deref())),
        };
        let message = MsghubMessage {
            api_key: &self.api_key,
            callback: from,
            title,
            msg: text,
            recv_info_lst: [MsghubReceiver { cli_key: &cli_key, phone: to, country_cd: "82" }],
        };
        let call = Call::json(kind.name(), format!("{MSGHUB_URL}/msg/v1/{path}"), &message);
        let mark = mark("token", &call.body);
        let mut call = call.header("authorization", format!("Bearer {mark}"));
        call.needs.push(Need { mark, what: Want::Token, call: Box::new(self.login()) });
        call
    }

    /// The same each time, so that its token can be kept: the salt comes from the key, not from chance.
    fn login(&self) -> Call {
        let mut salt = String::new();
        for byte in &Sha256::digest(self.api_key.as_bytes())[..8] {
            salt.push_str(&format!("{byte:02x}"));
        }
        let api_pwd = hashed(&self.api_pwd, &salt);
        let body = MsghubLogin { api_key: &self.api_key, api_pwd: &api_pwd };
        Call::json(LOGIN, format!("{MSGHUB_URL}/auth/v1/{salt}"), &body)
    }
}

fn hashed(password: &str, salt: &str) -> String {
    let once = STANDARD.encode(Sha512::digest(password.as_bytes()));
    STANDARD.encode(Sha512::digest(format!("{once}.{salt}").as_bytes()))
}
