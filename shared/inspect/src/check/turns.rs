//! Turns that end without a word, or where nobody meant them to end.

use std::collections::BTreeSet;

use super::Found;
use crate::atlas::{Atlas, Kind, Place};
use crate::fact::Fact;
use crate::turn::{After, after, reach, says, silence, targets};

pub(super) fn check(atlas: &Atlas<'_>, reached: &BTreeSet<Place>, found: &mut Found) {
    let gap = fallback(atlas, found);
    silent(atlas, reached, found);
    ends(atlas, reached, gap, found);
}

/// The trap of the guide's FAQ: a fallback flow, of which each way has a condition, has no answer to the rest. Returns
/// where it ends so.
fn fallback(atlas: &Atlas<'_>, found: &mut Found) -> Option<Place> {
    let entry = atlas.entry(atlas.fallback)?;
    let speaks = |place: &Place| atlas.node(*place).is_some_and(says) || matches!(after(atlas, *place), After::Unknown);
    if !reach(atlas, entry).iter().any(speaks) {
        found.flow(atlas.fallback, Fact::FallbackEmpty);
        return None;
    }
    let path = silence(atlas, entry, true)?;
    let last = path.last().copied();
    found.node(entry, Fact::FallbackGap { path });
    last
}

fn silent(atlas: &Atlas<'_>, reached: &BTreeSet<Place>, found: &mut Found) {
    // As the fallback flow it has been looked at.
    if atlas.start != atlas.fallback
        && let Some(entry) = atlas.entry(atlas.start)
        && let Some(path) = silence(atlas, entry, false)
    {
        found.node(entry, Fact::SilentTurn { path });
    }
    for place in reached {
        let Some(node) = atlas.node(*place) else { continue };
        let mut starts: Vec<Place> =
            node.links.iter().filter(|it| it.button.is_some()).filter_map(|it| atlas.end(it)).collect();
        if node.kind == Kind::Keyboard {
            starts.extend(targets(node, place.flow));
        }
        let mut ends = BTreeSet::new();
        for start in starts {
            let Some(mut path) = silence(atlas, start, false) else { continue };
            if ends.insert(path.last().copied()) {
                path.insert(0, *place);
                found.node(*place, Fact::SilentTurn { path });
            }
        }
    }
}

fn ends(atlas: &Atlas<'_>, reached: &BTreeSet<Place>, gap: Option<Place>, found: &mut Found) {
    let has_fallback = atlas.start != atlas.fallback;
    let first = atlas.entry(atlas.start).map(|entry| reach(atlas, entry)).unwrap_or_default();
    for place in reached {
        match after(atlas, *place) {
            After::On { places, .. } if places.is_empty() => {
                let is_first = has_fallback && first.contains(place);
                let is_fallback = has_fallback && place.flow == atlas.fallback;
                found.node(*place, Fact::DeadEnd { is_first, is_fallback });
            }
            After::On { may_end: true, .. } if gap != Some(*place) => found.node(*place, Fact::NoElse),
            After::On { .. } | After::Wait | After::Unknown => {}
        }
    }
}
