//! Says a reply: as the answer, as an answer that asks for patience, and as the one call of a callback.
//! <https://kakaobusiness.gitbook.io/main/tool/chatbot/skill_guide/answer_json_format>,
//! <https://kakaobusiness.gitbook.io/main/tool/chatbot/skill_guide/ai_chatbot_callback_guide>

use model::{EpochMillis, Inbound, Keyboard, Reply};

use crate::{Call, Dropped, HttpReply, Rendered};

use super::pack::{self, Bubble, pack};
use super::settings::Settings;
use super::wire::{Data, Output, SkillResponse, Template};
use super::{buttons, limits, messages};

pub(super) fn answer(settings: &Settings, reply: &Reply) -> (HttpReply, Vec<Dropped>) {
    let mut dropped = Vec::new();
    let body = whole(settings, reply, &mut dropped);
    (HttpReply::json(body), dropped)
}

/// With a callback the block's waiting bubble is shown, and the reply follows by itself. Without, the customer presses a
/// button for it.
pub(super) fn interim(settings: &Settings, inbound: &Inbound) -> HttpReply {
    if callback_url(inbound).is_some() {
        let data = Data { text: settings.waiting_text.clone() };
        let response = SkillResponse { version: "2.0", template: None, use_callback: Some(true), data: Some(data) };
        return HttpReply::json(pack::json(&response));
    }
    let mut template = words(&settings.interim_message);
    template.quick_replies = vec![buttons::for_late_answer(&settings.interim_label)];
    HttpReply::json(pack::serialize(template, &settings.empty_message, &mut Vec::new()))
}

/// The callback takes one call within a minute.
pub(super) fn late(settings: &Settings, reply: &Reply, inbound: &Inbound, now: EpochMillis) -> Option<Rendered> {
    let url = callback_url(inbound)?;
    if now.since(inbound.received_at) >= limits::CALLBACK_MS {
        return None;
    }
    let call = |body: String, instead| Call {
        method: "POST",
        // Encoded anew, the token in it would be another.
        url: url.to_owned(),
        headers: vec![("content-type", "application/json".to_owned())],
        body: body.into_bytes(),
        name: "callback",
        needs: Vec::new(),
        instead,
    };
    let mut dropped = Vec::new();
    let plainly = call(plain(settings, reply), None);
    let calls = vec![call(whole(settings, reply, &mut dropped), Some(Box::new(plainly)))];
    Some(Rendered { calls, dropped })
}

fn whole(settings: &Settings, reply: &Reply, dropped: &mut Vec<Dropped>) -> String {
    let placeholder = settings.placeholder_image.as_deref();
    let bubbles = reply.messages.iter().flat_map(|message| messages::render(&message.data, placeholder, dropped));
    let bubbles = bubbles.collect();
    body(settings, bubbles, reply.keyboard.as_ref(), dropped)
}

/// The same words without anything that could be wrong with a bubble.
fn plain(settings: &Settings, reply: &Reply) -> String {
    body(settings, messages::plain_bubbles(&reply.messages), None, &mut Vec::new())
}

fn body(settings: &Settings, bubbles: Vec<Bubble>, keyboard: Option<&Keyboard>, dropped: &mut Vec<Dropped>) -> String {
    let outputs = pack(bubbles, dropped);
    let mut template = if outputs.is_empty() {
        words(&settings.empty_message)
    } else {
        Template { outputs, quick_replies: Vec::new() }
    };
    template.quick_replies = buttons::quick_replies(keyboard, dropped);
    pack::serialize(template, &settings.empty_message, dropped)
}

/// When nothing was said to us either. Kakao takes no empty answer.
pub(super) fn nothing(settings: &Settings) -> HttpReply {
    HttpReply::json(pack::serialize(words(&settings.empty_message), &settings.empty_message, &mut Vec::new()))
}

fn words(text: &str) -> Template {
    Template { outputs: vec![Output::SimpleText { text: text.to_owned() }], quick_replies: Vec::new() }
}

fn callback_url(inbound: &Inbound) -> Option<&str> {
    inbound.reply_to["callbackUrl"].as_str()
}
