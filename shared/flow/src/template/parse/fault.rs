//! What is wrong with a template, and where.

use super::Parser;

/// Printed as Handlebars does it: the line, what stands around, and a hand that points there.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{shown}")]
pub struct TemplateFault {
    /// From 1.
    pub line: usize,
    /// In characters, from 1.
    pub column: usize,
    pub what: String,
    shown: String,
}

impl Parser<'_> {
    pub(super) fn expecting(&self, expected: &str) -> TemplateFault {
        let got = match self.rest().chars().next() {
            Some(next) => format!("\"{next}\""),
            None => "the end".to_owned(),
        };
        self.error(self.at, &format!("Expecting {expected}, got {got}"))
    }

    /// What cannot be read.
    pub(super) fn error(&self, at: usize, what: &str) -> TemplateFault {
        const SHOWN: usize = 20;
        let (line, column) = self.line_and_column(at);
        let one_line = |text: &str| text.replace(['\r', '\n'], "");
        let (before, after) = self.source.split_at(at);
        let mut past: String = before.chars().rev().take(SHOWN).collect::<Vec<_>>().into_iter().rev().collect();
        if past.len() < before.len() {
            past.insert_str(0, "...");
        }
        let mut upcoming: String = after.chars().take(SHOWN).collect();
        if upcoming.len() < after.len() {
            upcoming.push_str("...");
        }
        let past = one_line(&past);
        let hand = "-".repeat(past.chars().count());
        let shown = format!("Parse error on line {line}:\n{past}{}\n{hand}^\n{what}", one_line(&upcoming));
        TemplateFault { line, column: column + 1, what: what.to_owned(), shown }
    }

    /// What can be read and means nothing.
    pub(super) fn refuse(&self, at: usize, what: &str) -> TemplateFault {
        let (line, column) = self.line_and_column(at);
        TemplateFault { line, column: column + 1, what: what.to_owned(), shown: format!("{what} - {line}:{column}") }
    }

    fn line_and_column(&self, at: usize) -> (usize, usize) {
        let before = &self.source[..at];
        let line = before.rfind('\n').map_or(before, |newline| &before[newline + 1..]);
        (before.matches('\n').count() + 1, line.chars().count())
    }
}
