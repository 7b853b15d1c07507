//! Text messages (SMS, LMS, MMS) both ways with a business number, CLOSER's `bizchat`.
//!
//! BizChat itself published no interface. Messages come in as the JSON that Korean operators push (the message hub of
//! LG U+, <https://docs2.msghub.uplus.co.kr/api/intro>) under an HMAC of ours, or as Twilio's form,
//! <https://www.twilio.com/docs/messaging/guides/webhook-request>. Answers go out by one of four providers, see `driver`.
//!
//! A phone has no buttons: choices are numbered lines, and the customer answers with the number or the label.

mod driver;
mod encode;
mod form;
mod inbound;
mod judge;
mod limits;
mod lines;
mod mo;
mod outbound;
mod phone;
mod pieces;
mod settings;
#[cfg(test)]
mod tests;
mod wire;

use std::fmt;

use model::{BotId, EpochMillis, Inbound, PlatformType, Reply};

use crate::{
    Attempt, Call, Channel, Host, Need, Obtained, Outcome, Platform, ReceiveError, Received, Rendered, Request,
    SettingsError, Setup, Verdict,
};

use settings::Settings;

pub const PLATFORM: Platform = Platform { kind: PlatformType::Bizchat, hosts: HOSTS, connect };

const HOSTS: &[Host] = &[
    Host { variable: "SENS_API_URL", url: SENS_URL },
    Host { variable: "SOLAPI_API_URL", url: SOLAPI_URL },
    Host { variable: "TWILIO_API_URL", url: TWILIO_URL },
    Host { variable: "MSGHUB_API_URL", url: MSGHUB_URL },
];
const SENS_URL: &str = "https://sens.apigw.ntruss.com";
const SOLAPI_URL: &str = "https://api.solapi.com";
const TWILIO_URL: &str = "https://api.twilio.com";
const MSGHUB_URL: &str = "https://api.msghub.uplus.co.kr";

/// A company's numbers, and its account with a provider.
struct Bizchat {
    bot_id: BotId,
    public_url: String,
    settings: Settings,
}

fn connect(setup: Setup<'_>) -> Result<Box<dyn Channel>, SettingsError> {
    let settings =
        Settings::parse(setup.settings).map_err(|reason| SettingsError { platform: PlatformType::Bizchat, reason })?;
    Ok(Box::new(Bizchat { bot_id: setup.bot_id.clone(), public_url: setup.public_url.to_owned(), settings }))
}

impl Channel for Bizchat {
    fn receive(&self, request: &Request<'_>) -> Result<Received, ReceiveError> {
        inbound::receive(self, request)
    }

    fn render(&self, reply: &Reply, inbound: &Inbound, _now: EpochMillis) -> Rendered {
        outbound::render(&self.settings, reply, inbound)
    }

    fn judge(&self, call: &Call, outcome: &Outcome<'_>, attempt: Attempt) -> Verdict {
        judge::judge(&self.settings, call, outcome, attempt)
    }

    fn sign(&self, call: &mut Call, now: EpochMillis, nonce: u128) {
        if let Some(driver) = &self.settings.driver {
            driver.sign(call, now, nonce);
        }
    }

    fn obtain(&self, need: &Need, outcome: &Outcome<'_>) -> Obtained {
        judge::obtain(need, outcome)
    }

    fn numbers_choices(&self) -> bool {
        true
    }

    /// Texts that go together cost less.
    fn pauses(&self) -> bool {
        false
    }
}

impl fmt::Debug for Bizchat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bizchat")
            .field("bot_id", &self.bot_id)
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}
