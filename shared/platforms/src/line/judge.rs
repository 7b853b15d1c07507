//! What LINE's answers mean: <https://developers.line.biz/en/docs/messaging-api/retrying-api-request/>.

use serde_json::Value;

use super::{limits, outbound, wire};
use crate::fit::{self, Limit, Unit};
use crate::{Answer, Attempt, Call, Outcome, Verdict};

/// Ours: how much of LINE's words gets into a reason.
const MESSAGE: Limit = Limit(200, Unit::Grapheme);

pub(super) fn judge(call: &Call, outcome: &Outcome<'_>, attempt: Attempt) -> Verdict {
    let answer = match outcome {
        Outcome::Answered(answer) => answer,
        // A push has a retry key. A reply that arrived has spent its token, and so tells us the next time.
        Outcome::Unanswered => return Verdict::Later { reason: "LINE did not answer in time".to_owned() },
        Outcome::Unreachable => return Verdict::Later { reason: "LINE could not be reached".to_owned() },
    };
    let said = said(answer.body);
    let refused = |why: &str| Verdict::Refused { reason: reason(why, answer, &said, call) };
    let later = |why: &str| Verdict::Later { reason: reason(why, answer, &said, call) };

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

fn reason(why: &str, answer: &Answer<'_>, said: &str, call: &Call) -> String {
    let status = answer.status;
    if said.is_empty() || quotes(said, call) {
        return format!("{why} (status {status})");
    }
    let said: String = said.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    format!("{why} (status {status}: {})", fit::cut(&said, MESSAGE, "message", &mut Vec::new()))
}

/// Whether something that we sent is in there: the customer's words, or a token.
fn quotes(said: &str, call: &Call) -> bool {
    let header = |(_, value): &(_, String)| said.contains(value.trim_start_matches("Bearer "));
    let sent: Value = serde_json::from_slice(&call.body).unwrap_or_default();
    call.headers.iter().any(header) || quotes_value(said, &sent)
}

fn quotes_value(said: &str, sent: &Value) -> bool {
    match sent {
        // A single letter is in every sentence.
        Value::String(text) => text.chars().nth(1).is_some() && said.contains(text.as_str()),
        Value::Array(list) => list.iter().any(|value| quotes_value(said, value)),
        // The other texts are LINE's own words.
        Value::Object(fields) => fields
            .iter()
            .filter(|(name, _)| !["type", "layout", "weight", "size"].contains(&name.as_str()))
            .any(|(_, value)| quotes_value(said, value)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}
