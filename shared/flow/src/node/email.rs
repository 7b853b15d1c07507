//! E-mail: sends one to the company, or to whom the bot names.
//!
//! ```json
//! { "type": "email",
//!   "data": { "to": "desk@example.com, {{params.email}}", "replyTo": "…", "subject": "…", "body": "<p>…</p>" } }
//! ```
//!
//! The body is HTML, as the guide's editor writes it. The sender is the installation's. `email` is then `{ status, error }`.

use serde_json::{Value, json};

use super::Then;
use crate::ask::{Answer, Ask, MailAsk};
use crate::import::{ImportError, Reader, field};
use crate::limits;
use crate::run::{Fault, Run};
use crate::template::Text;

#[derive(Debug)]
pub(crate) struct Email {
    /// One address each: what a customer typed must not become several.
    to: Vec<Text>,
    reply_to: Option<Text>,
    subject: Option<Text>,
    body: Option<Text>,
}

pub(super) fn read(data: &Value, reader: &mut Reader) -> Result<Email, ImportError> {
    let to = match field(data, "to") {
        Value::Array(list) => Value::String(list.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(",")),
        to => to.clone(),
    };
    let Some(source) = to.as_str().filter(|to| !to.trim().is_empty()) else {
        return Err(reader.error("data.to", "is missing"));
    };
    let mut to = Vec::new();
    for part in parts(source) {
        to.extend(reader.text(&Value::String(part), "data.to")?);
    }
    let mut text = |key: &str| reader.text(field(data, key), &format!("data.{key}"));
    Ok(Email { to, reply_to: text("replyTo")?, subject: text("subject")?, body: text("body")? })
}

impl Email {
    pub(super) fn run(&self, run: &mut Run<'_>) -> Result<Then, Fault> {
        let mut text = |text: &Option<Text>| -> Result<String, Fault> {
            let Some(text) = text else { return Ok(String::new()) };
            Ok(text.render(&mut run.context)?.into_owned())
        };
        let (reply_to, subject, html) = (text(&self.reply_to)?, text(&self.subject)?, text(&self.body)?);
        let mut to = Vec::new();
        for part in &self.to {
            to.extend(addresses(&part.render(&mut run.context)?).into_iter().next());
        }
        let reply_to = addresses(&reply_to);
        if to.is_empty() || to.len() > limits::MAIL_ADDRESSES {
            run.problem("an e-mail has no address that it can go to, or too many");
            let error = json!({ "name": "Error", "message": "`to` holds no address, or more than 10" });
            run.context.set("email", json!({ "status": "FAILED", "error": error }));
            return Ok(Then::Edge);
        }
        run.context.set("email", json!({ "status": "PENDING" }));
        // A header is one line.
        let subject = subject.split_whitespace().collect::<Vec<_>>().join(" ");
        Ok(Then::Ask(Ask::Mail(MailAsk { to, reply_to, subject, html, timeout_ms: limits::MAIL_TIMEOUT_MS })))
    }

    #[expect(clippy::unused_self, reason = "nodes look alike")]
    pub(super) fn answer(&self, run: &mut Run<'_>, answer: Option<Answer>) -> Result<Then, Fault> {
        let failure = match answer {
            Some(Answer::Mail(Ok(()))) => None,
            Some(Answer::Mail(Err(message))) => Some(message),
            Some(Answer::OutOfTime) => return Err(Fault::OutOfTime),
            Some(_) | None => Some("no answer".to_owned()),
        };
        let result = match failure {
            None => json!({ "status": "COMPLETED" }),
            Some(message) => {
                run.problem("an e-mail could not be sent");
                json!({ "status": "FAILED", "error": { "name": "Error", "message": message } })
            }
        };
        run.context.set("email", result);
        Ok(Then::Edge)
    }
}

/// The author's own commas and semicolons part addresses, not those inside of a template.
fn parts(source: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut depth = 0_usize;
    for c in source.chars() {
        match c {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        match parts.last_mut() {
            Some(part) if depth > 0 || !matches!(c, ',' | ';') => part.push(c),
            Some(_) | None => parts.push(String::new()),
        }
    }
    parts
}

/// Parted by commas or semicolons. What is no address is left out.
fn addresses(text: &str) -> Vec<String> {
    let is_address = |text: &&str| {
        let parts = text.split_once('@');
        parts.is_some_and(|(name, host)| !name.is_empty() && host.contains('.') && !host.contains('@'))
            && text.len() <= 254
            && text.chars().all(|c| !c.is_whitespace() && !c.is_control() && !"<>()[]\\\",;:".contains(c))
    };
    text.split([',', ';']).map(str::trim).filter(is_address).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn addresses() {
        for (text, expected) in [
            ("a@b.c", &["a@b.c"][..]),
            (" a@b.c ;김@예.한국,", &["a@b.c", "김@예.한국"]),
            ("a@b.c\r\nbcc: x@y.z", &[]),
            ("Kim <a@b.c>, a@b, @b.c, a@@b.c, ", &[]),
        ] {
            assert_eq!(super::addresses(text), expected, "{text}");
        }
    }
}
