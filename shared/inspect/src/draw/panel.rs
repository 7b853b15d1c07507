//! The panel of a flow: its name, its boxes and the ways between them.

use std::collections::BTreeMap;

use super::card::Card;
use super::layout::{INLET, Layout, WIDTH, Wire, layout};
use super::paper::{Paper, pixels};
use super::stored::stored;
use super::ways::{around, goes_back, lanes, through};
use super::{BETWEEN, height_of};
use crate::Language;
use crate::atlas::{Atlas, Flow};

/// Around the boxes; ways that go back turn there.
const MARGIN: i64 = 40;
const HEAD: i64 = 52;
/// Between ways that go back below the boxes.
const LANE: i64 = 14;

#[derive(Debug)]
pub(super) struct Panel<'a, 'j> {
    id: u64,
    flow: &'a Flow<'j>,
    boxes: Vec<Card<'a, 'j>>,
    wires: Vec<Wire>,
    layout: Layout,
    /// The author put the nodes where they are.
    is_stored: bool,
    /// Of the boxes, without what goes back below them.
    bottom: i64,
    pub width: i64,
    pub height: i64,
}

impl<'a, 'j> Panel<'a, 'j> {
    pub(super) fn new(atlas: &Atlas<'_>, id: u64, flow: &'a Flow<'j>, language: Language) -> Self {
        let places: BTreeMap<u64, usize> = flow.nodes.keys().enumerate().map(|(index, node)| (*node, index)).collect();
        let mut boxes = Vec::with_capacity(places.len());
        let mut wires = Vec::new();
        for (from, (node_id, node)) in flow.nodes.iter().enumerate() {
            let (card, outlets) = Card::new(atlas, *node_id, node, language);
            let known =
                outlets.into_iter().filter_map(|(to, outlet)| Some(Wire { from, to: *places.get(&to)?, outlet }));
            wires.extend(known);
            boxes.push(card);
        }
        let heights: Vec<i64> = boxes.iter().map(|card| card.height).collect();
        let first = flow.entry.and_then(|entry| places.get(&entry).copied());
        let stored = stored(&boxes, wires.len());
        let is_stored = stored.is_some();
        let layout = stored.unwrap_or_else(|| layout(&heights, &wires, first));
        let right = layout.boxes.iter().map(|(x, _)| x + WIDTH).max().unwrap_or(WIDTH);
        let bottom = layout.boxes.iter().zip(&heights).map(|((_, y), height)| y + height).max().unwrap_or_default();
        let lanes = lanes(&wires, &layout).len();
        let height = HEAD + bottom + height_of(lanes, LANE) + MARGIN;
        Self { id, flow, boxes, wires, layout, is_stored, bottom, width: right + 2 * MARGIN, height }
    }

    pub(super) fn write(&self, atlas: &Atlas<'_>, width: i64, y: i64, language: Language, paper: &mut Paper) {
        paper.open(&format!(r#"g id="f{}" class="flow-panel" transform="translate({BETWEEN} {y})""#, self.id));
        paper.empty(&format!(r#"rect class="panel" width="{width}" height="{}" rx="14""#, self.height));
        let mut x = 20;
        let mut badge = |class: &str, words: &str, paper: &mut Paper| {
            let wide = pixels(words, 11) + 20;
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
        paper.open(&format!(r#"g transform="translate({MARGIN} {HEAD})""#));
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
        let levels = [to - NEAR, below].into_iter().filter(|level| self.is_stored && *level >= below);
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
