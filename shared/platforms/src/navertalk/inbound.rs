//! Checks who sent an event, and reads it: <https://github.com/navertalk/chatbot-api#event-명세>.
//!
//! Events have neither ids nor times. The time is that of arrival; the id is made of it in milliseconds, of user, kind and
//! a hash of the body, so that the same text said twice is two messages. Only two equal bodies within one millisecond
//! would be taken for one.

use std::borrow::Cow;

use http::{Method, StatusCode};
use model::{BotId, Inbound, InboundId, InboundKind, Params, PlatformType, Sender, UserKey};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::settings::Settings;
use super::wire::{Event, Options, Text};
use super::{lenient, limits, messages, outbound};
use crate::{Acknowledge, HttpReply, Ignored, ReceiveError, Received, Request};

/// `sourceId` of what a person of the company wrote; the bot's own has another number.
const AGENTS: u64 = limits::AGENTS as u64;

pub(super) fn receive(bot_id: &BotId, settings: &Settings, request: &Request<'_>) -> Result<Received, ReceiveError> {
    check(settings, request)?;
    // serde would take an array for a struct.
    if request.body.trim_ascii_start().first().is_some_and(|first| *first != b'{') {
        return Err(ReceiveError::Malformed("it is not an object".to_owned()));
    }
    match serde_json::from_slice(request.body) {
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

/// What an event comes to.
struct Read {
    kinds: Vec<InboundKind>,
    ignored: Option<Ignored>,
    /// Whether Naver shows an answer to it.
    answerable: bool,
    refuses: bool,
}

impl Read {
    fn of(kind: InboundKind) -> Self {
        Self { kinds: vec![kind], ignored: None, answerable: false, refuses: false }
    }

    fn ignored(what: &str) -> Self {
        Self { kinds: Vec::new(), ignored: Some(Ignored::new(what)), answerable: false, refuses: false }
    }
}

fn take(
    bot_id: &BotId,
    settings: &Settings,
    request: &Request<'_>,
    mut event: Event<'_>,
) -> Result<Received, ReceiveError> {
    let name = text(event.event.take()).unwrap_or_default();
    let options = event.options.take().unwrap_or_default();
    let read = match &*name {
        "open" => Read { answerable: true, ..Read::of(InboundKind::Opened { params: opened(options), once: true }) },
        "send" => sent(&mut event, options),
        "leave" => Read::of(InboundKind::left()),
        "friend" => befriended(options),
        "echo" => echoed(&mut event, options),
        "handover" => handed_over(options),
        "profile" => profile(options),
        "pay_complete" => charge(settings, options),
        "pay_confirm" => charged(settings, options),
        // Naver's own quick start posts `test`.
        "" => return Ok(nothing("event without a name")),
        other => return Ok(nothing(other)),
    };

    let user_key = text(event.user.take()).ok_or_else(|| ReceiveError::Malformed("there is no user".to_owned()))?;
    let user_key: UserKey =
        user_key.parse().map_err(|_| ReceiveError::Malformed("the user key is too long".to_owned()))?;
    let until = request.received_at.plus_ms(settings.answer_within_ms);
    let waits = settings.synchronous && read.answerable;
    let hash = Sha256::digest(request.body);
    let partner = text(event.partner.take());
    let inbound: Vec<_> = read
        .kinds
        .into_iter()
        .enumerate()
        .map(|(index, kind)| Inbound {
            id: InboundId::of(
                bot_id,
                PlatformType::Navertalk,
                &format!("{} {user_key} {name} {hash:x} {index}", request.received_at.0),
            ),
            bot_id: bot_id.clone(),
            platform: PlatformType::Navertalk,
            user_key: user_key.clone(),
            conversation_key: user_key.clone(),
            timestamp: request.received_at,
            received_at: request.received_at,
            answer_by: waits.then_some(until),
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

fn nothing(what: &str) -> Received {
    let acknowledge = Acknowledge::Now(HttpReply::empty(StatusCode::OK));
    Received { inbound: Vec::new(), ignored: vec![Ignored::new(what)], acknowledge }
}

/// Each entry into the room is one, also when the customer only reads what is there.
fn opened(options: Options<'_>) -> Params {
    params([
        ("inflow", options.inflow),
        ("referer", options.referer),
        ("from", options.from),
        ("friend", options.friend),
        ("under14", options.under14),
        ("under19", options.under19),
        ("unreadMessage", options.unread_message),
    ])
}

fn sent(event: &mut Event<'_>, options: Options<'_>) -> Read {
    let standby = event.standby == Some(true);
    let mut said = messages::read(event);
    if said.is_empty() {
        return Read::ignored("send without content");
    }
    let product = options.product.filter(|product| !is_nothing(product));
    for (_, meta) in &mut said {
        meta.standby = standby;
        if let Some(product) = &product {
            meta.extra.insert("product".to_owned(), product.clone());
        }
    }
    let message = |(data, meta)| InboundKind::Message { platform_message_id: None, data, meta: Box::new(meta) };
    Read {
        kinds: said.into_iter().map(message).collect(),
        ignored: None,
        // A person has the conversation, and the bot only listens.
        answerable: !standby,
        refuses: false,
    }
}

/// "Friend" means consent to advertising, and nothing for the conversation.
fn befriended(options: Options<'_>) -> Read {
    let params = |friend: bool| Params::from_iter([("friend".to_owned(), json!(friend))]);
    match text(options.set).as_deref() {
        Some("on") => Read::of(InboundKind::Joined { params: params(true) }),
        Some("off") => Read::of(InboundKind::Unfriended { params: params(false) }),
        Some(_) | None => Read::ignored("friend neither on nor off"),
    }
}

/// What the customer was sent, by a person or by us. An answer to it would be echoed as well, without end.
fn echoed(event: &mut Event<'_>, options: Options<'_>) -> Read {
    let by_agent = match &options.source_id {
        Some(Value::Number(id)) => id.as_f64() == Some(AGENTS as f64),
        Some(Value::String(id)) => id.parse() == Ok(AGENTS),
        Some(Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_)) | None => false,
    };
    if !by_agent {
        return Read::ignored("echo of the bot");
    }
    let name = text(options.manager_nickname).unwrap_or(Cow::Borrowed("agent"));
    let said = messages::read(event);
    if said.is_empty() {
        return Read::ignored("echo without content");
    }
    let kinds = said.into_iter().map(|(data, mut meta)| {
        let platform = PlatformType::Navertalk.to_string();
        meta.sender = Some(Sender { user_key: name.to_string(), platform });
        InboundKind::Echo { platform_message_id: None, data, meta: Box::new(meta) }
    });
    Read { kinds: kinds.collect(), ignored: None, answerable: false, refuses: false }
}

/// A person pressed 상담 완료하기, or a timer did.
fn handed_over(options: Options<'_>) -> Read {
    match text(options.control).as_deref() {
        Some("passThread") => {
            Read::of(InboundKind::AgentLeft { params: options.metadata.map(metadata).unwrap_or_default() })
        }
        Some(_) | None => Read::ignored("handover but passThread"),
    }
}

/// Naver shows it as JSON, and as JSON with the wrong quotes.
fn metadata(metadata: Value) -> Params {
    let fields: Option<Map<String, Value>> = match &metadata {
        Value::Object(fields) => Some(fields.clone()),
        Value::String(text) => {
            serde_json::from_str(text).or_else(|_| serde_json::from_str(&text.replace('\'', "\""))).ok()
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) => None,
    };
    let mut fields = fields.unwrap_or_default();
    let known = params(["managerNickname", "autoEnd"].map(|name| (name, fields.remove(name))));
    if known.is_empty() { params([("metadata", Some(metadata))]) } else { known }
}

/// What the customer consented to give us, or takes back.
fn profile(options: Options<'_>) -> Read {
    let result = text(options.result).unwrap_or_default();
    let params = match &*result {
        "SUCCESS" => {
            params([("nickname", options.nickname), ("cellphone", options.cellphone), ("address", options.address)])
        }
        // Naver makes it a duty to forget them.
        "WITHDRAW" => {
            let names = options.withdrawals.as_ref().and_then(Value::as_array).into_iter().flatten();
            names.filter_map(Value::as_str).map(|name| (name.to_owned(), Value::Null)).collect()
        }
        other => return Read::ignored(&format!("profile {other}")),
    };
    if params.is_empty() { Read::ignored("profile of nothing") } else { Read::of(InboundKind::Updated { params }) }
}

/// A status of 200 takes the customer's money, any other does not: what is not a sure yes is a no.
fn charge(settings: &Settings, options: Options<'_>) -> Read {
    match options.payment_result.filter(|result| settings.payments && result["code"] == "Success") {
        Some(result) => Read::of(InboundKind::Updated { params: params([("paymentResult", Some(result))]) }),
        None => Read { refuses: true, ..Read::ignored("pay_complete refused") },
    }
}

/// The money is there.
fn charged(settings: &Settings, options: Options<'_>) -> Read {
    match options.payment_confirm_result.filter(|result| settings.payments && result["code"] == "Success") {
        Some(result) => Read::of(InboundKind::Updated { params: params([("paymentConfirmResult", Some(result))]) }),
        None => Read::ignored("pay_confirm"),
    }
}

/// Those that say something.
fn params<const N: usize>(list: [(&str, Option<Value>); N]) -> Params {
    let said = |(name, value): (&str, Option<Value>)| {
        value.filter(|value| !is_nothing(value)).map(|value| (name.to_owned(), value))
    };
    list.into_iter().filter_map(said).collect()
}

fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) => false,
    }
}

/// An empty text says as much as none.
pub(super) fn text(text: Option<Text<'_>>) -> Option<Cow<'_, str>> {
    text.map(|text| text.0).filter(|text| !text.is_empty())
}
