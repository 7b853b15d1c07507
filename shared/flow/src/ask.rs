//! What a turn asks of the world, and what it is told.

#[derive(Clone, Debug, PartialEq)]
pub enum Ask {
    Http(HttpAsk),
    Mail(MailAsk),
}

#[derive(Clone, Debug)]
pub enum Answer {
    Http(Result<HttpAnswer, HttpFailure>),
    /// The text is for the bot's author: it becomes `email.error.message`.
    Mail(Result<(), String>),
    /// The turn has had its time; whoever carries out asks knows the clock. It ends in the error message.
    OutOfTime,
}

/// Whoever carries it out keeps private addresses out of it.
#[derive(Clone, Debug, PartialEq)]
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

impl Ask {
    /// The same, with no more time than the turn has left.
    #[must_use]
    pub fn within(self, left_ms: u32) -> Self {
        match self {
            Self::Http(ask) => Self::Http(HttpAsk { timeout_ms: ask.timeout_ms.min(left_ms), ..ask }),
            Self::Mail(_) => self,
        }
    }
}
