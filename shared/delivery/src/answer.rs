//! What the receiver's answer to one attempt means, for the delivery and for the webhook.

use model::EpochMillis;
use serde::{Deserialize, Serialize};

use crate::retry_after;

/// How an attempt ended. A status line that came is the answer, whatever the rest of it does: a receiver that said 2xx has
/// accepted, and trying again would only say it twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Exchange {
    Answered {
        status: u16,
    },
    /// The deadline passed before a status line; it may have arrived.
    TimedOut,
    /// Refused, reset or closed early.
    Disconnected,
    /// No HTTP, or larger headers than we read.
    Malformed,
    /// The certificate is expired, for another host, or of an unknown issuer, or the TLS is too old.
    Certificate,
    /// The name does not exist, or has no address.
    NoSuchName,
    /// Nobody could tell the name's address.
    Unresolved,
    /// We do not connect to this address.
    BlockedAddress,
    /// The worker died in the middle of it.
    Unknown,
    /// It was never sent: no way out, no secret, no signature.
    OurFault,
}

/// What came of an attempt, as far as it is looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    pub exchange: Exchange,
    /// The header `retry-after`, as it came.
    pub retry_after: Option<String>,
    /// The header `webhook-delivery`, as it came.
    pub webhook_delivery: Option<String>,
    /// The header `location`, which is shown and never followed.
    pub location: Option<String>,
    /// It came with a `content-encoding` though we asked for none.
    pub compressed: bool,
    /// The first [`ANSWER_BYTES`](crate::limits::ANSWER_BYTES) of it.
    pub body: Vec<u8>,
}

/// What an owner is shown as the cause of a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Cause {
    CouldNotConnect,
    TimedOut,
    ErrorStatus,
    Certificate,
    AddressNotAllowed,
    Unclassified,
}

/// What follows from an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Judgement {
    pub next: Next,
    /// It is a reason to switch the webhook off.
    pub counts: bool,
    /// The receiver has too much to do.
    pub slower: bool,
    pub asks: Option<Asks>,
}

/// What becomes of the delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    Accepted,
    /// Try again by the schedule, but not before so many milliseconds.
    Again {
        not_before_ms: i64,
    },
    /// The same, and the content may be the reason: in the end the events are tried apart from each other.
    Refused {
        not_before_ms: i64,
    },
    /// The body is too large for the receiver.
    TooLarge,
    /// Try again after so many milliseconds. It uses up no retry. `hold`: nothing else is sent to the webhook until then.
    Later {
        delay_ms: i64,
        hold: bool,
    },
}

/// What a receiver may ask for by the header `webhook-delivery`, with any status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asks {
    /// `disable`: send nothing more.
    Disable,
    /// `abort-message`: do not send this again.
    Abort,
}

/// `canary_well`: our own way out works, names of others are found.
pub fn judge(answer: &Answer, canary_well: bool, now: EpochMillis) -> Judgement {
    let asked_ms = answer
        .retry_after
        .as_deref()
        .and_then(|header| retry_after::seconds(header, now))
        .map(|seconds| i64::try_from(seconds).unwrap_or_default() * 1000);
    let again = |floor_ms: i64| Next::Again { not_before_ms: floor_ms.max(asked_ms.unwrap_or(0)) };
    let hold = |asked_ms: i64| Next::Later { delay_ms: asked_ms.max(MINUTE_MS), hold: true };
    let (next, counts, slower) = match answer.exchange {
        // The guide says 200; every 2xx is somebody's way of saying it.
        Exchange::Answered { status: 200..=299 } => (Next::Accepted, false, false),
        Exchange::Answered { status: 400 | 422 } => {
            (Next::Refused { not_before_ms: asked_ms.unwrap_or(0) }, true, false)
        }
        Exchange::Answered { status: 408 } => (again(MINUTE_MS), true, false),
        // One alone may be a deploy.
        Exchange::Answered { status: 410 } => (again(30_000), true, false),
        Exchange::Answered { status: 413 } => (Next::TooLarge, false, false),
        Exchange::Answered { status: 429 } => (hold(asked_ms.unwrap_or(0)), false, true),
        Exchange::Answered { status: 502..=504 } => match asked_ms {
            Some(asked_ms) => (hold(asked_ms), false, true),
            None => (again(0), true, true),
        },
        // A redirect is never followed, so 3xx fails like any other.
        Exchange::Answered { .. } => (again(0), true, false),
        Exchange::TimedOut => (again(MINUTE_MS), true, true),
        Exchange::Disconnected
        | Exchange::Malformed
        | Exchange::Certificate
        | Exchange::NoSuchName
        | Exchange::BlockedAddress => (again(0), true, false),
        // Nobody's fault but ours, until our own names are found and theirs are not.
        Exchange::Unresolved => (Next::Later { delay_ms: MINUTE_MS, hold: false }, canary_well, false),
        Exchange::Unknown => (again(0), false, false),
        Exchange::OurFault => (Next::Later { delay_ms: MINUTE_MS, hold: false }, false, false),
    };
    Judgement { next, counts, slower, asks: asks(answer) }
}

