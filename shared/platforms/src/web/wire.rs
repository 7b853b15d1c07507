//! The JSON of web chat. In: API Gateway's event,
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-mapping-template-reference.html>,
//! and what a browser writes in a frame. Out: our frames, as `docs/web.md` describes them.

use std::collections::BTreeMap;

use model::{Context, EpochMillis, MessageId};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::Code;

// In.

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Event {
    pub request_context: RequestContext,
    pub headers: Option<BTreeMap<String, Value>>,
    pub multi_value_headers: Option<BTreeMap<String, Value>>,
    pub query_string_parameters: Option<BTreeMap<String, Value>>,
    pub body: Option<String>,
    pub is_base64_encoded: Option<bool>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RequestContext {
    pub event_type: String,
    pub connection_id: String,
    pub connected_at: i64,
    pub request_time_epoch: i64,
    /// The same when Lambda is given the event again.
    pub message_id: Option<String>,
    pub request_id: Option<String>,
    /// What an authorizer of `$connect` left, flat.
    pub authorizer: Option<Map<String, Value>>,
}

/// A body of the token API.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct TokenAsk {
    pub user_key: Option<String>,
    pub user_hash: Option<String>,
    pub visitor_id: Option<String>,
    /// For the next one.
    pub token: Option<String>,
}

// Out.

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Issued<'a> {
    pub token: &'a str,
    pub token_type: &'static str,
    pub expires_in: i64,
    pub refresh_after: i64,
    pub user_key: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub visitor_id: Option<&'a str>,
    pub url: &'a str,
}

/// The frames that answer one connection. What everybody of a userKey gets is in `outbound`.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "UPPERCASE", rename_all_fields = "camelCase")]
pub enum Answer<'a> {
    Context {
        context: &'a Context,
        /// There was a live conversation.
        resumed: bool,
        last_seq: u64,
        server_time: EpochMillis,
        limits: Limits,
        /// The one in force.
        #[serde(skip_serializing_if = "Option::is_none")]
        keyboard: Option<&'a Value>,
    },
    Ack {
        client_message_id: &'a str,
        message_id: MessageId,
        seq: u64,
        timestamp: EpochMillis,
        duplicate: bool,
    },
    History {
        items: Vec<Value>,
        more: bool,
    },
    Upload {
        client_upload_id: &'a str,
        method: &'static str,
        url: &'a str,
        fields: &'a Map<String, Value>,
        uri: &'a str,
        expires_in: i64,
    },
    Pong {
        #[serde(skip_serializing_if = "Value::is_null")]
        t: &'a Value,
        /// What the log has, for a browser that lacks it.
        #[serde(skip_serializing_if = "Option::is_none")]
        last_seq: Option<u64>,
    },
    Error {
        code: Code,
        /// For developers.
        message: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        client_message_id: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        client_upload_id: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        retry_after_ms: Option<u64>,
    },
    /// `web.typing`, `web.read`, `web.resumed`, `web.draining`: told once, and not kept.
    Event {
        event: &'a str,
        data: Value,
    },
}

#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Limits {
    pub text_chars: usize,
    pub frame_bytes: usize,
    pub payload_chars: usize,
    pub image_bytes: u64,
    pub video_bytes: u64,
}
