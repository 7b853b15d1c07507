//! A tab of a browser, as the SDK speaks over its socket.

use std::net::SocketAddr;
use std::time::Duration;

use closer::dev::Running;
use futures::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::{self, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

/// What the stand-in's bot signs with.
pub(crate) const SECRET: &str = "local-web-token-secret";

/// A tab of a browser: a socket, and the last number that it has.
pub(crate) struct Tab {
    pub(crate) socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    pub(crate) last: u64,
    /// For the next frame.
    pub(crate) patience: Duration,
}

/// A token of a customer whom the company vouches for, made here.
pub(crate) fn token(user_key: &str) -> String {
    signed(SECRET, &json!({ "alg": "HS256", "typ": "JWT" }), &claims(user_key))
}

pub(crate) fn claims(user_key: &str) -> Value {
    let now = shell::clock::now().seconds().0;
    json!({ "iss": "closer", "aud": "web", "sub": user_key, "bot": "Bhello", "iat": now, "exp": now + 1800, "jti": "j" })
}

pub(crate) fn signed(secret: &str, header: &Value, claims: &Value) -> String {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use hmac::Mac as _;
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let text = format!("{}.{}", part(header), part(claims));
    let mut mac = hmac::Hmac::<sha2::Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(text.as_bytes());
    format!("{text}.{}", URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()))
}

/// The status that refuses the handshake, or the socket and the subprotocol that was chosen.
pub(crate) async fn handshake(
    address: SocketAddr,
    query: &str,
    headers: &[(&'static str, String)],
) -> Result<(Tab, Option<String>), u16> {
    let mut request = format!("ws://{address}/ws{query}").into_client_request().unwrap();
    for (name, value) in headers {
        request.headers_mut().append(*name, value.parse().unwrap());
    }
    match tokio_tungstenite::connect_async(request).await {
        Ok((socket, response)) => {
            let chosen = response.headers().get("sec-websocket-protocol");
            let chosen = chosen.map(|value| value.to_str().unwrap().to_owned());
            Ok((Tab { socket, last: 0, patience: Duration::from_secs(10) }, chosen))
        }
        Err(tungstenite::Error::Http(response)) => Err(response.status().as_u16()),
        Err(error) => panic!("{error}"),
    }
}

impl Tab {
    /// As the SDK connects, before `open`.
    pub(crate) async fn connect(running: &Running, token: &str) -> Self {
        Self::connect_to(running.address, token).await
    }

    pub(crate) async fn connect_to(address: SocketAddr, token: &str) -> Self {
        let headers =
            [("origin", format!("http://{address}")), ("sec-websocket-protocol", format!("closer.v1, bearer.{token}"))];
        let (tab, chosen) = handshake(address, "", &headers).await.unwrap();
        assert_eq!(chosen.as_deref(), Some("closer.v1"));
        tab
    }

    /// Connected and opened; CONTEXT.
    pub(crate) async fn open(running: &Running, token: &str, last: u64) -> (Self, Value) {
        let mut tab = Self { last, ..Self::connect(running, token).await };
        tab.write(&json!({ "action": "open", "v": 1, "lastSeq": last })).await;
        let context = tab.of("CONTEXT").await;
        (tab, context)
    }

    pub(crate) async fn write(&mut self, frame: &Value) {
        self.socket.send(Message::text(frame.to_string())).await.unwrap();
    }

    pub(crate) async fn say(&mut self, id: &str, text: &str) {
        self.write(&said(id, text)).await;
    }

    /// The next frame; `None` when the socket is closed.
    pub(crate) async fn next(&mut self) -> Option<Value> {
        loop {
            let message = tokio::time::timeout(self.patience, self.socket.next()).await;
            match message.expect("no frame for too long") {
                Some(Ok(Message::Text(text))) => return Some(serde_json::from_str(&text).unwrap()),
                Some(Ok(Message::Close(_)) | Err(_)) | None => return None,
                Some(Ok(_)) => {}
            }
        }
    }

    /// The next frame of a type; others are passed over, numbers must rise.
    pub(crate) async fn of(&mut self, kind: &str) -> Value {
        loop {
            let frame = self.next().await.unwrap_or_else(|| panic!("closed while waiting for {kind}"));
            if let Some(seq) = frame["seq"].as_u64().filter(|_| frame["type"] != "ACK") {
                self.last = self.last.max(seq);
            }
            if frame["type"] == kind {
                return frame;
            }
        }
    }

    /// The next text of the bot's.
    pub(crate) async fn hears(&mut self) -> String {
        loop {
            let frame = self.of("MESSAGE").await;
            if frame["message"]["isUser"] == false {
                return frame["message"]["data"]["text"].as_str().unwrap_or_default().to_owned();
            }
        }
    }

    /// Nothing comes for so long.
    pub(crate) async fn is_silent(&mut self, milliseconds: u64) -> bool {
        tokio::time::timeout(Duration::from_millis(milliseconds), self.next()).await.is_err()
    }

    /// Gone without a word.
    pub(crate) fn vanish(self) {
        drop(self.socket);
    }
}

pub(crate) fn said(id: &str, text: &str) -> Value {
    json!({ "action": "message", "v": 1, "clientMessageId": id, "data": { "type": "text", "text": text } })
}

/// Says back what it hears.
pub(crate) const ECHO: &str = r#"{ "id": "Bhello", "title": "echo", "flows": [{ "id": 1, "title": "s", "data": { "entry": 1 }, "nodes": [
    { "id": 1, "type": "entry", "data": {}, "next": [{ "nodeId": 2 }] },
    { "id": 2, "type": "response", "data": { "message": { "type": "text", "text": "{{message.text}}" } }, "next": [{ "nodeId": 3 }] },
    { "id": 3, "type": "keyboard", "data": { "type": "any" }, "next": [{ "nodeId": 2 }] } ] }],
    "preference": { "entryFlowId": 1, "fallbackFlowId": 1 } }"#;
