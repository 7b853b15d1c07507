//! `FORMAT(value, pattern)`: a number as Numeral.js 2.0.6 prints it (`0,0.00`, `0.0a`, `0%`, `$0,0`, `0o`, `0ib`,
//! `00:00:00`, `0.0e+0`, `(0,0)`, `+0`), or as `toLocaleString` does. A text that is a number counts as one; any other is
//! left as it is.

mod numeral;

use serde_json::Value;

use super::{Argument, Made, Setting, text};

/// `Number.toFixed` knows no more decimals, and no real pattern is as long.
const PATTERN_BYTES: usize = 100;

pub(super) fn format<'v>(of: &[Argument<'v>], _: &mut Setting) -> Made<'v> {
    let Some(number) = of[0].value.as_deref().and_then(number) else { return text(of[0].text().into_owned()) };
    let pattern = of.get(1).map(Argument::text).unwrap_or_default();
    match &*pattern {
        "" => text(plain(number)),
        pattern if pattern.len() > PATTERN_BYTES => Err("the pattern of FORMAT is too long".to_owned()),
        pattern => text(numeral::format(number, pattern)),
    }
}

fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => {
            let text = text.trim();
            let decimal = text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'.' | b'+' | b'-' | b'e' | b'E'));
            text.parse().ok().filter(|number: &f64| decimal && number.is_finite())
        }
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

/// `toLocaleString`: groups of three, three decimals at most.
fn plain(number: f64) -> String {
    let shortest = format!("{}", number.abs());
    let (whole, decimals) = shortest.split_once('.').unwrap_or((&shortest, ""));
    // Of the decimals that one sees, not of those that a float has.
    let up = decimals.as_bytes().get(3).is_some_and(|digit| *digit >= b'5');
    let mut digits: Vec<u8> = format!("{whole}{:0<3}", &decimals[..decimals.len().min(3)]).into_bytes();
    if up {
        let mut carried = false;
        for digit in digits.iter_mut().rev() {
            if *digit < b'9' {
                *digit += 1;
                carried = true;
                break;
            }
            *digit = b'0';
        }
        if !carried {
            digits.insert(0, b'1');
        }
    }
    let digits = String::from_utf8(digits).unwrap_or_default();
    let (whole, decimals) = digits.split_at(digits.len() - 3);
    let decimals = decimals.trim_end_matches('0');
    let point = if decimals.is_empty() { "" } else { "." };
    let sign = if number < 0.0 && digits.bytes().any(|digit| digit != b'0') { "-" } else { "" };
    format!("{sign}{}{point}{decimals}", numeral::grouped(whole))
}
