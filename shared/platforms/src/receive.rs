//! What comes in from a messenger, before and after it was read.

use std::collections::BTreeMap;
use std::fmt;

use http::{HeaderMap, Method, StatusCode};
use model::{EpochMillis, Inbound};
use serde::Deserialize;

use crate::Need;

/// A request as it arrived: nothing decoded, nothing trusted. Holds secrets and the customer's words, so no `Debug`.
#[expect(missing_debug_implementations, reason = "it must not get into a log")]
pub struct Request<'a> {
    pub method: &'a Method,
    /// What follows `/hooks/{platform}/{botId}/`.
    pub tail: &'a str,
    /// The address as the sender wrote it; some signatures cover it.
    pub url: &'a str,
    pub query: &'a BTreeMap<String, String>,
    pub headers: &'a HeaderMap,
    pub body: &'a [u8],
    pub received_at: EpochMillis,
}

#[derive(Debug, PartialEq)]
pub struct Received {
    /// For the queue, in order.
    pub inbound: Vec<Inbound>,
    /// What we saw and do nothing about; logged and counted.
    pub ignored: Vec<Ignored>,
    pub acknowledge: Acknowledge,
}

/// The platform's name of a kind that leads to nothing, shortened and cleaned for a log.
#[derive(Clone, PartialEq, Eq)]
pub struct Ignored(String);

#[derive(Clone, Debug, PartialEq)]
pub enum Acknowledge {
    /// This answer, once everything is safely queued.
    Now(HttpReply),
    /// What is at this address, which opens with the channel's token only.
    Content(Content),
    /// The reply to the last inbound, by way of [`crate::Synchronous`]; an interim answer when it is not there at `until`.
    WithReply { until: EpochMillis },
}

/// A messenger's file. The headers hold the channel's token.
#[derive(Clone, PartialEq)]
pub struct Content {
    pub url: String,
    pub headers: Vec<(&'static str, String)>,
    /// As of a [`crate::Call`]; a token, where it has to be fetched.
    pub needs: Vec<Need>,
}

/// What came when a file was asked for.
#[derive(Clone, PartialEq, Eq)]
pub enum Opened {
    /// The file after all.
    File,
    /// The file is at this public address.
    Elsewhere(String),
    /// The token is spent.
    Renew,
    /// There is no such file any more.
    Gone,
    /// The messenger is busy or down.
    Later,
}

#[derive(Clone, PartialEq, Eq)]
pub struct HttpReply {
    pub status: StatusCode,
    pub content_type: &'static str,
    pub body: String,
}

#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum ReceiveError {
    #[error("the signature or secret is missing or wrong")]
    Unsigned,
    /// The same, for platforms whose sheet wants 403.
    #[error("the signature or token is missing or wrong")]
    Forbidden,
    #[error("there is nothing at this path")]
    UnknownPath,
    #[error("this link has expired")]
    Expired,
    #[error("this path does not take this method")]
    Method,
    /// Says where, never what.
    #[error("the body is not this platform's webhook: {0}")]
    Malformed(String),
}

impl ReceiveError {
    pub const fn status(&self) -> StatusCode {
        match self {
            Self::Unsigned => StatusCode::UNAUTHORIZED,
            Self::Forbidden => StatusCode::FORBIDDEN,
            Self::UnknownPath => StatusCode::NOT_FOUND,
            Self::Expired => StatusCode::GONE,
            Self::Method => StatusCode::METHOD_NOT_ALLOWED,
            Self::Malformed(_) => StatusCode::BAD_REQUEST,
        }
    }

    /// A JSON error as a place. Its own text may quote the body.
    pub fn malformed(error: &serde_json::Error) -> Self {
        let what = match error.classify() {
            serde_json::error::Category::Eof => "it ends too early",
            serde_json::error::Category::Data => "a field is missing or of the wrong type",
            serde_json::error::Category::Io | serde_json::error::Category::Syntax => "it is not JSON",
        };
        Self::Malformed(format!("{what}, line {} column {}", error.line(), error.column()))
    }
}

/// A body of JSON. Text that is known to be UTF-8 is read twice as fast; what is not may still be so where nobody looks.
pub(crate) fn json<'a, T: Deserialize<'a>>(body: &'a [u8]) -> serde_json::Result<T> {
    std::str::from_utf8(body).map_or_else(|_| serde_json::from_slice(body), serde_json::from_str)
}

impl HttpReply {
    pub const fn empty(status: StatusCode) -> Self {
        Self { status, content_type: "text/plain; charset=utf-8", body: String::new() }
    }

    pub const fn json(body: String) -> Self {
        Self::ok("application/json", body)
    }

    pub const fn text(body: String) -> Self {
        Self::ok("text/plain; charset=utf-8", body)
    }

    pub const fn ok(content_type: &'static str, body: String) -> Self {
        Self { status: StatusCode::OK, content_type, body }
    }
}

impl Ignored {
    /// `kind` is the sender's text: only its first 40 harmless characters get into a log.
    pub fn new(kind: &str) -> Self {
        Self(kind.chars().filter(|c| c.is_ascii_alphanumeric() || "._- ".contains(*c)).take(40).collect())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Ignored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Content")
    }
}

/// An address may open the file for everybody.
impl fmt::Debug for Opened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::File => "File",
            Self::Elsewhere(_) => "Elsewhere",
            Self::Renew => "Renew",
            Self::Gone => "Gone",
            Self::Later => "Later",
        })
    }
}

impl fmt::Debug for HttpReply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HttpReply {} with {} bytes", self.status, self.body.len())
    }
}
