//! What each kind of event says, in our words: <https://github.com/navertalk/chatbot-api#event-명세>, and the pages beside it,
//! `handover_v1.md`, `profile_api_v1.md` and `pay_api_v1.md`.

use std::borrow::Cow;

use model::{InboundKind, Params, PlatformType, Sender};
use serde_json::{Map, Value, json};

use super::inbound::text;
use super::settings::Settings;
use super::wire::{Event, Options};
use super::{limits, messages};
use crate::Ignored;

/// `sourceId` of what a person of the company wrote; the bot's own has another number.
const AGENTS: u64 = limits::AGENTS as u64;

/// What an event comes to.
pub(super) struct Read {
    pub(super) kinds: Vec<InboundKind>,
    pub(super) ignored: Option<Ignored>,
    /// Whether Naver shows an answer to it.
    pub(super) answerable: bool,
    /// Whether money must not be taken.
    pub(super) refuses: bool,
}

impl Read {
    fn of(kind: InboundKind) -> Self {
        Self { kinds: vec![kind], ignored: None, answerable: false, refuses: false }
    }

    fn ignored(what: &str) -> Self {
        Self { kinds: Vec::new(), ignored: Some(Ignored::new(what)), answerable: false, refuses: false }
    }
}

/// `None` of kinds that we do not know; Naver's own quick start posts a `test`.
pub(super) fn read(settings: &Settings, name: &str, event: &mut Event<'_>) -> Option<Read> {
    let options = event.options.take();
    if name == "send" {
        return Some(sent(event, options.and_then(|options| options.product)));
    }
    let options = options.map(|options| *options).unwrap_or_default();
    Some(match name {
        "open" => opened(options),
        "leave" => Read::of(InboundKind::left()),
        "friend" => befriended(options),
        "echo" => echoed(event, options),
        "handover" => handed_over(options),
        "profile" => profile(options),
        "pay_complete" => charge(settings, options),
        "pay_confirm" => charged(settings, options),
        _ => return None,
    })
}

/// Each entry into the room is one, also when the customer only reads what is there.
fn opened(options: Options<'_>) -> Read {
    let params = params([
        ("inflow", options.inflow),
        ("referer", options.referer),
        ("from", options.from),
        ("friend", options.friend),
        ("under14", options.under14),
        ("under19", options.under19),
        ("unreadMessage", options.unread_message),
    ]);
    Read { answerable: true, ..Read::of(InboundKind::Opened { params, once: true }) }
}

fn sent(event: &mut Event<'_>, product: Option<Value>) -> Read {
    let standby = event.standby == Some(true);
    let mut said = messages::read(event);
    if said.is_empty() {
        return Read::ignored("send without content");
    }
    let product = product.filter(|product| !is_nothing(product));
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
        Some("passThread") => Read::of(InboundKind::AgentLeft {
            params: options.metadata.map(metadata).unwrap_or_default(),
            conversation_id: None,
        }),
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
