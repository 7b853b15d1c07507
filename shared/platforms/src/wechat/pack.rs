//! Parts of a text in as many texts as it takes, or as there may be.

use std::collections::VecDeque;

use super::limits;
use super::text::{Kind, Part, length};
use crate::fit::{self, Dropped, Limit, Unit};

/// Of a text that must lose something, at most this is for what can be tapped at its end.
const TAIL: usize = 1000;
/// Bytes behind a piece that tell where it can end; no character that people write is longer.
const SEEN_AHEAD: usize = 200;
/// Less of a text says nothing.
const WORTH_CUTTING: usize = 30;

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
    let whole = fill(parts.clone(), usize::MAX, limits::TEXT.0, &mut Vec::new());
    if whole.len() < most {
        // The words leave texts over, and what can be tapped has all of those.
        parts.extend(tail);
        return fill(parts, most, limits::TEXT.0, dropped);
    }
    let last = whole.last().filter(|_| whole.len() == most);
    let left = last.map_or(0, |last| limits::TEXT.0.saturating_sub(length(last) + "\n\n".len()));
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
    while let Some(part) = queue.pop_front() {
        let (first, name) = (part.first, part.name());
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
        let Kind::Words(words) = part.kind else {
            dropped.push(Dropped { what: name, count: 1 });
            lose(&mut queue, dropped);
            break;
        };
        // Too long for any: what is left of this text is used as well.
        let is_full = left < WORTH_CUTTING && count < most;
        let left = if is_full { room_of(count + 1) } else { left };
        texts.extend(is_full.then(Vec::new));
        let count = texts.len();
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

#[cfg(test)]
mod tests {
    use model::Button;

    use super::super::text::join;
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
    fn choices_have_the_texts_that_words_leave() {
        let choices = (0..60).map(|n| choice(&format!("{n}")));
        let per_text = 2001 / (join(&[choice("10")]).len() + 1);
        for (most, shown) in [(2, per_text), (3, 2 * per_text), (5, 60)] {
            let mut dropped = Vec::new();
            let parts = std::iter::once(words(&"x".repeat(1990), true)).chain(choices.clone()).collect();
            let texts = squeeze(parts, most, &mut dropped);
            let kept = texts.iter().flatten().filter(|part| matches!(part.kind, Kind::Choice(_))).count();
            assert!(kept.abs_diff(shown) <= 1 && texts.len() <= most, "{kept} of {shown} in {} texts", texts.len());
            assert_eq!(dropped.iter().map(|dropped| dropped.count).sum::<usize>(), 60 - kept);
        }
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
