//! Checks who sent a request, and reads it: the session's start and end, and what the customer says in it.
//! <https://mbi-developer-center.happytalk.io/kakaotalk_webhook/counsel_data_reception/kakao_meta_data>,
//! <https://developers.bizgo.io/api-sdk/api-reference/comm/kakao-counsel>
//!
//! An address is registered, and the dealer puts the name of the event behind it.

use std::borrow::Cow;

use http::Method;
use model::{BotId, EpochMillis, Inbound, InboundId, InboundKind, Meta, Params, PlatformType, UserKey};
use serde_json::{Value, json};

use crate::{Acknowledge, HttpReply, Ignored, ReceiveError, Received, Request};

use super::content;
use super::settings::{Dialect, Settings};
use super::tolerant::{Entries, Entry};
use super::wire;

/// BizGo sends again what is answered otherwise; anything else is enough for the others.
const ACCEPTED: &str = r#"{"code":"A000","result":"Success"}"#;

/// What a look at the address is called in the log.
const PING: &str = "ping";

/// Ours: how long an event is known again that has neither an id nor a time.
const NAMELESS_MS: i64 = 60_000;

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
    let event = match read(request.body) {
        Ok(event) => event,
        Err(error) if route.is_some() => return Err(error),
        Err(_) => return Ok(nothing(path)),
    };

    let event = Event::of(settings.dialect, event);
    // BizGo's paths differ from customer to customer, and its requests say by themselves what they are.
    let route = match event.request_type.as_deref() {
        Some("write" | "end" | "endwithbot") => return Ok(nothing(&event.result())),
        Some(name) => Route::of(name).ok_or(name),
        None => route.ok_or(path),
    };
    match route {
        Ok(route) => took(bot_id, settings, request, route, event),
        Err(name) => Ok(nothing(name)),
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Route {
    Message,
    Reference,
    ExpiredSession,
}

impl Route {
    fn of(name: &str) -> Option<Self> {
        match name {
            "message" => Some(Self::Message),
            "reference" => Some(Self::Reference),
            "expired_session" => Some(Self::ExpiredSession),
            _ => None,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Message => "message",
            Self::Reference => "reference",
            Self::ExpiredSession => "expired_session",
        }
    }
}

/// A body that must be an object; serde would take a list for one.
fn read(body: &[u8]) -> Result<wire::Event<'_>, ReceiveError> {
    if body.trim_ascii_start().first() != Some(&b'{') {
        return Err(ReceiveError::Malformed("it is not a JSON object".to_owned()));
    }
    serde_json::from_slice(body).map_err(|error| ReceiveError::malformed(&error))
}

type Text<'a> = Option<Cow<'a, str>>;

/// An event, its dialect settled.
struct Event<'a> {
    user_key: Text<'a>,
    sender_key: Text<'a>,
    session_id: Text<'a>,
    at: Option<EpochMillis>,
    /// The platform's own id of it.
    serial: Text<'a>,
    kind: Text<'a>,
    app_user_id: Text<'a>,
    last_reference: Value,
    request_type: Text<'a>,
    report_code: Text<'a>,
    entries: Entries<'a>,
    attachment: Entry<'a>,
    extra: Text<'a>,
    reference: Value,
}

impl<'a> Event<'a> {
    fn of(dialect: Dialect, event: wire::Event<'a>) -> Self {
        let bizgo = match dialect {
            Dialect::Auto => {
                event.msg_key.0.is_some() && (event.request_type.0.is_some() || event.user_key.0.is_none())
            }
            Dialect::Kakao => false,
            Dialect::Bizgo => true,
        };
        // `content` is the elder spelling, and may come beside the other.
        let entries = if event.contents.0.is_empty() { event.content } else { event.contents };
        let (attachment, extra, reference) = (event.attachment, event.extra.0, event.reference);
        if bizgo {
            let time = |text: &Option<Cow<'_, str>>| text.as_deref().and_then(|text| text.parse().ok());
            return Self {
                user_key: event.bizgo_user_key.0,
                sender_key: event.bizgo_sender_key.0,
                session_id: event.bizgo_session_id.0,
                at: time(&event.kakao_time.0).or_else(|| time(&event.send_time.0)),
                serial: event.msg_key.0,
                kind: event.msg_type.0,
                app_user_id: event.bizgo_app_user_id.0,
                last_reference: event.bizgo_last_reference,
                request_type: event.request_type.0,
                report_code: event.report_code.0,
                entries,
                attachment,
                extra,
                reference,
            };
        }
        let time = event.time.as_str().and_then(|time| time.parse().ok()).filter(|time| *time > 0).map(EpochMillis);
        Self {
            user_key: event.user_key.0,
            sender_key: event.sender_key.0,
            session_id: event.session_id.0,
            at: time,
            serial: event.serial_number.0,
            kind: event.kind.0,
            app_user_id: event.app_user_id.0,
            last_reference: event.last_reference,
            request_type: None,
            report_code: None,
            entries,
            attachment,
            extra,
            reference,
        }
    }

