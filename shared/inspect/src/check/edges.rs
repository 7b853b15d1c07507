//! Edges that can never be chosen.

use flow::{Operator, Where};
use serde_json::Value;

use super::Found;
use crate::atlas::{Atlas, Edge};
use crate::fact::Fact;
use crate::report::Language;
use crate::words;

pub(super) fn check(atlas: &Atlas<'_>, language: Language, found: &mut Found) {
    for (place, node) in atlas.places() {
        let edges: Vec<&Edge> = node.edges.iter().filter(|edge| edge.exists).collect();
        for (at, edge) in edges.iter().enumerate() {
            let words = words::condition(&edge.condition, language);
            if let Some(other) = edges[..at].iter().find(|other| are_same(other, edge)) {
                found.node(place, Fact::SameCondition { words, to: edge.to, other: other.to });
            } else if !edge.is_open {
                found.node(place, Fact::HiddenEdge { words, to: edge.to });
            }
        }
    }
}

fn are_same(one: &Edge, other: &Edge) -> bool {
    let written = |edge: &Edge| Some(edge.json["where"].clone()).filter(|json| !json.is_null());
    // Flags of a regular expression are not in what was read of it.
    let is_whole = |condition: &Where| !matches(condition);
    (one.condition == other.condition && is_whole(&one.condition))
        || written(one).is_some_and(|json: Value| Some(json) == written(other))
}

fn matches(condition: &Where) -> bool {
    match condition {
        Where::All(parts) | Where::Any(parts) => parts.iter().any(matches),
        Where::Test { operator, .. } => *operator == Operator::Matches,
        // Of what cannot be read there is nothing to compare.
        Where::Never => true,
    }
}
