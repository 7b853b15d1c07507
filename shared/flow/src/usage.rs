//! What a bot is used for, as its owner counts it: people in a month, and the rooms that consultation talk bills by the
//! day. A session remembers in which it was counted, so each counts once.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use model::{EpochMillis, PlatformType};

/// `plan` of a bot.
///
/// ```json
/// { "monthlyUsers": 1000, "timeZone": "Asia/Seoul", "line": "powered by closer.ai" }
/// ```
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// Above so many people in a month the line stands below what the bot says.
    pub monthly_users: Option<i64>,
    pub line: String,
    /// Whose midnight begins a month.
    pub(crate) zone: Option<TimeZone>,
}

/// Consultation talk's day begins at four in the morning.
const DAY_BEGINS_MS: i64 = 4 * 60 * 60 * 1000;
/// Of Korea, which knows no summer time.
const KOREA_SECONDS: i32 = 9 * 60 * 60;

impl Plan {
    /// What is counted of a customer who talks at `at`.
    pub(crate) fn counters(&self, platform: PlatformType, at: EpochMillis) -> Vec<String> {
        let mut counters = Vec::new();
        if platform != PlatformType::Test {
            counters.push(self.month(at));
        }
        if platform == PlatformType::Kakaobiz {
            let day = local(&korea(), at.plus_ms(-DAY_BEGINS_MS)).strftime("%Y-%m-%d").to_string();
            counters.push(format!("rooms {day}"));
        }
        counters
    }

    /// The counter of the month's people.
    pub fn month(&self, at: EpochMillis) -> String {
        let zone = self.zone.clone().unwrap_or_else(korea);
        format!("users {}", local(&zone, at).strftime("%Y-%m"))
    }
}

fn korea() -> TimeZone {
    TimeZone::fixed(jiff::tz::offset(i8::try_from(KOREA_SECONDS / 3600).unwrap_or(9)))
}

fn local(zone: &TimeZone, at: EpochMillis) -> jiff::Zoned {
    Timestamp::from_millisecond(at.0).unwrap_or(Timestamp::UNIX_EPOCH).to_zoned(zone.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_and_days() {
        let at = |text: &str| -> EpochMillis { text.parse().unwrap() };
        for (platform, time, expected) in [
            (PlatformType::Line, "2026-10-31T14:59:59Z", &["users 2026-10"][..]),
            (PlatformType::Line, "2026-10-31T15:00:00Z", &["users 2026-11"]),
            (PlatformType::Kakaobiz, "2026-10-31T18:59:59Z", &["users 2026-11", "rooms 2026-10-31"]),
            (PlatformType::Kakaobiz, "2026-10-31T19:00:00Z", &["users 2026-11", "rooms 2026-11-01"]),
            (PlatformType::Test, "2026-10-31T15:00:00Z", &[]),
        ] {
            assert_eq!(Plan::default().counters(platform, at(time)), expected, "{platform} {time}");
        }
        let utc = Plan { zone: Some(TimeZone::UTC), ..Plan::default() };
        assert_eq!(utc.month(at("2026-10-31T15:00:00Z")), "users 2026-10");
    }
}
