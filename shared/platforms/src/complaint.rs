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

/// Whether something that we sent is in there, or a part of it: somebody's words, or a token. In doubt it is.
pub(crate) fn quotes(said: &str, call: &Call, own: &[&str]) -> bool {
    let letters_said = letters(said);
    let parts: Vec<&str> = parts(&letters_said).collect();
    let is_quoted = |text: &str| {
        // A single letter is in every sentence.
        let whole = text.chars().nth(1).is_some() && said.contains(text);
        whole || {
            let text = letters(text);
            parts.iter().any(|part| text.contains(part))
        }
    };
    let sent: Value = match serde_json::from_slice(&call.body) {
        Ok(sent) => sent,
        Err(_) if call.body.is_empty() => Value::Null,
        // There is no telling whose words it holds.
        Err(_) => return true,
    };
    let mut headers = call.headers.iter().filter(|(name, _)| *name != "content-type");
    let query = call.url.split_once('?').map_or("", |(_, query)| query);
    let mut values = query.split('&').filter_map(|pair| pair.split_once('=')).map(|(_, value)| value);
    headers.any(|(_, value)| is_quoted(value.trim_start_matches("Bearer ")))
        || values.any(|value| value.len() > 6 && is_quoted(value))
        || any_text(&sent, own, &is_quoted)
}

fn any_text(sent: &Value, own: &[&str], is_quoted: &impl Fn(&str) -> bool) -> bool {
    match sent {
        Value::String(text) => is_quoted(text),
        Value::Array(list) => list.iter().any(|value| any_text(value, own, is_quoted)),
        Value::Object(fields) => fields
            .iter()
            .filter(|(name, _)| !own.contains(&name.as_str()))
            .any(|(_, value)| any_text(value, own, is_quoted)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

/// Two texts that share this much are taken for one that quotes the other. A letter beyond ASCII counts twice: a Hangul
/// syllable says as much as two or three Latin letters.
const PART: usize = 8;

/// The parts of a text that are just long enough to be told by.
fn parts(letters: &str) -> impl Iterator<Item = &str> {
    letters.char_indices().filter_map(move |(start, _)| {
        let mut weight = 0;
        let long_enough = letters[start..].char_indices().find(|(_, c)| {
            weight += if c.is_ascii() { 1 } else { 2 };
            weight >= PART
        });
        long_enough.map(|(at, c)| &letters[start..start + at + c.len_utf8()])
    })
}

/// Quotes are folded, wrapped and escaped; letters and digits remain.
fn letters(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
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
        let text = "Please call me at 010-1234-5678, 서울시 강남구 테헤란로 1길 2";
        let call = Call::json("send", "https://a.example/", &json!({ "text": text, "short": "예약" }))
            .header("authorization", "Bearer abcdefghijkl");
        for (said, told) in [
            ("bad text: \"Please call m…\"", "no (1)"),
            ("near `CALL\nME AT`", "no (1)"),
            ("1234 5678 is no number", "no (1)"),
            ("'강남구 테헤란로'", "no (1)"),
            ("예약 is short", "no (1)"),
            ("token cdefghij… is bad", "no (1)"),
            (
                "'Please' and 서울시 are too little to know it by",
                "no (1: 'Please' and 서울시 are too little to know it by)",
            ),
        ] {
            assert_eq!(reason("no", "1", said, &call, &[]), told, "{said:?}");
        }
        let form = Call { body: b"To=1&Body=words".to_vec(), ..call };
        assert_eq!(reason("no", "1", "anything", &form, &[]), "no (1)");
        let call = Call::json("send", "https://a.example/", &body);
        let long = "가".repeat(201);
        assert_eq!(reason("no", "1", &long, &call, &[]), format!("no (1: {}…)", "가".repeat(199)));
    }
}
