//! What Meta sends: <https://developers.facebook.com/docs/messenger-platform/reference/webhook-events>. All of it is
//! optional, and what we only pass on stays as it came.

use std::borrow::Cow;
use std::fmt;

use serde::de::{IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use crate::facebook::tolerant;

#[derive(Deserialize)]
pub(in crate::facebook) struct Webhook<'a> {
    #[serde(borrow, default, deserialize_with = "tolerant::text")]
    pub object: Option<Cow<'a, str>>,
    #[serde(borrow, default, deserialize_with = "tolerant::list")]
    pub entry: Vec<Entry<'a>>,
}

#[derive(Deserialize)]
pub(in crate::facebook) struct Entry<'a> {
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
pub(in crate::facebook) struct Parts<'a> {
    #[serde(borrow, default, deserialize_with = "tolerant::text")]
    pub object: Option<Cow<'a, str>>,
    #[serde(borrow)]
    pub entry: Option<&'a RawValue>,
}

#[derive(Deserialize)]
pub(in crate::facebook) struct EntryParts<'a> {
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
pub(in crate::facebook) struct Change<'a> {
    #[serde(borrow, default, deserialize_with = "tolerant::text")]
    pub field: Option<Cow<'a, str>>,
}

/// Read by hand, for the name of a kind that we do not know. Boxes, because most of them are empty and it is moved about.
#[derive(Default)]
pub(in crate::facebook) struct Event<'a> {
    pub sender: Option<Party<'a>>,
    pub recipient: Option<Party<'a>>,
    pub timestamp: Option<i64>,
    pub message: Option<Box<Message<'a>>>,
    pub postback: Option<Box<Postback<'a>>>,
    pub referral: Option<Box<Referral<'a>>>,
    pub lead: Option<Box<Lead<'a>>>,
    pub optin: Option<Box<Optin<'a>>>,
    pub pass_thread_control: Option<Box<PassThreadControl<'a>>>,
    pub policy_enforcement: Option<Box<PolicyEnforcement<'a>>>,
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
pub(in crate::facebook) struct Party<'a> {
    #[serde(borrow, default, deserialize_with = "tolerant::text")]
    pub id: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
pub(in crate::facebook) struct Message<'a> {
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
    /// Of an echo: what the sender of the message wrote there.
    #[serde(borrow, default, deserialize_with = "tolerant::text")]
    pub metadata: Option<Cow<'a, str>>,
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
pub(in crate::facebook) struct QuickReplyPressed<'a> {
    #[serde(borrow, default, deserialize_with = "tolerant::text")]
    pub payload: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
pub(in crate::facebook) struct Attached<'a> {
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
pub(in crate::facebook) struct AttachedPayload<'a> {
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
pub(in crate::facebook) struct Coordinates {
    #[serde(default, deserialize_with = "tolerant::number")]
    pub lat: Option<f64>,
    #[serde(default, deserialize_with = "tolerant::number")]
    pub long: Option<f64>,
}

#[derive(Deserialize)]
pub(in crate::facebook) struct Product<'a> {
    #[serde(borrow, default, deserialize_with = "tolerant::list")]
    pub elements: Vec<ProductElement<'a>>,
}

#[derive(Deserialize)]
pub(in crate::facebook) struct ProductElement<'a> {
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
pub(in crate::facebook) struct Postback<'a> {
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
pub(in crate::facebook) struct Referral<'a> {
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
pub(in crate::facebook) struct Lead<'a> {
    #[serde(borrow)]
    pub data: Option<&'a RawValue>,
}

#[derive(Deserialize)]
pub(in crate::facebook) struct Optin<'a> {
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
pub(in crate::facebook) struct PassThreadControl<'a> {
    #[serde(borrow, default, deserialize_with = "tolerant::text")]
    pub new_owner_app_id: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
pub(in crate::facebook) struct PolicyEnforcement<'a> {
    #[serde(borrow, default, deserialize_with = "tolerant::text")]
    pub action: Option<Cow<'a, str>>,
}
