//! Buttons: <https://developers.line.biz/en/reference/messaging-api/#action-objects>.

use std::borrow::Cow;

use model::Button;
use serde_json::{Value, json};

use super::limits;
use super::wire::{Action, Pressed};
use crate::Dropped;
use crate::fit::{self, Limit, Unit};

/// A button that LINE can show; its label is cut where it is shown.
pub(super) struct Press<'a> {
    pub label: &'a str,
    does: Does<'a>,
}

enum Does<'a> {
    Open(Cow<'a, str>),
    Say,
    /// Say the label, and hand this to us.
    Hand(String),
}

/// What LINE can show of them. Others would make it refuse the whole message.
pub(super) fn usable<'a>(buttons: &'a [Button], dropped: &mut Vec<Dropped>) -> Vec<Press<'a>> {
    let presses: Vec<_> = buttons.iter().filter_map(|button| press(button, dropped)).collect();
    if presses.len() < buttons.len() {
        dropped.push(Dropped { what: "button", count: buttons.len() - presses.len() });
    }
    presses
}

fn press<'a>(button: &'a Button, dropped: &mut Vec<Dropped>) -> Option<Press<'a>> {
    let label = button.label.trim();
    if label.is_empty() {
        return None;
    }
    // Forms leave empty texts behind.
    let does = match button.uri.as_deref().filter(|uri| !uri.trim().is_empty()) {
        Some(uri) => Does::Open(address(uri, limits::URI_SCHEMES, limits::URI)?),
        None => data(label, button.payload.as_ref(), dropped).map_or(Does::Say, Does::Hand),
    };
    Some(Press { label, does })
}

/// The payload with its label, if there is one and it fits: LINE brings back what we write here, and nothing else.
fn data(label: &str, payload: Option<&Value>, dropped: &mut Vec<Dropped>) -> Option<String> {
    let payload = payload.filter(|payload| !payload.is_null() && **payload != json!({}) && **payload != json!(""))?;
    let data = serde_json::to_string(&Pressed { l: label, p: payload }).ok()?;
    if !limits::DATA.holds(&data) {
        dropped.push(Dropped { what: "button payload", count: 1 });
        return None;
    }
    Some(data)
}

impl<'a> Press<'a> {
    /// `uri` as [`address`] gave it.
    pub(super) fn open(label: &'a str, uri: Cow<'a, str>) -> Self {
        Self { label, does: Does::Open(uri) }
    }

    pub(super) fn fits(&self, label: Limit) -> bool {
        fits(self.label, label)
    }

    pub(super) fn action(self, limit: Limit, dropped: &mut Vec<Dropped>) -> Action<'a> {
        let label = cut(self.label, limit, "button label", dropped);
        match self.does {
            Does::Open(uri) => Action::Uri { label, uri },
            Does::Say => Action::Message { label, text: cut(self.label, limits::SAID, "button text", dropped) },
            Does::Hand(data) => {
                let display_text = cut(self.label, limits::SAID, "button text", dropped);
                Action::Postback { label, data, display_text }
            }
        }
    }
}

/// [`fit::cut`], that also minds how large a single character may be.
pub(super) fn cut<'a>(text: &'a str, limit: Limit, what: &'static str, dropped: &mut Vec<Dropped>) -> Cow<'a, str> {
    let Some(units) = units(limit).filter(|units| !units.holds(text)) else {
        return fit::cut(text, limit, what, dropped);
    };
    let cut = fit::cut(text, units, what, dropped);
    Cow::Owned(fit::cut(&cut, limit, what, &mut Vec::new()).into_owned())
}

pub(super) fn fits(text: &str, limit: Limit) -> bool {
    limit.holds(text) && units(limit).is_none_or(|units| units.holds(text))
}

fn units(limit: Limit) -> Option<Limit> {
    match limit.1 {
        Unit::Grapheme => Some(Limit(limit.0 * limits::UNITS_IN_GRAPHEME, Unit::Utf16)),
        Unit::Utf16 | Unit::Scalar | Unit::Unknown | Unit::Byte => None,
    }
}

/// `uri` as LINE takes it: of one of these schemes, and percent-encoded.
pub(super) fn address<'a>(uri: &'a str, schemes: &[&str], limit: Limit) -> Option<Cow<'a, str>> {
    let uri = uri.trim();
    let (scheme, rest) = uri.split_once(':')?;
    if !schemes.iter().any(|known| scheme.eq_ignore_ascii_case(known)) {
        return None;
    }
    let rest = match rest.strip_prefix("//") {
        Some(rest) => rest,
        None if scheme.eq_ignore_ascii_case("tel") => rest,
        None => return None,
    };
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
    limit.holds(&encoded).then_some(encoded)
}

/// `%` is: what is encoded already stays as it is.
fn is_plain(b: u8) -> bool {
    b.is_ascii_graphic() && !b"\"<>\\^`{|}".contains(&b)
}
