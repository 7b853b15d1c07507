//! Who carries a text message out. All take the same; they differ in address, form and how they know us.

mod msghub;
mod sens;
mod solapi;
mod twilio;

use std::fmt;

use model::{EpochMillis, InboundId};
use serde_json::Value;

use super::lines::Letters;
use super::pieces::Room;
use super::{encode, limits};
use crate::Call;

pub(super) use msghub::{LOGIN, Msghub};
pub(super) use sens::{Sens, UPLOAD};
pub(super) use solapi::Solapi;
pub(super) use twilio::TwilioAccount;

pub(super) enum Driver {
    Sens(Sens),
    Solapi(Solapi),
    Twilio(TwilioAccount),
    Msghub(Msghub),
}

/// How calls are named. `judge` knows by `MMS` that there may be another way.
pub(super) const SMS: &str = "sms";
pub(super) const LMS: &str = "lms";
pub(super) const MMS: &str = "mms";

/// A message that is ready to go.
pub(super) struct Outgoing<'a> {
    /// Both as the driver writes numbers.
    pub to: &'a str,
    pub from: &'a str,
    pub text: &'a str,
    /// Of an LMS or MMS.
    pub subject: Option<&'a str>,
    pub kind: Kind<'a>,
    /// What it follows from, and which of its messages it is.
    pub cause: InboundId,
    pub index: usize,
}

#[derive(Clone, Copy)]
pub(super) enum Kind<'a> {
    Sms,
    Lms,
    /// With the address of a JPEG.
    Mms(&'a str),
}

impl Kind<'_> {
    fn name(self) -> &'static str {
        match self {
            Self::Sms => SMS,
            Self::Lms => LMS,
            Self::Mms(_) => MMS,
        }
    }
}

impl Driver {
    /// The driver of this name, if its credentials are set, and what to set if not.
    pub(super) fn parse(name: &str, settings: &Value) -> Result<(Option<Self>, &'static str), String> {
        Ok(match name {
            "sens" => (
                Sens::parse(settings)?.map(Self::Sens),
                "reply: sens.serviceId, sens.accessKey and sens.secretKey are not set",
            ),
            "solapi" => {
                (Solapi::parse(settings)?.map(Self::Solapi), "reply: solapi.apiKey and solapi.apiSecret are not set")
            }
            "twilio" => (
                TwilioAccount::parse(settings)?.map(Self::Twilio),
                "reply: twilio.accountSid and twilio.authToken are not set",
            ),
            "msghub" => {
                (Msghub::parse(settings)?.map(Self::Msghub), "reply: msghub.apiKey and msghub.apiPwd are not set")
            }
            _ => return Err("`driver` must be `sens`, `solapi`, `twilio` or `msghub`".to_owned()),
        })
    }

    pub(super) const fn letters(&self) -> Letters {
        match self {
            Self::Sens(_) | Self::Solapi(_) | Self::Msghub(_) => Letters::Cp949,
            Self::Twilio(_) => Letters::All,
        }
    }

    /// What one message holds at most.
    pub(super) fn room(&self) -> Room {
        match self.letters() {
            Letters::Cp949 => Room { most: limits::LMS, length: encode::bytes },
            Letters::All => Room { most: limits::TWILIO_BODY, length: |text| text.encode_utf16().count() },
        }
    }

    /// Whether it fetches or takes a picture from an address. The others would need an upload that they do not document.
    pub(super) const fn takes_pictures(&self) -> bool {
        match self {
            Self::Sens(_) | Self::Twilio(_) => true,
            Self::Solapi(_) | Self::Msghub(_) => false,
        }
    }

    /// A normalized number as the driver writes it. `None` where it does not reach that country.
    pub(super) fn number(&self, normalized: &str) -> Option<String> {
        match self.letters() {
            Letters::Cp949 => super::phone::national(normalized),
            Letters::All => super::phone::normalized(normalized),
        }
    }

    pub(super) fn call(&self, outgoing: &Outgoing<'_>) -> Call {
        match self {
            Self::Sens(sens) => sens.call(outgoing),
            Self::Solapi(solapi) => solapi.call(outgoing),
            Self::Twilio(account) => account.call(outgoing),
            Self::Msghub(msghub) => msghub.call(outgoing),
        }
    }

    /// Signatures over the time, which live for minutes.
    pub(super) fn sign(&self, call: &mut Call, now: EpochMillis, nonce: u128) {
        match self {
            Self::Sens(sens) => sens.sign(call, now),
            Self::Solapi(solapi) => solapi.sign(call, now, nonce),
            Self::Twilio(_) | Self::Msghub(_) => {}
        }
    }

    /// For reasons.
    pub(super) const fn name(&self) -> &'static str {
        match self {
            Self::Sens(_) => "SENS",
            Self::Solapi(_) => "Solapi",
            Self::Twilio(_) => "Twilio",
            Self::Msghub(_) => "the message hub",
        }
    }
}

/// A mark that nothing of `body` can be taken for. With one that is always the same, whoever writes it into a text would
/// have a token sent to a phone.
fn mark(name: &str, body: &[u8]) -> String {
    let mut mark = format!("closer-mark-{name}");
    while body.windows(mark.len()).any(|window| window == mark.as_bytes()) {
        mark.push('x');
    }
    mark
}

/// Puts headers in place of earlier ones: a call that is sent again is signed again.
fn set(call: &mut Call, name: &'static str, value: String) {
    call.headers.retain(|(known, _)| *known != name);
    call.headers.push((name, value));
}

impl fmt::Debug for Driver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
