//! How a turn goes through a bot: what follows a node, where a turn ends, whether it says anything.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use serde_json::Value;

use crate::atlas::{Atlas, Kind, Node, Place};

/// What follows a node in the same turn.
#[derive(Debug)]
pub(crate) enum After {
    /// The turn ends and the next message comes here.
    Wait,
    /// It cannot be known: a template says where, or the past of the conversation. Or the turn ends in an error.
    Unknown,
    On {
        /// Without any the turn ends, and the next message enters the fallback flow.
        places: Vec<Place>,
        /// It may end here all the same, if no edge holds.
        may_end: bool,
    },
}

pub(crate) fn after(atlas: &Atlas<'_>, place: Place) -> After {
    let Some(node) = atlas.node(place) else { return After::Unknown };
    match node.kind {
        Kind::Keyboard => After::Wait,
        Kind::Agent if node.is_available => After::Wait,
        Kind::Flow => match node.links.first().and_then(|link| atlas.end(link)) {
            Some(end) => After::On { places: vec![end], may_end: false },
            None => After::Unknown,
        },
        Kind::Back if is_pop(node) => After::Unknown,
        Kind::Entry
        | Kind::Response
        | Kind::Back
        | Kind::Parameter
        | Kind::Fetch
        | Kind::Script
        | Kind::Agent
        | Kind::Email
        | Kind::Sheet
        | Kind::Nlp
        | Kind::Chat
        | Kind::Llm
        | Kind::Other => After::On { places: targets(node, place.flow), may_end: !node.always_goes_on },
    }
}

/// Where the edges of a node lead, each place once.
pub(crate) fn targets(node: &Node<'_>, flow: u64) -> Vec<Place> {
    let mut places: Vec<Place> = Vec::new();
    for edge in node.ways() {
        let place = Place { flow, node: edge.to };
        if !places.contains(&place) {
            places.push(place);
        }
    }
    places
}

pub(crate) fn is_pop(node: &Node<'_>) -> bool {
    node.kind == Kind::Back && !matches!(node.data["operation"].as_str(), Some("drop" | "clear"))
}

/// Whether it says something, or may do so in a way that cannot be seen here.
pub(crate) fn says(node: &Node<'_>) -> bool {
    match node.kind {
        Kind::Response => has_words(&node.data["message"]),
        Kind::Agent | Kind::Script | Kind::Chat | Kind::Llm => node.is_available,
        Kind::Entry
        | Kind::Keyboard
        | Kind::Flow
        | Kind::Back
        | Kind::Parameter
        | Kind::Fetch
        | Kind::Email
        | Kind::Sheet
        | Kind::Nlp
        | Kind::Other => false,
    }
}

/// A text that prints nothing is how authors leave a message out; of a template nobody knows.
fn has_words(message: &Value) -> bool {
    let some = |value: &Value| value.as_str().is_some_and(|text| !text.is_empty()) || value.is_number();
    let any = |value: &Value| value.as_array().is_some_and(|list| !list.is_empty());
    some(&message["text"])
        || any(&message["buttons"])
        || any(&message["cards"])
        || some(&message["media"]["uri"])
        || message["location"].is_object()
}

/// Everything that a turn may come by that begins here.
pub(crate) fn reach(atlas: &Atlas<'_>, start: Place) -> BTreeSet<Place> {
    let mut seen = BTreeSet::from([start]);
    let mut rest = vec![start];
    while let Some(place) = rest.pop() {
        if let After::On { places, .. } = after(atlas, place) {
            rest.extend(places.into_iter().filter(|next| seen.insert(*next)));
        }
    }
    seen
}

/// The shortest way to the end of a turn on which nothing is said. With `gaps` a turn also ends where no edge may hold.
pub(crate) fn silence(atlas: &Atlas<'_>, start: Place, gaps: bool) -> Option<Vec<Place>> {
    let mut came: BTreeMap<Place, Option<Place>> = BTreeMap::from([(start, None)]);
    let mut rest = VecDeque::from([start]);
    while let Some(place) = rest.pop_front() {
        if atlas.node(place).is_none_or(says) {
            continue;
        }
        let ends = match after(atlas, place) {
            After::Wait => true,
            After::Unknown => false,
            After::On { places, may_end } => {
                let ends = places.is_empty() || (may_end && gaps);
                for next in places {
                    came.entry(next).or_insert_with(|| {
                        rest.push_back(next);
                        Some(place)
                    });
                }
                ends
            }
        };
        if ends {
            let mut path = vec![place];
            while let Some(Some(before)) = path.last().and_then(|last| came.get(last)) {
                path.push(*before);
            }
            path.reverse();
            return Some(path);
        }
    }
    None
}

/// Ways that a turn may go from here to its end, at most so many, none longer than the engine lets a turn be.
pub(crate) fn ways(atlas: &Atlas<'_>, start: Place, most: usize) -> Vec<Vec<Place>> {
    const LENGTH: usize = 100;
    let mut ways = Vec::new();
    let mut rest = vec![vec![start]];
    // Circles are no ways, and many forks make too many.
    let mut steps = 0;
    while let Some(way) = rest.pop() {
        steps += 1;
        if ways.len() >= most || steps > most * LENGTH {
            break;
        }
        let Some(last) = way.last() else { continue };
        match after(atlas, *last) {
            After::On { places, may_end } => {
                if places.is_empty() || may_end {
                    ways.push(way.clone());
                }
                for next in places.into_iter().rev() {
                    if !way.contains(&next) && way.len() < LENGTH {
                        let mut longer = way.clone();
                        longer.push(next);
                        rest.push(longer);
                    }
                }
            }
            After::Wait | After::Unknown => ways.push(way),
        }
    }
    ways
}
