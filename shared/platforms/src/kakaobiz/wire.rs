//! The other side's JSON, in its spelling. What comes in: Kakao's own fields as
//! <https://developer-center.happytalk.io/KakaoWebhook/Receive/metaData> relays them, and BizGo's,
//! <https://developers.bizgo.io/api-sdk/api-reference/comm/kakao-counsel>. What goes out is in [`happytalk`] and [`bizgo`].

use serde::Deserialize;
use serde_json::Value;

use super::tolerant::{Entries, Entry, Text};

/// An event of either dialect: where the names differ, the second half is BizGo's.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Event<'a> {
    #[serde(borrow)]
    pub user_key: Text<'a>,
    #[serde(borrow)]
    pub sender_key: Text<'a>,
    #[serde(borrow)]
    pub session_id: Text<'a>,
    /// Milliseconds.
    #[serde(borrow)]
    pub time: Text<'a>,
    #[serde(borrow)]
    pub serial_number: Text<'a>,
    #[serde(borrow, rename = "type")]
    pub kind: Text<'a>,
    #[serde(borrow)]
    pub app_user_id: Text<'a>,
    pub last_reference: Value,

    #[serde(borrow)]
    pub contents: Entries<'a>,
    #[serde(borrow)]
    pub content: Entries<'a>,
    #[serde(borrow)]
    pub attachment: Entry<'a>,
    #[serde(borrow)]
    pub extra: Text<'a>,
    pub reference: Value,

    #[serde(borrow, rename = "userKey")]
    pub bizgo_user_key: Text<'a>,
    #[serde(borrow, rename = "senderKey")]
    pub bizgo_sender_key: Text<'a>,
    #[serde(borrow, rename = "sessionId")]
    pub bizgo_session_id: Text<'a>,
    /// With the offset of Seoul, and sometimes empty.
    #[serde(borrow, rename = "kakaoTime")]
    pub kakao_time: Text<'a>,
    #[serde(borrow, rename = "sendTime")]
    pub send_time: Text<'a>,
    #[serde(borrow, rename = "msgKey")]
    pub msg_key: Text<'a>,
    #[serde(borrow, rename = "msgType")]
    pub msg_type: Text<'a>,
    #[serde(borrow, rename = "requestType")]
    pub request_type: Text<'a>,
    #[serde(borrow, rename = "reportCode")]
    pub report_code: Text<'a>,
    #[serde(borrow, rename = "appUserId")]
    pub bizgo_app_user_id: Text<'a>,
    #[serde(rename = "lastReference")]
    pub bizgo_last_reference: Value,
}

/// What Happytalk answers to anything. A code is a number or a text.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct HappytalkAnswer<'a> {
    #[serde(borrow)]
    pub code: Text<'a>,
    #[serde(borrow)]
    pub message: Text<'a>,
    /// Of an uploaded picture.
    #[serde(borrow)]
    pub image: Text<'a>,
    /// Of any other file, with name and size.
    #[serde(borrow)]
    pub file: Text<'a>,
    #[serde(borrow)]
    pub name: Text<'a>,
    #[serde(borrow)]
    pub size: Text<'a>,
}

/// What BizGo answers: whether it knows us, and in there what came of it.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct BizgoAnswer<'a> {
    #[serde(borrow)]
    pub common: Option<BizgoCommon<'a>>,
    #[serde(borrow)]
    pub data: Option<BizgoData<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct BizgoCommon<'a> {
    #[serde(borrow)]
    pub auth_code: Text<'a>,
    #[serde(borrow)]
    pub auth_result: Text<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct BizgoData<'a> {
    #[serde(borrow)]
    pub code: Text<'a>,
    #[serde(borrow)]
    pub result: Text<'a>,
    #[serde(borrow)]
    pub data: Option<BizgoFile<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct BizgoFile<'a> {
    #[serde(borrow)]
    pub img_url: Text<'a>,
    #[serde(borrow)]
    pub file_url: Text<'a>,
    #[serde(borrow)]
    pub file_name: Text<'a>,
    #[serde(borrow)]
    pub size: Text<'a>,
}

/// <https://mbi-developer-center.happytalk.io/kakaotalk_webhook/counseling/send_chat>.
pub(super) mod happytalk {
    use serde::Serialize;

    #[derive(Serialize)]
    pub(crate) struct Write<'a> {
        pub user_key: &'a str,
        pub sender_key: &'a str,
        pub serial_number: &'a str,
        pub message_type: &'static str,
        #[serde(skip_serializing_if = "str::is_empty")]
        pub message: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        pub image_url: Option<&'a str>,
        /// Name and size follow when they are known.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub file_url: Option<&'a str>,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        pub links: Vec<Button<'a>>,
        #[serde(skip_serializing_if = "Option::is_none")]
        pub supplement: Option<Supplement<'a>>,
    }

    #[derive(Serialize)]
    pub(crate) struct Supplement<'a> {
        pub quick_reply: Vec<Button<'a>>,
    }

    #[derive(Serialize)]
    pub(crate) struct Button<'a> {
        pub name: &'a str,
        #[serde(flatten)]
        pub press: Press<'a>,
    }

    #[derive(Serialize)]
    #[serde(tag = "type")]
    pub(crate) enum Press<'a> {
        #[serde(rename = "WL")]
        Web { url_mobile: &'a str, url_pc: &'a str },
        #[serde(rename = "AL")]
        App { scheme_android: &'a str, scheme_ios: &'a str },
        #[serde(rename = "BK")]
        Say { extra: &'a str },
    }
}

/// <https://developers.bizgo.io/api-sdk/api-reference/comm/kakao-counsel>.
pub(super) mod bizgo {
    use serde::Serialize;

    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    pub(crate) struct Send<'a> {
        pub user_key: &'a str,
        pub sender_key: &'a str,
        pub msg_type: &'static str,
        #[serde(skip_serializing_if = "str::is_empty")]
        pub message: &'a str,
        #[serde(skip_serializing_if = "Attachment::is_empty")]
        pub attachment: Attachment<'a>,
        pub r#ref: &'a str,
    }

    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    pub(crate) struct Attachment<'a> {
        #[serde(skip_serializing_if = "Option::is_none")]
        pub image: Option<Image<'a>>,
        #[serde(skip_serializing_if = "Option::is_none")]
        pub file: Option<File<'a>>,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        pub buttons: Vec<Button<'a>>,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        pub quick_replies: Vec<Button<'a>>,
    }

    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    pub(crate) struct Image<'a> {
        pub img_url: &'a str,
    }

    /// Name and size follow when they are known.
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    pub(crate) struct File<'a> {
        pub file_url: &'a str,
    }

    #[derive(Serialize)]
    pub(crate) struct Button<'a> {
        pub name: &'a str,
        #[serde(flatten)]
        pub press: Press<'a>,
    }

    #[derive(Serialize)]
    #[serde(tag = "type", rename_all_fields = "camelCase")]
    pub(crate) enum Press<'a> {
        #[serde(rename = "WL")]
        Web { url_mobile: &'a str, url_pc: &'a str },
        #[serde(rename = "AL")]
        App { scheme_android: &'a str, scheme_ios: &'a str },
        #[serde(rename = "BK")]
        Say { extra: &'a str },
    }

    impl Attachment<'_> {
        fn is_empty(&self) -> bool {
            self.image.is_none() && self.file.is_none() && self.buttons.is_empty() && self.quick_replies.is_empty()
        }
    }
}
