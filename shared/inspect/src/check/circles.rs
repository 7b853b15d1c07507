//! Circles without a keyboard: the engine breaks a turn off after a hundred nodes.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::Found;
use crate::atlas::{Atlas, Kind, Place};
use crate::fact::Fact;
use crate::turn::{After, after};

pub(super) fn check(atlas: &Atlas<'_>, found: &mut Found) {
    let next: BTreeMap<Place, Vec<Place>> = atlas
        .places()
        .map(|(place, _)| match after(atlas, place) {
            After::On { places, .. } => (place, places),
            After::Wait | After::Unknown => (place, Vec::new()),
        })
        .collect();
    for knot in knots(&next) {
        let Some(first) = knot.first().copied() else { continue };
        let path = circle(first, &knot, &next);
        if path.is_empty() {
            continue;
        }
        found.node(first, Fact::Circle { path, is_sure: is_sure(atlas, first) });
    }
}

/// Places that all lead to each other, each group once. Tarjan's algorithm, without calling itself: a bot may be long.
fn knots(next: &BTreeMap<Place, Vec<Place>>) -> Vec<BTreeSet<Place>> {
    #[derive(Clone, Copy)]
    struct Mark {
        index: usize,
        low: usize,
        is_open: bool,
    }
    let mut marks: BTreeMap<Place, Mark> = BTreeMap::new();
    let mut open: Vec<Place> = Vec::new();
    let mut knots = Vec::new();
    for root in next.keys() {
        if marks.contains_key(root) {
            continue;
        }
        let mut calls: Vec<(Place, usize)> = vec![(*root, 0)];
        while let Some((place, step)) = calls.pop() {
            if step == 0 {
                let index = marks.len();
                marks.insert(place, Mark { index, low: index, is_open: true });
                open.push(place);
            }
            let targets = next.get(&place).map_or(&[][..], Vec::as_slice);
            // Back from the one before.
            let below =
                step.checked_sub(1).and_then(|before| targets.get(before)).and_then(|to| marks.get(to)).copied();
            if let (Some(below), Some(mark)) = (below, marks.get_mut(&place))
                && below.is_open
            {
                mark.low = mark.low.min(below.low);
            }
            if let Some(target) = targets.get(step) {
                calls.push((place, step + 1));
                if !marks.contains_key(target) {
                    calls.push((*target, 0));
                }
                continue;
            }
            let Some(mark) = marks.get(&place).copied().filter(|mark| mark.low == mark.index) else { continue };
            let mut knot = BTreeSet::new();
            while let Some(member) = open.pop() {
                if let Some(its) = marks.get_mut(&member) {
                    its.is_open = false;
                    its.low = mark.low;
                }
                knot.insert(member);
                if member == place {
                    break;
                }
            }
            knots.push(knot);
        }
    }
    knots
}

/// The shortest way from `first` back to it; empty if there is none.
fn circle(first: Place, knot: &BTreeSet<Place>, next: &BTreeMap<Place, Vec<Place>>) -> Vec<Place> {
    let mut came: BTreeMap<Place, Place> = BTreeMap::new();
    let mut rest = VecDeque::from([first]);
    while let Some(place) = rest.pop_front() {
        for target in next.get(&place).into_iter().flatten().filter(|target| knot.contains(target)) {
            if *target == first {
                let mut path = vec![first, place];
                while let Some(before) = path.last().filter(|last| **last != first).and_then(|last| came.get(last)) {
                    path.push(*before);
                }
                path.reverse();
                return if place == first { vec![first, first] } else { path };
            }
            if !came.contains_key(target) {
                came.insert(*target, place);
                rest.push_back(*target);
            }
        }
    }
    Vec::new()
}

/// Whatever happens, a turn that comes here never ends by itself.
fn is_sure(atlas: &Atlas<'_>, first: Place) -> bool {
    let mut seen = BTreeSet::new();
    let mut here = first;
    while seen.insert(here) {
        let Some(node) = atlas.node(here) else { return false };
        let sure = match (node.kind, after(atlas, here)) {
            (Kind::Flow, After::On { places, .. }) => places.first().copied(),
            (_, After::On { .. }) => {
                let way = node.ways().next().filter(|edge| edge.condition.always());
                way.map(|edge| Place { flow: here.flow, node: edge.to })
            }
            (_, After::Wait | After::Unknown) => None,
        };
        let Some(next) = sure else { return false };
        here = next;
    }
    true
}
