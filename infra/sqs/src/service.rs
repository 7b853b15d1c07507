//! HTTP: every request is a POST whose `x-amz-target` names the action, at whatever path.

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::HeaderMap;
use axum::http::header::{CONTENT_TYPE, HOST};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::sync::watch;

use crate::action::Action;
use crate::change::Change;
use crate::fault::Fault;
use crate::{Sqs, clock, queues, receive, send, settle};

/// A batch of a megabyte whose every character is escaped.
const MAX_BODY_BYTES: usize = 8 * 1_048_576;

pub(crate) fn router(sqs: Sqs, closing: watch::Receiver<bool>) -> Router {
    Router::new().fallback(answer).layer(DefaultBodyLimit::max(MAX_BODY_BYTES)).with_state(Service { sqs, closing })
}

#[derive(Debug, Clone)]
struct Service {
    sqs: Sqs,
    closing: watch::Receiver<bool>,
}

async fn answer(State(service): State<Service>, headers: HeaderMap, body: Bytes) -> Response {
    match served(service, &headers, &body).await {
        Ok(json) => ([(CONTENT_TYPE, "application/x-amz-json-1.0")], json).into_response(),
        Err(fault) => fault.into_response(),
    }
}

async fn served(service: Service, headers: &HeaderMap, body: &[u8]) -> Result<Vec<u8>, Fault> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let host = text(HOST.as_str());
    let (name, action) = Action::of(text("x-amz-target"))?;
    let Service { sqs, mut closing } = service;

    let answer = match action {
        // The only one that may wait, and the only one whose answer decides what it is counted as.
        Action::ReceiveMessage => {
            let result = match parse(body) {
                Ok(input) => receive::receive(&sqs, &mut closing, &input).await,
                Err(fault) => Err(fault),
            };
            let is_empty = result.as_ref().is_ok_and(|found| found.messages.is_empty());
            sqs.count(if is_empty { "ReceiveMessageEmpty" } else { name });
            return print(&result?);
        }
        Action::CreateQueue => run(&sqs, body, |change, input| queues::create(change, host, input)),
        Action::GetQueueUrl => run(&sqs, body, |change, input| queues::find_url(change, host, input)),
        Action::ListQueues => run(&sqs, body, |change, input| queues::list(change, host, input)),
        Action::DeleteQueue => run(&sqs, body, queues::delete),
        Action::PurgeQueue => run(&sqs, body, queues::purge),
        Action::GetQueueAttributes => run(&sqs, body, queues::attributes),
        Action::SetQueueAttributes => run(&sqs, body, queues::set_attributes),
        Action::SendMessage => run(&sqs, body, send::send),
        Action::SendMessageBatch => run(&sqs, body, send::send_batch),
        Action::DeleteMessage => run(&sqs, body, settle::delete),
        Action::DeleteMessageBatch => run(&sqs, body, settle::delete_batch),
        Action::ChangeMessageVisibility => run(&sqs, body, settle::change_visibility),
        Action::ChangeMessageVisibilityBatch => run(&sqs, body, settle::change_visibility_batch),
    };
    sqs.count(name);
    answer
}

fn run<I: DeserializeOwned, O: Serialize>(
    sqs: &Sqs,
    body: &[u8],
    act: impl FnOnce(&mut Change<'_>, &I) -> Result<O, Fault>,
) -> Result<Vec<u8>, Fault> {
    let input = parse(body)?;
    print(&sqs.change(clock::now(), |change| act(change, &input))?)
}

fn parse<I: DeserializeOwned>(body: &[u8]) -> Result<I, Fault> {
    serde_json::from_slice(body).map_err(Fault::Malformed)
}

fn print<O: Serialize>(output: &O) -> Result<Vec<u8>, Fault> {
    serde_json::to_vec(output).map_err(Fault::Stored)
}
