//! Messenger's JSON, in its spelling: <https://developers.facebook.com/docs/messenger-platform/reference/webhook-events>
//! for what comes in, and `reference/send-api` for what goes out.

use std::borrow::Cow;
use std::fmt;

use serde::de::{IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;

use super::tolerant;

// In. All is optional, and what we only pass on stays as it came.

#[derive(Deserialize)]
pub(super) struct Webhook<'a> {
    #[serde(borrow, default, deserialize_with = "tolerant::text")]
    pub object: Option<Cow<'a, str>>,
    #[serde(borrow, default, deserialize_with = "tolerant::list")]
    pub entry: Vec<Entry<'a>>,
}

#[derive(Deserialize)]
pub(super) struct Entry<'a> {
    /// The Page.
    #[serde(borrow, default, deserialize_with = "tolerant::text")]
    pub id: Option<Cow<'a, str>>,
    #[serde(default, deserialize_with = "tolerant::integer")]
    pub time: Option<i64>,
    #[serde(borrow, default, deserialize_with = "tolerant::list")]
    pub messaging: Vec<Event<'a>>,
    #[serde(borrow, default, deserialize_with = "tolerant::list")]
    pub standby: Vec<Event<'a>>,
    #[serde(borrow, default, deserialize_with = "tolerant::list")]
    pub changes: Vec<Change<'a>>,
}

/// [`Webhook`] and [`Entry`] with their parts unread, for bodies in which one of them is bad.
#[derive(Deserialize)]
pub(super) struct Parts<'a> {
    #[serde(borrow, default, deserialize_with = "tolerant::text")]
    pub object: Option<Cow<'a, str>>,
    #[serde(borrow)]
    pub entry: Option<&'a RawValue>,
}

#[derive(Deserialize)]
pub(super) struct EntryParts<'a> {
    #[serde(borrow)]
    pub id: Option<&'a RawValue>,
    #[serde(borrow)]
    pub time: Option<&'a RawValue>,
    #[serde(borrow)]
    pub messaging: Option<&'a RawValue>,
    #[serde(borrow)]
    pub standby: Option<&'a RawValue>,
}

#[derive(Deserialize)]
pub(super) struct Change<'a> {
    #[serde(borrow, default, deserialize_with = "tolerant::text")]
    pub field: Option<Cow<'a, str>>,
}

/// Read by hand, for the name of a kind that we do not know.
#[derive(Default)]
pub(super) struct Event<'a> {
    pub sender: Option<Party<'a>>,
    pub recipient: Option<Party<'a>>,
    pub timestamp: Option<i64>,
    pub message: Option<Box<Message<'a>>>,
    pub postback: Option<Postback<'a>>,
    pub referral: Option<Referral<'a>>,
    pub lead: Option<Lead<'a>>,
    pub optin: Option<Box<Optin<'a>>>,
    pub pass_thread_control: Option<PassThreadControl<'a>>,
    pub policy_enforcement: Option<PolicyEnforcement<'a>>,
    /// The name of the first field that is none of these.
    pub other: Option<Cow<'a, str>>,
}

impl<'de: 'a, 'a> Deserialize<'de> for Event<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(EventFields)
    }
}

struct EventFields;

impl<'de> Visitor<'de> for EventFields {
    type Value = Event<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an event")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Event<'de>, A::Error> {
        use tolerant::Object;

        let mut event = Event::default();
        while let Some(Text(name)) = fields.next_key()? {
            match &*name {
                "sender" => event.sender = fields.next_value::<Object<_>>()?.0,
                "recipient" => event.recipient = fields.next_value::<Object<_>>()?.0,
                "timestamp" => event.timestamp = fields.next_value::<Time>()?.0,
                "message" => event.message = fields.next_value::<Object<_>>()?.0,
                "postback" => event.postback = fields.next_value::<Object<_>>()?.0,
                "referral" => event.referral = fields.next_value::<Object<_>>()?.0,
                "lead" => event.lead = fields.next_value::<Object<_>>()?.0,
                "optin" => event.optin = fields.next_value::<Object<_>>()?.0,
                "pass_thread_control" => event.pass_thread_control = fields.next_value::<Object<_>>()?.0,
                "policy_enforcement" => event.policy_enforcement = fields.next_value::<Object<_>>()?.0,
                _ => {
                    fields.next_value::<IgnoredAny>()?;
                    event.other.get_or_insert(name);
                }
            }
        }
        Ok(event)
    }
}

#[derive(Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

