//! The patterns of Numeral.js, <http://numeraljs.com/#format>, with what it makes of odd ones.

use crate::template::json::float_text;

pub(super) fn format(value: f64, pattern: &str) -> String {
    let has = |part: &str| pattern.contains(part);
    // In the order in which Numeral looks.
    if has("BPS") {
        with_sign(value * 10_000.0, pattern, "BPS")
    } else if ["0b", " b", "0ib", " ib"].into_iter().any(has) {
        size(value, pattern)
    } else if has("$") {
        currency(value, pattern)
    } else if has("e+") || has("e-") {
        exponential(value, pattern)
    } else if has("o") {
        let space = if has(" o") { " " } else { "" };
        format!("{}{space}{}", number(value, &without(pattern, "o")), ordinal(value))
    } else if has("%") {
        with_sign(value * 100.0, pattern, "%")
    } else if has(":") {
        clock(value)
    } else {
        number(value, pattern)
    }
}

/// Takes `part` out, with a blank before it.
fn without(pattern: &str, part: &str) -> String {
    let Some(at) = pattern.find(part) else { return pattern.to_owned() };
    let before = &pattern[..at];
    let before = before.strip_suffix(char::is_whitespace).unwrap_or(before);
    format!("{before}{}", &pattern[at + part.len()..])
}

/// `0%`, `0 %`, and inside of the brackets of `(0%)`.
fn with_sign(value: f64, pattern: &str, sign: &str) -> String {
    let space = if pattern.contains(&format!(" {sign}")) { " " } else { "" };
    let mut printed = number(value, &without(pattern, sign));
    let at = if printed.contains(')') { printed.len() - 1 } else { printed.len() };
    printed.insert_str(at, &format!("{space}{sign}"));
    printed
}

fn size(value: f64, pattern: &str) -> String {
    const DECIMAL: [&str; 9] = ["B", "KB", "MB", "GB", "TB", "PB", "EB", "ZB", "YB"];
    const BINARY: [&str; 9] = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB", "ZiB", "YiB"];
    let (base, units, mark) = if pattern.contains("ib") { (1024.0, BINARY, "ib") } else { (1000.0, DECIMAL, "b") };
    let space = if pattern.contains(" b") || pattern.contains(" ib") { " " } else { "" };
    let pattern = without(pattern, mark);
    // Below zero, and below one, Numeral knows no unit.
    if value != 0.0 && value < 1.0 {
        return format!("{}{space}", number(value, &pattern));
    }
    let mut value = value;
    let mut unit = 0;
    let mut limit: f64 = base;
    while value >= limit && unit + 1 < units.len() {
        limit *= base;
        unit += 1;
    }
    value /= limit / base;
    format!("{}{space}{}", number(value, &pattern), units[unit])
}

/// `$0,0.00`, `0,0 $`, `($0,0)`, `-$0`: the sign stands where the pattern has it.
fn currency(value: f64, pattern: &str) -> String {
    let leads = |c: char| matches!(c, '+' | '|' | '-' | '(' | '$') || c.is_whitespace();
    let trails = |c: char| matches!(c, '+' | '|' | '-' | ')' | '$') || c.is_whitespace();
    let mut before = pattern[..pattern.len() - pattern.trim_start_matches(leads).len()].to_owned();
    let mut after = pattern[pattern.trim_end_matches(trails).len()..].to_owned();
    // With a blank on either side.
    let (start, end) = pattern.split_once('$').unwrap_or((pattern, ""));
    let start = start.strip_suffix(char::is_whitespace).unwrap_or(start);
    let bare = format!("{start}{}", end.strip_prefix(char::is_whitespace).unwrap_or(end));
    let mut printed: Vec<char> = number(value, &bare).chars().collect();
    if value >= 0.0 {
        before = before.replacen(['-', '('], "", 1);
        after = after.replacen(['-', ')'], "", 1);
    } else if !before.contains(['-', '(']) {
        before.insert(0, '-');
    }
    for (at, symbol) in before.chars().enumerate() {
        if matches!(symbol, '$' | ' ') {
            printed.insert(at.min(printed.len()), symbol);
        }
    }
    let after: Vec<char> = after.chars().collect();
    for (at, symbol) in after.iter().enumerate().rev() {
        if matches!(symbol, '$' | ' ') {
            printed.insert(printed.len().saturating_sub(after.len() - 1 - at), *symbol);
        }
    }
    printed.into_iter().collect()
}

