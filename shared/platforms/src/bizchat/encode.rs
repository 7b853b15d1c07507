//! CP949, the letters that a Korean operator carries. What it does not know makes most providers refuse the whole
//! message, so it is exchanged before anything is counted. <https://encoding.spec.whatwg.org/#euc-kr> is CP949.

use std::borrow::Cow;

use encoding_rs::{EUC_KR, EncoderResult};
use unicode_segmentation::UnicodeSegmentation;

use super::limits;
use crate::Dropped;

/// In place of a text that was nothing but emoji.
const EMOJI: &str = "[이모지]";

/// What was lost on the way.
#[derive(Debug, Default)]
pub(super) struct Lost {
    emoji: usize,
    characters: usize,
}

impl Lost {
    pub(super) fn told(&self, dropped: &mut Vec<Dropped>) {
        for (what, count) in [("emoji", self.emoji), ("character", self.characters)] {
            if count > 0 {
                dropped.push(Dropped { what, count });
            }
        }
    }
}

/// The text as Korean phones can show it.
pub(super) fn encodable<'a>(text: &'a str, lost: &mut Lost) -> Cow<'a, str> {
    let text = without_controls(text);
    if is_encodable(&text) {
        return text;
    }
    let before = lost.emoji;
    let mut out = String::with_capacity(text.len());
    let mut emoji_last = false;
    for character in composed(&text).graphemes(true) {
        // Of the two blanks around an emoji one is enough.
        if emoji_last && character == " " && (out.is_empty() || out.ends_with([' ', '\n'])) {
            continue;
        }
        emoji_last = take(character, &mut out, lost);
    }
    if lost.emoji > before && out.trim().is_empty() {
        return EMOJI.into();
    }
    out.into()
}

/// Adds what there is for one character as people see it; whether it was an emoji, for which there is nothing.
fn take(character: &str, out: &mut String, lost: &mut Lost) -> bool {
    if is_encodable(character) {
        out.push_str(character);
        return false;
    }
    let first = character.chars().find(|c| !is_invisible(*c));
    if first.is_some_and(|first| is_emoji(first) && !is_encodable(first.encode_utf8(&mut [0; 4]))) {
        lost.emoji += 1;
        return true;
    }
    let mut is_base = true;
    for c in character.chars().filter(|c| !is_invisible(*c)) {
        match similar(c) {
            Some(similar) => out.push(similar),
            // An accent, or the frame of a digit.
            None if !is_base => lost.characters += 1,
            None => {
                out.push('?');
                lost.characters += 1;
            }
        }
        is_base = false;
    }
    false
}

fn similar(c: char) -> Option<char> {
    if is_encodable(c.encode_utf8(&mut [0; 4])) {
        return Some(c);
    }
    match c {
        '\u{2010}'..='\u{2014}' | '\u{2212}' => Some('-'),
        '\u{a0}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' => Some(' '),
        '\u{20a9}' => Some('\u{ffe6}'),
        '\u{2022}' => Some('\u{b7}'),
        _ => None,
    }
}

fn is_encodable(text: &str) -> bool {
    if text.is_ascii() {
        return true;
    }
    let mut encoder = EUC_KR.new_encoder();
    let mut buffer = [0; 256];
    let mut rest = text;
    loop {
        let (result, read, _) = encoder.encode_from_utf8_without_replacement(rest, &mut buffer, true);
        match result {
            EncoderResult::InputEmpty => return true,
            EncoderResult::OutputFull => rest = &rest[read..],
            EncoderResult::Unmappable(_) => return false,
        }
    }
}

/// What no phone shows: the joints of emoji, marks of direction.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}'
        | '\u{feff}' | '\u{20e3}' | '\u{e0000}'..='\u{e0fff}')
}

/// Roughly: it is only asked of what CP949 does not know.
fn is_emoji(c: char) -> bool {
    matches!(c, '\u{203c}' | '\u{2049}' | '\u{2190}'..='\u{21ff}' | '\u{2300}'..='\u{23ff}' | '\u{25a0}'..='\u{27bf}'
        | '\u{2900}'..='\u{297f}' | '\u{2b00}'..='\u{2bff}' | '\u{3030}' | '\u{303d}' | '\u{1f000}'..='\u{1faff}')
}

/// Hangul in parts, as macOS writes it, in one: CP949 knows only that.
fn composed(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        let joined = out.chars().next_back().and_then(|last| join(last, c));
        match joined {
            Some(joined) => {
                out.pop();
                out.push(joined);
            }
            None => out.push(c),
        }
    }
    out
}

