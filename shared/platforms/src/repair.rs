//! JSON that is good but for its letters. Messengers cut texts between the two halves of an emoji, and half of one is no
//! text: `\ud83d` without its pair. Gateways cut them between two bytes, or send another encoding than they say.

use std::borrow::Cow;

/// The escape of U+FFFD, as long as what it takes the place of.
const REPLACEMENT: &[u8] = b"\\ufffd";
const ESCAPE: usize = REPLACEMENT.len();

/// `body` with whole characters only: U+FFFD is where none was. Only worth it for a body that cannot be read as it is.
pub(crate) fn json(body: &[u8]) -> Cow<'_, str> {
    let text = String::from_utf8_lossy(body);
    if let Cow::Owned(repaired) = surrogates(text.as_bytes())
        // What is replaced is ASCII, and so is what takes its place.
        && let Ok(repaired) = String::from_utf8(repaired)
    {
        return repaired.into();
    }
    text
}

fn surrogates(json: &[u8]) -> Cow<'_, [u8]> {
    let mut repaired = Cow::Borrowed(json);
    let mut at = 0;
    while at + 1 < json.len() {
        if json[at] != b'\\' {
            at += 1;
            continue;
        }
        match unit(json, at) {
            Some(0xD800..=0xDBFF) => match unit(json, at + ESCAPE) {
                Some(0xDC00..=0xDFFF) => at += 2 * ESCAPE,
                _ => at = replace(&mut repaired, at),
            },
            Some(0xDC00..=0xDFFF) => at = replace(&mut repaired, at),
            // What is escaped may be a backslash itself.
            Some(_) | None => at += 2,
        }
    }
    repaired
}

/// The UTF-16 unit that the escape at this place stands for: `\u` and four hex digits.
fn unit(json: &[u8], at: usize) -> Option<u16> {
    let digits = json.get(at..at + ESCAPE)?.strip_prefix(b"\\u")?;
    let digits = std::str::from_utf8(digits).ok().filter(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()))?;
    u16::from_str_radix(digits, 16).ok()
}

fn replace(json: &mut Cow<'_, [u8]>, at: usize) -> usize {
    json.to_mut()[at..at + ESCAPE].copy_from_slice(REPLACEMENT);
    at + ESCAPE
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_halves_are_replaced() {
        for (given, expected) in [
            (r"", r""),
            (r"a\u00e4 \ud83d\udc4b", r"a\u00e4 \ud83d\udc4b"),
            (r"\ud83d", r"\ufffd"),
            (r"\uD83D x", r"\ufffd x"),
            (r"\udc4b\ud83d", r"\ufffd\ufffd"),
            (r"\ud83d\ud83d\udc4b", r"\ufffd\ud83d\udc4b"),
            (r"\ud83d\u0041", r"\ufffd\u0041"),
            // A backslash and letters.
            (r"\\ud83d", r"\\ud83d"),
            (r"\\\ud83d", r"\\\ufffd"),
            (r"\ud83", r"\ud83"),
            (r"\u+83d", r"\u+83d"),
            (r"\", r"\"),
        ] {
            assert_eq!(surrogates(given.as_bytes()), expected.as_bytes(), "{given}");
        }
        assert!(matches!(surrogates(br"\ud83d\udc4b"), Cow::Borrowed(_)));
    }

    #[test]
    fn of_bytes_that_are_no_letter_a_sign_is_left() {
        for (given, expected) in [
            (&b"\xea\xb0\x80"[..], "가"),
            (br"\ud83d", r"\ufffd"),
            // Cut in the middle, another encoding, and halves of an emoji as bytes.
            (b"a\xea\xb0", "a\u{fffd}"),
            (b"\xb0\xa1", "\u{fffd}\u{fffd}"),
            (b"\xed\xa0\xbd", "\u{fffd}\u{fffd}\u{fffd}"),
            (b"\xff\\udc4b", "\u{fffd}\\ufffd"),
        ] {
            assert_eq!(json(given), expected, "{given:?}");
        }
        assert!(matches!(json(br"\ud83d\udc4b"), Cow::Borrowed(_)));
    }
}
