//! Cards as composites, several of them side by side: <https://github.com/navertalk/chatbot-api#compositecontent-명세>.
//!
//! A composite has words, and something beside them. A card that has less is a plain text or picture where it is alone,
//! and is filled up from the settings where it is one of several.

use std::borrow::Cow;

use model::{Card, ContentType};

use super::buttons::{self, Buttons, web};
use super::contents::{self, Say};
use super::limits;
use super::settings::Settings;
use super::wire::{Composite, Content, Image};
use crate::Dropped;
use crate::fit::{Limit, cut, keep};

/// What a picture without a name is called.
pub(super) const IMAGE: &str = "이미지";

pub(super) fn cards<'a>(settings: &'a Settings, cards: &'a [Card], dropped: &mut Vec<Dropped>) -> Vec<Say<'a>> {
    let shown: Vec<_> = cards.iter().filter_map(|card| Shown::of(card, dropped)).collect();
    if shown.len() < cards.len() {
        dropped.push(Dropped { what: "empty card", count: cards.len() - shown.len() });
    }
    if let [only] = shown.as_slice()
        && let Some(plain) = only.plain(dropped)
    {
        return plain;
    }
    let shown = keep(&shown, limits::COMPOSITES, "card", dropped);
    if shown.is_empty() {
        return Vec::new();
    }
    let composite_list = shown.iter().map(|card| card.composite(settings, dropped)).collect();
    let has_pictures = shown.iter().any(|card| card.picture.is_some());
    // The same losses, which are told once.
    let plainly = || shown.iter().map(|card| card.without_picture().composite(settings, &mut Vec::new())).collect();
    let content = |composite_list| Content::Composite { composite_list, quick_reply: None };
    vec![Say { content: content(composite_list), instead: has_pictures.then(|| content(plainly())) }]
}

/// A card as far as NaverTalk can show it.
#[derive(Clone)]
pub(super) struct Shown<'a> {
    title: Option<&'a str>,
    description: Option<&'a str>,
    picture: Option<Cow<'a, str>>,
    picture_name: Option<&'a str>,
    buttons: Buttons<'a>,
}

impl<'a> Shown<'a> {
    fn of(card: &'a Card, dropped: &mut Vec<Dropped>) -> Option<Self> {
        let mut buttons = Buttons::of(&card.buttons, dropped);
        let mut picture = None;
        let mut picture_name = None;
        if let Some(media) = &card.media {
            let name = said(&media.alt_text);
            match (media.content_type, web(&media.uri)) {
                (_, None) => dropped.push(Dropped { what: "media", count: 1 }),
                (ContentType::Image, Some(uri)) => (picture, picture_name) = (Some(uri), name),
                (ContentType::Video | ContentType::Audio | ContentType::Link, Some(uri)) => {
                    buttons.open(name.unwrap_or(buttons::OPEN), uri);
                }
            }
        }
        // Pictures cannot be tapped.
        if let Some(uri) = said(&card.uri) {
            match web(uri) {
                Some(uri) => buttons.open(buttons::MORE, uri),
                None => dropped.push(Dropped { what: "card uri", count: 1 }),
            }
        }
        let (title, description) = (said(&card.title), said(&card.description));
        let is_empty = title.is_none()
            && description.is_none()
            && picture.is_none()
            && buttons.is_empty()
            && buttons.lines.is_empty();
        (!is_empty).then_some(Self { title, description, picture, picture_name, buttons })
    }

    /// What a composite cannot be made of: words alone, or a picture alone.
    fn plain(&self, dropped: &mut Vec<Dropped>) -> Option<Vec<Say<'a>>> {
        if !self.buttons.is_empty() {
            return None;
        }
        let has_lines = !self.buttons.lines.is_empty();
        match (self.title, self.description, &self.picture) {
            (Some(words), None, None) | (None, Some(words), None) => {
                Some(contents::texts(&contents::with_lines(words, &self.buttons.lines), dropped))
            }
            (None, None, None) => Some(contents::texts(&contents::with_lines("", &self.buttons.lines), dropped)),
            (None, None, Some(uri)) if !has_lines => {
                Some(vec![contents::image(uri.clone(), self.picture_name, dropped)])
            }
            (Some(_), Some(_), _) | (_, _, Some(_)) => None,
        }
    }

    fn composite(&self, settings: &'a Settings, dropped: &mut Vec<Dropped>) -> Composite<'a> {
        let mut title = self.title.map(|title| cut(title, limits::TITLE, "card title", dropped));
        let mut description = self.words(dropped);
        let has_more = self.picture.is_some() || !self.buttons.is_empty();
        let placeholder = Cow::Borrowed(settings.placeholder_title.as_str());
        match (title.is_some(), description.is_some()) {
            (true, true) => {}
            (true, false) | (false, true) if has_more => {}
            // Words alone, where there must be something beside them.
            (true, false) => {
                description = self.title.map(|words| cut(words, limits::DESCRIPTION, "card title", dropped));
                title = Some(placeholder);
            }
            (false, true) => title = Some(placeholder),
            (false, false) if self.buttons.is_empty() => title = Some(placeholder),
            (false, false) => description = Some(Cow::Borrowed(settings.default_description.as_str())),
        }
        Composite {
            title,
            description,
            image: self.picture.clone().map(|image_url| Image { image_url }),
            button_list: self.buttons.list(dropped),
        }
    }

    /// The description with the numbers that no button can call, which are not to be lost.
    fn words(&self, dropped: &mut Vec<Dropped>) -> Option<Cow<'a, str>> {
        let lines = self.buttons.lines.join("\n");
        match (self.description, lines.is_empty()) {
            (None, true) => None,
            (None, false) => Some(Cow::Owned(cut(&lines, limits::DESCRIPTION, "number", dropped).into_owned())),
            (Some(description), true) => Some(cut(description, limits::DESCRIPTION, "card description", dropped)),
            (Some(description), false) => {
                let Limit(most, unit) = limits::DESCRIPTION;
                let room = Limit(most.saturating_sub(limits::DESCRIPTION.length(&lines) + 1), unit);
                let start = cut(description, room, "card description", dropped);
                let both = format!("{start}\n{lines}");
                Some(Cow::Owned(cut(both.trim(), limits::DESCRIPTION, "number", dropped).into_owned()))
            }
        }
    }

    /// With a link to the picture in its place.
    fn without_picture(&self) -> Self {
        let mut card = self.clone();
        if let Some(uri) = card.picture.take() {
            card.buttons.open(card.picture_name.unwrap_or(IMAGE), uri);
        }
        card
    }
}

fn said(text: &Option<String>) -> Option<&str> {
    text.as_deref().filter(|text| !text.trim().is_empty())
}
