//! Checks who sent a request, and reads it.
//! <https://kakaobusiness.gitbook.io/main/tool/chatbot/skill_guide/answer_json_format>

use http::{HeaderMap, HeaderName, Method};
use model::{BotId, Inbound, InboundId, InboundKind, Meta, PlatformType, UserKey};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::{Acknowledge, Ignored, ReceiveError, Received, Request, receive};

use super::settings::Settings;
use super::wire::{Block, SkillPayload};
use super::{callback, content, outbound, payload, relation};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Kakao signs nothing, so a secret in the path and one in a header are all there is.
pub(super) fn receive(bot_id: &BotId, settings: &Settings, request: &Request<'_>) -> Result<Received, ReceiveError> {
    let route = route(settings, request.tail)?;
    if *request.method != Method::POST {
        return Err(ReceiveError::Method);
    }
    match route {
        Route::Skill => skill(bot_id, settings, request),
        Route::Relation => relation::receive(bot_id, settings, request),
    }
}

enum Route {
    Skill,
    /// The webhook of Kakao Developers, which knows nothing of skills.
    Relation,
}

fn route(settings: &Settings, tail: &str) -> Result<Route, ReceiveError> {
    let rest = if settings.bot_secret.is_empty() {
        tail
    } else {
        let (secret, rest) = tail.split_once('/').unwrap_or((tail, ""));
        if !settings.bot_secret.contain(secret) {
            return Err(ReceiveError::UnknownPath);
        }
        rest
    };
    match rest.trim_end_matches('/') {
        "" => Ok(Route::Skill),
        "channel" => Ok(Route::Relation),
        _ => Err(ReceiveError::UnknownPath),
    }
}

fn skill(bot_id: &BotId, settings: &Settings, request: &Request<'_>) -> Result<Received, ReceiveError> {
    if let Some(secret) = &settings.secret_header {
        let given = header(request.headers, &secret.name).unwrap_or_default();
        if !secret.value.contain(given) {
            return Err(ReceiveError::Unsigned);
        }
    }
    let payload: SkillPayload<'_> = read(request.body)?;
    let user_key = user_key(&payload)?;

    let kinds = kinds(settings, &payload);
    let mut ignored = Vec::new();
    if kinds.is_empty() {
        ignored.push(Ignored::new("blank utterance"));
        let acknowledge = Acknowledge::Now(outbound::nothing(settings));
        return Ok(Received { inbound: Vec::new(), ignored, acknowledge });
    }

    let callback_url = payload.user_request.callback_url.as_deref();
    if callback_url.is_some_and(|url| !callback::is_kakao(url)) {
        ignored.push(Ignored::new("callbackUrl"));
    }
    // It works once, so it goes with the one reply that is waited for.
    let reply_to =
        callback_url.filter(|url| callback::is_kakao(url)).map_or(Value::Null, |url| json!({ "callbackUrl": url }));
    let until = request.received_at.plus_ms(settings.answer_within_ms);
    let turn = turn(request, &user_key);
    let last = kinds.len() - 1;
    let inbound = kinds
        .into_iter()
        .enumerate()
        .map(|(index, kind)| Inbound {
            id: InboundId::of(bot_id, PlatformType::Kakao, &format!("{turn} {index}")),
            bot_id: bot_id.clone(),
            platform: PlatformType::Kakao,
            user_key: user_key.clone(),
            conversation_key: user_key.clone(),
            // Kakao tells no time of its own.
            timestamp: request.received_at,
            received_at: request.received_at,
            answer_by: Some(until),
            reply_to: if index == last { reply_to.clone() } else { Value::Null },
            kind,
        })
        .collect();
    Ok(Received { inbound, ignored, acknowledge: Acknowledge::WithReply { until } })
}

/// What the turn is: a welcome, a press of our own button, or what was said. Several pictures are several messages.
fn kinds(settings: &Settings, payload: &SkillPayload<'_>) -> Vec<InboundKind> {
    if is_welcome(settings, &payload.user_request.block) || is_welcome(settings, &payload.intent) {
        return vec![InboundKind::opened()];
    }
    if asks_for_late_answer(settings, payload) {
        return vec![InboundKind::Collect];
    }
    let said = content::read(payload);
    // The last is given away, and so the only one is not copied.
    let metas = std::iter::repeat_n(meta(payload), said.len());
    said.into_iter()
        .zip(metas)
        .map(|(data, meta)| InboundKind::Message { platform_message_id: None, data, meta: Box::new(meta) })
        .collect()
}

