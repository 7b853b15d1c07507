//! Reads a message of an export.

use model::ContentType;
use serde_json::Value;

use super::{Card, Media, Message, button};
use crate::import::{ImportError, Reader, field};
use crate::template::{Expansion, Text};

/// None, with a warning, where there is no message.
pub(crate) fn read(json: &Value, reader: &mut Reader, name: &str) -> Result<Option<Message>, ImportError> {
    if reader.object(json, name)?.is_none() {
        reader.warn(format!("has no `{name}`"));
        return Ok(None);
    }
    let at = |key: &str| format!("{name}.{key}");
    let kind = match field(json, "type") {
        Value::Null if json.get("cards").is_some() => "cards",
        Value::Null if json.get("media").is_some() => "media",
        Value::Null if json.get("location").is_some() => "location",
        Value::Null => "text",
        value => value.as_str().ok_or_else(|| reader.error(&at("type"), "is a text"))?,
    };
    let text = reader.text(field(json, "text"), &at("text"))?;
    Ok(Some(match kind {
        "text" => Message::Text {
            text: text.unwrap_or(Text::Plain(String::new())),
            buttons: button::read_list(field(json, "buttons"), reader, &at("buttons"))?,
        },
        "media" => {
            let Some(media) = media(field(json, "media"), reader, &at("media"))? else {
                reader.warn(format!("has no `{name}.media.uri`"));
                return Ok(None);
            };
            Message::Media { media, text, buttons: button::read_list(field(json, "buttons"), reader, &at("buttons"))? }
        }
        "cards" => {
            let list = reader.list(field(json, "cards"), &at("cards"))?;
            let cards =
                list.iter().enumerate().map(|(index, json)| card(json, reader, &at(&format!("cards[{index}]"))));
            Message::Cards { cards: cards.collect::<Result<_, _>>()? }
        }
        "location" => {
            let location = field(json, "location");
            let mut part = |key: &str| reader.text(field(location, key), &at(&format!("location.{key}")));
            let title = part("title")?.or(part("label")?);
            let (Some(latitude), Some(longitude)) = (part("latitude")?, part("longitude")?) else {
                return Err(reader.error(&at("location"), "has a latitude and a longitude"));
            };
            Message::Location { title, latitude, longitude }
        }
        other => {
            let reason = format!("is text, media, cards or location, not `{other}`");
            return Err(reader.error(&at("type"), &reason));
        }
    }))
}

fn media(json: &Value, reader: &mut Reader, name: &str) -> Result<Option<Media>, ImportError> {
    reader.object(json, name)?;
    let Some(uri) = reader.text(field(json, "uri"), &format!("{name}.uri"))? else { return Ok(None) };
    let content_type = match field(json, "contentType").as_str() {
        Some("image") | None => ContentType::Image,
        Some("video") => ContentType::Video,
        Some("audio") => ContentType::Audio,
        Some("link") => ContentType::Link,
        Some(other) => {
            reader.warn(format!("`{name}.contentType` is image, video, audio or link: `{other}` is sent as a link"));
            ContentType::Link
        }
    };
    Ok(Some(Media { content_type, uri, alt_text: reader.text(field(json, "altText"), &format!("{name}.altText"))? }))
}

fn card(json: &Value, reader: &mut Reader, name: &str) -> Result<Card, ImportError> {
    if reader.object(json, name)?.is_none() {
        return Err(reader.error(name, "is an object"));
    }
    let mut text = |key: &str| reader.text(field(json, key), &format!("{name}.{key}"));
    let (mut title, mut description, mut uri) = (text("title")?, text("description")?, text("uri")?);
    let mut media = media(field(json, "media"), reader, &format!("{name}.media"))?;
    let mut buttons = button::read_list(field(json, "buttons"), reader, &format!("{name}.buttons"))?;
    let of_media = media.iter_mut().flat_map(|media| [Some(&mut media.uri), media.alt_text.as_mut()]);
    let own = [title.as_mut(), description.as_mut(), uri.as_mut()].into_iter().chain(of_media);
    let mut expansion = Expansion::read(&mut own.flatten().collect::<Vec<_>>());
    buttons.iter_mut().for_each(|button| button.move_into(&mut expansion));
    // Only now is known whose item the card is.
    buttons.iter_mut().for_each(|button| button.move_into(&mut expansion));
    Ok(Card { title, description, media, uri, buttons, expansion })
}
