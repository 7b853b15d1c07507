//! Where nodes stand: in columns from left to right, as a turn goes through them, in an order that crosses few ways. The
//! method is Sugiyama's: break circles, rank, order by the mean of neighbours, move as near to them as there is room.
//!
//! Whole numbers come out, and the same for the same bot.

/// Every box is as wide.
pub(super) const WIDTH: i64 = 248;
/// Where ways come in, from the top of a box.
pub(super) const INLET: i64 = 23;
/// Between columns: ways turn there.
const GAP_X: i64 = 92;
/// Between boxes above each other, and between a box and a way that passes it.
const GAP_Y: i64 = 28;
const GAP_WAY: i64 = 16;
/// Rounds of ordering, and of moving. More change nothing that one sees.
const ROUNDS: usize = 12;
/// Ways through columns are kept free of boxes; past so many they may run below some.
const PASSAGES: usize = 20_000;

#[derive(Clone, Copy, Debug)]
pub(super) struct Wire {
    pub from: usize,
    pub to: usize,
    /// Where it leaves, from the top of the box.
    pub outlet: i64,
}

#[derive(Debug)]
pub(super) struct Layout {
    /// The top left of each box.
    pub boxes: Vec<(i64, i64)>,
    /// For each wire the columns that it passes: where it enters each from the left.
    pub passages: Vec<Vec<(i64, i64)>>,
}

/// Boxes are given by their heights; `first` is where a turn enters.
pub(super) fn layout(heights: &[i64], wires: &[Wire], first: Option<usize>) -> Layout {
    let ranks = ranks(heights.len(), wires, first);
    let mut columns = Columns::new(heights, wires, &ranks);
    columns.order();
    columns.move_together();
    columns.finish(heights.len(), wires.len())
}

/// The column of each box: right of all that lead to it, but for ways that go back.
fn ranks(count: usize, wires: &[Wire], first: Option<usize>) -> Vec<usize> {
    let mut out: Vec<Vec<usize>> = vec![Vec::new(); count];
    for wire in wires {
        out[wire.from].push(wire.to);
    }
    #[derive(Clone, Copy, PartialEq)]
    enum Mark {
        New,
        Open,
        Done,
    }
    let mut marks = vec![Mark::New; count];
    let mut forward: Vec<Vec<usize>> = vec![Vec::new(); count];
    let mut done = Vec::with_capacity(count);
    for root in first.into_iter().chain(0..count) {
        if marks[root] != Mark::New {
            continue;
        }
        let mut calls = vec![(root, 0)];
        marks[root] = Mark::Open;
        while let Some((at, step)) = calls.pop() {
            let Some(&next) = out[at].get(step) else {
                marks[at] = Mark::Done;
                done.push(at);
                continue;
            };
            calls.push((at, step + 1));
            if marks[next] != Mark::Open {
                forward[at].push(next);
            }
            if marks[next] == Mark::New {
                marks[next] = Mark::Open;
                calls.push((next, 0));
            }
        }
    }
    let mut ranks = vec![0; count];
    for at in done.into_iter().rev() {
        for next in &forward[at] {
            ranks[*next] = ranks[*next].max(ranks[at] + 1);
        }
    }
    ranks
}

#[derive(Debug)]
struct Item {
    rank: usize,
    height: i64,
    y: f64,
    /// The wire, of a passage.
    wire: Option<usize>,
    /// Neighbours in the column before and after: which, and how far its end is below ours when both tops are level.
    before: Vec<(usize, f64)>,
    after: Vec<(usize, f64)>,
}

#[derive(Debug)]
struct Columns {
    items: Vec<Item>,
    /// Items from top to bottom.
    columns: Vec<Vec<usize>>,
}

impl Columns {
    fn new(heights: &[i64], wires: &[Wire], ranks: &[usize]) -> Self {
        let item = |rank, height, wire| Item { rank, height, y: 0.0, wire, before: Vec::new(), after: Vec::new() };
        let mut items: Vec<Item> = heights.iter().zip(ranks).map(|(height, rank)| item(*rank, *height, None)).collect();
        for (index, wire) in wires.iter().enumerate() {
            let (from, to) = (ranks[wire.from], ranks[wire.to]);
            if to <= from {
                continue;
            }
            let (mut last, mut outlet) = (wire.from, wire.outlet);
            let passages = items.len() - heights.len() + (to - from);
            for rank in (from + 1..to).filter(|_| passages < PASSAGES) {
                items.push(item(rank, 0, Some(index)));
                let passage = items.len() - 1;
                join(&mut items, last, passage, outlet, 0);
                (last, outlet) = (passage, 0);
            }
            if items[last].rank + 1 == to {
                join(&mut items, last, wire.to, outlet, INLET);
            }
        }
        let mut columns = vec![Vec::new(); ranks.iter().max().map_or(0, |last| last + 1)];
        for (index, item) in items.iter().enumerate() {
            columns[item.rank].push(index);
        }
        Self { items, columns }
    }

