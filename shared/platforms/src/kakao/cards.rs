//! Cards, alone and side by side. Without a picture a card is a textCard, for a basicCard must have one.
//! <https://kakaobusiness.gitbook.io/main/tool/chatbot/skill_guide/answer_json_format>

use model::{ContentType, Media};

use crate::Dropped;
use crate::fit::{Limit, cut, keep};

use super::buttons::{self, Labelled, is_web};
use super::limits;
use super::wire::{Button, ButtonLayout, Card, CarouselType, Link, Output, Thumbnail};

/// One card or a carousel of them; nothing if none of them has anything to show. A carousel is of one type, so cards
/// with and without picture share it by way of the placeholder, or all go without.
pub(super) fn render(cards: &[model::Card], placeholder: Option<&str>, dropped: &mut Vec<Dropped>) -> Option<Output> {
    let shown: Vec<&model::Card> = cards.iter().filter(|card| !is_blank(card)).collect();
    if shown.len() < cards.len() {
        dropped.push(Dropped { what: "card", count: cards.len() - shown.len() });
    }
    let cards = keep(&shown, limits::CAROUSEL_ITEMS, "card", dropped);
    let pictures = cards.iter().filter(|card| picture(card).is_some()).count();
    let placeholder = placeholder.filter(|_| pictures > 0);
    let kind = if pictures > 0 && (pictures == cards.len() || placeholder.is_some()) {
        CarouselType::BasicCard
    } else {
        CarouselType::TextCard
    };

    let mut items: Vec<Card> = cards
        .iter()
        .filter_map(|card| {
            let item = match (kind, picture(card)) {
                (CarouselType::BasicCard, Some(media)) => {
                    Some(with_picture(card, &media.uri, media.alt_text.as_deref(), dropped))
                }
                (CarouselType::BasicCard, None) => {
                    note_lost_image(card, dropped);
                    placeholder.map(|url| with_picture(card, url, None, dropped))
                }
                (CarouselType::TextCard, _) => without_picture(card, cards.len() > 1, dropped),
            };
            if item.is_none() {
                dropped.push(Dropped { what: "card", count: 1 });
            }
            item
        })
        .collect();
    if items.len() > 1 {
        return Some(Output::Carousel { kind, items });
    }
    let card = items.pop()?;
    Some(match kind {
        CarouselType::BasicCard => Output::BasicCard(card),
        CarouselType::TextCard => Output::TextCard(card),
    })
}

fn with_picture(card: &model::Card, url: &str, alt_text: Option<&str>, dropped: &mut Vec<Dropped>) -> Card {
    let buttons = card_buttons(card, dropped);
    let thumbnail = thumbnail(url, alt_text, web(card.uri.as_deref(), dropped), dropped);
    basic(card.title.as_deref(), card.description.as_deref(), thumbnail, buttons, dropped)
}

fn without_picture(card: &model::Card, in_carousel: bool, dropped: &mut Vec<Dropped>) -> Option<Card> {
    note_lost_image(card, dropped);
    let mut buttons = card_buttons(card, dropped);
    // A textCard opens nothing by itself.
    if let Some(uri) = web(card.uri.as_deref(), dropped) {
        if buttons.len() < limits::BUTTONS {
            buttons.push(buttons::link(buttons::OPEN, uri, dropped));
        } else {
            dropped.push(Dropped { what: "card link", count: 1 });
        }
    }
    let title = worded(card.title.as_deref());
    let description = worded(card.description.as_deref());
    // It needs words, and those on its first button are the only others.
    let title = title.or_else(|| if description.is_none() { buttons.first().map(|first| first.label) } else { None });
    if title.is_none() && description.is_none() {
        return None;
    }
    let buttons = buttons.into_iter().map(|labelled| labelled.button).collect();
    Some(text(title, description, buttons, in_carousel, dropped))
}

