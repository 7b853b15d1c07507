//! What nothing leads to.

use std::collections::BTreeSet;

use super::Found;
use crate::atlas::{Aim, Atlas, Kind, Link, Place};
use crate::fact::Fact;

/// Everything that something leads to.
pub(super) fn check(atlas: &Atlas<'_>, found: &mut Found) -> BTreeSet<Place> {
    let mut reached = BTreeSet::new();
    let mut templates = BTreeSet::new();
    let roots = [atlas.start, atlas.fallback].into_iter().filter_map(|flow| atlas.entry(flow));
    spread(atlas, roots.collect(), &mut reached, &mut templates);
    if let Some((place, _)) = templates.first() {
        let nodes_too = templates.iter().any(|(_, nodes_too)| *nodes_too);
        found.node(*place, Fact::AnyFlow { nodes_too });
    }
    let known = reached.clone();

    // Who enters them is outside of the bot. Those that lead to each other come last.
    let ends: BTreeSet<u64> = atlas
        .places()
        .flat_map(|(place, node)| node.links.iter().map(move |link| (place.flow, link)))
        .filter_map(|(from, link)| Some(atlas.end(link)?.flow).filter(|to| *to != from))
        .collect();
    let (heads, others): (Vec<_>, Vec<_>) = atlas.flows.keys().copied().partition(|flow| !ends.contains(flow));
    for flow in heads.into_iter().chain(others) {
        let is_reached = reached.iter().any(|place| place.flow == flow);
        if let Some(entry) = atlas.entry(flow).filter(|_| !is_reached) {
            found.flow(flow, Fact::UnreachableFlow);
            spread(atlas, vec![entry], &mut reached, &mut BTreeSet::new());
        }
    }
    for (place, node) in atlas.places() {
        // No flow can do without its entry node, and a flow without one has a finding of its own.
        if !reached.contains(&place) && node.kind != Kind::Entry && atlas.entry(place.flow).is_some() {
            found.node(place, Fact::UnreachableNode);
        }
    }
    known
}

/// `templates` are the nodes where a template says what comes next, and whether it says the node too.
fn spread(
    atlas: &Atlas<'_>,
    mut rest: Vec<Place>,
    reached: &mut BTreeSet<Place>,
    templates: &mut BTreeSet<(Place, bool)>,
) {
    while let Some(place) = rest.pop() {
        let Some(node) = atlas.node(place) else { continue };
        if !reached.insert(place) {
            continue;
        }
        rest.extend(node.edges.iter().map(|edge| Place { flow: place.flow, node: edge.to }));
        for link in &node.links {
            rest.extend(atlas.end(link));
            if link.flow == Aim::Anywhere || link.node == Some(Aim::Anywhere) {
                // Once for each way of saying it: what it may mean is many.
                if templates.insert((place, link.node == Some(Aim::Anywhere))) {
                    rest.extend(meant(atlas, link));
                }
            }
        }
    }
}

/// Everything that a template may mean.
fn meant(atlas: &Atlas<'_>, link: &Link<'_>) -> Vec<Place> {
    let flows = atlas.flows.iter().filter(|(flow, _)| match link.flow {
        Aim::At(only) => only == **flow,
        Aim::Anywhere => true,
        Aim::Nowhere(_) => false,
    });
    flows
        .flat_map(|(flow, content)| {
            let nodes: Vec<u64> = match link.node {
                None | Some(Aim::Nowhere(_)) => content.entry.into_iter().collect(),
                Some(Aim::At(node)) => vec![node],
                Some(Aim::Anywhere) => content.nodes.keys().copied().collect(),
            };
            nodes.into_iter().map(|node| Place { flow: *flow, node })
        })
        .collect()
}
