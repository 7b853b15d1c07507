//! Addresses as a phone can open them.

use std::borrow::Cow;

use super::limits;

/// `uri` over HTTP, percent-encoded. Anything else a phone would not open, or would open as something else.
pub(super) fn web(uri: &str) -> Option<Cow<'_, str>> {
    let uri = uri.trim();
    let (scheme, rest) = uri.split_once("://")?;
    if !["http", "https"].iter().any(|known| scheme.eq_ignore_ascii_case(known)) {
        return None;
    }
    // A name has another encoding than the rest, punycode.
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if host.is_empty() || !host.bytes().all(is_plain) {
        return None;
    }
    let is_clean = uri.bytes().all(is_plain) && !scheme.bytes().any(|byte| byte.is_ascii_uppercase());
    let encoded = if is_clean {
        Cow::Borrowed(uri)
    } else {
        Cow::Owned(scheme.to_ascii_lowercase() + &encode(&uri[scheme.len()..], is_plain))
    };
    limits::URL.holds(&encoded).then_some(encoded)
}

/// What may stand in an address. `%` may: what is encoded already stays as it is.
fn is_plain(byte: u8) -> bool {
    byte.is_ascii_graphic() && !b"\"<>\\^`{|}".contains(&byte)
}

/// Percent-encoded, but for the bytes that may stay.
pub(super) fn encode(text: &str, stays: impl Fn(u8) -> bool) -> String {
    let mut encoded = Vec::with_capacity(text.len());
    for byte in text.bytes() {
        if stays(byte) {
            encoded.push(byte);
        } else {
            encoded.extend_from_slice(format!("%{byte:02X}").as_bytes());
        }
    }
    String::from_utf8(encoded).unwrap_or_default()
}

/// The ending of the file's name in lower case, or nothing.
pub(super) fn ending(uri: &str) -> String {
    let path = uri.split(['?', '#']).next().unwrap_or_default();
    let file = path.splitn(4, '/').nth(3).and_then(|path| path.rsplit('/').next()).unwrap_or_default();
    let ending = file.rsplit_once('.').map_or("", |(_, ending)| ending);
    if ending.len() > 5 { String::new() } else { ending.to_ascii_lowercase() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        for (uri, expected) in [
            ("https://a.example", Some("https://a.example")),
            (" HTTP://A.example/가?b=\"<c>\"&d=%41 ", Some("http://A.example/%EA%B0%80?b=%22%3Cc%3E%22&d=%41")),
            ("https://", None),
            ("https:///x", None),
            ("https://한글.example/", None),
            ("https://a\"b/", None),
            ("tel:1", None),
            ("javascript://a.example/%0aalert(1)", None),
            ("a.example", None),
        ] {
            assert_eq!(web(uri).as_deref(), expected, "{uri}");
        }
        let long = |length: usize| format!("https://a.example/{}", "x".repeat(length - 18));
        assert!(web(&long(1024)).is_some());
        assert!(web(&long(1025)).is_none());
    }

    #[test]
    fn endings() {
        for (uri, expected) in [
            ("https://a.example/b/c.JPG?d=e.mp3", "jpg"),
            ("https://a.example/b.c/d", ""),
            ("https://a.example", ""),
            ("https://a.example/x.something", ""),
        ] {
            assert_eq!(ending(uri), expected, "{uri}");
        }
    }
}
