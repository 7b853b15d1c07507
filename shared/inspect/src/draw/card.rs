//! The box of a node.

use unicode_width::UnicodeWidthStr;

use super::content::{self, End, Row};
use super::layout::{INLET, WIDTH};
use super::paper::{Paper, pixels, wrapped};
use super::{height_of, kinds};
use crate::Language;
use crate::atlas::{Atlas, Node};
use crate::words::short;

const HEAD: i64 = 46;
const LINE: i64 = 17;
const ROW: i64 = 21;
const PADDING: i64 = 8;

/// How wide texts may be, in columns of half a Hangul letter: about six pixels in the size of the words.
const LABEL_COLUMNS: usize = 22;
const WORDS_COLUMNS: usize = 34;
const ROW_COLUMNS: usize = 31;
const STUB_COLUMNS: usize = 30;

#[derive(Debug)]
pub(super) struct Card<'a, 'j> {
    id: u64,
    pub node: &'a Node<'j>,
    words: String,
    lines: Vec<String>,
    rows: Vec<Row>,
    pub height: i64,
}

impl<'a, 'j> Card<'a, 'j> {
    /// With the nodes that it leads to, and where the ways leave, from its top.
    pub(super) fn new(atlas: &Atlas<'_>, id: u64, node: &'a Node<'j>, language: Language) -> (Self, Vec<(u64, i64)>) {
        let mut outlets = Vec::new();
        let words = content::words(node, language);
        let lines = wrapped(&words, WORDS_COLUMNS, 2);
        let mut rows = content::rows(atlas, node, language);
        let mut height = HEAD + height_of(lines.len(), LINE) + gap(&lines);
        // An only way out needs no words.
        if let Some(Row { text, end: End::Node(to), .. }) = rows.first()
            && text.is_empty()
        {
            outlets.push((*to, INLET));
            rows.remove(0);
        }
        for (index, row) in rows.iter().enumerate() {
            if let End::Node(to) = row.end {
                outlets.push((to, height + height_of(index, ROW) + ROW / 2));
            }
        }
        height += height_of(rows.len(), ROW);
        height += if lines.is_empty() && rows.is_empty() { 0 } else { PADDING };
        (Self { id, node, words, lines, rows, height }, outlets)
    }

    pub(super) fn write(&self, flow: u64, x: i64, y: i64, language: Language, paper: &mut Paper) {
        let class = kinds::class(self.node.kind);
        let kind = kinds::name(self.node, language);
        paper.open(&format!(r#"g id="f{flow}n{}" class="node {class}" transform="translate({x} {y})""#, self.id));
        let whole = format!("{} {} ({kind}) {}", self.id, self.node.label, short(&self.words, 300));
        paper.tag("title", whole.trim_end());
        let size = format!(r#"width="{WIDTH}" height="{}" rx="10""#, self.height);
        paper.empty(&format!(r#"rect class="box" {size}"#));
        if !self.node.is_available {
            paper.empty(&format!(r#"rect class="hatched" {size}"#));
        }
        paper.empty(r#"rect class="tile" x="10" y="10" width="26" height="26" rx="7""#);
        paper.empty(&format!(r##"use href="#{class}" x="15" y="15""##));
        let label = if self.node.label.is_empty() { &kind } else { self.node.label };
        paper.text("label", 44, 22, label, LABEL_COLUMNS);
        paper.text("small", 44, 36, &kind, LABEL_COLUMNS);
        paper.text("id", WIDTH - 12, 22, &self.id.to_string(), 10);
        let mut y = HEAD;
        for line in &self.lines {
            paper.text("words", 12, y + 12, line, WORDS_COLUMNS);
            y += LINE;
        }
        y += gap(&self.lines);
        for row in &self.rows {
            row.write(y, paper);
            y += ROW;
        }
        paper.close("g");
    }
}

impl Row {
    fn write(&self, y: i64, paper: &mut Paper) {
        let middle = y + ROW / 2;
        let mut x = 12;
        if let Some(rank) = self.rank {
            paper.empty(&format!(r#"circle class="rank" cx="{}" cy="{middle}" r="8""#, x + 8));
            paper.text("rank", x + 8, middle + 4, &rank.to_string(), 4);
            x += 22;
        }
        let columns = ROW_COLUMNS + if self.rank.is_some() { 0 } else { 3 };
        match &self.end {
            End::Node(_) => {
                paper.text("row", x, middle + 4, &self.text, columns);
                paper.empty(&format!(r#"circle class="port" cx="{WIDTH}" cy="{middle}" r="3.5""#));
            }
            End::Lost(to) => {
                let to = format!("✕ {to}");
                paper.text("row lost", x, middle + 4, &self.text, columns.saturating_sub(to.width() + 1));
                paper.text("row end", WIDTH - 12, middle + 4, &to, 12);
            }
            End::Stub { name, href } => {
                let room = if self.text.is_empty() { STUB_COLUMNS } else { STUB_COLUMNS / 2 };
                let name = format!("→ {}", short(name, room));
                let wide = pixels(&name, 11) + 16;
                let left = WIDTH - 12 - wide;
                paper.text("row", x, middle + 4, &self.text, columns.saturating_sub(name.width() + 3));
                if let Some(href) = href {
                    paper.open(&format!(r##"a href="#{href}""##));
                }
                paper.empty(&format!(
                    r#"rect class="stub" x="{left}" y="{}" width="{wide}" height="18" rx="9""#,
                    middle - 9
                ));
                paper.text("stub", left + 8, middle + 4, &name, STUB_COLUMNS + 4);
                if href.is_some() {
                    paper.close("a");
                }
                let (start, end) = (WIDTH - 12, WIDTH + 16);
                paper.empty(&format!(r#"path class="way" d="M{start} {middle}H{end}" marker-end="url(#arrow)""#));
            }
        }
    }
}

/// Between the words of a box and its rows.
fn gap(lines: &[String]) -> i64 {
    if lines.is_empty() { 0 } else { 4 }
}
