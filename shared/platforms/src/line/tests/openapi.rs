//! Every request of the goldens against LINE's own description of its API, which lies beside the project and is not part
//! of it: <https://github.com/line/line-openapi>.

use serde_json::{Map, Value, json};

use super::{channel, files, inbound_of, read, reply_of, settings};

const DESCRIPTION: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/line-openapi/messaging-api.yml");

#[test]
fn every_request_is_as_line_describes_it() {
    let Ok(yaml) = std::fs::read_to_string(DESCRIPTION) else {
        eprintln!("skipped: there is no {DESCRIPTION}");
        return;
    };
    let api: Value = serde_yaml_ng::from_str(&yaml).unwrap();
    let schemas = schemas(&api["components"]["schemas"]);
    let validator = |name: &str| {
        let schema = json!({ "$schema": "https://json-schema.org/draft/2020-12/schema",
            "$ref": format!("#/components/schemas/{name}"), "components": { "schemas": schemas } });
        jsonschema::validator_for(&schema).unwrap()
    };
    let (reply, push) = (validator("ReplyMessageRequest"), validator("PushMessageRequest"));

    // It refuses what is wrong, or it would prove nothing.
    for wrong in [
        json!({ "to": "U1", "messages": [{ "type": "hologram" }] }),
        json!({ "to": "U1", "messages": [{ "type": "text" }] }),
        json!({ "to": "U1", "messages": [{ "type": "text", "text": "x", "txet": "y" }] }),
        json!({ "to": "U1", "messages": [{ "type": "flex", "altText": "x", "contents": { "type": "bubble",
            "body": { "type": "box", "layout": "vertical", "contents": [{ "type": "text", "txet": "x" }] } } }] }),
        json!({ "to": "U1", "messages": [{ "type": "template", "altText": "x", "template": { "type": "buttons", "text": "x",
            "actions": [{ "type": "uri", "label": "x", "url": "y" }] } }] }),
        json!({ "messages": [] }),
    ] {
        assert!(!push.is_valid(&wrong), "{wrong}");
    }

    let mut seen = Vec::new();
    for path in files("outbound", ".json") {
        let case = read(&path);
        let usual = settings();
        let channel = channel(if case["settings"].is_null() { &usual } else { &case["settings"] });
        let inbound = inbound_of(&case["inbound"]);
        let now = inbound.received_at.plus_ms(case["ageMs"].as_i64().unwrap_or(1000));
        for call in channel.render(&reply_of(&case["reply"]), &inbound, now).calls {
            let body: Value = serde_json::from_slice(&call.body).unwrap();
            let schema = if call.name == "reply" { &reply } else { &push };
            let errors: Vec<_> =
                schema.iter_errors(&body).map(|error| format!("{} {error}", error.instance_path())).collect();
            assert!(errors.is_empty(), "{}: {errors:#?}\n{body:#}", path.display());
            types(&body["messages"], &mut seen);
        }
    }
    seen.sort();
    seen.dedup();
    for kind in [
        "text", "image", "video", "location", "template", "flex", "buttons", "carousel", "bubble", "postback", "uri",
        "message",
    ] {
        assert!(seen.iter().any(|name| name == kind), "no case makes a `{kind}`");
    }
}

/// LINE's schemas as JSON Schema: a type that has kinds becomes the choice of its kinds by their name, and no object may
/// have fields that are not described.
fn schemas(all: &Value) -> Value {
    let mut changed = Map::new();
    for (name, schema) in all.as_object().unwrap() {
        let mut schema = schema.clone();
        let Some(mapping) = schema.pointer("/discriminator/mapping").and_then(Value::as_object).cloned() else {
            if let Some(parts) = schema.get_mut("allOf").and_then(Value::as_array_mut) {
                // Its parent is meant here, not the choice that the parent is elsewhere.
                for part in parts {
                    if let Some(parent) = part.get("$ref").and_then(Value::as_str) {
                        *part = json!({ "$ref": format!("{parent}.itself") });
                    }
                }
            }
            if schema["type"] == "object" || schema.get("allOf").is_some() {
                schema["unevaluatedProperties"] = json!(false);
            }
            changed.insert(name.clone(), schema);
            continue;
        };
        let property = schema["discriminator"]["propertyName"].as_str().unwrap().to_owned();
        let kinds: Vec<&String> = mapping.keys().collect();
        let choices: Vec<Value> = mapping
            .iter()
            .map(|(kind, schema)| {
                json!({ "if": { "properties": { property.as_str(): { "const": kind } } }, "then": { "$ref": schema } })
            })
            .collect();
        changed.insert(
            name.clone(),
            json!({ "type": "object", "required": [property], "properties": { property.as_str(): { "enum": kinds } }, "allOf": choices }),
        );
        changed.insert(format!("{name}.itself"), schema);
    }
    Value::Object(changed)
}

fn types(value: &Value, seen: &mut Vec<String>) {
    match value {
        Value::Array(list) => list.iter().for_each(|value| types(value, seen)),
        Value::Object(fields) => {
            seen.extend(fields.get("type").and_then(Value::as_str).map(str::to_owned));
            fields.values().for_each(|value| types(value, seen));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
