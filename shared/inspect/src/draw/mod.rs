//! A bot as a picture: an SVG that needs nothing else, for light and dark grounds. Each flow is a panel. A box is a node,
//! with the first words of what it says and a row for each way out, in the order in which they are tried. Ways to other
//! flows end in a stub with their name, which leads there when it is pressed.

mod content;
mod kinds;
mod layout;
mod paper;
mod style;

use std::collections::BTreeMap;

use flow::{Bot, ImportError};
use serde_json::Value;
use unicode_width::UnicodeWidthStr;

use crate::Language;
use crate::atlas::{Atlas, Flow, Node, text};
use crate::words::short;
use content::{End, Row};
use layout::{INLET, Layout, WIDTH, Wire};
use paper::Paper;

const HEAD: i64 = 46;
const LINE: i64 = 17;
const ROW: i64 = 21;
const PADDING: i64 = 10;
/// Around the boxes of a panel; ways that go back turn there.
const MARGIN: i64 = 40;
const PANEL_HEAD: i64 = 52;
const TITLE: i64 = 64;
const BETWEEN: i64 = 24;
/// Between ways that go back below the boxes.
const LANE: i64 = 14;

/// How wide texts may be, in columns of half a Hangul letter: about six pixels in the size of the words.
const LABEL_COLUMNS: usize = 22;
const WORDS_COLUMNS: usize = 34;
const ROW_COLUMNS: usize = 31;
const STUB_COLUMNS: usize = 30;

