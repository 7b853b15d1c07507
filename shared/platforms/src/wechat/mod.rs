//! WeChat Official Accounts (公众号):
//! <https://developers.weixin.qq.com/doc/service/en/guide/product/message/Receiving_standard_messages.html>.
//!
//! Tencent pushes one XML document per message and asks again when it is not answered within five seconds, three times
//! in all. The answer may hold one message, and costs nothing. What does not fit there goes out by the customer service
//! message API, which takes a few messages per question; an account that may not use it has the answer alone.
//!
//! House rules, where Tencent leaves it open: all three modes are accepted, unless `requireEncryption` says otherwise; a
//! wrong signature or account is 403; whatever is signed is 200. A message is named by its MsgId, an event by user, time,
//! event and key.

mod address;
mod api;
mod crypt;
mod inbound;
mod judge;
mod limits;
mod messages;
mod opened;
mod outbound;
mod pack;
mod passive;
mod pieces;
mod settings;
#[cfg(test)]
mod tests;
mod text;
mod wire;
mod xml;

use std::fmt;

use model::{AgentCalls, BotId, EpochMillis, Inbound, PlatformType, Reply};

use settings::Settings;

use crate::{
    Attempt, Call, Channel, Dropped, Host, HttpReply, Need, Obtained, Opened, Outcome, Platform, ReceiveError,
    Received, Rendered, Request, SettingsError, Setup, Synchronous, Verdict,
};

pub const PLATFORM: Platform = Platform { kind: PlatformType::Wechat, hosts: HOSTS, connect };

const HOSTS: &[Host] = &[Host { variable: "WECHAT_API_URL", url: API_URL }];
const API_URL: &str = "https://api.weixin.qq.com";

/// A WeChat Official Account.
struct Wechat {
    bot_id: BotId,
    public_url: String,
    settings: Settings,
}

fn connect(setup: Setup<'_>) -> Result<Box<dyn Channel>, SettingsError> {
    let settings =
        Settings::parse(setup.settings).map_err(|reason| SettingsError { platform: PlatformType::Wechat, reason })?;
    Ok(Box::new(Wechat { bot_id: setup.bot_id.clone(), public_url: setup.public_url.to_owned(), settings }))
}

impl Channel for Wechat {
    fn receive(&self, request: &Request<'_>) -> Result<Received, ReceiveError> {
        inbound::receive(self, request)
    }

    fn render(&self, reply: &Reply, inbound: &Inbound, _now: EpochMillis) -> Rendered {
        outbound::render(&self.settings, reply, inbound)
    }

    fn judge(&self, call: &Call, outcome: &Outcome<'_>, attempt: Attempt) -> Verdict {
        judge::judge(call, outcome, attempt)
    }

    fn obtain(&self, need: &Need, outcome: &Outcome<'_>) -> Obtained {
        judge::obtain(need, outcome)
    }

    fn opened(&self, answer: &[u8]) -> Opened {
        opened::opened(answer)
    }

    fn agent_calls(&self) -> AgentCalls {
        if self.settings.customer_service { AgentCalls::Taken } else { AgentCalls::Refused }
    }

    fn synchronous(&self) -> Option<&dyn Synchronous> {
        Some(self)
    }
}

impl Synchronous for Wechat {
    fn takes(&self, reply: &Reply, _inbound: &Inbound) -> bool {
        passive::takes(&self.settings, reply)
    }

    fn answer(&self, reply: &Reply, inbound: &Inbound, now: EpochMillis, nonce: u128) -> (HttpReply, Vec<Dropped>) {
        passive::answer(&self.settings, reply, inbound, now, nonce)
    }

    fn asks_again(&self, inbound: &Inbound) -> bool {
        passive::asks_again(&self.settings, inbound)
    }

    fn interim(&self, inbound: &Inbound) -> Option<HttpReply> {
        passive::interim(&self.settings, inbound)
    }

    fn late(&self, reply: &Reply, inbound: &Inbound, now: EpochMillis) -> Option<Rendered> {
        outbound::late(&self.settings, reply, inbound, now)
    }
}

impl fmt::Debug for Wechat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wechat").field("bot_id", &self.bot_id).finish_non_exhaustive()
    }
}