#[derive(Deserialize)]
struct Time(#[serde(deserialize_with = "tolerant::integer")] Option<i64>);

#[derive(Deserialize)]
pub(super) struct Party<'a> {
    #[serde(borrow, default, deserialize_with = "tolerant::text")]
    pub id: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
pub(super) struct Message<'a> {
    #[serde(borrow, default, deserialize_with = "tolerant::text")]
    pub mid: Option<Cow<'a, str>>,
    #[serde(borrow, default, deserialize_with = "tolerant::text")]
    pub text: Option<Cow<'a, str>>,
    #[serde(default, deserialize_with = "tolerant::flag")]
    pub is_echo: bool,
    #[serde(default, deserialize_with = "tolerant::flag")]
    pub is_deleted: bool,
    #[serde(borrow, default, deserialize_with = "tolerant::text")]
    pub app_id: Option<Cow<'a, str>>,
    #[serde(borrow, default, deserialize_with = "tolerant::object")]
    pub quick_reply: Option<QuickReplyPressed<'a>>,
    #[serde(borrow, default, deserialize_with = "tolerant::list")]
    pub attachments: Vec<Attached<'a>>,

    #[serde(borrow)]
    pub commands: Option<&'a RawValue>,
    #[serde(borrow)]
    pub nlp: Option<&'a RawValue>,
    #[serde(borrow)]
    pub referral: Option<&'a RawValue>,
    #[serde(borrow)]
    pub reply_to: Option<&'a RawValue>,
    #[serde(borrow)]
    pub tags: Option<&'a RawValue>,
}

#[derive(Deserialize)]
pub(super) struct QuickReplyPressed<'a> {
    #[serde(borrow, default, deserialize_with = "tolerant::text")]
    pub payload: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
pub(super) struct Attached<'a> {
    #[serde(borrow, default, rename = "type", deserialize_with = "tolerant::text")]
    pub kind: Option<Cow<'a, str>>,
    #[serde(borrow, default, deserialize_with = "tolerant::text")]
    pub title: Option<Cow<'a, str>>,
    #[serde(borrow, default, deserialize_with = "tolerant::text")]
    pub url: Option<Cow<'a, str>>,
    #[serde(borrow, default, deserialize_with = "tolerant::object")]
    pub payload: Option<AttachedPayload<'a>>,
}

/// Of every type: the fields do not collide.
#[derive(Default, Deserialize)]
pub(super) struct AttachedPayload<'a> {
    #[serde(borrow, default, deserialize_with = "tolerant::text")]
    pub url: Option<Cow<'a, str>>,
    #[serde(borrow, default, deserialize_with = "tolerant::text")]
    pub title: Option<Cow<'a, str>>,
    #[serde(borrow, default, deserialize_with = "tolerant::text")]
    pub sticker_id: Option<Cow<'a, str>>,
    #[serde(default, deserialize_with = "tolerant::object")]
    pub coordinates: Option<Coordinates>,
    #[serde(borrow, default, deserialize_with = "tolerant::object")]
    pub product: Option<Product<'a>>,
}

#[derive(Deserialize)]
pub(super) struct Coordinates {
    #[serde(default, deserialize_with = "tolerant::number")]
    pub lat: Option<f64>,
    #[serde(default, deserialize_with = "tolerant::number")]
    pub long: Option<f64>,
}

#[derive(Deserialize)]
pub(super) struct Product<'a> {
    #[serde(borrow, default, deserialize_with = "tolerant::list")]
    pub elements: Vec<ProductElement<'a>>,
}

#[derive(Deserialize)]
pub(super) struct ProductElement<'a> {
    #[serde(borrow, default, deserialize_with = "tolerant::text")]
    pub id: Option<Cow<'a, str>>,
    #[serde(borrow, default, deserialize_with = "tolerant::text")]
    pub retailer_id: Option<Cow<'a, str>>,
    #[serde(borrow, default, deserialize_with = "tolerant::text")]
    pub image_url: Option<Cow<'a, str>>,
    #[serde(borrow, default, deserialize_with = "tolerant::text")]
    pub title: Option<Cow<'a, str>>,
    #[serde(borrow, default, deserialize_with = "tolerant::text")]
    pub subtitle: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
pub(super) struct Postback<'a> {
    #[serde(borrow, default, deserialize_with = "tolerant::text")]
    pub mid: Option<Cow<'a, str>>,
    #[serde(borrow, default, deserialize_with = "tolerant::text")]
    pub title: Option<Cow<'a, str>>,
    #[serde(borrow, default, deserialize_with = "tolerant::text")]
    pub payload: Option<Cow<'a, str>>,
    #[serde(borrow)]
    pub referral: Option<&'a RawValue>,
}

#[derive(Deserialize)]
pub(super) struct Referral<'a> {
    #[serde(borrow, default, rename = "ref", deserialize_with = "tolerant::text")]
    pub reference: Option<Cow<'a, str>>,
    #[serde(borrow, default, deserialize_with = "tolerant::text")]
    pub source: Option<Cow<'a, str>>,
    #[serde(borrow, default, rename = "type", deserialize_with = "tolerant::text")]
    pub kind: Option<Cow<'a, str>>,
    #[serde(borrow, default, deserialize_with = "tolerant::text")]
    pub ad_id: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
