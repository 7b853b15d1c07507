//! Parameter: remembers values of the customer, or forgets them.
//!
//! ```json
//! { "type": "parameter",
//!   "data": { "type": "set", "set": [ { "key": "name", "value": "{{message}}", "where": {} } ] } }
//! { "type": "parameter", "data": { "type": "clear" } }
//! ```
//!
//! A `null` removes its key. Items see what the items before them set.

use serde_json::Value;

use super::Then;
use crate::condition::{self, Condition};
use crate::import::{ImportError, Reader, field};
use crate::limits;
use crate::run::{Fault, Run};
use crate::template::Text;

#[derive(Debug)]
pub(crate) enum Parameter {
    Set(Vec<Item>),
    Clear,
}

#[derive(Debug)]
pub(crate) struct Item {
    key: Text,
    value: Setting,
    condition: Condition,
}

#[derive(Debug)]
enum Setting {
    Remove,
    Text(Text),
    /// A number, a flag, a list or an object, as it is.
    Json(Value),
}

pub(super) fn read(data: &Value, reader: &mut Reader) -> Result<Parameter, ImportError> {
    match field(data, "type").as_str() {
        Some("clear") => Ok(Parameter::Clear),
        Some("set") | None => {
            let list = reader.list(field(data, "set"), "data.set")?;
            let items = list.iter().enumerate().map(|(index, json)| item(json, reader, &format!("data.set[{index}]")));
            Ok(Parameter::Set(items.collect::<Result<_, _>>()?))
        }
        Some(other) => Err(reader.error("data.type", &format!("is set or clear, not `{other}`"))),
    }
}

fn item(json: &Value, reader: &mut Reader, name: &str) -> Result<Item, ImportError> {
    let Some(key) = reader.text(field(json, "key"), &format!("{name}.key"))? else {
        return Err(reader.error(&format!("{name}.key"), "is missing"));
    };
    let value = match field(json, "value") {
        Value::Null => Setting::Remove,
        Value::String(text) => match reader.text(&Value::String(text.clone()), &format!("{name}.value"))? {
            Some(text) => Setting::Text(text),
            None => Setting::Remove,
        },
        value @ (Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_)) => {
            Setting::Json(value.clone())
        }
    };
    Ok(Item { key, value, condition: condition::read(json.get("where"), reader, &format!("{name}.where"))? })
}

impl Parameter {
    pub(super) fn run(&self, run: &mut Run<'_>) -> Result<Then, Fault> {
        match self {
            Self::Clear => {
                run.params_changed |= !run.context.params().is_empty();
                run.context.params().clear();
            }
            Self::Set(items) => {
                for item in items {
                    item.set(run)?;
                }
                bound(run)?;
            }
        }
        Ok(Then::Edge)
    }
}

impl Item {
    fn set(&self, run: &mut Run<'_>) -> Result<(), Fault> {
        if !self.condition.holds(&mut run.context) {
            return Ok(());
        }
        let key = self.key.render(&mut run.context)?.into_owned();
        let value = match &self.value {
            Setting::Remove => Value::Null,
            Setting::Text(text) => Value::String(text.render(&mut run.context)?.into_owned()),
            Setting::Json(value) => value.clone(),
        };
        put(run, key, value);
        Ok(())
    }
}

/// Remembers a value; `null` removes it.
pub(crate) fn put(run: &mut Run<'_>, key: String, value: Value) {
    if key.is_empty() {
        run.problem("a parameter without a key was not set");
        return;
    }
    if value.is_null() {
        run.params_changed |= run.context.params().remove(&key).is_some();
        return;
    }
    run.params_changed |= run.context.params().get(&key) != Some(&value);
    run.remember_params();
    run.context.params().insert(key, value);
}

/// No customer has more than fits into a session.
pub(crate) fn bound(run: &mut Run<'_>) -> Result<(), Fault> {
    let params = run.context.params();
    let keys: usize = params.keys().map(String::len).sum();
    if keys + weight(params.values()) > limits::PARAMS_BYTES {
        return Err(Fault::TooMany);
    }
    Ok(())
}

/// About the bytes of them as JSON.
fn weight<'v>(values: impl Iterator<Item = &'v Value>) -> usize {
    let weigh = |value: &Value| match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => 8,
        Value::String(text) => text.len() + 8,
        Value::Array(list) => weight(list.iter()),
        Value::Object(object) => weight(object.values()) + object.keys().map(String::len).sum::<usize>(),
    };
    values.map(weigh).sum()
}
