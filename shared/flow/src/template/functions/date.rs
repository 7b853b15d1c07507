//! `DATE(value, pattern, zone, language)`: a time as Moment.js prints it, in UTC unless a zone is named. No value is now;
//! no pattern is ISO 8601. Names are English as Moment's are, or Korean where `"ko"` asks for it. What is no time is left
//! as it is.

mod pattern;
mod read;

use std::sync::LazyLock;

use jiff::tz::{TimeZone, TimeZoneDatabase};

use super::{Argument, Made, Setting, text};
use pattern::Language;

const PATTERN_BYTES: usize = 1000;

/// Compiled in: a Lambda function has none of its own.
static ZONES: LazyLock<TimeZoneDatabase> = LazyLock::new(TimeZoneDatabase::bundled);

pub(super) fn date<'v>(of: &[Argument<'v>], setting: &mut Setting) -> Made<'v> {
    let given = |index: usize| of.get(index).filter(|argument| !argument.is_nothing());
    let read = match given(0).and_then(|argument| argument.value.as_deref()) {
        Some(value) => read::read(value),
        None => jiff::Timestamp::from_millisecond(setting.now.0).ok(),
    };
    let Some(time) = read else { return text(of.first().map(Argument::text).unwrap_or_default().into_owned()) };
    // Like Moment, which stays at UTC where it knows no such zone.
    let zone = given(2).and_then(|name| ZONES.get(name.text().trim()).ok()).unwrap_or(TimeZone::UTC);
    let language = match given(3).map(Argument::text).as_deref() {
        Some("ko") => Language::Korean,
        Some(_) | None => Language::English,
    };
    let utc = given(2).is_none();
    let pattern = given(1).map(Argument::text).filter(|pattern| !pattern.is_empty());
    let pattern = match &pattern {
        Some(pattern) => pattern,
        None if utc => "YYYY-MM-DDTHH:mm:ss.SSS[Z]",
        None => "YYYY-MM-DDTHH:mm:ss.SSSZ",
    };
    if pattern.len() > PATTERN_BYTES {
        return Err("the pattern of DATE is too long".to_owned());
    }
    text(pattern::print(&time.to_zoned(zone), pattern, language))
}
