//! Web chat: the token API, the sockets and the files of a page, as one function behind an HTTP API and a WebSocket API.
//! What is said is decided in `platforms::web`; here are the rows, the queue and the frames that answer.
//!
//! ```text
//! browser ── token ──► http          $connect, $disconnect ──► rows
//!         ── frame ──► socket ─► log ─► inbound.fifo ─► ACK ─► everybody's tabs
//!         ◄─ frame ── frames ◄─ the conversation worker's calls to `frames:{userKey}`
//! ```

mod files;
pub(crate) mod frames;
mod http;
mod open;
mod pace;
mod said;
pub(crate) mod sockets;
mod uploads;

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use futures::FutureExt as _;
use futures::future::BoxFuture;
use model::time::EpochSeconds;
use model::{BotId, EndUserId, EpochMillis, PlatformType};
use platforms::Channel;
use platforms::web::{self, Answer, Code, Complaint, Connection, EventKind, Frame, Heard, Web};
use serde_json::{Value, json};
use store::{Bots, Sessions, StoreError, WebConnection, WebConnections, WebFrames};
use tracing::{error, info, warn};

use crate::aws::Aws;
use crate::bots::{Brain, Brains};
use crate::clock;
use crate::config::WebConfig;
use crate::guard::Reach;
use crate::metrics;
use crate::outgoing::Guarded;
use crate::queue::{InboundQueue, QueueError};
pub use crate::witness::Witness;
use frames::Frames;
use pace::{Paces, Queues, Step};
use sockets::Sockets;
use uploads::Uploads;

/// Where the handling of a frame is, for tests that stop it there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Point {
    Connected,
    /// The log names the conversation that begins.
    Begun,
    /// The socket is sent what its user is sent.
    Registered,
    /// The queue knows of the opening.
    Announced,
    Welcomed,
    /// The message is in the log.
    Kept,
    /// The queue has the message.
    Queued,
    /// The log knows that the queue has it.
    Marked,
    Acknowledged,
}

#[derive(Debug)]
pub struct WebChat {
    brains: Brains,
    sessions: Sessions,
    connections: WebConnections,
    log: WebFrames,
    frames: Frames,
    inbound: InboundQueue,
    uploads: Option<Uploads>,
    /// For a look at what was uploaded.
    world: Guarded,
    paces: Paces,
    queues: Option<Queues>,
    /// Rows of sockets that are open: they change no more.
    rows: Mutex<HashMap<String, (EpochMillis, WebConnection)>>,
    socket_url: String,
    witness: Witness<Point>,
}

/// What of a frame cannot be done now. The browser says it again.
#[derive(Debug, thiserror::Error)]
enum HearError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Queue(#[from] QueueError),
    #[error("an upload could not be looked at: {0}")]
    Upload(String),
}

/// A socket that speaks, and the bot that it speaks to.
struct Speaker<'a> {
    brain: &'a Brain,
    web: &'a Web,
    row: WebConnection,
    connection: Connection,
}

/// Rows believed without a look, in number and time.
const ROWS: usize = 5000;
const ROW_MS: i64 = 60_000;
/// From which a browser may try again what failed here.
const AGAIN_MS: u64 = 1000;

impl WebChat {
    pub fn new(aws: &Aws, config: &WebConfig, reach: Reach) -> Self {
        let (dynamodb, table) = (aws.dynamodb.clone(), &config.tables.web);
        let bots = Bots::new(dynamodb.clone(), &config.tables.bots);
        let (log, connections) =
            (WebFrames::new(dynamodb.clone(), table), WebConnections::new(dynamodb.clone(), table));
        let sockets = Sockets::new(&config.callback_url, aws.account.clone());
        Self {
            brains: Brains::new(bots, &config.public_url, config.bot_cache_ms),
            sessions: Sessions::new(dynamodb, &config.tables.sessions),
            frames: Frames::new(log.clone(), connections.clone(), sockets),
            log,
            connections,
            inbound: InboundQueue::new(aws.sqs.clone(), &config.inbound_queue),
            uploads: config
                .uploads
                .clone()
                .zip(aws.account.clone())
                .map(|(config, account)| Uploads::new(config, account)),
            world: Guarded::new(reach),
            paces: Paces::default(),
            queues: None,
            rows: Mutex::default(),
            socket_url: config.socket_url.clone(),
            witness: Witness::default(),
        }
    }

    /// Where one process is all instances: frames of one customer go one by one. An instance of Lambda has one event at a time.
    pub fn alone(self) -> Self {
        Self { queues: Some(Queues::default()), ..self }
    }

    pub fn with_witness(self, witness: Witness<Point>) -> Self {
        Self { witness, ..self }
    }

