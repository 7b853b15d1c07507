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
        let content =
            encode(&label, |byte| byte >= 0x80 || byte.is_ascii_alphanumeric() || b" -_.~!?*'(),:".contains(&byte));
        let uri = format!("weixin://bizmsgmenu?msgmenucontent={content}&msgmenuid={id}");
        let line = anchor(&uri, &shown(&label));
        Self { label, id, line }
    }
}

/// Ours: a line may be so long. Labels and addresses have limits of their own, far below.
const LINE: usize = 1500;
/// Of a text that must lose something, at most this is for what can be tapped at its end.
const TAIL: usize = 1000;
/// Bytes behind a piece that tell where it can end; no character that people write is longer.
const SEEN_AHEAD: usize = 200;
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

/// As texts that each fit; nothing is lost. What begins together stays together, where it can.
pub(super) fn pack(parts: Vec<Part>) -> Vec<Vec<Part>> {
    let mut texts: Vec<Vec<Part>> = Vec::new();
    let mut rest = parts.into_iter().peekable();
    while let Some(part) = rest.next() {
        let mut group = vec![part];
        while let Some(part) = rest.next_if(|part| !part.first) {
            group.push(part);
        }
        match texts.last_mut() {
            Some(text) if length(text) + "\n\n".len() + length(&group) <= limits::TEXT.0 => text.append(&mut group),
            Some(_) | None => texts.append(&mut fill(group, usize::MAX, limits::TEXT.0, &mut Vec::new())),
        }
    }
    texts
}

/// As `most` texts. What can be tapped at the end is how the conversation goes on, so the words before it go first.
pub(super) fn squeeze(mut parts: Vec<Part>, most: usize, dropped: &mut Vec<Dropped>) -> Vec<Vec<Part>> {
    for texts in [pack(parts.clone()), fill(parts.clone(), usize::MAX, limits::TEXT.0, &mut Vec::new())] {
        if texts.len() <= most {
            return texts;
        }
    }
    let at = parts.iter().rposition(|part| matches!(part.kind, Kind::Words(_))).map_or(0, |at| at + 1);
    let tail = parts.split_off(at);
    let left = limits::TEXT.0.saturating_sub(length(&parts) + "\n\n".len());
    let mut tail = fill(tail, 1, left.max(TAIL), dropped).pop().unwrap_or_default();
    let room = limits::TEXT.0 - length(&tail) - "\n\n".len();
    let mut texts = fill(parts, most, room, dropped);
    match texts.last_mut() {
        Some(last) if length(last) <= room => last.append(&mut tail),
        Some(_) | None => texts.push(tail),
    }
    texts.retain(|text| !text.is_empty());
    texts
}

