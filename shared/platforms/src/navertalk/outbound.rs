//! What NaverTalk is asked to send, by <https://github.com/navertalk/chatbot-api#보내기-api>, one event after another, or
//! as the answer to an event: <https://github.com/navertalk/chatbot-api#event-응답>. Never both for one turn, for the answer
//! may be shown after what is sent.

use http::StatusCode;
use model::{Inbound, Reply};

use super::contents::{Say, contents};
use super::settings::Settings;
use super::wire::{Content, Outgoing, OutgoingOptions};
use super::{API_URL, limits};
use crate::{Call, Dropped, HttpReply, Rendered};

/// How the calls are named; `judge` knows them by it.
pub(super) const SEND: &str = "send";
pub(super) const HANDOVER: &str = "handover";

const JSON: &str = "application/json;charset=UTF-8";

/// To whom a charge is refused. Nothing else tells them.
const NO_PAYMENT: &str = "결제를 처리할 수 없습니다.";

pub(super) fn render(settings: &Settings, reply: &Reply, inbound: &Inbound) -> Rendered {
    let mut dropped = Vec::new();
    let says = contents(settings, reply, &mut dropped);
    let Some(token) = &settings.authorization else {
        let count = says.len() + usize::from(hands_over(settings, reply));
        if count > 0 {
            dropped.push(Dropped { what: "reply: authorization is not set", count });
        }
        return Rendered { calls: Vec::new(), dropped };
    };

    let user = Some(inbound.conversation_key.as_str());
    let send = |content: &Content<'_>| {
        let options = settings.notification.then_some(OutgoingOptions::Send { notification: true });
        call(SEND, token, &Outgoing { event: SEND, user, partner: None, content: Some(content), options })
    };
    let sends = says.iter().map(|Say { content, instead }| {
        let instead = instead.as_ref().map(|content| Box::new(send(content)));
        Call { instead, ..send(content) }
    });
    let mut calls: Vec<_> = sends.collect();
    if hands_over(settings, reply) {
        // Events of people tell the account as well.
        let partner = settings.partner.as_deref().or_else(|| inbound.reply_to["partner"].as_str());
        let options = Some(OutgoingOptions::Handover { control: "passThread", target_id: limits::AGENTS });
        calls.push(call(HANDOVER, token, &Outgoing { event: HANDOVER, user, partner, content: None, options }));
    }
    Rendered { calls, dropped }
}

/// A conversation that Naver's own people get is out of the reach of our API, so it goes to them only by request.
fn hands_over(settings: &Settings, reply: &Reply) -> bool {
    reply.hand_over && settings.hand_over
}

fn call(name: &'static str, token: &str, event: &Outgoing<'_>) -> Call {
    let call = Call::json(name, format!("{API_URL}/chatbot/v1/event"), event);
    // The token stands by itself, without `Bearer`.
    let headers = vec![("content-type", JSON.to_owned()), ("authorization", token.to_owned())];
    Call { headers, ..call }
}

/// One event, and nobody to hand the conversation to. Where nothing can be sent, an answer is all there is.
pub(super) fn takes(settings: &Settings, reply: &Reply, inbound: &Inbound) -> bool {
    if inbound.answer_by.is_none() {
        return false;
    }
    settings.authorization.is_none()
        || (!hands_over(settings, reply) && contents(settings, reply, &mut Vec::new()).len() <= 1)
}

pub(super) fn answer(settings: &Settings, reply: &Reply, inbound: &Inbound) -> (HttpReply, Vec<Dropped>) {
    let mut dropped = Vec::new();
    if !takes(settings, reply, inbound) {
        return (nothing(), dropped);
    }
    let mut says = contents(settings, reply, &mut dropped);
    let surplus = says.len().saturating_sub(1) + usize::from(hands_over(settings, reply));
    let keys = says.last_mut().and_then(|last| last.content.quick_reply().take());
    if let Some(first) = says.first_mut() {
        *first.content.quick_reply() = keys;
    }
    if surplus > 0 {
        dropped.push(Dropped { what: "message: authorization is not set", count: surplus });
    }
    let answer = says.first().map_or_else(nothing, |say| HttpReply::ok(JSON, event(&say.content)));
    (answer, dropped)
}

/// Of the sender, whoever it names.
fn event(content: &Content<'_>) -> String {
    let event = Outgoing { event: SEND, user: None, partner: None, content: Some(content), options: None };
    serde_json::to_string(&event).unwrap_or_default()
}

/// Nothing is said. Naver does not tell how it would read `{}`.
pub(super) fn nothing() -> HttpReply {
    HttpReply::empty(StatusCode::OK)
}

/// Any status but 200 refuses the charge, and this one is Naver's own example.
pub(super) fn refuse_payment() -> HttpReply {
    let content = Content::Text { text: NO_PAYMENT.into(), quick_reply: None };
    HttpReply { status: StatusCode::NOT_FOUND, ..HttpReply::ok(JSON, event(&content)) }
}
