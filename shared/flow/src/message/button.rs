//! Buttons of messages and keyboards.
//!
//! ```json
//! { "type": "postback", "label": "…", "payload": "{ \"a\": 1 }", "params": { "size": "L" } }
//! { "type": "link", "label": "…", "uri": "https://…" }
//! { "type": "goto", "label": "…", "flowId": 3, "nodeId": 2 }
//! ```

use model::Params;
use serde_json::Value;

use crate::context::Context;
use crate::import::{ImportError, Reader, field, id};
use crate::shown::{Goto, ShownButton};
use crate::template::{Expansion, TemplateError, Text, json_text};

#[derive(Debug)]
pub(crate) struct Button {
    label: Text,
    action: Action,
    /// What a press sets of the customer's parameters. `None` removes one.
    params: Vec<(String, Option<Text>)>,
    expansion: Expansion,
}

#[derive(Debug)]
enum Action {
    Say { payload: Option<Text> },
    Open { uri: Text },
    Goto { flow_id: Text, node_id: Option<Text> },
}

pub(crate) fn read_list(json: &Value, reader: &mut Reader, name: &str) -> Result<Vec<Button>, ImportError> {
    let list = reader.list(json, name)?;
    let buttons = list.iter().enumerate().map(|(index, json)| read(json, reader, &format!("{name}[{index}]")));
    buttons.collect()
}

fn read(json: &Value, reader: &mut Reader, name: &str) -> Result<Button, ImportError> {
    if reader.object(json, name)?.is_none() {
        return Err(reader.error(name, "is an object"));
    }
    let Some(label) = reader.text(field(json, "label"), &format!("{name}.label"))? else {
        return Err(reader.error(&format!("{name}.label"), "is missing"));
    };
    let mut text = |key: &str| reader.text(field(json, key), &format!("{name}.{key}"));
    let uri = text("uri")?.or(text("url")?);
    let (flow_id, node_id) = (text("flowId")?, text("nodeId")?);
    let action = match (field(json, "type").as_str(), uri, flow_id) {
        (Some("link" | "url"), Some(uri), _) | (None, Some(uri), _) => Action::Open { uri },
        (Some("goto" | "flow"), _, Some(flow_id)) | (None, None, Some(flow_id)) => Action::Goto { flow_id, node_id },
        (Some("link" | "url"), None, _) => return Err(reader.error(&format!("{name}.uri"), "is missing")),
        (Some("goto" | "flow"), _, None) => return Err(reader.error(&format!("{name}.flowId"), "is missing")),
        (Some(_) | None, _, _) => Action::Say {
            payload: match field(json, "payload") {
                // An object is the text that would have been written for it.
                payload @ (Value::Object(_) | Value::Array(_)) => {
                    reader.text(&Value::String(json_text(payload)), &format!("{name}.payload"))?
                }
                payload => reader.text(payload, &format!("{name}.payload"))?,
            },
        },
    };
    let mut params = Vec::new();
    for (key, value) in reader.object(field(json, "params"), &format!("{name}.params"))?.into_iter().flatten() {
        let value = match value {
            // Only texts hold templates, and an object is the text that would have been written for it.
            Value::Array(_) | Value::Object(_) => Value::String(json_text(value)),
            value => value.clone(),
        };
        params.push((key.clone(), reader.text(&value, &format!("{name}.params.{key}"))?));
    }
    let mut button = Button { label, action, params, expansion: Expansion::default() };
    button.expansion = Expansion::read(&mut button.texts());
    Ok(button)
}

/// The buttons with a label, and what they stand for.
pub(crate) fn render_buttons(
    buttons: &[Button],
    context: &mut Context<'_>,
    shown: &mut Vec<ShownButton>,
) -> Result<Vec<model::Button>, TemplateError> {
    let mut rendered = Vec::with_capacity(buttons.len());
    for button in buttons {
        button.expansion.each(context, &mut rendered, |context| button.render(context, shown))?;
    }
    Ok(rendered)
}

/// What a press of them says.
pub(crate) fn render_labels(buttons: &[Button], context: &mut Context<'_>) -> Result<Vec<String>, TemplateError> {
    let mut labels = Vec::with_capacity(buttons.len());
    for button in buttons {
        button.expansion.each(context, &mut labels, |context| button.label(context).map(Some))?;
    }
    Ok(labels)
}

fn number(text: &Text, context: &mut Context<'_>) -> Result<Option<u64>, TemplateError> {
    Ok(text.render(context)?.trim().parse().ok())
}

impl Button {
    /// The flow that it leads to, where that is the same each time.
    pub(crate) fn flow(&self) -> Option<u64> {
        match &self.action {
            Action::Goto { flow_id, .. } => id(&Value::from(flow_id.plain()?)),
            Action::Say { .. } | Action::Open { .. } => None,
        }
    }

    fn label(&self, context: &mut Context<'_>) -> Result<String, TemplateError> {
        Ok(self.label.render(context)?.trim().to_owned())
    }

    /// None if it has no label.
    fn render(
        &self,
        context: &mut Context<'_>,
        shown: &mut Vec<ShownButton>,
    ) -> Result<Option<model::Button>, TemplateError> {
        let label = self.label(context)?;
        if label.is_empty() {
            return Ok(None);
        }
        Ok(Some(match &self.action {
            Action::Open { uri } => model::Button::open(label, uri.render(context)?),
            Action::Goto { flow_id, node_id } => {
                let flow_id = number(flow_id, context)?;
                let node_id = node_id.as_ref().map(|node_id| number(node_id, context)).transpose()?.flatten();
                // No flow has the id 0 that stands for none, so that the press ends in the fallback flow.
                let goto = Goto { flow_id: flow_id.unwrap_or(0), node_id };
                let params = self.params(context)?;
                let button = ShownButton { label, payload: None, goto: Some(goto), params };
                let rendered = model::Button { payload: button.carried(), ..model::Button::say(&button.label) };
                shown.push(button);
                rendered
            }
            Action::Say { payload } => {
                let payload = payload.as_ref().map(|payload| payload.render(context)).transpose()?;
                let payload = payload.filter(|text| !text.is_empty()).map(|text| Value::String(text.into_owned()));
                let params = self.params(context)?;
                shown.push(ShownButton { label: label.clone(), payload: payload.clone(), goto: None, params });
                model::Button { payload, ..model::Button::say(label) }
            }
        }))
    }

    fn params(&self, context: &mut Context<'_>) -> Result<Params, TemplateError> {
        let mut params = Params::new();
        for (key, value) in &self.params {
            let value = match value {
                Some(text) => Value::String(text.render(context)?.into_owned()),
                None => Value::Null,
            };
            params.insert(key.clone(), value);
        }
        Ok(params)
    }

    /// The button is one of a card's.
    pub(super) fn move_into(&mut self, card: &mut Expansion) {
        self.expansion = card.read_inner(&mut self.texts());
    }

    fn texts(&mut self) -> Vec<&mut Text> {
        let (first, second) = match &mut self.action {
            Action::Say { payload } => (payload.as_mut(), None),
            Action::Open { uri } => (Some(uri), None),
            Action::Goto { flow_id, node_id } => (Some(flow_id), node_id.as_mut()),
        };
        let params = self.params.iter_mut().filter_map(|(_, value)| value.as_mut());
        [Some(&mut self.label), first, second].into_iter().flatten().chain(params).collect()
    }
}
