//! The JSON of the other sides, in their spelling.
//!
//! In: the message hub's MO object, <https://github.com/total-msg-hub/restapi_sample> (`MoMsgGetAPI`). Out:
//! <https://api.ncloud-docs.com/docs/sens-sms-send>, <https://developers.solapi.com/references/messages/sendManyDetail>,
//! and `MsgSmsAPI`, `MsgMmsAPI`, `AuthAPI` of the message hub.

use std::borrow::Cow;
use std::fmt;

use serde::de::{IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;

// In. All is optional, and nothing that we do not read can make a message unreadable.

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Pushed<T> {
    pub mo_lst: Option<Vec<T>>,
    /// The answer to polling has the list in here.
    pub data: Option<Listed<T>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Listed<T> {
    pub mo_lst: Option<Vec<T>>,
}

/// As much of the two above as says where the list is.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Outline<'a> {
    #[serde(borrow)]
    pub mo_lst: Option<&'a RawValue>,
    #[serde(borrow)]
    pub data: Option<&'a RawValue>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[derive(Default)]
pub(super) struct Mo<'a> {
    #[serde(borrow)]
    pub mo_number: Field<'a>,
    /// The customer; when sending, `callback` is ours.
    #[serde(borrow)]
    pub mo_callback: Field<'a>,
    #[serde(borrow)]
    pub product_code: Field<'a>,
    #[serde(borrow)]
    pub mo_title: Field<'a>,
    #[serde(borrow)]
    pub mo_msg: Field<'a>,
    #[serde(borrow)]
    pub mo_recv_dt: Field<'a>,
    #[serde(borrow)]
    pub mo_key: Field<'a>,
    #[serde(borrow)]
    pub content_info_lst: Parts<'a>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[derive(Default)]
pub(super) struct Part<'a> {
    #[serde(borrow)]
    pub content_name: Field<'a>,
    #[serde(borrow)]
    pub content_ext: Field<'a>,
    #[serde(borrow)]
    pub content_url: Field<'a>,
}

/// Of a text message there is `null`, an empty list, or an empty text.
#[derive(Default)]
pub(super) struct Parts<'a>(pub Vec<Part<'a>>);

impl<'de: 'a, 'a> Deserialize<'de> for Parts<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(PartsVisitor).map(Parts)
    }
}

struct PartsVisitor;

impl<'de> Visitor<'de> for PartsVisitor {
    type Value = Vec<Part<'de>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut parts = Vec::new();
        while let Some(part) = list.next_element()? {
            parts.push(part);
        }
        Ok(parts)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Vec::new())
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Vec::new())
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(Vec::new())
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
        Ok(Vec::new())
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
        Ok(Vec::new())
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
        Ok(Vec::new())
    }

    fn visit_str<E>(self, _: &str) -> Result<Self::Value, E> {
        Ok(Vec::new())
    }
}

/// A text that is not copied unless it holds escapes. Numbers are taken as they are written; everything else is nothing.
#[derive(Default)]
pub(super) struct Field<'a>(pub Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Field<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(FieldVisitor).map(Field)
    }
}

struct FieldVisitor;

impl<'de> Visitor<'de> for FieldVisitor {
    type Value = Cow<'de, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("anything")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(text))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Cow::Owned(text.to_owned()))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Self::Value, E> {
        Ok(Cow::Owned(number.to_string()))
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(""))
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(""))
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(""))
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(""))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Cow::Borrowed(""))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Cow::Borrowed(""))
    }
}

// Out.

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SensMessage<'a> {
    #[serde(rename = "type")]
    pub kind: &'static str,
    pub content_type: &'static str,
    pub country_code: &'static str,
    pub from: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<&'a str>,
    pub content: &'a str,
    pub messages: [SensReceiver<'a>; 1],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<SensFile<'a>>,
}

#[derive(Serialize)]
pub(super) struct SensReceiver<'a> {
    pub to: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SensFile<'a> {
    pub file_id: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SensUpload<'a> {
    pub file_name: &'a str,
    pub file_body: &'a str,
}

#[derive(Serialize)]
pub(super) struct SolapiMessages<'a> {
    pub messages: [SolapiMessage<'a>; 1],
}

#[derive(Serialize)]
pub(super) struct SolapiMessage<'a> {
    pub to: &'a str,
    pub from: &'a str,
    pub text: &'a str,
    #[serde(rename = "type")]
    pub kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<&'a str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct MsghubMessage<'a> {
    pub api_key: &'a str,
    pub callback: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<&'a str>,
    pub msg: &'a str,
    pub recv_info_lst: [MsghubReceiver<'a>; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct MsghubReceiver<'a> {
    pub cli_key: &'a str,
    pub phone: &'a str,
    pub country_cd: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct MsghubLogin<'a> {
    pub api_key: &'a str,
    pub api_pwd: &'a str,
}
