//! Checks who sent a request, and reads it: the session's start and end, and what the customer says in it.
//! <https://mbi-developer-center.happytalk.io/kakaotalk_webhook/counsel_data_reception/kakao_meta_data>,
//! <https://developers.bizgo.io/api-sdk/api-reference/comm/kakao-counsel>
//!
//! An address is registered, and the dealer puts the name of the event behind it.

use std::borrow::Cow;

use http::Method;
use model::{BotId, Inbound, InboundId, InboundKind, PlatformType, UserKey};
use serde_json::json;

use crate::{Acknowledge, HttpReply, Ignored, ReceiveError, Received, Request, repair};

use super::event::{Event, Route};
use super::settings::Settings;
use super::{content, wire};

/// BizGo sends again what is answered otherwise; anything else is enough for the others.
const ACCEPTED: &str = r#"{"code":"A000","result":"Success"}"#;

/// What a look at the address is called in the log.
const PING: &str = "ping";

pub(super) fn receive(bot_id: &BotId, settings: &Settings, request: &Request<'_>) -> Result<Received, ReceiveError> {
    let (secret, path) = request.tail.split_once('/').unwrap_or((request.tail, ""));
    if !settings.bot_secret.contain(secret) {
        return Err(ReceiveError::UnknownPath);
    }
    if let Some(secret) = &settings.secret_header {
        let given = request.headers.get(&secret.name).and_then(|value| std::str::from_utf8(value.as_bytes()).ok());
        if !secret.value.contain(given.unwrap_or_default()) {
            return Err(ReceiveError::Unsigned);
        }
    }
    // Dealers look whether somebody is there, at any path.
    if *request.method != Method::POST {
        return Ok(nothing(PING));
    }
    let path = path.trim_matches('/');
    let path = if path.is_empty() { PING } else { path.strip_prefix("cstalk/").unwrap_or(path) };
    let route = Route::of(path);
    let repaired;
    let mut event = read(request.body);
    if event.is_err() {
        // Half an emoji, mostly, where a text was cut.
        repaired = repair::json(request.body);
        event = read(repaired.as_bytes());
    }
    let event = match event {
        Ok(event) => event,
        Err(error) if route.is_some() => return Err(error),
        Err(_) => return Ok(nothing(path)),
    };

    let event = Event::of(settings.dialect, event);
    // BizGo's paths differ from customer to customer, and its requests say by themselves what they are.
    let route = match event.request_type.as_deref() {
        Some(name) => Route::of(name).ok_or(name),
        None => route.ok_or(path),
    };
    match route {
        Ok(route) => took(bot_id, settings, request, route, event),
        // What became of something that we sent: the code says it, and the log is where it can be read.
        Err(name) if event.report_code.is_some() => Ok(nothing(&event.result(name))),
        Err(name) => Ok(nothing(name)),
    }
}

/// A body that must be an object; serde would take a list for one.
fn read(body: &[u8]) -> Result<wire::Event<'_>, ReceiveError> {
    if body.trim_ascii_start().first() != Some(&b'{') {
        return Err(ReceiveError::Malformed("it is not a JSON object".to_owned()));
    }
    crate::receive::json(body).map_err(|error| ReceiveError::malformed(&error))
}

fn took(
    bot_id: &BotId,
    settings: &Settings,
    request: &Request<'_>,
    route: Route,
    mut event: Event<'_>,
) -> Result<Received, ReceiveError> {
    let missing = |what: &str| ReceiveError::Malformed(format!("there is no {what}"));
    // What could not be read of it was somebody's; what is left may be anybody's.
    let whole = |key: &Cow<'_, str>| !key.contains(char::REPLACEMENT_CHARACTER);
    let user_key = event.user_key.take().filter(whole).ok_or_else(|| missing("user key"))?;
    let sender_key = event.sender_key.take().ok_or_else(|| missing("sender key"))?;
    let user_key: UserKey =
        user_key.parse().map_err(|_| ReceiveError::Malformed("the user key is too long".to_owned()))?;
    // Dealers relay all channels of a company to one address.
    if !settings.sender_keys.iter().any(|known| *known == sender_key) {
        return Ok(nothing("unknown sender key"));
    }

    let mut key = event.key(route, &sender_key, &user_key, request.received_at);
    let length = key.len();
    let timestamp = event.at.unwrap_or(request.received_at);
    let kinds = match route {
        Route::Message => content::messages(event),
        Route::Reference => content::reference(event),
        Route::ExpiredSession => vec![(String::new(), InboundKind::closed())],
    };
    if kinds.is_empty() {
        return Ok(nothing("message that says nothing"));
    }
    let inbound = kinds
        .into_iter()
        .map(|(place, kind)| {
            key.truncate(length);
            key.push_str(&place);
            Inbound {
                id: InboundId::of(bot_id, PlatformType::Kakaobiz, &key),
                bot_id: bot_id.clone(),
                platform: PlatformType::Kakaobiz,
                user_key: user_key.clone(),
                conversation_key: user_key.clone(),
                timestamp,
                received_at: request.received_at,
                answer_by: None,
                reply_to: json!({ "senderKey": sender_key }),
                kind,
            }
        })
        .collect();
    Ok(Received { inbound, ignored: Vec::new(), acknowledge: accepted() })
}

fn nothing(why: &str) -> Received {
    Received { inbound: Vec::new(), ignored: vec![Ignored::new(why)], acknowledge: accepted() }
}

fn accepted() -> Acknowledge {
    Acknowledge::Now(HttpReply::json(ACCEPTED.to_owned()))
}
