//! What a customer said, by message or by button:
//! <https://developers.line.biz/en/reference/messaging-api/#message-event>, `#postback-event`.

use model::{ContentType, InboundKind, Location, MessageData, Meta, PlatformType};
use serde_json::{Map, Value, json};

use super::inbound::text;
use super::wire::{Event, Message};
use super::{DATA_API_URL, Line};
use crate::fit::{self, Limit, Unit};
use crate::{Ignored, Request, media};

/// LINE does not give the picture of a sticker, and not always its text. A bot should answer it all the same.
const STICKER: &str = "(sticker)";

/// LOCATION.title of the webhook guide.
const LOCATION_TITLE: Limit = Limit(50, Unit::Unknown);

pub(super) fn message(
    line: &Line,
    request: &Request<'_>,
    event: &mut Event<'_>,
    standby: bool,
) -> Result<InboundKind, Ignored> {
    let mut extra = common(event);
    let Some(message) = &mut event.message else { return Err(Ignored::new("message without a message")) };
    let kind = text(message.kind.take()).unwrap_or_default();
    let mut comment = None;
    let data = match &*kind {
        "text" => text(message.text.take()).map(MessageData::text),
        "image" => file(ContentType::Image, line, request, message, &mut extra),
        "video" => file(ContentType::Video, line, request, message, &mut extra),
        "audio" => file(ContentType::Audio, line, request, message, &mut extra),
        "file" => {
            comment = text(message.file_name.take()).map(String::from);
            keep(&mut extra, "fileName", comment.as_ref().map(|name| json!(name)));
            file(ContentType::Link, line, request, message, &mut extra)
        }
        "location" => place(message, &mut extra),
        "sticker" => Some(MessageData::text(text(message.text.take()).unwrap_or(STICKER.into()))),
        other => return Err(Ignored::new(&format!("message {other}"))),
    };
    let data = data.ok_or_else(|| Ignored::new(&format!("message {kind} without its fields")))?;

    for (name, value) in [
        ("duration", &mut message.duration),
        ("emojis", &mut message.emojis),
        ("fileSize", &mut message.file_size),
        ("imageSet", &mut message.image_set),
        ("keywords", &mut message.keywords),
        ("markAsReadToken", &mut message.mark_as_read_token),
        ("mention", &mut message.mention),
        ("packageId", &mut message.package_id),
        ("quoteToken", &mut message.quote_token),
        ("quotedMessageId", &mut message.quoted_message_id),
        ("stickerId", &mut message.sticker_id),
        ("stickerResourceType", &mut message.sticker_resource_type),
    ] {
        keep(&mut extra, name, value.take());
    }
    let platform_message_id = message.id.as_ref().map(|id| id.0.to_string()).filter(|id| !id.is_empty());
    let meta = Meta { comment, ..meta(extra, standby) };
    Ok(InboundKind::Message { platform_message_id, data, meta: Box::new(meta) })
}

/// What LINE holds opens by a link of ours, with the channel's token; what another server holds, LINE does not serve.
fn file(
    content_type: ContentType,
    line: &Line,
    request: &Request<'_>,
    message: &mut Message<'_>,
    extra: &mut Map<String, Value>,
) -> Option<MessageData> {
    if let Some(provider) = message.content_provider.take()
        && provider.kind.is_some_and(|kind| kind.0 == "external")
    {
        keep(extra, "previewImageUrl", provider.preview_image_url);
        return text(provider.original_content_url).map(|url| MessageData::media(content_type, url));
    }
    let id = message.id.as_ref()?;
    // It becomes part of an address that the token is sent to.
    if id.0.is_empty() || !id.0.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return None;
    }
    let source = format!("{DATA_API_URL}/v2/bot/message/{}/content", id.0);
    let now = request.received_at;
    let link = media::link(
        &line.public_url,
        PlatformType::Line,
        &line.bot_id,
        &line.secrets,
        &source,
        media::LIFETIME_SECONDS,
        now,
    );
    Some(MessageData::media(content_type, link))
}

fn place(message: &mut Message<'_>, extra: &mut Map<String, Value>) -> Option<MessageData> {
    let (title, address) = (text(message.title.take()), text(message.address.take()));
    keep(extra, "address", address.as_ref().map(|address| json!(address)));
    let title = title.or(address).map(|full| {
        let mut dropped = Vec::new();
        let title = fit::cut(&full, LOCATION_TITLE, "title", &mut dropped).into_owned();
        keep(extra, "title", (!dropped.is_empty()).then(|| json!(full)));
        title
    });
    let location = Location { title, latitude: message.latitude?, longitude: message.longitude? };
    Some(MessageData::Location { location })
}

/// A button was pressed, or a date picked.
pub(super) fn postback(event: &mut Event<'_>, standby: bool) -> Result<InboundKind, Ignored> {
    let mut extra = common(event);
    let postback = event.postback.take().ok_or_else(|| Ignored::new("postback without a postback"))?;
    let params = postback.params.unwrap_or_default();
    // The customer leafed through the menu, and said nothing.
    if !params["status"].is_null() || !params["newRichMenuAliasId"].is_null() {
        return Err(Ignored::new("postback richmenu"));
    }
    let data = text(postback.data).ok_or_else(|| Ignored::new("postback without data"))?;
    let (label, payload) = pressed(&data);
    keep(&mut extra, "params", Some(params).filter(|params| !params.is_null()));

    let platform_message_id = event.webhook_event_id.as_ref().map(|id| id.0.to_string()).filter(|id| !id.is_empty());
    let data = MessageData::text(label.unwrap_or_else(|| data.into_owned()));
    let meta = Meta { payload, ..meta(extra, standby) };
    Ok(InboundKind::Message { platform_message_id, data, meta: Box::new(meta) })
}

/// The label and payload of our own button; of another's only the payload, for LINE does not tell the label.
fn pressed(data: &str) -> (Option<String>, Option<Value>) {
    let fields = serde_json::from_str::<Map<String, Value>>(data);
    let Ok(mut fields) = fields else { return (None, Some(json!(data))) };
    match (fields.len(), fields.get("l"), fields.get("p")) {
        (2, Some(Value::String(label)), Some(payload)) if !label.is_empty() && !payload.is_null() => {
            (Some(label.clone()), fields.remove("p"))
        }
        (0, _, _) => (None, None),
        _ => (None, Some(Value::Object(fields))),
    }
}

/// `meta.line` of every event.
fn common(event: &Event<'_>) -> Map<String, Value> {
    let mut extra = Map::new();
    keep(&mut extra, "mode", event.mode.as_ref().map(|mode| json!(mode.0)));
    let redelivery = event.delivery_context.as_ref().and_then(|context| context.is_redelivery);
    keep(&mut extra, "isRedelivery", redelivery.map(Value::Bool));
    extra
}

fn meta(line: Map<String, Value>, standby: bool) -> Meta {
    let mut meta = Meta { standby, ..Meta::default() };
    if !line.is_empty() {
        meta.extra.insert("line".to_owned(), Value::Object(line));
    }
    meta
}

fn keep(fields: &mut Map<String, Value>, name: &str, value: Option<Value>) {
    if let Some(value) = value {
        fields.insert(name.to_owned(), value);
    }
}
