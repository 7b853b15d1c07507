//! A text in as few messages as possible: each costs money, and they may arrive in any order, so several are numbered.

use unicode_segmentation::UnicodeSegmentation;

/// What one message holds, and how that is counted.
#[derive(Clone, Copy)]
pub(super) struct Room {
    pub most: usize,
    pub length: fn(&str) -> usize,
}

/// The whole text if it fits, else its pieces under `(1/2)`, `(2/2)`. No piece is blank, so a blank text has none.
pub(super) fn pieces(text: &str, room: Room) -> Vec<String> {
    let text = text.trim();
    if text.is_empty() {
        return Vec::new();
    }
    if (room.length)(text) <= room.most {
        return vec![text.to_owned()];
    }
    // The more pieces, the longer their numbers, and these take their own room.
    let mut digits = 1;
    loop {
        let number = 2 * digits + "(/)\n".len();
        let pieces = split(text, Room { most: room.most - number, ..room });
        let count = pieces.len();
        if count.to_string().len() <= digits {
            return pieces.iter().enumerate().map(|(at, piece)| format!("({}/{count})\n{piece}", at + 1)).collect();
        }
        digits += 1;
    }
}

fn split(text: &str, room: Room) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let start = start(rest, room);
        let (piece, tail) = if start.len() == rest.len() { (rest, "") } else { rest.split_at(end(start, rest)) };
        pieces.push(piece.trim_end());
        rest = tail.trim_start();
    }
    pieces.retain(|piece| !piece.is_empty());
    pieces
}

/// The longest start that fits, in whole characters; of a single one above the room, such as a letter under a thousand
/// accents, in code points.
fn start(text: &str, room: Room) -> &str {
    let mut used = 0;
    for (at, character) in text.grapheme_indices(true) {
        used += (room.length)(character);
        if used > room.most {
            return if at > 0 { &text[..at] } else { first_of(character, room) };
        }
    }
    text
}

fn first_of(character: &str, room: Room) -> &str {
    let ends = character.char_indices().map(|(at, c)| at + c.len_utf8());
    let fits = |end: &usize| (room.length)(&character[..*end]) <= room.most;
    ends.take_while(fits).last().map_or(character, |end| &character[..end])
}

/// Where a piece may end: after the last line if that wastes less than a third of the room, else after the last word.
/// An address is never torn.
fn end(start: &str, rest: &str) -> usize {
    let next = &rest[start.len()..];
    if next.starts_with('\n') {
        return start.len();
    }
    let after = |mark: char| start.rfind(mark).map_or(0, |at| at + mark.len_utf8());
    let is_late = |at: usize| at > start.len() / 3 * 2;
    let line = after('\n');
    if is_late(line) {
        return line;
    }
    if next.starts_with(' ') {
        return start.len();
    }
    let word = line.max(after(' '));
    // A choice stays with its number.
    let number = start[line..word].strip_suffix(". ");
    let word = if number.is_some_and(|number| number.bytes().all(|b| b.is_ascii_digit())) { line } else { word };
    if is_late(word) || (word > 0 && start[word..].contains("://")) {
        return word;
    }
    start.len()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::encode::bytes;
    use super::*;

    fn of(text: &str, most: usize) -> Vec<String> {
        pieces(text, Room { most, length: bytes })
    }

    #[test]
    fn splits() {
        assert_eq!(of("", 9), [""; 0]);
        assert_eq!(of(" \n ", 9), [""; 0]);
        assert_eq!(of(" abc\n", 3), ["abc"]);
        assert_eq!(of("abcdefgh", 10), ["abcdefgh"]);
        assert_eq!(of("abcdefghijk", 10), ["(1/3)\nabcd", "(2/3)\nefgh", "(3/3)\nijk"]);
        assert_eq!(of("가나다라마바", 11), ["(1/3)\n가나", "(2/3)\n다라", "(3/3)\n마바"]);
        // At a line, a word, and where there is neither.
        assert_eq!(of("one two\nthree four", 16), ["(1/2)\none two", "(2/2)\nthree four"]);
        assert_eq!(of("one two three four", 16), ["(1/2)\none two", "(2/2)\nthree four"]);
        assert_eq!(of("a bcdefghijklmnop", 16), ["(1/2)\na bcdefghi", "(2/2)\njklmnop"]);
        assert_eq!(of("a https://b.example/c", 26), ["a https://b.example/c"]);
        assert_eq!(of("0123456789 https://b.example/c", 28), ["(1/2)\n0123456789", "(2/2)\nhttps://b.example/c"]);
        assert_eq!(of("1. abcdefgh\n2. ijk", 18), ["1. abcdefgh\n2. ijk"]);
        assert_eq!(of("1. abcdefgh\n2. ijklmn", 20), ["(1/2)\n1. abcdefgh", "(2/2)\n2. ijklmn"]);
        assert_eq!(of("abcdefg\n2. ijklmnopq", 18), ["(1/2)\nabcdefg\n2. i", "(2/2)\njklmnopq"]);
        let many = of(&"가".repeat(100), 20);
        assert_eq!(
            (many.len(), many[0].as_str(), many[16].as_str()),
            (17, "(1/17)\n가가가가가가", "(17/17)\n가가가가")
        );
    }

    proptest! {
        #[test]
        fn pieces_fit_and_lose_only_blanks(text in "[a가 \n/:.]{0,400}", most in 20usize..120) {
            let pieces = of(&text, most);
            let mut said = String::new();
            for piece in &pieces {
                prop_assert!(bytes(piece) <= most);
                let body = if pieces.len() > 1 { piece.split_once('\n').unwrap().1 } else { piece };
                prop_assert!(!body.trim().is_empty());
                said.push_str(body);
            }
            let bare = |text: &str| text.split_whitespace().collect::<String>();
            prop_assert_eq!(bare(&said), bare(&text));
        }
    }
}
