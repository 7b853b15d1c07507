//! What a check found: for people as text, for programs as JSON.

use std::fmt;
use std::str::FromStr;

use serde::Serialize;
use unicode_width::UnicodeWidthStr;

use crate::words::one_line;

/// In which the texts are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Language {
    #[default]
    English,
    Korean,
}

#[derive(Debug, thiserror::Error)]
#[error("`{0}` is no language; there are en and ko")]
pub struct UnknownLanguage(pub String);

/// The worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// It fails each time somebody comes there, or the bot cannot be read at all.
    Error,
    /// It hardly does what its author means.
    Warning,
    /// Good to know.
    Note,
}

/// Findings about the bot itself come first, then by flow and node.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    #[serde(skip)]
    pub language: Language,
    pub findings: Vec<Finding>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    pub severity: Severity,
    /// One of [`crate::CODES`]. It never changes; what it means is in `docs/check.md`.
    pub code: &'static str,
    /// None if it is about the bot.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub flow: Option<FlowSite>,
    /// None if it is about the bot or the flow.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub node: Option<NodeSite>,
    pub text: String,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct FlowSite {
    pub id: u64,
    pub title: String,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct NodeSite {
    pub id: u64,
    pub label: String,
    /// As the export spells it.
    #[serde(rename = "type")]
    pub kind: String,
}

impl Report {
    pub(crate) fn new(language: Language, mut findings: Vec<Finding>) -> Self {
        let place = |finding: &Finding| {
            (finding.flow.as_ref().map(|flow| flow.id), finding.node.as_ref().map(|node| node.id), finding.severity)
        };
        // Of one node, of one severity, they stay in the order of the checks.
        findings.sort_by_key(place);
        findings.dedup();
        Self { language, findings }
    }

    /// The worst that was found.
    pub fn worst(&self) -> Option<Severity> {
        self.findings.iter().map(|finding| finding.severity).min()
    }

    pub fn count(&self, severity: Severity) -> usize {
        self.findings.iter().filter(|finding| finding.severity == severity).count()
    }

    /// What a command ends with: 1 if there is an error, else 0.
    pub fn exit_code(&self) -> u8 {
        u8::from(self.worst() == Some(Severity::Error))
    }

    /// Aligned, a flow after the other, with a summary at the end.
    pub fn text(&self) -> String {
        self.to_string()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rows: Vec<[String; 3]> = self.findings.iter().map(|finding| self.columns(finding)).collect();
        let wide = |column: usize| rows.iter().map(|row| row[column].width()).max().unwrap_or_default();
        let widths = [wide(0), wide(1), wide(2)];
        let mut flow = None;
        for (index, (finding, row)) in self.findings.iter().zip(&rows).enumerate() {
            if index == 0 || flow != finding.flow.as_ref() {
                flow = finding.flow.as_ref();
                let gap = if index == 0 { "" } else { "\n" };
                writeln!(f, "{gap}{}", self.heading(flow))?;
            }
            f.write_str(" ")?;
            for (cell, width) in row.iter().zip(widths) {
                // `{:width$}` counts letters, and Hangul takes two columns.
                write!(f, " {cell}{} ", " ".repeat(width - cell.width()))?;
            }
            writeln!(f, " {}", one_line(&finding.text))?;
        }
        let gap = if rows.is_empty() { "" } else { "\n" };
        writeln!(f, "{gap}{}", self.summary())
    }
}

impl Report {
    fn heading(&self, flow: Option<&FlowSite>) -> String {
        match (flow, self.language) {
            (None, Language::English) => "bot".to_owned(),
            (None, Language::Korean) => "봇".to_owned(),
            (Some(flow), Language::English) => format!("flow {} {}", flow.id, one_line(&flow.title)),
            (Some(flow), Language::Korean) => format!("플로우 {} {}", flow.id, one_line(&flow.title)),
        }
        .trim_end()
        .to_owned()
    }

    fn columns(&self, finding: &Finding) -> [String; 3] {
        let severity = match (finding.severity, self.language) {
            (Severity::Error, Language::English) => "error",
            (Severity::Error, Language::Korean) => "오류",
            (Severity::Warning, Language::English) => "warning",
            (Severity::Warning, Language::Korean) => "경고",
            (Severity::Note, Language::English) => "note",
            (Severity::Note, Language::Korean) => "참고",
        };
        let node = finding.node.as_ref().map_or_else(String::new, |node| {
            let label = crate::words::short(&node.label, 24);
            let label = if label.is_empty() { label } else { format!(" {label}") };
            format!("{}{label} ({})", node.id, one_line(&node.kind))
        });
        [severity.to_owned(), node, finding.code.to_owned()]
    }

    fn summary(&self) -> String {
        let [errors, warnings, notes] = [Severity::Error, Severity::Warning, Severity::Note].map(|it| self.count(it));
        let many = |count: usize, what: &str| format!("{count} {what}{}", if count == 1 { "" } else { "s" });
        match self.language {
            Language::English if self.findings.is_empty() => "nothing found".to_owned(),
            Language::English => {
                format!("{}, {}, {}", many(errors, "error"), many(warnings, "warning"), many(notes, "note"))
            }
            Language::Korean if self.findings.is_empty() => "발견된 문제가 없습니다".to_owned(),
            Language::Korean => format!("오류 {errors}건, 경고 {warnings}건, 참고 {notes}건"),
        }
    }
}

impl Language {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Korean => "ko",
        }
    }
}

impl FromStr for Language {
    type Err = UnknownLanguage;

    fn from_str(text: &str) -> Result<Self, UnknownLanguage> {
        match text {
            "en" => Ok(Self::English),
            "ko" => Ok(Self::Korean),
            _ => Err(UnknownLanguage(text.to_owned())),
        }
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
