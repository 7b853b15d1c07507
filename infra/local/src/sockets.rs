//! API Gateway's WebSocket API: the function's event for each handshake, frame and farewell, and the endpoint where frames
//! are posted to sockets. As strict as the real one, where it is known.
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api.html>

use std::collections::HashMap;
use std::future::Future;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade};
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get};
use axum::{Json, extract};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures::future::BoxFuture;
use serde_json::{Map, Value, json};
use shell::clock;
use tokio::sync::{Semaphore, mpsc, watch};
use tokio::time::{Instant, sleep_until, timeout};

use crate::sigv4::{self, Refusal};

/// The stage, and so the path: `ws://127.0.0.1:3000/ws`.
pub const STAGE: &str = "ws";

/// The function behind it.
pub type Handler = Arc<dyn Fn(Value) -> BoxFuture<'static, Value> + Send + Sync>;

/// How long a socket lives, which tests make shorter.
#[derive(Clone, Copy, Debug)]
pub struct Lifetimes {
    /// Without a message either way.
    pub idle: Duration,
    pub whole: Duration,
}

impl Default for Lifetimes {
    fn default() -> Self {
        Self { idle: Duration::from_secs(600), whole: Duration::from_secs(2 * 60 * 60) }
    }
}

#[derive(Clone)]
pub struct Sockets(Arc<Shared>);

struct Shared {
    handler: Handler,
    lifetimes: Lifetimes,
    stopped: watch::Receiver<bool>,
    /// Those whose handshake is through; before that nothing can be posted.
    open: Mutex<HashMap<String, Open>>,
    executions: Semaphore,
}

struct Open {
    out: mpsc::Sender<Out>,
    connected_at: i64,
    last_active_at: Arc<AtomicI64>,
}

enum Out {
    Text(String),
    Close,
}

/// API Gateway's.
const FRAME_BYTES: usize = 32 * 1024;
const MESSAGE_BYTES: usize = 128 * 1024;
const INTEGRATION: Duration = Duration::from_secs(29);
/// Events that are handled at once. An account of AWS has its number too; here each holds connections to the tables, and thousands
/// of them would want more files than a process may open. What comes beyond waits, where AWS would refuse it.
const EXECUTIONS: usize = 128;
/// What waits for a client that does not read: nobody says how much the real one holds.
const BUFFERED: usize = 256;
const WRITE: Duration = Duration::from_secs(10);
/// The library's own is 128 KB for each socket.
const READ_BUFFER: usize = 4 * 1024;

const GOING_AWAY: u16 = 1001;
const TOO_BIG: u16 = 1009;
/// Nobody said goodbye.
const ABNORMAL: u16 = 1006;

impl Sockets {
    pub fn new(handler: Handler, lifetimes: Lifetimes, stopped: watch::Receiver<bool>) -> Self {
        Self(Arc::new(Shared {
            handler,
            lifetimes,
            stopped,
            open: Mutex::default(),
            executions: Semaphore::new(EXECUTIONS),
        }))
    }

    /// Handshakes at the stage, posts below it.
    pub fn router(&self) -> Router {
        Router::new()
            .route(&format!("/{STAGE}"), get(handshake))
            .route(&format!("/{STAGE}/"), get(handshake))
            .route(&format!("/{STAGE}/@connections/{{id}}"), any(manage))
            .layer(DefaultBodyLimit::max(MESSAGE_BYTES * 2))
            .with_state(self.clone())
    }

    /// How many are open.
    pub fn count(&self) -> usize {
        self.0.open.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    fn with<T>(&self, id: &str, look: impl FnOnce(&Open) -> T) -> Option<T> {
        self.0.open.lock().unwrap_or_else(PoisonError::into_inner).get(id).map(look)
    }

    /// The function's answer, as long as API Gateway waits for it.
    async fn invoke(&self, event: Value) -> Option<Value> {
        let _execution = self.0.executions.acquire().await.ok()?;
        // On a task of its own: a panic of the function is its answer's failure, and no socket's end.
        let mut answer = tokio::spawn((self.0.handler)(event));
        let answered = timeout(INTEGRATION, &mut answer).await;
        // Whatever runs longer is killed.
        answer.abort();
        answered.ok()?.ok()
    }
}

impl std::fmt::Debug for Sockets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} sockets", self.count())
    }
}

/// What the events of one connection have in common.
#[derive(Clone)]
struct Connection {
    id: String,
    connected_at: i64,
    host: String,
    agent: Value,
}

impl Connection {
    fn event(&self, kind: &str, route: &str, more: &Value) -> Value {
        let now = clock::now();
        let request = unique(8);
        let mut context = json!({
            "routeKey": route,
            "eventType": kind,
            "extendedRequestId": request,
            "requestTime": now.timestamp().strftime("%d/%b/%Y:%H:%M:%S +0000").to_string(),
            "messageDirection": "IN",
            "stage": STAGE,
            "connectedAt": self.connected_at,
            "requestTimeEpoch": now,
            "identity": { "sourceIp": "127.0.0.1", "userAgent": self.agent },
            "requestId": request,
            "domainName": self.host,
            "connectionId": self.id,
            "apiId": "local",
        });
        merge(&mut context, &more["requestContext"]);
        let mut event = json!({ "requestContext": context, "isBase64Encoded": false });
        if let Some(more) = more.as_object() {
            let rest = more.iter().filter(|(name, _)| *name != "requestContext");
            event.as_object_mut().into_iter().for_each(|event| {
                event.extend(rest.clone().map(|(name, value)| (name.clone(), value.clone())));
            });
        }
        event
    }
}