/// <https://www.unicode.org/versions/latest/core-spec/chapter-3/#G56669>
fn join(last: char, c: char) -> Option<char> {
    let (last, c) = (u32::from(last), u32::from(c));
    match (last, c) {
        (0x1100..=0x1112, 0x1161..=0x1175) => char::from_u32(0xac00 + ((last - 0x1100) * 21 + (c - 0x1161)) * 28),
        (0xac00..=0xd7a3, 0x11a8..=0x11c2) if (last - 0xac00) % 28 == 0 => char::from_u32(last + (c - 0x11a7)),
        _ => None,
    }
}

/// Line breaks in one way, and no other controls.
pub(super) fn without_controls(text: &str) -> Cow<'_, str> {
    if !text.chars().any(|c| c.is_control() && c != '\n') {
        return Cow::Borrowed(text);
    }
    let text = text.replace("\r\n", "\n").replace('\r', "\n").replace('\t', " ");
    Cow::Owned(text.chars().filter(|c| !c.is_control() || *c == '\n').collect())
}

/// Of a text that went through [`encodable`].
pub(super) fn bytes(text: &str) -> usize {
    text.chars().map(|c| if c.is_ascii() { 1 } else { 2 }).sum()
}

/// The subject that `title` makes: one line, cut to fit. `None` for nothing.
pub(super) fn subject(title: &str) -> Option<String> {
    let line = encodable(title, &mut Lost::default()).split_whitespace().collect::<Vec<_>>().join(" ");
    let mut used = 0;
    let fits = |c: &char| {
        used += if c.is_ascii() { 1 } else { 2 };
        used <= limits::SUBJECT
    };
    let cut: String = line.chars().take_while(fits).collect();
    Some(cut.trim_end().to_owned()).filter(|subject| !subject.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_those_of_cp949() {
        for (text, length) in [
            ("{가45}".replace("{가45}", &"가".repeat(45)), 90),
            ("가".repeat(46), 92),
            ("예약이 확정되었습니다.".to_owned(), 22),
            ("뷁".to_owned(), 2),
            ("㈜ ① ♥ →".to_owned(), 11),
            ("abc\n".to_owned(), 4),
        ] {
            let mut lost = Lost::default();
            assert_eq!(encodable(&text, &mut lost), text);
            assert_eq!((lost.emoji, lost.characters), (0, 0));
            assert_eq!(bytes(&text), length, "{text}");
            assert_eq!(EUC_KR.encode(&text).0.len(), length, "{text}");
        }
    }

    #[test]
    fn what_is_not_in_cp949_is_exchanged() {
        for (text, expected, emoji, characters) in [
            ("안녕 😀", "안녕 ", 1, 0),
            ("안녕 😀 반가워", "안녕 반가워", 1, 0),
            ("😀 안녕", "안녕", 1, 0),
            ("a😀b", "ab", 1, 0),
            ("😀", "[이모지]", 1, 0),
            (" 👨‍👩‍👧‍👦🇰🇷👍🏽\n", "[이모지]", 3, 0),
            ("☀️", "[이모지]", 1, 0),
            ("♥️", "♥", 0, 0),
            ("1️⃣ 예약", "1 예약", 0, 0),
            ("café", "caf?", 0, 1),
            ("cafe\u{301}", "cafe", 0, 1),
            ("国", "?", 0, 1),
            ("國", "國", 0, 0),
            ("2 — 3", "2 - 3", 0, 0),
            ("a\u{a0}b", "a b", 0, 0),
            ("₩39,000", "￦39,000", 0, 0),
            ("• 하나", "· 하나", 0, 0),
            // Hangul in parts.
            ("\u{1112}\u{1161}\u{11ab}\u{1100}\u{1173}\u{11af}", "한글", 0, 0),
            ("\u{1112}", "?", 0, 1),
            ("a\r\nb\rc\td\u{0}", "a\nb\nc d", 0, 0),
            ("\u{feff}a\u{200b}", "a", 0, 0),
            ("“말”…", "“말”…", 0, 0),
        ] {
            let mut lost = Lost::default();
            assert_eq!(encodable(text, &mut lost), expected, "{text:?}");
            assert_eq!((lost.emoji, lost.characters), (emoji, characters), "{text:?}");
        }
    }

    #[test]
    fn subjects() {
        for (title, expected) in [
            ("별빛 꽃집", Some("별빛 꽃집".to_owned())),
            ("  a \n b ", Some("a b".to_owned())),
            ("", None),
            (" \u{0} ", None),
            (&"가".repeat(20), Some("가".repeat(20))),
            (&"가".repeat(21), Some("가".repeat(20))),
            (&format!("a{}", "가".repeat(20)), Some(format!("a{}", "가".repeat(19)))),
        ] {
            assert_eq!(subject(title), expected, "{title:?}");
        }
    }
}