    fn order(&mut self) {
        let mut best = (self.crossings(), self.columns.clone());
        for round in 0..ROUNDS {
            let count = self.columns.len();
            let down = round.is_multiple_of(2);
            for step in 1..count {
                let column = if down { step } else { count - 1 - step };
                self.sort(column, down);
            }
            let crossings = self.crossings();
            if crossings < best.0 {
                best = (crossings, self.columns.clone());
            }
        }
        self.columns = best.1;
    }

    /// By the mean place of the neighbours on one side. Who has none there stays about where it is.
    fn sort(&mut self, column: usize, down: bool) {
        let neighbour = if down { column.checked_sub(1) } else { Some(column + 1) };
        let Some(others) = neighbour.and_then(|neighbour| self.columns.get(neighbour)) else { return };
        let mut place = vec![0.0; self.items.len()];
        for (index, item) in others.iter().enumerate() {
            place[*item] = to_float(index);
        }
        let mut keyed: Vec<(f64, usize)> = self.columns[column]
            .iter()
            .enumerate()
            .map(|(index, item)| {
                let own = &self.items[*item];
                let near = if down { &own.before } else { &own.after };
                // Outlets of one box are in order too.
                let at = |(other, shift): &(usize, f64)| place[*other] + if down { shift / 10_000.0 } else { 0.0 };
                let mean = near.iter().map(at).sum::<f64>() / to_float(near.len().max(1));
                (if near.is_empty() { to_float(index) } else { mean }, *item)
            })
            .collect();
        keyed.sort_by(|(a, _), (b, _)| a.total_cmp(b));
        self.columns[column] = keyed.into_iter().map(|(_, item)| item).collect();
    }

    fn crossings(&self) -> usize {
        let mut place = vec![0; self.items.len()];
        for column in &self.columns {
            for (index, item) in column.iter().enumerate() {
                place[*item] = index;
            }
        }
        let mut crossings = 0;
        for column in &self.columns {
            let mut ends: Vec<(usize, i64, usize)> = Vec::new();
            for (index, item) in column.iter().enumerate() {
                for (other, shift) in &self.items[*item].after {
                    #[expect(clippy::cast_possible_truncation, reason = "it came from a whole number")]
                    let outlet = -(*shift as i64);
                    ends.push((index, outlet, place[*other]));
                }
            }
            ends.sort_unstable();
            crossings += inversions(ends.into_iter().map(|(_, _, end)| end).collect());
        }
        crossings
    }

    /// To the mean of all neighbours, from left to right and back, and last to both sides.
    fn move_together(&mut self) {
        for column in self.columns.clone() {
            self.settle(&column, &vec![0.0; column.len()]);
        }
        for round in 0..ROUNDS {
            let count = self.columns.len();
            for step in 0..count {
                let index = if round.is_multiple_of(2) { step } else { count - 1 - step };
                let column = self.columns[index].clone();
                let wanted: Vec<f64> = column.iter().map(|item| self.wanted(*item, round)).collect();
                self.settle(&column, &wanted);
            }
        }
    }

    fn wanted(&self, item: usize, round: usize) -> f64 {
        let own = &self.items[item];
        let sides: &[&Vec<(usize, f64)>] = match round {
            _ if round + 2 >= ROUNDS => &[&own.before, &own.after],
            _ if round.is_multiple_of(2) => &[&own.before],
            _ => &[&own.after],
        };
        let near: Vec<f64> =
            sides.iter().flat_map(|side| side.iter()).map(|(other, shift)| self.items[*other].y + shift).collect();
        if near.is_empty() { own.y } else { near.iter().sum::<f64>() / to_float(near.len()) }
    }

    /// Puts the items of a column as near to where they want to be as their order and the gaps let them: the sum of the
    /// squares of what is missing is least. Pool adjacent violators.
    fn settle(&mut self, column: &[usize], wanted: &[f64]) {
        let mut offsets = Vec::with_capacity(column.len());
        let mut offset = 0;
        for (index, item) in column.iter().enumerate() {
            offsets.push(offset);
            let next = column.get(index + 1).map(|next| &self.items[*next]);
            let own = &self.items[*item];
            let are_boxes = own.wire.is_none() && next.is_some_and(|next| next.wire.is_none());
            offset += own.height + if are_boxes { GAP_Y } else { GAP_WAY };
        }
        // Mean, weight, members.
        let mut pools: Vec<(f64, f64, usize)> = Vec::new();
        for (index, item) in column.iter().enumerate() {
            // A way through a column had better be straight.
            let weight = if self.items[*item].wire.is_some() { 3.0 } else { 1.0 };
            pools.push((wanted[index] - to_f64(offsets[index]), weight, 1));
            while let [.., (above, above_weight, above_count), (below, below_weight, below_count)] = pools[..]
                && above > below
            {
                let weight = above_weight + below_weight;
                let mean = (above * above_weight + below * below_weight) / weight;
                pools.truncate(pools.len() - 2);
                pools.push((mean, weight, above_count + below_count));
            }
        }
        let means = pools.into_iter().flat_map(|(mean, _, count)| std::iter::repeat_n(mean, count));
        for ((item, offset), mean) in column.iter().zip(offsets).zip(means) {
            self.items[*item].y = mean + to_f64(offset);
        }
    }

