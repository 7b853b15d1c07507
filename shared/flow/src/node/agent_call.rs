//! Agent call: asks for a person of the company. The bot is silent until the customer cancels or the person is done.
//!
//! ```json
//! { "type": "manual",
//!   "data": { "messages": {
//!     "default": { "message": { "type": "text", "text": "…" }, "actions": { "cancel": "취소" } },
//!     "kakao": { "message": { "type": "text", "text": "…" }, "actions": { "agentCall": "상담원 연결" } },
//!     "error": { "message": { "type": "text", "text": "…" } } } } }
//! ```
//!
//! Source: the guide's page on the node, and its form. KakaoTalk connects by a button of its own: there the node says its
//! message with that button, and the customer's next message goes on behind the node. So does the preview. Where nobody
//! can answer, the error is said and the bot goes on.

use model::{AgentCalls, Button, KeyboardType, MessageData, Params, PlatformType};
use serde_json::{Value, json};

use super::Then;
use crate::import::{ImportError, Reader, field};
use crate::message::{self, Message};
use crate::run::{Fault, Run, Said};
use crate::shown::ShownButton;
use crate::template::{TemplateError, Text};

const WAIT: &str = "상담원을 연결하고 있습니다. 잠시만 기다려 주세요.";
const CANCEL: &str = "취소";
const CALL: &str = "상담원 연결";
const ERROR: &str = "지금은 상담원을 연결할 수 없습니다.";

#[derive(Debug)]
pub(crate) struct AgentCall {
    wait: Message,
    cancel: Text,
    kakao: Option<Message>,
    call: Text,
    error: Message,
}

pub(super) fn read(data: &Value, reader: &mut Reader) -> Result<AgentCall, ImportError> {
    let messages = field(data, "messages");
    let mut message = |kind: &str| match field(field(messages, kind), "message") {
        Value::Null => Ok(None),
        json => message::read(json, reader, &format!("data.messages.{kind}.message")),
    };
    let (wait, kakao, error) = (message("default")?, message("kakao")?, message("error")?);
    let mut action = |kind: &str, name: &str| {
        let actions = field(field(messages, kind), "actions");
        reader.text(field(actions, name), &format!("data.messages.{kind}.actions.{name}"))
    };
    Ok(AgentCall {
        wait: wait.unwrap_or_else(|| plain(WAIT)),
        cancel: action("default", "cancel")?.unwrap_or_else(|| Text::read(CANCEL)),
        kakao,
        call: action("kakao", "agentCall")?.unwrap_or_else(|| Text::read(CALL)),
        error: error.unwrap_or_else(|| plain(ERROR)),
    })
}

fn plain(text: &str) -> Message {
    Message::Text { text: Text::read(text), buttons: Vec::new() }
}

impl AgentCall {
    pub(super) fn run(&self, run: &mut Run<'_>) -> Result<Then, Fault> {
        match run.agents {
            AgentCalls::Taken => {
                let label = self.cancel_label(run)?;
                self.say(run, &self.wait, None)?;
                run.show(vec![ShownButton { label: label.clone(), payload: None, goto: None, params: Params::new() }]);
                run.context.set("manual", json!({ "status": "PENDING" }));
                let buttons = vec![Button::say(label)];
                Ok(Then::CallAgent(model::Keyboard {
                    kind: KeyboardType::Buttons,
                    buttons,
                    ..model::Keyboard::default()
                }))
            }
            AgentCalls::Button => {
                let label = self.call.render(&mut run.context)?.trim().to_owned();
                let message = self.kakao.as_ref().filter(|_| run.context.platform() == PlatformType::Kakao);
                self.say(run, message.unwrap_or(&self.wait), Some(&Button { agent_call: true, ..Button::say(label) }))?;
                Ok(Then::CallAgent(model::Keyboard::default()))
            }
            AgentCalls::Refused => {
                self.say(run, &self.error, None)?;
                run.context
                    .set("manual", json!({ "status": "FAILED", "error": { "message": "nobody can answer here" } }));
                Ok(Then::Edge)
            }
        }
    }

    /// Whether the customer wants no agent any more.
    pub(crate) fn cancels(&self, run: &mut Run<'_>, message: &MessageData) -> Result<bool, Fault> {
        let label = self.cancel_label(run)?;
        Ok(matches!(message, MessageData::Text { text, .. } if text.trim() == label))
    }

    fn cancel_label(&self, run: &mut Run<'_>) -> Result<String, TemplateError> {
        Ok(self.cancel.render(&mut run.context)?.trim().to_owned())
    }

    fn say(&self, run: &mut Run<'_>, message: &Message, button: Option<&Button>) -> Result<(), Fault> {
        let mut beside = None;
        run.say_made(|context, shown| {
            let Some(mut data) = message.render(context, shown)? else { return Ok(None) };
            match (&mut data, button) {
                (MessageData::Text { buttons, .. } | MessageData::Media { buttons, .. }, Some(button)) => {
                    buttons.push(button.clone());
                }
                (MessageData::Cards { .. } | MessageData::Location { .. }, Some(button)) => {
                    let text = button.label.clone();
                    beside = Some(MessageData::Text { text, buttons: vec![button.clone()] });
                }
                (_, None) => {}
            }
            Ok(Some(Said { data, custom: None, delay_ms: 0 }))
        })?;
        match beside {
            Some(data) => run.say(Said { data, custom: None, delay_ms: 0 }, Vec::new()),
            None => Ok(()),
        }
    }

    pub(super) fn messages(&self) -> impl Iterator<Item = &Message> {
        [Some(&self.wait), self.kakao.as_ref(), Some(&self.error)].into_iter().flatten()
    }
}
