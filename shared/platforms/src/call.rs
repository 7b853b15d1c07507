//! What a platform wants sent, and what it makes of the answer.

use std::fmt;

use serde::Serialize;

use crate::{Dropped, Need};

/// An HTTP request as a value.
#[derive(Clone, PartialEq)]
pub struct Call {
    pub method: &'static str,
    /// Whole, with the platform's real host. Byte for byte: some hold tokens that no encoder may touch.
    pub url: String,
    pub headers: Vec<(&'static str, String)>,
    pub body: Vec<u8>,
    /// A name for logs, such as `push`; the URL may be a secret.
    pub name: &'static str,
    /// What must be had from the messenger before, in this order.
    pub needs: Vec<Need>,
    /// Sent when the platform says that this one cannot work any more, or does not give what it needs.
    pub instead: Option<Box<Call>>,
}

impl Call {
    /// A POST of JSON.
    pub fn json(name: &'static str, url: impl Into<String>, body: &impl Serialize) -> Self {
        Self {
            method: "POST",
            url: url.into(),
            headers: vec![("content-type", "application/json".to_owned())],
            body: serde_json::to_vec(body).unwrap_or_default(),
            name,
            needs: Vec::new(),
            instead: None,
        }
    }

    /// Puts what was obtained where its mark is, in JSON as JSON wants it.
    pub fn put(&mut self, mark: &str, text: &str) {
        self.url = self.url.replace(mark, text);
        for (_, value) in &mut self.headers {
            *value = value.replace(mark, text);
        }
        let quoted = serde_json::Value::from(text).to_string();
        let escaped = &quoted.as_bytes()[1..quoted.len() - 1];
        let mut body = Vec::with_capacity(self.body.len() + escaped.len());
        let mut rest = &self.body[..];
        while let Some(at) = rest.windows(mark.len()).position(|window| window == mark.as_bytes()) {
            body.extend_from_slice(&rest[..at]);
            body.extend_from_slice(escaped);
            rest = &rest[at + mark.len()..];
        }
        body.extend_from_slice(rest);
        self.body = body;
    }

    #[must_use]
    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

/// Headers, body and URL hold tokens and the customer's words: none of them is for logs.
impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call").field("name", &self.name).field("bytes", &self.body.len()).finish_non_exhaustive()
    }
}

#[derive(Debug, Default, PartialEq)]
pub struct Rendered {
    pub calls: Vec<Call>,
    pub dropped: Vec<Dropped>,
}

/// How a call ended.
#[derive(Clone, Copy, Debug)]
pub enum Outcome<'a> {
    Answered(Answer<'a>),
    /// Sent, or partly sent, and no answer: it may have arrived.
    Unanswered,
    /// Nothing was sent.
    Unreachable,
}

#[derive(Clone, Copy, Debug)]
pub struct Answer<'a> {
    pub status: u16,
    pub body: &'a [u8],
}

/// Whether this call may have been sent before, and how old the customer's message is by now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// The turn was handed out again, or the call itself was tried before: an earlier one may have arrived.
    pub repeated: bool,
    pub age_ms: i64,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    Delivered,
    /// Send this one in its place.
    Instead(Call),
    /// The token is spent: fetch another and send it again. Only once in a row.
    Renew {
        reason: String,
    },
    /// The platform is busy or down.
    Later {
        reason: String,
    },
    /// It will never work. `reason` is for the bot's owner.
    Refused {
        reason: String,
    },
    /// It will never work, because the conversation is over on the messenger's side.
    Closed {
        reason: String,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_obtained_goes_where_its_mark_is() {
        let mut call =
            Call::json("send", "https://a.example/?token={token}", &serde_json::json!(["{token}", "{token}{id}"]))
                .header("authorization", "Bearer {token}");
        call.put("{token}", "a\"b");
        call.put("{id}", "7");
        assert_eq!(call.url, "https://a.example/?token=a\"b");
        assert_eq!(call.headers[1].1, "Bearer a\"b");
        assert_eq!(call.body, br#"["a\"b","a\"b7"]"#);
    }
}
