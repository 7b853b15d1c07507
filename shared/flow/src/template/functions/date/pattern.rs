//! The tokens of Moment.js, <https://momentjs.com/docs/#/displaying/format/>.

use std::fmt::Write as _;

use jiff::Zoned;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Language {
    English,
    Korean,
}

/// Longest first where one begins like another.
const TOKENS: &[&str] = &[
    "Hmmss",
    "hmmss",
    "Hmm",
    "hmm",
    "Mo",
    "MMMM",
    "MMM",
    "MM",
    "M",
    "Do",
    "DDDo",
    "DDDD",
    "DDD",
    "DD",
    "D",
    "dddd",
    "ddd",
    "dd",
    "do",
    "d",
    "wo",
    "ww",
    "w",
    "Wo",
    "WW",
    "W",
    "Qo",
    "Q",
    "NNNNN",
    "NNNN",
    "NNN",
    "NN",
    "N",
    "YYYYYY",
    "YYYYY",
    "YYYY",
    "YY",
    "Y",
    "yyyy",
    "yyy",
    "yy",
    "yo",
    "y",
    "ggggg",
    "gggg",
    "gg",
    "GGGGG",
    "GGGG",
    "GG",
    "e",
    "E",
    "a",
    "A",
    "hh",
    "h",
    "HH",
    "H",
    "kk",
    "k",
    "mm",
    "m",
    "ss",
    "s",
    "SSSSSSSSS",
    "SSSSSSSS",
    "SSSSSSS",
    "SSSSSS",
    "SSSSS",
    "SSSS",
    "SSS",
    "SS",
    "S",
    "x",
    "X",
    "zz",
    "z",
    "ZZ",
    "Z",
    "LTS",
    "LT",
    "LLLL",
    "LLL",
    "LL",
    "L",
    "llll",
    "lll",
    "ll",
    "l",
];

pub(super) fn print(time: &Zoned, pattern: &str, language: Language) -> String {
    let mut printed = String::with_capacity(pattern.len() * 2);
    let mut rest = pattern;
    while let Some(next) = rest.chars().next() {
        if next == '['
            && let Some(length) = bracket(rest)
        {
            printed.push_str(&rest[1..length - 1]);
            rest = &rest[length..];
            continue;
        }
        // What stands behind a backslash stands for itself.
        let escaped = next == '\\';
        let inner = if escaped { &rest[1..] } else { rest };
        let first = inner.as_bytes().first();
        let token = TOKENS.iter().find(|token| token.as_bytes().first() == first && inner.starts_with(**token));
        match token {
            Some(token) if escaped => printed.push_str(token),
            Some(token) => put(&mut printed, time, token, language),
            None => printed.extend(inner.chars().next()),
        }
        let length = token.map_or_else(|| inner.chars().next().map_or(0, char::len_utf8), |token| token.len());
        rest = &inner[length..];
    }
    printed
}

/// How long `[…]` is: up to the last `]` before another `[`.
fn bracket(rest: &str) -> Option<usize> {
    let end = rest[1..].find('[').map_or(rest.len(), |next| next + 1);
    rest[..end].rfind(']').map(|last| last + 1)
}

