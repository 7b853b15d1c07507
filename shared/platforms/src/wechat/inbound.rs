//! Checks who sent a push, opens and reads it:
//! <https://developers.weixin.qq.com/doc/service/en/guide/product/message/Receiving_standard_messages.html>.

use std::borrow::Cow;

use http::Method;
use model::time::EpochSeconds;
use model::{EpochMillis, Inbound, InboundId, InboundKind, PlatformType, UserKey};
use serde_json::{Map, Value, json};

use super::wire::Push;
use super::{Wechat, api, crypt, limits, messages, passive, xml};
use crate::media::{self, MediaError};
use crate::{Acknowledge, Content, HttpReply, Ignored, ReceiveError, Received, Request};

pub(super) fn receive(wechat: &Wechat, request: &Request<'_>) -> Result<Received, ReceiveError> {
    match (request.tail, request.method) {
        ("", &Method::GET) => check(wechat, request),
        ("", &Method::POST) => push(wechat, request),
        ("", _) => Err(ReceiveError::Method),
        (path, method) => match path.strip_prefix("media/") {
            Some(token) if method == Method::GET => content(wechat, request, token),
            Some(_) | None => Err(ReceiveError::UnknownPath),
        },
    }
}

/// The console asks whether the address is ours. What it wants back is never encrypted.
fn check(wechat: &Wechat, request: &Request<'_>) -> Result<Received, ReceiveError> {
    signer(wechat, request, "signature", None)?;
    let echo = query(request, "echostr");
    if echo.is_empty() {
        return Err(ReceiveError::Malformed("there is no echostr".to_owned()));
    }
    Ok(nothing(Vec::new(), Acknowledge::Now(HttpReply::text(echo.to_owned()))))
}

/// A link of ours to what a customer sent.
fn content(wechat: &Wechat, request: &Request<'_>, token: &str) -> Result<Received, ReceiveError> {
    let settings = &wechat.settings;
    let source = media::open(token, &settings.tokens, request.received_at.seconds()).map_err(|error| match error {
        MediaError::Forged => ReceiveError::UnknownPath,
        MediaError::Expired => ReceiveError::Expired,
    })?;
    // The access token is for no other address, whoever signed the link.
    let is_ours = source.strip_prefix(messages::MEDIA_URL).is_some_and(messages::is_media_id);
    let secret = settings.app_secret.as_deref().filter(|_| is_ours).ok_or(ReceiveError::UnknownPath)?;
    let needs = vec![api::token(&settings.app_id, secret, api::TOKEN_MARK.to_owned())];
    let url = format!("{source}&access_token={}", api::TOKEN_MARK);
    Ok(nothing(Vec::new(), Acknowledge::Content(Content { url, headers: Vec::new(), needs })))
}

fn push(wechat: &Wechat, request: &Request<'_>) -> Result<Received, ReceiveError> {
    let settings = &wechat.settings;
    let signer = signer(wechat, request, "signature", None)?;
    let body = std::str::from_utf8(request.body).map_err(|_| ReceiveError::Malformed("it is not UTF-8".to_owned()))?;
    let mut outer = xml::read(body)?;

    // The compatible mode has both forms; only the encrypted one is signed as a whole.
    let is_encrypted = query(request, "encrypt_type") == "aes" || (outer.encrypt.is_some() && outer.msg_type.is_none());
    if !is_encrypted {
        if settings.require_encryption {
            return Err(ReceiveError::Forbidden);
        }
        return read(wechat, request, &mut outer, &Origin { signer, key: None });
    }
    let encrypted = outer.encrypt.ok_or_else(|| ReceiveError::Malformed("there is no Encrypt".to_owned()))?;
    let signer = self::signer(wechat, request, "msg_signature", Some(&encrypted))?;
    if settings.keys.current.is_none() {
        return Err(ReceiveError::Malformed("it is encrypted, and `encodingAESKey` is not set".to_owned()));
    }
    let (inner, key) = settings.keys.open(&encrypted, &settings.app_id).ok_or(ReceiveError::Forbidden)?;
    read(wechat, request, &mut xml::read(&inner)?, &Origin { signer, key: Some(key) })
}

/// Whose signature it is, as the place in the list of tokens.
fn signer(wechat: &Wechat, request: &Request<'_>, name: &str, encrypted: Option<&str>) -> Result<usize, ReceiveError> {
    let parts: Vec<_> = [query(request, "timestamp"), query(request, "nonce")].into_iter().chain(encrypted).collect();
    crypt::signed(&wechat.settings.tokens, &parts, query(request, name)).ok_or(ReceiveError::Forbidden)
}