const MINUTE_MS: i64 = crate::limits::MINUTE_MS;

fn asks(answer: &Answer) -> Option<Asks> {
    match answer.webhook_delivery.as_deref()?.trim() {
        "disable" => Some(Asks::Disable),
        "abort-message" => Some(Asks::Abort),
        _ => None,
    }
}

/// Whether the attempt goes on with one more request on a new connection. A pooled connection that dies before it said
/// anything was stale; 421 and 425 ask for it. Never twice.
pub const fn once_more(exchange: Exchange, reused: bool, requests: u32) -> bool {
    match exchange {
        Exchange::Answered { status: 421 | 425 } => requests == 1,
        Exchange::Disconnected => reused && requests == 1,
        Exchange::Answered { .. }
        | Exchange::TimedOut
        | Exchange::Malformed
        | Exchange::Certificate
        | Exchange::NoSuchName
        | Exchange::Unresolved
        | Exchange::BlockedAddress
        | Exchange::Unknown
        | Exchange::OurFault => false,
    }
}

impl Answer {
    /// An answer of which nothing but its status, or its failure, is of interest.
    pub const fn of(exchange: Exchange) -> Self {
        Self {
            exchange,
            retry_after: None,
            webhook_delivery: None,
            location: None,
            compressed: false,
            body: Vec::new(),
        }
    }
}

