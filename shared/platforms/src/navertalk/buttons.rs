//! Buttons: <https://github.com/navertalk/chatbot-api#buttondata-명세>.

use std::borrow::Cow;

use model::Button;

use super::wire::{self, QuickReply};
use super::{code, limits};
use crate::Dropped;
use crate::fit::{Limit, cut, keep};

/// For links of ours.
pub(super) const OPEN: &str = "열기";
pub(super) const MORE: &str = "자세히 보기";
pub(super) const MAP: &str = "지도 보기";

/// The buttons that NaverTalk can show, and lines for those that it cannot: it opens no telephone from a button, but
/// makes a link of a number in a text.
#[derive(Clone, Default)]
pub(super) struct Buttons<'a> {
    shown: Vec<Press<'a>>,
    pub(super) lines: Vec<String>,
}

#[derive(Clone)]
enum Press<'a> {
    Say(&'a Button),
    Open(&'a str, Cow<'a, str>),
}

impl<'a> Buttons<'a> {
    /// What is neither would make Naver refuse the whole message.
    pub(super) fn of(buttons: &'a [Button], dropped: &mut Vec<Dropped>) -> Self {
        let mut all = Self::default();
        let mut unusable = 0;
        for button in buttons {
            let label = button.label.trim();
            // Forms leave empty texts behind.
            let uri = button.uri.as_deref().filter(|_| !button.says());
            match (uri, uri.and_then(web), uri.and_then(telephone)) {
                (None, _, _) if !label.is_empty() => all.shown.push(Press::Say(button)),
                (_, Some(uri), _) if !label.is_empty() => all.shown.push(Press::Open(label, uri)),
                (_, _, Some(number)) => all.lines.push(format!("{label} {number}").trim().to_owned()),
                _ => unusable += 1,
            }
        }
        if unusable > 0 {
            dropped.push(Dropped { what: "button", count: unusable });
        }
        all
    }

    /// A link of ours, after the others. `uri` as [`web`] gave it.
    pub(super) fn open(&mut self, label: &'a str, uri: Cow<'a, str>) {
        self.shown.push(Press::Open(label, uri));
    }

    /// The same, before the others.
    pub(super) fn open_first(&mut self, label: &'a str, uri: Cow<'a, str>) {
        self.shown.insert(0, Press::Open(label, uri));
    }

    pub(super) fn is_empty(&self) -> bool {
        self.shown.is_empty()
    }

    /// Of the first, for what has nothing else to say.
    pub(super) fn label(&self) -> Option<&'a str> {
        self.shown.first().map(Press::label)
    }

    pub(super) fn list(&self, dropped: &mut Vec<Dropped>) -> Vec<wire::Button<'a>> {
        let shown = keep(&self.shown, limits::BUTTONS, "button", dropped);
        shown.iter().map(|press| press.button(limits::BUTTON_TITLE, dropped)).collect()
    }

    pub(super) fn quick_reply(&self, dropped: &mut Vec<Dropped>) -> Option<QuickReply<'a>> {
        let shown = keep(&self.shown, limits::QUICK_REPLIES, "quick reply", dropped);
        let button_list: Vec<_> = shown.iter().map(|press| press.button(limits::QUICK_REPLY_TITLE, dropped)).collect();
        (!button_list.is_empty()).then_some(QuickReply { button_list })
    }
}

impl<'a> Press<'a> {
    fn label(&self) -> &'a str {
        match self {
            Self::Say(button) => button.label.trim(),
            Self::Open(label, _) => label,
        }
    }

    /// A press says the title, so the code holds what it was cut from.
    fn button(&self, limit: Limit, dropped: &mut Vec<Dropped>) -> wire::Button<'a> {
        let title = cut(self.label(), limit, "button label", dropped);
        match self {
            Self::Say(button) => wire::Button::Text { code: code::of(button, &title), title },
            Self::Open(_, uri) => wire::Button::Link { title, url: uri.clone(), mobile_url: uri.clone() },
        }
    }
}

/// `uri` as Naver can open and fetch it: of the web, and percent-encoded.
pub(super) fn web(uri: &str) -> Option<Cow<'_, str>> {
    let uri = uri.trim();
    let (scheme, rest) = uri.split_once("://")?;
    if !["http", "https"].iter().any(|known| scheme.eq_ignore_ascii_case(known)) {
        return None;
    }
    // A name has another encoding than the rest, punycode.
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if host.is_empty() || !host.bytes().all(|b| b.is_ascii_graphic()) {
        return None;
    }
    let is_clean = uri.bytes().all(is_plain) && !scheme.bytes().any(|b| b.is_ascii_uppercase());
    let encoded = if is_clean {
        Cow::Borrowed(uri)
    } else {
        let encode = |b: u8| if is_plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") };
        let rest: String = uri[scheme.len()..].bytes().map(encode).collect();
        Cow::Owned(scheme.to_ascii_lowercase() + &rest)
    };
    limits::URI.holds(&encoded).then_some(encoded)
}

/// `%` is: what is encoded already stays as it is.
fn is_plain(b: u8) -> bool {
    b.is_ascii_graphic() && !b"\"<>\\^`{|}".contains(&b)
}

/// The number, as it is written.
fn telephone(uri: &str) -> Option<&str> {
    let (scheme, number) = uri.trim().split_once(':')?;
    let is_number = number.bytes().any(|b| b.is_ascii_digit())
        && number.len() <= 40
        && number.bytes().all(|b| b.is_ascii_digit() || b"+-*#(). ".contains(&b));
    (scheme.eq_ignore_ascii_case("tel") && is_number).then(|| number.trim())
}