    /// What became of something that we sent; of use in the log.
    fn result(&self) -> String {
        let part = |text: &Text<'a>| text.as_deref().unwrap_or_default().to_owned();
        format!("result {} {}", part(&self.request_type), part(&self.report_code))
    }

    /// What stands for the event's id. Where the platform gave none, it is all that it told.
    fn key(&self, route: Route, sender_key: &str, user_key: &UserKey, received_at: EpochMillis) -> String {
        let name = route.name();
        if let Some(serial) = &self.serial {
            return format!("{name} {sender_key} {serial}");
        }
        let session = self.session_id.as_deref().unwrap_or_default();
        let when = match self.at {
            Some(at) => at.0.to_string(),
            None => format!("received {}", received_at.0.div_euclid(NAMELESS_MS)),
        };
        let mut key = format!("{name} {sender_key} {user_key} {session} {when}");
        let entries = self.entries.0.iter().flat_map(|entry| [&entry.text, &entry.url, &entry.comment]);
        for text in [&self.kind, &self.extra].into_iter().chain(entries) {
            key.push('\n');
            key.push_str(text.as_deref().unwrap_or_default());
        }
        if !self.reference.is_null() {
            key.push_str(&self.reference.to_string());
        }
        key
    }
}

fn took(
    bot_id: &BotId,
    settings: &Settings,
    request: &Request<'_>,
    route: Route,
    mut event: Event<'_>,
) -> Result<Received, ReceiveError> {
    let missing = |what: &str| ReceiveError::Malformed(format!("there is no {what}"));
    let user_key = event.user_key.take().ok_or_else(|| missing("user key"))?;
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
        Route::Message => messages(event),
        Route::Reference => reference(event),
        Route::ExpiredSession => vec![(String::new(), InboundKind::Closed)],
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

/// Each entry is a message, with its place among them. The first brings along what belongs to all.
fn messages(event: Event<'_>) -> Vec<(String, InboundKind)> {
    let kind = event.kind.as_deref().unwrap_or_default();
    let of_each = || {
        let mut extra = serde_json::Map::new();
        for (name, value) in [("sessionId", &event.session_id), ("appUserId", &event.app_user_id)] {
            if let Some(value) = value {
                extra.insert(name.to_owned(), json!(value));
            }
        }
        extra
    };
    let mut payload = event.extra.as_deref().and_then(content::payload);
    // The whole of a text that is too long for Kakao. To fetch it takes longer than the request may.
    let mut attachment_url = event.attachment.url.or(event.attachment.text);

    let mut messages = Vec::with_capacity(event.entries.0.len());
    for (index, entry) in event.entries.0.into_iter().enumerate() {
        let Some((data, comment)) = content::read(kind, entry) else { continue };
        let place = if index == 0 { String::new() } else { format!("#{index}") };
        let platform_message_id = event.serial.as_ref().map(|serial| format!("{serial}{place}"));
        let mut extra = of_each();
        if let Some(url) = attachment_url.take() {
            extra.insert("attachmentUrl".to_owned(), json!(url));
        }
        let meta = Box::new(Meta { payload: payload.take(), comment, extra, ..Meta::default() });
        messages.push((place, InboundKind::Message { platform_message_id, data, meta }));
    }
    messages
}

/// The session began. Who it is in the company's own app is told here, and not with each word.
fn reference(event: Event<'_>) -> Vec<(String, InboundKind)> {
    let app_user_id = app_user_id(&event);
    let mut kinds = vec![(String::new(), InboundKind::Opened { params: opened(event), once: true })];
    if let Some(id) = app_user_id {
        let params = Params::from_iter([("appUserId".to_owned(), id)]);
        kinds.push((" appUserId".to_owned(), InboundKind::Updated { params }));
    }
    kinds
}

/// Where the customer came from.
fn opened(event: Event<'_>) -> Params {
    let reference = event.reference;
    let mut params = Params::new();
    if let Some(extra) = content::reference(&reference["extra"]) {
        params.insert("reference".to_owned(), extra);
    }
    let mut words = [&reference["lastText"], &reference["text"]].into_iter().filter_map(Value::as_str);
    if let Some(last_text) = words.find(|text| !text.is_empty()) {
        params.insert("lastText".to_owned(), json!(last_text));
    }
    if event.last_reference.is_object() {
        params.insert("lastReference".to_owned(), event.last_reference);
    }
    params
}

fn app_user_id(event: &Event<'_>) -> Option<Value> {
    if let Some(id) = &event.app_user_id {
        return Some(json!(id));
    }
    match &event.reference["appUserId"] {
        Value::Number(id) => Some(json!(id.to_string())),
        Value::String(id) if !id.is_empty() => Some(json!(id)),
        Value::Null | Value::Bool(_) | Value::String(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

fn nothing(why: &str) -> Received {
    Received { inbound: Vec::new(), ignored: vec![Ignored::new(why)], acknowledge: accepted() }
}

fn accepted() -> Acknowledge {
    Acknowledge::Now(HttpReply::json(ACCEPTED.to_owned()))
}
