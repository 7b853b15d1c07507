//! What LINE's answers mean: <https://developers.line.biz/en/docs/messaging-api/retrying-api-request/>.

use super::{limits, outbound, wire};
use crate::complaint::reason;
use crate::{Attempt, Call, Outcome, Verdict};

/// Fields whose texts are LINE's own words.
const OWN: &[&str] = &["type", "layout", "weight", "size"];

pub(super) fn judge(call: &Call, outcome: &Outcome<'_>, attempt: Attempt) -> Verdict {
    let answer = match outcome {
        Outcome::Answered(answer) => answer,
        // A push has a retry key. A reply that arrived has spent its token, and so tells us the next time.
        Outcome::Unanswered => return Verdict::Later { reason: "LINE did not answer in time".to_owned() },
        Outcome::Unreachable => return Verdict::Later { reason: "LINE could not be reached".to_owned() },
    };
    let (said, codes) = (said(answer.body), format!("status {}", answer.status));
    let refused = |why: &str| Verdict::Refused { reason: reason(why, &codes, &said, call, OWN) };
    let later = |why: &str| Verdict::Later { reason: reason(why, &codes, &said, call, OWN) };

    match answer.status {
        200..300 => Verdict::Delivered,
        // It has seen this retry key.
        409 => Verdict::Delivered,
        400 if call.name == outbound::REPLY && said.contains("Invalid reply token") => match &call.instead {
            // Too early to have expired, so it was spent: an earlier try arrived.
            _ if attempt.repeated && attempt.age_ms < limits::REPLY_TOKEN_MS => Verdict::Delivered,
            Some(instead) => Verdict::Instead((**instead).clone()),
            None => refused("LINE does not know the reply token any more"),
        },
        400 => refused("LINE refused the message"),
        401 => refused("LINE does not take the channelAccessToken; issue a new one and set it"),
        403 => refused("LINE does not allow this to the plan or account of the channel"),
        404 | 410 => refused("LINE does not know the receiver any more"),
        413 => refused("the message is too large for LINE"),
        429 if said.contains("monthly limit") => refused("the channel's messages of this month are used up"),
        429 => later("LINE takes no more messages for the moment"),
        408 | 500.. => later("LINE is out of order"),
        _ => refused("LINE refused the request"),
    }
}

/// The `message` of an error, or nothing.
fn said(body: &[u8]) -> String {
    let failure: Option<wire::Failure<'_>> = serde_json::from_slice(body).ok();
    failure.and_then(|failure| failure.message).map_or_else(String::new, |message| message.0.into_owned())
}