impl Exchange {
    /// `None` for a success.
    pub const fn cause(self) -> Option<Cause> {
        match self {
            Self::Answered { status: 200..=299 } => None,
            Self::Answered { .. } => Some(Cause::ErrorStatus),
            Self::TimedOut => Some(Cause::TimedOut),
            Self::Disconnected | Self::NoSuchName | Self::Unresolved => Some(Cause::CouldNotConnect),
            Self::Certificate => Some(Cause::Certificate),
            Self::BlockedAddress => Some(Cause::AddressNotAllowed),
            Self::Malformed | Self::Unknown | Self::OurFault => Some(Cause::Unclassified),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: EpochMillis = EpochMillis(1_763_712_000_000);
    const DAY_MS: i64 = 86_400_000;

    fn judged(exchange: Exchange, retry_after: Option<&str>, canary_well: bool) -> (Next, bool, bool) {
        let answer = Answer { retry_after: retry_after.map(str::to_owned), ..Answer::of(exchange) };
        let Judgement { next, counts, slower, asks } = judge(&answer, canary_well, NOW);
        assert_eq!(asks, None);
        (next, counts, slower)
    }

    #[test]
    fn every_row() {
        let again = |not_before_ms| Next::Again { not_before_ms };
        let hold = |delay_ms| Next::Later { delay_ms, hold: true };
        let refused = |not_before_ms| Next::Refused { not_before_ms };
        let status = |status| Exchange::Answered { status };
        for (exchange, retry_after, next, counts, slower) in [
            (status(200), None, Next::Accepted, false, false),
            (status(204), Some("60"), Next::Accepted, false, false),
            (status(299), None, Next::Accepted, false, false),
            (status(101), None, again(0), true, false),
            (status(301), None, again(0), true, false),
            (status(307), Some("9"), again(9000), true, false),
            (status(400), None, refused(0), true, false),
            (status(422), Some("7"), refused(7000), true, false),
            (status(401), None, again(0), true, false),
            (status(403), None, again(0), true, false),
            (status(404), None, again(0), true, false),
            (status(405), None, again(0), true, false),
            (status(408), None, again(60_000), true, false),
            (status(408), Some("61"), again(61_000), true, false),
            (status(410), None, again(30_000), true, false),
            (status(413), None, Next::TooLarge, false, false),
            (status(418), None, again(0), true, false),
            (status(421), None, again(0), true, false),
            (status(425), None, again(0), true, false),
            (status(429), None, hold(60_000), false, true),
            (status(429), Some("5"), hold(60_000), false, true),
            (status(429), Some("99999"), hold(DAY_MS), false, true),
            (status(429), Some("inf"), hold(60_000), false, true),
            (status(500), None, again(0), true, false),
            (status(500), Some("120"), again(120_000), true, false),
            (status(502), None, again(0), true, true),
            (status(503), Some("120"), hold(120_000), false, true),
            (status(503), Some("0"), hold(60_000), false, true),
            (status(504), Some("soon"), again(0), true, true),
            (status(599), None, again(0), true, false),
            (status(999), None, again(0), true, false),
            (Exchange::TimedOut, None, again(60_000), true, true),
            (Exchange::Disconnected, None, again(0), true, false),
            (Exchange::Malformed, None, again(0), true, false),
            (Exchange::Certificate, None, again(0), true, false),
            (Exchange::NoSuchName, None, again(0), true, false),
            (Exchange::Unresolved, None, Next::Later { delay_ms: 60_000, hold: false }, true, false),
            (Exchange::BlockedAddress, None, again(0), true, false),
            (Exchange::Unknown, None, again(0), false, false),
            (Exchange::OurFault, None, Next::Later { delay_ms: 60_000, hold: false }, false, false),
        ] {
            assert_eq!(judged(exchange, retry_after, true), (next, counts, slower), "{exchange:?} {retry_after:?}");
            let canary_ill = judged(exchange, retry_after, false);
            assert_eq!(canary_ill, (next, counts && exchange != Exchange::Unresolved, slower));
            assert_eq!(exchange.cause().is_none(), next == Next::Accepted);
        }
    }

    #[test]
    fn only_2xx_is_accepted() {
        for status in 0..=u16::MAX {
            let accepted = judged(Exchange::Answered { status }, None, true).0 == Next::Accepted;
            assert_eq!(accepted, (200..300).contains(&status), "{status}");
        }
    }

    #[test]
    fn a_receiver_may_ask() {
        for (header, asks) in [
            ("disable", Some(Asks::Disable)),
            (" abort-message ", Some(Asks::Abort)),
            ("enable", None),
            ("", None),
            ("DISABLE", None),
        ] {
            for status in [200, 404] {
                let answer =
                    Answer { webhook_delivery: Some(header.to_owned()), ..Answer::of(Exchange::Answered { status }) };
                assert_eq!(judge(&answer, true, NOW).asks, asks, "{header:?}");
            }
        }
    }

    #[test]
    fn one_more_request_on_a_new_connection() {
        let status = |status| Exchange::Answered { status };
        for (exchange, reused, requests, more) in [
            (status(421), false, 1, true),
            (status(425), true, 1, true),
            (status(421), false, 2, false),
            (status(503), true, 1, false),
            (Exchange::Disconnected, true, 1, true),
            (Exchange::Disconnected, true, 2, false),
            (Exchange::Disconnected, false, 1, false),
            (Exchange::TimedOut, true, 1, false),
        ] {
            assert_eq!(once_more(exchange, reused, requests), more, "{exchange:?} {reused} {requests}");
        }
    }
}
