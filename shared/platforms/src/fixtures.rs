//! Runs one recorded case through a platform: check, read, answer, compare. The format is described in
//! `docs/fixtures.md`; `closer fixtures` and the tests of every platform use this one harness.

mod socket;

use std::collections::BTreeMap;

use http::{HeaderMap, HeaderName, HeaderValue, Method};
use model::{BotId, EpochMillis, Inbound, InboundId, InboundKind, Params, PlatformType, Reply};
use serde_json::{Value, json};

use crate::{Acknowledge, HttpReply, Platform, Request, Setup, media};

/// What a case whose platform runs elsewhere, or that needs state of the whole system, comes to.
#[derive(Debug, PartialEq, Eq)]
pub enum Verdict {
    Passed,
    Failed(Vec<String>),
    Skipped(&'static str),
}

/// A `.case.json`, and the bytes beside it.
#[derive(Debug)]
pub struct Case {
    pub json: Value,
    pub body: Vec<u8>,
}

/// Whose cases can be run: also web chat's, which nobody calls by HTTP.
pub fn platform(kind: PlatformType) -> Option<&'static Platform> {
    crate::find(kind).or((kind == PlatformType::Web).then_some(&crate::web::PLATFORM))
}

/// `earlier` are the cases that `after` names: what they told is not told again, as the queue has it.
pub fn run(platform: &Platform, case: &Case, earlier: &[Case]) -> Verdict {
    if case.json["websocketEvent"] == true {
        return socket::run(platform, case, earlier);
    }
    let Case { json: case, body } = case;
    let mut known = Vec::new();
    for Case { json, body } in earlier {
        match receive(platform, json, body, &[]) {
            Ok(outcome) => known.extend(outcome.ids),
            Err(reason) => return Verdict::Failed(vec![reason]),
        }
    }
    let result = match receive(platform, case, body, &known) {
        Ok(result) => result,
        Err(reason) => return Verdict::Failed(vec![reason]),
    };
    let failures = compare(&case["expect"], &result);
    if failures.is_empty() { Verdict::Passed } else { Verdict::Failed(failures) }
}

/// A request as it was recorded: everything that [`Request`] borrows.
#[derive(Debug)]
pub struct Recorded {
    method: Method,
    tail: String,
    url: String,
    query: BTreeMap<String, String>,
    headers: HeaderMap,
    received_at: EpochMillis,
}

impl Recorded {
    /// `request` as in a case.
    pub fn read(platform: &Platform, request: &Value) -> Result<Self, String> {
        let method = request["method"].as_str().unwrap_or("POST").parse().map_err(|_| "request.method".to_owned())?;
        let path = request["path"].as_str().unwrap_or_default();
        let url = request["url"].as_str().map_or_else(|| format!("https://bots.example.com{path}"), str::to_owned);
        // Cases without a path have the address of some other installation: what follows the bot's id is the tail.
        let tail = path.strip_prefix(&format!("/hooks/{}/", platform.kind)).or_else(|| {
            let (_, rest) = url.split('?').next()?.split_once(&format!("/{}/", platform.kind))?;
            rest.split_once('/').map(|(_, tail)| tail)
        });
        let tail = tail.unwrap_or_default().to_owned();
        let mut headers = HeaderMap::new();
        for (name, value) in request["headers"].as_object().into_iter().flatten() {
            let key: HeaderName = name.parse().map_err(|_| format!("request.headers.{name}"))?;
            let value: HeaderValue =
                value.as_str().unwrap_or_default().parse().map_err(|_| format!("request.headers.{name}"))?;
            headers.append(key, value);
        }
        let query = request["query"]
            .as_object()
            .into_iter()
            .flatten()
            .map(|(name, value)| (name.clone(), value.as_str().map_or_else(|| value.to_string(), str::to_owned)))
            .collect();
        let received_at = EpochMillis(request["receivedAt"].as_i64().unwrap_or(1_780_300_800_000));
        Ok(Self { method, tail, url, query, headers, received_at })
    }

