//! API Gateway's side of the sockets: a frame is posted to one, or it is closed, by signed requests.
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-how-to-call-websocket-api-connections.html>

use std::sync::OnceLock;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use platforms::web::{self, Posted};
use reqwest::Client;
use tracing::{error, warn};

use crate::aws::{Signed, signed};
use crate::clock;
use crate::mail::Account;
use crate::outgoing;

#[derive(Debug)]
pub(crate) struct Sockets {
    callback_url: String,
    account: Option<Account>,
    client: OnceLock<Client>,
    /// Until then nobody tries.
    away_until: AtomicI64,
}

/// Frames are kept, and a turn of several must not wait for each of them in vain.
const AWAY_MS: i64 = 2_000;
/// A socket that does not read must not hold up the customer's others.
const TIMEOUT: Duration = Duration::from_secs(3);

#[derive(Debug, thiserror::Error)]
enum RequestError {
    #[error("there was no answer in time")]
    TimedOut,
    #[error("{0}")]
    Unavailable(String),
}

impl Sockets {
    pub(crate) fn new(callback_url: &str, account: Option<Account>) -> Self {
        Self {
            callback_url: callback_url.trim_end_matches('/').to_owned(),
            account,
            client: OnceLock::new(),
            away_until: AtomicI64::new(0),
        }
    }

    pub(crate) async fn post(&self, id: &str, frame: &[u8]) -> Posted {
        match self.request("POST", id, frame).await {
            Ok(status) => {
                let posted = web::posted(status);
                if posted == Posted::Unavailable {
                    error!(
                        status,
                        "Sockets may not be posted to: look at the role of this function, and at WEB_CALLBACK_URL"
                    );
                }
                posted
            }
            Err(RequestError::TimedOut) => {
                warn!(connection.id = id, "A socket was posted to, and there was no answer in time");
                Posted::Later
            }
            Err(RequestError::Unavailable(reason)) => {
                error!(reason, "Sockets cannot be posted to");
                Posted::Unavailable
            }
        }
    }

    /// They were tried several times, in vain.
    pub(crate) fn leave(&self) {
        self.away_until.store(clock::now().plus_ms(AWAY_MS).0, Ordering::Relaxed);
    }

    /// Whether that was a moment ago.
    pub(crate) fn are_away(&self) -> bool {
        self.away_until.load(Ordering::Relaxed) > clock::now().0
    }

    /// Whoever is there connects anew. False if it may be open still.
    pub(crate) async fn close(&self, id: &str) -> bool {
        match self.request("DELETE", id, &[]).await {
            Ok(200..300 | 410) => true,
            Ok(status) => {
                error!(status, "A socket could not be closed");
                false
            }
            Err(error) => {
                error!(%error, "A socket could not be closed");
                false
            }
        }
    }

    async fn request(&self, method: &'static str, id: &str, body: &[u8]) -> Result<u16, RequestError> {
        let account =
            self.account.as_ref().ok_or_else(|| RequestError::Unavailable("there are no credentials".to_owned()))?;
        // An id ends in `=`.
        let id: String = url::form_urlencoded::byte_serialize(id.as_bytes()).collect();
        let url = format!("{}/@connections/{id}", self.callback_url);
        let headers = signed(account, &Signed { service: "execute-api", method, url: &url, body, json: false }).await;
        let headers = headers.map_err(RequestError::Unavailable)?;
        let client = self.client.get_or_init(|| outgoing::build(|builder| builder.timeout(TIMEOUT)));
        let method = if method == "POST" { reqwest::Method::POST } else { reqwest::Method::DELETE };
        let mut request = client.request(method, url).body(body.to_vec());
        for (name, value) in headers {
            request = request.header(name, value);
        }
        // Who was not even connected to says nothing of the socket.
        match request.send().await {
            Ok(response) => {
                self.away_until.store(0, Ordering::Relaxed);
                Ok(response.status().as_u16())
            }
            Err(error) if error.is_timeout() && !error.is_connect() => Err(RequestError::TimedOut),
            Err(error) => Err(RequestError::Unavailable(error.without_url().to_string())),
        }
    }
}
