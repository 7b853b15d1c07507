//! Buttons and quick replies, which are of the same kinds:
//! <https://developer-center.happytalk.io/KakaoWebhook/MessageSend/rich>.

use crate::Dropped;
use crate::fit::{Limit, cut};

use super::limits;

/// On a button that only opens something.
pub(super) const OPEN: &str = "열기";

/// A button that can be shown; its label is cut where it is.
pub(super) struct Press<'a> {
    label: &'a str,
    does: Does,
}

/// As it is shown.
#[derive(Clone)]
pub(super) struct Button {
    pub name: String,
    pub does: Does,
}

#[derive(Clone)]
pub(super) enum Does {
    Web(String),
    App(String),
    /// Says its name and brings this back. It is a reference, for Kakao carries neither JSON nor Hangul; the
    /// conversation knows the label and payload that it stands for.
    Say(String),
}

/// What can be shown of them. An address of another kind would make the dealer refuse the whole bubble.
pub(super) fn usable<'a>(buttons: &'a [model::Button], dropped: &mut Vec<Dropped>) -> Vec<Press<'a>> {
    let presses: Vec<_> = buttons.iter().filter_map(press).collect();
    if presses.len() < buttons.len() {
        dropped.push(Dropped { what: "button", count: buttons.len() - presses.len() });
    }
    presses
}

fn press(button: &model::Button) -> Option<Press<'_>> {
    let label = button.label.trim();
    if button.says() {
        return (!label.is_empty()).then(|| Press { label, does: Does::Say(button.reference()) });
    }
    let uri = button.uri.as_deref().unwrap_or_default();
    let does = web(uri).map(Does::Web).or_else(|| app(uri).map(Does::App))?;
    Some(Press { label: if label.is_empty() { OPEN } else { label }, does })
}

impl<'a> Press<'a> {
    /// `url` as [`web`] gave it.
    pub(super) fn open(label: &'a str, url: String) -> Self {
        Self { label, does: Does::Web(url) }
    }

    pub(super) fn button(self, name: Limit, dropped: &mut Vec<Dropped>) -> Button {
        Button { name: cut(self.label, name, "button label", dropped).into_owned(), does: self.does }
    }
}

pub(super) fn is_web(uri: &str) -> bool {
    web(uri).is_some()
}

/// An address of the web, percent-encoded.
pub(super) fn web(uri: &str) -> Option<String> {
    let uri = uri.trim();
    let (scheme, rest) = uri.split_once("://")?;
    if !["http", "https"].iter().any(|known| scheme.eq_ignore_ascii_case(known)) {
        return None;
    }
    // A name has another encoding than the rest, punycode.
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if host.is_empty() || !host.bytes().all(is_plain) {
        return None;
    }
    encoded(scheme, rest)
}

/// An address that opens an app. What runs in a browser or reads files is none.
fn app(uri: &str) -> Option<String> {
    let (scheme, rest) = uri.trim().split_once("://")?;
    let is_scheme = scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
        && scheme.bytes().next().is_some_and(|first| first.is_ascii_alphabetic());
    let is_other = ["http", "https", "javascript", "data", "vbscript", "file", "blob", "about"]
        .iter()
        .any(|known| scheme.eq_ignore_ascii_case(known));
    if !is_scheme || is_other || rest.is_empty() {
        return None;
    }
    encoded(scheme, rest)
}

fn encoded(scheme: &str, rest: &str) -> Option<String> {
    let encode = |byte: u8| if is_plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") };
    let encoded = scheme.to_ascii_lowercase() + "://" + &rest.bytes().map(encode).collect::<String>();
    limits::URL.holds(&encoded).then_some(encoded)
}

/// `%` is: what is encoded already stays as it is.
fn is_plain(byte: u8) -> bool {
    byte.is_ascii_graphic() && !b"\"<>\\^`{|}".contains(&byte)
}