    pub fn request<'a>(&'a self, body: &'a [u8]) -> Request<'a> {
        let Self { method, tail, url, query, headers, received_at } = self;
        Request { method, tail, url, query, headers, body, received_at: *received_at }
    }
}

struct Outcome {
    ids: Vec<InboundId>,
    reply: HttpReply,
    messages: Vec<Value>,
    events: Vec<Value>,
    /// To the connection that asked, on a socket.
    frames: Option<Vec<Value>>,
}

impl Outcome {
    fn of(reply: HttpReply) -> Self {
        Self { ids: Vec::new(), reply, messages: Vec::new(), events: Vec::new(), frames: None }
    }
}

fn receive(platform: &Platform, case: &Value, body: &[u8], known: &[InboundId]) -> Result<Outcome, String> {
    let bot_id: BotId = "Bxxxxx".parse().map_err(|error| format!("{error}"))?;
    let setup = Setup {
        bot_id: &bot_id,
        settings: &case["config"],
        public_url: "https://bots.example.com",
        preference: &Value::Null,
    };
    let channel = (platform.connect)(setup).map_err(|error| error.to_string())?;
    let recorded = Recorded::read(platform, &case["request"])?;
    let request = recorded.request(body);
    let received_at = request.received_at;
    let received = match channel.receive(&request) {
        Ok(received) => received,
        Err(error) => {
            let reply = HttpReply::empty(error.status());
            return Ok(Outcome::of(reply));
        }
    };
    let reply = match received.acknowledge {
        Acknowledge::Now(reply) => reply,
        Acknowledge::Content(_) => HttpReply::empty(http::StatusCode::OK),
        Acknowledge::WithReply { .. } => match (channel.synchronous(), received.inbound.last()) {
            (Some(synchronous), Some(last)) => synchronous.answer(&Reply::default(), last, received_at, 0).0,
            _ => return Err("waits for a reply, but is not synchronous, or to nothing".to_owned()),
        },
    };
    let new = || received.inbound.iter().filter(|inbound| !known.contains(&inbound.id));
    Ok(Outcome {
        ids: received.inbound.iter().map(|inbound| inbound.id).collect(),
        reply,
        frames: None,
        messages: new().filter_map(message).collect(),
        events: new().filter_map(event).collect(),
    })
}

fn message(inbound: &Inbound) -> Option<Value> {
    let (platform_message_id, data, meta, is_user) = match &inbound.kind {
        InboundKind::Message { platform_message_id, data, meta } => (platform_message_id, data, meta, true),
        InboundKind::Echo { platform_message_id, data, meta } => (platform_message_id, data, meta, false),
        InboundKind::Opened { .. }
        | InboundKind::Joined { .. }
        | InboundKind::Updated { .. }
        | InboundKind::Left { .. }
        | InboundKind::Unfriended { .. }
        | InboundKind::Closed { .. }
        | InboundKind::AgentJoined { .. }
        | InboundKind::AgentSaid { .. }
        | InboundKind::AgentLeft { .. }
        | InboundKind::Moved { .. }
        | InboundKind::Collect
        | InboundKind::Expired { .. }
        | InboundKind::Late { .. } => return None,
    };
    Some(json!({
        "userKey": inbound.user_key,
        "conversationKey": inbound.conversation_key,
        "isUser": is_user,
        "timestamp": inbound.timestamp,
        "platformMessageId": platform_message_id,
        "answerBy": inbound.answer_by,
        "data": data,
        "payload": meta.payload,
        "meta": meta,
    }))
}

fn event(inbound: &Inbound) -> Option<Value> {
    let none = Params::new();
    let (event, params) = match &inbound.kind {
        InboundKind::Opened { params, .. } => ("bot.conversation.created", params),
        InboundKind::Closed { .. } => ("bot.conversation.deleted", &none),
        InboundKind::Joined { params } => ("bot.end_user.created", params),
        InboundKind::Updated { params } => ("bot.end_user.updated", params),
        InboundKind::Left { params } | InboundKind::Unfriended { params } => ("bot.end_user.deleted", params),
        InboundKind::AgentLeft { params, .. } => ("bot.conversation.agent_call_disconnected", params),
        InboundKind::Message { .. }
        | InboundKind::Echo { .. }
        | InboundKind::AgentJoined { .. }
        | InboundKind::AgentSaid { .. }
        | InboundKind::Moved { .. }
        | InboundKind::Collect
        | InboundKind::Expired { .. }
        | InboundKind::Late { .. } => return None,
    };
    Some(json!({
        "event": event,
        "userKey": inbound.user_key,
        "timestamp": inbound.timestamp,
        "params": params,
    }))
}

