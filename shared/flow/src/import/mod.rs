//! Reads a bot export, or a flow export.

mod error;
mod preference;
mod reader;

use std::collections::HashMap;

use serde_json::Value;

use crate::bot::{Account, Bot, Edge, Flow, Node};
use crate::node::llm;
use crate::usage::Plan;
use crate::{condition, node};
pub use error::{ImportError, Site, Warning};
pub(crate) use reader::{Reader, field, id};

/// CLOSER's own.
const LINE: &str = "powered by closer.ai";

pub(crate) fn read(json: &Value) -> Result<Bot, ImportError> {
    let mut reader = Reader::default();
    let flows = match (field(json, "flows"), field(json, "nodes")) {
        (Value::Array(flows), _) => flows.as_slice(),
        (Value::Null, Value::Array(_)) => std::slice::from_ref(json),
        (Value::Null, _) => return Err(ImportError::Unknown("it has neither `flows` nor `nodes`".to_owned())),
        _ => return Err(reader.error("flows", "is a list")),
    };
    let Some(first) = flows.first() else { return Err(reader.error("flows", "is empty: a bot has at least one")) };
    let first = reader.id(field(first, "id"), "flows[0].id")?;
    let mut read = HashMap::with_capacity(flows.len());
    for (index, json) in flows.iter().enumerate() {
        let flow_id = reader.id(field(json, "id"), &format!("flows[{index}].id"))?;
        let title = field(json, "title").as_str().unwrap_or_default().to_owned();
        reader.place.flow = Some((flow_id, title));
        let flow = flow(json, &mut reader)?;
        if read.insert(flow_id, flow).is_some() {
            return Err(reader.error("id", "is the id of another flow too"));
        }
        reader.place.flow = None;
    }
    missing_flows(flows, &read, &mut reader);
    let plan = plan(field(json, "plan"), &mut reader)?;
    let llm = account(field(field(json, "integration"), "llm"));
    if llm.as_ref().is_some_and(|account| !account.base_url.starts_with("https://")) {
        reader.warn("`integration.llm.baseUrl` is not https: the key and what customers say go in the clear");
    }
    let preference = preference::read(field(json, "preference"), first, &read, &mut reader)?;
    Ok(Bot {
        title: field(json, "title").as_str().unwrap_or_default().to_owned(),
        description: field(json, "description").as_str().unwrap_or_default().to_owned(),
        flows: read,
        preference,
        plan,
        version: None,
        llm,
        warnings: reader.warnings,
    })
}

fn plan(json: &Value, reader: &mut Reader) -> Result<Plan, ImportError> {
    let monthly_users = reader.number(field(json, "monthlyUsers"), "plan.monthlyUsers")?;
    #[expect(clippy::cast_possible_truncation, reason = "a float beyond the range becomes its end")]
    let monthly_users = monthly_users.map(|users| users as i64);
    let zone = match field(json, "timeZone").as_str() {
        None => None,
        Some(name) => match jiff::tz::TimeZone::get(name) {
            Ok(zone) => Some(zone),
            Err(_) => return Err(reader.error("plan.timeZone", "is the name of a time zone, as Asia/Seoul")),
        },
    };
    let line = field(json, "line").as_str().unwrap_or(LINE).trim().to_owned();
    Ok(Plan { monthly_users, line, zone })
}

/// What is no account is none: a bot without it says so where it would ask.
fn account(json: &Value) -> Option<Account> {
    let text = |key: &str| field(json, key).as_str().map(str::trim).filter(|text| !text.is_empty());
    let header = |text: &&str| text.bytes().all(|byte| byte.is_ascii_graphic());
    Some(Account {
        base_url: text("baseUrl").unwrap_or(llm::BASE_URL).trim_end_matches('/').to_owned(),
        api_key: text("apiKey").filter(header)?.to_owned(),
        model: text("model").map(str::to_owned),
    })
}

