//! What stands between the braces.

use serde_json::Value;

use super::{Parser, TemplateFault};
use crate::limits;
use crate::template::functions;
use crate::template::tree::{Call, Head, Item, Kind, Operand, Path, Start, Step};

impl<'s> Parser<'s> {
    /// `path`, `helper a b` or `NAME(a, b)`, up to the closing braces.
    pub(super) fn mustache(&mut self) -> Result<Operand, TemplateFault> {
        self.skip();
        self.sentence(&['}', '~'])
    }

    /// The same inside of `(…)`.
    fn sentence(&mut self, ends: &[char]) -> Result<Operand, TemplateFault> {
        let start = self.at;
        let first = self.operand()?;
        self.skip();
        if self.rest().starts_with(ends) {
            return Ok(match first {
                // `{{"two words"}}` is a name, like `{{[two words]}}`.
                Operand::Literal(_) | Operand::Undefined => {
                    self.path_of(self.source[start..self.at].trim_end().trim_matches(['"', '\'']).into())
                }
                operand => operand,
            });
        }
        if matches!(first, Operand::Call(_)) {
            return Err(self.expecting("}}"));
        }
        let name = &self.source[start..self.at].trim_end();
        let Some(function) = functions::named(name) else {
            return Err(self.refuse(start, &format!("Missing helper: \"{name}\"")));
        };
        let mut operands = Vec::new();
        while !self.rest().starts_with(ends) {
            if self.hash_name().is_some() {
                // No function takes any.
                self.operand()?;
            } else {
                operands.push(self.operand()?);
            }
            self.skip();
        }
        self.call(function, operands, start)
    }

    fn call(
        &self,
        function: &'static functions::Function,
        operands: Vec<Operand>,
        start: usize,
    ) -> Result<Operand, TemplateFault> {
        match function.takes(operands.len()) {
            Ok(()) => Ok(Operand::Call(Call { function, operands })),
            Err(reason) => Err(self.refuse(start, &reason)),
        }
    }