fn exponential(value: f64, pattern: &str) -> String {
    let scientific = format!("{value:e}");
    let (digits, power) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let sign = if power.starts_with('-') { "" } else { "+" };
    let mut bare = pattern.to_owned();
    for mark in ["e+0", "e-0", "e|0"] {
        if let Some(at) = bare.find(mark) {
            bare.replace_range(at..at + mark.len(), "");
            break;
        }
    }
    format!("{}e{sign}{power}", number(digits.parse().unwrap_or(0.0), &bare))
}

fn ordinal(value: f64) -> &'static str {
    let tens = (value % 100.0 / 10.0).trunc();
    match value % 10.0 {
        _ if tens == 1.0 => "th",
        1.0 => "st",
        2.0 => "nd",
        3.0 => "rd",
        _ => "th",
    }
}

/// Hours, minutes and seconds of a number of seconds.
fn clock(value: f64) -> String {
    let hours = (value / 60.0 / 60.0).floor();
    let minutes = ((value - hours * 60.0 * 60.0) / 60.0).floor();
    let seconds = rounded(value - hours * 60.0 * 60.0 - minutes * 60.0);
    let two = |number: f64| format!("{}{}", if number < 10.0 { "0" } else { "" }, float_text(number));
    format!("{}:{}:{}", float_text(hours), two(minutes), two(seconds))
}

/// Signs, groups, decimals and abbreviations.
fn number(value: f64, pattern: &str) -> String {
    let mut value = value;
    let mut pattern = pattern.to_owned();
    let brackets = pattern.contains('(');
    let mut sign_at = None;
    if brackets {
        pattern.retain(|c| !matches!(c, '(' | '|' | ')'));
    } else if pattern.contains(['+', '-']) {
        sign_at = match pattern.find('+') {
            None if value < 0.0 => pattern.find('-'),
            plus => plus,
        };
        pattern.retain(|c| !matches!(c, '+' | '|' | '-'));
    }
    let mut unit = String::new();
    let mut forced = false;
    if let Some(at) = pattern.find('a') {
        let wanted = pattern[at + 1..].chars().next().filter(|c| matches!(c, 'k' | 'm' | 'b' | 't'));
        forced = wanted.is_some();
        if pattern.contains(" a") {
            unit.push(' ');
        }
        if let Some(at) = pattern.find(&format!("{unit}a")) {
            let mut end = at + unit.len() + 1;
            end += usize::from(pattern[end..].starts_with(['k', 'm', 'b', 't']));
            pattern.replace_range(at..end, "");
        }
        let size = value.abs();
        for (name, thousands) in [('t', 1e12), ('b', 1e9), ('m', 1e6), ('k', 1e3)] {
            if wanted == Some(name) || (wanted.is_none() && size >= thousands) {
                unit.push(name);
                value /= thousands;
                break;
            }
        }
    }
    let optional = pattern.contains("[.]");
    pattern = pattern.replacen("[.]", ".", 1);
    let mut parts = pattern.split('.');
    let whole = parts.next().unwrap_or_default();
    let precision = parts.next().unwrap_or_default();
    let zeros = whole.split(',').next().unwrap_or_default().matches('0').count();

    let fixed = if precision.is_empty() {
        fixed(value, 0, 0)
    } else if let Some((always, sometimes)) = precision.replacen(']', "", 1).split_once('[') {
        let sometimes = sometimes.split('[').next().unwrap_or_default().chars().count();
        fixed(value, always.chars().count() + sometimes, sometimes)
    } else {
        fixed(value, precision.chars().count(), 0)
    };
    let (mut whole, mut decimals) = match fixed.split_once('.') {
        Some((whole, decimals)) => (whole.to_owned(), format!(".{decimals}")),
        None => (fixed, String::new()),
    };
    if optional && decimals.bytes().all(|digit| matches!(digit, b'.' | b'0')) {
        decimals.clear();
    }
    // Rounding may have made a thousand of it.
    if !unit.is_empty() && !forced && unit != "t" && whole.parse().is_ok_and(|whole: f64| whole >= 1000.0) {
        whole = float_text(whole.parse().unwrap_or(0.0) / 1000.0);
        match unit.as_str() {
            "k" => unit = "m".to_owned(),
            "m" => unit = "b".to_owned(),
            "b" => unit = "t".to_owned(),
            _ => {}
        }
    }
    let negative = whole.contains('-');
    if negative {
        whole.remove(0);
    }
    if whole.len() < zeros {
        whole.insert_str(0, &"0".repeat(zeros - whole.len()));
    }
    if pattern.contains(',') {
        whole = grouped(&whole);
    }
    if pattern.starts_with('.') {
        whole.clear();
    }
    let printed = format!("{whole}{decimals}{unit}");
    match (brackets, sign_at, negative) {
        (true, _, true) => format!("({printed})"),
        (false, Some(0), negative) => format!("{}{printed}", if negative { '-' } else { '+' }),
        (false, Some(_), negative) => format!("{printed}{}", if negative { '-' } else { '+' }),
        (false, None, true) => format!("-{printed}"),
        (_, _, false) => printed,
    }
}

