//! A bot as a map: its flows, nodes and ways, with the JSON that they come from.

use std::collections::BTreeMap;

use flow::{Bot, Operator, Where, id};
use serde_json::Value;

#[derive(Debug)]
pub(crate) struct Atlas<'a> {
    pub json: &'a Value,
    pub flows: BTreeMap<u64, Flow<'a>>,
    pub start: u64,
    /// The start flow, if none is set.
    pub fallback: u64,
}

#[derive(Debug)]
pub(crate) struct Flow<'a> {
    pub title: &'a str,
    pub entry: Option<u64>,
    pub nodes: BTreeMap<u64, Node<'a>>,
}

#[derive(Debug)]
pub(crate) struct Node<'a> {
    pub label: &'a str,
    /// As the export spells it.
    pub type_name: &'a str,
    pub kind: Kind,
    pub is_available: bool,
    pub data: &'a Value,
    /// In the order in which they are tried; those to nowhere too.
    pub edges: Vec<Edge>,
    /// Whatever happens, one of the edges holds.
    pub always_goes_on: bool,
    /// Ways out that are no edges: where a flow node leads, and each goto button.
    pub links: Vec<Link<'a>>,
    /// Where its author put it.
    pub design: Option<(f64, f64)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Entry,
    Response,
    Keyboard,
    Flow,
    Back,
    Parameter,
    Fetch,
    Script,
    Agent,
    Email,
    Sheet,
    Nlp,
    Chat,
    Llm,
    Other,
}

#[derive(Debug)]
pub(crate) struct Edge {
    pub to: u64,
    /// The flow has such a node.
    pub exists: bool,
    /// It can be chosen: no edges before it take everything.
    pub is_open: bool,
    pub condition: Where,
    pub json: Value,
}

#[derive(Debug)]
pub(crate) struct Link<'a> {
    /// The label of a button; of a flow node none.
    pub button: Option<&'a str>,
    pub flow: Aim,
    /// The flow's entry, if there is none.
    pub node: Option<Aim>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Aim {
    At(u64),
    /// A template says where.
    Anywhere,
    /// No id, in the author's words.
    Nowhere(String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Place {
    pub flow: u64,
    pub node: u64,
}

impl<'a> Atlas<'a> {
    /// Of the export that `bot` was read from.
    pub(crate) fn read(json: &'a Value, bot: &Bot) -> Self {
        let flows = match json["flows"].as_array() {
            Some(flows) => flows.as_slice(),
            None => std::slice::from_ref(json),
        };
        let flows = flows.iter().filter_map(|json| {
            let flow_id = id(&json["id"])?;
            let list = json["nodes"].as_array().map_or(&[][..], Vec::as_slice);
            let mut nodes: BTreeMap<u64, Node<'a>> = list.iter().filter_map(|json| node(json, flow_id, bot)).collect();
            let known: Vec<u64> = nodes.keys().copied().collect();
            for edge in nodes.values_mut().flat_map(|node| &mut node.edges) {
                edge.exists = known.binary_search(&edge.to).is_ok();
            }
            nodes.values_mut().for_each(|node| node.always_goes_on = close(&mut node.edges));
            Some((flow_id, Flow { title: text(&json["title"]), entry: bot.entry_node(flow_id), nodes }))
        });
        Self { json, flows: flows.collect(), start: bot.entry_flow(), fallback: bot.fallback_flow() }
    }

    pub(crate) fn node(&self, place: Place) -> Option<&Node<'a>> {
        self.flows.get(&place.flow)?.nodes.get(&place.node)
    }

    pub(crate) fn entry(&self, flow: u64) -> Option<Place> {
        Some(Place { flow, node: self.flows.get(&flow)?.entry? })
    }

    /// All of them, by flow and node.
    pub(crate) fn places(&self) -> impl Iterator<Item = (Place, &Node<'a>)> {
        self.flows
            .iter()
            .flat_map(|(flow, content)| content.nodes.iter().map(|(node, it)| (Place { flow: *flow, node: *node }, it)))
    }

    /// Where a link leads, if that is the same each time and there is such a place.
    pub(crate) fn end(&self, link: &Link<'_>) -> Option<Place> {
        let Aim::At(flow) = link.flow else { return None };
        match link.node {
            None => self.entry(flow),
            Some(Aim::At(node)) => Some(Place { flow, node }).filter(|place| self.node(*place).is_some()),
            // A press takes no node for the entry, a flow node for an error.
            Some(Aim::Nowhere(_)) if link.button.is_some() => self.entry(flow),
            Some(Aim::Anywhere | Aim::Nowhere(_)) => None,
        }
    }
}

impl Node<'_> {
    /// Edges that can be chosen and lead somewhere.
    pub(crate) fn ways(&self) -> impl Iterator<Item = &Edge> {
        self.edges.iter().filter(|edge| edge.exists && edge.is_open)
    }
}

