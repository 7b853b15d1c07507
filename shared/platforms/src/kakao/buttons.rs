//! Buttons of cards, and quick replies.
//! <https://kakaobusiness.gitbook.io/main/tool/chatbot/skill_guide/answer_json_format>

use model::Keyboard;
use serde_json::Value;

use crate::Dropped;
use crate::fit::{Limit, cut, keep};

use super::wire::Button;
use super::{limits, payload};

/// On a button that only opens something.
pub(super) const OPEN: &str = "열기";

/// A button with its label in full.
pub(super) struct Labelled<'a> {
    pub(super) label: &'a str,
    pub(super) button: Button,
}

/// Those that Kakao can show. Other addresses than the web's and telephone numbers have no button.
pub(super) fn render<'a>(buttons: &'a [model::Button], dropped: &mut Vec<Dropped>) -> Vec<Labelled<'a>> {
    buttons
        .iter()
        .filter_map(|button| {
            let rendered = render_one(button, dropped);
            if rendered.is_none() {
                dropped.push(Dropped { what: "button", count: 1 });
            }
            rendered
        })
        .collect()
}

fn render_one<'a>(button: &'a model::Button, dropped: &mut Vec<Dropped>) -> Option<Labelled<'a>> {
    let label_or = |other: &'a str| if button.label.trim().is_empty() { other } else { button.label.as_str() };
    if button.agent_call && !button.label.trim().is_empty() {
        let cut = cut(&button.label, limits::BUTTON_LABEL, "button label", dropped).into_owned();
        return Some(Labelled { label: &button.label, button: Button::Operator { label: cut } });
    }
    let Some(uri) = button.uri.as_deref().filter(|uri| !uri.is_empty()) else {
        let said = say(button, limits::BUTTON_LABEL, dropped)?;
        return Some(Labelled { label: &button.label, button: said });
    };
    if is_web(uri) {
        return Some(link(label_or(OPEN), uri, dropped));
    }
    let number = after_scheme(uri, "tel:").filter(|number| !number.trim().is_empty())?;
    let label = label_or(number);
    let cut = cut(label, limits::BUTTON_LABEL, "button label", dropped).into_owned();
    Some(Labelled { label, button: Button::Phone { label: cut, phone_number: number.to_owned() } })
}

pub(super) fn link<'a>(label: &'a str, url: &str, dropped: &mut Vec<Dropped>) -> Labelled<'a> {
    let cut = cut(label, limits::BUTTON_LABEL, "button label", dropped).into_owned();
    Labelled { label, button: Button::WebLink { label: cut, web_link_url: url.to_owned() } }
}

/// The answers to choose from. They only say their label: Kakao opens nothing from here.
pub(super) fn quick_replies(keyboard: Option<&Keyboard>, dropped: &mut Vec<Dropped>) -> Vec<Button> {
    let buttons = keyboard.map(|keyboard| keyboard.buttons.as_slice()).unwrap_or_default();
    keep(buttons, limits::QUICK_REPLIES, "quick reply", dropped)
        .iter()
        .filter_map(|button| {
            if button.uri.is_some() {
                dropped.push(Dropped { what: "quick reply link", count: 1 });
            }
            let quick_reply = say(button, limits::QUICK_REPLY_LABEL, dropped);
            if quick_reply.is_none() {
                dropped.push(Dropped { what: "quick reply", count: 1 });
            }
            quick_reply
        })
        .collect()
}

/// Under an interim answer.
pub(super) fn for_late_answer(label: &str) -> Button {
    let cut = cut(label, limits::QUICK_REPLY_LABEL, "button label", &mut Vec::new()).into_owned();
    Button::Message { label: cut, message_text: label.to_owned(), extra: Some(payload::late()) }
}

/// The label may be cut; what the press says is not, or nobody would recognise it.
fn say(button: &model::Button, limit: Limit, dropped: &mut Vec<Dropped>) -> Option<Button> {
    if button.label.trim().is_empty() {
        return None;
    }
    let extra = button.payload.as_ref().and_then(payload::to_extra).filter(|extra| fits(extra, dropped));
    let label = cut(&button.label, limit, "button label", dropped).into_owned();
    Some(Button::Message { label, message_text: button.label.clone(), extra })
}

fn fits(extra: &Value, dropped: &mut Vec<Dropped>) -> bool {
    let fits = limits::EXTRA.holds(&extra.to_string());
    if !fits {
        dropped.push(Dropped { what: "button payload", count: 1 });
    }
    fits
}

pub(super) fn is_web(uri: &str) -> bool {
    ["https://", "http://"].iter().any(|scheme| after_scheme(uri, scheme).is_some_and(|rest| !rest.is_empty()))
}

fn after_scheme<'a>(uri: &'a str, scheme: &str) -> Option<&'a str> {
    let (start, rest) = uri.split_at_checked(scheme.len())?;
    start.eq_ignore_ascii_case(scheme).then_some(rest)
}