/// As full as they get, `most` of them, the last with `room` only.
fn fill(parts: Vec<Part>, most: usize, room: usize, dropped: &mut Vec<Dropped>) -> Vec<Vec<Part>> {
    let mut texts: Vec<Vec<Part>> = Vec::new();
    let mut queue: VecDeque<Part> = parts.into();
    while let Some(Part { kind, first }) = queue.pop_front() {
        let part = Part { kind, first };
        let room_of = |count: usize| if count >= most { room } else { limits::TEXT.0 };
        let count = texts.len();
        let left = texts.last().map_or(0, |text| room_of(count).saturating_sub(length(text) + part.separator().len()));
        if part.text().len() <= left
            && let Some(text) = texts.last_mut()
        {
            text.push(part);
            continue;
        }
        if count < most && part.text().len() <= room_of(count + 1) {
            texts.push(vec![part]);
            continue;
        }
        let name = part.name();
        let Kind::Words(words) = part.kind else {
            dropped.push(Dropped { what: name, count: 1 });
            lose(&mut queue, dropped);
            break;
        };
        // Too long for any: what is left of this text is used as well.
        if left < WORTH_CUTTING && count < most {
            texts.push(Vec::new());
        }
        let (count, fresh) = (texts.len(), left < WORTH_CUTTING);
        let left = if fresh && texts.last().is_some_and(Vec::is_empty) { room_of(count) } else { left };
        let Some(text) = texts.last_mut() else { break };
        if count < most {
            // Not all of it: it may be very long, and only the first piece counts.
            let end = (left + SEEN_AHEAD..).find(|at| words.is_char_boundary(*at) || *at >= words.len());
            let end = end.map_or(words.len(), |end| end.min(words.len()));
            let pieces = fit::split(&words[..end], Limit(left, Unit::Byte));
            let next = pieces.get(1).map_or(end, |next| next.as_ptr() as usize - words.as_ptr() as usize);
            if !words[next..].trim().is_empty() {
                queue.push_front(Part { kind: Kind::Words(words[next..].to_owned()), first: false });
            }
            // What is behind the last piece is blank.
            let start = pieces.first().map(|start| Part { kind: Kind::Words((*start).to_owned()), first });
            text.extend(start);
            continue;
        }
        // The last there is: it is cut, and what follows is lost.
        if left >= WORTH_CUTTING {
            let cut = fit::cut(&words, Limit(left, Unit::Byte), "text", dropped).into_owned();
            text.push(Part { kind: Kind::Words(cut), first });
        } else {
            dropped.push(Dropped { what: "text", count: 1 });
        }
        lose(&mut queue, dropped);
        break;
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

pub(super) fn one_line(text: &str) -> String {
    xml::clean(text).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// In a link, where a bracket would end it.
fn shown(label: &str) -> String {
    one_line(label).replace('<', "＜").replace('>', "＞")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str, first: bool) -> Part {
        Part { first, ..Part::words(text).unwrap() }
    }

    fn choice(label: &str) -> Part {
        Part::button(&Button::say(label), &mut Vec::new()).unwrap()
    }

    fn lengths(texts: &[Vec<Part>]) -> Vec<usize> {
        texts.iter().map(|text| join(text).len()).collect()
    }

    #[test]
    fn what_begins_together_stays_together() {
        let card = |n: usize| [words("title", true), words(&"x".repeat(n), false)];
        let parts: Vec<_> = [card(900), card(900), card(900)].concat();
        assert_eq!(lengths(&pack(parts.clone())), [906 + 2 + 906, 906]);
        assert_eq!(join(&pack(parts)[1]), format!("title\n{}", "x".repeat(900)));
        // Not what is longer than a text by itself.
        assert_eq!(lengths(&pack(card(3000).to_vec())), [2000, 1006]);
    }

    #[test]
    fn as_much_as_can_be_is_kept() {
        let mut dropped = Vec::new();
        let long = || words(&"x".repeat(3000), true);
        let texts = squeeze(vec![long(), long(), choice("a")], 4, &mut dropped);
        assert_eq!((texts.len(), &*dropped), (4, &[][..]), "nothing is lost while there is room");
        let tail = join(&[choice("a")]).len();
        let texts = squeeze(vec![long(), long(), choice("a")], 3, &mut dropped);
        assert_eq!(lengths(&texts), [2000, 2000, 2000 - 1]);
        assert_eq!(dropped, [Dropped { what: "text", count: 1 }]);
        assert!(join(&texts[2]).ends_with(&format!("…\n{}", join(&[choice("a")]))), "{tail}");
    }

    #[test]
    fn choices_have_what_words_leave() {
        let choices = |count: usize| (0..count).map(|n| choice(&format!("{n}")));
        let one = join(&[choice("0")]).len() + 1;
        for (length, kept) in [(10, (2000 - 12) / one), (1990, 1000 / one)] {
            let mut dropped = Vec::new();
            let parts = std::iter::once(words(&"x".repeat(length), true)).chain(choices(40)).collect();
            let texts = squeeze(parts, 1, &mut dropped);
            assert_eq!(texts.len(), 1);
            let shown = texts[0].iter().filter(|part| matches!(part.kind, Kind::Choice(_))).count();
            assert!(shown.abs_diff(kept) <= 1 && join(&texts[0]).len() <= 2000, "{shown} {kept}");
            assert_eq!(dropped[0], Dropped { what: "button", count: 40 - shown });
        }
    }
}