fn compare(expect: &Value, outcome: &Outcome) -> Vec<String> {
    let mut failures = Vec::new();
    let status = u64::from(outcome.reply.status.as_u16());
    let accepted: Vec<u64> = match (&expect["statusAnyOf"], &expect["status"]) {
        (Value::Array(list), _) => list.iter().filter_map(Value::as_u64).collect(),
        (_, one) => one.as_u64().into_iter().collect(),
    };
    if !accepted.is_empty() && !accepted.contains(&status) {
        failures.push(format!("status: expected {accepted:?}, got {status}"));
    }
    if let Some(body) = expect["body"].as_str()
        && body != outcome.reply.body
    {
        failures.push(format!("body: expected {body:?}, got {:?}", outcome.reply.body));
    }
    for (key, wanted) in [("bodyContains", true), ("bodyExcludes", false)] {
        for part in expect[key].as_array().into_iter().flatten().filter_map(Value::as_str) {
            if outcome.reply.body.contains(part) != wanted {
                failures.push(format!("{key}: {part:?}"));
            }
        }
    }
    failures.extend(compare_messages(expect, &outcome.messages));
    failures.extend(compare_events(expect, &outcome.events));
    if let Some(frames) = outcome.frames.as_deref().map(Value::from) {
        for expected in [&expect["frames"], &expect["system"]["frames"]] {
            if expected.is_array() && !matches(expected, &frames) {
                failures.push(format!("frames: expected {expected}, got {frames}"));
            }
        }
    }
    failures
}

fn compare_messages(expect: &Value, actual: &[Value]) -> Vec<String> {
    let Some(expected) = expect["messages"].as_array() else { return Vec::new() };
    let mut failures = Vec::new();
    let in_order = |expected: &[Value]| {
        expected.len() == actual.len()
            && expected.iter().zip(actual).all(|(expected, actual)| matches(expected, actual))
    };
    let each_somewhere =
        |expected: &[Value]| expected.iter().all(|expected| actual.iter().any(|actual| matches(expected, actual)));
    let same = match expect["messagesMatch"].as_str() {
        Some("any") => true,
        Some("contains") => each_somewhere(expected),
        _ if expect["orderInsensitive"] == true => expected.len() == actual.len() && each_somewhere(expected),
        _ => in_order(expected),
    };
    let also = expect["alsoAccept"].as_array().into_iter().flatten().filter_map(Value::as_array);
    if !same && !also.into_iter().any(|expected| in_order(expected)) {
        failures.push(format!("messages: expected {}, got {}", Value::from(expected.as_slice()), Value::from(actual)));
    }
    for key in expect["metaAbsent"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        if actual.iter().any(|message| !message["meta"][key].is_null()) {
            failures.push(format!("meta.{key} must be absent"));
        }
    }
    failures
}

