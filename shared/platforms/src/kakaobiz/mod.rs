//! KakaoTalk consultation talk, 상담톡: <https://bzm-center.kakao.com/guide/document/bizchat>, a guide that opens for
//! contracted partners alone. A company comes in by a dealer, who relays Kakao's events nearly as they are and has an API of
//! its own to send by: Happytalk, <https://mbi-developer-center.happytalk.io/kakaotalk_webhook/counseling/send_chat>, or
//! BizGo, <https://developers.bizgo.io/api-sdk/api-reference/comm/kakao-counsel>.
//!
//! Everything is asynchronous: their request is acknowledged, and answers are sent while the session of the customer is
//! open. Nothing is signed, so who asks is known by the secret in the path, and what is meant by the sender key.
//!
//! Ours, where nobody says: what divides, cuts and heads further bubbles, that a request with neither serial number nor
//! time is known by its content for a minute, and that codes nobody lists are for good.

mod bubbles;
mod buttons;
mod cards;
mod content;
mod dealer;
mod event;
mod inbound;
mod judge;
mod limits;
mod outbound;
mod settings;
#[cfg(test)]
mod tests;
mod tolerant;
mod wire;

use model::{BotId, EpochMillis, Inbound, PlatformType, Reply};

use crate::{
    Attempt, Call, Channel, Host, Need, Obtained, Outcome, Platform, ReceiveError, Received, Rendered, Request,
    SettingsError, Setup, Verdict,
};

use settings::Settings;

pub const PLATFORM: Platform = Platform { kind: PlatformType::Kakaobiz, hosts: HOSTS, connect };

const HOSTS: &[Host] = &[
    Host { variable: "HAPPYTALK_API_URL", url: dealer::HAPPYTALK_URL },
    Host { variable: "HAPPYTALK_TEST_API_URL", url: dealer::HAPPYTALK_TEST_URL },
    Host { variable: "BIZGO_API_URL", url: dealer::BIZGO_URL },
    Host { variable: "BIZGO_TEST_API_URL", url: dealer::BIZGO_TEST_URL },
];

fn connect(setup: Setup<'_>) -> Result<Box<dyn Channel>, SettingsError> {
    let settings = Settings::parse(setup.settings, setup.preference)
        .map_err(|reason| SettingsError { platform: PlatformType::Kakaobiz, reason })?;
    Ok(Box::new(Kakaobiz { bot_id: setup.bot_id.clone(), settings }))
}

#[derive(Debug)]
struct Kakaobiz {
    bot_id: BotId,
    settings: Settings,
}

impl Channel for Kakaobiz {
    fn receive(&self, request: &Request<'_>) -> Result<Received, ReceiveError> {
        inbound::receive(&self.bot_id, &self.settings, request)
    }

    /// `hand_over` has nothing on the wire: this channel is where the company's people answer.
    fn render(&self, reply: &Reply, inbound: &Inbound, _now: EpochMillis) -> Rendered {
        outbound::render(&self.settings, reply, inbound)
    }

    fn judge(&self, call: &Call, outcome: &Outcome<'_>, attempt: Attempt) -> Verdict {
        match &self.settings.dealer {
            Ok(dealer) => judge::judge(dealer, call, outcome, attempt),
            Err(why) => Verdict::Refused { reason: (*why).to_owned() },
        }
    }

    /// An upload gives address, name and size at once, and a mark stands for one text: they part here.
    fn sign(&self, call: &mut Call, _now: EpochMillis, _nonce: u128) {
        dealer::part_file(call);
    }

    fn obtain(&self, need: &Need, outcome: &Outcome<'_>) -> Obtained {
        match &self.settings.dealer {
            Ok(dealer) => judge::obtain(dealer, need, outcome),
            Err(why) => Obtained::Refused { reason: (*why).to_owned() },
        }
    }
}