    /// The name that `{{/…}}` will repeat.
    pub(super) fn opened_name(&self) -> &'s str {
        let rest = self.rest().trim_start();
        let end = rest.find(|c: char| c.is_whitespace() || matches!(c, '}' | '~' | '(')).unwrap_or(rest.len());
        &rest[..end]
    }

    pub(super) fn name_of_block(&mut self) -> Result<&'s str, TemplateFault> {
        let name = self.opened_name();
        if name.is_empty() {
            return Err(self.expecting("the name of a block"));
        }
        self.at += name.len();
        Ok(name)
    }

    /// `if a`, `each a as |b c|` or `path`, with the closing braces. True if there is a `~`.
    pub(super) fn head(&mut self) -> Result<(Head, bool), TemplateFault> {
        self.skip();
        let start = self.at;
        let name = self.opened_name();
        let head = match Kind::named(name) {
            Some(kind) => {
                self.at += name.len();
                let (mut operand, mut include_zero) = (None, None);
                loop {
                    self.skip();
                    if self.rest().starts_with(['}', '~']) || self.names_follow() {
                        break;
                    }
                    if let Some(name) = self.hash_name() {
                        let value = self.operand()?;
                        if name == "includeZero" {
                            include_zero = Some(value);
                        }
                        continue;
                    }
                    if operand.is_some() {
                        return Err(self.refuse(start, &format!("#{name} requires exactly one argument")));
                    }
                    operand = Some(self.operand()?);
                }
                let operand =
                    operand.ok_or_else(|| self.refuse(start, &format!("#{name} requires exactly one argument")))?;
                Head { kind, operand, include_zero, names: self.names()? }
            }
            None => {
                let operand = self.operand()?;
                self.skip();
                if !self.rest().starts_with(['}', '~']) && !self.names_follow() || matches!(operand, Operand::Call(_)) {
                    return Err(self.refuse(start, &format!("Missing helper: \"{name}\"")));
                }
                Head { kind: Kind::Section, operand, include_zero: None, names: self.names()? }
            }
        };
        let close = self.close("}}")?;
        Ok((head, close))
    }

    fn names_follow(&self) -> bool {
        let after = self.rest().strip_prefix("as").filter(|rest| rest.starts_with(char::is_whitespace));
        after.is_some_and(|rest| rest.trim_start().starts_with('|'))
    }

    fn names(&mut self) -> Result<Vec<Box<str>>, TemplateFault> {
        let mut names = Vec::new();
        if !self.names_follow() {
            return Ok(names);
        }
        self.at += 2;
        self.skip();
        self.at += 1;
        loop {
            self.skip();
            if !names.is_empty() && self.eat("|") {
                return Ok(names);
            }
            let name = self.id();
            if name.is_empty() {
                return Err(self.expecting("a name or |"));
            }
            self.at += name.len();
            names.push(name.into());
        }
    }

    /// Reads `name=`, if it is there.
    fn hash_name(&mut self) -> Option<&'s str> {
        let name = self.id();
        let rest = self.rest()[name.len()..].trim_start();
        let value = rest.strip_prefix('=').filter(|_| !name.is_empty())?;
        self.at = self.source.len() - value.trim_start().len();
        Some(name)
    }

    fn operand(&mut self) -> Result<Operand, TemplateFault> {
        let rest = self.rest();
        match rest.chars().next() {
            Some(quote @ ('"' | '\'')) => return self.text(quote).map(|text| Operand::Literal(Value::String(text))),
            Some('(') => {
                self.deeper()?;
                self.at += 1;
                self.skip();
                let operand = self.sentence(&[')'])?;
                self.depth -= 1;
                self.skip();
                return if self.eat(")") { Ok(operand) } else { Err(self.expecting(")")) };
            }
            _ => {}
        }
        let word = self.id();
        let after = &rest[word.len()..];
        if after.starts_with('(') && !word.is_empty() {
            return self.function(word);
        }
        let literal = match word {
            "true" => Some(Value::Bool(true)),
            "false" => Some(Value::Bool(false)),
            "null" | "undefined" => Some(Value::Null),
            _ => number(word),
        };
        // `1.5`, whose dot is not in the word.
        let decimal = after.strip_prefix('.').map(|digits| {
            let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
            &rest[..word.len() + 1 + end]
        });
        let (literal, length) = match decimal.and_then(|decimal| Some((number(decimal)?, decimal.len()))) {
            Some((number, length)) => (Some(number), length),
            None => (literal, word.len()),
        };
        if let Some(literal) = literal
            && rest[length..].starts_with(|c: char| c.is_whitespace() || matches!(c, '~' | '}' | ')' | ','))
        {
            self.at += length;
            return Ok(if word == "undefined" { Operand::Undefined } else { Operand::Literal(literal) });
        }
        self.path().map(Operand::Path)
    }

    /// `NAME(a, b)`.
    fn function(&mut self, name: &str) -> Result<Operand, TemplateFault> {
        let start = self.at;
        let Some(function) = functions::named(name) else {
            return Err(self.refuse(start, &format!("Missing helper: \"{name}\"")));
        };
        self.deeper()?;
        self.at += name.len() + 1;
        let mut operands = Vec::new();
        self.skip();
        if !self.eat(")") {
            loop {
                operands.push(self.operand()?);
                self.skip();
                if self.eat(")") {
                    break;
                }
                if !self.eat(",") {
                    return Err(self.expecting(", or )"));
                }
                self.skip();
            }
        }
        self.depth -= 1;
        self.call(function, operands, start)
    }

    fn deeper(&mut self) -> Result<(), TemplateFault> {
        self.depth += 1;
        if self.depth > limits::TEMPLATE_DEPTH {
            return Err(self.error(self.at, "too many brackets inside of each other"));
        }
        Ok(())
    }

    /// A text in quotes. Only `\"` (or `\'`) means something else than itself.
    fn text(&mut self, quote: char) -> Result<String, TemplateFault> {
        let inside = &self.rest()[1..];
        let mut escaped = None;
        let mut end = None;
        for (at, _) in inside.match_indices(quote) {
            // Of `\\"` too, as in Handlebars.
            if inside[..at].ends_with('\\') {
                escaped = Some(at);
            } else {
                end = Some(at);
                break;
            }
        }
        // If nothing else ends it, `\"` does.
        let Some(end) = end.or(escaped) else { return Err(self.error(self.at, "this text is not closed")) };
        self.at += end + 2;
        Ok(inside[..end].replace(&format!("\\{quote}"), &quote.to_string()))
    }

    fn path(&mut self) -> Result<Path, TemplateFault> {
        let start = self.at;
        let data = self.eat("@");
        let mut up = 0;
        let mut scoped = false;
        let mut steps: Vec<Step> = Vec::new();
        loop {
            let rest = self.rest();
            let plain = match rest.as_bytes().first() {
                Some(b'.') if rest.starts_with("..") => &rest[..2],
                Some(b'.') => &rest[..1],
                Some(b'[') => {
                    let name = self.bracket()?;
                    steps.push(Step::Name(name.into()));
                    ""
                }
                _ => {
                    let id = self.id();
                    if id.is_empty() {
                        return Err(self.expecting("a name"));
                    }
                    id
                }
            };
            self.at += plain.len();
            match plain {
                "" => {}
                ".." | "." | "this" if steps.is_empty() => {
                    up += usize::from(plain == "..");
                    scoped = true;
                }
                ".." | "." | "this" => {
                    return Err(self.refuse(start, &format!("Invalid path: {}", &self.source[start..self.at])));
                }
                name => steps.push(Step::Name(name.into())),
            }
            while self.rest().starts_with('[') {
                let index = self.bracket()?;
                steps.push(item(index).unwrap_or_else(|| Step::Name(index.into())));
            }
            if !self.eat(".") && !self.eat("/") {
                break;
            }
        }
        if self.rest().starts_with(|c: char| !c.is_whitespace() && !matches!(c, '=' | '~' | '}' | ')' | '|' | ',')) {
            return Err(self.expecting("}} or a blank"));
        }
        Ok(self.started(data, up, scoped, steps))
    }

    fn path_of(&self, name: Box<str>) -> Operand {
        Operand::Path(self.started(false, 0, false, vec![Step::Name(name)]))
    }

    fn started(&self, data: bool, up: usize, scoped: bool, mut steps: Vec<Step>) -> Path {
        let start = match steps.first() {
            Some(Step::Name(name)) if data && **name == *"root" => Start::Root,
            Some(Step::Name(name)) if data => Start::Loop { name: name.clone(), up },
            Some(Step::Name(name)) if !scoped && self.locals.contains(name) => Start::Local { name: name.clone() },
            _ => Start::Here { up },
        };
        if !matches!(start, Start::Here { .. }) {
            steps.remove(0);
        }
        let at_root = match start {
            Start::Here { up } => up == self.scopes,
            Start::Root => true,
            Start::Loop { .. } | Start::Local { .. } => false,
        };
        Path { start, steps, at_root }
    }

    /// `[any name]`.
    fn bracket(&mut self) -> Result<&'s str, TemplateFault> {
        let inside = &self.rest()[1..];
        let end = inside.find(']').filter(|end| !inside[..*end].contains('['));
        let Some(end) = end else { return Err(self.error(self.at, "this bracket is not closed")) };
        self.at += end + 2;
        Ok(&inside[..end])
    }

    /// The characters of a name, maybe none.
    fn id(&self) -> &'s str {
        let rest = self.rest();
        let own_meaning = |c: char| {
            c.is_whitespace()
                || matches!(c, '!' | '"' | '#' | '%'..=',' | '.' | '/' | ';'..='>' | '@' | '['..='^' | '`' | '{'..='~')
        };
        &rest[..rest.find(own_meaning).unwrap_or(rest.len())]
    }
}

/// `-?[0-9]+(.[0-9]+)?`
fn number(word: &str) -> Option<Value> {
    let digits = word.strip_prefix('-').unwrap_or(word);
    let (whole, part) = digits.split_once('.').map_or((digits, None), |(whole, part)| (whole, Some(part)));
    let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !is_digits(whole) || !part.is_none_or(is_digits) {
        return None;
    }
    match word.parse::<i64>() {
        Ok(number) => Some(number.into()),
        Err(_) => word.parse::<f64>().ok().map(Value::from),
    }
}

fn item(index: &str) -> Option<Step> {
    let index = index.trim();
    let range = match index.split_once("..") {
        Some((from, to)) => Some((from.trim().parse().ok()?, to.trim().parse().ok()?)),
        None if index == "i" => None,
        None => return None,
    };
    Some(Step::Item(Item { range, level: 0 }))
}
