//! KakaoTalk's JSON, in its spelling:
//! <https://kakaobusiness.gitbook.io/main/tool/chatbot/skill_guide/answer_json_format>. Only fields that somebody here
//! reads; `bot`, `contexts`, `lang`, `timezone` and whatever else comes are skipped.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::tolerant::{object, text};

/// Not copied unless it holds escapes.
type Text<'a> = Option<Cow<'a, str>>;

/// SkillPayload v2.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct SkillPayload<'a> {
    #[serde(borrow, deserialize_with = "object")]
    pub(super) intent: Block<'a>,
    #[serde(deserialize_with = "object")]
    pub(super) action: Action,
    #[serde(borrow, deserialize_with = "object")]
    pub(super) user_request: UserRequest<'a>,
    #[serde(borrow, deserialize_with = "object")]
    pub(super) flow: Flow<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Block<'a> {
    #[serde(borrow, deserialize_with = "text")]
    pub(super) id: Text<'a>,
    #[serde(borrow, deserialize_with = "text")]
    pub(super) name: Text<'a>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Action {
    /// Name to `{origin, value, groupName}`; `value` is often JSON inside a text.
    #[serde(deserialize_with = "object")]
    pub(super) detail_params: Map<String, Value>,
    /// An object, `null`, and in old documents the text `"null"`.
    pub(super) client_extra: Value,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct UserRequest<'a> {
    #[serde(borrow, deserialize_with = "text")]
    pub(super) utterance: Text<'a>,
    #[serde(borrow, deserialize_with = "object")]
    pub(super) block: Block<'a>,
    #[serde(borrow, deserialize_with = "object")]
    pub(super) user: User<'a>,
    #[serde(borrow, deserialize_with = "object")]
    pub(super) params: RequestParams<'a>,
    #[serde(borrow, deserialize_with = "text")]
    pub(super) callback_url: Text<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct User<'a> {
    #[serde(borrow, deserialize_with = "text")]
    pub(super) id: Text<'a>,
    /// `botUserKey`; `accountId` when the console tests the skill.
    #[serde(borrow, rename = "type", deserialize_with = "text")]
    pub(super) kind: Text<'a>,
    #[serde(borrow, deserialize_with = "object")]
    pub(super) properties: Properties<'a>,
}

/// Several spellings come side by side.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Properties<'a> {
    #[serde(borrow, deserialize_with = "text")]
    pub(super) bot_user_key: Text<'a>,
    #[serde(borrow, rename = "bot_user_key", deserialize_with = "text")]
    pub(super) bot_user_key_old: Text<'a>,
    #[serde(borrow, deserialize_with = "text")]
    pub(super) plusfriend_user_key: Text<'a>,
    #[serde(borrow, rename = "plusfriend_user_key", deserialize_with = "text")]
    pub(super) plusfriend_user_key_old: Text<'a>,
    #[serde(borrow, deserialize_with = "text")]
    pub(super) app_user_id: Text<'a>,
    #[serde(borrow, rename = "app_user_id", deserialize_with = "text")]
    pub(super) app_user_id_old: Text<'a>,
    /// Only there when true.
    #[serde(borrow, deserialize_with = "text")]
    pub(super) is_friend: Text<'a>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct RequestParams<'a> {
    /// `Kakaotalk.plusfriend`, or `BuilderBotTest` in the console.
    #[serde(borrow, deserialize_with = "text")]
    pub(super) surface: Text<'a>,
    #[serde(borrow, deserialize_with = "text")]
    pub(super) ignore_me: Text<'a>,
    /// `{type, url}`, or a text that holds it.
    pub(super) media: Value,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Flow<'a> {
    #[serde(borrow, deserialize_with = "object")]
    pub(super) trigger: Trigger<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Trigger<'a> {
    #[serde(borrow, rename = "type", deserialize_with = "text")]
    pub(super) kind: Text<'a>,
}

/// The other webhook: somebody added or blocked the channel.
/// <https://developers.kakao.com/docs/latest/ko/kakaotalk-channel/callback>
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct RelationEvent<'a> {
    #[serde(borrow, deserialize_with = "text")]
    pub(super) event: Text<'a>,
    #[serde(borrow, deserialize_with = "text")]
    pub(super) id: Text<'a>,
    #[serde(borrow, deserialize_with = "text")]
    pub(super) id_type: Text<'a>,
    #[serde(borrow, deserialize_with = "text")]
    pub(super) channel_public_id: Text<'a>,
    #[serde(borrow, deserialize_with = "text")]
    pub(super) plus_friend_public_id: Text<'a>,
    #[serde(borrow, deserialize_with = "text")]
    pub(super) channel_uuid: Text<'a>,
    #[serde(borrow, deserialize_with = "text")]
    pub(super) plus_friend_uuid: Text<'a>,
    #[serde(borrow, deserialize_with = "text")]
    pub(super) updated_at: Text<'a>,
    #[serde(borrow, deserialize_with = "text")]
    pub(super) timestamp: Text<'a>,
}

/// What the callback URL answers.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct CallbackAnswer<'a> {
    #[serde(borrow, deserialize_with = "text")]
    pub(super) status: Text<'a>,
    #[serde(borrow, deserialize_with = "text")]
    pub(super) message: Text<'a>,
}

/// SkillResponse 2.0. Without `version` it would be read as the old format.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SkillResponse {
    pub(super) version: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) template: Option<Template>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) use_callback: Option<bool>,
    /// Fills `{{#webhook.text}}` of the block's waiting bubble.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) data: Option<Data>,
}

#[derive(Serialize)]
pub(super) struct Data {
    pub(super) text: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Template {
    pub(super) outputs: Vec<Output>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) quick_replies: Vec<Button>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub(super) enum Output {
    SimpleText {
        text: String,
    },
    SimpleImage {
        image_url: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        alt_text: Option<String>,
    },
    TextCard(Card),
    BasicCard(Card),
    Carousel {
        #[serde(rename = "type")]
        kind: CarouselType,
        items: Vec<Card>,
    },
}

#[derive(Clone, Copy, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum CarouselType {
    TextCard,
    BasicCard,
}

/// A textCard, or with a thumbnail, which it must have, a basicCard.
#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Card {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) title: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) description: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) thumbnail: Option<Thumbnail>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) buttons: Vec<Button>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) button_layout: Option<ButtonLayout>,
}

#[derive(Clone, Copy, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum ButtonLayout {
    Vertical,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Thumbnail {
    pub(super) image_url: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) alt_text: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) link: Option<Link>,
}

#[derive(Serialize)]
pub(super) struct Link {
    pub(super) web: String,
}

/// Of a card, or a quick reply, which is always a `Message`. The official table prints "Message" once, but `action` is
/// lower case.
#[derive(Serialize)]
#[serde(tag = "action", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub(super) enum Button {
    Message {
        label: String,
        message_text: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        extra: Option<Value>,
    },
    WebLink {
        label: String,
        web_link_url: String,
    },
    Phone {
        label: String,
        phone_number: String,
    },
    /// Goes on in the channel's own chat with people, of which nothing reaches us.
    Operator {
        label: String,
    },
}