pub(super) struct Lead<'a> {
    #[serde(borrow)]
    pub data: Option<&'a RawValue>,
}

#[derive(Deserialize)]
pub(super) struct Optin<'a> {
    #[serde(borrow, default, rename = "type", deserialize_with = "tolerant::text")]
    pub kind: Option<Cow<'a, str>>,
    #[serde(borrow, default, rename = "ref", deserialize_with = "tolerant::text")]
    pub reference: Option<Cow<'a, str>>,
    #[serde(borrow, default, deserialize_with = "tolerant::text")]
    pub payload: Option<Cow<'a, str>>,
    #[serde(borrow, default, deserialize_with = "tolerant::text")]
    pub title: Option<Cow<'a, str>>,
    #[serde(borrow, default, deserialize_with = "tolerant::text")]
    pub notification_messages_token: Option<Cow<'a, str>>,
    #[serde(borrow, default, deserialize_with = "tolerant::text")]
    pub notification_messages_frequency: Option<Cow<'a, str>>,
    #[serde(borrow, default, deserialize_with = "tolerant::text")]
    pub notification_messages_timezone: Option<Cow<'a, str>>,
    #[serde(borrow, default, deserialize_with = "tolerant::text")]
    pub notification_messages_status: Option<Cow<'a, str>>,
    #[serde(borrow, default, deserialize_with = "tolerant::text")]
    pub user_token_status: Option<Cow<'a, str>>,
    #[serde(default, deserialize_with = "tolerant::integer")]
    pub token_expiry_timestamp: Option<i64>,
}

#[derive(Deserialize)]
pub(super) struct PassThreadControl<'a> {
    #[serde(borrow, default, deserialize_with = "tolerant::text")]
    pub new_owner_app_id: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
pub(super) struct PolicyEnforcement<'a> {
    #[serde(borrow, default, deserialize_with = "tolerant::text")]
    pub action: Option<Cow<'a, str>>,
}

/// An answer that is not a success.
#[derive(Deserialize)]
pub(super) struct Failure<'a> {
    #[serde(borrow, default, deserialize_with = "tolerant::object")]
    pub error: Option<Complaint<'a>>,
}

#[derive(Default, Deserialize)]
pub(super) struct Complaint<'a> {
    #[serde(borrow, default, deserialize_with = "tolerant::text")]
    pub message: Option<Cow<'a, str>>,
    #[serde(default, deserialize_with = "tolerant::integer")]
    pub code: Option<i64>,
    #[serde(default, deserialize_with = "tolerant::integer")]
    pub error_subcode: Option<i64>,
    #[serde(default, deserialize_with = "tolerant::flag")]
    pub is_transient: bool,
}

// Out.

/// Ours, in the payload of buttons.
#[derive(Serialize)]
pub(super) struct Carried<'a> {
    pub label: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub params: Option<&'a Value>,
}

#[derive(Serialize)]
pub(super) struct Recipient<'a> {
    pub id: &'a str,
}

#[derive(Serialize)]
pub(super) struct Send<'a> {
    pub recipient: Recipient<'a>,
    pub messaging_type: &'static str,
    pub message: Outgoing<'a>,
}

#[derive(Serialize)]
pub(super) struct Outgoing<'a> {
    #[serde(flatten)]
    pub content: &'a Content<'a>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub quick_replies: &'a [QuickReply<'a>],
    pub metadata: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Content<'a> {
    Text(Cow<'a, str>),
    Attachment(Attachment<'a>),
}

#[derive(Serialize)]
#[serde(tag = "type", content = "payload", rename_all = "lowercase")]
pub(super) enum Attachment<'a> {
    Image(File<'a>),
    Video(File<'a>),
    Audio(File<'a>),
    Template(Template<'a>),
}

#[derive(Serialize)]
pub(super) struct File<'a> {
    pub url: Cow<'a, str>,
    pub is_reusable: bool,
}

#[derive(Serialize)]
#[serde(tag = "template_type", rename_all = "lowercase")]
pub(super) enum Template<'a> {
    Button { text: Cow<'a, str>, buttons: Vec<Button<'a>> },
    Generic { elements: Vec<Element<'a>> },
}

#[derive(Serialize)]
pub(super) struct Element<'a> {
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
pub(super) struct DefaultAction<'a> {
    pub url: Cow<'a, str>,
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Button<'a> {
    WebUrl { title: Cow<'a, str>, url: Cow<'a, str> },
    PhoneNumber { title: Cow<'a, str>, payload: String },
    Postback { title: Cow<'a, str>, payload: String },
}

#[derive(Serialize)]
#[serde(tag = "content_type", rename = "text")]
pub(super) struct QuickReply<'a> {
    pub title: Cow<'a, str>,
    pub payload: String,
}

#[derive(Serialize)]
pub(super) struct PassThread<'a> {
    pub recipient: Recipient<'a>,
    pub target_app_id: u64,
    pub metadata: &'a str,
}
