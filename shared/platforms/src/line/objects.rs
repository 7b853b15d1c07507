//! A turn as message objects: <https://developers.line.biz/en/reference/messaging-api/#message-objects>.

use std::borrow::Cow;

use model::{Button, ContentType, Keyboard, KeyboardType, Location, Media, MessageData, Reply};

use super::buttons::{Press, address, cut, fits, usable};
use super::cards::{button_bubbles, cards};
use super::limits;
use super::wire::{Action, Column, Content, Object, QuickReply, QuickReplyItem, Template};
use crate::fit::{self, Dropped};

/// The title that LINE wants, where the bot gave none.
const LOCATION: &str = "Location";

/// The button that opens a map to choose from. It needs no language.
const CHOOSE_LOCATION: &str = "📍";

pub(super) fn objects<'a>(
    reply: &'a Reply,
    video_preview: Option<&'a str>,
    dropped: &mut Vec<Dropped>,
) -> Vec<Object<'a>> {
    let mut contents = Vec::new();
    for message in &reply.messages {
        match &message.data {
            MessageData::Text { text, buttons } => contents.extend(text_and_buttons(text, buttons, dropped)),
            MessageData::Media { media, text, buttons } => {
                let text = text.as_deref().unwrap_or_default();
                contents.extend(media_and_text(media, video_preview, text, buttons, dropped));
            }
            MessageData::Cards { cards: list } => contents.extend(cards(list, dropped)),
            MessageData::Location { location } => contents.extend(place(location, dropped)),
        }
    }

    let quick_reply = reply.keyboard.as_ref().and_then(|keyboard| keys(keyboard, &mut contents, dropped));
    let mut objects: Vec<_> = contents.into_iter().map(|content| Object { content, quick_reply: None }).collect();
    // Only the last object of a turn shows its quick replies.
    if let Some(last) = objects.last_mut() {
        last.quick_reply = quick_reply;
    }
    objects
}

fn text_and_buttons<'a>(text: &'a str, buttons: &'a [Button], dropped: &mut Vec<Dropped>) -> Vec<Content<'a>> {
    let presses = usable(buttons, dropped);
    let has_text = !text.trim().is_empty();
    // Addresses in a template cannot be tapped.
    let as_template = has_text
        && !text.contains("://")
        && (1..=limits::BUTTONS).contains(&presses.len())
        && fits(text, limits::BUTTONS_TEXT)
        && presses.iter().all(|press| press.fits(limits::LABEL));
    if as_template {
        let actions = presses.into_iter().map(|press| press.action(limits::LABEL, dropped)).collect();
        let alt_text = cut(text, limits::ALT_TEXT, "alt text", &mut Vec::new());
        let column =
            Column { thumbnail_image_url: None, title: None, text: text.into(), default_action: None, actions };
        return vec![Content::Template { alt_text, template: Template::Buttons(column) }];
    }
    let mut contents = texts(text.into());
    contents.extend(button_bubbles(presses, dropped));
    contents
}

fn texts(text: Cow<'_, str>) -> Vec<Content<'_>> {
    let pieces: Vec<Cow<'_, str>> = match text {
        Cow::Borrowed(text) => fit::split(text, limits::TEXT).into_iter().map(Cow::Borrowed).collect(),
        Cow::Owned(text) => fit::split(&text, limits::TEXT).into_iter().map(|piece| piece.to_owned().into()).collect(),
    };
    pieces.into_iter().map(|text| Content::Text { text }).collect()
}

/// Video wants a preview picture and audio its length, and a bot gives us neither: audio becomes a link, video too where
/// no picture stands for all, as do pictures that LINE does not take.
fn media_and_text<'a>(
    media: &'a Media,
    video_preview: Option<&'a str>,
    text: &'a str,
    buttons: &'a [Button],
    dropped: &mut Vec<Dropped>,
) -> Vec<Content<'a>> {
    let shown = match picture(media) {
        Some(uri) => Some(Content::Image { original_content_url: uri.clone(), preview_image_url: uri }),
        None => video_preview.zip(video(media)).map(|(preview, uri)| Content::Video {
            original_content_url: uri,
            preview_image_url: Cow::Borrowed(preview),
        }),
    };
    if let Some(shown) = shown {
        let mut contents = vec![shown];
        contents.extend(text_and_buttons(text, buttons, dropped));
        return contents;
    }
    let Some(uri) = link(media) else {
        dropped.push(Dropped { what: "media", count: 1 });
        return text_and_buttons(text, buttons, dropped);
    };
    let about = if text.trim().is_empty() { media.alt_text.as_deref().unwrap_or_default() } else { text };
    let both = format!("{about}\n{uri}");
    let mut contents = if about.trim().is_empty() {
        texts(uri)
    } else if limits::TEXT.holds(&both) {
        texts(both.into())
    } else {
        texts(about.into()).into_iter().chain(texts(uri)).collect()
    };
    contents.extend(button_bubbles(usable(buttons, dropped), dropped));
    contents
}

