//! A turn as the contents of events, one each: <https://github.com/navertalk/chatbot-api#content-명세>.

use std::borrow::Cow;

use model::{Button, ContentType, Keyboard, Location, Media, MessageData, Reply};

use super::buttons::{self, Buttons, web};
use super::cards;
use super::limits;
use super::settings::Settings;
use super::wire::{Composite, Content, QuickReply};
use crate::Dropped;
use crate::fit::{cut, split};

/// One event, and what to send where Naver cannot take its pictures.
pub(super) struct Say<'a> {
    pub content: Content<'a>,
    pub instead: Option<Content<'a>>,
}

impl<'a> Say<'a> {
    pub(super) fn plainly(content: Content<'a>) -> Self {
        Self { content, instead: None }
    }
}

pub(super) fn contents<'a>(settings: &'a Settings, reply: &'a Reply, dropped: &mut Vec<Dropped>) -> Vec<Say<'a>> {
    let mut all = Vec::new();
    for message in &reply.messages {
        match &message.data {
            MessageData::Text { text, buttons } => {
                all.extend(text_and_buttons(settings, text, &Buttons::of(buttons, dropped), dropped));
            }
            MessageData::Media { media, text, buttons } => {
                all.extend(media_and_text(settings, media, text.as_deref().unwrap_or_default(), buttons, dropped));
            }
            MessageData::Cards { cards: list } => all.extend(cards::cards(settings, list, dropped)),
            MessageData::Location { location } => all.extend(place(location, dropped)),
        }
    }
    if let Some(keyboard) = &reply.keyboard {
        hang(settings, keyboard, &mut all, dropped);
    }
    all
}

/// One composite where the text fits, else the text and then the buttons.
fn text_and_buttons<'a>(
    settings: &'a Settings,
    text: &'a str,
    buttons: &Buttons<'a>,
    dropped: &mut Vec<Dropped>,
) -> Vec<Say<'a>> {
    let text = with_lines(text, &buttons.lines);
    if buttons.is_empty() {
        return texts(&text, dropped);
    }
    let button_list = buttons.list(dropped);
    if text.trim().is_empty() {
        let description = Some(Cow::Borrowed(settings.default_description.as_str()));
        return vec![composite(Composite { description, button_list, ..Composite::default() })];
    }
    if limits::DESCRIPTION.holds(&text) {
        let description = Some(text);
        return vec![composite(Composite { description, button_list, ..Composite::default() })];
    }
    let mut all = texts(&text, dropped);
    // Again in full what the first button says: something must be above them.
    let title = buttons.label().map(|label| cut(label, limits::TITLE, "title", &mut Vec::new()));
    all.push(composite(Composite { title, button_list, ..Composite::default() }));
    all
}

fn composite(composite: Composite<'_>) -> Say<'_> {
    Say::plainly(Content::Composite { composite_list: vec![composite], quick_reply: None })
}

pub(super) fn with_lines<'a>(text: &'a str, lines: &[String]) -> Cow<'a, str> {
    if lines.is_empty() {
        return Cow::Borrowed(text);
    }
    let lines = lines.join("\n");
    Cow::Owned(if text.trim().is_empty() { lines } else { format!("{text}\n{lines}") })
}

/// As few messages as hold it, and no more than a few.
pub(super) fn texts<'a>(text: &str, dropped: &mut Vec<Dropped>) -> Vec<Say<'a>> {
    let mut pieces = split(text, limits::TEXT);
    let last = if pieces.len() > limits::TEXTS {
        let start = pieces[limits::TEXTS - 1].as_ptr().addr() - text.as_ptr().addr();
        pieces.truncate(limits::TEXTS - 1);
        Some(cut(&text[start..], limits::TEXT, "text", dropped))
    } else {
        None
    };
    let all = pieces.into_iter().map(Cow::Borrowed).chain(last);
    all.map(|text| Say::plainly(Content::Text { text: text.into_owned().into(), quick_reply: None })).collect()
}

