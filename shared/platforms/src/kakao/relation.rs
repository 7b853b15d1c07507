//! Somebody added or blocked the channel: a webhook of Kakao Developers, apart from skills and with a key of its own.
//! <https://developers.kakao.com/docs/latest/ko/kakaotalk-channel/callback>

use http::header::AUTHORIZATION;
use http::{HeaderName, StatusCode};
use model::{BotId, EpochMillis, Inbound, InboundId, InboundKind, Params, PlatformType, UserKey};
use serde_json::{Value, json};

use crate::{Acknowledge, HttpReply, Ignored, ReceiveError, Received, Request};

use super::inbound::{header, read};
use super::settings::Settings;
use super::wire::RelationEvent;

const RESOURCE_ID: HeaderName = HeaderName::from_static("x-kakao-resource-id");

/// The id is not the user key of the chat: whoever stores it joins the two by `appUserId`.
pub(super) fn receive(bot_id: &BotId, settings: &Settings, request: &Request<'_>) -> Result<Received, ReceiveError> {
    let given = header(request.headers, &AUTHORIZATION).and_then(|value| value.strip_prefix("KakaoAK "));
    if !settings.channel_admin_key.contain(given.unwrap_or_default()) {
        return Err(ReceiveError::Unsigned);
    }
    let event: RelationEvent = read(request.body)?;
    let acknowledge = Acknowledge::Now(HttpReply::empty(StatusCode::OK));

    let kind = match event.event.as_deref() {
        Some("added") => InboundKind::Joined { params: params(&event) },
        Some("blocked") => InboundKind::left(),
        other => {
            let ignored = vec![Ignored::new(other.unwrap_or("no event"))];
            return Ok(Received { inbound: Vec::new(), ignored, acknowledge });
        }
    };
    let user_key: UserKey = event
        .id
        .as_deref()
        .unwrap_or_default()
        .parse()
        .map_err(|_| ReceiveError::Malformed("there is no usable id".to_owned()))?;
    // The body tells the time, so it is as good as the id that Kakao always sends.
    let id = match header(request.headers, &RESOURCE_ID) {
        Some(id) if !id.is_empty() => format!("channel {id}"),
        Some(_) | None => format!("channel body {}", String::from_utf8_lossy(request.body)),
    };
    let inbound = Inbound {
        id: InboundId::of(bot_id, PlatformType::Kakao, &id),
        bot_id: bot_id.clone(),
        platform: PlatformType::Kakao,
        conversation_key: user_key.clone(),
        user_key,
        timestamp: timestamp(&event).unwrap_or(request.received_at),
        received_at: request.received_at,
        answer_by: None,
        reply_to: Value::Null,
        kind,
    };
    Ok(Received { inbound: vec![inbound], ignored: Vec::new(), acknowledge })
}

fn params(event: &RelationEvent<'_>) -> Params {
    let app_user_id = event.id.as_ref().filter(|_| event.id_type.as_deref() == Some("app_user_id"));
    [
        ("idType", event.id_type.as_ref()),
        ("appUserId", app_user_id),
        ("channelPublicId", event.channel_public_id.as_ref().or(event.plus_friend_public_id.as_ref())),
        ("channelUuid", event.channel_uuid.as_ref().or(event.plus_friend_uuid.as_ref())),
    ]
    .into_iter()
    .filter_map(|(name, value)| Some((name.to_owned(), json!(value?))))
    .collect()
}

/// The old field is a number; whether of seconds or of milliseconds its size tells.
fn timestamp(event: &RelationEvent<'_>) -> Option<EpochMillis> {
    const SECONDS_BELOW: u64 = 100_000_000_000;
    let text = event.updated_at.as_ref().or(event.timestamp.as_ref())?;
    match text.parse::<i64>() {
        Ok(number) if number.unsigned_abs() < SECONDS_BELOW => Some(EpochMillis(number * 1000)),
        Ok(number) => Some(EpochMillis(number)),
        Err(_) => text.parse().ok(),
    }
}