/// Its address, if LINE can show it as a picture: JPEG or PNG over HTTPS.
pub(super) fn picture(media: &Media) -> Option<Cow<'_, str>> {
    match media.content_type {
        ContentType::Image => {}
        ContentType::Video | ContentType::Audio | ContentType::Link => return None,
    }
    picture_at(&media.uri)
}

pub(super) fn picture_at(uri: &str) -> Option<Cow<'_, str>> {
    let uri = address(uri, &["https"], limits::MEDIA_URL)?;
    // What does not say what it is, is taken at the bot's word.
    let extension = extension(&uri);
    (extension.len() > 5 || ["", "jpg", "jpeg", "png"].contains(&extension.as_str())).then_some(uri)
}

/// Its address, if LINE can play it: MP4 over HTTPS.
fn video(media: &Media) -> Option<Cow<'_, str>> {
    let uri = address(&media.uri, &["https"], limits::MEDIA_URL)?;
    (media.content_type == ContentType::Video && extension(&uri) == "mp4").then_some(uri)
}

fn extension(uri: &str) -> String {
    let path = uri.split(['?', '#']).next().unwrap_or_default();
    let file = path.splitn(4, '/').nth(3).and_then(|path| path.rsplit('/').next()).unwrap_or_default();
    file.rsplit_once('.').map_or("", |(_, extension)| extension).to_ascii_lowercase()
}

/// Its address, if a customer can open it from a text.
fn link(media: &Media) -> Option<Cow<'_, str>> {
    let uri = media.uri.trim();
    let scheme = uri.split_once("://")?.0;
    let opens = ["http", "https"].iter().any(|known| scheme.eq_ignore_ascii_case(known));
    let uri = address(uri, &["http", "https"], limits::TEXT).unwrap_or(Cow::Borrowed(uri));
    (opens && limits::TEXT.holds(&uri)).then_some(uri)
}

fn place<'a>(location: &'a Location, dropped: &mut Vec<Dropped>) -> Option<Content<'a>> {
    let Location { title, latitude, longitude } = location;
    if latitude.abs() > limits::LATITUDE || longitude.abs() > limits::LONGITUDE || (latitude + longitude).is_nan() {
        dropped.push(Dropped { what: "location", count: 1 });
        return None;
    }
    let title = title.as_deref().filter(|title| !title.trim().is_empty());
    let title = title.map(|title| cut(title, limits::PLACE, "location title", dropped));
    // Six places are a hand's breadth, and a number may have hundreds. Nothing is not written as `-0`.
    let rounded = |degrees: &f64| (degrees * 1e6).round() / 1e6 + 0.0;
    Some(Content::Location {
        address: title.clone().unwrap_or_else(|| format!("{}, {}", rounded(latitude), rounded(longitude)).into()),
        title: title.unwrap_or(LOCATION.into()),
        latitude: *latitude,
        longitude: *longitude,
    })
}

/// The quick replies. What is more than LINE shows becomes buttons above them.
fn keys<'a>(
    keyboard: &'a Keyboard,
    contents: &mut Vec<Content<'a>>,
    dropped: &mut Vec<Dropped>,
) -> Option<QuickReply<'a>> {
    let mut actions = Vec::new();
    match keyboard.kind {
        KeyboardType::Location => actions.push(Action::Location { label: CHOOSE_LOCATION.into() }),
        // LINE cannot ask for digits.
        KeyboardType::Any | KeyboardType::Text | KeyboardType::Number | KeyboardType::Buttons => {}
    }
    let mut presses = usable(&keyboard.buttons, dropped);
    let more = presses.split_off(presses.len().min(limits::QUICK_REPLIES - actions.len()));
    if actions.is_empty() && presses.is_empty() {
        return None;
    }
    if contents.is_empty() {
        contents.extend(something_to_hang_on(&presses));
    }
    contents.extend(button_bubbles(more, dropped));
    actions.extend(presses.into_iter().map(|press| press.action(limits::LABEL, dropped)));
    let items: Vec<_> = actions.into_iter().map(|action| QuickReplyItem { action }).collect();
    Some(QuickReply { items })
}

/// Quick replies belong to a message. Where the bot says nothing, it is their labels, which a computer does not show
/// otherwise.
fn something_to_hang_on<'a>(presses: &[Press<'a>]) -> Option<Content<'a>> {
    let labels: Vec<_> = presses.iter().map(|press| press.label).collect();
    let text = if labels.is_empty() { CHOOSE_LOCATION.to_owned() } else { labels.join("\n") };
    texts(text.into()).into_iter().next()
}
