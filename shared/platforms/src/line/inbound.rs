//! LINE's webhook: <https://developers.line.biz/en/docs/messaging-api/receiving-messages/>.
//!
//! A body holds events of any number of people, and may come again; each has an id that stays the same.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{Method, StatusCode};
use model::{EpochMillis, Inbound, InboundId, InboundKind, Params, PlatformType, UserKey};
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::wire::{Event, Text, Webhook};
use super::{DATA_API_URL, Line, messages};
use crate::media::{self, MediaError};
use crate::{Acknowledge, Content, HttpReply, Ignored, ReceiveError, Received, Request, receive};

pub(super) fn receive(line: &Line, request: &Request<'_>) -> Result<Received, ReceiveError> {
    match request.tail {
        "" => webhook(line, request),
        path => match path.strip_prefix("media/") {
            Some(token) if request.method == Method::GET => content(line, request, token),
            _ => Err(ReceiveError::UnknownPath),
        },
    }
}

/// A link of ours to what a customer sent.
fn content(line: &Line, request: &Request<'_>, token: &str) -> Result<Received, ReceiveError> {
    let url = media::open(token, &line.secrets, request.received_at.seconds()).map_err(|error| match error {
        MediaError::Forged => ReceiveError::UnknownPath,
        MediaError::Expired => ReceiveError::Expired,
    })?;
    // The channel's token is for no other host, whoever signed the link.
    let ours = url.strip_prefix(DATA_API_URL).is_some_and(|path| path.starts_with('/'));
    let token = line.token.as_ref().filter(|_| ours).ok_or(ReceiveError::UnknownPath)?;
    let content = Content { url, headers: vec![("authorization", format!("Bearer {token}"))], needs: Vec::new() };
    Ok(Received { inbound: Vec::new(), ignored: Vec::new(), acknowledge: Acknowledge::Content(content) })
}

fn webhook(line: &Line, request: &Request<'_>) -> Result<Received, ReceiveError> {
    if request.method != Method::POST {
        return Err(ReceiveError::Method);
    }
    let signature = request.headers.get("x-line-signature").ok_or(ReceiveError::Unsigned)?;
    let signature = STANDARD.decode(signature.as_bytes()).map_err(|_| ReceiveError::Unsigned)?;
    if !line.secrets.signed(request.body, &signature) {
        return Err(ReceiveError::Unsigned);
    }

    // serde would take an array for a struct.
    if request.body.trim_ascii_start().first().is_some_and(|first| *first != b'{') {
        return Err(ReceiveError::Malformed("it is not an object".to_owned()));
    }
    let mut inbound = Vec::new();
    let mut ignored = Vec::new();
    let mut take = |event: Result<Inbound, Ignored>| match event {
        Ok(event) => inbound.push(event),
        Err(kind) => ignored.push(kind),
    };
    match receive::json(request.body) {
        Ok(Webhook { mut events }) => events.iter_mut().for_each(|event| take(read(line, request, event))),
        // Each on its own then, so that a bad one does not lose the others.
        Err(_) => {
            let Webhook::<&RawValue> { events } =
                serde_json::from_slice(request.body).map_err(|error| ReceiveError::malformed(&error))?;
            for json in events {
                let event = serde_json::from_str::<Event<'_>>(json.get());
                take(event.map_or_else(
                    |_| Err(Ignored::new("unreadable event")),
                    |mut event| read(line, request, &mut event),
                ));
            }
        }
    }
    // LINE does not read the body of the answer.
    Ok(Received { inbound, ignored, acknowledge: Acknowledge::Now(HttpReply::empty(StatusCode::OK)) })
}

/// An event in our words, or the name of what we do nothing about.
fn read(line: &Line, request: &Request<'_>, event: &mut Event<'_>) -> Result<Inbound, Ignored> {
    let name = text(event.kind.take()).ok_or_else(|| Ignored::new("event without a type"))?;
    let token = text(event.reply_token.take());
    if token.as_deref().is_some_and(is_dummy) {
        return Err(Ignored::new("verify"));
    }
    let standby = event.mode.as_ref().is_some_and(|mode| mode.0 == "standby");

    let kind = match &*name {
        "message" => messages::message(line, request, event, standby)?,
        "postback" => messages::postback(event, standby)?,
        // Whoever has the conversation welcomes them.
        "follow" | "unfollow" | "join" | "leave" if standby => return Err(Ignored::new(&format!("{name} standby"))),
        "follow" => InboundKind::Joined { params: Params::new() },
        // The only sign that we are blocked: pushes are answered as if they arrived.
        "unfollow" => InboundKind::left(),
        "join" => InboundKind::opened(),
        "leave" => InboundKind::closed(),
        other => return Err(Ignored::new(other)),
    };

    let nobody = || Ignored::new(&format!("{name} without a user"));
    let source = event.source.take().ok_or_else(nobody)?;
    let room = text(source.group_id).or(text(source.room_id));
    // A group tells who it was only with messages, and not of people with old apps.
    let user_key: UserKey =
        text(source.user_id).or(room.clone()).and_then(|key| key.parse().ok()).ok_or_else(nobody)?;
    let conversation_key: UserKey = match room {
        Some(room) => room.parse().map_err(|_| nobody())?,
        None => user_key.clone(),
    };

    let timestamp = event.timestamp.map_or(request.received_at, EpochMillis);
    let message_id = || text(event.message.take()?.id);
    let event_id = text(event.webhook_event_id.take())
        .or_else(message_id)
        // Long ago events had no id of their own.
        .unwrap_or_else(|| format!("{name} {user_key} {timestamp}").into());

    Ok(Inbound {
        id: InboundId::of(&line.bot_id, PlatformType::Line, &event_id),
        bot_id: line.bot_id.clone(),
        platform: PlatformType::Line,
        user_key,
        conversation_key,
        timestamp,
        received_at: request.received_at,
        answer_by: None,
        reply_to: token.filter(|_| !standby).map_or(Value::Null, |token| json!({ "token": token })),
        kind,
    })
}

/// Old consoles sent two events of nobody to verify the address.
fn is_dummy(token: &str) -> bool {
    token.len() == 32 && (token.bytes().all(|b| b == b'0') || token.bytes().all(|b| b == b'f'))
}

/// An empty text says as much as none.
pub(super) fn text(text: Option<Text<'_>>) -> Option<Cow<'_, str>> {
    text.map(|text| text.0).filter(|text| !text.is_empty())
}