fn query<'a>(request: &Request<'a>, name: &str) -> &'a str {
    request.query.get(name).map_or("", String::as_str)
}

/// What made the push, and must make the answer too.
struct Origin {
    signer: usize,
    key: Option<&'static str>,
}

fn read(
    wechat: &Wechat,
    request: &Request<'_>,
    push: &mut Push<'_>,
    origin: &Origin,
) -> Result<Received, ReceiveError> {
    let missing = |name: &str| ReceiveError::Malformed(format!("there is no {name}"));
    let kind = push.msg_type.take().ok_or_else(|| missing("MsgType"))?;
    let from = push.from_user_name.take().ok_or_else(|| missing("FromUserName"))?;
    let user_key: UserKey = from.parse().map_err(|_| ReceiveError::Malformed("FromUserName is too long".to_owned()))?;
    let account = push.to_user_name.take().unwrap_or(Cow::Borrowed(&wechat.settings.original_id));
    let ignored = |ignored| Ok(nothing(vec![ignored], Acknowledge::Now(passive::success())));
    if account != wechat.settings.original_id {
        return ignored(Ignored::new("message to another account"));
    }

    let seconds = push.create_time.as_ref().and_then(|time| time.trim().parse().ok()).map(EpochSeconds);
    let sent_at = seconds.map(EpochSeconds::millis);
    let timestamp = sent_at.unwrap_or(request.received_at);
    let key = push.event_key.as_deref().unwrap_or_default();
    let event = match (&*kind, &push.msg_id, &push.event) {
        ("event", _, Some(event)) => format!("{user_key}:{}:{event}:{key}", timestamp.seconds().0),
        ("event", _, None) => return ignored(Ignored::new("event without a name")),
        (_, Some(id), _) => id.trim().to_owned(),
        (kind, None, _) => format!("{user_key}:{}:{kind}", timestamp.seconds().0),
    };
    let kind = match messages::read(wechat, request, &user_key, timestamp, &kind, push) {
        Ok(kind) => kind,
        Err(kind) => return ignored(kind),
    };
    let brief = matches!(kind, InboundKind::Joined { .. }) || push.event.is_some();
    let until = until(wechat, request, sent_at);
    let answers = matches!(kind, InboundKind::Message { .. } | InboundKind::Joined { .. });
    let inbound = Inbound {
        id: InboundId::of(&wechat.bot_id, PlatformType::Wechat, &event),
        bot_id: wechat.bot_id.clone(),
        platform: PlatformType::Wechat,
        conversation_key: user_key.clone(),
        user_key,
        timestamp,
        received_at: request.received_at,
        answer_by: answers.then_some(until),
        reply_to: if answers { reply_to(&account, origin, brief, sent_at.is_none()) } else { Value::Null },
        kind,
    };
    let acknowledge = if answers { Acknowledge::WithReply { until } } else { Acknowledge::Now(passive::success()) };
    Ok(Received { inbound: vec![inbound], ignored: Vec::new(), acknowledge })
}

/// An account that can only answer lets Tencent ask again, and so wins ten seconds: any of the three may be answered.
fn until(wechat: &Wechat, request: &Request<'_>, sent_at: Option<EpochMillis>) -> EpochMillis {
    let settings = &wechat.settings;
    let will_ask_again = passive::will_ask_again(settings, request.received_at, sent_at);
    request.received_at.plus_ms(if will_ask_again { limits::HOLD_MS } else { settings.answer_within_ms })
}

/// `account` answers; `key` and `token` say with what; `brief`: there is a minute for messages, not two days; `untimed`:
/// nobody knows which of the tries it is.
fn reply_to(account: &str, origin: &Origin, brief: bool, untimed: bool) -> Value {
    let mut fields = Map::new();
    fields.insert("account".to_owned(), json!(account));
    if let Some(key) = origin.key {
        fields.insert("key".to_owned(), json!(key));
        fields.insert("token".to_owned(), json!(origin.signer));
    }
    if brief {
        fields.insert("brief".to_owned(), json!(true));
    }
    if untimed {
        fields.insert("untimed".to_owned(), json!(true));
    }
    Value::Object(fields)
}

fn nothing(ignored: Vec<Ignored>, acknowledge: Acknowledge) -> Received {
    Received { inbound: Vec::new(), ignored, acknowledge }
}
