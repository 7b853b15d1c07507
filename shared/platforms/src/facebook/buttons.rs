//! Buttons and quick replies: <https://developers.facebook.com/docs/messenger-platform/send-messages/buttons>,
//! `send-messages/quick-replies`.

use std::borrow::Cow;

use model::Button;

use super::limits;
use super::payload;
use super::wire::{self, QuickReply};
use crate::fit::{Dropped, cut};

/// For links of which nobody said what they are. It needs no language.
pub(super) const OPEN: &str = "🔗";

/// A button that Messenger can show; its label is cut where it is shown.
pub(super) struct Press<'a> {
    pub label: &'a str,
    does: Does<'a>,
}

enum Does<'a> {
    Open(Cow<'a, str>),
    Call(String),
    /// Say the label, and hand this to us.
    Say(String),
}

/// What Messenger can show of them. Others would make it refuse the whole message.
pub(super) fn usable<'a>(buttons: &'a [Button], dropped: &mut Vec<Dropped>) -> Vec<Press<'a>> {
    let presses: Vec<_> = buttons.iter().filter_map(press).collect();
    if presses.len() < buttons.len() {
        dropped.push(Dropped { what: "button", count: buttons.len() - presses.len() });
    }
    presses
}

/// Messenger has no button that calls a person: such a one says its label.
fn press(button: &Button) -> Option<Press<'_>> {
    let label = button.label.trim();
    if label.is_empty() {
        return None;
    }
    // Forms leave empty texts behind.
    let does = match button.uri.as_deref().map(str::trim).filter(|uri| !uri.is_empty()) {
        Some(uri) => match web(uri) {
            Some(url) => Does::Open(url),
            None => Does::Call(telephone(uri)?),
        },
        None => Does::Say(payload::carried(label, button)),
    };
    Some(Press { label, does })
}

impl<'a> Press<'a> {
    /// `url` as [`web`] gave it.
    pub(super) fn open(label: &'a str, url: Cow<'a, str>) -> Self {
        Self { label, does: Does::Open(url) }
    }

    /// Whether it can be a quick reply, which opens nothing.
    pub(super) fn says(&self) -> bool {
        match self.does {
            Does::Say(_) => true,
            Does::Open(_) | Does::Call(_) => false,
        }
    }

    pub(super) fn button(self, dropped: &mut Vec<Dropped>) -> wire::Button<'a> {
        let title = cut(self.label, limits::LABEL, "button label", dropped);
        match self.does {
            Does::Open(url) => wire::Button::WebUrl { title, url },
            Does::Call(payload) => wire::Button::PhoneNumber { title, payload },
            Does::Say(payload) => wire::Button::Postback { title, payload },
        }
    }

    /// `None` for what opens something.
    pub(super) fn quick_reply(self, dropped: &mut Vec<Dropped>) -> Option<QuickReply<'a>> {
        match self.does {
            Does::Open(_) | Does::Call(_) => None,
            Does::Say(payload) => {
                Some(QuickReply { title: cut(self.label, limits::LABEL, "button label", dropped), payload })
            }
        }
    }
}

/// `uri` as Meta takes it: of the web, and percent-encoded.
pub(super) fn web(uri: &str) -> Option<Cow<'_, str>> {
    let uri = uri.trim();
    let (scheme, rest) = uri.split_once("://")?;
    if !["http", "https"].iter().any(|known| scheme.eq_ignore_ascii_case(known)) {
        return None;
    }
    // A name in other letters has an encoding of its own, punycode.
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let (name, port) = host.split_once(':').unwrap_or((host, "0"));
    let is_name = name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b));
    if name.trim_matches('.').is_empty() || !is_name || port.parse::<u16>().is_err() {
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
    limits::URL.holds(&encoded).then_some(encoded)
}

/// `%` is: what is encoded already stays as it is.
fn is_plain(b: u8) -> bool {
    b.is_ascii_graphic() && !b"\"<>\\^`{|}".contains(&b)
}

/// Meta wants the number with its country: `+` and digits.
fn telephone(uri: &str) -> Option<String> {
    let number = uri.get(..4).filter(|scheme| scheme.eq_ignore_ascii_case("tel:")).map(|_| &uri[4..])?;
    let number: String = number.chars().filter(|c| !"-.() ".contains(*c)).collect();
    let digits = number.strip_prefix('+')?;
    ((5..=15).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit())).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        for (uri, expected) in [
            ("https://a.example/b?c=d#e", Some("https://a.example/b?c=d#e")),
            (" https://a.example ", Some("https://a.example")),
            ("HTTP://A.example:8080/x y", Some("http://A.example:8080/x%20y")),
            ("https://a.example/꽃%20<>", Some("https://a.example/%EA%BD%83%20%3C%3E")),
            ("https://꽃집.example/", None),
            ("https://user@a.example/", None),
            ("https://a.example:99999/", None),
            ("https://a.example:/", None),
            ("https://.", None),
            ("https://", None),
            ("//a.example", None),
            ("javascript://a.example/%0a", None),
            ("mailto:a@b.example", None),
            ("", None),
        ] {
            assert_eq!(web(uri).as_deref(), expected, "{uri}");
        }
    }

    #[test]
    fn telephones() {
        for (uri, expected) in [
            ("tel:+82-2-123-4567", Some("+8221234567")),
            ("TEL:+82 (2) 123.4567", Some("+8221234567")),
            ("tel:02-123-4567", None),
            ("tel:+1234", None),
            ("tel:+1234567890123456", None),
            ("tel:+82abc4567", None),
            ("tel:", None),
            ("꽃", None),
        ] {
            assert_eq!(telephone(uri).as_deref(), expected, "{uri}");
        }
    }
}
