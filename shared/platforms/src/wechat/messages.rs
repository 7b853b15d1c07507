//! What a customer said or did, in our words:
//! <https://developers.weixin.qq.com/doc/service/en/guide/product/message/Receiving_standard_messages.html>,
//! `Receiving_event_pushes` beside it.

use std::borrow::Cow;

use model::{ContentType, EpochMillis, InboundKind, Location, MessageData, Meta, Params, PlatformType, UserKey};
use serde_json::{Map, Value, json};

use super::wire::Push;
use super::{Wechat, limits};
use crate::{Ignored, Request, media};

/// Where voice and video are, but for their id and the access token.
pub(super) const MEDIA_URL: &str = "https://api.weixin.qq.com/cgi-bin/media/get?media_id=";

/// The kind of a push, or the name of what we do nothing about.
pub(super) fn read(
    wechat: &Wechat,
    request: &Request<'_>,
    user_key: &UserKey,
    timestamp: EpochMillis,
    kind: &str,
    push: &mut Push<'_>,
) -> Result<InboundKind, Ignored> {
    if kind == "event" {
        return event(user_key, timestamp, push);
    }
    let file = |content_type, id: &str| MessageData::media(content_type, media_uri(wechat, request, id));
    let media_id = push.media_id.as_deref();
    let mut payload = None;
    let mut custom = Map::new();
    let data = match kind {
        "text" => {
            payload = push.bizmsgmenuid.take().map(|id| self::payload(&id));
            push.content.take().map(|text| MessageData::text(text.into_owned()))
        }
        "image" => {
            let public = push.pic_url.take().map(|url| MessageData::media(ContentType::Image, url.into_owned()));
            public.or_else(|| media_id.map(|id| file(ContentType::Image, id)))
        }
        "voice" => {
            keep(&mut custom, "format", push.format.take());
            let heard = push.recognition.take().map(|text| MessageData::text(text.into_owned()));
            heard.or_else(|| media_id.map(|id| file(ContentType::Audio, id)))
        }
        "video" | "shortvideo" => {
            keep(&mut custom, "thumbMediaId", push.thumb_media_id.take());
            media_id.map(|id| file(ContentType::Video, id))
        }
        "location" => place(push),
        "link" => {
            keep(&mut custom, "title", push.title.take());
            keep(&mut custom, "description", push.description.take());
            push.url.take().map(|url| MessageData::media(ContentType::Link, url.into_owned()))
        }
        other => return Err(Ignored::new(&format!("message {other}"))),
    };
    let data = data.ok_or_else(|| Ignored::new(&format!("message {kind} without its fields")))?;
    keep(&mut custom, "mediaId", push.media_id.take());
    let custom = (!custom.is_empty()).then_some(Value::Object(custom));
    let meta = Box::new(Meta { payload, custom, ..Meta::default() });
    let platform_message_id = push.msg_id.as_ref().map(|id| id.trim().to_owned());
    Ok(InboundKind::Message { platform_message_id, data, meta })
}

/// The names are mixed in case, and case matters.
fn event(user_key: &UserKey, timestamp: EpochMillis, push: &mut Push<'_>) -> Result<InboundKind, Ignored> {
    let name = push.event.clone().unwrap_or_default();
    match &*name {
        "subscribe" => {
            // Of a QR code; other ways to us have other keys.
            let scene = push.event_key.take().filter(|key| key.starts_with(SCENE));
            let params = scene.map_or_else(Params::new, |key| scene_params(&key[SCENE.len()..], push.ticket.take()));
            Ok(InboundKind::Joined { params })
        }
        "unsubscribe" => Ok(InboundKind::left()),
        "SCAN" => {
            let scene = push.event_key.take().unwrap_or_default();
            Ok(InboundKind::Updated { params: scene_params(&scene, push.ticket.take()) })
        }
        "LOCATION" => {
            // Sent by itself, so nobody said where they are.
            let (latitude, longitude) = (number(push.latitude.take()), number(push.longitude.take()));
            let (Some(latitude), Some(longitude)) = (latitude, longitude) else {
                return Err(Ignored::new("event LOCATION without its fields"));
            };
            let precision = number(push.precision.take());
            let location = json!({ "latitude": latitude, "longitude": longitude, "precision": precision });
            Ok(InboundKind::Updated { params: Params::from_iter([("location".to_owned(), location)]) })
        }
        "CLICK" => {
            let key = push.event_key.take().ok_or_else(|| Ignored::new("event CLICK without a key"))?;
            Ok(InboundKind::Message {
                platform_message_id: Some(format!("{user_key}:{}:CLICK", timestamp.seconds().0)),
                meta: Box::new(Meta { payload: Some(payload(&key)), ..Meta::default() }),
                data: MessageData::text(key.into_owned()),
            })
        }
        other => Err(Ignored::new(&format!("event {other}"))),
    }
}

const SCENE: &str = "qrscene_";

fn scene_params(scene: &str, ticket: Option<Cow<'_, str>>) -> Params {
    let mut params = Params::from_iter([("qrscene".to_owned(), json!(scene))]);
    keep(&mut params, "ticket", ticket);
    params
}

/// An object where the text holds one.
fn payload(text: &str) -> Value {
    serde_json::from_str::<Map<String, Value>>(text).map_or_else(|_| json!(text), Value::Object)
}

fn place(push: &mut Push<'_>) -> Option<MessageData> {
    let (latitude, longitude) = (number(push.location_x.take())?, number(push.location_y.take())?);
    let title = push.label.take().map(Cow::into_owned);
    Some(MessageData::Location { location: Location { title, latitude, longitude } })
}

fn number(text: Option<Cow<'_, str>>) -> Option<f64> {
    text?.trim().parse().ok().filter(|number: &f64| number.is_finite())
}

/// A link of ours, that opens for three days. Nobody could open it without the AppSecret, and then it is but a name.
fn media_uri(wechat: &Wechat, request: &Request<'_>, media_id: &str) -> String {
    if wechat.settings.app_secret.is_none() || !is_media_id(media_id) {
        return format!("wechat-media:{media_id}");
    }
    let (source, tokens) = (format!("{MEDIA_URL}{media_id}"), &wechat.settings.tokens);
    media::link(
        &wechat.public_url,
        PlatformType::Wechat,
        &wechat.bot_id,
        tokens,
        &source,
        limits::KEPT_SECONDS,
        request.received_at,
    )
}

/// It becomes part of an address that the access token is sent to.
pub(super) fn is_media_id(id: &str) -> bool {
    !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
}

fn keep(fields: &mut Map<String, Value>, name: &str, value: Option<Cow<'_, str>>) {
    if let Some(value) = value {
        fields.insert(name.to_owned(), json!(value));
    }
}
