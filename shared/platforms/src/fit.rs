//! Cutting to fit. Every limit of a messenger counts in a unit of its own, and no cut may split a character that a
//! person sees as one: emoji with joiners, flags, skin tones, Hangul in parts.

use std::borrow::Cow;

use unicode_segmentation::{GraphemeCursor, UnicodeSegmentation};

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
    /// A Unicode scalar value: `char`.
    Scalar,
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
            Unit::Scalar => text.chars().count(),
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

    /// The longest start of a text that is not empty, and never nothing: a single character above the limit, such as a
    /// letter under a thousand accents, is divided between its code points.
    fn first(self, text: &str) -> &str {
        let whole = self.prefix(text, self.0);
        if !whole.is_empty() {
            return whole;
        }
        let (mut used, mut end) = (0, 0);
        for (at, c) in text.char_indices() {
            let next = at + c.len_utf8();
            used += self.length(&text[at..next]);
            if used > self.0 && end > 0 {
                break;
            }
            end = next;
        }
        &text[..end]
    }
}

/// `text` itself if it fits, else its start with `…` at the end, and a note in `dropped`.
pub fn cut<'a>(text: &'a str, limit: Limit, what: &'static str, dropped: &mut Vec<Dropped>) -> Cow<'a, str> {
    if limit.holds(text) {
        return Cow::Borrowed(text);
    }
    dropped.push(Dropped { what, count: 1 });
    let Some(room) = limit.0.checked_sub(limit.length(ELLIPSIS)) else {
        return Cow::Borrowed(limit.prefix(text, limit.0));
    };
    Cow::Owned(format!("{}{ELLIPSIS}", trim_end(limit.prefix(text, room))))
}

/// The pieces of `text`, each within the limit: split at a paragraph, else a line, a sentence, a blank, or between any
/// two characters. Nothing is lost but the blanks at the places of a split. No piece is blank, so a blank text has none.
pub fn split(text: &str, limit: Limit) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut rest = text;
    loop {
        let start = limit.first(rest);
        if start.len() == rest.len() {
            pieces.push(rest);
            break;
        }
        let (piece, tail) = rest.split_at(end_of_piece(start));
        pieces.push(trim_end(piece));
        rest = trim_start(tail);
    }
    pieces.retain(|piece| !piece.trim().is_empty());
    pieces
}

/// Where a piece may end, the best first.
const BREAKS: [&str; 7] = ["\n\n", "\n", ". ", "。", "? ", "! ", " "];

/// The last of the best breaks in `start`, if it is in the second half: one further up would make too many pieces.
fn end_of_piece(start: &str) -> usize {
    // A blank may carry an accent, and then belongs to a character.
    let splits_nothing = |at: usize| GraphemeCursor::new(at, start.len(), true).is_boundary(start, 0) == Ok(true);
    let mut ends = BREAKS.iter().filter_map(|mark| start.rfind(mark).map(|at| at + mark.len()));
    ends.find(|at| *at > start.len() / 2 && splits_nothing(*at)).unwrap_or(start.len())
}

fn trim_start(text: &str) -> &str {
    let kept = text.grapheme_indices(true).find(|(_, character)| !is_blank(character));
    kept.map_or("", |(at, _)| &text[at..])
}

fn trim_end(text: &str) -> &str {
    let kept = text.grapheme_indices(true).rfind(|(_, character)| !is_blank(character));
    kept.map_or("", |(at, character)| &text[..at + character.len()])
}

fn is_blank(character: &str) -> bool {
    character.chars().all(char::is_whitespace)
}