/// At most three: what opens the card's video or sound first, then its own.
fn card_buttons<'a>(card: &'a model::Card, dropped: &mut Vec<Dropped>) -> Vec<Labelled<'a>> {
    let media = card.media.as_ref().filter(|media| media.content_type != ContentType::Image);
    let mut buttons = Vec::new();
    if let Some(media) = media {
        match web(Some(&media.uri), dropped) {
            Some(uri) => buttons.push(buttons::link(media_name(media.content_type), uri, dropped)),
            None => dropped.push(Dropped { what: "media", count: 1 }),
        }
    }
    buttons.extend(buttons::render(&card.buttons, dropped));
    let surplus = buttons.len().saturating_sub(limits::BUTTONS);
    if surplus > 0 {
        dropped.push(Dropped { what: "button", count: surplus });
        buttons.truncate(limits::BUTTONS);
    }
    buttons
}

fn is_blank(card: &model::Card) -> bool {
    let words = [&card.title, &card.description, &card.uri];
    words.iter().all(|words| worded(words.as_deref()).is_none()) && card.media.is_none() && card.buttons.is_empty()
}

fn note_lost_image(card: &model::Card, dropped: &mut Vec<Dropped>) {
    if card.media.as_ref().is_some_and(|media| media.content_type == ContentType::Image) {
        dropped.push(Dropped { what: "image", count: 1 });
    }
}

fn picture(card: &model::Card) -> Option<&Media> {
    card.media.as_ref().filter(|media| media.content_type == ContentType::Image && is_web(&media.uri))
}

pub(super) fn media_name(content_type: ContentType) -> &'static str {
    match content_type {
        ContentType::Image => "이미지",
        ContentType::Video => "동영상",
        ContentType::Audio => "오디오",
        ContentType::Link => "링크",
    }
}

pub(super) fn text(
    title: Option<&str>,
    description: Option<&str>,
    buttons: Vec<Button>,
    in_carousel: bool,
    dropped: &mut Vec<Dropped>,
) -> Card {
    let title = worded(title).map(|title| cut(title, limits::TITLE, "title", dropped).into_owned());
    let room = if in_carousel {
        limits::TEXT_CARD_IN_CAROUSEL
    } else {
        let Limit(together, unit) = limits::TEXT_CARD;
        Limit(together - limits::TEXT_CARD.length(title.as_deref().unwrap_or_default()), unit)
    };
    let description = worded(description).map(|words| cut(words, room, "description", dropped).into_owned());
    Card { title, description, thumbnail: None, button_layout: layout(&buttons), buttons }
}

pub(super) fn basic(
    title: Option<&str>,
    description: Option<&str>,
    thumbnail: Thumbnail,
    buttons: Vec<Labelled<'_>>,
    dropped: &mut Vec<Dropped>,
) -> Card {
    let title = worded(title).map(|title| cut(title, limits::TITLE, "title", dropped).into_owned());
    let description = worded(description)
        .map(|words| cut(words, limits::BASIC_CARD_DESCRIPTION, "description", dropped).into_owned());
    let buttons: Vec<Button> = buttons.into_iter().map(|labelled| labelled.button).collect();
    Card { title, description, thumbnail: Some(thumbnail), button_layout: layout(&buttons), buttons }
}

pub(super) fn thumbnail(
    url: &str,
    alt_text: Option<&str>,
    opens: Option<&str>,
    dropped: &mut Vec<Dropped>,
) -> Thumbnail {
    Thumbnail {
        image_url: url.to_owned(),
        alt_text: self::alt_text(alt_text, dropped),
        link: opens.map(|uri| Link { web: uri.to_owned() }),
    }
}

pub(super) fn alt_text(text: Option<&str>, dropped: &mut Vec<Dropped>) -> Option<String> {
    worded(text).map(|text| cut(text, limits::ALT_TEXT, "alt text", dropped).into_owned())
}

pub(super) fn worded(text: Option<&str>) -> Option<&str> {
    text.filter(|text| !text.trim().is_empty())
}

fn web<'a>(uri: Option<&'a str>, dropped: &mut Vec<Dropped>) -> Option<&'a str> {
    let uri = worded(uri)?;
    if !is_web(uri) {
        dropped.push(Dropped { what: "card link", count: 1 });
        return None;
    }
    Some(uri)
}

/// Two buttons might be put side by side, where a label holds only 8.
fn layout(buttons: &[Button]) -> Option<ButtonLayout> {
    (buttons.len() == 2).then_some(ButtonLayout::Vertical)
}
