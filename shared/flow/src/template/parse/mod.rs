//! Reads a template: the grammar of Handlebars 4.0.12, with `NAME(a, b)`, `a[0]`, `a[i]` and `a[0..5]` of CLOSER's.

mod blanks;
mod fault;
mod operand;

pub use fault::TemplateFault;

use super::tree::{Block, Branch, Head, Node, Operand, Template};
use crate::limits;

/// What is wrong, and where, as Handlebars says it.
pub(super) fn parse(source: &str) -> Result<Template, TemplateFault> {
    let mut parser = Parser { source, at: 0, depth: 0, scopes: 0, locals: Vec::new() };
    let (mut pieces, end) = parser.program()?;
    match end {
        End::Text => {}
        End::Else(_) => return Err(parser.error(parser.at, "{{else}} stands outside of a block")),
        End::Chain(_) => return Err(parser.error(parser.at, "{{else …}} stands outside of a block")),
        End::Close { name, .. } => return Err(parser.error(parser.at, &format!("{{{{/{name}}}}} closes nothing"))),
    }
    blanks::trim(&mut pieces, true);
    Ok(Template { nodes: nodes(pieces) })
}

/// A part of the text that `~` and lines of their own may still shorten.
#[derive(Debug)]
enum Piece<'s> {
    Text(Words<'s>),
    Comment(Strip),
    Print(Operand, Strip),
    Block(Parts<'s>),
}

#[derive(Debug)]
struct Words<'s> {
    original: &'s str,
    value: &'s str,
    stripped_left: bool,
    stripped_right: bool,
}

/// Whether a tag has a `~` where it opens and where it closes.
#[derive(Clone, Copy, Debug, Default)]
struct Strip {
    open: bool,
    close: bool,
}

#[derive(Debug)]
struct Parts<'s> {
    branches: Vec<Part<'s>>,
    otherwise: Option<(Strip, Vec<Piece<'s>>)>,
    close: Strip,
    /// `{{^a}}…{{/a}}`: the one branch is for nothing.
    inverted: bool,
}

#[derive(Debug)]
struct Part<'s> {
    head: Head,
    strip: Strip,
    body: Vec<Piece<'s>>,
}

/// What ends a part of a block.
enum End<'s> {
    Text,
    Else(Strip),
    /// `{{else if …`, read up to there.
    Chain(bool),
    Close {
        name: &'s str,
        strip: Strip,
    },
}

struct Parser<'s> {
    source: &'s str,
    at: usize,
    /// Blocks and brackets around, for the parser calls itself for each.
    depth: usize,
    /// Blocks around that paths start in.
    scopes: usize,
    /// The names that blocks around give to their items.
    locals: Vec<Box<str>>,
}

impl<'s> Parser<'s> {
    fn program(&mut self) -> Result<(Vec<Piece<'s>>, End<'s>), TemplateFault> {
        let mut pieces = Vec::new();
        loop {
            self.words(&mut pieces);
            if self.rest().is_empty() {
                return Ok((pieces, End::Text));
            }
            if let Some(end) = self.tag(&mut pieces)? {
                return Ok((pieces, end));
            }
        }
    }