/// Pictures are shown. What NaverTalk cannot play is a button that opens it.
fn media_and_text<'a>(
    settings: &'a Settings,
    media: &'a Media,
    text: &'a str,
    list: &'a [Button],
    dropped: &mut Vec<Dropped>,
) -> Vec<Say<'a>> {
    let mut buttons = Buttons::of(list, dropped);
    let Some(uri) = web(&media.uri) else {
        dropped.push(Dropped { what: "media", count: 1 });
        return text_and_buttons(settings, text, &buttons, dropped);
    };
    match media.content_type {
        ContentType::Image => {
            let mut all = vec![image(uri, media.alt_text.as_deref(), dropped)];
            all.extend(text_and_buttons(settings, text, &buttons, dropped));
            return all;
        }
        ContentType::Video | ContentType::Audio | ContentType::Link => {}
    }
    let full = with_lines(text, &buttons.lines);
    buttons.lines.clear();
    let mut all = if limits::DESCRIPTION.holds(&full) { Vec::new() } else { texts(&full, dropped) };
    let description = if full.trim().is_empty() || !all.is_empty() { named(media, &uri, dropped) } else { full };
    buttons.open_first(buttons::OPEN, uri);
    let button_list = buttons.list(dropped);
    all.push(composite(Composite { description: Some(description), button_list, ..Composite::default() }));
    all
}

/// What is behind a link.
fn named<'a>(media: &'a Media, uri: &str, dropped: &mut Vec<Dropped>) -> Cow<'a, str> {
    if let Some(name) = media.alt_text.as_deref().filter(|name| !name.trim().is_empty()) {
        return cut(name, limits::DESCRIPTION, "alt text", dropped);
    }
    match media.content_type {
        ContentType::Image => Cow::Borrowed(cards::IMAGE),
        ContentType::Video => Cow::Borrowed("동영상"),
        ContentType::Audio => Cow::Borrowed("오디오"),
        ContentType::Link => Cow::Owned(cut(uri, limits::DESCRIPTION, "address", &mut Vec::new()).into_owned()),
    }
}

/// A picture by itself, and a link to it for when Naver cannot take it.
pub(super) fn image<'a>(uri: Cow<'a, str>, name: Option<&'a str>, dropped: &mut Vec<Dropped>) -> Say<'a> {
    let name = name.filter(|name| !name.trim().is_empty()).unwrap_or(cards::IMAGE);
    let mut link = Buttons::default();
    link.open(buttons::OPEN, uri.clone());
    let description = Some(cut(name, limits::DESCRIPTION, "alt text", &mut Vec::new()));
    let instead = Composite { description, button_list: link.list(dropped), ..Composite::default() };
    Say {
        content: Content::Image { image_url: uri, quick_reply: None },
        instead: Some(Content::Composite { composite_list: vec![instead], quick_reply: None }),
    }
}

fn place<'a>(location: &'a Location, dropped: &mut Vec<Dropped>) -> Option<Say<'a>> {
    let Location { title, latitude, longitude } = location;
    if latitude.abs() > limits::LATITUDE || longitude.abs() > limits::LONGITUDE || (latitude + longitude).is_nan() {
        dropped.push(Dropped { what: "location", count: 1 });
        return None;
    }
    // Six places are a hand's breadth, and a number may have hundreds. Nothing is not written as `-0`.
    let rounded = |degrees: &f64| (degrees * 1e6).round() / 1e6 + 0.0;
    let (latitude, longitude) = (rounded(latitude), rounded(longitude));
    let mut map = Buttons::default();
    // Naver's own map finds names, and this one the very place.
    map.open(buttons::MAP, format!("https://www.google.com/maps/search/?api=1&query={latitude},{longitude}").into());
    let title = title.as_deref().filter(|title| !title.trim().is_empty());
    Some(composite(Composite {
        title: title.map(|title| cut(title, limits::TITLE, "location title", dropped)),
        description: Some(format!("{latitude}, {longitude}").into()),
        image: None,
        button_list: map.list(dropped),
    }))
}

/// The quick replies hang on the last event of the turn. NaverTalk cannot ask for digits or places.
fn hang<'a>(settings: &'a Settings, keyboard: &'a Keyboard, all: &mut Vec<Say<'a>>, dropped: &mut Vec<Dropped>) {
    let buttons = Buttons::of(&keyboard.buttons, dropped);
    all.extend(texts(&with_lines("", &buttons.lines), dropped));
    let Some(quick_reply) = buttons.quick_reply(dropped) else { return };
    if all.is_empty() {
        all.extend(texts(&settings.default_description, dropped));
    }
    if let Some(last) = all.last_mut() {
        if let Some(instead) = &mut last.instead {
            *instead.quick_reply() = Some(quick_reply.clone());
        }
        *last.content.quick_reply() = Some(quick_reply);
    }
}

impl<'a> Content<'a> {
    pub(super) fn quick_reply(&mut self) -> &mut Option<QuickReply<'a>> {
        match self {
            Self::Text { quick_reply, .. } | Self::Image { quick_reply, .. } | Self::Composite { quick_reply, .. } => {
                quick_reply
            }
        }
    }
}