/// The first `max` of a list; the rest is dropped from the end.
pub fn keep<'a, T>(list: &'a [T], max: usize, what: &'static str, dropped: &mut Vec<Dropped>) -> &'a [T] {
    if list.len() > max {
        dropped.push(Dropped { what, count: list.len() - max });
    }
    &list[..list.len().min(max)]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Unit::{Byte, Grapheme, Scalar, Unknown, Utf16};
    use super::*;

    const FAMILY: &str = "👨‍👩‍👧‍👦";

    #[test]
    fn lengths() {
        for (text, utf16, graphemes, bytes) in [
            ("", 0, 0, 0),
            ("abc", 3, 3, 3),
            ("한글", 2, 2, 6),
            // Hangul in parts, as macOS writes it.
            ("\u{1112}\u{1161}\u{11ab}", 3, 1, 9),
            ("🍎", 2, 1, 4),
            ("🇰🇷", 4, 1, 8),
            ("👍🏽", 4, 1, 8),
            (FAMILY, 11, 1, 25),
            ("\r\n", 2, 1, 2),
        ] {
            for (unit, length) in [(Utf16, utf16), (Unknown, utf16), (Grapheme, graphemes), (Byte, bytes)] {
                assert_eq!(Limit(0, unit).length(text), length, "{text:?} {unit:?}");
                assert!(Limit(length, unit).holds(text));
                assert_eq!(length > 0, !Limit(length.saturating_sub(1), unit).holds(text));
            }
        }
    }

    #[test]
    fn cuts() {
        for (text, limit, expected) in [
            ("abc", Limit(3, Utf16), "abc"),
            ("abcd", Limit(3, Utf16), "ab…"),
            ("ab cd", Limit(4, Utf16), "ab…"),
            ("가나다라", Limit(3, Grapheme), "가나…"),
            ("가나다라", Limit(9, Byte), "가나…"),
            ("🍎🍎🍎", Limit(2, Scalar), "🍎…"),
            ("🇰🇷🇰🇷🇯🇵", Limit(4, Scalar), "🇰🇷…"),
            ("🍎🍎", Limit(3, Utf16), "🍎…"),
            ("a👨‍👩‍👧‍👦b", Limit(12, Utf16), "a…"),
            ("a👨‍👩‍👧‍👦b", Limit(3, Grapheme), "a👨‍👩‍👧‍👦b"),
            ("🇰🇷🇯🇵", Limit(6, Utf16), "🇰🇷…"),
            ("ab", Limit(1, Utf16), "…"),
            ("abc", Limit(2, Byte), "ab"),
            ("abc", Limit(0, Grapheme), ""),
            ("", Limit(0, Grapheme), ""),
        ] {
            let mut dropped = Vec::new();
            assert_eq!(cut(text, limit, "text", &mut dropped), expected, "{text:?} {limit:?}");
            assert_eq!(dropped.len(), usize::from(expected != text), "{text:?} {limit:?}");
        }
    }

    #[test]
    fn splits() {
        let accents = format!("e{}", "\u{301}".repeat(9));
        let cases: [(&str, Limit, &[&str]); 19] = [
            ("", Limit(3, Utf16), &[]),
            (" \n ", Limit(3, Utf16), &[]),
            ("      ", Limit(3, Utf16), &[]),
            ("abc", Limit(3, Utf16), &["abc"]),
            (" abc ", Limit(5, Utf16), &[" abc "]),
            ("abcd", Limit(3, Utf16), &["abc", "d"]),
            ("abcdef\n\ngh\nij kl", Limit(14, Utf16), &["abcdef", "gh\nij kl"]),
            ("abcdef gh\nij kl", Limit(14, Utf16), &["abcdef gh", "ij kl"]),
            ("Is it? It is. So", Limit(15, Utf16), &["Is it? It is.", "So"]),
            ("하나。둘 셋", Limit(5, Utf16), &["하나。", "둘 셋"]),
            // The paragraph ends in the first half, the blank does not.
            ("a\n\nbcdef ghi", Limit(10, Utf16), &["a\n\nbcdef", "ghi"]),
            ("ab   cd", Limit(4, Utf16), &["ab", "cd"]),
            ("🍎🍎🍎", Limit(3, Utf16), &["🍎", "🍎", "🍎"]),
            ("🇰🇷🇯🇵", Limit(1, Grapheme), &["🇰🇷", "🇯🇵"]),
            ("ab👨‍👩‍👧‍👦", Limit(12, Utf16), &["ab", "👨‍👩‍👧‍👦"]),
            // The second blank carries an accent, so nothing may come between the two.
            ("abc  \u{301}def", Limit(6, Utf16), &["abc  \u{301}", "def"]),
            ("ab\r\ncd", Limit(3, Utf16), &["ab", "cd"]),
            ("가나다", Limit(2, Byte), &["가", "나", "다"]),
            (&accents, Limit(4, Utf16), &["e\u{301}\u{301}\u{301}", "\u{301}\u{301}\u{301}\u{301}", "\u{301}\u{301}"]),
        ];
        for (text, limit, expected) in cases {
            assert_eq!(split(text, limit), expected, "{text:?} {limit:?}");
        }
    }

    #[test]
    fn keeps() {
        let mut dropped = Vec::new();
        assert_eq!(keep(&[1, 2], 2, "card", &mut dropped), [1, 2]);
        assert_eq!(dropped, []);
        assert_eq!(keep(&[1, 2, 3, 4], 2, "card", &mut dropped), [1, 2]);
        assert_eq!(dropped, [Dropped { what: "card", count: 2 }]);
    }

    /// Letters, blanks, and everything that joins to its neighbours.
    fn text() -> impl Strategy<Value = String> {
        let parts = prop::sample::select(vec![
            "a", "가", " ", "  ", "\n", "\n\n", "\r\n", ". ", "。", "\u{3000}", "🍎", "🇰🇷", "🇰", "👍🏽", FAMILY,
            "\u{301}", "\u{200d}", "\u{600}", "\u{1112}", "\u{1161}", "\u{11ab}", "e\u{301}",
        ]);
        prop::collection::vec(prop_oneof![parts.prop_map(str::to_owned), any::<char>().prop_map(String::from)], 0..60)
            .prop_map(|parts| parts.concat())
    }

    fn unit() -> impl Strategy<Value = Unit> {
        prop::sample::select(vec![Utf16, Grapheme, Scalar, Unknown, Byte])
    }

    fn boundaries(text: &str) -> Vec<usize> {
        text.grapheme_indices(true).map(|(at, _)| at).chain([text.len()]).collect()
    }

    fn without_blanks(text: &str) -> String {
        text.chars().filter(|c| !c.is_whitespace()).collect()
    }

    proptest! {
        #[test]
        fn a_cut_fits_and_splits_no_character(text in text(), max in 0usize..70, unit in unit()) {
            let limit = Limit(max, unit);
            let mut dropped = Vec::new();
            let cut = cut(&text, limit, "text", &mut dropped);
            prop_assert!(limit.holds(&cut));
            prop_assert_eq!(dropped.is_empty(), *cut == text);
            let kept = if *cut == text { &cut } else { cut.strip_suffix(ELLIPSIS).unwrap_or(&cut) };
            prop_assert!(text.starts_with(kept));
            prop_assert!(boundaries(&text).contains(&kept.len()));
        }

        #[test]
        fn pieces_fit_lose_only_blanks_and_split_no_character(text in text(), max in 4usize..70, unit in unit()) {
            let limit = Limit(max, unit);
            let pieces = split(&text, limit);
            let giant = text.graphemes(true).any(|character| !limit.holds(character));
            let boundaries = boundaries(&text);
            for piece in &pieces {
                prop_assert!(limit.holds(piece));
                prop_assert!(!piece.trim().is_empty());
                let start = piece.as_ptr() as usize - text.as_ptr() as usize;
                let whole = boundaries.contains(&start) && boundaries.contains(&(start + piece.len()));
                prop_assert!(whole || giant);
            }
            prop_assert_eq!(without_blanks(&pieces.concat()), without_blanks(&text));
            if limit.holds(&text) && !text.trim().is_empty() {
                prop_assert_eq!(pieces, [text.as_str()]);
            }
        }
    }
}
