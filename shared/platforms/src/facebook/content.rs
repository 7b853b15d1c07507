//! What a message or a press says: <https://developers.facebook.com/docs/messenger-platform/reference/webhook-events/messages>,
//! and `messaging_postbacks` there.

use std::borrow::Cow;

use model::{Card, ContentType, Location, Media, MessageData, Meta};
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

use super::limits;
use super::payload;
use super::wire::{Attached, AttachedPayload, Message, Product};
use crate::{Ignored, fit};

/// The thumb beside the input field, in its three sizes.
const LIKES: [&str; 3] = ["369239263222822", "369239343222814", "369239383222810"];

/// One message becomes several: its words, and each of its attachments.
pub(super) struct Said {
    pub parts: Vec<Part>,
    pub ignored: Vec<Ignored>,
}

pub(super) struct Part {
    pub data: MessageData,
    pub meta: Meta,
}

pub(super) fn message(message: Message<'_>) -> Said {
    let mut said = Said { parts: Vec::new(), ignored: Vec::new() };
    let has_text = message.text.is_some();
    let pressed = message.quick_reply.and_then(|reply| reply.payload);
    let (label, press) = pressed.as_deref().map_or((None, None), payload::pressed);
    // Of a press that says nothing else, as with a postback, the payload is what was said.
    if let Some(text) = label.or_else(|| message.text.or(pressed).map(String::from)) {
        said.parts.push(Part::new(MessageData::text(text)));
    }
    for attached in without_twins(message.attachments) {
        let kind = attached.kind.clone().unwrap_or_default();
        // The preview of a link in the text.
        if kind == "fallback" && has_text {
            continue;
        }
        match attachment(&kind, attached) {
            Some(part) => said.parts.push(part),
            None => said.ignored.push(Ignored::new(&format!("attachment {kind}"))),
        }
    }

    if let Some(first) = said.parts.first_mut() {
        first.meta.payload = press;
        let extra = [
            ("commands", message.commands),
            ("nlp", message.nlp),
            ("referral", message.referral),
            ("replyTo", message.reply_to),
            ("tags", message.tags),
        ];
        first.keep(extra.map(|(name, json)| (name, json.and_then(value))));
    }
    said
}

/// Nothing, where there is neither a title nor a payload.
pub(super) fn postback(title: Option<&str>, carried: Option<&str>, referral: Option<&RawValue>) -> Option<Part> {
    let (label, press) = carried.map_or((None, None), payload::pressed);
    let text = label.or_else(|| title.or(carried).map(str::to_owned))?;
    let mut part = Part::new(MessageData::text(text));
    part.meta.payload = press;
    part.keep([("referral", referral.and_then(value))]);
    Some(part)
}

