//! API Gateway's side of the sockets: a frame is posted to one, or it is closed, by signed requests.
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-how-to-call-websocket-api-connections.html>

use std::sync::OnceLock;
use std::time::Duration;

use platforms::web::{self, Posted};
use reqwest::Client;
use tracing::{error, warn};

use crate::aws::{Signed, signed};
use crate::mail::Account;
use crate::outgoing;

#[derive(Debug)]
pub(crate) struct Sockets {
    callback_url: String,
    account: Option<Account>,
    client: OnceLock<Client>,
}

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
        Self { callback_url: callback_url.trim_end_matches('/').to_owned(), account, client: OnceLock::new() }
    }

    pub(crate) async fn post(&self, id: &str, frame: &[u8]) -> Posted {
        match self.request("POST", id, frame).await {
            Ok(status) => web::posted(status),
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
        let response = request.send().await.map_err(|error| match error.is_timeout() && !error.is_connect() {
            true => RequestError::TimedOut,
            false => RequestError::Unavailable(error.without_url().to_string()),
        })?;
        Ok(response.status().as_u16())
    }
}
