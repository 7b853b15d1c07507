//! WeChat's XML and JSON, in its spelling:
//! <https://developers.weixin.qq.com/doc/service/en/guide/product/message/Receiving_standard_messages.html> for what comes
//! in, <https://developers.weixin.qq.com/doc/service/api/customer/message/api_sendcustommessage> for what goes out.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

/// In. The elements of every kind of message and event; an empty one is none.
#[derive(Default)]
pub(super) struct Push<'a> {
    pub to_user_name: Option<Cow<'a, str>>,
    pub from_user_name: Option<Cow<'a, str>>,
    pub create_time: Option<Cow<'a, str>>,
    pub msg_type: Option<Cow<'a, str>>,
    /// Above 2⁵³, so it stays a text.
    pub msg_id: Option<Cow<'a, str>>,
    pub encrypt: Option<Cow<'a, str>>,

    pub content: Option<Cow<'a, str>>,
    /// The one tag in lower case.
    pub bizmsgmenuid: Option<Cow<'a, str>>,
    pub pic_url: Option<Cow<'a, str>>,
    pub media_id: Option<Cow<'a, str>>,
    pub thumb_media_id: Option<Cow<'a, str>>,
    pub format: Option<Cow<'a, str>>,
    pub recognition: Option<Cow<'a, str>>,
    /// Latitude.
    pub location_x: Option<Cow<'a, str>>,
    /// Longitude.
    pub location_y: Option<Cow<'a, str>>,
    pub label: Option<Cow<'a, str>>,
    pub title: Option<Cow<'a, str>>,
    pub description: Option<Cow<'a, str>>,
    pub url: Option<Cow<'a, str>>,

    pub event: Option<Cow<'a, str>>,
    pub event_key: Option<Cow<'a, str>>,
    pub ticket: Option<Cow<'a, str>>,
    pub latitude: Option<Cow<'a, str>>,
    pub longitude: Option<Cow<'a, str>>,
    pub precision: Option<Cow<'a, str>>,
}

// Out.

#[derive(Serialize)]
pub(super) struct TokenRequest<'a> {
    pub grant_type: &'static str,
    pub appid: &'a str,
    pub secret: &'a str,
}

/// A customer service message.
#[derive(Serialize)]
pub(super) struct Send<'a> {
    pub touser: &'a str,
    #[serde(flatten)]
    pub message: Message<'a>,
}

#[derive(Serialize)]
#[serde(tag = "msgtype", rename_all = "lowercase")]
pub(super) enum Message<'a> {
    Text { text: Text<'a> },
    Image { image: File<'a> },
    Voice { voice: File<'a> },
    Video { video: File<'a> },
    News { news: News<'a> },
    Msgmenu { msgmenu: Menu<'a> },
}

#[derive(Serialize)]
pub(super) struct Text<'a> {
    pub content: &'a str,
}

#[derive(Serialize)]
pub(super) struct File<'a> {
    pub media_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<&'a str>,
}

#[derive(Serialize)]
pub(super) struct News<'a> {
    pub articles: [Article<'a>; 1],
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Article<'a> {
    pub title: Cow<'a, str>,
    #[serde(skip_serializing_if = "str::is_empty")]
    pub description: Cow<'a, str>,
    pub url: Cow<'a, str>,
    #[serde(skip_serializing_if = "str::is_empty")]
    pub picurl: Cow<'a, str>,
}

#[derive(Serialize)]
pub(super) struct Menu<'a> {
    pub head_content: &'a str,
    pub list: Vec<Item<'a>>,
    pub tail_content: &'a str,
}

#[derive(Serialize)]
pub(super) struct Item<'a> {
    pub id: &'a str,
    pub content: &'a str,
}

/// Of every call: HTTP says 200, and the truth is in here.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Answer {
    pub errcode: Option<i64>,
    pub errmsg: Option<String>,
    pub access_token: Option<String>,
    pub expires_in: Option<i64>,
    pub media_id: Option<String>,
}
