//! Keyboard: asks the customer for something and waits. What it asks for is a hint; only the old `strict` insists.
//!
//! ```json
//! { "type": "keyboard",
//!   "data": { "type": "buttons", "buttons": [ { "type": "postback", "label": "…", "payload": "…" } ] } }
//! { "type": "keyboard",
//!   "data": { "type": "number", "min": 1, "max": 10, "parse": true, "integer": true, "strict": true,
//!             "messages": { "failure": { "message": { "type": "text", "text": "…" } } } } }
//! ```

use model::{KeyboardType, MessageData};
use serde_json::{Value, json};

use super::Then;
use crate::import::{ImportError, Reader, field};
use crate::message::button::{self, Button, render_buttons, render_labels};
use crate::message::{self, Message};
use crate::run::{Fault, Run, Said};

#[derive(Debug)]
pub(crate) struct Keyboard {
    kind: KeyboardType,
    buttons: Vec<Button>,
    min: Option<f64>,
    max: Option<f64>,
    parse: Option<bool>,
    integer: Option<bool>,
    strict: bool,
    failure: Option<Message>,
}

pub(super) fn read(data: &Value, reader: &mut Reader) -> Result<Keyboard, ImportError> {
    let kind = match field(data, "type").as_str() {
        Some("any") => KeyboardType::Any,
        Some("text") => KeyboardType::Text,
        Some("number") => KeyboardType::Number,
        Some("buttons" | "button") => KeyboardType::Buttons,
        Some("location") => KeyboardType::Location,
        None if data.get("buttons").is_some() => KeyboardType::Buttons,
        None => KeyboardType::Any,
        Some(other) => {
            reader.warn(format!("asks for `{other}`, which is not known: anything is taken"));
            KeyboardType::Any
        }
    };
    let strict = reader.flag(field(data, "strict"), "data.strict", false)?;
    let flag = |key: &str| match data.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => reader.flag(value, &format!("data.{key}"), false).map(Some),
    };
    let (parse, integer) = (flag("parse")?, flag("integer")?);
    let failure = match field(field(field(data, "messages"), "failure"), "message") {
        Value::Null => None,
        json => message::read(json, reader, "data.messages.failure.message")?,
    };
    Ok(Keyboard {
        kind,
        buttons: button::read_list(field(data, "buttons"), reader, "data.buttons")?,
        min: reader.number(field(data, "min"), "data.min")?,
        max: reader.number(field(data, "max"), "data.max")?,
        parse,
        integer,
        strict,
        failure,
    })
}

impl Keyboard {
    pub(super) fn run(&self, run: &mut Run<'_>) -> Result<Then, Fault> {
        let mut shown = Vec::new();
        let buttons = render_buttons(&self.buttons, &mut run.context, &mut shown)?;
        run.show(shown);
        run.context.set("keyboard", json!({ "status": "PENDING" }));
        let Self { kind, min, max, parse, integer, .. } = *self;
        Ok(Then::Wait(model::Keyboard { kind, min, max, parse, integer, buttons }))
    }

    /// The message is for this node. `Some` if it goes on waiting.
    pub(crate) fn resume(&self, run: &mut Run<'_>, message: &MessageData) -> Result<Option<Then>, Fault> {
        let value = self.value(message);
        if !self.strict || self.fits(run, message, value.as_ref())? {
            let value = value.unwrap_or(Value::Null);
            run.context.set("keyboard", json!({ "status": "COMPLETED", "value": value }));
            return Ok(None);
        }
        if let Some(failure) = &self.failure {
            run.say_made(|context, shown| {
                let data = failure.render(context, shown)?;
                Ok(data.map(|data| Said { data, custom: None, delay_ms: 0 }))
            })?;
        }
        self.run(run).map(Some)
    }

    /// What was asked for, if the message holds it.
    fn value(&self, message: &MessageData) -> Option<Value> {
        match (self.kind, message) {
            (KeyboardType::Number, MessageData::Text { text, .. }) => self.number(text).map(|number| json!(number)),
            (KeyboardType::Location, MessageData::Location { location }) => {
                Some(json!({ "latitude": location.latitude, "longitude": location.longitude }))
            }
            (KeyboardType::Any | KeyboardType::Text | KeyboardType::Buttons, MessageData::Text { text, .. }) => {
                Some(Value::String(text.clone()))
            }
            (
                KeyboardType::Any,
                MessageData::Media { .. } | MessageData::Cards { .. } | MessageData::Location { .. },
            )
            | (
                KeyboardType::Text | KeyboardType::Number | KeyboardType::Buttons,
                MessageData::Media { .. } | MessageData::Cards { .. } | MessageData::Location { .. },
            )
            | (
                KeyboardType::Location,
                MessageData::Text { .. } | MessageData::Media { .. } | MessageData::Cards { .. },
            ) => None,
        }
    }

    fn fits(&self, run: &mut Run<'_>, message: &MessageData, value: Option<&Value>) -> Result<bool, Fault> {
        Ok(match (self.kind, message) {
            (KeyboardType::Any, _) => true,
            (KeyboardType::Buttons, MessageData::Text { text, .. }) => {
                render_labels(&self.buttons, &mut run.context)?.contains(text)
            }
            (KeyboardType::Text | KeyboardType::Number | KeyboardType::Location | KeyboardType::Buttons, _) => {
                value.is_some()
            }
        })
    }

    /// The number in the text: anywhere in it with `parse`, else all of it.
    fn number(&self, text: &str) -> Option<f64> {
        let found = if self.parse == Some(true) { first_number(text)? } else { text.trim() };
        let number: f64 = found.parse().ok().filter(|number: &f64| number.is_finite())?;
        let fits = self.min.is_none_or(|min| number >= min)
            && self.max.is_none_or(|max| number <= max)
            && (self.integer != Some(true) || number.fract() == 0.0);
        fits.then_some(number)
    }

    pub(super) fn flows(&self) -> Vec<u64> {
        self.buttons.iter().filter_map(Button::flow).collect()
    }
}

fn first_number(text: &str) -> Option<&str> {
    let start = text.find(|c: char| c.is_ascii_digit())?;
    let end = text[start..].find(|c: char| !c.is_ascii_digit() && c != '.').map_or(text.len(), |length| start + length);
    let sign = usize::from(text[..start].ends_with('-'));
    Some(text[start - sign..end].trim_end_matches('.'))
}
