//! Phone numbers, which providers write in half a dozen ways. They are personal data: never in a log or a reason.

/// As a user key: `+` and digits, a representative number such as 15881234 as it is, and digits alone for whatever else
/// there is. `None` for what is no number, such as a sender that is a name.
pub(super) fn normalized(text: &str) -> Option<String> {
    let text = text.trim();
    // A digit may have been lost where a letter could not be read, and the rest would be somebody else's number.
    if text.chars().any(|c| c.is_alphabetic() || c == ':' || c == char::REPLACEMENT_CHARACTER) {
        return None;
    }
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    if digits.is_empty() {
        return None;
    }
    if text.starts_with('+') {
        return Some(format!("+{digits}"));
    }
    if is_representative(&digits) {
        return Some(digits);
    }
    let abroad = digits.strip_prefix("82");
    if abroad.is_some_and(|rest| rest.len() >= 9 || is_representative(rest)) {
        return Some(format!("+{digits}"));
    }
    match digits.strip_prefix('0') {
        Some(rest) if !rest.is_empty() => Some(format!("+82{rest}")),
        Some(_) | None => Some(digits),
    }
}

/// As Korean providers take it: digits alone, `01098765432`. `None` for a number of another country.
pub(super) fn national(normalized: &str) -> Option<String> {
    let Some(international) = normalized.strip_prefix('+') else {
        let is_number = !normalized.is_empty() && normalized.bytes().all(|b| b.is_ascii_digit());
        return is_number.then(|| normalized.to_owned());
    };
    let rest = international.strip_prefix("82").filter(|rest| rest.bytes().all(|b| b.is_ascii_digit()))?;
    match rest {
        "" => None,
        // Nobody dials a zero before these.
        rest if is_representative(rest) => Some(rest.to_owned()),
        rest => Some(format!("0{}", rest.strip_prefix('0').unwrap_or(rest))),
    }
}

/// Whether both are the same line: Twilio writes 15881234 as +8215881234.
pub(super) fn same(one: &str, other: &str) -> bool {
    one == other || national(one).is_some_and(|one| Some(one) == national(other))
}

fn is_representative(digits: &str) -> bool {
    digits.len() == 8 && ["15", "16", "18"].iter().any(|start| digits.starts_with(start))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_one_however_they_are_written() {
        for (text, expected, dialled) in [
            ("010-9876-5432", "+821098765432", Some("01098765432")),
            ("01098765432", "+821098765432", Some("01098765432")),
            ("821098765432", "+821098765432", Some("01098765432")),
            ("+82 10-9876-5432", "+821098765432", Some("01098765432")),
            (" (02) 1588.1234 ", "+82215881234", Some("0215881234")),
            ("0215881234", "+82215881234", Some("0215881234")),
            ("15881234", "15881234", Some("15881234")),
            ("1588-1234", "15881234", Some("15881234")),
            ("+8215881234", "+8215881234", Some("15881234")),
            ("12341234", "12341234", Some("12341234")),
            ("8215881234", "+8215881234", Some("15881234")),
            ("82-1588-1234", "+8215881234", Some("15881234")),
            // Too short for a country code.
            ("8212345678", "8212345678", Some("8212345678")),
            ("821588123", "821588123", Some("821588123")),
            ("114", "114", Some("114")),
            ("0", "0", Some("0")),
            ("+1 415 555 2671", "+14155552671", None),
            ("+82", "+82", None),
            ("+8201012345678", "+8201012345678", Some("01012345678")),
        ] {
            let number = normalized(text).unwrap();
            assert_eq!(number, expected, "{text}");
            assert_eq!(national(&number).as_deref(), dialled, "{text}");
            assert_eq!(normalized(&number).as_deref(), Some(expected), "twice is once");
            assert!(same(&number, &number));
        }
        for none in ["", "+", " - ", "NAVER", "whatsapp:+821098765432", "발신번호제한", "sip:1", "010\u{fffd}12345678"]
        {
            assert_eq!(normalized(none), None, "{none}");
        }
        for none in ["", "+", "U1", "+8210x"] {
            assert_eq!(national(none), None, "{none}");
        }
    }

    #[test]
    fn a_line_has_several_names() {
        assert!(same("15881234", "+8215881234"));
        assert!(same("15881234", &normalized("8215881234").unwrap()));
        assert!(!same("15881234", "+82215881234"));
        assert!(!same("+14155552671", "+14155552672"));
        assert!(!same("U1", "U2"));
    }
}
