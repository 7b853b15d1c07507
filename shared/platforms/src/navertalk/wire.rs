//! NaverTalk's JSON, in its spelling: <https://github.com/navertalk/chatbot-api>, `README.md` for events, `handover_v1.md`,
//! `profile_api_v1.md` and `pay_api_v1.md` for those of the same names.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::Value;

// In. All is optional, and what we only pass on is a `Value`: members come and go with the kind of event.

/// A text that is not copied unless it holds escapes; serde copies a bare `Option<Cow<str>>` always.
#[derive(Deserialize)]
pub(super) struct Text<'a>(#[serde(borrow)] pub Cow<'a, str>);

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Event<'a> {
    #[serde(borrow)]
    pub event: Option<Text<'a>>,
    #[serde(borrow)]
    pub user: Option<Text<'a>>,
    #[serde(borrow)]
    pub partner: Option<Text<'a>>,
    pub standby: Option<bool>,
    #[serde(borrow)]
    pub text_content: Option<TextContent<'a>>,
    #[serde(borrow)]
    pub image_content: Option<ImageContent<'a>>,
    /// Boxed, for it has twenty members and is seldom there.
    #[serde(borrow)]
    pub options: Option<Box<Options<'a>>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct TextContent<'a> {
    #[serde(borrow)]
    pub text: Option<Text<'a>>,
    #[serde(borrow)]
    pub code: Option<Text<'a>>,
    #[serde(borrow)]
    pub input_type: Option<Text<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ImageContent<'a> {
    #[serde(borrow)]
    pub image_url: Option<Text<'a>>,
}

/// Of every kind of event: the members do not collide.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Options<'a> {
    // open
    pub inflow: Option<Value>,
    pub referer: Option<Value>,
    pub from: Option<Value>,
    pub friend: Option<Value>,
    pub under14: Option<Value>,
    pub under19: Option<Value>,
    pub unread_message: Option<Value>,
    // send
    pub product: Option<Value>,
    // friend
    #[serde(borrow)]
    pub set: Option<Text<'a>>,
    // echo
    pub source_id: Option<Value>,
    #[serde(borrow)]
    pub manager_nickname: Option<Text<'a>>,
    // handover
    #[serde(borrow)]
    pub control: Option<Text<'a>>,
    pub metadata: Option<Value>,
    // profile
    #[serde(borrow)]
    pub result: Option<Text<'a>>,
    pub nickname: Option<Value>,
    pub cellphone: Option<Value>,
    pub address: Option<Value>,
    pub withdrawals: Option<Value>,
    // pay_complete
    pub payment_result: Option<Value>,
    // pay_confirm
    pub payment_confirm_result: Option<Value>,
}

// Out.

/// An event of ours: the body of the Send API, and, without its user, of an answer.
#[derive(Serialize)]
pub(super) struct Outgoing<'a> {
    pub event: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub partner: Option<&'a str>,
    #[serde(flatten)]
    pub content: Option<&'a Content<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub options: Option<OutgoingOptions>,
}

#[derive(Serialize)]
#[serde(untagged)]
pub(super) enum OutgoingOptions {
    Send {
        notification: bool,
    },
    #[serde(rename_all = "camelCase")]
    Handover {
        control: &'static str,
        target_id: u8,
    },
}

/// An event holds exactly one.
#[derive(Clone, Serialize)]
#[serde(rename_all_fields = "camelCase")]
pub(super) enum Content<'a> {
    #[serde(rename = "textContent")]
    Text {
        text: Cow<'a, str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        quick_reply: Option<QuickReply<'a>>,
    },
    #[serde(rename = "imageContent")]
    Image {
        image_url: Cow<'a, str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        quick_reply: Option<QuickReply<'a>>,
    },
    #[serde(rename = "compositeContent")]
    Composite {
        composite_list: Vec<Composite<'a>>,
        #[serde(skip_serializing_if = "Option::is_none")]
        quick_reply: Option<QuickReply<'a>>,
    },
}

/// At least two of its members, and one of title and description among them.
#[derive(Clone, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Composite<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image: Option<Image<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub button_list: Vec<Button<'a>>,
}

#[derive(Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Image<'a> {
    pub image_url: Cow<'a, str>,
}

#[derive(Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct QuickReply<'a> {
    pub button_list: Vec<Button<'a>>,
}

#[derive(Clone, Serialize)]
#[serde(tag = "type", content = "data", rename_all = "UPPERCASE", rename_all_fields = "camelCase")]
pub(super) enum Button<'a> {
    Text { title: Cow<'a, str>, code: String },
    Link { title: Cow<'a, str>, url: Cow<'a, str>, mobile_url: Cow<'a, str> },
}

/// The Send API's answer. The HTTP status is 200 also when it failed.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Sent {
    pub success: Option<Value>,
    pub result_code: Option<Value>,
    pub result_message: Option<Value>,
}
