//! Facebook Messenger, by the Messenger Platform: <https://developers.facebook.com/docs/messenger-platform>.
//!
//! Messages come in by webhook and are answered by the Send API, one call for each message. Meta leaves open, and we
//! decided: a wrong signature or verify token is 403; what another app of the Page says is a person of the company
//! speaking; what customers write while another app has the thread is not for us; a handed over conversation goes to the
//! Page inbox.

mod buttons;
mod cards;
mod content;
mod events;
mod inbound;
mod judge;
mod limits;
mod messages;
mod outbound;
mod params;
mod payload;
mod settings;
#[cfg(test)]
mod tests;
mod tolerant;
mod wire;

use std::fmt;

use model::{BotId, EpochMillis, Inbound, PlatformType, Reply};

use crate::{
    Attempt, Call, Channel, Host, Outcome, Platform, ReceiveError, Received, Rendered, Request, Secrets, Verdict,
};

pub const PLATFORM: Platform = Platform { kind: PlatformType::Facebook, hosts: HOSTS, connect: settings::connect };

const HOSTS: &[Host] = &[Host { variable: "FACEBOOK_API_URL", url: API_URL }];
const API_URL: &str = "https://graph.facebook.com";

/// A Page, and our app on it.
struct Facebook {
    bot_id: BotId,
    app_secret: Secrets,
    verify_token: Secrets,
    page_id: String,
    /// Without it our own echoes cannot be told from those of others.
    app_id: Option<String>,
    /// Without it the bot listens, but cannot answer.
    account: Option<Account>,
}

/// How calls are made.
struct Account {
    /// Of the Page, with the version.
    url: String,
    token: String,
    proof: Option<String>,
    /// Whether an agent call passes the thread to the Page inbox. It is out of our API's reach there, so only by request.
    hand_over: bool,
}

impl Channel for Facebook {
    fn receive(&self, request: &Request<'_>) -> Result<Received, ReceiveError> {
        inbound::receive(self, request)
    }

    fn render(&self, reply: &Reply, inbound: &Inbound, now: EpochMillis) -> Rendered {
        outbound::render(self.account.as_ref(), reply, inbound, now)
    }

    fn judge(&self, call: &Call, outcome: &Outcome<'_>, attempt: Attempt) -> Verdict {
        judge::judge(call, outcome, attempt)
    }
}

impl fmt::Debug for Facebook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { bot_id, app_secret, verify_token, .. } = self;
        f.debug_struct("Facebook")
            .field("bot_id", bot_id)
            .field("app_secret", app_secret)
            .field("verify_token", verify_token)
            .finish_non_exhaustive()
    }
}
