//! `Retry-After`: RFC 9110, 10.2.3. <https://www.rfc-editor.org/rfc/rfc9110#field.retry-after>

use std::time::{Duration, UNIX_EPOCH};

use model::EpochMillis;

/// Nobody is believed who asks for more.
const LONGEST_SECONDS: u64 = 86_400;

/// The seconds that a receiver asks for: digits, or one of the three HTTP dates. Whatever else stands there is ignored, and
/// no number with a point or an exponent is ever read.
pub fn seconds(header: &str, now: EpochMillis) -> Option<u64> {
    let header = header.trim_matches([' ', '\t']);
    if !header.is_empty() && header.bytes().all(|byte| byte.is_ascii_digit()) {
        // Too many digits for a number are a long time, too.
        return Some(header.parse().unwrap_or(u64::MAX).min(LONGEST_SECONDS));
    }
    let at = httpdate::parse_http_date(header).ok()?;
    let now = UNIX_EPOCH + Duration::from_millis(now.0.max(0).unsigned_abs());
    // Not a moment before the date.
    let seconds = at.duration_since(now).map_or(0, |wait| wait.as_secs() + u64::from(wait.subsec_nanos() > 0));
    Some(seconds.min(LONGEST_SECONDS))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Fri, 21 Nov 2025 08:00:00 GMT.
    const NOW: EpochMillis = EpochMillis(1_763_712_000_000);

    #[test]
    fn every_form() {
        for (header, expected) in [
            ("0", Some(0)),
            ("120", Some(120)),
            (" 120 ", Some(120)),
            ("00120", Some(120)),
            ("86401", Some(86_400)),
            ("99999999999999999999", Some(86_400)),
            ("Fri, 31 Dec 9999 23:59:59 GMT", Some(86_400)),
            ("Fri, 21 Nov 2025 07:00:00 GMT", Some(0)),
            ("Fri, 21 Nov 2025 08:02:00 GMT", Some(120)),
            ("Friday, 21-Nov-25 08:02:00 GMT", Some(120)),
            ("Fri Nov 21 08:02:00 2025", Some(120)),
            ("-1", None),
            ("+5", None),
            ("1.5", None),
            ("1e3", None),
            ("inf", None),
            ("NaN", None),
            ("", None),
            ("soon", None),
            ("120, 60", None),
            ("１２０", None),
            ("Fri, 21 Nov 2025 08:02:00 +0000", None),
            ("Fri, 21 Nov 2025 08:02:00 UTC", None),
            ("2025-11-21T08:02:00Z", None),
            ("Mon, 21 Nov 2025 08:02:00 GMT", None),
        ] {
            assert_eq!(seconds(header, NOW), expected, "{header:?}");
        }
        assert_eq!(seconds("Fri, 21 Nov 2025 08:02:00 GMT", NOW.plus_ms(1)), Some(120));
        assert_eq!(seconds("Fri, 21 Nov 2025 08:02:00 GMT", NOW.plus_ms(1000)), Some(119));
    }

    proptest! {
        #[test]
        fn never_more_than_a_day(header in "\\PC{0,40}|[0-9]{1,30}", now in any::<i64>()) {
            prop_assert!(seconds(&header, EpochMillis(now)).is_none_or(|seconds| seconds <= LONGEST_SECONDS));
        }
    }
}