fn flow(json: &Value, reader: &mut Reader) -> Result<Flow, ImportError> {
    let list = reader.list(field(json, "nodes"), "nodes")?;
    let mut nodes = HashMap::with_capacity(list.len());
    let mut entry = id(field(field(json, "data"), "entry"));
    for (index, json) in list.iter().enumerate() {
        let node_id = reader.id(field(json, "id"), &format!("nodes[{index}].id"))?;
        let Some(kind) = field(json, "type").as_str() else {
            return Err(reader.error(&format!("nodes[{index}].type"), "is a text"));
        };
        if kind == "entry" {
            entry = entry.or(Some(node_id));
        }
        reader.place.node = Some((node_id, kind.to_owned()));
        let kind = node::read(kind, field(json, "data"), reader)?;
        let edges = edges(json, reader)?;
        if nodes.insert(node_id, Node { kind, edges }).is_some() {
            return Err(reader.error("id", "is the id of another node of this flow too"));
        }
        reader.place.node = None;
    }
    let entry = entry.filter(|entry| nodes.contains_key(entry));
    if entry.is_none() {
        reader.warn("has no entry node: it can be entered only at one of its nodes");
    }
    missing_nodes(list, &mut nodes, reader);
    Ok(Flow { entry, nodes })
}

/// Higher priority first, then more conditions, then as listed: the first that holds is the one.
fn edges(json: &Value, reader: &mut Reader) -> Result<Vec<Edge>, ImportError> {
    let list = reader.list(field(json, "next"), "next")?;
    let mut edges = Vec::with_capacity(list.len());
    for (index, json) in list.iter().enumerate() {
        let name = |key: &str| format!("next[{index}].{key}");
        let node_id = reader.id(field(json, "nodeId"), &name("nodeId"))?;
        let priority = reader.number(field(json, "priority"), &name("priority"))?.unwrap_or(1.0);
        let condition = condition::read(json.get("where"), reader, &name("where"))?;
        edges.push((priority, condition.weight(), Edge { node_id, condition }));
    }
    edges.sort_by(|(a_priority, a_weight, _), (b_priority, b_weight, _)| {
        b_priority.total_cmp(a_priority).then(b_weight.cmp(a_weight))
    });
    Ok(edges.into_iter().map(|(_, _, edge)| edge).collect())
}

/// An edge to nowhere is as good as none.
fn missing_nodes(list: &[Value], nodes: &mut HashMap<u64, Node>, reader: &mut Reader) {
    for json in list {
        let Some(node_id) = id(field(json, "id")) else { continue };
        let lost = |edge: &Edge, nodes: &HashMap<u64, Node>| !nodes.contains_key(&edge.node_id);
        let missing: Vec<u64> = match nodes.get(&node_id) {
            Some(node) => node.edges.iter().filter(|edge| lost(edge, nodes)).map(|edge| edge.node_id).collect(),
            None => continue,
        };
        if missing.is_empty() {
            continue;
        }
        if let Some(node) = nodes.get_mut(&node_id) {
            node.edges.retain(|edge| !missing.contains(&edge.node_id));
        }
        reader.place.node = Some((node_id, field(json, "type").as_str().unwrap_or_default().to_owned()));
        for target in missing {
            reader.warn(format!("an edge leads to node {target}, which does not exist"));
        }
        reader.place.node = None;
    }
}

fn missing_flows(flows: &[Value], read: &HashMap<u64, Flow>, reader: &mut Reader) {
    for json in flows {
        let Some(flow) = id(field(json, "id")).and_then(|flow_id| Some((flow_id, read.get(&flow_id)?))) else {
            continue;
        };
        let mut lost: Vec<(u64, &str, u64)> = Vec::new();
        for (node_id, node) in &flow.1.nodes {
            let kind = node.kind.name();
            let targets = node.kind.flows();
            lost.extend(targets.into_iter().filter(|target| !read.contains_key(target)).map(|to| (*node_id, kind, to)));
        }
        lost.sort_unstable();
        for (node_id, kind, target) in lost {
            reader.place = Site {
                flow: Some((flow.0, field(json, "title").as_str().unwrap_or_default().to_owned())),
                node: Some((node_id, kind.to_owned())),
            };
            reader.warn(format!("leads to flow {target}, which does not exist"));
        }
        reader.place = Site::default();
    }
}
