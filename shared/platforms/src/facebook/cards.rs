//! Cards as a carousel: <https://developers.facebook.com/docs/messenger-platform/send-messages/template/generic>.

use std::borrow::Cow;

use model::{Card, ContentType};

use super::buttons::{OPEN, Press, usable, web};
use super::limits;
use super::messages::texts;
use super::wire::{Attachment, Content, DefaultAction, Element, Template};
use crate::fit::{Dropped, cut};

/// Descriptions that are too long come whole, as texts before the carousel.
pub(super) fn cards<'a>(cards: &'a [Card], dropped: &mut Vec<Dropped>) -> Vec<Content<'a>> {
    let shown: Vec<_> = cards.iter().filter_map(|card| Shown::of(card, dropped)).collect();
    if shown.len() < cards.len() {
        dropped.push(Dropped { what: "empty card", count: cards.len() - shown.len() });
    }
    let is_one = shown.len() == 1;
    let mut contents: Vec<_> = shown.iter().flat_map(|card| card.overflow(is_one)).collect();
    let mut elements: Vec<_> = shown.into_iter().flat_map(|card| card.elements(dropped)).collect();
    while !elements.is_empty() {
        let more = elements.split_off(elements.len().min(limits::ELEMENTS));
        contents.push(Content::Attachment(Attachment::Template(Template::Generic { elements })));
        elements = more;
    }
    contents
}

/// A card as far as Messenger can show it.
struct Shown<'a> {
    title: Option<&'a str>,
    text: Option<&'a str>,
    picture: Option<Cow<'a, str>>,
    opens: Option<Cow<'a, str>>,
    presses: Vec<Press<'a>>,
}

impl<'a> Shown<'a> {
    fn of(card: &'a Card, dropped: &mut Vec<Dropped>) -> Option<Self> {
        let said = |text: &'a Option<String>| text.as_deref().filter(|text| !text.trim().is_empty());
        let opens = said(&card.uri).and_then(web);
        if opens.is_none() && said(&card.uri).is_some() {
            dropped.push(Dropped { what: "card uri", count: 1 });
        }
        let mut presses = usable(&card.buttons, dropped);
        let mut picture = None;
        if let Some(media) = &card.media {
            match (web(&media.uri), media.content_type) {
                (Some(url), ContentType::Image) => picture = Some(url),
                (Some(url), ContentType::Video | ContentType::Audio | ContentType::Link) => {
                    presses.push(Press::open(said(&media.alt_text).map_or(OPEN, str::trim), url));
                }
                (None, _) => dropped.push(Dropped { what: "media", count: 1 }),
            }
        }
        let (title, text) = (said(&card.title), said(&card.description));
        // A card needs something to tap or to look at.
        if let (None, None, None, Some(url), true) = (title, text, &picture, &opens, presses.is_empty()) {
            presses.push(Press::open(OPEN, url.clone()));
        }
        let is_empty = title.is_none() && text.is_none() && picture.is_none() && presses.is_empty();
        (!is_empty).then_some(Self { title, text, picture, opens, presses })
    }

    /// The description, if it has no room in the card. Among others it needs the title, to tell whose it is.
    fn overflow(&self, is_one: bool) -> Vec<Content<'a>> {
        match (self.title, self.text) {
            (_, None) => Vec::new(),
            (_, Some(text)) if limits::ELEMENT_TEXT.holds(text) => Vec::new(),
            (Some(title), Some(text)) if !is_one => texts(format!("{title}\n{text}").into()),
            (_, Some(text)) => texts(text.into()),
        }
    }

    /// More than one, if it has more buttons than one takes.
    fn elements(self, dropped: &mut Vec<Dropped>) -> Vec<Element<'a>> {
        let Self { title, text, picture, opens, mut presses } = self;
        let label = presses.first().map(|press| press.label);
        let title = match (title, text) {
            (Some(title), _) => cut(title, limits::ELEMENT_TEXT, "card title", dropped),
            // The whole of it is in the text before.
            (None, Some(text)) => cut(text, limits::ELEMENT_TEXT, "card title", &mut Vec::new()),
            (None, None) => cut(label.unwrap_or(OPEN), limits::ELEMENT_TEXT, "card title", &mut Vec::new()),
        };
        let is_bare = picture.is_none() && presses.is_empty();
        let subtitle = match (self.title, text) {
            (Some(_), Some(text)) => Some(cut(text, limits::ELEMENT_TEXT, "card description", &mut Vec::new())),
            // Messenger wants something besides the title, so a title alone is said twice.
            (Some(_) | None, _) => is_bare.then(|| title.clone()),
        };
        let mut elements = Vec::new();
        loop {
            let more = presses.split_off(presses.len().min(limits::BUTTONS));
            elements.push(Element {
                title: title.clone(),
                subtitle: subtitle.clone(),
                image_url: picture.clone(),
                default_action: opens.clone().map(|url| DefaultAction { url }),
                buttons: presses.into_iter().map(|press| press.button(dropped)).collect(),
            });
            if more.is_empty() {
                return elements;
            }
            presses = more;
        }
    }
}
