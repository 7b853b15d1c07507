//! The frames that everybody of a userKey gets, one per message and one for the keyboard. They are stored, numbered and
//! sent by whoever keeps the log: here each is a [`Call`] to an address that is no host's.

use model::{
    Button, Card, Event, EventData, EventType, Inbound, Keyboard, KeyboardType, Media, Message, MessageData, Meta,
    Reply,
};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::limits;
use crate::fit::{self, Limit};
use crate::{Call, Dropped, Outcome, Rendered, Verdict};

/// How the calls are named.
pub(super) const FRAME: &str = "frame";
/// What their addresses start with; the userKey follows.
pub const FRAMES: &str = "frames:";
/// The key of a frame: one that is in the log already is not added again.
pub const KEY: &str = "x-closer-frame";

pub(super) fn render(reply: &Reply, inbound: &Inbound) -> Rendered {
    let mut dropped = Vec::new();
    let mut frames: Vec<Value> = reply.messages.iter().flat_map(|message| messages(message, &mut dropped)).collect();
    frames.extend(reply.keyboard.as_ref().map(|keyboard| keyboard_frame(keyboard, &mut dropped)));
    let calls = frames.iter().enumerate().map(|(index, frame)| {
        Call::json(FRAME, format!("{FRAMES}{}", inbound.conversation_key), frame)
            .header(KEY, inbound.id.action(FRAME, index).to_string())
    });
    Rendered { calls: calls.collect(), dropped }
}

/// What the log says: 200 or 409 when it has the frame, whoever put it there.
pub(super) fn judge(outcome: &Outcome<'_>) -> Verdict {
    match outcome {
        Outcome::Answered(answer) => match answer.status {
            200..300 | 409 => Verdict::Delivered,
            429 | 500.. => Verdict::Later { reason: format!("the frames are not kept: {}", answer.status) },
            status => Verdict::Refused { reason: format!("a frame was refused: {status}") },
        },
        // The key makes a second one harmless.
        Outcome::Unanswered | Outcome::Unreachable => Verdict::Later { reason: "the frames are not kept".to_owned() },
    }
}

/// What API Gateway made of a frame that was posted to a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Posted {
    Sent,
    /// Nobody is there any more: delete the row, and go on.
    Gone,
    /// Too fast, or the browser does not read: again, a little later, and never as the turn's failure.
    Later,
    /// It is about us, not the socket: our credentials, or nobody is reached. Again later, and the row stays.
    Unavailable,
    /// It will be refused each time.
    Refused,
}

pub fn posted(status: u16) -> Posted {
    match status {
        200..300 => Posted::Sent,
        410 => Posted::Gone,
        401 | 403 => Posted::Unavailable,
        429 | 500.. => Posted::Later,
        _ => Posted::Refused,
    }
}

/// What a frame does to the choices that are offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Offer {
    Unchanged,
    /// It is the keyboard in force from now on.
    Begins,
    /// The customer has spoken, or the conversation is over.
    Ends,
}

pub fn offer(frame: &[u8]) -> Offer {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Kind {
        r#type: String,
        event: Option<EventType>,
        message: Option<Spoken>,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Spoken {
        is_user: bool,
    }
    let Ok(kind) = serde_json::from_slice::<Kind>(frame) else { return Offer::Unchanged };
    match kind.r#type.as_str() {
        "KEYBOARD" => Offer::Begins,
        "MESSAGE" if kind.message.is_some_and(|message| message.is_user) => Offer::Ends,
        "EVENT" if kind.event == Some(EventType::ConversationDeleted) => Offer::Ends,
        _ => Offer::Unchanged,
    }
}

/// A customer's own message, for the other tabs.
pub fn heard_frame(message: &Message, client_message_id: &str) -> Value {
    let mut frame = json!({ "type": "MESSAGE", "message": message, "clientMessageId": client_message_id });
    // What is only for the bot.
    if let Some(message) = frame["message"].as_object_mut() {
        message.insert("meta".to_owned(), Value::Null);
    }
    frame
}

