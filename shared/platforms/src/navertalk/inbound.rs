//! Checks who sent an event, and reads it: <https://github.com/navertalk/chatbot-api#event-명세>.
//!
//! Events have neither ids nor times. The time is that of arrival; the id is made of it in milliseconds and of the body,
//! so that the same text said twice is two messages. Only two equal bodies within one millisecond would be taken for one.

use std::borrow::Cow;

use http::Method;
use model::{BotId, Inbound, InboundId, InboundKind, PlatformType, UserKey};
use serde_json::{Value, json};

use super::settings::Settings;
use super::wire::{Event, Text};
use super::{events, lenient, outbound};
use crate::{Acknowledge, Ignored, ReceiveError, Received, Request, receive};

pub(super) fn receive(bot_id: &BotId, settings: &Settings, request: &Request<'_>) -> Result<Received, ReceiveError> {
    check(settings, request)?;
    // serde would take an array for a struct.
    if request.body.trim_ascii_start().first().is_some_and(|first| *first != b'{') {
        return Err(ReceiveError::Malformed("it is not an object".to_owned()));
    }
    match receive::json(request.body) {
        Ok(event) => take(bot_id, settings, request, event),
        Err(_) => {
            let value: Value = serde_json::from_slice(request.body).map_err(|error| ReceiveError::malformed(&error))?;
            take(bot_id, settings, request, lenient::event(&value))
        }
    }
}

/// Naver signs nothing, so the secret in the path is all there is, and a header where a proxy of the owner's adds one.
fn check(settings: &Settings, request: &Request<'_>) -> Result<(), ReceiveError> {
    if !settings.bot_secret.contain(request.tail.trim_end_matches('/')) {
        return Err(ReceiveError::UnknownPath);
    }
    if *request.method != Method::POST {
        return Err(ReceiveError::Method);
    }
    if let Some(secret) = &settings.secret_header {
        let given = request.headers.get(&secret.name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        if !secret.value.contain(given) {
            return Err(ReceiveError::Unsigned);
        }
    }
    Ok(())
}

fn take(
    bot_id: &BotId,
    settings: &Settings,
    request: &Request<'_>,
    mut event: Event<'_>,
) -> Result<Received, ReceiveError> {
    let name = text(event.event.take()).unwrap_or_default();
    let Some(read) = events::read(settings, &name, &mut event) else {
        let ignored = vec![Ignored::new(if name.is_empty() { "event without a name" } else { &name })];
        return Ok(Received { inbound: Vec::new(), ignored, acknowledge: Acknowledge::Now(outbound::nothing()) });
    };

    let user_key = text(event.user.take()).ok_or_else(|| ReceiveError::Malformed("there is no user".to_owned()))?;
    let user_key: UserKey =
        user_key.parse().map_err(|_| ReceiveError::Malformed("the user key is too long".to_owned()))?;
    let until = request.received_at.plus_ms(settings.answer_within_ms);
    let waits = settings.synchronous && read.answerable;
    let body = String::from_utf8_lossy(request.body);
    let partner = text(event.partner.take());
    let last = read.kinds.len().saturating_sub(1);
    let inbound: Vec<_> = read
        .kinds
        .into_iter()
        .enumerate()
        .map(|(index, kind)| Inbound {
            id: InboundId::of(bot_id, PlatformType::Navertalk, &format!("{} {index} {body}", request.received_at.0)),
            bot_id: bot_id.clone(),
            platform: PlatformType::Navertalk,
            user_key: user_key.clone(),
            conversation_key: user_key.clone(),
            timestamp: request.received_at,
            received_at: request.received_at,
            // One answer has room for one reply. The others go out by the Send API, each after its turn.
            answer_by: (waits && index == last).then_some(until),
            // A new friend is thanked by the account itself, and must have no answer.
            reply_to: match (&kind, &partner) {
                (InboundKind::Joined { .. }, _) | (_, None) => Value::Null,
                (_, Some(partner)) => json!({ "partner": partner }),
            },
            kind,
        })
        .collect();
    let acknowledge = match (waits && !inbound.is_empty(), read.refuses) {
        (true, _) => Acknowledge::WithReply { until },
        (false, true) => Acknowledge::Now(outbound::refuse_payment()),
        (false, false) => Acknowledge::Now(outbound::nothing()),
    };
    Ok(Received { inbound, ignored: read.ignored.into_iter().collect(), acknowledge })
}

/// An empty text says as much as none.
pub(super) fn text(text: Option<Text<'_>>) -> Option<Cow<'_, str>> {
    text.map(|text| text.0).filter(|text| !text.is_empty())
}