fn is_welcome(settings: &Settings, block: &Block<'_>) -> bool {
    let among = |list: &[String], item: Option<&str>| item.is_some_and(|item| list.iter().any(|known| known == item));
    among(&settings.welcome_block_ids, block.id.as_deref())
        || among(&settings.welcome_block_names, block.name.as_deref())
}

/// By the button, or by typing what is written on it. A button of the bot with the same words has a payload of its own.
fn asks_for_late_answer(settings: &Settings, skill: &SkillPayload<'_>) -> bool {
    let extra = &skill.action.client_extra;
    let said = || skill.user_request.utterance.as_deref().unwrap_or_default().trim();
    payload::is_late(extra) || (payload::from_extra(extra).is_none() && said() == settings.interim_label.trim())
}

fn user_key(payload: &SkillPayload<'_>) -> Result<UserKey, ReceiveError> {
    let user = &payload.user_request.user;
    let properties = &user.properties;
    [&user.id, &properties.bot_user_key, &properties.bot_user_key_old, &properties.plusfriend_user_key]
        .into_iter()
        .flatten()
        .next()
        .ok_or_else(|| ReceiveError::Malformed("there is no user key".to_owned()))?
        .parse()
        .map_err(|_| ReceiveError::Malformed("the user key is too long".to_owned()))
}

fn meta(skill: &SkillPayload<'_>) -> Meta {
    let request = &skill.user_request;
    let test = request.params.surface.as_deref() == Some("BuilderBotTest")
        || request.params.ignore_me.as_deref() == Some("true")
        || request.user.kind.as_deref().is_some_and(|kind| kind != "botUserKey");

    let mut extra = Map::new();
    if let Some(trigger) = &skill.flow.trigger.kind {
        extra.insert("trigger".to_owned(), json!(trigger));
    }
    let properties = &request.user.properties;
    let mut kakao = Map::new();
    for (name, value) in [
        ("plusfriendUserKey", properties.plusfriend_user_key.as_ref().or(properties.plusfriend_user_key_old.as_ref())),
        ("appUserId", properties.app_user_id.as_ref().or(properties.app_user_id_old.as_ref())),
    ] {
        if let Some(value) = value {
            kakao.insert(name.to_owned(), json!(value));
        }
    }
    // Absent may mean no friend as well as blocked, so only the truth is told.
    if properties.is_friend.as_deref() == Some("true") {
        kakao.insert("isFriend".to_owned(), json!(true));
    }
    let mut block = Map::new();
    for (name, value) in [
        ("id", skill.intent.id.as_ref().or(request.block.id.as_ref())),
        ("name", skill.intent.name.as_ref().or(request.block.name.as_ref())),
    ] {
        if let Some(value) = value {
            block.insert(name.to_owned(), json!(value));
        }
    }
    for (name, value) in [("block", block), ("kakao", kakao)] {
        if !value.is_empty() {
            extra.insert(name.to_owned(), Value::Object(value));
        }
    }
    Meta { payload: payload::from_extra(&skill.action.client_extra), test, extra, ..Meta::default() }
}

/// What the ids of a turn are made of. There are no message ids, and people do say the same thing twice. Ids are hashed
/// from it, so the body is not hashed before.
fn turn(request: &Request<'_>, user_key: &UserKey) -> String {
    match header(request.headers, &REQUEST_ID) {
        Some(id) if !id.is_empty() => format!("request {user_key} {id}"),
        Some(_) | None => {
            format!("turn {user_key} {} {}", request.received_at.0, String::from_utf8_lossy(request.body))
        }
    }
}

pub(super) fn header<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name).and_then(|value| std::str::from_utf8(value.as_bytes()).ok())
}

/// A body that must be an object; serde would take a list for one.
pub(super) fn read<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T, ReceiveError> {
    if body.trim_ascii_start().first() != Some(&b'{') {
        return Err(ReceiveError::Malformed("it is not a JSON object".to_owned()));
    }
    receive::json(body).map_err(|error| ReceiveError::malformed(&error))
}