/// What such a frame says.
pub fn heard_data(frame: &[u8]) -> Option<MessageData> {
    #[derive(Deserialize)]
    struct Heard {
        message: Said,
    }
    #[derive(Deserialize)]
    struct Said {
        data: MessageData,
    }
    serde_json::from_slice::<Heard>(frame).ok().map(|heard| heard.message.data)
}

/// The events that a browser is told of: those of a person of the company, and the end. Nothing of the context.
pub fn event_frame(event: &Event) -> Option<Value> {
    let told = matches!(
        event.event,
        EventType::AgentCallRequested
            | EventType::AgentCallConnected
            | EventType::AgentCallCancelled
            | EventType::AgentCallDisconnected
            | EventType::ConversationDeleted
    );
    let EventData::Conversation(conversation) = &event.data else { return None };
    if !told {
        return None;
    }
    Some(json!({
        "type": "EVENT",
        "event": event.event,
        "data": { "conversation": { "id": conversation.id } },
        "timestamp": event.timestamp,
    }))
}

/// A stored frame with its number.
pub fn stamp(frame: &[u8], seq: u64) -> Vec<u8> {
    let rest = frame.strip_prefix(b"{").unwrap_or(frame);
    let comma = if rest == b"}" { "" } else { "," };
    let mut stamped = format!("{{\"seq\":{seq}{comma}").into_bytes();
    stamped.extend_from_slice(rest);
    stamped
}

/// What a button says of its payload.
#[derive(Clone, Copy)]
enum Payload {
    Whole,
    /// The conversation knows what it stands for.
    Reference,
}

/// The frames of a message; with short payloads, before anything is dropped for being too large.
fn messages(message: &Message, dropped: &mut Vec<Dropped>) -> Vec<Value> {
    let mut lost = Vec::new();
    let whole: Vec<_> =
        parts(&message.data, Payload::Whole, &mut lost).iter().map(|data| frame_of(message, data)).collect();
    if whole.iter().all(fits_frame) {
        dropped.append(&mut lost);
        return whole;
    }
    let parts = parts(&message.data, Payload::Reference, dropped);
    parts.into_iter().filter_map(|data| within_a_frame(message, data, dropped)).collect()
}

fn parts(data: &MessageData, payload: Payload, dropped: &mut Vec<Dropped>) -> Vec<Value> {
    match data {
        MessageData::Text { text, buttons } => {
            let text = fit::cut(text, limits::TEXT, "text", dropped);
            let buttons = shown(buttons, limits::BUTTONS, payload, dropped);
            (!text.trim().is_empty() || !buttons.is_empty())
                .then(|| with(json!({ "type": "text", "text": text }), "buttons", buttons))
                .into_iter()
                .collect()
        }
        MessageData::Media { media, text, buttons } => {
            let buttons = shown(buttons, limits::BUTTONS, payload, dropped);
            let text = text.as_ref().map(|text| fit::cut(text, limits::TEXT, "text", dropped).into_owned());
            let text = text.filter(|text| !text.trim().is_empty());
            match media_of(media, dropped) {
                Some(media) => {
                    let mut data = json!({ "type": "media", "media": media });
                    if let Some(text) = text {
                        data["text"] = json!(text);
                    }
                    vec![with(data, "buttons", buttons)]
                }
                None if text.is_some() || !buttons.is_empty() => {
                    vec![with(json!({ "type": "text", "text": text.unwrap_or_default() }), "buttons", buttons)]
                }
                None => Vec::new(),
            }
        }
        MessageData::Cards { cards } => cards_of(cards, payload, dropped),
        MessageData::Location { location } => {
            let within = location.latitude.abs() <= 90.0 && location.longitude.abs() <= 180.0;
            if !within {
                dropped.push(Dropped { what: "location", count: 1 });
                return Vec::new();
            }
            let title =
                location.title.as_ref().map(|title| fit::cut(title, limits::CARD_TITLE, "location title", dropped));
            vec![json!({ "type": "location", "location": {
                "title": title, "latitude": location.latitude, "longitude": location.longitude,
            } })]
        }
    }
}

fn frame_of(message: &Message, data: &Value) -> Value {
    json!({ "type": "MESSAGE", "message": {
        "id": message.id,
        "endUserId": message.end_user_id,
        "conversationId": message.conversation_id,
        "isUser": message.is_user,
        "meta": message.meta.as_ref().and_then(meta_of),
        "data": data,
        "timestamp": message.timestamp,
    } })
}

