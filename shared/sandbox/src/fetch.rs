//! The way out of a script: requests, which the embedder makes.

use std::fmt;
use std::future::Future;
use std::pin::Pin;

/// Makes requests. It must refuse addresses that are not public, after names are resolved, and follow no redirect: the
/// script's side does, with a request for each.
pub trait Fetcher: Send + Sync {
    fn fetch(&self, request: Request) -> Fetching<'_>;
}

pub type Fetching<'a> = Pin<Box<dyn Future<Output = Result<Response, FetchError>> + Send + 'a>>;

#[derive(Clone, PartialEq, Eq)]
pub struct Request {
    /// In capitals; any token.
    pub method: String,
    /// `http` or `https`.
    pub url: String,
    /// Names in small letters. None of those that belong to the connection.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    pub timeout_ms: u32,
    /// Of the answer's body. A longer one is an error.
    pub max_bytes: usize,
}

#[derive(Clone, PartialEq, Eq)]
pub struct Response {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

/// No answer came, or none was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FetchError {
    /// For the script: it becomes the error's message.
    pub message: String,
}

// What a script sends and is told may be a secret.
impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request").field("method", &self.method).field("body", &self.body.len()).finish_non_exhaustive()
    }
}

impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Response").field("status", &self.status).field("body", &self.body.len()).finish_non_exhaustive()
    }
}