/// `Number.toFixed` of what is rounded as a decimal: 1.005 is one cent more than 1.00. Of the decimals, the last
/// `optional` ones go if they are zeros.
fn fixed(value: f64, decimals: usize, optional: usize) -> String {
    let there = if value.fract() == 0.0 {
        0
    } else {
        float_text(value).split_once('.').map_or(0, |(_, decimals)| decimals.len())
    };
    let least = decimals - optional;
    let precision = there.max(least).min(decimals);
    let result = if value.fract() == 0.0 {
        value
    } else {
        // By its digits, for 1.005 * 100 is 100.49999999999999.
        let scientific = format!("{value:e}");
        let (digits, power) = scientific.split_once('e').unwrap_or((&scientific, "0"));
        let power = power.parse::<i64>().unwrap_or(0).saturating_add_unsigned(precision as u64);
        let scaled: f64 = format!("{digits}e{power}").parse().unwrap_or(value);
        rounded(scaled) / format!("1e{precision}").parse::<f64>().unwrap_or(f64::INFINITY)
    };
    let mut printed = if result.abs() >= 1e21 {
        float_text(result)
    } else {
        format!("{:.precision$}", if result == 0.0 { 0.0 } else { result })
    };
    let surplus = optional.saturating_sub(decimals - precision);
    if surplus > 0 {
        let mut cut = 0;
        while cut < surplus && printed.ends_with('0') {
            printed.pop();
            cut += 1;
        }
        if cut > 0 && printed.ends_with('.') {
            printed.pop();
        }
    }
    printed
}

/// `Math.round`: halves go up.
fn rounded(value: f64) -> f64 {
    let floor = value.floor();
    if value - floor >= 0.5 { floor + 1.0 } else { floor }
}

/// `1234567` as `1,234,567`.
pub(super) fn grouped(whole: &str) -> String {
    if !whole.bytes().all(|byte| byte.is_ascii_digit()) {
        return whole.to_owned();
    }
    let mut grouped = String::with_capacity(whole.len() * 4 / 3);
    for (at, digit) in whole.char_indices() {
        if at > 0 && (whole.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}
