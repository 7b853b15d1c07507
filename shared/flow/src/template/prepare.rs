//! From CLOSER's spelling to the crate's: `a[0]` becomes `a.[0]`, texts become JSON texts. What the crate would take but
//! Handlebars in JavaScript refuses is refused here, and so is what would make the parser call itself too deep.

use crate::limits::TEMPLATE_DEPTH;

pub(super) fn prepare(source: &str) -> Result<String, String> {
    let mut prepared = String::with_capacity(source.len() + 16);
    let mut rest = source;
    let mut blocks = 0_usize;
    while let Some(start) = rest.find("{{") {
        let (before, tag) = rest.split_at(start);
        prepared.push_str(before);
        // `\{{` is no tag, `\\{{` is one after a backslash.
        if before.ends_with('\\') && !before.ends_with("\\\\") {
            prepared.push_str("{{");
            rest = &tag[2..];
            continue;
        }
        if tag.starts_with("{{{{") {
            return Err("four braces have no meaning here".to_owned());
        }
        if let Some(length) = comment(tag)? {
            prepared.push_str(&tag[..length]);
            rest = &tag[length..];
            continue;
        }
        match tag[2..].trim_start_matches('~').as_bytes().first() {
            Some(b'#') => blocks += 1,
            Some(b'/') => blocks = blocks.saturating_sub(1),
            _ => {}
        }
        if blocks > TEMPLATE_DEPTH {
            return Err("too many blocks inside each other".to_owned());
        }
        rest = &tag[mustache(tag, &mut prepared)?..];
    }
    prepared.push_str(rest);
    Ok(prepared)
}

/// How long the comment is, if `tag` is one.
fn comment(tag: &str) -> Result<Option<usize>, String> {
    let end = match tag {
        _ if tag.starts_with("{{!--") => "--}}",
        _ if tag.starts_with("{{!") => "}}",
        _ => return Ok(None),
    };
    let at = tag.find(end).ok_or("a comment is not closed")?;
    Ok(Some(at + end.len()))
}

/// Writes one `{{…}}` and says how long it was.
fn mustache(tag: &str, prepared: &mut String) -> Result<usize, String> {
    let open = if tag.starts_with("{{{") {
        3
    } else if tag.starts_with("{{~{") {
        4
    } else {
        2
    };
    prepared.push_str(&tag[..open]);
    let mut at = open;
    let mut brackets = 0_usize;
    while let Some(next) = tag[at..].chars().next() {
        let rest = &tag[at..];
        let length = match next {
            '}' if open == 2 && rest.starts_with("}}}") => {
                return Err("a third closing brace follows a template: put a blank before it".to_owned());
            }
            '}' if open == 2 && rest.starts_with("}}") => return Ok(close(tag, at, 2, prepared)),
            '}' if open > 2 && rest.starts_with("}}}") => return Ok(close(tag, at, 3, prepared)),
            '}' if open > 2 && rest.starts_with("}~}}") => return Ok(close(tag, at, 4, prepared)),
            '"' | '\'' => {
                at += text(rest, next, prepared)?;
                continue;
            }
            '[' => {
                // JavaScript's index needs no dot before it, the crate's does.
                if prepared.ends_with(|last: char| last == ']' || last == '_' || last.is_alphanumeric()) {
                    prepared.push('.');
                }
                let length = rest.find(']').map_or(rest.len(), |end| end + 1);
                if rest[1..length].contains('[') {
                    return Err("a bracket is not closed".to_owned());
                }
                length
            }
            '{' => return Err("a brace has no meaning inside of a template".to_owned()),
            '(' => {
                brackets += 1;
                1
            }
            ')' => {
                brackets = brackets.saturating_sub(1);
                1
            }
            other => other.len_utf8(),
        };
        if brackets > TEMPLATE_DEPTH {
            return Err("too many brackets inside each other".to_owned());
        }
        prepared.push_str(&rest[..length]);
        at += length;
    }
    Err("a template is not closed: }} is missing".to_owned())
}

fn close(tag: &str, at: usize, length: usize, prepared: &mut String) -> usize {
    prepared.push_str(&tag[at..at + length]);
    at + length
}

/// Writes a text in quotes as JSON. Only `\"` (or `\'`) means something else than itself, as in Handlebars.
fn text(rest: &str, quote: char, prepared: &mut String) -> Result<usize, String> {
    let mut content = String::new();
    let mut chars = rest.char_indices().skip(1).peekable();
    while let Some((at, next)) = chars.next() {
        match next {
            '\\' if chars.peek().is_some_and(|(_, after)| *after == quote) => {
                content.push(quote);
                chars.next();
            }
            _ if next == quote => {
                prepared.push_str(&serde_json::Value::from(content).to_string());
                return Ok(at + 1);
            }
            _ => content.push(next),
        }
    }
    Err("a text in quotes is not closed".to_owned())
}
