//! `QUOTE(text, quote)`: the text in quotes, `"` if nothing else is said, so that a JSON body or a script can hold it. What
//! would end it early, and what cannot stand in one line, has a backslash.

use super::{Argument, Made, Setting, text};

pub(super) fn quote<'v>(of: &[Argument<'v>], _: &mut Setting) -> Made<'v> {
    let given = of.get(1).map(Argument::text).unwrap_or_default();
    let quote = given.chars().next().unwrap_or('"');
    let plain = of[0].text();
    let mut quoted = String::with_capacity(plain.len() + 2);
    quoted.push(quote);
    for c in plain.chars() {
        match c {
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            '\u{2028}' | '\u{2029}' | '\0'..='\u{1f}' => quoted.push_str(&format!("\\u{:04x}", u32::from(c))),
            _ => {
                if c == quote || c == '\\' {
                    quoted.push('\\');
                }
                quoted.push(c);
            }
        }
    }
    quoted.push(quote);
    text(quoted)
}