fn put(out: &mut String, time: &Zoned, token: &str, language: Language) {
    let english = language == Language::English;
    let (year, month, day) = (i64::from(time.year()), i64::from(time.month()), i64::from(time.day()));
    let (hour, minute, second) = (i64::from(time.hour()), i64::from(time.minute()), i64::from(time.second()));
    let twelve = if hour % 12 == 0 { 12 } else { hour % 12 };
    let day_of_year = || i64::from(time.day_of_year());
    let weekday = || i64::from(time.weekday().to_sunday_zero_offset());
    let iso_year = || i64::from(time.date().iso_week_date().year());
    let iso_week = || i64::from(time.date().iso_week_date().week());
    match token {
        "M" => number(out, month, 1),
        "MM" => number(out, month, 2),
        "Mo" => ordinal(out, month, "월", language),
        "MMM" if english => out.push_str(&name(MONTHS, month - 1)[..3]),
        "MMMM" if english => out.push_str(name(MONTHS, month - 1)),
        "MMM" | "MMMM" => {
            number(out, month, 1);
            out.push('월');
        }
        "Q" => number(out, (month + 2) / 3, 1),
        "Qo" => ordinal(out, (month + 2) / 3, "", language),
        "D" => number(out, day, 1),
        "DD" => number(out, day, 2),
        "Do" => ordinal(out, day, "일", language),
        "DDD" => number(out, day_of_year(), 1),
        "DDDD" => number(out, day_of_year(), 3),
        "DDDo" => ordinal(out, day_of_year(), "일", language),
        "d" | "e" => number(out, weekday(), 1),
        "do" => ordinal(out, weekday(), "일", language),
        "dd" if english => out.push_str(&name(WEEKDAYS, weekday())[..2]),
        "ddd" if english => out.push_str(&name(WEEKDAYS, weekday())[..3]),
        "dddd" if english => out.push_str(name(WEEKDAYS, weekday())),
        "dd" | "ddd" => out.push_str(name(KOREAN_WEEKDAYS, weekday())),
        "dddd" => {
            out.push_str(name(KOREAN_WEEKDAYS, weekday()));
            out.push_str("요일");
        }
        "E" => number(out, if weekday() == 0 { 7 } else { weekday() }, 1),
        "w" => number(out, week(time).1, 1),
        "ww" => number(out, week(time).1, 2),
        "wo" => ordinal(out, week(time).1, "주", language),
        "W" => number(out, iso_week(), 1),
        "WW" => number(out, iso_week(), 2),
        "Wo" => ordinal(out, iso_week(), "주", language),
        "Y" => number(out, year, 4),
        "YY" => number(out, year.rem_euclid(100), 2),
        "YYYY" => number(out, year, 4),
        "YYYYY" => number(out, year, 5),
        "YYYYYY" => {
            out.push(if year < 0 { '-' } else { '+' });
            number(out, year.abs(), 6);
        }
        // Years of the era: there is no year 0.
        "y" => number(out, era_year(year), 1),
        "yy" => number(out, era_year(year), 2),
        "yyy" => number(out, era_year(year), 3),
        "yyyy" => number(out, era_year(year), 4),
        "yo" => ordinal(out, era_year(year), "", language),
        "NNNN" => out.push_str(if year > 0 { "Anno Domini" } else { "Before Christ" }),
        "N" | "NN" | "NNN" | "NNNNN" => out.push_str(if year > 0 { "AD" } else { "BC" }),
        "gg" => number(out, week(time).0.rem_euclid(100), 2),
        "gggg" => number(out, week(time).0, 4),
        "ggggg" => number(out, week(time).0, 5),
        "GG" => number(out, iso_year().rem_euclid(100), 2),
        "GGGG" => number(out, iso_year(), 4),
        "GGGGG" => number(out, iso_year(), 5),
        "A" | "a" => out.push_str(match (language, token, hour < 12) {
            (Language::English, "A", true) => "AM",
            (Language::English, "A", false) => "PM",
            (Language::English, _, true) => "am",
            (Language::English, _, false) => "pm",
            (Language::Korean, _, true) => "오전",
            (Language::Korean, _, false) => "오후",
        }),
        "H" => number(out, hour, 1),
        "HH" => number(out, hour, 2),
        "h" => number(out, twelve, 1),
        "hh" => number(out, twelve, 2),
        "k" => number(out, if hour == 0 { 24 } else { hour }, 1),
        "kk" => number(out, if hour == 0 { 24 } else { hour }, 2),
        "m" => number(out, minute, 1),
        "mm" => number(out, minute, 2),
        "s" => number(out, second, 1),
        "ss" => number(out, second, 2),
        "Hmm" | "hmm" | "Hmmss" | "hmmss" => {
            number(out, if token.starts_with('H') { hour } else { twelve }, 1);
            number(out, minute, 2);
            if token.ends_with('s') {
                number(out, second, 2);
            }
        }
        "X" => number(out, time.timestamp().as_millisecond().div_euclid(1000), 1),
        "x" => number(out, time.timestamp().as_millisecond(), 1),
        "z" | "zz" => {
            let info = time.time_zone().to_offset_info(time.timestamp());
            out.push_str(info.abbreviation());
        }
        "Z" | "ZZ" => {
            let minutes = (f64::from(time.offset().seconds()) / 60.0).round().abs();
            out.push(if time.offset().is_negative() { '-' } else { '+' });
            let colon = if token == "Z" { ":" } else { "" };
            let _ = write!(out, "{:02}{colon}{:02}", (minutes / 60.0).floor(), minutes % 60.0);
        }
        _ if token.starts_with('S') => {
            // Moment knows milliseconds.
            let digits = format!("{:03}000000", time.millisecond());
            out.push_str(&digits[..token.len()]);
        }
        long => out.push_str(&print(time, whole(long, language), language)),
    }
}

