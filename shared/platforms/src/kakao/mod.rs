//! KakaoTalk channel chatbot, the "skill server" of <https://kakaobusiness.gitbook.io/main/tool/chatbot/skill_guide/make_skill>.
//!
//! Kakao's engine posts one JSON document per turn, and our HTTP answer is what the bot says. Nothing can be sent later,
//! except once and within a minute where the block has the callback option.

mod buttons;
mod callback;
mod cards;
mod content;
mod inbound;
mod judge;
mod limits;
mod messages;
mod outbound;
mod pack;
mod payload;
mod relation;
mod settings;
#[cfg(test)]
mod tests;
mod tolerant;
mod wire;

use model::{AgentCalls, BotId, EpochMillis, Inbound, PlatformType, Reply};

use crate::{
    Attempt, Call, Channel, Dropped, Host, HttpReply, Outcome, Platform, ReceiveError, Received, Rendered, Request,
    SettingsError, Setup, Synchronous, Verdict,
};

use settings::Settings;

pub const PLATFORM: Platform = Platform { kind: PlatformType::Kakao, hosts: HOSTS, connect };

/// Where `userRequest.callbackUrl` points; there is nothing else to call.
const HOSTS: &[Host] = &[Host { variable: "KAKAO_CALLBACK_URL", url: "https://bot-api.kakao.com" }];

fn connect(setup: Setup<'_>) -> Result<Box<dyn Channel>, SettingsError> {
    let settings =
        Settings::parse(setup.settings).map_err(|reason| SettingsError { platform: PlatformType::Kakao, reason })?;
    Ok(Box::new(Kakao { bot_id: setup.bot_id.clone(), settings }))
}

#[derive(Debug)]
struct Kakao {
    bot_id: BotId,
    settings: Settings,
}

impl Channel for Kakao {
    fn receive(&self, request: &Request<'_>) -> Result<Received, ReceiveError> {
        inbound::receive(&self.bot_id, &self.settings, request)
    }

    /// There is no way to send: a reply is an answer, or the one callback of [`Synchronous::late`].
    fn render(&self, _reply: &Reply, _inbound: &Inbound, _now: EpochMillis) -> Rendered {
        Rendered::default()
    }

    fn judge(&self, call: &Call, outcome: &Outcome<'_>, attempt: Attempt) -> Verdict {
        judge::judge(call, outcome, attempt)
    }

    /// In KakaoTalk's own chat, which begins with a button.
    fn agent_calls(&self) -> AgentCalls {
        AgentCalls::Button
    }

    fn synchronous(&self) -> Option<&dyn Synchronous> {
        Some(self)
    }
}

impl Synchronous for Kakao {
    fn answer(&self, reply: &Reply, _inbound: &Inbound, _now: EpochMillis, _nonce: u128) -> (HttpReply, Vec<Dropped>) {
        outbound::answer(&self.settings, reply)
    }

    fn interim(&self, inbound: &Inbound) -> Option<HttpReply> {
        Some(outbound::interim(&self.settings, inbound))
    }

    fn late(&self, reply: &Reply, inbound: &Inbound, now: EpochMillis) -> Option<Rendered> {
        outbound::late(&self.settings, reply, inbound, now)
    }
}
