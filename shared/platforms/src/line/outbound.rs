//! What LINE is asked to send: <https://developers.line.biz/en/reference/messaging-api/#send-reply-message> while the
//! reply token of the customer's message lives, `#send-push-message` after that and for what does not fit in the reply.

use model::{EpochMillis, Inbound, Reply};
use serde::Serialize;

use super::wire::{self, Object};
use super::{API_URL, Line, limits, objects};
use crate::{Call, Dropped, Rendered};

/// How the calls are named; `judge` knows them by it.
pub(super) const REPLY: &str = "reply";
pub(super) const PUSH: &str = "push";

pub(super) fn render(line: &Line, reply: &Reply, inbound: &Inbound, now: EpochMillis) -> Rendered {
    let mut dropped = Vec::new();
    let objects = objects::objects(reply, line.video_preview.as_deref(), &mut dropped);
    let Some(token) = line.token.as_deref() else {
        if !objects.is_empty() {
            dropped.push(Dropped { what: "reply: channelAccessToken is not set", count: objects.len() });
        }
        return Rendered { calls: Vec::new(), dropped };
    };

    let age_ms = now.since(inbound.received_at);
    let reply_token = inbound.reply_to["token"].as_str().filter(|_| age_ms < limits::REPLY_TOKEN_MS);
    // What a request holds besides its messages is far below a hundredth of what it may.
    let room = limits::BODY.0 / 100 * 99;
    let calls = pack(objects, limits::MESSAGES, room, json_bytes)
        .iter()
        .enumerate()
        .map(|(index, messages)| {
            let push = push(token, messages, inbound, index);
            match reply_token {
                // A reply costs the bot's owner nothing.
                Some(reply_token) if index == 0 => replied(token, reply_token, messages, push),
                _ => push,
            }
        })
        .collect();
    Rendered { calls, dropped }
}

/// LINE refuses a retry key here; that the token works once has the same effect.
fn replied(token: &str, reply_token: &str, messages: &[Object<'_>], instead: Call) -> Call {
    let body = wire::Reply { reply_token, messages };
    Call { instead: Some(Box::new(instead)), ..call(REPLY, token, "/v2/bot/message/reply", &body) }
}

fn push(token: &str, messages: &[Object<'_>], inbound: &Inbound, index: usize) -> Call {
    let body = wire::Push { to: inbound.conversation_key.as_str(), messages };
    let mut call = call(PUSH, token, "/v2/bot/message/push", &body);
    // LINE remembers it for a day, and answers 409 to what it has seen.
    call.headers.push(("x-line-retry-key", inbound.id.action(PUSH, index).to_string()));
    call
}

fn call(name: &'static str, token: &str, path: &str, body: &impl Serialize) -> Call {
    Call::json(name, format!("{API_URL}{path}"), body).header("authorization", format!("Bearer {token}"))
}

/// Groups of at most `count` and `bytes`, in order, none of them empty.
pub(super) fn pack<T>(items: Vec<T>, count: usize, bytes: usize, size: impl Fn(&T) -> usize) -> Vec<Vec<T>> {
    let mut groups: Vec<Vec<T>> = Vec::new();
    let mut used = 0;
    for item in items {
        // And the comma.
        let size = size(&item) + 1;
        match groups.last_mut() {
            Some(group) if group.len() < count && used + size <= bytes => {
                group.push(item);
                used += size;
            }
            _ => {
                groups.push(vec![item]);
                used = size;
            }
        }
    }
    groups
}

pub(super) fn json_bytes<T: Serialize>(value: &T) -> usize {
    serde_json::to_vec(value).map_or(0, |json| json.len())
}
