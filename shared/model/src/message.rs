//! MESSAGE and its parts.

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use crate::{ConversationId, EndUserId, EpochMillis, InboundId, MessageId};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Message {
    pub id: MessageId,
    pub end_user_id: EndUserId,
    pub conversation_id: ConversationId,
    /// Of the request that carried it: on messages of users and agents, never on the bot's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<InboundId>,
    /// True for the customer, false for bot and agent.
    pub is_user: bool,
    /// `null` when there is nothing to say, and never left out.
    #[serde(default)]
    pub meta: Option<Meta>,
    pub data: MessageData,
    pub timestamp: EpochMillis,
}

/// MESSAGE.DATA: the four message types.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum MessageData {
    Text {
        text: String,
        /// `button`, a single one, is the guide's older spelling.
        #[serde(default, alias = "button", deserialize_with = "one_or_many", skip_serializing_if = "Vec::is_empty")]
        buttons: Vec<Button>,
    },
    Media {
        media: Media,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        text: Option<String>,
        #[serde(default, alias = "button", deserialize_with = "one_or_many", skip_serializing_if = "Vec::is_empty")]
        buttons: Vec<Button>,
    },
    Cards {
        cards: Vec<Card>,
    },
    Location {
        location: Location,
    },
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Media {
    pub content_type: ContentType,
    pub uri: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alt_text: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ContentType {
    Image,
    Video,
    Audio,
    /// Anything that a client can only offer to open.
    Link,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Card {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub media: Option<Media>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uri: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub buttons: Vec<Button>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Location {
    /// Called `label` in the Bot Builder's form.
    #[serde(default, alias = "label", skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    pub latitude: f64,
    pub longitude: f64,
}

/// With a `uri` it opens that; without, a press says its label, and hands `payload` along.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Button {
    pub label: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uri: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payload: Option<Value>,
    /// A press calls a person of the company, where the messenger has a button for that; elsewhere it says its label.
    #[serde(default, skip_serializing_if = "is_false")]
    pub agent_call: bool,
}

/// MESSAGE.META, and what the adapters of all platforms agree to put there.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Meta {
    /// Who wrote it, on messages of agents.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sender: Option<Sender>,
    /// Of a pressed button: an object where the platform gave one or a text that holds one; else the text as received.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payload: Option<Value>,
    /// The bot author's own, `data.meta.custom` of a response node.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom: Option<Value>,
    /// A human owns the conversation: the bot must not answer.
    #[serde(default, skip_serializing_if = "is_false")]
    pub standby: bool,
    /// Test traffic of the messenger's own console: answered, but kept out of statistics.
    #[serde(default, skip_serializing_if = "is_false")]
    pub test: bool,
    /// A caption or file name that came with a media item.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// What else the platform's sheet names.
    #[serde(flatten)]
    pub extra: serde_json::Map<String, Value>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Sender {
    pub user_key: String,
    pub platform: String,
}

impl MessageData {
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text { text: text.into(), buttons: Vec::new() }
    }

    pub fn media(content_type: ContentType, uri: impl Into<String>) -> Self {
        Self::Media { media: Media { content_type, uri: uri.into(), alt_text: None }, text: None, buttons: Vec::new() }
    }

    /// `text`, `media`, `cards` or `location`.
    pub const fn type_name(&self) -> &'static str {
        match self {
            Self::Text { .. } => "text",
            Self::Media { .. } => "media",
            Self::Cards { .. } => "cards",
            Self::Location { .. } => "location",
        }
    }

    /// Every button of the message, those of its cards included.
    pub fn buttons(&self) -> Box<dyn Iterator<Item = &Button> + '_> {
        match self {
            Self::Text { buttons, .. } | Self::Media { buttons, .. } => Box::new(buttons.iter()),
            Self::Cards { cards } => Box::new(cards.iter().flat_map(|card| &card.buttons)),
            Self::Location { .. } => Box::new(std::iter::empty()),
        }
    }
}

impl Button {
    pub fn say(label: impl Into<String>) -> Self {
        Self { label: label.into(), ..Self::default() }
    }

    pub fn open(label: impl Into<String>, uri: impl Into<String>) -> Self {
        Self { label: label.into(), uri: Some(uri.into()), ..Self::default() }
    }

    /// Whether a press says the label. Forms leave empty texts behind.
    pub fn says(&self) -> bool {
        self.uri.as_deref().is_none_or(|uri| uri.trim().is_empty())
    }

    /// A short name for label and payload, for messengers that bring back less than both: `p_` and 32 hex digits. The
    /// conversation knows what it stands for.
    pub fn reference(&self) -> String {
        reference(&self.label, self.payload.as_ref())
    }
}

/// See [`Button::reference`].
pub fn reference(label: &str, payload: Option<&Value>) -> String {
    let payload = payload.map(Value::to_string).unwrap_or_default();
    format!("p_{}", crate::ids::name(&["button", label, &payload]).simple())
}

impl Meta {
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// `null` rather than `{}`, as in the guide's samples.
    pub fn or_null(self) -> Option<Self> {
        (!self.is_empty()).then_some(self)
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_false(value: &bool) -> bool {
    !value
}

fn one_or_many<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Button>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum OneOrMany {
        Many(Vec<Button>),
        One(Button),
        None,
    }
    Ok(match OneOrMany::deserialize(deserializer)? {
        OneOrMany::Many(buttons) => buttons,
        OneOrMany::One(button) => vec![button],
        OneOrMany::None => Vec::new(),
    })
}