    fn finish(self, boxes: usize, wires: usize) -> Layout {
        let top = self.items.iter().map(|item| item.y).fold(f64::INFINITY, f64::min);
        let at = |item: &Item| {
            let rank = i64::try_from(item.rank).unwrap_or_default();
            #[expect(
                clippy::cast_possible_truncation,
                reason = "as many pixels as there are nodes, times a few hundred"
            )]
            let y = (item.y - top).round() as i64;
            (rank * (WIDTH + GAP_X), y)
        };
        let mut passages = vec![Vec::new(); wires];
        for item in &self.items[boxes..] {
            if let Some(wire) = item.wire {
                passages[wire].push(at(item));
            }
        }
        Layout { boxes: self.items[..boxes].iter().map(at).collect(), passages }
    }
}

fn join(items: &mut [Item], from: usize, to: usize, outlet: i64, inlet: i64) {
    items[from].after.push((to, to_f64(inlet - outlet)));
    items[to].before.push((from, to_f64(outlet - inlet)));
}

/// How many pairs stand in the wrong order. Counted with a Fenwick tree.
fn inversions(ends: Vec<usize>) -> usize {
    let mut tree = vec![0_usize; ends.iter().max().map_or(0, |last| last + 2)];
    let mut inversions = 0;
    for (seen, end) in ends.into_iter().enumerate() {
        let mut not_above = 0;
        let mut at = end + 1;
        while at > 0 {
            not_above += tree[at];
            at &= at - 1;
        }
        inversions += seen - not_above;
        at = end + 1;
        while at < tree.len() {
            tree[at] += 1;
            at += at & at.wrapping_neg();
        }
    }
    inversions
}

#[expect(clippy::cast_precision_loss, reason = "numbers of nodes, and pixels")]
fn to_float(number: usize) -> f64 {
    number as f64
}

#[expect(clippy::cast_precision_loss, reason = "numbers of nodes, and pixels")]
fn to_f64(number: i64) -> f64 {
    number as f64
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn any_graph() -> impl Strategy<Value = (Vec<i64>, Vec<Wire>)> {
        (1_usize..40).prop_flat_map(|count| {
            let wire = (0..count, 0..count, 0_i64..200).prop_map(|(from, to, outlet)| Wire { from, to, outlet });
            (prop::collection::vec(46_i64..300, count), prop::collection::vec(wire, 0..80))
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn no_box_lies_on_another_or_in_the_way((heights, wires) in any_graph()) {
            let Layout { boxes, passages } = layout(&heights, &wires, Some(0));
            for (index, (x, y)) in boxes.iter().enumerate() {
                prop_assert!(*x >= 0 && *y >= 0);
                for (other, (other_x, other_y)) in boxes.iter().enumerate().skip(index + 1) {
                    let apart = x != other_x || y + heights[index] < *other_y || other_y + heights[other] < *y;
                    prop_assert!(apart, "{index} {other}");
                }
                for (way_x, way_y) in passages.iter().flatten() {
                    prop_assert!(x != way_x || way_y < y || *way_y > y + heights[index]);
                }
            }
            for (wire, passages) in wires.iter().zip(passages) {
                let columns = (boxes[wire.to].0 - boxes[wire.from].0) / (WIDTH + GAP_X);
                prop_assert_eq!(i64::try_from(passages.len()).unwrap(), (columns - 1).max(0));
            }
        }
    }

    #[test]
    fn a_turn_goes_from_left_to_right_and_does_not_cross_itself() {
        let wire = |from, to| Wire { from, to, outlet: INLET };
        // 1 and 2 stand the wrong way round for 4 and 3, 5 leads back.
        let wires = [wire(0, 1), wire(0, 2), wire(1, 4), wire(2, 3), wire(3, 5), wire(4, 5), wire(5, 0), wire(0, 5)];
        let Layout { boxes, passages } = layout(&[60; 6], &wires, Some(0));
        let column = |index: usize| boxes[index].0 / (WIDTH + GAP_X);
        assert_eq!([0, 1, 2, 3, 4, 5].map(column), [0, 1, 1, 2, 2, 3]);
        assert_eq!(boxes[1].1 < boxes[2].1, boxes[4].1 < boxes[3].1);
        assert_eq!(passages[7].len(), 2);
    }

    #[test]
    fn a_long_bot_is_no_trouble() {
        let count = 20_000;
        let wires: Vec<Wire> = (1..count).map(|to| Wire { from: to - 1, to, outlet: INLET }).collect();
        let Layout { boxes, .. } = layout(&vec![60; count], &wires, Some(0));
        assert!(boxes.iter().all(|(_, y)| *y == 0));
        assert_eq!(boxes[count - 1].0, i64::try_from(count - 1).unwrap() * (WIDTH + GAP_X));
    }
}
