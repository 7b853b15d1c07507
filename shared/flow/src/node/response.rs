//! Response: says a message.
//!
//! ```json
//! { "type": "response",
//!   "data": { "message": { "type": "text", "text": "…" }, "meta": { "custom": "…" }, "delay": 1000 } }
//! ```

use serde_json::Value;

use super::Then;
use crate::import::{ImportError, Reader, field};
use crate::limits;
use crate::message::{self, Message, button::Button};
use crate::run::{Fault, Run, Said};
use crate::template::Text;

#[derive(Debug)]
pub(crate) struct Response {
    message: Option<Message>,
    custom: Option<Text>,
    delay_ms: u32,
}

pub(super) fn read(data: &Value, reader: &mut Reader) -> Result<Response, ImportError> {
    let message = message::read(field(data, "message"), reader, "data.message")?;
    let custom = match field(field(data, "meta"), "custom") {
        json @ (Value::Object(_) | Value::Array(_)) => Some(Text::read(&json.to_string())),
        text => reader.text(text, "data.meta.custom")?,
    };
    let delay_ms = reader.number(field(data, "delay"), "data.delay")?.unwrap_or(0.0);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "beyond its range it is its end")]
    let delay_ms = delay_ms as u32;
    Ok(Response { message, custom, delay_ms })
}

impl Response {
    pub(super) fn run(&self, run: &mut Run<'_>) -> Result<Then, Fault> {
        let message = self.message.as_ref().ok_or(Fault::NoMessage)?;
        run.say_made(|context, shown| {
            let data = message.render(context, shown)?;
            let custom = self.custom.as_ref().map(|custom| custom.render(context)).transpose()?;
            let custom = custom.filter(|custom| !custom.is_empty());
            let custom = custom.map(|custom| Value::String(custom.chars().take(limits::CUSTOM_CHARS).collect()));
            Ok(data.map(|data| Said { data, custom, delay_ms: self.delay_ms }))
        })?;
        Ok(Then::Edge)
    }

    pub(super) fn flows(&self) -> Vec<u64> {
        self.message.iter().flat_map(Message::buttons).filter_map(Button::flow).collect()
    }
}
