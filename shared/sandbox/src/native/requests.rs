//! Requests of a script, on their way to the embedder.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Instant;

use rquickjs::{Ctx, Object, Result};
use serde::Deserialize;
use tokio::sync::mpsc::UnboundedSender;

use super::{bytes, put, range_error, type_error};
use crate::engine::State;
use crate::run::Event;
use crate::{Request, limits};

/// As `js/core.js` writes it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Sent {
    id: u32,
    method: String,
    url: String,
    headers: Vec<(String, String)>,
    /// Base64.
    body: Option<String>,
    timeout_ms: Option<u32>,
}

pub(super) fn put_all<'js>(
    native: &Object<'js>,
    deadline: Instant,
    events: UnboundedSender<Event>,
    state: &Rc<State>,
) -> Result<()> {
    let (state, left) = (Rc::clone(state), Cell::new(limits::REQUESTS));
    put(native, "send", move |ctx: Ctx<'js>, json: String| {
        let sent: Sent = serde_json::from_str(&json).map_err(|_| type_error(&ctx, "this is no request"))?;
        let body = sent.body.as_deref().map(|body| bytes(&ctx, body)).transpose()?.unwrap_or_default();
        if body.len() > limits::REQUEST_BYTES {
            return Err(range_error(&ctx, &format!("the request is longer than {} bytes", limits::REQUEST_BYTES)));
        }
        if left.get() == 0 {
            return Err(range_error(&ctx, &format!("more than {} requests", limits::REQUESTS)));
        }
        left.set(left.get() - 1);
        let left = deadline.saturating_duration_since(Instant::now()).as_millis();
        let left_ms = u32::try_from(left).unwrap_or(u32::MAX).max(1);
        let request = Request {
            method: sent.method,
            url: sent.url,
            headers: sent.headers,
            body,
            timeout_ms: sent.timeout_ms.map_or(left_ms, |timeout_ms| timeout_ms.min(left_ms)),
            max_bytes: limits::RESPONSE_BYTES,
        };
        state.under_way.set(state.under_way.get() + 1);
        let _ = events.send(Event::Ask(sent.id, request));
        Ok(())
    })
}
