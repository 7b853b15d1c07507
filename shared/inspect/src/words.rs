//! Conditions and texts of a bot in few words, for a line of a report and a row of a drawing.

use flow::{Operator, Where};
use serde_json::Value;
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use crate::report::Language;

/// `message = "예"`, `params.age > 19 and vip exists`.
pub(crate) fn condition(condition: &Where, language: Language) -> String {
    let (and, or, never) = match language {
        Language::English => (" and ", " or ", "never"),
        Language::Korean => (" 그리고 ", " 또는 ", "성립 안 함"),
    };
    let join = |parts: &[Where], word: &str| {
        let parts = parts.iter().filter(|part| !part.always());
        let parts: Vec<String> = parts.map(|part| bracketed(part, language)).collect();
        parts.join(word)
    };
    match condition {
        always if always.always() => String::new(),
        Where::All(parts) => join(parts, and),
        Where::Any(parts) => join(parts, or),
        Where::Never => never.to_owned(),
        Where::Test { path, operator, operands } => test(path, *operator, operands, language),
    }
}

fn bracketed(part: &Where, language: Language) -> String {
    let words = condition(part, language);
    match part {
        Where::All(parts) | Where::Any(parts) if parts.len() > 1 => format!("({words})"),
        Where::All(_) | Where::Any(_) | Where::Test { .. } | Where::Never => words,
    }
}

fn test(path: &str, operator: Operator, operands: &[Value], language: Language) -> String {
    let path = if path == "message.text" { "message" } else { path };
    let operands: Vec<String> = operands
        .iter()
        .map(|operand| match (operand, operator) {
            // The engine compares in floats, and nobody wrote `19.0`.
            (Value::Number(number), _) => number.as_f64().map_or_else(|| number.to_string(), |it| it.to_string()),
            (Value::String(pattern), Operator::Matches) => format!("/{}/", as_written(pattern)),
            (Value::String(text), _) => format!("\"{text}\""),
            (other, _) => other.to_string(),
        })
        .collect();
    let operands = operands.join(" | ");
    let word = match (operator, language) {
        (Operator::Exists, Language::English) => return format!("{path} exists"),
        (Operator::Exists, Language::Korean) => return format!("{path} 있음"),
        (Operator::NotExists, Language::English) => return format!("no {path}"),
        (Operator::NotExists, Language::Korean) => return format!("{path} 없음"),
        (Operator::Contains, Language::English) => "has",
        (Operator::Contains, Language::Korean) => return format!("{path}에 {operands} 포함"),
        (Operator::NotContains, Language::English) => "has no",
        (Operator::NotContains, Language::Korean) => return format!("{path}에 {operands} 미포함"),
        (Operator::Equals, _) => "=",
        (Operator::NotEquals, _) => "≠",
        (Operator::Matches, _) => "~",
        (Operator::Greater, _) => ">",
        (Operator::GreaterOrEqual, _) => "≥",
        (Operator::Less, _) => "<",
        (Operator::LessOrEqual, _) => "≤",
    };
    format!("{path} {word} {operands}")
}

/// The engine spells the classes of regular expressions out.
fn as_written(pattern: &str) -> String {
    pattern
        .replace("[^0-9A-Za-z_]", r"\W")
        .replace("[0-9A-Za-z_]", r"\w")
        .replace("[^0-9]", r"\D")
        .replace("[0-9]", r"\d")
        .replace(r"(?-u:\b)", r"\b")
}

/// What somebody wrote, in one line.
pub(crate) fn one_line(text: &str) -> String {
    let plain = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect::<String>();
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Its start, of at most `width` columns: Hangul takes two.
pub(crate) fn short(text: &str, width: usize) -> String {
    let text = one_line(text);
    if text.width() <= width {
        return text;
    }
    let mut used = 0;
    let start = text.graphemes(true).take_while(|character| {
        used += character.width();
        used < width
    });
    format!("{}…", start.collect::<String>().trim_end())
}
