//! What a turn asks of the world, and what it is told.

use std::fmt;
use std::sync::Arc;

use serde_json::Value;

#[derive(Clone, Debug, PartialEq)]
pub enum Ask {
    Http(HttpAsk),
    Mail(MailAsk),
    Script(ScriptAsk),
}

#[derive(Clone, Debug)]
pub enum Answer {
    Http(Result<HttpAnswer, HttpFailure>),
    /// The text is for the bot's author: it becomes `email.error.message`.
    Mail(Result<(), String>),
    /// What the script returned, as JSON would hold it; `null` for nothing.
    Script(Result<Value, ScriptFailure>),
    /// The turn has had its time; whoever carries out asks knows the clock. It ends in the error message.
    OutOfTime,
}

/// Whoever carries it out keeps private addresses out of it.
#[derive(Clone, PartialEq)]
pub struct HttpAsk {
    pub method: &'static str,
    pub url: String,
    /// Names as the bot's author wrote them; a `content-type` is among them when there is a body.
    pub headers: Vec<(String, String)>,
    pub body: Option<String>,
    pub timeout_ms: u32,
    pub max_bytes: usize,
}

/// An e-mail, from the installation's own address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailAsk {
    pub to: Vec<String>,
    pub reply_to: Vec<String>,
    pub subject: String,
    pub html: String,
    pub timeout_ms: u32,
}

#[derive(Clone, Debug)]
pub struct HttpAnswer {
    pub status: u16,
    pub body: Vec<u8>,
}

/// No answer came, or none was asked for.
#[derive(Clone, Debug)]
pub struct HttpFailure {
    /// For the bot's author: it becomes `fetch.error.message`.
    pub message: String,
}

/// Whoever carries it out keeps the script away from everything but its context.
#[derive(Clone, Debug, PartialEq)]
pub struct ScriptAsk {
    /// JavaScript, a module of Node's older kind that exports a handler.
    pub script: Arc<str>,
    /// The handler's first argument.
    pub context: Value,
    pub timeout_ms: u32,
    /// Of the result as JSON.
    pub max_bytes: usize,
}

/// The script threw, was ended, or returned what is no JSON. For the bot's author: it becomes `sandbox.error`.
#[derive(Clone, Debug, PartialEq)]
pub struct ScriptFailure {
    pub message: String,
    pub name: String,
    pub stack: String,
}

/// Headers and body may hold secrets and a customer's words.
impl fmt::Debug for HttpAsk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpAsk").field("method", &self.method).finish_non_exhaustive()
    }
}

impl Ask {
    /// The same, with no more time than the turn has left.
    #[must_use]
    pub fn within(self, left_ms: u32) -> Self {
        match self {
            Self::Http(ask) => Self::Http(HttpAsk { timeout_ms: ask.timeout_ms.min(left_ms), ..ask }),
            Self::Mail(ask) => Self::Mail(MailAsk { timeout_ms: ask.timeout_ms.min(left_ms), ..ask }),
            Self::Script(ask) => Self::Script(ScriptAsk { timeout_ms: ask.timeout_ms.min(left_ms), ..ask }),
        }
    }
}
