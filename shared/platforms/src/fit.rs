//! Cutting to fit. Every limit of a messenger counts in a unit of its own, and no cut may split a character that a
//! person sees as one: emoji with joiners, flags, skin tones, Hangul in parts.

use std::borrow::Cow;

use unicode_segmentation::UnicodeSegmentation;

/// Something that did not fit. Logged once; says what and how many, never the words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dropped {
    /// `card`, `button label`, …
    pub what: &'static str,
    pub count: usize,
}

/// What a platform counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    Utf16,
    Grapheme,
    /// For platforms that do not say: the larger of scalar values and UTF-16 units, which is the latter.
    Unknown,
    Byte,
}

/// A maximum with its unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit(pub usize, pub Unit);

const ELLIPSIS: &str = "…";

impl Limit {
    pub fn length(self, text: &str) -> usize {
        match self.1 {
            Unit::Utf16 | Unit::Unknown => text.encode_utf16().count(),
            Unit::Grapheme => text.graphemes(true).count(),
            Unit::Byte => text.len(),
        }
    }

    pub fn holds(self, text: &str) -> bool {
        // A text has at least as many bytes as anything else, so most are settled without counting.
        text.len() <= self.0 || self.length(text) <= self.0
    }

    /// The longest start of `text`, in whole characters, that takes at most `room`.
    fn prefix(self, text: &str, room: usize) -> &str {
        let mut used = 0;
        for (at, character) in text.grapheme_indices(true) {
            used += self.length(character);
            if used > room {
                return &text[..at];
            }
        }
        text
    }
}

/// `text` itself if it fits, else its start with `…` at the end, and a note in `dropped`.
pub fn cut<'a>(text: &'a str, limit: Limit, what: &'static str, dropped: &mut Vec<Dropped>) -> Cow<'a, str> {
    if limit.holds(text) {
        return Cow::Borrowed(text);
    }
    dropped.push(Dropped { what, count: 1 });
    let room = limit.0.saturating_sub(limit.length(ELLIPSIS));
    Cow::Owned(format!("{}{ELLIPSIS}", limit.prefix(text, room).trim_end()))
}

/// The pieces of `text`, each within the limit: split at a paragraph, else a line, a sentence, a blank, or between any
/// two characters. Nothing is lost but the blanks at the places of a split.
pub fn split(text: &str, limit: Limit) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while !limit.holds(rest) {
        let mut head = limit.prefix(rest, limit.0);
        if head.is_empty() {
            // One character is larger than the limit: it goes alone rather than not at all.
            head = rest.graphemes(true).next().unwrap_or(rest);
        }
        // A break in the first half would make too many pieces.
        let half = head.len() / 2;
        let at = ["\n\n", "\n", ". ", "。", "? ", "! ", " "]
            .iter()
            .find_map(|mark| {
                head.rfind(mark).map(|at| at + mark.trim_end_matches(['\n', ' ']).len()).filter(|at| *at > half)
            })
            .unwrap_or(head.len());
        let (piece, tail) = rest.split_at(at);
        pieces.push(piece.trim_end());
        rest = tail.trim_start();
    }
    if !rest.is_empty() || pieces.is_empty() {
        pieces.push(rest);
    }
    pieces.retain(|piece| !piece.is_empty());
    if pieces.is_empty() {
        pieces.push(text);
    }
    pieces
}

/// The first `max` of a list; the rest is dropped from the end.
pub fn keep<'a, T>(list: &'a [T], max: usize, what: &'static str, dropped: &mut Vec<Dropped>) -> &'a [T] {
    if list.len() > max {
        dropped.push(Dropped { what, count: list.len() - max });
    }
    &list[..list.len().min(max)]
}
