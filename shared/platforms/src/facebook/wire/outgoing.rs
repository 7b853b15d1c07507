//! What Meta takes, <https://developers.facebook.com/docs/messenger-platform/reference/send-api>, and how it refuses it.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::facebook::tolerant;

/// Ours, in the payload of buttons.
#[derive(Serialize)]
pub(in crate::facebook) struct Carried<'a> {
    pub label: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub params: Option<&'a Value>,
}

#[derive(Serialize)]
pub(in crate::facebook) struct Recipient<'a> {
    pub id: &'a str,
}

#[derive(Serialize)]
pub(in crate::facebook) struct Send<'a> {
    pub recipient: Recipient<'a>,
    pub messaging_type: &'static str,
    pub message: Outgoing<'a>,
}

#[derive(Serialize)]
pub(in crate::facebook) struct Outgoing<'a> {
    #[serde(flatten)]
    pub content: &'a Content<'a>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub quick_replies: &'a [QuickReply<'a>],
    pub metadata: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "lowercase")]
pub(in crate::facebook) enum Content<'a> {
    Text(Cow<'a, str>),
    Attachment(Attachment<'a>),
}

#[derive(Serialize)]
#[serde(tag = "type", content = "payload", rename_all = "lowercase")]
pub(in crate::facebook) enum Attachment<'a> {
    Image(File<'a>),
    Video(File<'a>),
    Audio(File<'a>),
    Template(Template<'a>),
}

#[derive(Serialize)]
pub(in crate::facebook) struct File<'a> {
    pub url: Cow<'a, str>,
    pub is_reusable: bool,
}

#[derive(Serialize)]
#[serde(tag = "template_type", rename_all = "lowercase")]
pub(in crate::facebook) enum Template<'a> {
    Button { text: Cow<'a, str>, buttons: Vec<Button<'a>> },
    Generic { elements: Vec<Element<'a>> },
}

#[derive(Serialize)]
pub(in crate::facebook) struct Element<'a> {
    pub title: Cow<'a, str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subtitle: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image_url: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default_action: Option<DefaultAction<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub buttons: Vec<Button<'a>>,
}

#[derive(Serialize)]
#[serde(tag = "type", rename = "web_url")]
pub(in crate::facebook) struct DefaultAction<'a> {
    pub url: Cow<'a, str>,
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(in crate::facebook) enum Button<'a> {
    WebUrl { title: Cow<'a, str>, url: Cow<'a, str> },
    PhoneNumber { title: Cow<'a, str>, payload: String },
    Postback { title: Cow<'a, str>, payload: String },
}

#[derive(Serialize)]
#[serde(tag = "content_type", rename = "text")]
pub(in crate::facebook) struct QuickReply<'a> {
    pub title: Cow<'a, str>,
    pub payload: String,
}

#[derive(Serialize)]
pub(in crate::facebook) struct PassThread<'a> {
    pub recipient: Recipient<'a>,
    pub target_app_id: u64,
    pub metadata: &'a str,
}

/// An answer that is not a success.
#[derive(Deserialize)]
pub(in crate::facebook) struct Failure<'a> {
    #[serde(borrow, default, deserialize_with = "tolerant::object")]
    pub error: Option<Complaint<'a>>,
}

#[derive(Default, Deserialize)]
pub(in crate::facebook) struct Complaint<'a> {
    #[serde(borrow, default, deserialize_with = "tolerant::text")]
    pub message: Option<Cow<'a, str>>,
    #[serde(default, deserialize_with = "tolerant::integer")]
    pub code: Option<i64>,
    #[serde(default, deserialize_with = "tolerant::integer")]
    pub error_subcode: Option<i64>,
    #[serde(default, deserialize_with = "tolerant::flag")]
    pub is_transient: bool,
}