/// For some months of 2026 a sticker had its picture as a twin, before or behind it. What the sticker itself does not
/// tell is in there.
fn without_twins(mut attachments: Vec<Attached<'_>>) -> Vec<Attached<'_>> {
    let is = |attached: &Attached<'_>, kind: &str| attached.kind.as_deref() == Some(kind);
    if !attachments.iter().any(|attached| is(attached, "sticker")) {
        return attachments;
    }
    let mut twins = Vec::new();
    attachments.retain_mut(|attached| {
        let is_twin = is(attached, "image");
        twins.extend(attached.payload.take_if(|_| is_twin));
        !is_twin
    });
    for (sticker, twin) in attachments.iter_mut().filter(|attached| is(attached, "sticker")).zip(twins) {
        let payload = sticker.payload.get_or_insert_default();
        payload.url = payload.url.take().or(twin.url);
        payload.sticker_id = payload.sticker_id.take().or(twin.sticker_id);
    }
    attachments
}

fn attachment(kind: &str, attached: Attached<'_>) -> Option<Part> {
    let Attached { title, url, payload, .. } = attached;
    let mut payload = payload.unwrap_or_default();
    let title = payload.title.take().or(title);
    match kind {
        "image" if payload.sticker_id.is_none() => media(ContentType::Image, payload.url.as_deref()?, title),
        "image" | "sticker" => sticker(&payload),
        "video" => media(ContentType::Video, payload.url.as_deref()?, title),
        "audio" => media(ContentType::Audio, payload.url.as_deref()?, title),
        "file" => media(ContentType::Link, payload.url.as_deref()?, title),
        "location" => place(&payload, title),
        "fallback" => media(ContentType::Link, &payload.url.or(url)?, title),
        "reel" | "ig_reel" | "post" | "ig_post" | "share" => payload
            .url
            .or(url)
            .and_then(|url| media(ContentType::Link, &url, title.clone()))
            // An address without a host leads nowhere.
            .or_else(|| title.map(|title| Part::new(MessageData::text(title)))),
        "template" => products(payload.product?),
        _ => None,
    }
}

/// Meta's servers give it to everybody, for as long as the address is good.
fn media(content_type: ContentType, url: &str, title: Option<Cow<'_, str>>) -> Option<Part> {
    opens(url).then(|| {
        let mut part = Part::new(MessageData::media(content_type, url));
        part.meta.comment = title.map(String::from);
        part
    })
}

/// Some addresses are relative, and lead nowhere without Meta's page around them.
fn opens(url: &str) -> bool {
    ["http://", "https://"].iter().any(|start| {
        url.get(..start.len()).is_some_and(|given| given.eq_ignore_ascii_case(start)) && url.len() > start.len()
    })
}

fn sticker(payload: &AttachedPayload<'_>) -> Option<Part> {
    let id = payload.sticker_id.as_deref();
    let mut part = if id.is_some_and(|id| LIKES.contains(&id)) {
        Part::new(MessageData::text("👍"))
    } else {
        media(ContentType::Image, payload.url.as_deref()?, None)?
    };
    part.keep([("stickerId", id.map(|id| json!(id)))]);
    Some(part)
}

fn place(payload: &AttachedPayload<'_>, title: Option<Cow<'_, str>>) -> Option<Part> {
    let coordinates = payload.coordinates.as_ref()?;
    let within = |degrees: Option<f64>, most: f64| degrees.filter(|degrees| (-most..=most).contains(degrees));
    let latitude = within(coordinates.lat, limits::LATITUDE)?;
    let longitude = within(coordinates.long, limits::LONGITUDE)?;
    let mut dropped = Vec::new();
    let short = title.as_ref().map(|full| fit::cut(full, limits::LOCATION_TITLE, "title", &mut dropped).into_owned());
    let mut part = Part::new(MessageData::Location { location: Location { title: short, latitude, longitude } });
    part.keep([("title", title.filter(|_| !dropped.is_empty()).map(|full| json!(full)))]);
    Some(part)
}

/// Of the Page's shop, shared by the customer.
fn products(product: Product<'_>) -> Option<Part> {
    let mut ids = Vec::new();
    let cards: Vec<_> = product
        .elements
        .into_iter()
        .map(|element| {
            ids.push(json!({ "id": element.id, "retailerId": element.retailer_id }));
            let picture =
                |url: Cow<'_, str>| Media { content_type: ContentType::Image, uri: url.into_owned(), alt_text: None };
            Card {
                title: element.title.map(String::from),
                description: element.subtitle.map(String::from),
                media: element.image_url.filter(|url| opens(url)).map(picture),
                ..Card::default()
            }
        })
        .collect();
    let mut part = (!cards.is_empty()).then(|| Part::new(MessageData::Cards { cards }))?;
    part.keep([("products", Some(Value::Array(ids)))]);
    Some(part)
}

impl Part {
    fn new(data: MessageData) -> Self {
        Self { data, meta: Meta::default() }
    }

    /// In `meta.facebook`.
    fn keep<const N: usize>(&mut self, fields: [(&str, Option<Value>); N]) {
        for (name, value) in fields {
            let Some(value) = value else { continue };
            let kept = self.meta.extra.entry("facebook").or_insert_with(|| Value::Object(Map::new()));
            kept[name] = value;
        }
    }
}

fn value(json: &RawValue) -> Option<Value> {
    serde_json::from_str(json.get()).ok().filter(|value: &Value| !value.is_null())
}