/// Draws what [`flow::Bot::read`] takes.
pub fn draw(bot: &Value, language: Language) -> Result<String, ImportError> {
    let atlas = Atlas::read(bot, &Bot::read(bot)?);
    let mut order: Vec<u64> = atlas.flows.keys().copied().collect();
    order.sort_by_key(|flow| (*flow != atlas.start, *flow != atlas.fallback, *flow));
    let panels: Vec<Panel<'_, '_>> =
        order.iter().filter_map(|id| Some(Panel::new(&atlas, *id, atlas.flows.get(id)?, language))).collect();
    let width = panels.iter().map(|panel| panel.width).max().unwrap_or_default() + 2 * BETWEEN;
    let height = TITLE + panels.iter().map(|panel| panel.height + BETWEEN).sum::<i64>();

    let mut paper = Paper::default();
    let title = text(&bot["title"]);
    paper.open(&format!(
        r#"svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" lang="{language}""#
    ));
    paper.tag("title", title);
    style::write(&mut paper, &used(&atlas));
    paper.empty(&format!(r#"rect class="ground" width="{width}" height="{height}""#));
    paper.text("title", BETWEEN, 34, title, 80);
    paper.text("small", BETWEEN, 54, &counts(&atlas, language), 80);
    let mut y = TITLE;
    for panel in &panels {
        panel.write(&atlas, width - 2 * BETWEEN, y, language, &mut paper);
        y += panel.height + BETWEEN;
    }
    paper.close("svg");
    Ok(paper.0)
}

fn counts(atlas: &Atlas<'_>, language: Language) -> String {
    let (flows, nodes) = (atlas.flows.len(), atlas.places().count());
    let many = |count: usize, what: &str| format!("{count} {what}{}", if count == 1 { "" } else { "s" });
    match language {
        Language::English => format!("{}, {}", many(flows, "flow"), many(nodes, "node")),
        Language::Korean => format!("플로우 {flows}개, 노드 {nodes}개"),
    }
}

fn used(atlas: &Atlas<'_>) -> Vec<&'static str> {
    let mut used: Vec<_> = atlas.places().map(|(_, node)| kinds::class(node.kind)).collect();
    used.sort_unstable();
    used.dedup();
    used
}

#[derive(Debug)]
struct Panel<'a, 'j> {
    id: u64,
    flow: &'a Flow<'j>,
    boxes: Vec<Card<'a, 'j>>,
    wires: Vec<Wire>,
    layout: Layout,
    /// The author put the nodes where they are.
    is_designed: bool,
    /// Of the boxes, without what goes back below them.
    bottom: i64,
    width: i64,
    height: i64,
}

/// A node, as it will stand there.
#[derive(Debug)]
struct Card<'a, 'j> {
    id: u64,
    node: &'a Node<'j>,
    words: String,
    lines: Vec<String>,
    rows: Vec<Row>,
    height: i64,
}

impl<'a, 'j> Panel<'a, 'j> {
    fn new(atlas: &Atlas<'_>, id: u64, flow: &'a Flow<'j>, language: Language) -> Self {
        let places: BTreeMap<u64, usize> = flow.nodes.keys().enumerate().map(|(index, node)| (*node, index)).collect();
        let mut boxes = Vec::with_capacity(places.len());
        let mut wires = Vec::new();
        for (from, (node_id, node)) in flow.nodes.iter().enumerate() {
            let words = content::words(node, language);
            let lines = paper::wrapped(&words, WORDS_COLUMNS, 2);
            let mut rows = content::rows(atlas, node, language);
            let mut height = HEAD + height_of(lines.len(), LINE) + gap(&lines);
            // An only way out needs no words.
            if let Some(Row { text, end: End::Node(to), .. }) = rows.first()
                && text.is_empty()
            {
                wires.extend(places.get(to).map(|to| Wire { from, to: *to, outlet: INLET }));
                rows.remove(0);
            }
            for (index, row) in rows.iter().enumerate() {
                if let End::Node(to) = row.end {
                    let outlet = height + height_of(index, ROW) + ROW / 2;
                    wires.extend(places.get(&to).map(|to| Wire { from, to: *to, outlet }));
                }
            }
            height += height_of(rows.len(), ROW);
            height += if lines.is_empty() && rows.is_empty() { 0 } else { PADDING - 2 };
            boxes.push(Card { id: *node_id, node, words, lines, rows, height });
        }
        let heights: Vec<i64> = boxes.iter().map(|card| card.height).collect();
        let first = flow.entry.and_then(|entry| places.get(&entry).copied());
        let designed = designed(&boxes, wires.len());
        let is_designed = designed.is_some();
        let layout = designed.unwrap_or_else(|| layout::layout(&heights, &wires, first));
        let right = layout.boxes.iter().map(|(x, _)| x + WIDTH).max().unwrap_or(WIDTH);
        let bottom = layout.boxes.iter().zip(&heights).map(|((_, y), height)| y + height).max().unwrap_or(HEAD);
        let lanes = lanes(&wires, &layout).len();
        let height = PANEL_HEAD + bottom + height_of(lanes, LANE) + MARGIN;
        Self { id, flow, boxes, wires, layout, is_designed, bottom, width: right + 2 * MARGIN, height }
    }

    fn write(&self, atlas: &Atlas<'_>, width: i64, y: i64, language: Language, paper: &mut Paper) {
        paper.open(&format!(r#"g id="f{}" class="flow-panel" transform="translate({BETWEEN} {y})""#, self.id));
        paper.empty(&format!(r#"rect class="panel" width="{width}" height="{}" rx="14""#, self.height));
        let mut x = 20;
        let mut badge = |class: &str, words: &str, paper: &mut Paper| {
            let wide = paper::pixels(words, 11) + 20;
            paper.empty(&format!(r#"rect class="badge {class}" x="{x}" y="15" width="{wide}" height="22" rx="11""#));
            paper.text("badge", x + 10, 30, words, 40);
            x += wide + 8;
        };
        if self.id == atlas.start {
            badge("start", if language == Language::Korean { "▶ 시작 플로우" } else { "▶ start flow" }, paper);
        }
        if self.id == atlas.fallback {
            badge("fallback", if language == Language::Korean { "↩ 폴백 플로우" } else { "↩ fallback flow" }, paper);
        }
        paper.text("heading", x + 4, 32, &format!("{} {}", self.id, self.flow.title), 60);
        paper.open(&format!(r#"g transform="translate({MARGIN} {PANEL_HEAD})""#));
        self.write_wires(paper);
        for (card, (x, y)) in self.boxes.iter().zip(&self.layout.boxes) {
            card.write(self.id, *x, *y, language, paper);
        }
        paper.close("g");
        paper.close("g");
    }

    fn write_wires(&self, paper: &mut Paper) {
        let lanes = lanes(&self.wires, &self.layout);
        for (index, wire) in self.wires.iter().enumerate() {
            let ((x, y), (to_x, to_y)) = (self.layout.boxes[wire.from], self.layout.boxes[wire.to]);
            let (start, end) = ((x + WIDTH, y + wire.outlet), (to_x, to_y + INLET));
            let path = match lanes.get(&wire.to) {
                Some(lane) if goes_back(wire, &self.layout) => {
                    // So that not all of them turn at the same place.
                    let spread = i64::try_from(index % 5).unwrap_or_default() * 4;
                    let (left, right) = (end.0 - 26, start.0 + 20 + spread);
                    let lane = self.short_cut(wire, left, right).unwrap_or(self.bottom + LANE + height_of(*lane, LANE));
                    around(start, end, lane, (left, right))
                }
                _ => through(start, end, &self.layout.passages[index]),
            };
            paper.empty(&format!(r#"path class="way" d="{path}" marker-end="url(#arrow)""#));
        }
    }

    /// Among nodes that stand where their author put them, the next one is often below: a level just above it, or just
    /// below where the way begins, at which no box is in the way.
    fn short_cut(&self, wire: &Wire, left: i64, right: i64) -> Option<i64> {
        const NEAR: i64 = 14;
        let ((_, from), (_, to)) = (self.layout.boxes[wire.from], self.layout.boxes[wire.to]);
        let (out, into) = (from + wire.outlet, to + INLET);
        let below = from + self.boxes[wire.from].height + NEAR;
        let levels = [to - NEAR, below].into_iter().filter(|level| self.is_designed && *level >= below);
        levels.into_iter().find(|level| {
            let is_free = |x1: i64, y1: i64, x2: i64, y2: i64| {
                let (top, bottom) = (y1.min(y2) - 4, y1.max(y2) + 4);
                self.boxes
                    .iter()
                    .zip(&self.layout.boxes)
                    .all(|(card, (x, y))| x + WIDTH <= x1 || *x >= x2 || y + card.height <= top || *y >= bottom)
            };
            is_free(left, *level, right, *level)
                && is_free(right, out, right + 1, *level)
                && is_free(left, into, left + 1, *level)
        })
    }
}

/// Where the author put the nodes, if all of them have a place and none lies on another. The Bot Builder's boxes are
/// smaller than ours.
fn designed(boxes: &[Card<'_, '_>], wires: usize) -> Option<Layout> {
    const SCALES: [(f64, f64); 3] = [(1.9, 1.2), (1.9, 1.6), (2.4, 2.4)];
    /// A canvas that nobody could look at.
    const FAR: f64 = 20_000.0;
    /// Two of them would be looked at for each other.
    const MANY: usize = 1000;
    let at: Vec<(f64, f64)> = boxes.iter().map(|card| card.node.design).collect::<Option<_>>()?;
    if at.is_empty() || at.len() > MANY || at.iter().any(|(x, y)| !(x.abs() < FAR && y.abs() < FAR)) {
        return None;
    }
    let left = at.iter().map(|(x, _)| *x).fold(f64::INFINITY, f64::min);
    let top = at.iter().map(|(_, y)| *y).fold(f64::INFINITY, f64::min);
    SCALES.iter().find_map(|(wide, high)| {
        #[expect(clippy::cast_possible_truncation, reason = "it is not far")]
        let scaled = |(x, y): &(f64, f64)| (((x - left) * wide).round() as i64, ((y - top) * high).round() as i64);
        let corners: Vec<(i64, i64)> = at.iter().map(scaled).collect();
        is_free(boxes, &corners).then(|| Layout { boxes: corners, passages: vec![Vec::new(); wires] })
    })
}

fn is_free(boxes: &[Card<'_, '_>], corners: &[(i64, i64)]) -> bool {
    const GAP: i64 = 14;
    corners.iter().enumerate().all(|(index, (x, y))| {
        corners[..index].iter().enumerate().all(|(other, (other_x, other_y))| {
            (x - other_x).abs() >= WIDTH + GAP
                || y + boxes[index].height + GAP <= *other_y
                || other_y + boxes[other].height + GAP <= *y
        })
    })
}

fn goes_back(wire: &Wire, layout: &Layout) -> bool {
    layout.boxes[wire.to].0 < layout.boxes[wire.from].0 + WIDTH
}

/// Ways that go back run below the boxes, those to one box together: the lane of each such box.
fn lanes(wires: &[Wire], layout: &Layout) -> BTreeMap<usize, usize> {
    let mut lanes = BTreeMap::new();
    for wire in wires.iter().filter(|wire| goes_back(wire, layout)) {
        let next = lanes.len();
        lanes.entry(wire.to).or_insert(next);
    }
    lanes
}

/// From left to right, level through the columns between.
fn through(start: (i64, i64), end: (i64, i64), passages: &[(i64, i64)]) -> String {
    let mut path = format!("M{} {}", start.0, start.1);
    let mut here = start;
    for (x, y) in passages {
        path += &bend(here, (*x, *y));
        here = (*x + WIDTH, *y);
        path += &format!("H{}", here.0);
    }
    path + &bend(here, end)
}

fn bend((x, y): (i64, i64), (to_x, to_y): (i64, i64)) -> String {
    let half = ((to_x - x) / 2).max(24);
    format!("C{} {y} {} {to_y} {to_x} {to_y}", x + half, to_x - half)
}

/// Out to the right, down to a level, back to the left, and up or down to the box.
fn around(start: (i64, i64), end: (i64, i64), level: i64, (left, right): (i64, i64)) -> String {
    const TURN: i64 = 8;
    // The level may be above the box that the way leads to.
    let turn = if level < end.1 { -TURN } else { TURN }.clamp(-((level - end.1).abs() / 2), (level - end.1).abs() / 2);
    format!(
        "M{} {}H{}Q{right} {} {right} {}V{}Q{right} {level} {} {level}H{}Q{left} {level} {left} {}V{}Q{left} {} {} {}H{}",
        start.0,
        start.1,
        right - TURN,
        start.1,
        start.1 + TURN,
        level - TURN,
        right - TURN,
        left + TURN,
        level - turn,
        end.1 + turn,
        end.1,
        left + TURN,
        end.1,
        end.0,
    )
}

impl Card<'_, '_> {
    fn write(&self, flow: u64, x: i64, y: i64, language: Language, paper: &mut Paper) {
        let class = kinds::class(self.node.kind);
        let kind = kinds::name(self.node, language);
        paper.open(&format!(r#"g id="f{flow}n{}" class="node {class}" transform="translate({x} {y})""#, self.id));
        paper.tag("title", &format!("{} {} ({kind}) {}", self.id, self.node.label, short(&self.words, 300)));
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
                let wide = paper::pixels(&name, 11) + 16;
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

fn height_of(count: usize, each: i64) -> i64 {
    i64::try_from(count).unwrap_or_default() * each
}