fn node<'a>(json: &'a Value, flow_id: u64, bot: &Bot) -> Option<(u64, Node<'a>)> {
    let node_id = id(&json["id"])?;
    let type_name = text(&json["type"]);
    let kind = match bot.kind(flow_id, node_id).unwrap_or(type_name) {
        "entry" => Kind::Entry,
        "response" => Kind::Response,
        "keyboard" => Kind::Keyboard,
        "flow" => Kind::Flow,
        "back" => Kind::Back,
        "parameter" => Kind::Parameter,
        "fetch" => Kind::Fetch,
        "sandbox" | "script" => Kind::Script,
        "manual" | "agent" => Kind::Agent,
        "email" | "mail" => Kind::Email,
        "gsheet" | "sheet" => Kind::Sheet,
        "nlp" => Kind::Nlp,
        "chitchat" | "chit-chat" => Kind::Chat,
        "llm" => Kind::Llm,
        _ => Kind::Other,
    };
    let data = &json["data"];
    let design = &json["meta"]["design"];
    let node = Node {
        label: text(&json["label"]),
        type_name,
        kind,
        is_available: bot.is_available(flow_id, node_id),
        data,
        edges: edges(&json["next"]),
        always_goes_on: false,
        links: links(kind, data),
        design: design["x"].as_f64().zip(design["y"].as_f64()),
    };
    Some((node_id, node))
}

/// Sorted as the engine does it.
fn edges(next: &Value) -> Vec<Edge> {
    let mut edges: Vec<(f64, Edge)> = next
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|json| {
            let condition = Where::read(&json["where"]);
            let edge = Edge { to: id(&json["nodeId"])?, exists: true, is_open: true, condition, json: json.clone() };
            Some((priority(json), edge))
        })
        .collect();
    edges.sort_by(|(a_priority, a), (b_priority, b)| {
        b_priority.total_cmp(a_priority).then(b.condition.weight().cmp(&a.condition.weight()))
    });
    edges.into_iter().map(|(_, edge)| edge).collect()
}

/// 1, unless it is given.
fn priority(edge: &Value) -> f64 {
    match &edge["priority"] {
        Value::String(text) => text.trim().parse().unwrap_or(1.0),
        number => number.as_f64().unwrap_or(1.0),
    }
}

/// Closes the edges that those before them leave nothing for. True if nothing is left after the last.
fn close(edges: &mut [Edge]) -> bool {
    let mut is_covered = false;
    for at in 0..edges.len() {
        edges[at].is_open = !is_covered;
        let edge = &edges[at];
        // The engine leaves an edge to nowhere out.
        if edge.exists && !is_covered {
            let mut before = edges[..at].iter().filter(|before| before.exists);
            is_covered = edge.condition.always() || before.any(|it| are_opposite(&it.condition, &edge.condition));
        }
    }
    is_covered
}

fn are_opposite(one: &Where, other: &Where) -> bool {
    let (
        Where::Test { path, operator, operands },
        Where::Test { path: other_path, operator: other_operator, operands: others },
    ) = (one, other)
    else {
        return false;
    };
    if path != other_path {
        return false;
    }
    // A node's result is one or the other by the time its edges are tried.
    if path.ends_with(".status") && (*operator, *other_operator) == (Operator::Equals, Operator::Equals) {
        let both = [operands, others].map(|operands| operands.first().and_then(Value::as_str));
        return both == [Some("COMPLETED"), Some("FAILED")] || both == [Some("FAILED"), Some("COMPLETED")];
    }
    let pairs = [
        (Operator::Equals, Operator::NotEquals),
        (Operator::Contains, Operator::NotContains),
        (Operator::Exists, Operator::NotExists),
    ];
    let are_pair = pairs.iter().any(|(a, b)| [(a, b), (b, a)].contains(&(operator, other_operator)));
    are_pair && operands == others
}

fn links(kind: Kind, data: &Value) -> Vec<Link<'_>> {
    let mut links = Vec::new();
    if kind == Kind::Flow {
        let flow = aim(&data["flowId"]).unwrap_or_else(|| Aim::Nowhere(String::new()));
        links.push(Link { button: None, flow, node: aim(&data["nodeId"]) });
    }
    for button in buttons(data) {
        // As the engine tells its buttons apart.
        let kind = button["type"].as_str();
        let opens = !button["uri"].is_null() || !button["url"].is_null();
        let goes = matches!(kind, Some("goto" | "flow")) || (kind.is_none() && !opens);
        if let Some(flow) = aim(&button["flowId"]).filter(|_| goes) {
            links.push(Link { button: Some(text(&button["label"])), flow, node: aim(&button["nodeId"]) });
        }
    }
    links
}

