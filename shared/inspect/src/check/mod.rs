//! The checks, each a function from the map of a bot to what it finds.

mod channels;
mod circles;
mod edges;
mod fetch;
mod imported;
mod limits;
mod reach;
mod targets;
mod turns;

use flow::{Bot, ImportError};
use serde_json::Value;

use crate::atlas::{Atlas, Place, text};
use crate::fact::Fact;
use crate::report::{Finding, FlowSite, Language, NodeSite, Report};

/// Reads a bot's file, or the export of a bot or flow, and says what will fail, what will hardly work as meant, and what
/// is good to know.
pub fn check(bot: &Value, language: Language) -> Report {
    let read = match Bot::read(bot) {
        Ok(read) => read,
        Err(error) => return Report::new(language, vec![unreadable(error, language)]),
    };
    let atlas = Atlas::read(bot, &read);
    let mut found = Found::default();
    imported::check(&atlas, read.warnings(), &mut found);
    targets::check(&atlas, &mut found);
    let reached = reach::check(&atlas, &mut found);
    turns::check(&atlas, &reached, &mut found);
    circles::check(&atlas, &mut found);
    edges::check(&atlas, language, &mut found);
    fetch::check(&atlas, &mut found);
    limits::check(&atlas, &mut found);
    channels::check(&atlas, &mut found);
    let findings = found.0.into_iter().map(|(flow, node, fact)| finding(&atlas, flow, node, &fact, language));
    Report::new(language, findings.collect())
}

/// With flow and node.
#[derive(Debug, Default)]
struct Found(Vec<(Option<u64>, Option<u64>, Fact)>);

impl Found {
    fn bot(&mut self, fact: Fact) {
        self.0.push((None, None, fact));
    }

    fn flow(&mut self, flow: u64, fact: Fact) {
        self.0.push((Some(flow), None, fact));
    }

    fn node(&mut self, place: Place, fact: Fact) {
        self.0.push((Some(place.flow), Some(place.node), fact));
    }
}

fn finding(atlas: &Atlas<'_>, flow: Option<u64>, node: Option<u64>, fact: &Fact, language: Language) -> Finding {
    let node = flow.zip(node).map(|(flow, node)| {
        let known = atlas.node(Place { flow, node });
        let (label, kind) = known.map_or(("", ""), |known| (known.label, known.type_name));
        NodeSite { id: node, label: label.to_owned(), kind: kind.to_owned() }
    });
    Finding {
        severity: fact.severity(),
        code: fact.code(),
        flow: flow.map(|id| {
            let title = atlas.flows.get(&id).map_or("", |flow| flow.title);
            FlowSite { id, title: title.to_owned() }
        }),
        node,
        text: fact.text(flow, language),
    }
}

fn unreadable(error: ImportError, language: Language) -> Finding {
    let (place, fact) = match error {
        ImportError::Unknown(reason) => (flow::Site::default(), Fact::Import { field: None, reason }),
        ImportError::Field { place, field, reason } => (place, Fact::Import { field: Some(field), reason }),
    };
    let id = place.flow.as_ref().map(|(id, _)| *id);
    Finding {
        severity: fact.severity(),
        code: fact.code(),
        flow: place.flow.map(|(id, title)| FlowSite { id, title }),
        node: place.node.map(|(id, kind)| NodeSite { id, label: String::new(), kind }),
        text: fact.text(id, language),
    }
}

/// The value at `data.cards[1].title` and the like.
fn at<'v>(json: &'v Value, path: &str) -> Option<&'v Value> {
    let mut here = json;
    for part in path.split('.') {
        let (name, indices) = part.split_once('[').map_or((part, None), |(name, rest)| (name, Some(rest)));
        here = here.get(name)?;
        for index in indices.into_iter().flat_map(|rest| rest.split('[')) {
            here = here.get(index.strip_suffix(']')?.parse::<usize>().ok()?)?;
        }
    }
    Some(here)
}

/// The label of a button, short enough for a sentence.
fn label(text: &str) -> String {
    crate::words::short(text, 32)
}

fn label_of(button: &Value) -> String {
    label(text(&button["label"]))
}
