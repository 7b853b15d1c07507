//! Texts with links in them, as parts that are not to be torn.
//! <https://developers.weixin.qq.com/doc/service/en/guide/product/message/Passive_user_reply_message.html>

use std::borrow::Cow;

use model::Button;

use super::address::{encode, web};
use super::{limits, xml};
use crate::fit::{self, Dropped};

/// Some of a text.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Part {
    pub kind: Kind,
    /// It begins something new, so a blank line comes before it.
    pub first: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Kind {
    /// May be split.
    Words(String),
    /// A line with a link.
    Link(String),
    Choice(Choice),
}

/// Something to say by a tap.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Choice {
    pub label: String,
    /// [`Button::reference`]: comes back as `bizmsgmenuid`.
    pub id: String,
    line: String,
}

impl Part {
    /// None where there is nothing to read.
    pub(super) fn words(text: &str) -> Option<Self> {
        let text = xml::clean(text);
        (!text.trim().is_empty()).then(|| Self { kind: Kind::Words(text.into_owned()), first: false })
    }

    /// `uri` as [`web`] gave it. Without a label the address itself is shown.
    pub(super) fn link(label: Option<&str>, uri: &str) -> Self {
        let label = label.map(|label| shown(&cut_label(label, &mut Vec::new()))).filter(|label| !label.is_empty());
        let line = label.map_or_else(|| uri.to_owned(), |label| anchor(&uri.replace('&', "&amp;"), &label));
        // An address full of `&` grows; bare it is opened all the same.
        let line = if line.len() > LINE { uri.to_owned() } else { line };
        Self { kind: Kind::Link(line), first: false }
    }

    /// None if a phone could do nothing with it.
    pub(super) fn button(button: &Button, dropped: &mut Vec<Dropped>) -> Option<Self> {
        let label = one_line(&button.label);
        if label.is_empty() {
            dropped.push(Dropped { what: "button", count: 1 });
            return None;
        }
        if button.says() {
            return Some(Self { kind: Kind::Choice(Choice::of(button, &label, dropped)), first: false });
        }
        let uri = button.uri.as_deref().unwrap_or_default().trim();
        if let Some(uri) = web(uri) {
            // To know of the loss; `link` cuts by itself.
            let label = cut_label(&label, dropped);
            return Some(Self::link(Some(&label), &uri));
        }
        // WeChat finds numbers and addresses in a text by itself.
        let plain = ["tel:", "mailto:"].iter().find_map(|scheme| {
            uri.get(..scheme.len()).filter(|start| start.eq_ignore_ascii_case(scheme))?;
            Some(one_line(&uri[scheme.len()..]))
        });
        match plain.filter(|plain| !plain.is_empty() && limits::LABEL.holds(plain)) {
            Some(plain) => {
                let line = format!("{}: {plain}", shown(&cut_label(&label, dropped)));
                Some(Self { kind: Kind::Link(line), first: false })
            }
            None => {
                dropped.push(Dropped { what: "button", count: 1 });
                None
            }
        }
    }

    pub(super) fn text(&self) -> &str {
        match &self.kind {
            Kind::Words(text) => text,
            Kind::Link(line) | Kind::Choice(Choice { line, .. }) => line,
        }
    }

    pub(super) fn separator(&self) -> &'static str {
        if self.first { "\n\n" } else { "\n" }
    }

    /// What it is called when it is lost.
    pub(super) fn name(&self) -> &'static str {
        match self.kind {
            Kind::Words(_) => "text",
            Kind::Link(_) => "link",
            Kind::Choice(_) => "button",
        }
    }
}

impl Choice {
    fn of(button: &Button, label: &str, dropped: &mut Vec<Dropped>) -> Self {
        let label = cut_label(label, dropped).into_owned();
        let id = button.reference();
        // The form that phones know; only what would end the value is encoded.
        let content =
            encode(&label, |byte| byte >= 0x80 || byte.is_ascii_alphanumeric() || b" -_.~!?*'(),:".contains(&byte));
        let uri = format!("weixin://bizmsgmenu?msgmenucontent={content}&msgmenuid={id}");
        let line = anchor(&uri, &shown(&label));
        Self { label, id, line }
    }
}

/// Ours: a line may be so long. Labels and addresses have limits of their own, far below.
const LINE: usize = 1500;

/// All of it, as it is shown.
pub(super) fn join(parts: &[Part]) -> String {
    let mut text = String::with_capacity(length(parts));
    for part in parts {
        if !text.is_empty() {
            text.push_str(part.separator());
        }
        text.push_str(part.text());
    }
    text
}

pub(super) fn length(parts: &[Part]) -> usize {
    let separators: usize = parts.iter().skip(1).map(|part| part.separator().len()).sum();
    separators + parts.iter().map(|part| part.text().len()).sum::<usize>()
}

fn anchor(uri: &str, label: &str) -> String {
    format!("<a href=\"{uri}\">{label}</a>")
}

fn cut_label<'a>(label: &'a str, dropped: &mut Vec<Dropped>) -> Cow<'a, str> {
    fit::cut(label, limits::LABEL, "button label", dropped)
}

pub(super) fn one_line(text: &str) -> String {
    xml::clean(text).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// In a link, where a bracket would end it.
fn shown(label: &str) -> String {
    one_line(label).replace('<', "＜").replace('>', "＞")
}
