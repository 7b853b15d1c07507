//! A turn as messages: <https://developers.facebook.com/docs/messenger-platform/reference/send-api>, "Message".

use std::borrow::Cow;

use model::{Button, ContentType, Keyboard, Location, Media, MessageData, Reply};

use super::buttons::{OPEN, Press, usable, web};
use super::cards::cards;
use super::limits;
use super::wire::{Attachment, Content, File, QuickReply, Template};
use crate::fit::{self, Dropped};

/// What buttons and quick replies hang on where nothing is said: Messenger wants words. It needs no language.
const BELOW: &str = "👇";

/// A message, and what is sent if Messenger cannot fetch its file.
pub(super) struct Piece<'a> {
    pub content: Content<'a>,
    pub instead: Option<Content<'a>>,
}

/// The messages in order, and the quick replies of the last one.
pub(super) fn pieces<'a>(reply: &'a Reply, dropped: &mut Vec<Dropped>) -> (Vec<Piece<'a>>, Vec<QuickReply<'a>>) {
    let mut pieces: Vec<Piece<'a>> = Vec::new();
    for message in &reply.messages {
        match &message.data {
            MessageData::Text { text, buttons } => {
                pieces.extend(text_and_buttons(text, usable(buttons, dropped), dropped).into_iter().map(plain));
            }
            MessageData::Media { media, text, buttons } => {
                pieces.extend(media_and_text(media, text.as_deref().unwrap_or_default(), buttons, dropped));
            }
            MessageData::Cards { cards: list } => pieces.extend(cards(list, dropped).into_iter().map(plain)),
            MessageData::Location { location } => pieces.extend(place(location, dropped).into_iter().map(plain)),
        }
    }
    let quick_replies = reply.keyboard.as_ref().map(|keyboard| keys(keyboard, &mut pieces, dropped));
    (pieces, quick_replies.unwrap_or_default())
}

fn plain(content: Content<'_>) -> Piece<'_> {
    Piece { content, instead: None }
}

pub(super) fn texts(text: Cow<'_, str>) -> Vec<Content<'_>> {
    match text {
        Cow::Borrowed(text) => {
            fit::split(text, limits::TEXT).into_iter().map(|piece| Content::Text(piece.into())).collect()
        }
        Cow::Owned(text) => {
            let pieces = fit::split(&text, limits::TEXT);
            pieces.into_iter().map(|piece| Content::Text(piece.to_owned().into())).collect()
        }
    }
}

/// Buttons stand below the end of the text.
fn text_and_buttons<'a>(text: &'a str, presses: Vec<Press<'a>>, dropped: &mut Vec<Dropped>) -> Vec<Content<'a>> {
    if presses.is_empty() {
        return texts(text.into());
    }
    let (mut contents, end) = end_of(text);
    contents.extend(buttons_below(end.unwrap_or(BELOW).into(), presses, dropped));
    contents
}

/// The last of the text that buttons can stand below, and the texts before it.
fn end_of(text: &str) -> (Vec<Content<'_>>, Option<&str>) {
    let mut pieces = fit::split(text, limits::TEXT);
    let Some(last) = pieces.pop() else { return (Vec::new(), None) };
    let last = last.trim_end();
    let end = fit::split(last, limits::BUTTON_TEXT).pop().unwrap_or(last);
    let before = last.strip_suffix(end).unwrap_or_default();
    let before = pieces.into_iter().chain([before.trim_end()].into_iter().filter(|before| !before.is_empty()));
    (before.map(|piece| Content::Text(piece.into())).collect(), Some(end))
}

/// By threes, each of which needs a text.
fn buttons_below<'a>(
    mut text: Cow<'a, str>,
    mut presses: Vec<Press<'a>>,
    dropped: &mut Vec<Dropped>,
) -> Vec<Content<'a>> {
    let mut contents = Vec::new();
    while !presses.is_empty() {
        let more = presses.split_off(presses.len().min(limits::BUTTONS));
        let buttons = presses.into_iter().map(|press| press.button(dropped)).collect();
        contents.push(Content::Attachment(Attachment::Template(Template::Button { text, buttons })));
        (text, presses) = (BELOW.into(), more);
    }
    contents
}

