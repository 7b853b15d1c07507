//! Ways that lead nowhere.

use flow::id;
use serde_json::Value;

use super::{Found, label};
use crate::atlas::{Aim, Atlas, Link, Place};
use crate::fact::{Fact, Way};

pub(super) fn check(atlas: &Atlas<'_>, found: &mut Found) {
    preference(atlas, found);
    for (flow, content) in &atlas.flows {
        if content.entry.is_none() {
            let leads_in = |link: &Link<'_>| link.flow == Aim::At(*flow) && link.node.is_none();
            let is_entered = *flow == atlas.start
                || *flow == atlas.fallback
                || atlas.places().any(|(_, node)| node.links.iter().any(leads_in));
            found.flow(*flow, Fact::NoEntry { is_entered });
        }
    }
    for (place, node) in atlas.places() {
        for edge in node.edges.iter().filter(|edge| !edge.exists) {
            found.node(place, Fact::MissingNode { way: Way::Edge, flow: place.flow, node: edge.to.to_string() });
        }
        for link in &node.links {
            if let Some(fact) = missing(atlas, link) {
                found.node(place, fact);
            }
        }
    }
}

fn preference(atlas: &Atlas<'_>, found: &mut Found) {
    match &atlas.json["preference"]["fallbackFlowId"] {
        Value::Null => found.bot(Fact::NoFallback),
        value => {
            if let Some(flow) = id(value).filter(|flow| !atlas.flows.contains_key(flow)) {
                found.bot(Fact::MissingFlow { way: Way::Preference, flow: flow.to_string() });
            }
        }
    }
}

fn missing(atlas: &Atlas<'_>, link: &Link<'_>) -> Option<Fact> {
    let way = link.button.map_or(Way::Node, |text| Way::Button(label(text)));
    let flow = match &link.flow {
        Aim::Anywhere => return None,
        Aim::Nowhere(words) => return Some(Fact::MissingFlow { way, flow: label(words) }),
        Aim::At(flow) if !atlas.flows.contains_key(flow) => {
            return Some(Fact::MissingFlow { way, flow: flow.to_string() });
        }
        Aim::At(flow) => *flow,
    };
    match &link.node {
        Some(Aim::At(node)) if atlas.node(Place { flow, node: *node }).is_none() => {
            Some(Fact::MissingNode { way, flow, node: node.to_string() })
        }
        Some(Aim::Nowhere(words)) if link.button.is_none() => Some(Fact::MissingNode { way, flow, node: label(words) }),
        Some(Aim::At(_) | Aim::Anywhere | Aim::Nowhere(_)) | None => None,
    }
}
