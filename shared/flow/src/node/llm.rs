//! LLM: a language model answers. Ours; the guide has no such node.
//!
//! ```json
//! { "type": "llm",
//!   "data": { "system": "You sell flowers. Today is {{DATE()}}.", "prompt": "{{message}}", "model": "gpt-4o-mini",
//!             "history": 10, "maxTokens": 800, "contextTokens": 8000, "temperature": 0.3, "timeout": 20000 } }
//! { "type": "llm", "data": { "operation": "clear" } }
//! ```
//!
//! Any server that speaks OpenAI's chat completions: `integration.llm` of the bot holds `apiKey`, and may hold `baseUrl` and
//! `model`. `llm` is then `{ status, text, model, finishReason, usage: { promptTokens, completionTokens, totalTokens } }`, or
//! `{ status: FAILED, error: { name, message, statusCode } }`; what is said is for a response node behind it. The last
//! exchanges of the conversation go with the question, within `contextTokens`; `clear` forgets them.
//! <https://platform.openai.com/docs/api-reference/chat/create>

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::Then;
use crate::ask::{Answer, Ask, HttpAnswer, HttpAsk};
use crate::import::{ImportError, Reader, field};
use crate::limits;
use crate::run::{Fault, Run};
use crate::state::Exchange;
use crate::template::Text;

pub(crate) const BASE_URL: &str = "https://api.openai.com/v1";

#[derive(Debug)]
pub(crate) enum Llm {
    Ask(Box<Question>),
    Clear,
}

#[derive(Debug)]
pub(crate) struct Question {
    system: Option<Text>,
    prompt: Text,
    model: Option<Text>,
    /// Exchanges that go along.
    history: usize,
    context_tokens: usize,
    timeout_ms: u32,
    /// What goes into the request as it is.
    options: Map<String, Value>,
}

pub(super) fn read(data: &Value, reader: &mut Reader) -> Result<Llm, ImportError> {
    match field(data, "operation").as_str() {
        Some("clear") => return Ok(Llm::Clear),
        Some("ask") | None => {}
        Some(other) => return Err(reader.error("data.operation", &format!("is ask or clear, not `{other}`"))),
    }
    let whole = |key: &str, missing: f64, reader: &mut Reader| -> Result<f64, ImportError> {
        let number = reader.number(field(data, key), &format!("data.{key}"))?.unwrap_or(missing);
        if number.fract() == 0.0 && (0.0..=1e6).contains(&number) {
            return Ok(number);
        }
        Err(reader.error(&format!("data.{key}"), "is a whole number, from 0"))
    };
    let history = whole("history", 10.0, reader)?;
    let context_tokens = whole("contextTokens", 8000.0, reader)?;
    let max_tokens = whole("maxTokens", 0.0, reader)?;
    let timeout_ms =
        whole("timeout", f64::from(limits::LLM_TIMEOUT_MS), reader)?.min(f64::from(limits::LLM_TIMEOUT_MS));
    let mut options = Map::new();
    for (key, name, most) in [("temperature", "temperature", 2.0), ("topP", "top_p", 1.0)] {
        if let Some(number) = reader.number(field(data, key), &format!("data.{key}"))? {
            if !(0.0..=most).contains(&number) {
                return Err(reader.error(&format!("data.{key}"), &format!("is a number from 0 to {most}")));
            }
            options.insert(name.to_owned(), json!(number));
        }
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "whole numbers up to a million")]
    let whole = |number: f64| number as u32;
    if max_tokens > 0.0 {
        options.insert("max_tokens".to_owned(), whole(max_tokens).into());
    }
    let prompt = reader.text(field(data, "prompt"), "data.prompt")?;
    Ok(Llm::Ask(Box::new(Question {
        system: reader.text(field(data, "system"), "data.system")?,
        prompt: prompt.unwrap_or_else(|| Text::read("{{message}}")),
        model: reader.text(field(data, "model"), "data.model")?,
        history: whole(history) as usize,
        context_tokens: whole(context_tokens) as usize,
        timeout_ms: whole(timeout_ms),
        options,
    })))
}

impl Llm {
    pub(super) fn run(&self, run: &mut Run<'_>) -> Result<Then, Fault> {
        let Self::Ask(question) = self else {
            run.state.exchanges.clear();
            run.context.set("llm", json!({ "status": "COMPLETED" }));
            return Ok(Then::Edge);
        };
        let Some(account) = run.llm else {
            fail(run, "ConfigurationError", "set integration.llm.apiKey", None);
            return Ok(Then::Edge);
        };
        let model = question.model.as_ref().map(|model| model.render(&mut run.context)).transpose()?;
        let model = model.map(|model| model.trim().to_owned()).filter(|model| !model.is_empty());
        let Some(model) = model.or_else(|| account.model.clone()) else {
            fail(run, "ConfigurationError", "set data.model of the node, or integration.llm.model", None);
            return Ok(Then::Edge);
        };
        let body = question.body(run, &model)?;
        let headers = vec![
            ("authorization".to_owned(), format!("Bearer {}", account.api_key)),
            ("content-type".to_owned(), "application/json".to_owned()),
        ];
        Ok(Then::Ask(Ask::Http(HttpAsk {
            method: "POST",
            url: format!("{}/chat/completions", account.base_url),
            headers,
            body: Some(body.to_string()),
            timeout_ms: question.timeout_ms,
            max_bytes: limits::FETCH_BYTES as usize,
        })))
    }

