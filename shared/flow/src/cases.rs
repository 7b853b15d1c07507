//! Runs cases that say what a template prints, for the tests and for authors.
//!
//! ```json
//! { "name": "…", "template": "{{FORMAT(p, \"0,0\")}}", "context": { "p": 1000, "params": {} },
//!   "now": "2026-01-01T00:00:00.000Z", "expect": "1,000" }
//! { "element": { "title": "{{rows[i].t}}" }, "context": {}, "expect": [ { "title": "…" } ] }
//! ```
//!
//! In place of `expect`: `expectOneOf`, a list; `expectRange`, two whole numbers; or `expectError`, which is `true` or a
//! part of the error. `expectMasked` is what copies hold, by the milliseconds after which they do. `element` is one of a
//! list, like a card or a button, with what it becomes.

use model::{BotId, ConversationId, EpochMillis, PlatformType, UserKey};
use serde_json::{Map, Value, json};

use crate::context::{Context, Ids};
use crate::template::{Expansion, Masked, TemplateError, Text};
use crate::{Bot, ImportError};

/// Runs one case. What is wrong with the print, or with the case, is the error.
pub fn template(case: &Value) -> Result<(), String> {
    let context = case.get("context").cloned().unwrap_or_else(|| json!({}));
    let now = match case["now"].as_str() {
        Some(now) => now.parse().map_err(|_| format!("`now` is no time: {now}"))?,
        None => EpochMillis(0),
    };
    let printed = match (&case["template"], &case["element"]) {
        (Value::String(template), Value::Null) => {
            let text = Text::read(template);
            in_context(context, now, |context| Ok(Value::String(text.render(context)?.into_owned())))
        }
        (Value::Null, element @ Value::Object(_)) => {
            let mut element = Element::read(element);
            let mut expansion = element.expand();
            element.expand_inside(&mut expansion);
            in_context(context, now, |context| {
                let mut elements = Vec::new();
                expansion.each(context, &mut elements, |context| element.print(context).map(Some))?;
                Ok(Value::Array(elements))
            })
        }
        _ => return Err("a case has a `template`, a text, or an `element`, an object".to_owned()),
    };
    let (printed, copies) = match (printed, &case["expectError"]) {
        (Ok(printed), Value::Null | Value::Bool(false)) => printed,
        (Ok((printed, _)), _) => return Err(format!("printed {printed}, not an error")),
        (Err(_), Value::Bool(true)) => return Ok(()),
        (Err(error), Value::String(part)) if error.0.contains(part.as_str()) => return Ok(()),
        (Err(error), _) => return Err(error.to_string()),
    };
    if let Some(expected) = case.get("expectMasked") {
        let copies = copies.into_iter().map(|copy| (copy.after_ms.to_string(), copy.what)).collect::<Map<_, _>>();
        if Value::Object(copies.clone()) != *expected {
            return Err(format!("copies are {}, not {expected}", Value::Object(copies)));
        }
    }
    let fits = if let Some(expected) = case.get("expect") {
        printed == *expected
    } else if let Some(expected) = case["expectOneOf"].as_array() {
        expected.contains(&printed)
    } else if let Some([from, to]) = case["expectRange"].as_array().map(Vec::as_slice) {
        let number = printed.as_str().and_then(|printed| printed.parse::<i64>().ok());
        number.is_some_and(|number| from.as_i64() <= Some(number) && Some(number) <= to.as_i64())
    } else {
        return Err("a case has `expect`, `expectOneOf`, `expectRange` or `expectError`".to_owned());
    };
    let expected = ["expect", "expectOneOf", "expectRange"].iter().find_map(|key| case.get(*key));
    if fits { Ok(()) } else { Err(format!("printed {printed}, not {}", expected.unwrap_or(&Value::Null))) }
}

type Printed = Result<(Value, Vec<Masked<Value>>), TemplateError>;

fn in_context(
    data: Value,
    now: EpochMillis,
    print: impl FnMut(&mut Context<'_>) -> Result<Value, TemplateError>,
) -> Printed {
    let nothing = |error: ImportError| TemplateError(error.to_string());
    let bot = Bot::read(&json!({ "id": 1, "nodes": [{ "id": 1, "type": "entry" }] })).map_err(nothing)?;
    let (Ok(bot_id), Ok(user_key)) = ("Bxxxxx".parse::<BotId>(), "U1".parse::<UserKey>()) else {
        return Err(TemplateError("no such bot".to_owned()));
    };
    let conversation_id = ConversationId::of(model::InboundId::of(&bot_id, PlatformType::Test, "case"), now);
    let ids =
        Ids { bot_id: &bot_id, conversation_id, end_user_id: None, platform: PlatformType::Test, user_key: &user_key };
    Context::given(&bot, ids, data, now, 0).masked(print)
}

/// Any JSON with templates in its texts.
#[derive(Debug)]
enum Element {
    Text(Text),
    Object(Vec<(String, Self)>),
    List(Vec<(Self, Expansion)>),
    Other(Value),
}

impl Element {
    fn read(json: &Value) -> Self {
        match json {
            Value::String(text) => Self::Text(Text::read(text)),
            Value::Object(object) => {
                Self::Object(object.iter().map(|(key, value)| (key.clone(), Self::read(value))).collect())
            }
            Value::Array(list) => {
                Self::List(list.iter().map(|json| (Self::read(json), Expansion::default())).collect())
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => Self::Other(json.clone()),
        }
    }

    /// The texts of it that are in no list.
    fn texts(&mut self) -> Vec<&mut Text> {
        match self {
            Self::Text(text) => vec![text],
            Self::Object(object) => object.iter_mut().flat_map(|(_, value)| value.texts()).collect(),
            Self::List(_) | Self::Other(_) => Vec::new(),
        }
    }

    fn expand(&mut self) -> Expansion {
        Expansion::read(&mut self.texts())
    }

    fn expand_inside(&mut self, around: &mut Expansion) {
        match self {
            Self::Text(_) | Self::Other(_) => {}
            Self::Object(object) => object.iter_mut().for_each(|(_, value)| value.expand_inside(around)),
            Self::List(list) => {
                // Only after the first time is known whose item the outer one is.
                for _ in 0..2 {
                    for (element, expansion) in list.iter_mut() {
                        *expansion = around.read_inner(&mut element.texts());
                    }
                }
            }
        }
    }

    fn print(&self, context: &mut Context<'_>) -> Result<Value, TemplateError> {
        Ok(match self {
            Self::Text(text) => Value::String(text.render(context)?.into_owned()),
            Self::Object(object) => {
                let mut printed = Map::new();
                for (key, value) in object {
                    printed.insert(key.clone(), value.print(context)?);
                }
                Value::Object(printed)
            }
            Self::List(list) => {
                let mut printed = Vec::new();
                for (element, expansion) in list {
                    expansion.each(context, &mut printed, |context| element.print(context).map(Some))?;
                }
                Value::Array(printed)
            }
            Self::Other(json) => json.clone(),
        })
    }
}
