//! Regular expressions as JavaScript means them, as far as the crate can.

use regex::{Regex, RegexBuilder};

use crate::limits;

/// Bare, or between slashes with flags. Found anywhere in the text.
pub(crate) fn read(source: &str) -> Result<Regex, String> {
    let delimited = source.strip_prefix('/').and_then(|rest| rest.rsplit_once('/'));
    let (pattern, flags) = match delimited {
        Some((pattern, flags)) if flags.chars().all(|flag| flag.is_ascii_lowercase()) => (pattern, flags),
        Some(_) | None => (source, ""),
    };
    RegexBuilder::new(&ascii_classes(pattern))
        .case_insensitive(flags.contains('i'))
        .multi_line(flags.contains('m'))
        .dot_matches_new_line(flags.contains('s'))
        .size_limit(limits::REGEX_BYTES)
        .build()
        .map_err(|_| "is no regular expression that can be used here".to_owned())
}

/// JavaScript's `\d`, `\w` and `\b` know ASCII only. It is also what makes them fast to compile.
fn ascii_classes(pattern: &str) -> String {
    let mut written = String::with_capacity(pattern.len() + 16);
    let mut in_class = false;
    let mut chars = pattern.chars();
    while let Some(next) = chars.next() {
        match (next, in_class) {
            ('\\', _) => match (chars.next(), in_class) {
                (Some('d'), true) => written.push_str("0-9"),
                (Some('d'), false) => written.push_str("[0-9]"),
                (Some('D'), false) => written.push_str("[^0-9]"),
                (Some('w'), true) => written.push_str("0-9A-Za-z_"),
                (Some('w'), false) => written.push_str("[0-9A-Za-z_]"),
                (Some('W'), false) => written.push_str("[^0-9A-Za-z_]"),
                (Some('b'), false) => written.push_str(r"(?-u:\b)"),
                (Some(other), _) => written.extend(['\\', other]),
                (None, _) => written.push('\\'),
            },
            // A bracket in brackets means itself there, and something else to the crate.
            ('[', true) => written.push_str(r"\["),
            ('[', false) => {
                in_class = true;
                written.push('[');
            }
            (']', true) => {
                in_class = false;
                written.push(']');
            }
            (other, _) => written.push(other),
        }
    }
    written
}
