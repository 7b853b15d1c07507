//! API Gateway's events of a WebSocket, in our words. A connection is checked when it is made; after that its row, or what
//! an authorizer left in the event, says who speaks, and no frame does.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::StatusCode;
use model::{BotId, EpochMillis, Inbound, InboundId, InboundKind, MessageId, Meta, PlatformType, UserKey};
use serde::Deserialize;
use serde_json::Value;

use super::frame::{self, Code, Complaint, Content, Frame, Said};
use super::wire::{Event, RequestContext};
use super::{Web, limits, origin, token};
use crate::ReceiveError;

/// What an event of the WebSocket API means.
#[derive(Clone, Debug, PartialEq)]
#[expect(clippy::large_enum_variant, reason = "one at a time, and most are frames")]
pub enum Heard {
    /// Answer 200 with the subprotocol, and keep the row. Nothing can be posted to the connection yet.
    Connected { connection: Connection, subprotocol: Option<&'static str> },
    /// Answer with this status: the handshake fails. A browser sees no reason.
    Refused { status: StatusCode, reason: &'static str },
    /// Answer 200 in any case. `Err` is for the connection alone, by [`super::complain`].
    Frame { connection: Connection, event: EventName, frame: Result<Frame, Complaint> },
    /// Delete the row. It may come before the last frame was handled, twice, or never.
    Disconnected { connection_id: String },
}

/// A row of the connection table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Connection {
    /// API Gateway's: URL-encode it in a path, for it ends in `=`.
    pub id: String,
    pub user_key: UserKey,
    pub connected_at: EpochMillis,
    /// An `open` was heard.
    pub opened: bool,
}

impl Connection {
    /// When the row may be forgotten, if `$disconnect` never comes.
    pub fn expires_at(&self) -> EpochMillis {
        self.connected_at.plus_ms(limits::ROW_SECONDS * 1000)
    }
}

/// When an event happened, and a name that stays the same when Lambda is given it again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventName {
    pub at: EpochMillis,
    pub name: String,
}

/// Whom an event of the WebSocket API is for, before anything of it is believed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    pub connection_id: String,
    pub kind: EventKind,
    /// The bot that the token names, or an authorizer. Only to know whose secrets to check it by.
    pub bot_id: Option<BotId>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventKind {
    Connect,
    Message,
    Disconnect,
}

/// The subprotocol of ours. A token stands beside it, which must not be echoed.
const SUBPROTOCOL: &str = "closer.v1";
const BEARER: &str = "bearer.";

/// Reads whom an event is for; nothing where it is none of a WebSocket's.
pub fn asked(event: &[u8]) -> Option<Asked> {
    let event: Event = serde_json::from_slice(event).ok()?;
    let authorizer = event.request_context.authorizer.as_ref();
    let named = authorizer.and_then(|authorizer| authorizer.get("botId")?.as_str()?.parse().ok());
    Some(Asked {
        kind: match event.request_context.event_type.as_str() {
            "CONNECT" => EventKind::Connect,
            "MESSAGE" => EventKind::Message,
            "DISCONNECT" => EventKind::Disconnect,
            _ => return None,
        },
        bot_id: named.or_else(|| token::bot_of(&offered(&event).0)),
        connection_id: event.request_context.connection_id,
    })
}

/// The bot that a body of the token API is about: named, or in the token that it wants renewed.
pub fn bot_of(body: &[u8]) -> Option<BotId> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Named {
        bot_id: Option<BotId>,
        token: Option<String>,
    }
    let named: Named = serde_json::from_slice(body).ok()?;
    named.bot_id.or_else(|| token::bot_of(&named.token?))
}

/// The token of a handshake, and whether our subprotocol stands beside it.
fn offered(event: &Event) -> (String, bool) {
    let query = event.query_string_parameters.as_ref().and_then(|query| query.get("token")?.as_str());
    let names = header(event.headers.as_ref(), "sec-websocket-protocol").unwrap_or_default();
    let mut names = names.split(',').map(str::trim);
    let is_ours = names.clone().any(|name| name == SUBPROTOCOL);
    let bearer = names.find_map(|name| name.strip_prefix(BEARER));
    (query.or(bearer).unwrap_or_default().to_owned(), is_ours)
}

pub(super) fn hear(web: &Web, event: &[u8], row: Option<&Connection>, now: EpochMillis) -> Result<Heard, ReceiveError> {
    let event: Event = serde_json::from_slice(event).map_err(|error| ReceiveError::malformed(&error))?;
    match event.request_context.event_type.as_str() {
        "CONNECT" => Ok(connect(web, &event, now)),
        "MESSAGE" => Ok(message(web, event, row)),
        "DISCONNECT" => Ok(Heard::Disconnected { connection_id: event.request_context.connection_id }),
        _ => Err(ReceiveError::Malformed("eventType is none of a WebSocket".to_owned())),
    }
}

fn connect(web: &Web, event: &Event, now: EpochMillis) -> Heard {
    let refuse = |status, reason| Heard::Refused { status, reason };
    let origins = all(event.multi_value_headers.as_ref(), "origin");
    let origin = header(event.headers.as_ref(), "origin");
    if origins.len() > 1 || origin.or(origins.first().copied()).is_some_and(|origin| !web.allows(origin)) {
        return refuse(StatusCode::FORBIDDEN, "the page's origin is not in allowedOrigins");
    }
    let (token, is_ours) = offered(event);
    let subprotocol = is_ours.then_some(SUBPROTOCOL);
    match web.verify(&token, now) {
        Ok(claims) => Heard::Connected {
            connection: Connection {
                id: event.request_context.connection_id.clone(),
                user_key: claims.sub,
                connected_at: EpochMillis(event.request_context.connected_at),
                opened: false,
            },
            subprotocol,
        },
        Err(token::TokenError::Missing) => refuse(StatusCode::UNAUTHORIZED, "there is no token"),
        Err(_) => refuse(StatusCode::UNAUTHORIZED, "the token is not valid, or not any more"),
    }
}