/// Every button in the data of a node, of whatever kind it is.
pub(crate) fn buttons(data: &Value) -> Vec<&Value> {
    let mut found = Vec::new();
    let mut rest = vec![data];
    while let Some(value) = rest.pop() {
        match value {
            Value::Object(fields) => {
                found.extend(fields.get("buttons").and_then(Value::as_array).into_iter().flatten());
                rest.extend(fields.iter().filter(|(name, _)| *name != "buttons").map(|(_, value)| value).rev());
            }
            Value::Array(list) => rest.extend(list.iter().rev()),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
    found
}

fn aim(value: &Value) -> Option<Aim> {
    match value {
        Value::Null => None,
        Value::String(text) if text.trim().is_empty() => None,
        Value::String(text) if is_template(text) => Some(Aim::Anywhere),
        value => Some(match id(value) {
            Some(id) => Aim::At(id),
            None => Aim::Nowhere(value.as_str().map_or_else(|| value.to_string(), str::to_owned)),
        }),
    }
}

pub(crate) fn is_template(text: &str) -> bool {
    text.contains("{{")
}

pub(crate) fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn any_edge() -> impl Strategy<Value = Value> {
        let wheres = vec![
            json!(null),
            json!({}),
            json!({ "message": { "equals": "a" } }),
            json!({ "a": { "exists": true }, "b": { "gt": 1 } }),
            json!({ "or": [{ "a": { "sounds": 1 } }, {}] }),
            json!([{ "and": [{ "c": 1 }, { "message": { "regex": "/a/i" } }] }]),
        ];
        let priorities = vec![json!(null), json!(0), json!(1), json!(2.5), json!("3"), json!("")];
        (0..9_u64, prop::sample::select(wheres), prop::sample::select(priorities))
            .prop_map(|(to, condition, priority)| json!({ "nodeId": to, "where": condition, "priority": priority }))
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn edges_are_in_the_order_of_the_engine(next in prop::collection::vec(any_edge(), 0..8)) {
            let mut nodes: Vec<Value> = (1..8).map(|id| json!({ "id": id, "type": "entry" })).collect();
            nodes[0]["next"] = Value::Array(next);
            let json = json!({ "id": 1, "nodes": nodes });
            let bot = Bot::read(&json).unwrap();
            let atlas = Atlas::read(&json, &bot);
            let edges = &atlas.node(Place { flow: 1, node: 1 }).unwrap().edges;
            let ours: Vec<u64> = edges.iter().filter(|edge| edge.exists).map(|edge| edge.to).collect();
            prop_assert_eq!(ours, bot.next(1, 1));
        }
    }

    #[test]
    fn some_edges_leave_nothing_for_others() {
        for (wheres, open, always_goes_on) in [
            (json!([{ "a": 1 }, {}]), [true, true].as_slice(), true),
            (json!([{ "a": 1 }, { "b": 1 }]), &[true, true], false),
            (json!([{ "a": { "ne": 1 } }, { "a": { "eq": 1 } }, {}]), &[true, true, false], true),
            (json!([{ "a": { "ne": 1 } }, { "a": { "eq": 2 } }, {}]), &[true, true, true], true),
            (json!([{ "a": { "contains": "x" } }, { "a": { "notContains": "x" } }]), &[true, true], true),
            (json!([{ "a": { "exists": true } }, { "b": { "exists": false } }]), &[true, true], false),
            (json!([{ "a": { "exists": true } }, { "a": { "exists": false } }]), &[true, true], true),
            (json!([{ "nlp.status": "FAILED" }, { "nlp.status": "COMPLETED" }]), &[true, true], true),
            (json!([{ "params.state": "FAILED" }, { "params.state": "COMPLETED" }]), &[true, true], false),
            // A number that is missing is neither.
            (json!([{ "a": { "gt": 1 } }, { "a": { "lte": 1 } }]), &[true, true], false),
        ] {
            let next = wheres.as_array().unwrap().iter().map(|it| json!({ "nodeId": 1, "where": it }));
            let json = json!({ "id": 1, "nodes": [{ "id": 1, "type": "entry", "next": next.collect::<Value>() }] });
            let bot = Bot::read(&json).unwrap();
            let atlas = Atlas::read(&json, &bot);
            let node = atlas.node(Place { flow: 1, node: 1 }).unwrap();
            assert_eq!(node.edges.iter().map(|edge| edge.is_open).collect::<Vec<_>>(), open, "{wheres}");
            assert_eq!(node.always_goes_on, always_goes_on, "{wheres}");
        }
    }
}
