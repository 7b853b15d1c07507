//! Texts with links in them, in pieces that a link is never torn by.
//! <https://developers.weixin.qq.com/doc/service/en/guide/product/message/Passive_user_reply_message.html>

use std::borrow::Cow;
use std::collections::VecDeque;

use model::Button;

use super::address::{encode, web};
use super::{limits, xml};
use crate::fit::{self, Dropped, Limit, Unit};

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

    fn text(&self) -> &str {
        match &self.kind {
            Kind::Words(text) => text,
            Kind::Link(line) | Kind::Choice(Choice { line, .. }) => line,
        }
    }

    fn separator(&self) -> &'static str {
        if self.first { "\n\n" } else { "\n" }
    }

    /// What it is called when it is lost.
    fn name(&self) -> &'static str {
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
        let content = encode(&label, |byte| byte >= 0x80 || byte.is_ascii_alphanumeric() || b" -_.~!?*'(),:".contains(&byte));
        let uri = format!("weixin://bizmsgmenu?msgmenucontent={content}&msgmenuid={id}");
        let line = anchor(&uri, &shown(&label));
        Self { label, id, line }
    }
}

/// Ours: a line may be so long. Labels and addresses have limits of their own, far below.
const LINE: usize = 1500;
/// Of a text that must lose something, at most this is for what can be tapped at its end.
const TAIL: usize = 1000;
/// Less of a text says nothing.
const WORTH_CUTTING: usize = 30;

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

fn length(parts: &[Part]) -> usize {
    let separators: usize = parts.iter().skip(1).map(|part| part.separator().len()).sum();
    separators + parts.iter().map(|part| part.text().len()).sum::<usize>()
}

/// As texts that each fit; nothing is lost.
pub(super) fn pack(parts: Vec<Part>) -> Vec<Vec<Part>> {
    fill(parts, usize::MAX, limits::TEXT.0, &mut Vec::new())
}

/// As `most` texts. What can be tapped at the end is how the conversation goes on, so the words before it go first.
pub(super) fn squeeze(mut parts: Vec<Part>, most: usize, dropped: &mut Vec<Dropped>) -> Vec<Vec<Part>> {
    let texts = pack(parts.clone());
    if texts.len() <= most {
        return texts;
    }
    let at = parts.iter().rposition(|part| matches!(part.kind, Kind::Words(_))).map_or(0, |at| at + 1);
    let mut tail = fill(parts.split_off(at), 1, TAIL, dropped).pop().unwrap_or_default();
    let room = limits::TEXT.0 - length(&tail) - "\n\n".len();
    let mut texts = fill(parts, most, room, dropped);
    match texts.last_mut() {
        Some(last) if length(last) <= room => last.append(&mut tail),
        Some(_) | None => texts.push(tail),
    }
    texts.truncate(most);
    texts.retain(|text| !text.is_empty());
    texts
}

/// Texts in order, `most` of them, the last with `room` only.
fn fill(parts: Vec<Part>, most: usize, room: usize, dropped: &mut Vec<Dropped>) -> Vec<Vec<Part>> {
    let mut texts: Vec<Vec<Part>> = Vec::new();
    let mut queue: VecDeque<Part> = parts.into();
    while let Some(part) = queue.pop_front() {
        let room_of = |count: usize| if count >= most { room } else { limits::TEXT.0 };
        let count = texts.len();
        if let Some(text) = texts.last_mut()
            && length(text) + part.separator().len() + part.text().len() <= room_of(count)
        {
            text.push(part);
            continue;
        }
        if count < most && part.text().len() <= room_of(count + 1) {
            texts.push(vec![part]);
            continue;
        }
        match part.kind {
            Kind::Words(words) if words.len() > limits::TEXT.0 && count + 1 < most => {
                let pieces = fit::split(&words, limits::TEXT);
                for (index, piece) in pieces.iter().enumerate().rev() {
                    let first = part.first && index == 0;
                    queue.push_front(Part { kind: Kind::Words((*piece).to_owned()), first });
                }
            }
            Kind::Words(words) => {
                // The last there is: it is cut, and what follows is lost.
                if count < most {
                    texts.push(Vec::new());
                }
                let Some(text) = texts.last_mut() else { break };
                let used = if text.is_empty() { 0 } else { length(text) + "\n\n".len() };
                let left = room.saturating_sub(used);
                if left >= WORTH_CUTTING {
                    let cut = fit::cut(&words, Limit(left, Unit::Byte), "text", dropped).into_owned();
                    text.push(Part { kind: Kind::Words(cut), first: part.first });
                } else {
                    dropped.push(Dropped { what: "text", count: 1 });
                }
                lose(&mut queue, dropped);
            }
            Kind::Link(_) | Kind::Choice(_) => {
                dropped.push(Dropped { what: part.name(), count: 1 });
                lose(&mut queue, dropped);
            }
        }
    }
    texts.retain(|text| !text.is_empty());
    texts
}

fn lose(queue: &mut VecDeque<Part>, dropped: &mut Vec<Dropped>) {
    for part in queue.drain(..) {
        let what = part.name();
        match dropped.iter_mut().find(|dropped| dropped.what == what) {
            Some(dropped) => dropped.count += 1,
            None => dropped.push(Dropped { what, count: 1 }),
        }
    }
}

fn anchor(uri: &str, label: &str) -> String {
    format!("<a href=\"{uri}\">{label}</a>")
}

fn cut_label<'a>(label: &'a str, dropped: &mut Vec<Dropped>) -> Cow<'a, str> {
    fit::cut(label, limits::LABEL, "button label", dropped)
}

fn one_line(text: &str) -> String {
    xml::clean(text).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// In a link, where a bracket would end it.
fn shown(label: &str) -> String {
    one_line(label).replace('<', "＜").replace('>', "＞")
}