    /// The text up to the next tag. `\{{` is none, `\\{{` is one after a backslash.
    fn words(&mut self, pieces: &mut Vec<Piece<'s>>) {
        let mut add = |original: &'s str| {
            if !original.is_empty() {
                pieces.push(Piece::Text(Words {
                    original,
                    value: original,
                    stripped_left: false,
                    stripped_right: false,
                }));
            }
        };
        loop {
            let rest = self.rest();
            let Some(length) = rest.find("{{") else {
                add(rest);
                self.at = self.source.len();
                return;
            };
            self.at += length;
            let words = &rest[..length];
            let Some(unescaped) = words.strip_suffix('\\') else { return add(words) };
            add(unescaped);
            if unescaped.ends_with('\\') {
                return;
            }
            let rest = self.rest();
            let next = rest[2..].find("{{").map_or(rest.len(), |length| length + 2);
            let backslashes =
                if next == rest.len() { 0 } else { rest[2..next].len() - rest[2..next].trim_end_matches('\\').len() };
            let length = next - backslashes.min(2);
            add(&rest[..length]);
            self.at += length;
        }
    }

    /// `{{…}}`. Some if it ends the part of the block that we are in.
    fn tag(&mut self, pieces: &mut Vec<Piece<'s>>) -> Result<Option<End<'s>>, TemplateFault> {
        let start = self.at;
        if self.rest().starts_with("{{{{") {
            return Err(self.error(start, "four braces, of raw blocks, have no meaning here"));
        }
        self.at += 2;
        let open = self.eat("~");
        let rest = self.rest();
        match rest.as_bytes().first() {
            Some(b'!') => pieces.push(Piece::Comment(self.comment(start)?)),
            Some(b'>') => return Err(self.error(start, "partials have no meaning here")),
            Some(b'*') => return Err(self.error(start, "decorators have no meaning here")),
            Some(b'#') => {
                self.at += 1;
                if self.rest().starts_with(['>', '*']) {
                    return Err(self.error(start, "partials and decorators have no meaning here"));
                }
                let block = self.block(open, false)?;
                pieces.push(Piece::Block(block));
            }
            Some(b'/') => {
                self.at += 1;
                self.skip();
                let name = self.name_of_block()?;
                let close = self.close("}}")?;
                return Ok(Some(End::Close { name, strip: Strip { open, close } }));
            }
            Some(b'^') => {
                self.at += 1;
                self.skip();
                if let Some(close) = self.closes()? {
                    return Ok(Some(End::Else(Strip { open, close })));
                }
                let block = self.block(open, true)?;
                pieces.push(Piece::Block(block));
            }
            Some(b'{') => {
                self.at += 1;
                let operand = self.mustache()?;
                if !self.eat("}") {
                    return Err(self.expecting("}}}"));
                }
                // A fourth brace is text.
                let close = if self.eat("~}}") {
                    true
                } else if self.eat("}}") {
                    false
                } else {
                    return Err(self.expecting("}}}"));
                };
                pieces.push(Piece::Print(operand, Strip { open, close }));
            }
            _ => {
                self.skip();
                let else_ = self.rest().strip_prefix("else");
                if else_.is_some_and(|rest| rest.starts_with(|c: char| c.is_whitespace() || matches!(c, '~' | '}'))) {
                    self.at += 4;
                    self.skip();
                    return Ok(Some(match self.closes()? {
                        Some(close) => End::Else(Strip { open, close }),
                        None => End::Chain(open),
                    }));
                }
                self.eat("&");
                let operand = self.mustache()?;
                let close = self.close("}}")?;
                pieces.push(Piece::Print(operand, Strip { open, close }));
            }
        }
        Ok(None)
    }

    fn comment(&mut self, start: usize) -> Result<Strip, TemplateFault> {
        let long = self.rest().starts_with("!--");
        let rest = self.rest();
        let end = if long {
            let (plain, tilde) = (rest.find("--}}"), rest.find("--~}}"));
            match (plain, tilde) {
                (Some(plain), tilde) if tilde.is_none_or(|tilde| plain < tilde) => Some(plain + 4),
                (_, tilde) => tilde.map(|tilde| tilde + 5),
            }
        } else {
            rest.find("}}").map(|end| end + 2)
        };
        let Some(end) = end else { return Err(self.error(start, "this comment is not closed")) };
        self.at += end;
        let tag = &self.source[start..self.at];
        Ok(Strip { open: tag.as_bytes().get(2) == Some(&b'~'), close: tag[..tag.len() - 2].ends_with('~') })
    }

    /// From behind `{{#` to behind `{{/…}}`.
    fn block(&mut self, open: bool, inverted: bool) -> Result<Parts<'s>, TemplateFault> {
        self.depth += 1;
        if self.depth > limits::TEMPLATE_DEPTH {
            return Err(self.error(self.at, "too many blocks inside of each other"));
        }
        let start = self.at;
        let opened = self.opened_name();
        let (head, close) = self.head()?;
        let (body, mut end) = self.body(&head)?;
        let mut branches = vec![Part { head, strip: Strip { open, close }, body }];
        let mut otherwise = None;
        loop {
            match end {
                End::Close { name, strip } => {
                    if name != opened {
                        return Err(self.refuse(start, &format!("{opened} doesn't match {name}")));
                    }
                    self.depth -= 1;
                    let mut inverted = inverted;
                    if let (true, Some((_, body))) = (inverted, &mut otherwise) {
                        std::mem::swap(&mut branches[0].body, body);
                        inverted = false;
                    }
                    return Ok(Parts { branches, otherwise, close: strip, inverted });
                }
                End::Else(strip) if otherwise.is_none() => {
                    let (body, next) = self.program()?;
                    otherwise = Some((strip, body));
                    end = next;
                }
                End::Chain(open) if otherwise.is_none() && !inverted => {
                    let (head, close) = self.head()?;
                    let (body, next) = self.body(&head)?;
                    branches.push(Part { head, strip: Strip { open, close }, body });
                    end = next;
                }
                End::Text | End::Else(_) | End::Chain(_) => {
                    return Err(self.expecting(&format!("{{{{/{opened}}}}}")));
                }
            }
        }
    }

    fn body(&mut self, head: &Head) -> Result<(Vec<Piece<'s>>, End<'s>), TemplateFault> {
        let scopes = self.scopes;
        let locals = self.locals.len();
        self.scopes += usize::from(head.kind.goes_inside());
        self.locals.extend(head.names.iter().cloned());
        let body = self.program();
        self.scopes = scopes;
        self.locals.truncate(locals);
        body
    }

    fn rest(&self) -> &'s str {
        &self.source[self.at..]
    }

    fn skip(&mut self) {
        self.at = self.source.len() - self.rest().trim_start().len();
    }

    fn eat(&mut self, text: &str) -> bool {
        let there = self.rest().starts_with(text);
        self.at += if there { text.len() } else { 0 };
        there
    }

    /// Reads `}}` or `~}}`, if it is there. True for the latter.
    fn closes(&mut self) -> Result<Option<bool>, TemplateFault> {
        let tilde = self.eat("~}}");
        let closes = tilde || self.eat("}}");
        if closes && !tilde && self.rest().starts_with('}') {
            return Err(self.error(self.at, "a third brace follows: put a blank before it"));
        }
        Ok(closes.then_some(tilde))
    }

    fn close(&mut self, expected: &str) -> Result<bool, TemplateFault> {
        self.skip();
        self.closes()?.ok_or_else(|| self.expecting(expected))
    }
}

fn nodes(pieces: Vec<Piece<'_>>) -> Vec<Node> {
    let mut list: Vec<Node> = Vec::with_capacity(pieces.len());
    for piece in pieces {
        list.push(match piece {
            Piece::Text(words) if words.value.is_empty() => continue,
            Piece::Text(words) => Node::Text(words.value.into()),
            Piece::Comment(_) => continue,
            Piece::Print(operand, _) => Node::Print(operand),
            Piece::Block(Parts { branches, otherwise, inverted, .. }) => {
                let branch = |Part { head, body, .. }| Branch { head, body: nodes(body) };
                let mut branches: Vec<Branch> = branches.into_iter().map(branch).collect();
                let mut otherwise = otherwise.map(|(_, pieces)| nodes(pieces)).unwrap_or_default();
                if let (true, Some(branch)) = (inverted, branches.first_mut()) {
                    std::mem::swap(&mut branch.body, &mut otherwise);
                }
                Node::Block(Box::new(Block { branches, otherwise }))
            }
        });
    }
    list
}
