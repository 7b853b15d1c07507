//! Every messenger, each in a folder of its own with the same files: `wire` (its JSON), `inbound` (check and read a
//! request), `outbound` (say a reply, judge the answer), `limits` (every number, with its page) and `testdata`.
//!
//! Nothing here does I/O, reads a clock or the environment, or makes a random number: a request comes in as bytes, and
//! what must be sent goes out as [`Call`] values. [`PLATFORMS`] is the table of contents.

pub mod bizchat;
mod call;
mod complaint;
pub mod facebook;
pub mod fit;
pub mod fixtures;
pub mod kakao;
pub mod kakaobiz;
pub mod line;
pub mod media;
pub mod navertalk;
mod need;
mod receive;
mod repair;
mod secret;
mod shown;
#[cfg(test)]
mod testkit;
pub mod web;
pub mod wechat;

use std::fmt;

use model::{AgentCalls, BotId, EpochMillis, Event, Inbound, PlatformType, Reply};
use serde_json::Value;

pub use call::{Answer, Attempt, Call, Outcome, Rendered, Verdict};
pub use fit::Dropped;
pub use need::{Embedded, File, Need, Obtained, Want};
pub use receive::{Acknowledge, Content, HttpReply, Ignored, Opened, ReceiveError, Received, Request};
pub use secret::Secrets;
pub use shown::{shown, tail};

/// All of them. A new platform is its folder, its `mod` above and its line here.
pub const PLATFORMS: &[&Platform] = &[
    &bizchat::PLATFORM,
    &facebook::PLATFORM,
    &kakao::PLATFORM,
    &kakaobiz::PLATFORM,
    &line::PLATFORM,
    &navertalk::PLATFORM,
    &web::PLATFORM,
    &wechat::PLATFORM,
];

/// What there is to know of a messenger before any company connected to it.
#[derive(Debug)]
pub struct Platform {
    pub kind: PlatformType,
    /// Where its API lives. A stand-in takes its place when the variable names another address.
    pub hosts: &'static [Host],
    pub connect: fn(Setup<'_>) -> Result<Box<dyn Channel>, SettingsError>,
}

#[derive(Clone, Copy, Debug)]
pub struct Host {
    /// `LINE_API_URL` and so on.
    pub variable: &'static str,
    pub url: &'static str,
}

/// A company's account on a messenger: what `connect` makes a [`Channel`] of.
#[derive(Clone, Copy, Debug)]
pub struct Setup<'a> {
    pub bot_id: &'a BotId,
    /// `integration.<platform>` of the bot.
    pub settings: &'a Value,
    /// `preference` of the bot, for its system messages.
    pub preference: &'a Value,
    /// Where this installation is reached from outside, without a slash at its end. Media links start with it.
    pub public_url: &'a str,
}

/// The settings of a channel cannot be used. The text is for the bot's owner and never holds a value.
#[derive(Debug, thiserror::Error)]
#[error("integration.{platform}: {reason}")]
pub struct SettingsError {
    pub platform: PlatformType,
    pub reason: String,
}

/// A company's account on a messenger, ready to work.
pub trait Channel: Send + Sync + fmt::Debug {
    /// Checks who sent the request, then reads it. Unknown content is never an error.
    fn receive(&self, request: &Request<'_>) -> Result<Received, ReceiveError>;

    /// The requests that bring `reply` to whoever `inbound` came from, in order.
    fn render(&self, reply: &Reply, inbound: &Inbound, now: EpochMillis) -> Rendered;

    /// The request that tells the customer of an event, where the messenger shows such things.
    fn tell(&self, _event: &Event, _inbound: &Inbound) -> Option<Call> {
        None
    }

    /// What the messenger's answer to one of them means.
    fn judge(&self, call: &Call, outcome: &Outcome<'_>, attempt: Attempt) -> Verdict;

    /// What a call still lacks when it leaves, such as a signature over the time. `nonce` is another each time.
    fn sign(&self, _call: &mut Call, _now: EpochMillis, _nonce: u128) {}

    /// What the answer to the call of a need gives.
    fn obtain(&self, need: &Need, _outcome: &Outcome<'_>) -> Obtained {
        Obtained::Refused { reason: format!("nothing is known of `{}`", need.call.name) }
    }

    /// What the messenger sent in place of a file that it was asked for with a fetched token. Errors come like files, with
    /// status 200; `answer` is JSON or a text, and short.
    fn opened(&self, _answer: &[u8]) -> Opened {
        Opened::File
    }

    /// Whether somebody of the company can answer there. They write by our API, so it takes a channel that can be written
    /// to at any time.
    fn agent_calls(&self) -> AgentCalls {
        AgentCalls::Taken
    }

    /// It has no buttons: choices are numbered ([`Reply::choices`]), and the customer answers with a number or a label.
    fn numbers_choices(&self) -> bool {
        false
    }

    /// Whether a reply may be sent in parts with pauses between them. Not where parts cost more than the whole.
    fn pauses(&self) -> bool {
        true
    }

    /// Web chat is a socket of ours, and asks for more than this trait.
    fn web(&self) -> Option<&web::Web> {
        None
    }

    /// For messengers that take the reply as the answer to their own request.
    fn synchronous(&self) -> Option<&dyn Synchronous> {
        None
    }
}

/// A messenger that waits for the reply.
pub trait Synchronous: Send + Sync {
    /// Whether the answer can hold all of the reply. What it cannot hold is sent like on other channels, by
    /// [`Channel::render`], and `answer` is empty.
    fn takes(&self, _reply: &Reply, _inbound: &Inbound) -> bool {
        true
    }

    /// The answer when the reply is there in time. `nonce` is another each time.
    fn answer(&self, reply: &Reply, inbound: &Inbound, now: EpochMillis, nonce: u128) -> (HttpReply, Vec<Dropped>);

    /// The messenger asks again by itself, and whatever answered it before has queued the reply as late: this request is
    /// not to be answered with it, too.
    fn asks_again(&self, _inbound: &Inbound) -> bool {
        false
    }

    /// The answer when it is not: the reply will be kept, or sent by [`Synchronous::late`]. `None`: the messenger will
    /// ask once more by itself, and the reply is for that request.
    fn interim(&self, inbound: &Inbound) -> Option<HttpReply>;

    /// The requests that bring a late reply, where the messenger left a way; otherwise it waits for the customer's next
    /// message.
    fn late(&self, reply: &Reply, inbound: &Inbound, now: EpochMillis) -> Option<Rendered>;
}

/// The platform of this kind, if we speak it.
pub fn find(kind: PlatformType) -> Option<&'static Platform> {
    PLATFORMS.iter().copied().find(|platform| platform.kind == kind)
}
