//! LINE's JSON, in its spelling: <https://developers.line.biz/en/reference/messaging-api/#webhook-event-objects> for what
//! comes in, and `#message-objects` there for what goes out.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::Value;

// In. All is optional, and what we only pass on is a `Value`: LINE adds and changes without notice.

#[derive(Deserialize)]
pub(super) struct Webhook<E> {
    pub events: Vec<E>,
}

/// A text that is not copied unless it holds escapes; serde copies a bare `Option<Cow<str>>` always.
#[derive(Deserialize)]
pub(super) struct Text<'a>(#[serde(borrow)] pub Cow<'a, str>);

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Event<'a> {
    #[serde(borrow, rename = "type")]
    pub kind: Option<Text<'a>>,
    #[serde(borrow)]
    pub mode: Option<Text<'a>>,
    pub timestamp: Option<i64>,
    #[serde(borrow)]
    pub source: Option<Source<'a>>,
    #[serde(borrow)]
    pub webhook_event_id: Option<Text<'a>>,
    pub delivery_context: Option<DeliveryContext>,
    #[serde(borrow)]
    pub reply_token: Option<Text<'a>>,
    #[serde(borrow)]
    pub message: Option<Box<Message<'a>>>,
    #[serde(borrow)]
    pub postback: Option<Postback<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Source<'a> {
    #[serde(borrow)]
    pub user_id: Option<Text<'a>>,
    #[serde(borrow)]
    pub group_id: Option<Text<'a>>,
    #[serde(borrow)]
    pub room_id: Option<Text<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct DeliveryContext {
    pub is_redelivery: Option<bool>,
}

/// Of every type: the fields do not collide.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Message<'a> {
    #[serde(borrow, rename = "type")]
    pub kind: Option<Text<'a>>,
    #[serde(borrow)]
    pub id: Option<Text<'a>>,
    #[serde(borrow)]
    pub text: Option<Text<'a>>,
    #[serde(borrow)]
    pub content_provider: Option<ContentProvider<'a>>,
    #[serde(borrow)]
    pub file_name: Option<Text<'a>>,
    #[serde(borrow)]
    pub title: Option<Text<'a>>,
    #[serde(borrow)]
    pub address: Option<Text<'a>>,
    pub latitude: Option<f64>,
    pub longitude: Option<f64>,

    pub duration: Option<Value>,
    pub emojis: Option<Value>,
    pub file_size: Option<Value>,
    pub image_set: Option<Value>,
    pub keywords: Option<Value>,
    pub mark_as_read_token: Option<Value>,
    pub mention: Option<Value>,
    pub package_id: Option<Value>,
    pub quote_token: Option<Value>,
    pub quoted_message_id: Option<Value>,
    pub sticker_id: Option<Value>,
    pub sticker_resource_type: Option<Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ContentProvider<'a> {
    #[serde(borrow, rename = "type")]
    pub kind: Option<Text<'a>>,
    #[serde(borrow)]
    pub original_content_url: Option<Text<'a>>,
    pub preview_image_url: Option<Value>,
}

#[derive(Deserialize)]
pub(super) struct Postback<'a> {
    #[serde(borrow)]
    pub data: Option<Text<'a>>,
    pub params: Option<Value>,
}

// Out.

/// Ours, in the `data` of a postback: LINE does not tell the label of a pressed button.
#[derive(Serialize)]
pub(super) struct Pressed<'a> {
    pub l: &'a str,
    pub p: &'a Value,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Reply<'a> {
    pub reply_token: &'a str,
    pub messages: &'a [Object<'a>],
}

#[derive(Serialize)]
pub(super) struct Push<'a> {
    pub to: &'a str,
    pub messages: &'a [Object<'a>],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Object<'a> {
    #[serde(flatten)]
    pub content: Content<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quick_reply: Option<QuickReply<'a>>,
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub(super) enum Content<'a> {
    Text { text: Cow<'a, str> },
    Image { original_content_url: Cow<'a, str>, preview_image_url: Cow<'a, str> },
    Video { original_content_url: Cow<'a, str>, preview_image_url: Cow<'a, str> },
    Location { title: Cow<'a, str>, address: Cow<'a, str>, latitude: f64, longitude: f64 },
    Template { alt_text: Cow<'a, str>, template: Template<'a> },
    Flex { alt_text: Cow<'a, str>, contents: Container<'a> },
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "camelCase")]
pub(super) enum Template<'a> {
    Buttons(Column<'a>),
    Carousel { columns: Vec<Column<'a>> },
}

/// A column of a carousel, and a buttons template as well.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Column<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thumbnail_image_url: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<Cow<'a, str>>,
    pub text: Cow<'a, str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default_action: Option<Action<'a>>,
    pub actions: Vec<Action<'a>>,
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub(super) enum Action<'a> {
    Uri { label: Cow<'a, str>, uri: Cow<'a, str> },
    Message { label: Cow<'a, str>, text: Cow<'a, str> },
    Postback { label: Cow<'a, str>, data: String, display_text: Cow<'a, str> },
    Location { label: Cow<'a, str> },
}

#[derive(Serialize)]
pub(super) struct QuickReply<'a> {
    pub items: Vec<QuickReplyItem<'a>>,
}

#[derive(Serialize)]
#[serde(tag = "type", rename = "action")]
pub(super) struct QuickReplyItem<'a> {
    pub action: Action<'a>,
}

#[derive(Serialize)]
#[serde(untagged)]
pub(super) enum Container<'a> {
    Bubble(Box<Bubble<'a>>),
    Carousel(Bubbles<'a>),
}

#[derive(Serialize)]
#[serde(tag = "type", rename = "carousel")]
pub(super) struct Bubbles<'a> {
    pub contents: Vec<Bubble<'a>>,
}

/// Flex refuses unknown fields, where other objects overlook them.
#[derive(Default, Serialize)]
#[serde(tag = "type", rename = "bubble")]
pub(super) struct Bubble<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hero: Option<Component<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<Stack<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub footer: Option<Stack<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub action: Option<Action<'a>>,
}

#[derive(Serialize)]
#[serde(tag = "type", rename = "box")]
pub(super) struct Stack<'a> {
    pub layout: &'static str,
    pub contents: Vec<Component<'a>>,
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub(super) enum Component<'a> {
    Image {
        url: Cow<'a, str>,
        size: &'static str,
        aspect_ratio: &'static str,
        aspect_mode: &'static str,
    },
    Text {
        text: Cow<'a, str>,
        wrap: bool,
        #[serde(skip_serializing_if = "Option::is_none")]
        weight: Option<&'static str>,
    },
    Button {
        action: Action<'a>,
    },
}

/// An answer that is not a success.
#[derive(Deserialize)]
pub(super) struct Failure<'a> {
    #[serde(borrow)]
    pub message: Option<Text<'a>>,
}