    /// An event of either API, answered as that one wants it. Nothing is an error of the function.
    pub fn handle(&self, event: Value) -> BoxFuture<'_, Value> {
        async {
            let answer = self.handled(event).await;
            metrics::flush();
            answer
        }
        .boxed()
    }

    async fn handled(&self, event: Value) -> Value {
        let now = clock::now();
        if !event["requestContext"]["connectionId"].is_string() {
            return self.http(&event, now).await;
        }
        // The pure part reads the event as it was written.
        let bytes = serde_json::to_vec(&event).unwrap_or_default();
        let Some(asked) = web::asked(&bytes) else { return status(400) };
        match self.event(&bytes, &asked, now).await {
            Ok(answer) => answer,
            Err(error) => {
                error!(%error, connection.id = asked.connection_id, "An event of a socket could not be handled");
                status(500)
            }
        }
    }

    async fn event(&self, bytes: &[u8], asked: &web::Asked, now: EpochMillis) -> Result<Value, HearError> {
        let is_frame = match asked.kind {
            EventKind::Connect => return self.connect(bytes, asked, now).await,
            EventKind::Message => true,
            EventKind::Disconnect => false,
        };
        let id = &asked.connection_id;
        if is_frame {
            // Before anything is read: a flood costs nobody else anything.
            match self.paces.frame(id, now) {
                Step::Go => {}
                Step::Wait { told: true, .. } => return Ok(status(200)),
                Step::Wait { retry_after_ms, .. } => {
                    let code = Code::RateLimited;
                    let answer = web::later(code, "too many frames", None, retry_after_ms);
                    self.frames.answer(id, None, &answer).await;
                    return Ok(status(200));
                }
            }
        }
        let row = self.row(id, now).await?;
        let Some(bot_id) = row.as_ref().map(|row| &row.bot_id).or(asked.bot_id.as_ref()).cloned() else {
            if is_frame {
                self.send_away(id).await;
            }
            return Ok(status(200));
        };
        let Some(brain) = self.brains.get(&bot_id, now).await? else {
            self.send_away(id).await;
            return Ok(status(200));
        };
        let Some(web) = brain.channel(PlatformType::Web).and_then(Channel::web) else {
            self.send_away(id).await;
            return Ok(status(200));
        };
        match web.hear(bytes, row.as_ref().map(connection).as_ref(), now) {
            Err(error) => {
                warn!(bot.id = %bot_id, %error, "An event of a socket cannot be read");
                Ok(status(400))
            }
            Ok(Heard::Connected { .. }) => Ok(status(400)),
            Ok(Heard::Refused { .. }) => {
                self.send_away(id).await;
                Ok(status(200))
            }
            Ok(Heard::Disconnected { connection_id }) => {
                self.forget(&connection_id);
                if let Some(row) = row {
                    self.connections.delete(&connection_id, row.end_user_id).await?;
                }
                Ok(status(200))
            }
            Ok(Heard::Frame { connection, event, frame }) => {
                // An authorizer knew it where we do not.
                let row = row.unwrap_or_else(|| stored(web.bot_id(), &connection));
                let speaker = Speaker { brain: &brain, web, row, connection };
                if let Err(error) = self.frame(&speaker, event, frame).await {
                    error!(bot.id = %bot_id, %error, "A frame could not be handled");
                }
                Ok(status(200))
            }
        }
    }

    async fn connect(&self, bytes: &[u8], asked: &web::Asked, now: EpochMillis) -> Result<Value, HearError> {
        let brain = match &asked.bot_id {
            Some(bot_id) => self.brains.get(bot_id, now).await?,
            None => None,
        };
        let Some(web) = brain.as_deref().and_then(|brain| brain.channel(PlatformType::Web)).and_then(Channel::web)
        else {
            return Ok(status(401));
        };
        match web.hear(bytes, None, now) {
            Ok(Heard::Connected { connection, subprotocol }) => {
                self.connections.connect(&stored(web.bot_id(), &connection)).await?;
                self.witness.reached(Point::Connected).await;
                let headers: Value = subprotocol.map(|name| ("Sec-WebSocket-Protocol", name)).into_iter().collect();
                Ok(json!({ "statusCode": 200, "headers": headers }))
            }
            Ok(Heard::Refused { status: refused, reason }) => {
                info!(bot.id = %web.bot_id(), status = refused.as_u16(), reason, "A socket was refused");
                Ok(status(refused.as_u16()))
            }
            Ok(Heard::Frame { .. } | Heard::Disconnected { .. }) | Err(_) => Ok(status(400)),
        }
    }

    async fn frame(
        &self,
        speaker: &Speaker<'_>,
        event: web::EventName,
        frame: Result<Frame, Complaint>,
    ) -> Result<(), HearError> {
        match frame {
            Err(complaint) => self.answer(speaker, &web::complain(&complaint)).await,
            Ok(Frame::Open(open)) => {
                if let Err(error) = self.open(speaker, &event, &open).await {
                    self.answer(speaker, &web::later(Code::Internal, "open again", None, AGAIN_MS)).await;
                    return Err(error);
                }
            }
            Ok(Frame::Message(said)) => {
                if let Err(error) = self.say(speaker, &event, &said).await {
                    let id = Some(said.client_message_id.as_str());
                    self.answer(speaker, &web::later(Code::Internal, "say it again", id, AGAIN_MS)).await;
                    return Err(error);
                }
            }
            Ok(Frame::Typing { on }) => {
                let data = json!({ "who": "user", "state": if on { "on" } else { "off" } });
                self.tell_others(speaker, "web.typing", data).await?;
            }
            Ok(Frame::Read { seq }) => self.tell_others(speaker, "web.read", json!({ "seq": seq })).await?,
            Ok(Frame::History { before_seq, limit }) => {
                if let Err(error) = self.history(speaker, before_seq, limit).await {
                    self.answer(speaker, &web::later(Code::Internal, "ask again", None, AGAIN_MS)).await;
                    return Err(error);
                }
            }
            Ok(Frame::Upload(upload)) => self.upload(speaker, &upload).await,
            Ok(Frame::Navigate { flow_id, node_id }) => {
                let inbound = speaker.web.navigate((flow_id, node_id), &speaker.connection, &event);
                if let Err(error) = self.inbound.send(vec![inbound]).await {
                    self.answer(speaker, &web::later(Code::Internal, "navigate again", None, AGAIN_MS)).await;
                    return Err(error.into());
                }
            }
            Ok(Frame::Ping { t }) => {
                // It is a sign of life where the log cannot be asked, too.
                let head = self.log.head(speaker.row.end_user_id).await;
                self.answer(speaker, &Answer::Pong { t: &t, last_seq: head.ok().map(|head| head.last) }).await;
            }
        }
        Ok(())
    }

    /// What the other tabs of the same customer see for a moment.
    async fn tell_others(&self, speaker: &Speaker<'_>, event: &str, data: Value) -> Result<(), StoreError> {
        let frame = Answer::Event { event, data }.to_json();
        self.frames.tell(speaker.row.end_user_id, &frame, Some(&speaker.connection.id)).await
    }

    async fn upload(&self, speaker: &Speaker<'_>, upload: &web::Upload) {
        let made = match (&self.uploads, speaker.web.upload_prefix()) {
            (Some(uploads), Some(prefix)) => uploads.form(speaker.web, prefix, upload, clock::now()).await,
            _ => Err("uploads are not set up".to_owned()),
        };
        match made {
            Ok(form) => {
                let answer = Answer::Upload {
                    client_upload_id: &upload.client_upload_id,
                    method: "POST",
                    url: &form.url,
                    fields: &form.fields,
                    uri: &form.uri,
                    expires_in: web::UPLOAD_SECONDS,
                };
                self.answer(speaker, &answer).await;
            }
            Err(reason) => {
                warn!(bot.id = %speaker.web.bot_id(), reason, "Nothing can be uploaded");
                let complaint = Complaint {
                    client_upload_id: Some(upload.client_upload_id.clone()),
                    ..Complaint::new(Code::UnsupportedType, "nothing can be uploaded here")
                };
                self.answer(speaker, &web::complain(&complaint)).await;
            }
        }
    }

    async fn answer(&self, speaker: &Speaker<'_>, answer: &Answer<'_>) {
        self.frames.answer(&speaker.connection.id, Some(speaker.row.end_user_id), answer).await;
    }

    /// A socket of nobody's: API Gateway cannot close with a code of ours, so a frame says why.
    async fn send_away(&self, id: &str) {
        let complaint = Complaint::new(Code::Unauthorized, "connect again, with a fresh token");
        self.frames.answer(id, None, &web::complain(&complaint)).await;
        self.frames.close(id).await;
    }

    /// As it was read within the minute if it was open, else as it is.
    async fn row(&self, id: &str, now: EpochMillis) -> Result<Option<WebConnection>, StoreError> {
        if let Some((at, row)) = self.rows.lock().unwrap_or_else(PoisonError::into_inner).get(id)
            && now.since(*at) < ROW_MS
        {
            return Ok(Some(row.clone()));
        }
        let row = self.connections.load(id).await?;
        if let Some(row) = row.as_ref().filter(|row| row.opened) {
            self.remember(row, now);
        }
        Ok(row)
    }

    fn remember(&self, row: &WebConnection, now: EpochMillis) {
        let mut rows = self.rows.lock().unwrap_or_else(PoisonError::into_inner);
        if rows.len() >= ROWS {
            rows.clear();
        }
        rows.insert(row.id.clone(), (now, row.clone()));
    }

    fn forget(&self, id: &str) {
        self.rows.lock().unwrap_or_else(PoisonError::into_inner).remove(id);
        self.paces.forget(id);
    }
}

fn stored(bot_id: &BotId, connection: &Connection) -> WebConnection {
    WebConnection {
        id: connection.id.clone(),
        bot_id: bot_id.clone(),
        user_key: connection.user_key.clone(),
        end_user_id: EndUserId::of(bot_id, PlatformType::Web, &connection.user_key),
        connected_at: connection.connected_at,
        opened: connection.opened,
        expires: EpochSeconds(connection.expires_at().seconds().0),
    }
}

fn connection(row: &WebConnection) -> Connection {
    Connection {
        id: row.id.clone(),
        user_key: row.user_key.clone(),
        connected_at: row.connected_at,
        opened: row.opened,
    }
}

fn status(status: u16) -> Value {
    json!({ "statusCode": status })
}
