//! Web chat over real sockets: what browsers do, what nobody should do, and what is left when somebody dies.

mod crash;
mod hostile;
mod load;
mod talk;
mod tokens;

use std::net::SocketAddr;
use std::time::Duration;

use closer::dev::Running;
use futures::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::{self, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

use crate::world;

/// What the stand-in's bot signs with.
const SECRET: &str = "local-web-token-secret";

/// A tab of a browser: a socket, and the last number that it has.
struct Tab {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    last: u64,
    /// For the next frame.
    patience: Duration,
}

fn base(running: &Running) -> String {
    format!("http://{}", running.address)
}

/// A token of a new visitor, and the id that brings the same visitor back.
async fn visitor(running: &Running, visitor_id: Option<&str>) -> (String, String) {
    let answer = ask(running, &json!({ "botId": "Bhello", "visitorId": visitor_id })).await;
    let text = |name: &str| answer[name].as_str().unwrap().to_owned();
    (text("token"), text("visitorId"))
}

async fn ask(running: &Running, body: &Value) -> Value {
    let request = world::http_client().post(format!("{}/v1/web/tokens", base(running)));
    let request = request.header("origin", base(running)).header("content-type", "application/json");
    let response = request.body(body.to_string()).send().await.unwrap();
    assert_eq!(response.status(), 201);
    serde_json::from_slice(&response.bytes().await.unwrap()).unwrap()
}

/// A token of a customer whom the company vouches for, made here.
fn token(user_key: &str) -> String {
    signed(SECRET, &json!({ "alg": "HS256", "typ": "JWT" }), &claims(user_key))
}

fn claims(user_key: &str) -> Value {
    let now = shell::clock::now().seconds().0;
    json!({ "iss": "closer", "aud": "web", "sub": user_key, "bot": "Bhello", "iat": now, "exp": now + 1800, "jti": "j" })
}

fn signed(secret: &str, header: &Value, claims: &Value) -> String {
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
async fn handshake(
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
    async fn connect(running: &Running, token: &str) -> Self {
        Self::connect_to(running.address, token).await
    }

    async fn connect_to(address: SocketAddr, token: &str) -> Self {
        let headers =
            [("origin", format!("http://{address}")), ("sec-websocket-protocol", format!("closer.v1, bearer.{token}"))];
        let (tab, chosen) = handshake(address, "", &headers).await.unwrap();
        assert_eq!(chosen.as_deref(), Some("closer.v1"));
        tab
    }

    /// Connected and opened; CONTEXT.
    async fn open(running: &Running, token: &str, last: u64) -> (Self, Value) {
        let mut tab = Self { last, ..Self::connect(running, token).await };
        tab.write(&json!({ "action": "open", "v": 1, "lastSeq": last })).await;
        let context = tab.of("CONTEXT").await;
        (tab, context)
    }

    async fn write(&mut self, frame: &Value) {
        self.socket.send(Message::text(frame.to_string())).await.unwrap();
    }

    async fn say(&mut self, id: &str, text: &str) {
        self.write(&said(id, text)).await;
    }

    /// The next frame; `None` when the socket is closed.
    async fn next(&mut self) -> Option<Value> {
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
    async fn of(&mut self, kind: &str) -> Value {
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
    async fn hears(&mut self) -> String {
        loop {
            let frame = self.of("MESSAGE").await;
            if frame["message"]["isUser"] == false {
                return frame["message"]["data"]["text"].as_str().unwrap_or_default().to_owned();
            }
        }
    }

    /// Nothing comes for so long.
    async fn is_silent(&mut self, milliseconds: u64) -> bool {
        tokio::time::timeout(Duration::from_millis(milliseconds), self.next()).await.is_err()
    }

    /// Gone without a word.
    fn vanish(self) {
        drop(self.socket);
    }
}

fn said(id: &str, text: &str) -> Value {
    json!({ "action": "message", "v": 1, "clientMessageId": id, "data": { "type": "text", "text": text } })
}

/// What the log holds, as a browser that has nothing is told: `> ` the customer, `< ` the bot.
async fn log(running: &Running, token: &str) -> Vec<String> {
    log_at(running.address, token).await
}

async fn log_at(address: SocketAddr, token: &str) -> Vec<String> {
    let mut tab = Tab::connect_to(address, token).await;
    tab.write(&json!({ "action": "open", "v": 1 })).await;
    tab.of("CONTEXT").await;
    tab.write(&json!({ "action": "history", "v": 1 })).await;
    let history = tab.of("HISTORY").await;
    let items = history["items"].as_array().unwrap();
    let line = |frame: &Value| match frame["type"].as_str().unwrap() {
        "MESSAGE" => {
            let side = if frame["message"]["isUser"] == true { '>' } else { '<' };
            format!("{side} {}", frame["message"]["data"]["text"].as_str().unwrap_or("…"))
        }
        _ => frame["event"].as_str().unwrap().to_owned(),
    };
    items.iter().map(line).collect()
}

/// Who talks in [`exercise`].
pub(crate) const EXERCISED: &str = "exercised";

/// All that the function of web chat asks AWS for, and the worker for its frames.
pub(crate) async fn exercise(running: &Running) {
    let services = &running.stack.services;
    let rows = store::WebConnections::new(services.aws.dynamodb.clone(), &services.tables.web);
    let now = shell::clock::now();
    let user_key: model::UserKey = EXERCISED.parse().unwrap();
    // A socket whose farewell never came: the worker finds it.
    rows.open(&store::WebConnection {
        id: "YWJjZGVmZ2hpams=".to_owned(),
        bot_id: world::bot(),
        end_user_id: model::EndUserId::of(&world::bot(), model::PlatformType::Web, &user_key),
        user_key,
        connected_at: now,
        opened: true,
        begins: None,
        expires: now.plus_ms(60_000).seconds(),
    })
    .await
    .unwrap();
    let token = token(EXERCISED);
    let (mut tab, _) = Tab::open(running, &token, 0).await;
    tab.of("KEYBOARD").await;
    tab.say("c1", "매장 위치").await;
    tab.of("ACK").await;
    tab.of("KEYBOARD").await;
    let id = model::EndUserId::of(&world::bot(), model::PlatformType::Web, &EXERCISED.parse().unwrap());
    tab.vanish();
    world::until_async("a farewell", async || {
        tokio::time::sleep(Duration::from_millis(50)).await;
        rows.of_user(id, now.seconds()).await.unwrap().is_empty().then_some(())
    })
    .await;
}