/// What a page may see: who of the company speaks, and what the bot's author wrote for it.
fn meta_of(meta: &Meta) -> Option<Value> {
    let mut shown = Map::new();
    if let Some(sender) = &meta.sender {
        shown.insert("sender".to_owned(), json!(sender));
    }
    if let Some(persona) = meta.extra.get("persona") {
        shown.insert("persona".to_owned(), persona.clone());
    }
    let fits = |custom: &&Value| match custom {
        Value::String(text) => limits::CUSTOM.holds(text),
        other => limits::CUSTOM.holds(&other.to_string()),
    };
    if let Some(custom) = meta.custom.as_ref().filter(fits) {
        shown.insert("custom".to_owned(), custom.clone());
    }
    (!shown.is_empty()).then(|| shown.into())
}

/// Cards that fit in frames of their own, as many in each as go; several frames are several carousels.
fn cards_of(cards: &[Card], payload: Payload, dropped: &mut Vec<Dropped>) -> Vec<Value> {
    let cards = fit::keep(cards, limits::CARDS, "card", dropped);
    let cards: Vec<Value> = cards.iter().filter_map(|card| card_of(card, payload, dropped)).collect();
    let mut groups: Vec<Vec<Value>> = Vec::new();
    let mut used = 0;
    for card in cards {
        let bytes = card.to_string().len() + 1;
        match groups.last_mut() {
            // A quarter is for what is not cards.
            Some(group) if used + bytes <= limits::FRAME.0 / 4 * 3 => {
                group.push(card);
                used += bytes;
            }
            _ => {
                groups.push(vec![card]);
                used = bytes;
            }
        }
    }
    groups.into_iter().map(|cards| json!({ "type": "cards", "cards": cards })).collect()
}

fn card_of(card: &Card, payload: Payload, dropped: &mut Vec<Dropped>) -> Option<Value> {
    let mut shown = Map::new();
    let mut put = |name: &str, text: &Option<String>, limit: Limit, what| {
        if let Some(text) = text.as_ref().filter(|text| !text.trim().is_empty()) {
            shown.insert(name.to_owned(), json!(fit::cut(text, limit, what, dropped)));
        }
    };
    put("title", &card.title, limits::CARD_TITLE, "card title");
    put("description", &card.description, limits::CARD_DESCRIPTION, "card description");
    if let Some(media) = card.media.as_ref().and_then(|media| media_of(media, dropped)) {
        shown.insert("media".to_owned(), media);
    }
    if let Some(uri) = card.uri.as_deref().filter(|uri| !uri.trim().is_empty()) {
        match link(uri) {
            Some(uri) => drop(shown.insert("uri".to_owned(), json!(uri))),
            None => dropped.push(Dropped { what: "card link", count: 1 }),
        }
    }
    let buttons = self::shown(&card.buttons, limits::BUTTONS, payload, dropped);
    if !buttons.is_empty() {
        shown.insert("buttons".to_owned(), buttons.into());
    }
    (!shown.is_empty()).then(|| shown.into())
}

/// A browser on a page of `https` shows nothing else, and an address of another kind may be run.
fn media_of(media: &Media, dropped: &mut Vec<Dropped>) -> Option<Value> {
    match link(&media.uri).filter(|uri| starts_with(uri, &["http:", "https:"])) {
        Some(uri) => {
            let alt_text = media.alt_text.as_ref().filter(|text| limits::CARD_TITLE.holds(text));
            let mut shown = json!({ "contentType": media.content_type, "uri": uri });
            if let Some(alt_text) = alt_text {
                shown["altText"] = json!(alt_text);
            }
            Some(shown)
        }
        None => {
            dropped.push(Dropped { what: "media", count: 1 });
            None
        }
    }
}

fn shown(buttons: &[Button], most: usize, payload: Payload, dropped: &mut Vec<Dropped>) -> Vec<Value> {
    let buttons = fit::keep(buttons, most, "button", dropped);
    buttons.iter().filter_map(|button| button_of(button, payload, dropped)).collect()
}