/// What the tokens that stand for several mean.
fn whole(token: &str, language: Language) -> &'static str {
    match (language, token) {
        (Language::English, "LT") => "h:mm A",
        (Language::English, "LTS") => "h:mm:ss A",
        (Language::English, "L") => "MM/DD/YYYY",
        (Language::English, "LL") => "MMMM D, YYYY",
        (Language::English, "LLL") => "MMMM D, YYYY h:mm A",
        (Language::English, "LLLL") => "dddd, MMMM D, YYYY h:mm A",
        (Language::English, "l") => "M/D/YYYY",
        (Language::English, "ll") => "MMM D, YYYY",
        (Language::English, "lll") => "MMM D, YYYY h:mm A",
        (Language::English, "llll") => "ddd, MMM D, YYYY h:mm A",
        (Language::Korean, "LT") => "A h:mm",
        (Language::Korean, "LTS") => "A h:mm:ss",
        (Language::Korean, "L" | "l") => "YYYY.MM.DD.",
        (Language::Korean, "LL" | "ll") => "YYYY년 MMMM D일",
        (Language::Korean, "LLL" | "lll") => "YYYY년 MMMM D일 A h:mm",
        (Language::Korean, "LLLL" | "llll") => "YYYY년 MMMM D일 dddd A h:mm",
        (Language::English | Language::Korean, _) => "",
    }
}

const MONTHS: &[&str] = &[
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const WEEKDAYS: &[&str] = &["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const KOREAN_WEEKDAYS: &[&str] = &["일", "월", "화", "수", "목", "금", "토"];

fn name(names: &[&'static str], index: i64) -> &'static str {
    usize::try_from(index).ok().and_then(|index| names.get(index)).copied().unwrap_or_default()
}

fn number(out: &mut String, number: i64, digits: usize) {
    let sign = if number < 0 { "-" } else { "" };
    let _ = write!(out, "{sign}{:0digits$}", number.abs());
}

fn ordinal(out: &mut String, of: i64, korean: &str, language: Language) {
    number(out, of, 1);
    out.push_str(match (language, of % 10) {
        (Language::Korean, _) => korean,
        (Language::English, _) if of % 100 / 10 == 1 => "th",
        (Language::English, 1) => "st",
        (Language::English, 2) => "nd",
        (Language::English, 3) => "rd",
        (Language::English, _) => "th",
    });
}

fn era_year(year: i64) -> i64 {
    if year > 0 { year } else { 1 - year }
}

/// Year and number of a week that begins on Sunday; the first one holds January 1.
fn week(time: &Zoned) -> (i64, i64) {
    let year = i64::from(time.year());
    let day_of_year = i64::from(time.day_of_year());
    let weekday = i64::from(time.weekday().to_sunday_zero_offset());
    // The weekday of January 1.
    let first = (weekday - (day_of_year - 1)).rem_euclid(7);
    let days = i64::from(time.days_in_year());
    let next_first = (first + days) % 7;
    if day_of_year > days - next_first {
        return (year + 1, 1);
    }
    (year, (day_of_year - 1 + first) / 7 + 1)
}
