//! What is taken for a time.

use jiff::civil::{Date, DateTime, ISOWeekDate, Time, Weekday, date};
use jiff::fmt::{rfc2822, temporal::Pieces};
use jiff::tz::Offset;
use jiff::{Timestamp, ToSpan as _};
use serde_json::Value;

pub(super) fn read(value: &Value) -> Option<Timestamp> {
    match value {
        Value::Number(number) => number.as_f64().and_then(unix),
        Value::String(text) => text_of(text.trim()),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

/// Seconds or milliseconds since 1970: what would be in the year 5138 as seconds is meant as milliseconds, unless it lies
/// before March 1973.
#[expect(clippy::cast_possible_truncation, reason = "jiff refuses what is beyond its years")]
fn unix(number: f64) -> Option<Timestamp> {
    const SECONDS: f64 = 1e11;
    let milliseconds = if number.abs() < SECONDS { number * 1000.0 } else { number };
    Timestamp::from_millisecond(milliseconds.floor() as i64).ok()
}

fn text_of(text: &str) -> Option<Timestamp> {
    // Long enough for any way to write a time.
    if text.len() > 100 {
        return None;
    }
    let digits = text.strip_prefix('-').unwrap_or(text);
    // Eight digits are a date.
    if digits.len() > 8 && digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return unix(text.parse().ok()?);
    }
    let bytes = text.as_bytes();
    if matches!(bytes.len(), 4 | 6 | 7) && bytes[0].is_ascii_digit() && !text.contains('W') {
        return utc(short(text)?, Time::midnight());
    }
    iso(text).or_else(|| rfc2822::parse(text).ok().map(|time| time.timestamp())).or_else(|| loose(text))
}

/// `2026`, `2026-05`, `202605`, `2026125`.
fn short(text: &str) -> Option<Date> {
    let year = text.get(..4)?.parse().ok()?;
    match &text[4..] {
        "" => Date::new(year, 1, 1).ok(),
        month if month.len() == 2 => Date::new(year, month.parse().ok()?, 1).ok(),
        rest => match rest.strip_prefix('-') {
            Some(month) => Date::new(year, month.parse().ok()?, 1).ok(),
            None => day_of_year(year, rest),
        },
    }
}

/// A date of ISO 8601, and maybe a time and a zone; without one it is UTC.
fn iso(text: &str) -> Option<Timestamp> {
    // The end of a day is the beginning of the next.
    if let Some((date, time)) = text.split_once("T24:00").or_else(|| text.split_once(" 24:00")) {
        let rest = time.trim_start_matches(":00");
        return iso(&format!("{date}T00:00{rest}"))?.checked_add(24.hours()).ok();
    }
    let zulu = text.strip_suffix('Z').map(|text| format!("{}Z", text.trim_end()));
    let text = zulu.as_deref().unwrap_or(text);
    if let Ok(pieces) = Pieces::parse(text) {
        let time = pieces.time().unwrap_or_else(Time::midnight);
        let offset = pieces.to_numeric_offset().unwrap_or(Offset::UTC);
        return offset.to_timestamp(DateTime::from_parts(pieces.date(), time)).ok();
    }
    // `2026-W19-2` and `2026-125`, of which Moment knows more than jiff.
    let (date, time) = text.split_once(['T', ' ']).map_or((text, None), |(date, time)| (date, Some(time)));
    let year: i16 = date.get(..4)?.parse().ok()?;
    let rest = &date[4..];
    let rest = rest.strip_prefix('-').unwrap_or(rest);
    let date = match rest.strip_prefix('W') {
        Some(week) => {
            let number = week.get(..2)?.parse().ok()?;
            let weekday = week[2..].strip_prefix('-').unwrap_or(&week[2..]);
            let weekday = if weekday.is_empty() { 1 } else { weekday.parse().ok()? };
            let weekday = Weekday::from_monday_one_offset(weekday).ok()?;
            ISOWeekDate::new(year, number, weekday).ok()?.date()
        }
        None => day_of_year(year, rest)?,
    };
    match time {
        None => utc(date, Time::midnight()),
        // The time and the zone are read with any date, and then moved to theirs.
        Some(time) => {
            let text = format!("{date}T{time}");
            let pieces = Pieces::parse(&text).ok()?;
            let offset = pieces.to_numeric_offset().unwrap_or(Offset::UTC);
            offset.to_timestamp(DateTime::from_parts(date, pieces.time()?)).ok()
        }
    }
}

fn day_of_year(year: i16, day: &str) -> Option<Date> {
    let day: i16 = day.parse().ok().filter(|_| day.len() == 3)?;
    date_of(year)?.with().day_of_year(day).build().ok()
}

fn date_of(year: i16) -> Option<Date> {
    (0..=9999).contains(&year).then(|| date(year, 1, 1))
}

/// How people write: `2026/5/5`, `2026. 5. 5.`, `2026년 5월 5일 9:30`.
fn loose(text: &str) -> Option<Timestamp> {
    let mut numbers = text.split(|c: char| !c.is_ascii_digit()).filter(|number| !number.is_empty());
    let known = |c: char| c.is_ascii_digit() || matches!(c, '/' | '.' | '-' | ':' | ' ' | '년' | '월' | '일');
    if !text.chars().all(known) {
        return None;
    }
    let year = numbers.next().filter(|year| year.len() == 4)?.parse().ok()?;
    let mut next = |missing: Option<i8>| numbers.next().map_or(missing, |number| number.parse().ok());
    let date = Date::new(year, next(None)?, next(None)?).ok()?;
    let (hour, minute, second) = (next(Some(0))?, next(Some(0))?, next(Some(0))?);
    let time = Time::new(hour, minute, second, 0).ok()?;
    if numbers.next().is_some() {
        return None;
    }
    utc(date, time)
}

fn utc(date: Date, time: Time) -> Option<Timestamp> {
    Offset::UTC.to_timestamp(DateTime::from_parts(date, time)).ok()
}