fn button_of(button: &Button, kept: Payload, dropped: &mut Vec<Dropped>) -> Option<Value> {
    if button.label.trim().is_empty() {
        dropped.push(Dropped { what: "button without a label", count: 1 });
        return None;
    }
    if !button.says() {
        let Some(uri) = button.uri.as_deref().and_then(link) else {
            dropped.push(Dropped { what: "button link", count: 1 });
            return None;
        };
        return Some(json!({ "label": fit::cut(&button.label, limits::LABEL, "button label", dropped), "uri": uri }));
    }
    let label = fit::cut(&button.label, limits::LABEL, "button label", dropped);
    let fits = |payload: &Value| match (kept, payload) {
        (Payload::Reference, _) => false,
        (Payload::Whole, Value::String(text)) => limits::PAYLOAD.holds(text),
        (Payload::Whole, other) => limits::PAYLOAD.holds(&other.to_string()),
    };
    Some(match &button.payload {
        Some(payload) if label == button.label && fits(payload) => json!({ "label": label, "payload": payload }),
        None if label == button.label => json!({ "label": label }),
        _ => json!({ "label": label, "payload": button.reference() }),
    })
}

fn link(uri: &str) -> Option<&str> {
    let uri = uri.trim();
    let clean = !uri.chars().any(|c| c.is_control() || c.is_whitespace());
    (clean && limits::URI.holds(uri) && starts_with(uri, limits::LINKS)).then_some(uri)
}

fn starts_with(uri: &str, schemes: &[&str]) -> bool {
    schemes.iter().any(|scheme| uri.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme)))
}

/// A location keyboard is ours: CLOSER's object knows text, number and buttons.
fn keyboard_frame(keyboard: &Keyboard, dropped: &mut Vec<Dropped>) -> Value {
    let kind = match keyboard.kind {
        KeyboardType::Any | KeyboardType::Text => "text",
        KeyboardType::Number => "number",
        KeyboardType::Buttons => "buttons",
        KeyboardType::Location => "location",
    };
    let mut shown = json!({ "type": kind });
    let mut put = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            shown[name] = value;
        }
    };
    put("min", keyboard.min.map(Value::from));
    put("max", keyboard.max.map(Value::from));
    put("parse", keyboard.parse.map(Value::from));
    put("integer", keyboard.integer.map(Value::from));
    let frame = |buttons| json!({ "type": "KEYBOARD", "keyboard": with(shown.clone(), "buttons", buttons) });
    let mut lost = Vec::new();
    let whole = frame(self::shown(&keyboard.buttons, limits::QUICK_REPLIES, Payload::Whole, &mut lost));
    if fits_frame(&whole) {
        dropped.append(&mut lost);
        return whole;
    }
    let mut buttons = self::shown(&keyboard.buttons, limits::QUICK_REPLIES, Payload::Reference, dropped);
    let all = buttons.len();
    loop {
        let frame = frame(buttons.clone());
        if fits_frame(&frame) || buttons.pop().is_none() {
            if buttons.len() < all {
                dropped.push(Dropped { what: "button", count: all - buttons.len() });
            }
            return frame;
        }
    }
}

/// The frame of one part; what makes it too large goes from the end.
fn within_a_frame(message: &Message, mut data: Value, dropped: &mut Vec<Dropped>) -> Option<Value> {
    loop {
        let frame = frame_of(message, &data);
        if fits_frame(&frame) {
            return Some(frame);
        }
        let of_card = data.pointer_mut("/cards/0/buttons").and_then(Value::as_array_mut);
        let popped = match of_card {
            Some(buttons) => buttons.pop(),
            None => data.get_mut("buttons").and_then(Value::as_array_mut).and_then(Vec::pop),
        };
        if popped.is_none() {
            dropped.push(Dropped { what: "message", count: 1 });
            return None;
        }
        dropped.push(Dropped { what: "button", count: 1 });
    }
}

fn fits_frame(frame: &Value) -> bool {
    frame.to_string().len() + limits::STAMP <= limits::FRAME.0
}

fn with(mut value: Value, name: &str, list: Vec<Value>) -> Value {
    if !list.is_empty() {
        value[name] = list.into();
    }
    value
}