fn merge(into: &mut Value, more: &Value) {
    if let (Some(into), Some(more)) = (into.as_object_mut(), more.as_object()) {
        into.extend(more.clone());
    }
}

async fn handshake(
    State(sockets): State<Sockets>,
    uri: Uri,
    headers: HeaderMap,
    upgrade: Result<WebSocketUpgrade, extract::ws::rejection::WebSocketUpgradeRejection>,
) -> Response {
    let upgrade = match upgrade {
        Ok(upgrade) => upgrade,
        Err(rejection) => return rejection.into_response(),
    };
    let text = |name: header::HeaderName| {
        headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned()).unwrap_or_default()
    };
    let connection = Connection {
        id: unique(11),
        connected_at: clock::now().0,
        host: text(header::HOST),
        agent: text(header::USER_AGENT).into(),
    };
    let mut more = json!({});
    let (mut single, mut multiple) = (Map::new(), Map::new());
    for name in headers.keys() {
        let all: Vec<String> =
            headers.get_all(name).iter().map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned()).collect();
        single.insert(name.as_str().to_owned(), all.last().cloned().into());
        multiple.insert(name.as_str().to_owned(), all.into());
    }
    (more["headers"], more["multiValueHeaders"]) = (single.into(), multiple.into());
    let query: Map<String, Value> = query(uri.query().unwrap_or_default());
    if !query.is_empty() {
        more["queryStringParameters"] = query.into();
    }
    let event = connection.event("CONNECT", "$connect", &more);
    let answer = sockets.invoke(event).await;
    let status = answer.as_ref().and_then(|answer| u16::try_from(answer["statusCode"].as_u64()?).ok()).unwrap_or(502);
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_GATEWAY);
    if !status.is_success() {
        return (status, Json(json!({ "message": status.canonical_reason() }))).into_response();
    }
    let mut upgrade = upgrade.read_buffer_size(READ_BUFFER).max_frame_size(FRAME_BYTES).max_message_size(MESSAGE_BYTES);
    let chosen = answer.as_ref().and_then(|answer| {
        let mut headers = answer["headers"].as_object()?.iter();
        headers.find(|(name, _)| name.eq_ignore_ascii_case("sec-websocket-protocol"))?.1.as_str()?.parse().ok()
    });
    if let Some(chosen) = chosen {
        upgrade.set_selected_protocol(chosen);
    }
    upgrade.on_upgrade(move |socket| run(sockets, connection, socket))
}

fn query(query: &str) -> Map<String, Value> {
    let uri = format!("http://local/?{query}").parse().unwrap_or_default();
    let pairs = extract::Query::<Vec<(String, String)>>::try_from_uri(&uri).map(|query| query.0).unwrap_or_default();
    pairs.into_iter().map(|(name, value)| (name, value.into())).collect()
}

async fn run(sockets: Sockets, connection: Connection, mut socket: WebSocket) {
    let (out, mut outgoing) = mpsc::channel(BUFFERED);
    let last_active_at = Arc::new(AtomicI64::new(clock::now().0));
    let open = Open { out: out.clone(), connected_at: connection.connected_at, last_active_at: last_active_at.clone() };
    sockets.0.open.lock().unwrap_or_else(PoisonError::into_inner).insert(connection.id.clone(), open);
    let Lifetimes { idle, whole } = sockets.0.lifetimes;
    let end = Instant::now() + whole;
    let mut quiet = Instant::now() + idle;
    let mut stopped = sockets.0.stopped.clone();
    let (code, reason) = loop {
        tokio::select! {
            message = socket.recv() => {
                let body = match message {
                    Some(Ok(Message::Text(text))) => (text.as_str().to_owned(), false),
                    Some(Ok(Message::Binary(bytes))) => (STANDARD.encode(bytes), true),
                    // Answered by the library.
                    Some(Ok(Message::Ping(_) | Message::Pong(_))) => continue,
                    Some(Ok(Message::Close(frame))) => {
                        let frame = frame.map(|frame| (frame.code, frame.reason.as_str().to_owned()));
                        break frame.unwrap_or((1005, String::new()));
                    }
                    Some(Err(error)) if too_big(&error) => {
                        farewell(&mut socket, TOO_BIG, "Message too long").await;
                        break (TOO_BIG, "Message too long".to_owned());
                    }
                    Some(Err(_)) | None => break (ABNORMAL, "Connection Closed Abnormally".to_owned()),
                };
                last_active_at.store(clock::now().0, Ordering::Relaxed);
                quiet = Instant::now() + idle;
                hear(&sockets, &connection, &out, body);
            }
            Some(sent) = outgoing.recv() => match sent {
                Out::Text(text) => {
                    last_active_at.store(clock::now().0, Ordering::Relaxed);
                    quiet = Instant::now() + idle;
                    // Whoever does not read for so long is gone.
                    if !matches!(timeout(WRITE, socket.send(Message::Text(text.into()))).await, Ok(Ok(()))) {
                        break (ABNORMAL, "Connection Closed Abnormally".to_owned());
                    }
                }
                Out::Close => {
                    farewell(&mut socket, 1000, "").await;
                    break (1000, String::new());
                }
            },
            () = sleep_until(quiet.min(end)) => {
                farewell(&mut socket, GOING_AWAY, "Going away").await;
                break (GOING_AWAY, "Going away".to_owned());
            }
            () = async { drop(stopped.wait_for(|stopped| *stopped).await) } => {
                farewell(&mut socket, GOING_AWAY, "Going away").await;
                break (GOING_AWAY, "Going away".to_owned());
            }
        }
    };
    sockets.0.open.lock().unwrap_or_else(PoisonError::into_inner).remove(&connection.id);
    let more = json!({ "requestContext": { "disconnectStatusCode": code, "disconnectReason": reason } });
    sockets.invoke(connection.event("DISCONNECT", "$disconnect", &more)).await;
}

