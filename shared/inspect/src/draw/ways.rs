//! How the ways between boxes run.

use std::collections::BTreeMap;

use super::layout::{Layout, WIDTH, Wire};

pub(super) fn goes_back(wire: &Wire, layout: &Layout) -> bool {
    layout.boxes[wire.to].0 < layout.boxes[wire.from].0 + WIDTH
}

/// Ways that go back run below the boxes, those to one box together: the lane of each such box.
pub(super) fn lanes(wires: &[Wire], layout: &Layout) -> BTreeMap<usize, usize> {
    let mut lanes = BTreeMap::new();
    for wire in wires.iter().filter(|wire| goes_back(wire, layout)) {
        let next = lanes.len();
        lanes.entry(wire.to).or_insert(next);
    }
    lanes
}

/// From left to right, level through the columns between.
pub(super) fn through(start: (i64, i64), end: (i64, i64), passages: &[(i64, i64)]) -> String {
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
pub(super) fn around(start: (i64, i64), end: (i64, i64), level: i64, (left, right): (i64, i64)) -> String {
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
