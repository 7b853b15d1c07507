//! What a messenger says of a call that it did not take, for the bot's owner: never with the customer's words, the bot's,
//! or a token in it. Messengers like to quote.

use serde_json::Value;

use crate::Call;
use crate::fit::{self, Limit, Unit};

/// Ours: how much of a messenger's words gets into a reason.
const MESSAGE: Limit = Limit(200, Unit::Grapheme);

/// `why (status 400: what it said)`. `own` are names of fields in the call that hold the messenger's own words.
pub(crate) fn reason(why: &str, codes: &str, said: &str, call: &Call, own: &[&str]) -> String {
    if said.trim().is_empty() || quotes(said, call, own) {
        return format!("{why} ({codes})");
    }
    let said: String = said.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    format!("{why} ({codes}: {})", fit::cut(&said, MESSAGE, "message", &mut Vec::new()))
}

/// Whether something that we sent is in there: somebody's words, or a token.
pub(crate) fn quotes(said: &str, call: &Call, own: &[&str]) -> bool {
    let secret = |(name, value): &(&str, String)| {
        *name != "content-type" && !value.is_empty() && said.contains(value.trim_start_matches("Bearer "))
    };
    let in_query = |pair: &str| pair.split_once('=').is_some_and(|(_, value)| value.len() > 6 && said.contains(value));
    let query = call.url.split_once('?').map_or("", |(_, query)| query);
    let sent: Value = serde_json::from_slice(&call.body).unwrap_or_default();
    call.headers.iter().any(secret) || query.split('&').any(in_query) || holds(said, &sent, own)
}

fn holds(said: &str, sent: &Value, own: &[&str]) -> bool {
    match sent {
        // A single letter is in every sentence.
        Value::String(text) => text.chars().nth(1).is_some() && said.contains(text.as_str()),
        Value::Array(list) => list.iter().any(|value| holds(said, value, own)),
        Value::Object(fields) => {
            fields.iter().filter(|(name, _)| !own.contains(&name.as_str())).any(|(_, value)| holds(said, value, own))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_we_sent_is_not_told() {
        let body = json!({ "type": "text", "messages": [{ "text": "our words" }], "a": "x" });
        let call =
            Call::json("send", "https://a.example/?proof=0123456789&v=1", &body).header("authorization", "Bearer tok");
        for (said, told) in [
            ("", "no (status 400)"),
            (" \n", "no (status 400)"),
            ("text is wrong at x, application/json, v=1", "no (status 400: text is wrong at x, application/json, v=1)"),
            ("a\u{7}b", "no (status 400: a b)"),
            ("about our words", "no (status 400)"),
            ("the token tok", "no (status 400)"),
            ("0123456789", "no (status 400)"),
        ] {
            assert_eq!(reason("no", "status 400", said, &call, &["type"]), told, "{said:?}");
        }
        let long = "가".repeat(201);
        assert_eq!(reason("no", "1", &long, &call, &[]), format!("no (1: {}…)", "가".repeat(199)));
    }
}
