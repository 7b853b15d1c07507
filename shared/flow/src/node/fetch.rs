//! Fetch: asks a server on the internet, and keeps its answer as `fetch`.
//!
//! ```json
//! { "type": "fetch",
//!   "data": { "uri": "https://…", "method": "POST", "headers": { "x-key": "…" }, "contentType": "json",
//!             "body": "{ \"q\": \"{{message}}\" }" } }
//! ```
//!
//! `fetch` is then `{ uri, status: COMPLETED | FAILED, statusCode, data, error }`: `data` as JSON where it is some;
//! `error` when no answer came, and when its status is not 2xx.

use serde_json::{Map, Value, json};

use super::Then;
use crate::ask::{Answer, Ask, HttpAnswer, HttpAsk};
use crate::context::Context;
use crate::import::{ImportError, Reader, field};
use crate::run::{Fault, Run};
use crate::template::{TemplateError, Text, json_text};

#[derive(Debug)]
pub(crate) struct Fetch {
    uri: Text,
    method: &'static str,
    headers: Vec<(String, Text)>,
    content_type: &'static str,
    body: Option<Body>,
}

#[derive(Debug)]
enum Body {
    Text(Text),
    Form(Vec<(String, Text)>),
}

pub(super) fn read(data: &Value, reader: &mut Reader) -> Result<Fetch, ImportError> {
    let Some(uri) = reader.text(field(data, "uri"), "data.uri")? else {
        return Err(reader.error("data.uri", "is missing"));
    };
    let method = field(data, "method").as_str().unwrap_or("GET").to_ascii_uppercase();
    let known = ["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD"].into_iter().find(|known| *known == method);
    let method = known.ok_or_else(|| reader.error("data.method", "is GET, POST, PUT or DELETE"))?;
    let form = field(data, "contentType").as_str().is_some_and(|kind| kind.contains("form"));
    let body = match field(data, "body") {
        Value::Object(_) if form => Some(Body::Form(texts(field(data, "body"), reader, "data.body")?)),
        json @ (Value::Object(_) | Value::Array(_)) => {
            reader.text(&Value::String(json_text(json)), "data.body")?.map(Body::Text)
        }
        text => reader.text(text, "data.body")?.map(Body::Text),
    };
    let content_type = match field(data, "contentType").as_str() {
        _ if form => "application/x-www-form-urlencoded",
        Some("text" | "text/plain") => "text/plain; charset=utf-8",
        Some("xml" | "application/xml") => "application/xml; charset=utf-8",
        Some(_) | None => "application/json",
    };
    let headers = texts(field(data, "headers"), reader, "data.headers")?;
    Ok(Fetch { uri, method, headers, content_type, body })
}

fn texts(json: &Value, reader: &mut Reader, name: &str) -> Result<Vec<(String, Text)>, ImportError> {
    let mut texts = Vec::new();
    for (key, value) in reader.object(json, name)?.into_iter().flatten() {
        if let Some(text) = reader.text(value, &format!("{name}.{key}"))? {
            texts.push((key.clone(), text));
        }
    }
    Ok(texts)
}

impl Fetch {
    pub(super) fn run(&self, run: &mut Run<'_>) -> Result<Then, Fault> {
        let context = &mut run.context;
        let url = self.uri.render(context)?.trim().to_owned();
        let mut headers = pairs(&self.headers, context)?;
        let body = match &self.body {
            // Servers refuse a GET with a body.
            _ if matches!(self.method, "GET" | "HEAD") => None,
            None => None,
            Some(Body::Text(text)) => Some(text.render(context)?.into_owned()),
            Some(Body::Form(fields)) => {
                let fields = pairs(fields, context)?;
                let fields = fields.iter().map(|(key, value)| format!("{}={}", form(key), form(value)));
                Some(fields.collect::<Vec<_>>().join("&"))
            }
        };
        if body.is_some() && !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type")) {
            headers.push(("content-type".to_owned(), self.content_type.to_owned()));
        }
        context.set("fetch", json!({ "uri": url, "status": "PENDING" }));
        Ok(Then::Ask(Ask::Http(HttpAsk {
            method: self.method,
            url,
            headers,
            body,
            timeout_ms: run.bot.preference.fetch_timeout_ms,
            max_bytes: run.bot.preference.fetch_bytes,
        })))
    }

    #[expect(clippy::unused_self, reason = "nodes look alike")]
    pub(super) fn answer(&self, run: &mut Run<'_>, answer: Option<Answer>) -> Result<Then, Fault> {
        let mut result = Map::new();
        let before = run.context.whole();
        result.insert("uri".to_owned(), before["fetch"]["uri"].clone());
        let error = match answer {
            Some(Answer::Http(Ok(HttpAnswer { body, .. }))) if body.len() > run.bot.preference.fetch_bytes => {
                Some(json!({ "name": "RequestError", "message": "the answer is too long" }))
            }
            Some(Answer::Http(Ok(HttpAnswer { status, body }))) => {
                result.insert("statusCode".to_owned(), status.into());
                result.insert("data".to_owned(), data(&body));
                let fine = (200..300).contains(&status);
                (!fine)
                    .then(|| json!({ "name": "StatusCodeError", "message": status.to_string(), "statusCode": status }))
            }
            Some(Answer::Http(Err(failure))) => Some(json!({ "name": "RequestError", "message": failure.message })),
            Some(Answer::OutOfTime) => return Err(Fault::OutOfTime),
            Some(_) | None => Some(json!({ "name": "RequestError", "message": "no answer" })),
        };
        let status = if error.is_some() { "FAILED" } else { "COMPLETED" };
        result.insert("status".to_owned(), status.into());
        if let Some(error) = error {
            run.problem(&match result.get("statusCode") {
                Some(status) => format!("the request was answered with {status}"),
                None => "the request got no answer that can be used".to_owned(),
            });
            result.insert("error".to_owned(), error);
        }
        run.context.set("fetch", Value::Object(result));
        Ok(Then::Edge)
    }
}

fn pairs(texts: &[(String, Text)], context: &mut Context<'_>) -> Result<Vec<(String, String)>, TemplateError> {
    texts.iter().map(|(key, text)| Ok((key.clone(), text.render(context)?.into_owned()))).collect()
}

fn data(body: &[u8]) -> Value {
    serde_json::from_slice(body).unwrap_or_else(|_| Value::String(String::from_utf8_lossy(body).into_owned()))
}

/// `application/x-www-form-urlencoded`.
fn form(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'*' => encoded.push(char::from(byte)),
            b' ' => encoded.push('+'),
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}