    pub(super) fn answer(&self, run: &mut Run<'_>, answer: Option<Answer>) -> Result<Then, Fault> {
        let Self::Ask(question) = self else { return Ok(Then::Edge) };
        match answer {
            Some(Answer::Http(Ok(HttpAnswer { status: 200..300, body }))) => question.hear(run, &body)?,
            Some(Answer::Http(Ok(HttpAnswer { status, body }))) => {
                let message = serde_json::from_slice::<Value>(&body).ok();
                let message = message.as_ref().and_then(|json| json["error"]["message"].as_str()).unwrap_or_default();
                fail(run, "StatusCodeError", &format!("{status} {message}"), Some(status));
            }
            Some(Answer::Http(Err(failure))) => fail(run, "RequestError", &failure.message, None),
            Some(Answer::OutOfTime) => return Err(Fault::OutOfTime),
            Some(_) | None => fail(run, "RequestError", "no answer", None),
        }
        Ok(Then::Edge)
    }
}

#[derive(Deserialize)]
struct Completion {
    #[serde(default)]
    model: Option<String>,
    choices: Vec<Choice>,
    #[serde(default)]
    usage: Option<Usage>,
}

#[derive(Deserialize)]
struct Choice {
    message: Reply,
    #[serde(default)]
    finish_reason: Option<String>,
}

#[derive(Deserialize)]
struct Reply {
    #[serde(default)]
    content: Option<String>,
    /// In place of the content, where the model does not want to answer.
    #[serde(default)]
    refusal: Option<String>,
}

#[derive(Deserialize)]
struct Usage {
    #[serde(default)]
    prompt_tokens: u64,
    #[serde(default)]
    completion_tokens: u64,
    #[serde(default)]
    total_tokens: u64,
}

impl Question {
    fn body(&self, run: &mut Run<'_>, model: &str) -> Result<Value, Fault> {
        let system = self.system.as_ref().map(|system| system.render(&mut run.context)).transpose()?;
        let system = system.filter(|system| !system.trim().is_empty()).map(std::borrow::Cow::into_owned);
        let prompt = self.prompt.render(&mut run.context)?.into_owned();
        let mut left =
            self.context_tokens.saturating_sub(tokens(system.as_deref().unwrap_or_default()) + tokens(&prompt));
        // The latest that fit, in their order.
        let mut exchanges = Vec::new();
        for exchange in run.state.exchanges.iter().rev().take(self.history) {
            let Some(rest) = left.checked_sub(tokens(&exchange.question) + tokens(&exchange.answer)) else { break };
            left = rest;
            exchanges.push(exchange);
        }
        let message = |role: &str, content: &str| json!({ "role": role, "content": content });
        let mut messages: Vec<Value> = system.iter().map(|system| message("system", system)).collect();
        for Exchange { question, answer } in exchanges.into_iter().rev() {
            messages.extend([message("user", question), message("assistant", answer)]);
        }
        messages.push(message("user", &prompt));
        let mut body = self.options.clone();
        body.insert("model".to_owned(), model.into());
        body.insert("messages".to_owned(), messages.into());
        run.context.set("llm", json!({ "status": "PENDING" }));
        run.question = Some(prompt);
        Ok(Value::Object(body))
    }

    fn hear(&self, run: &mut Run<'_>, body: &[u8]) -> Result<(), Fault> {
        let completion: Option<Completion> = serde_json::from_slice(body).ok();
        let Some(completion) = completion else {
            fail(run, "ResponseError", "the answer is no chat completion", None);
            return Ok(());
        };
        let choice = completion.choices.into_iter().next();
        let finish_reason = choice.as_ref().and_then(|choice| choice.finish_reason.clone());
        let said = choice.and_then(|choice| choice.message.content.or(choice.message.refusal));
        let Some(text) = said.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty()) else {
            fail(run, "ResponseError", "the model said nothing", None);
            return Ok(());
        };
        let usage = completion.usage.map(|usage| {
            json!({ "promptTokens": usage.prompt_tokens, "completionTokens": usage.completion_tokens,
                    "totalTokens": usage.total_tokens })
        });
        run.context.set(
            "llm",
            json!({ "status": "COMPLETED", "text": text, "model": completion.model, "finishReason": finish_reason, "usage": usage }),
        );
        if let Some(question) = run.question.take()
            && self.history > 0
        {
            run.state.remember(Exchange { question, answer: text });
        }
        Ok(())
    }
}

/// `message` may quote the customer: it is for the bot's author, the log gets its kind.
fn fail(run: &mut Run<'_>, name: &str, message: &str, status: Option<u16>) {
    run.problem(&match (name, status) {
        (_, Some(status)) => format!("the language model's server answered {status}"),
        ("ConfigurationError", None) => message.to_owned(),
        (_, None) => "the language model gave no answer".to_owned(),
    });
    let mut error = json!({ "name": name, "message": message.trim() });
    if let Some(status) = status {
        error["statusCode"] = status.into();
    }
    run.context.set("llm", json!({ "status": "FAILED", "error": error }));
}

/// About as many as the models count: four letters of Latin, one of Hangul or Chinese.
fn tokens(text: &str) -> usize {
    let ascii = text.bytes().filter(u8::is_ascii).count();
    ascii.div_ceil(4) + (text.chars().count() - ascii) + 4
}