fn media_and_text<'a>(
    media: &'a Media,
    text: &'a str,
    buttons: &'a [Button],
    dropped: &mut Vec<Dropped>,
) -> Vec<Piece<'a>> {
    let mut presses = usable(buttons, dropped);
    let Some(url) = web(&media.uri) else {
        dropped.push(Dropped { what: "media", count: 1 });
        return text_and_buttons(text, presses, dropped).into_iter().map(plain).collect();
    };
    let file = File { url: url.clone(), is_reusable: false };
    let attachment = match media.content_type {
        ContentType::Image => Attachment::Image(file),
        ContentType::Video => Attachment::Video(file),
        ContentType::Audio => Attachment::Audio(file),
        ContentType::Link => {
            let alt_text = media.alt_text.as_deref().unwrap_or_default();
            let about = if text.trim().is_empty() { alt_text } else { text };
            if presses.is_empty() {
                return linked(about, url).into_iter().map(plain).collect();
            }
            presses.insert(0, Press::open(OPEN, url.clone()));
            let contents = if !about.trim().is_empty() {
                text_and_buttons(about, presses, dropped)
            } else if limits::BUTTON_TEXT.holds(&url) {
                buttons_below(url, presses, dropped)
            } else {
                buttons_below(BELOW.into(), presses, dropped)
            };
            return contents.into_iter().map(plain).collect();
        }
    };
    // Files load slowly, so they go before the words about them.
    let mut pieces = vec![Piece { content: Content::Attachment(attachment), instead: Some(Content::Text(url)) }];
    pieces.extend(text_and_buttons(text, presses, dropped).into_iter().map(plain));
    pieces
}

/// Words and an address, of which Messenger draws a preview.
fn linked<'a>(about: &'a str, url: Cow<'a, str>) -> Vec<Content<'a>> {
    let both = format!("{about}\n{url}");
    if about.trim().is_empty() {
        vec![Content::Text(url)]
    } else if limits::TEXT.holds(&both) {
        vec![Content::Text(both.into())]
    } else {
        texts(about.into()).into_iter().chain([Content::Text(url)]).collect()
    }
}

/// Messenger has no message for a place.
fn place<'a>(location: &'a Location, dropped: &mut Vec<Dropped>) -> Vec<Content<'a>> {
    let Location { title, latitude, longitude } = location;
    let is_on_earth = latitude.abs() <= limits::LATITUDE && longitude.abs() <= limits::LONGITUDE;
    if !is_on_earth {
        dropped.push(Dropped { what: "location", count: 1 });
        return Vec::new();
    }
    // Six places are a hand's breadth, and a number may have hundreds. And no -0.
    let rounded = |degrees: &f64| (degrees * 1e6).round() / 1e6 + 0.0;
    let map = format!("https://www.google.com/maps/search/?api=1&query={},{}", rounded(latitude), rounded(longitude));
    linked(title.as_deref().unwrap_or_default(), map.into())
}

/// The quick replies. What is more than Messenger shows, or opens something, becomes buttons above them.
fn keys<'a>(keyboard: &'a Keyboard, pieces: &mut Vec<Piece<'a>>, dropped: &mut Vec<Dropped>) -> Vec<QuickReply<'a>> {
    // Messenger cannot ask for digits, nor for a place any more: of every kind only the buttons are shown.
    let (mut says, mut others): (Vec<_>, Vec<_>) =
        usable(&keyboard.buttons, dropped).into_iter().partition(Press::says);
    others.extend(says.split_off(says.len().min(limits::QUICK_REPLIES)));
    if !others.is_empty() {
        pieces.extend(buttons_below(BELOW.into(), others, dropped).into_iter().map(plain));
    } else if pieces.is_empty() && !says.is_empty() {
        pieces.push(plain(Content::Text(BELOW.into())));
    }
    says.into_iter().filter_map(|press| press.quick_reply(dropped)).collect()
}
