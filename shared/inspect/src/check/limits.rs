//! The limits of CLOSER itself, whatever the messenger; of its Bot Builder where the engine has none.

use serde_json::Value;

use super::{Found, label_of};
use crate::atlas::{Atlas, Kind, Node, Place, is_template};
use crate::fact::Fact;

/// Guide, system responses: each text.
const SYSTEM_MESSAGE: usize = 255;
/// Guide, response node: `meta.custom`.
const CUSTOM: usize = 1000;
/// Guide, postback payload. LINE's is shorter, and its adapter says so.
const PAYLOAD: usize = 1000;
/// Guide, request node.
const QUICK_REPLIES: usize = 50;
/// Guide, response node: of a message.
const CARDS: usize = 9;
/// Guide, response node: of a message or card.
const BUTTONS: usize = 9;

pub(super) fn check(atlas: &Atlas<'_>, found: &mut Found) {
    for name in ["empty", "error", "additionalChoice", "unsupportedMedia"] {
        let length = length(&atlas.json["preference"]["systemMessage"][name]);
        if length > SYSTEM_MESSAGE {
            found.bot(Fact::LongSystemMessage { name, length, most: SYSTEM_MESSAGE });
        }
    }
    for (place, node) in atlas.places() {
        match node.kind {
            Kind::Response => response(place, node, found),
            Kind::Keyboard => {
                let count = count(&node.data["buttons"]);
                if count > QUICK_REPLIES {
                    found.node(place, Fact::ManyQuickReplies { count, most: QUICK_REPLIES });
                }
                payloads(place, node, found);
            }
            Kind::Entry
            | Kind::Flow
            | Kind::Back
            | Kind::Parameter
            | Kind::Fetch
            | Kind::Script
            | Kind::Agent
            | Kind::Email
            | Kind::Sheet
            | Kind::Nlp
            | Kind::Chat
            | Kind::Llm
            | Kind::Other => {}
        }
    }
}

fn response(place: Place, node: &Node<'_>, found: &mut Found) {
    let custom = printed(&node.data["meta"]["custom"]);
    if custom > CUSTOM {
        found.node(place, Fact::LongCustom { length: custom, most: CUSTOM });
    }
    let message = &node.data["message"];
    let cards = message["cards"].as_array().map_or(&[][..], Vec::as_slice);
    if cards.len() > CARDS {
        found.node(place, Fact::ManyCards { count: cards.len(), most: CARDS });
    }
    for part in std::iter::once(message).chain(cards) {
        let count = count(&part["buttons"]);
        if count > BUTTONS {
            found.node(place, Fact::ManyButtons { count, most: BUTTONS });
        }
    }
    payloads(place, node, found);
}

fn payloads(place: Place, node: &Node<'_>, found: &mut Found) {
    for button in crate::atlas::buttons(node.data) {
        let length = printed(&button["payload"]);
        if length > PAYLOAD {
            found.node(place, Fact::LongPayload { label: label_of(button), length, most: PAYLOAD });
        }
    }
}

fn count(list: &Value) -> usize {
    list.as_array().map_or(0, Vec::len)
}

fn length(value: &Value) -> usize {
    match value {
        Value::Null => 0,
        Value::String(text) => text.chars().count(),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => value.to_string().chars().count(),
    }
}

/// Of a template nobody knows what it prints.
fn printed(value: &Value) -> usize {
    if value.as_str().is_some_and(is_template) { 0 } else { length(value) }
}
