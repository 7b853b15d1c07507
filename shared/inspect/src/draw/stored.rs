//! Where the author put the nodes.

use super::card::Card;
use super::layout::{Layout, WIDTH};

/// If all of them have a place, and none lies on another. The Bot Builder's boxes are
/// smaller than ours.
pub(super) fn stored(boxes: &[Card<'_, '_>], wires: usize) -> Option<Layout> {
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