fn message(web: &Web, event: Event, row: Option<&Connection>) -> Heard {
    let context = event.request_context;
    let at = EpochMillis(context.request_time_epoch);
    // An authorizer knows who connected; without one only the row does.
    let connection = match (row.filter(|row| row.id == context.connection_id), authorized(web, &context)) {
        (Some(row), Some(key)) if row.user_key != key => None,
        (Some(row), _) => Some(row.clone()),
        (None, Some(user_key)) => Some(Connection {
            id: context.connection_id.clone(),
            user_key,
            connected_at: EpochMillis(context.connected_at),
            opened: false,
        }),
        (None, None) => None,
    };
    let name = context.message_id.or(context.request_id).unwrap_or_else(|| format!("{}", at.0));
    let event_name = EventName { at, name: format!("{} {name}", context.connection_id) };
    let Some(connection) = connection else {
        return Heard::Refused { status: StatusCode::OK, reason: "nobody knows this connection" };
    };
    let body = event.body.unwrap_or_default();
    // A binary frame: whoever sends text in one is understood.
    let frame = match event.is_base64_encoded.unwrap_or_default() {
        true => match STANDARD.decode(&body) {
            Ok(bytes) => frame::read(web, &bytes),
            Err(_) => Err(Complaint::new(Code::BadJson, "a frame is one JSON object")),
        },
        false => frame::read(web, body.as_bytes()),
    };
    let frame = frame.and_then(|frame| match frame {
        Frame::Open(_) | Frame::Ping { .. } => Ok(frame),
        _ if connection.opened => Ok(frame),
        Frame::Message(said) => Err(Complaint {
            client_message_id: Some(said.client_message_id),
            ..Complaint::new(Code::NotOpen, "the first frame is open")
        }),
        Frame::Typing { .. }
        | Frame::Read { .. }
        | Frame::History { .. }
        | Frame::Upload(_)
        | Frame::Navigate { .. } => Err(Complaint::new(Code::NotOpen, "the first frame is open")),
    });
    Heard::Frame { connection, event: event_name, frame }
}

fn authorized(web: &Web, context: &RequestContext) -> Option<UserKey> {
    let authorizer = context.authorizer.as_ref()?;
    let of_ours = authorizer.get("botId").and_then(Value::as_str) == Some(web.bot_id.as_str());
    authorizer.get("userKey").filter(|_| of_ours)?.as_str()?.parse().ok()
}

/// Proxies write names of headers as they please.
fn header<'a>(headers: Option<&'a BTreeMap<String, Value>>, name: &str) -> Option<&'a str> {
    headers?.iter().find(|(key, _)| key.eq_ignore_ascii_case(name))?.1.as_str()
}

fn all<'a>(headers: Option<&'a BTreeMap<String, Value>>, name: &str) -> Vec<&'a str> {
    let found = headers.into_iter().flatten().find(|(key, _)| key.eq_ignore_ascii_case(name));
    found.and_then(|(_, values)| values.as_array()).into_iter().flatten().filter_map(Value::as_str).collect()
}

/// The page leads the customer to another place of the bot.
pub(super) fn navigate(
    web: &Web,
    (flow_id, node_id): (u64, Option<u64>),
    connection: &Connection,
    event: &EventName,
) -> Inbound {
    let kind = InboundKind::Moved { flow_id, node_id, conversation_id: None };
    of(web, &connection.user_key, event.at, &format!("navigate {}", event.name), kind)
}

/// The length keeps two pairs of key and id from making one name.
fn said_name(said: &Said, connection: &Connection) -> String {
    let key = &connection.user_key;
    format!("say {} {key} {}", key.as_str().len(), said.client_message_id)
}

pub(super) fn said_id(web: &Web, said: &Said, connection: &Connection) -> InboundId {
    id(web, &said_name(said, connection))
}

/// The customer's message for the queue, and the id that it will have.
pub(super) fn said(
    web: &Web,
    said: &Said,
    content: Content,
    connection: &Connection,
    at: EpochMillis,
) -> (Inbound, MessageId) {
    let kind = InboundKind::Message {
        platform_message_id: Some(said.client_message_id.clone()),
        data: content.data,
        meta: Box::new(Meta { payload: content.payload, ..Meta::default() }),
    };
    let inbound = of(web, &connection.user_key, at, &said_name(said, connection), kind);
    let message_id = MessageId::of(inbound.id, 0, inbound.received_at);
    (inbound, message_id)
}

pub(super) fn id(web: &Web, name: &str) -> InboundId {
    InboundId::of(&web.bot_id, PlatformType::Web, name)
}

pub(super) fn of(web: &Web, user_key: &UserKey, at: EpochMillis, name: &str, kind: InboundKind) -> Inbound {
    Inbound {
        id: id(web, name),
        bot_id: web.bot_id.clone(),
        platform: PlatformType::Web,
        user_key: user_key.clone(),
        conversation_key: user_key.clone(),
        timestamp: at,
        // API Gateway's clock is ours: the same however often Lambda is given the event.
        received_at: at,
        answer_by: None,
        reply_to: Value::Null,
        kind,
    }
}

impl Web {
    /// Our own page may always.
    pub(super) fn allows(&self, origin: &str) -> bool {
        origin::allowed(origin, &self.allowed_origins)
    }
}
