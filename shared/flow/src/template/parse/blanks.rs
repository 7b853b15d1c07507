//! What `~` takes away, and tags that have a line to themselves: of that line nothing is left. Step by step as Handlebars
//! does it, for authors see every blank.

use super::{Parts, Piece, Words};

pub(super) fn trim(pieces: &mut [Piece<'_>], root: bool) {
    for index in 0..pieces.len() {
        let tag = match &mut pieces[index] {
            Piece::Text(_) => continue,
            Piece::Print(_, strip) => Tag { open: strip.open, close: strip.close, ..Tag::default() },
            Piece::Comment(strip) => Tag { open: strip.open, close: strip.close, alone: true, ..Tag::default() },
            Piece::Block(parts) => trim_block(parts),
        };
        let after_blank = blank_before(&pieces[..index], root, root);
        let before_blank = blank_after(&pieces[index + 1..], root, root);
        if tag.close {
            cut_start(&mut pieces[index + 1..], true);
        }
        if tag.open {
            cut_end(&mut pieces[..index], true);
        }
        if tag.alone && after_blank && before_blank {
            cut_start(&mut pieces[index + 1..], false);
            cut_end(&mut pieces[..index], false);
        }
        if tag.opens_alone && after_blank {
            if let Piece::Block(parts) = &mut pieces[index] {
                cut_start(&mut parts.branches[0].body, false);
            }
            cut_end(&mut pieces[..index], false);
        }
        if tag.closes_alone && before_blank {
            cut_start(&mut pieces[index + 1..], false);
            if let Piece::Block(parts) = &mut pieces[index] {
                match &mut parts.otherwise {
                    // Behind `{{else if}}` Handlebars looks at the wrong part.
                    _ if parts.branches.len() > 1 => {}
                    Some((_, body)) => cut_end(body, false),
                    None => cut_end(&mut parts.branches[0].body, false),
                }
            }
        }
    }
}

/// What a tag does to the text around it.
#[derive(Default)]
#[expect(clippy::struct_excessive_bools, reason = "as in Handlebars")]
struct Tag {
    open: bool,
    close: bool,
    alone: bool,
    opens_alone: bool,
    closes_alone: bool,
}

fn trim_block(parts: &mut Parts<'_>) -> Tag {
    for part in &mut parts.branches {
        trim(&mut part.body, false);
    }
    if let Some((_, body)) = &mut parts.otherwise {
        trim(body, false);
    }
    let mut tag = Tag::default();
    // From the inside: to Handlebars `{{else if}}` is a block inside of `{{else}}`.
    for index in (0..parts.branches.len()).rev() {
        let (branches, following) = parts.branches.split_at_mut(index + 1);
        let part = &mut branches[index];
        // The tag that Handlebars takes for the closing one.
        let close = if index < 2 { parts.close } else { part.strip };
        let next = match (following.first_mut(), &mut parts.otherwise) {
            (Some(following), _) => Some((following.strip, &mut following.body)),
            (None, Some((strip, body))) => Some((*strip, body)),
            (None, None) => None,
        };
        let opens_alone = blank_after(&part.body, false, false);
        let last = next.as_ref().map_or(&part.body, |(_, body)| body);
        let closes_alone = blank_before(last, false, false);
        tag = Tag { open: part.strip.open, close: close.close, alone: false, opens_alone, closes_alone };
        if part.strip.close {
            cut_start(&mut part.body, true);
        }
        let Some((strip, next)) = next else {
            if close.open {
                cut_end(&mut part.body, true);
            }
            continue;
        };
        if strip.open {
            cut_end(&mut part.body, true);
        }
        if strip.close {
            cut_start(next, true);
        }
        if close.open {
            cut_end(next, true);
        }
        if blank_before(&part.body, false, false) && blank_after(next, false, false) {
            cut_end(&mut part.body, false);
            cut_start(next, false);
        }
    }
    tag
}

/// Whether nothing but blanks stands between the end of `before` and the start of the line.
fn blank_before(before: &[Piece<'_>], root: bool, nothing: bool) -> bool {
    match before {
        [] => nothing,
        [.., Piece::Text(words)] => {
            let text = words.original.trim_end_matches(is_blank);
            words.original[text.len()..].contains('\n') || (root && before.len() == 1 && text.is_empty())
        }
        _ => false,
    }
}

fn blank_after(after: &[Piece<'_>], root: bool, nothing: bool) -> bool {
    match after {
        [] => nothing,
        [Piece::Text(words), ..] => {
            let text = words.original.trim_start_matches(is_blank);
            words.original[..words.original.len() - text.len()].contains('\n')
                || (root && after.len() == 1 && text.is_empty())
        }
        _ => false,
    }
}

/// `all` the blanks, or the rest of the line.
fn cut_start(pieces: &mut [Piece<'_>], all: bool) {
    let Some(Piece::Text(Words { value, stripped_right, .. })) = pieces.first_mut() else { return };
    if all {
        let cut = value.trim_start_matches(is_blank);
        *stripped_right = cut.len() < value.len();
        *value = cut;
    } else if !*stripped_right {
        let cut = value.trim_start_matches([' ', '\t']);
        let cut = cut.strip_prefix("\r\n").or(cut.strip_prefix(['\r', '\n'])).unwrap_or(cut);
        *stripped_right = cut.len() < value.len();
        *value = cut;
    }
}

fn cut_end(pieces: &mut [Piece<'_>], all: bool) {
    let Some(Piece::Text(Words { value, stripped_left, .. })) = pieces.last_mut() else { return };
    if all || !*stripped_left {
        let cut = if all { value.trim_end_matches(is_blank) } else { value.trim_end_matches([' ', '\t']) };
        *stripped_left = cut.len() < value.len();
        *value = cut;
    }
}

/// JavaScript's `\s`.
fn is_blank(c: char) -> bool {
    (c.is_whitespace() && c != '\u{85}') || c == '\u{feff}'
}
