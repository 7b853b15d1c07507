//! What the receiver's answer to one attempt means.

use serde::{Deserialize, Serialize};

/// How an attempt ended. The causes are those that an owner is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Exchange {
    Answered {
        status: u16,
    },
    /// The deadline passed; it may have arrived.
    TimedOut,
    /// Refused, reset or closed early.
    Disconnected,
    /// The certificate is expired, for another host, or of an unknown issuer.
    Certificate,
    /// The name did not resolve.
    Unresolved,
    /// We do not connect to this address.
    BlockedAddress,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Judgement {
    Accepted,
    /// Try again by the schedule, but not before so many milliseconds.
    Again {
        not_before_ms: i64,
    },
}

pub fn judge(exchange: Exchange) -> Judgement {
    match exchange {
        // The guide says 200; every 2xx is somebody's way of saying it.
        Exchange::Answered { status: 200..=299 } => Judgement::Accepted,
        // One alone may be a deploy.
        Exchange::Answered { status: 410 } => Judgement::Again { not_before_ms: 30_000 },
        Exchange::Answered { status: 408 | 429 } | Exchange::TimedOut | Exchange::Unresolved => {
            Judgement::Again { not_before_ms: 60_000 }
        }
        // A redirect is never followed, so 3xx fails like any other.
        Exchange::Answered { .. } | Exchange::Disconnected | Exchange::Certificate | Exchange::BlockedAddress => {
            Judgement::Again { not_before_ms: 0 }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_2xx_is_accepted() {
        for status in 100..=599 {
            let accepted = judge(Exchange::Answered { status }) == Judgement::Accepted;
            assert_eq!(accepted, (200..300).contains(&status), "{status}");
        }
        for exchange in [
            Exchange::TimedOut,
            Exchange::Disconnected,
            Exchange::Certificate,
            Exchange::Unresolved,
            Exchange::BlockedAddress,
        ] {
            assert_ne!(judge(exchange), Judgement::Accepted);
        }
    }
}
