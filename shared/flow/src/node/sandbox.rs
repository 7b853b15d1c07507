//! Sandbox: runs a script of the bot's author, and keeps what it returns as `sandbox`.
//!
//! ```json
//! { "type": "sandbox",
//!   "data": { "runtime": "nodejs", "script": "module.exports = (context, callback) => callback(null, { … });" } }
//! ```
//!
//! `sandbox` is then `{ status: COMPLETED | FAILED, result, error: { message, name, stack } }`. Of the result, `params`
//! are set as a parameter node sets them, and `message` is said. The script is no template: `{{` is JavaScript.

use std::sync::Arc;

use model::{MessageData, Params};
use serde_json::{Map, Value, json};

use super::{Then, parameter};
use crate::ask::{Answer, Ask, ScriptAsk, ScriptFailure};
use crate::import::{ImportError, Reader, field};
use crate::limits;
use crate::run::{Fault, Run, Said};
use crate::shown::ShownButton;
use crate::template::json_text;

#[derive(Debug)]
pub(crate) struct Sandbox {
    /// Or why it cannot run.
    script: Result<Arc<str>, String>,
}

pub(super) fn read(data: &Value, reader: &mut Reader) -> Result<Sandbox, ImportError> {
    let Some(script) = field(data, "script").as_str() else {
        let reason = if data.get("script").is_some() { "is a text" } else { "is missing" };
        return Err(reader.error("data.script", reason));
    };
    let runtime = field(data, "runtime").as_str().unwrap_or("nodejs");
    let unfit = if !runtime.starts_with("nodejs") {
        Some(format!("scripts are for the runtime nodejs, not `{runtime}`"))
    } else if script.len() > limits::SCRIPT_BYTES {
        Some(format!("the script is longer than {} bytes", limits::SCRIPT_BYTES))
    } else {
        None
    };
    if let Some(reason) = &unfit {
        reader.warn(format!("always fails: {reason}"));
    }
    Ok(Sandbox { script: unfit.map_or_else(|| Ok(script.into()), Err) })
}

impl Sandbox {
    pub(super) fn run(&self, run: &mut Run<'_>) -> Result<Then, Fault> {
        let script = match &self.script {
            Ok(script) => Arc::clone(script),
            Err(reason) => return fail(run, failure(reason.clone())),
        };
        let context = run.context.whole().clone();
        run.context.set("sandbox", json!({ "status": "PENDING" }));
        Ok(Then::Ask(Ask::Script(ScriptAsk {
            script,
            context,
            timeout_ms: limits::SCRIPT_TIMEOUT_MS,
            max_bytes: limits::SCRIPT_RESULT_BYTES,
        })))
    }

    #[expect(clippy::unused_self, reason = "nodes look alike")]
    pub(super) fn answer(&self, run: &mut Run<'_>, answer: Option<Answer>) -> Result<Then, Fault> {
        let result = match answer {
            Some(Answer::Script(Ok(result))) => result,
            Some(Answer::Script(Err(failure))) => return fail(run, failure),
            Some(Answer::OutOfTime) => return Err(Fault::OutOfTime),
            Some(_) | None => return fail(run, failure("no answer".to_owned())),
        };
        if json_text(&result).len() > limits::SCRIPT_RESULT_BYTES {
            return fail(run, failure("the result is too long".to_owned()));
        }
        set_params(run, field(&result, "params"))?;
        let message = field(&result, "message").clone();
        run.context.set("sandbox", json!({ "status": "COMPLETED", "result": result }));
        say(run, message)?;
        Ok(Then::Edge)
    }
}

/// The bot says nothing by itself: an edge may test for the error.
#[expect(clippy::unnecessary_wraps, reason = "the node ends with it")]
fn fail(run: &mut Run<'_>, ScriptFailure { message, name, stack }: ScriptFailure) -> Result<Then, Fault> {
    run.problem("the script failed");
    let error = json!({ "message": message, "name": name, "stack": stack });
    run.context.set("sandbox", json!({ "status": "FAILED", "error": error }));
    Ok(Then::Edge)
}

fn failure(message: String) -> ScriptFailure {
    let name = "Error".to_owned();
    ScriptFailure { stack: format!("{name}: {message}"), message, name }
}

/// Keys that the script does not return stay as they are.
fn set_params(run: &mut Run<'_>, params: &Value) -> Result<(), Fault> {
    match params {
        Value::Null => {}
        Value::Object(params) => {
            for (key, value) in params {
                parameter::put(run, key.clone(), value.clone());
            }
            parameter::bound(run)?;
        }
        Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            run.problem("the script returned parameters that are no object");
        }
    }
    Ok(())
}

/// A text, or a MESSAGE.DATA. What the script took from elsewhere is no template.
fn say(run: &mut Run<'_>, message: Value) -> Result<(), Fault> {
    let data = match message {
        Value::Null => return Ok(()),
        Value::String(text) => Some(MessageData::text(text)),
        Value::Object(object) => message_data(object),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) => None,
    };
    let Some(data) = data else {
        run.problem("the script returned a message that is none");
        return Ok(());
    };
    if matches!(&data, MessageData::Text { text, buttons } if text.is_empty() && buttons.is_empty()) {
        return Ok(());
    }
    let said = data.buttons().filter(|button| button.says());
    let shown = said.map(|button| ShownButton {
        label: button.label.clone(),
        payload: button.payload.clone(),
        goto: None,
        params: Params::new(),
    });
    let shown = shown.collect();
    run.say(Said { data, custom: None, delay_ms: 0 }, shown)
}

fn message_data(mut object: Map<String, Value>) -> Option<MessageData> {
    let kinds = ["cards", "media", "location"];
    let kind = kinds.into_iter().find(|kind| object.contains_key(*kind)).unwrap_or("text");
    object.entry("type").or_insert_with(|| kind.into());
    serde_json::from_value(Value::Object(object)).ok()
}
