//! What the engine warns of while it reads a bot. It does so in sentences, for logs; here each becomes a fact.

use flow::{Site, Warning, template_fault};

use super::{Found, at};
use crate::atlas::{Atlas, Place};
use crate::fact::Fact;

pub(super) fn check(atlas: &Atlas<'_>, warnings: &[Warning], found: &mut Found) {
    for Warning { place, text } in warnings {
        let Some(fact) = fact(atlas, place, text) else { continue };
        let id = |part: &Option<(u64, String)>| part.as_ref().map(|(id, _)| *id);
        found.0.push((id(&place.flow), id(&place.node), fact));
    }
}

/// None for what other checks find, with more words.
fn fact(atlas: &Atlas<'_>, place: &Site, text: &str) -> Option<Fact> {
    let elsewhere =
        ["has no entry node", "an edge leads to node ", "leads to flow ", "leads nowhere", "the fallback flow "];
    if elsewhere.iter().any(|start| text.starts_with(start)) {
        return None;
    }
    Some(match text {
        "is not available here: it always fails" => Fact::UnavailableNode,
        "is of a type that is not known: it always fails" => {
            Fact::UnknownType { name: place.node.as_ref().map(|(_, name)| name.clone()).unwrap_or_default() }
        }
        _ => template(atlas, place, text)
            .or_else(|| condition(text))
            .or_else(|| message(text))
            .unwrap_or_else(|| Fact::ImportWarning { text: text.to_owned() }),
    })
}

fn template(atlas: &Atlas<'_>, place: &Site, text: &str) -> Option<Fact> {
    let (field, shown) = text.strip_prefix("the template in `")?.split_once("` cannot be read: ")?;
    let fault = source(atlas, place, field).and_then(template_fault);
    let (reason, at) = match fault {
        Some(fault) => (fault.what, Some((fault.line, fault.column))),
        None => (shown.to_owned(), None),
    };
    Some(Fact::BrokenTemplate { field: field.to_owned(), reason, at })
}

fn source<'a>(atlas: &Atlas<'a>, place: &Site, field: &str) -> Option<&'a str> {
    let found = match (&place.flow, &place.node) {
        (Some((flow, _)), Some((node, _))) => {
            at(atlas.node(Place { flow: *flow, node: *node })?.data, field.strip_prefix("data.")?)?
        }
        _ => at(atlas.json, field)?,
    };
    found.as_str()
}

fn condition(text: &str) -> Option<Fact> {
    let text = text.strip_suffix(": the condition never holds")?;
    let reasons =
        ["is no operator that is known", "is no regular expression that can be used here", "compares with a number"];
    let known = reasons.iter().find_map(|reason| Some((text.strip_suffix(reason)?.trim_end(), *reason)));
    let (field, reason) = known.or_else(|| text.split_once(' '))?;
    Some(Fact::UnknownCondition { field: field.to_owned(), reason: reason.to_owned() })
}

fn message(text: &str) -> Option<Fact> {
    let quoted = |rest: &str| rest.split_once('`').map(|(name, rest)| (name.to_owned(), rest.to_owned()));
    if let Some((field, rest)) = text.strip_prefix("has no `").and_then(quoted) {
        // Without the words for a failure a keyboard just goes on waiting.
        let is_said = field == "data.message" || field.starts_with("data.message.");
        return (is_said && rest.is_empty()).then_some(Fact::NoMessage { field });
    }
    if let Some((found, _)) = text.strip_prefix("asks for `").and_then(quoted) {
        return Some(Fact::UnknownKeyboard { found });
    }
    let (_, rest) = text.split_once(".contentType` is image, video, audio or link: `")?;
    let (found, _) = quoted(rest)?;
    Some(Fact::UnknownMedia { found })
}
