//! NaverTalk (네이버 톡톡), by the chatbot API v1: <https://github.com/navertalk/chatbot-api>.
//!
//! Naver posts one event at a time, without a signature, an id or a time. Answers go out by the Send API, or, where the
//! bot's owner chose so, as the answer to the event while Naver waits for it. House rules, where Naver says nothing: an
//! address that nobody can guess stands for a signature, the time is that of arrival, and nothing is taken for a repeat.

mod buttons;
mod cards;
mod code;
mod contents;
mod events;
mod inbound;
mod judge;
mod lenient;
mod limits;
mod messages;
mod outbound;
mod settings;
#[cfg(test)]
mod tests;
mod wire;

use model::{AgentCalls, BotId, EpochMillis, Inbound, PlatformType, Reply};

use crate::{
    Attempt, Call, Channel, Dropped, Host, HttpReply, Outcome, Platform, ReceiveError, Received, Rendered, Request,
    SettingsError, Setup, Synchronous, Verdict,
};

use settings::Settings;

pub const PLATFORM: Platform = Platform { kind: PlatformType::Navertalk, hosts: HOSTS, connect };

const HOSTS: &[Host] = &[Host { variable: "NAVERTALK_API_URL", url: API_URL }];
const API_URL: &str = "https://gw.talk.naver.com";

fn connect(setup: Setup<'_>) -> Result<Box<dyn Channel>, SettingsError> {
    let settings = Settings::parse(setup.settings)
        .map_err(|reason| SettingsError { platform: PlatformType::Navertalk, reason })?;
    Ok(Box::new(NaverTalk { bot_id: setup.bot_id.clone(), settings }))
}

/// A TalkTalk account.
#[derive(Debug)]
struct NaverTalk {
    bot_id: BotId,
    settings: Settings,
}

impl Channel for NaverTalk {
    fn receive(&self, request: &Request<'_>) -> Result<Received, ReceiveError> {
        inbound::receive(&self.bot_id, &self.settings, request)
    }

    fn render(&self, reply: &Reply, inbound: &Inbound, _now: EpochMillis) -> Rendered {
        outbound::render(&self.settings, reply, inbound)
    }

    fn judge(&self, call: &Call, outcome: &Outcome<'_>, attempt: Attempt) -> Verdict {
        judge::judge(call, outcome, attempt)
    }

    fn agent_calls(&self) -> AgentCalls {
        if self.settings.authorization.is_some() { AgentCalls::Taken } else { AgentCalls::Refused }
    }

    fn synchronous(&self) -> Option<&dyn Synchronous> {
        self.settings.synchronous.then_some(self)
    }
}

impl Synchronous for NaverTalk {
    fn takes(&self, reply: &Reply, inbound: &Inbound) -> bool {
        outbound::takes(&self.settings, reply, inbound)
    }

    fn answer(&self, reply: &Reply, inbound: &Inbound, _now: EpochMillis, _nonce: u128) -> (HttpReply, Vec<Dropped>) {
        outbound::answer(&self.settings, reply, inbound)
    }

    /// Nothing is said that could be shown after the reply itself.
    fn interim(&self, _inbound: &Inbound) -> Option<HttpReply> {
        Some(outbound::nothing())
    }

    fn late(&self, reply: &Reply, inbound: &Inbound, _now: EpochMillis) -> Option<Rendered> {
        self.settings.authorization.as_ref()?;
        Some(outbound::render(&self.settings, reply, inbound))
    }
}