fn compare_events(expect: &Value, actual: &[Value]) -> Vec<String> {
    let mut failures = Vec::new();
    let list = |key: &str| expect[key].as_array().map(Vec::as_slice).unwrap_or_default();
    let mut left: Vec<&Value> = actual.iter().collect();
    for expected in list("events") {
        match left.iter().position(|event| matches(expected, event)) {
            Some(at) => drop(left.remove(at)),
            None => failures.push(format!("events: {expected} is missing in {}", Value::from(actual))),
        }
    }
    for group in list("eventsAnyOf") {
        let names = group.as_array().map(Vec::as_slice).unwrap_or_default();
        match left.iter().position(|event| names.contains(&event["event"])) {
            Some(at) => drop(left.remove(at)),
            None => failures.push(format!("eventsAnyOf: none of {group}")),
        }
    }
    left.retain(|event| !list("eventsOptional").contains(&event["event"]));
    // It is told only where an agent was there, which is the core's to know, not the adapter's.
    left.retain(|event| event["event"] != "bot.conversation.agent_call_disconnected");
    if expect["events"].is_array() && !left.is_empty() {
        failures.push(format!("events: not expected: {left:?}"));
    }
    let forbidden = list("eventsForbidden");
    for event in actual {
        let optional = list("eventsOptional").contains(&event["event"]);
        if !optional && (forbidden.contains(&json!("*")) || forbidden.contains(&event["event"])) {
            failures.push(format!("eventsForbidden: {}", event["event"]));
        }
    }
    failures
}

/// Every key of `expected` is equal in `actual`; further keys are fine; `null` equals absent; arrays have equal length
/// and order; `nonEmpty`, `anyOf`, `startsWith` and `source` may stand in place of a value.
pub fn matches(expected: &Value, actual: &Value) -> bool {
    match expected {
        Value::Object(fields) if fields.len() == 1 && fields.get("nonEmpty") == Some(&Value::Bool(true)) => {
            match actual {
                Value::Null => false,
                Value::String(text) => !text.is_empty(),
                Value::Array(list) => !list.is_empty(),
                Value::Object(fields) => !fields.is_empty(),
                Value::Bool(_) | Value::Number(_) => true,
            }
        }
        Value::Object(fields) if fields.len() == 1 && fields.contains_key("anyOf") => {
            fields["anyOf"].as_array().is_some_and(|list| list.iter().any(|expected| matches(expected, actual)))
        }
        Value::Object(fields) if fields.len() == 1 && fields.contains_key("startsWith") => {
            matches!((&fields["startsWith"], actual), (Value::String(start), Value::String(text)) if text.starts_with(start))
        }
        Value::Object(fields) if fields.len() == 2 && fields.contains_key("source") && fields.contains_key("auth") => {
            let (Some(source), Some(uri)) = (fields["source"].as_str(), actual.as_str()) else { return false };
            media::peek(uri).as_deref() == Some(source) || (fields["auth"] == "none" && uri == source)
        }
        Value::Object(fields) => match actual {
            Value::Object(_) => fields.iter().all(|(key, expected)| matches(expected, &actual[key])),
            _ => false,
        },
        Value::Array(list) => actual.as_array().is_some_and(|actual| {
            list.len() == actual.len() && list.iter().zip(actual).all(|(expected, actual)| matches(expected, actual))
        }),
        Value::Number(number) => actual.as_number().is_some_and(|actual| actual.as_f64() == number.as_f64()),
        Value::Null | Value::Bool(_) | Value::String(_) => expected == actual,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matchers() {
        for (expected, actual, same) in [
            (json!({"a": 1}), json!({"a": 1.0, "b": 2}), true),
            (json!({"a": null}), json!({}), true),
            (json!({"a": null}), json!({"a": 0}), false),
            (json!({"a": {}}), json!({}), false),
            (json!([1, 2]), json!([1, 2, 3]), false),
            (json!([1, 2]), json!([2, 1]), false),
            (json!({"nonEmpty": true}), json!("x"), true),
            (json!({"nonEmpty": true}), json!(""), false),
            (json!({"nonEmpty": true}), json!(null), false),
            (json!({"anyOf": ["a", {"b": 1}]}), json!({"b": 1}), true),
            (json!({"anyOf": ["a"]}), json!("b"), false),
            (json!({"startsWith": "a"}), json!("ab"), true),
            (json!({"startsWith": "a"}), json!("ba"), false),
            (json!({"source": "https://a.example/1", "auth": "none"}), json!("https://a.example/1"), true),
            (json!({"source": "https://a.example/1", "auth": "bearer"}), json!("https://a.example/1"), false),
            (json!("1"), json!(1), false),
        ] {
            assert_eq!(matches(&expected, &actual), same, "{expected} against {actual}");
        }
    }
}