/// Each message by itself, without waiting for the one before: so does API Gateway.
fn hear(sockets: &Sockets, connection: &Connection, out: &mpsc::Sender<Out>, (body, is_binary): (String, bool)) {
    let id = unique(8);
    let more = json!({ "body": body, "isBase64Encoded": is_binary, "requestContext": { "messageId": id } });
    // The one route that we have.
    let event = connection.event("MESSAGE", "$default", &more);
    let request = event["requestContext"]["requestId"].clone();
    let (sockets, out, id) = (sockets.clone(), out.clone(), connection.id.clone());
    tokio::spawn(async move {
        let answer = sockets.invoke(event).await;
        if answer.is_none_or(|answer| answer["statusCode"].as_u64().is_some_and(|status| status >= 500)) {
            let text = json!({ "message": "Internal server error", "connectionId": id, "requestId": request });
            let _ = out.try_send(Out::Text(text.to_string()));
        }
    });
}

async fn farewell(socket: &mut WebSocket, code: u16, reason: &'static str) {
    let close = Message::Close(Some(CloseFrame { code, reason: reason.into() }));
    let _ = timeout(WRITE, socket.send(close)).await;
}

fn too_big(error: &axum::Error) -> bool {
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        if error.to_string().contains("too long") || error.to_string().contains("too big") {
            return true;
        }
        cause = error.source();
    }
    error.to_string().contains("too long")
}

/// `@connections`.
async fn manage(
    State(sockets): State<Sockets>,
    Path(id): Path<String>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let answer = |status: StatusCode, message: &str| (status, Json(json!({ "message": message }))).into_response();
    // The signature covers the path as it is encoded, and an id that is not encoded is none.
    let path = if uri.path().ends_with('=') { "" } else { uri.path() };
    let request =
        sigv4::Request { service: "execute-api", method: method.as_str(), path, headers: &headers, body: &body };
    if let Err(Refusal(kind, message)) = sigv4::check(&request, clock::now()) {
        return ([("x-amzn-errortype", kind)], answer(StatusCode::FORBIDDEN, &message)).into_response();
    }
    let gone = || answer(StatusCode::GONE, "Gone");
    if method == Method::GET {
        let shown = sockets.with(&id, |open| {
            let active = open.last_active_at.load(Ordering::Relaxed);
            json!({ "connectedAt": open.connected_at, "lastActiveAt": active, "identity": { "sourceIp": "127.0.0.1" } })
        });
        return shown.map_or_else(gone, |shown| Json(shown).into_response());
    }
    if body.len() > MESSAGE_BYTES {
        return answer(StatusCode::PAYLOAD_TOO_LARGE, "Message too long");
    }
    let out = match method {
        Method::POST => Out::Text(String::from_utf8_lossy(&body).into_owned()),
        Method::DELETE => Out::Close,
        _ => return answer(StatusCode::METHOD_NOT_ALLOWED, "Method Not Allowed"),
    };
    match sockets.with(&id, |open| open.out.try_send(out)) {
        Some(Ok(())) => StatusCode::OK.into_response(),
        Some(Err(mpsc::error::TrySendError::Full(_))) => answer(StatusCode::TOO_MANY_REQUESTS, "Limit exceeded"),
        Some(Err(mpsc::error::TrySendError::Closed(_))) | None => gone(),
    }
}

/// Opaque, of so many bytes. Of eleven it ends in `=`.
fn unique(bytes: usize) -> String {
    STANDARD.encode(&clock::random_bytes()[..bytes])
}

/// A handler of an async function.
pub fn handler<F: Future<Output = Value> + Send + 'static>(
    handle: impl Fn(Value) -> F + Send + Sync + 'static,
) -> Handler {
    Arc::new(move |event| Box::pin(handle(event)))
}
