//! Cards: as templates where all of them fit, <https://developers.line.biz/en/reference/messaging-api/#template-messages>,
//! and as Flex otherwise, `#flex-message` there.

use std::borrow::Cow;

use model::Card;

use super::buttons::{Press, address, cut, fits, usable};
use super::limits;
use super::objects::picture;
use super::outbound::{json_bytes, pack};
use super::wire::{Action, Bubble, Bubbles, Column, Component, Container, Content, Stack, Template};
use crate::fit::{Dropped, Limit};

/// For links of which nobody said what they are. It needs no language.
const OPEN: &str = "🔗";

pub(super) fn cards<'a>(cards: &'a [Card], dropped: &mut Vec<Dropped>) -> Vec<Content<'a>> {
    let shown: Vec<_> = cards.iter().filter_map(|card| Shown::of(card, dropped)).collect();
    if shown.len() < cards.len() {
        dropped.push(Dropped { what: "empty card", count: cards.len() - shown.len() });
    }
    if shown.len() == 1 && shown.iter().all(|card| card.fits_template(limits::BUTTONS, limits::BUTTONS_TEXT)) {
        return shown.into_iter().map(|card| buttons_template(card, dropped)).collect();
    }
    let uniform = shown.windows(2).all(|pair| pair[0].shape() == pair[1].shape());
    if uniform && shown.iter().all(|card| card.fits_template(limits::COLUMN_BUTTONS, limits::COLUMN_TEXT)) {
        return pack(shown, limits::COLUMNS, usize::MAX, |_| 0)
            .into_iter()
            .map(|group| carousel_template(group, dropped))
            .collect();
    }
    let bubbles = shown.into_iter().map(|card| card_bubble(card, dropped)).collect();
    flex(bubbles)
}

/// Buttons alone, under a text that is too long for a template, or because there are many of them.
pub(super) fn button_bubbles<'a>(presses: Vec<Press<'a>>, dropped: &mut Vec<Dropped>) -> Vec<Content<'a>> {
    let labels: Vec<_> = presses.iter().map(|press| press.label).collect();
    let name = alt_text(&labels);
    let bubbles = footers(presses, 0, dropped)
        .into_iter()
        .map(|footer| (name.clone(), Bubble { footer: Some(footer), ..Bubble::default() }))
        .collect();
    flex(bubbles)
}

/// A card as far as LINE can show it.
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
        let opens = match said(&card.uri) {
            Some(uri) => {
                let opens = address(uri, limits::URI_SCHEMES, limits::URI);
                if opens.is_none() {
                    dropped.push(Dropped { what: "card uri", count: 1 });
                }
                opens
            }
            None => None,
        };
        let mut presses = usable(&card.buttons, dropped);
        let picture = card.media.as_ref().and_then(picture);
        if let (None, Some(media)) = (&picture, &card.media) {
            let label = said(&media.alt_text).unwrap_or(OPEN);
            match address(&media.uri, limits::URI_SCHEMES, limits::URI) {
                Some(uri) => presses.push(Press::open(label, uri)),
                None => dropped.push(Dropped { what: "media", count: 1 }),
            }
        }
        let (title, text) = (said(&card.title), said(&card.description));
        // A card needs something to tap or to look at.
        if let (None, None, None, Some(uri), true) = (title, text, &picture, &opens, presses.is_empty()) {
            presses.push(Press::open(OPEN, uri.clone()));
        }
        let is_empty = title.is_none() && text.is_none() && picture.is_none() && presses.is_empty();
        (!is_empty).then_some(Self { title, text, picture, opens, presses })
    }

    /// What all columns of a carousel must have in common.
    fn shape(&self) -> (bool, bool, usize) {
        (self.title.is_some(), self.picture.is_some(), self.presses.len())
    }

    fn fits_template(&self, buttons: usize, text: Limit) -> bool {
        let text_limit = if self.title.is_some() || self.picture.is_some() { limits::SHORT_TEXT } else { text };
        (1..=buttons).contains(&self.presses.len())
            && self.presses.iter().all(|press| press.fits(limits::LABEL))
            && self.title.is_none_or(|title| fits(title, limits::TITLE))
            && self.text.or(self.title).is_some_and(|text| fits(text, text_limit))
    }

    /// For the chat list, and never empty.
    fn name(&self) -> Cow<'a, str> {
        let label = self.presses.first().map(|press| press.label);
        alt_text(&[self.title.or(self.text).or(label).unwrap_or(OPEN)])
    }

    /// Where a tap beside the buttons leads.
    fn default_action(&self) -> Option<Action<'a>> {
        let label = self.title.or(self.text).unwrap_or(OPEN);
        let label = cut(label, limits::LABEL, "label", &mut Vec::new());
        self.opens.clone().map(|uri| Action::Uri { label, uri })
    }

    fn column(self, dropped: &mut Vec<Dropped>) -> Column<'a> {
        let default_action = self.default_action();
        Column {
            thumbnail_image_url: self.picture,
            title: self.title.map(Cow::Borrowed),
            // LINE wants a text in each, so a title alone is said twice.
            text: self.text.or(self.title).unwrap_or_default().into(),
            default_action,
            actions: self.presses.into_iter().map(|press| press.action(limits::LABEL, dropped)).collect(),
        }
    }
}

fn buttons_template<'a>(card: Shown<'a>, dropped: &mut Vec<Dropped>) -> Content<'a> {
    Content::Template { alt_text: card.name(), template: Template::Buttons(card.column(dropped)) }
}

fn carousel_template<'a>(cards: Vec<Shown<'a>>, dropped: &mut Vec<Dropped>) -> Content<'a> {
    let names: Vec<_> = cards.iter().map(Shown::name).collect();
    let columns = cards.into_iter().map(|card| card.column(dropped)).collect();
    Content::Template { alt_text: alt_text(&names), template: Template::Carousel { columns } }
}

/// With its name.
fn card_bubble<'a>(card: Shown<'a>, dropped: &mut Vec<Dropped>) -> (Cow<'a, str>, Bubble<'a>) {
    let (name, action) = (card.name(), card.default_action());
    let title = card.title.map(|title| Component::Text {
        text: cut(title, limits::BUBBLE_TITLE, "card title", dropped),
        wrap: true,
        weight: Some("bold"),
    });
    let text = card.text.map(|text| Component::Text {
        text: cut(text, limits::BUBBLE_TEXT, "card description", dropped),
        wrap: true,
        weight: None,
    });
    let contents: Vec<_> = title.into_iter().chain(text).collect();
    let mut bubble = Bubble {
        hero: card.picture.map(|url| Component::Image {
            url,
            size: "full",
            // As the pictures of templates.
            aspect_ratio: "151:100",
            aspect_mode: "cover",
        }),
        body: (!contents.is_empty()).then_some(Stack { layout: "vertical", contents }),
        footer: None,
        action,
    };
    let mut footers = footers(card.presses, json_bytes(&bubble), dropped).into_iter();
    bubble.footer = footers.next();
    let surplus: usize = footers.map(|footer| footer.contents.len()).sum();
    if surplus > 0 {
        dropped.push(Dropped { what: "card button", count: surplus });
    }
    (name, bubble)
}

/// As many as a bubble takes in each, beside the bytes that it has already.
fn footers<'a>(presses: Vec<Press<'a>>, used: usize, dropped: &mut Vec<Dropped>) -> Vec<Stack<'a>> {
    let room = limits::BUBBLE.0 - FRAME - used;
    let count = presses.len();
    let mut buttons: Vec<_> = presses
        .into_iter()
        .map(|press| Component::Button { action: press.action(limits::FLEX_LABEL, dropped) })
        .collect();
    buttons.retain(|button| json_bytes(button) < room);
    if buttons.len() < count {
        dropped.push(Dropped { what: "button", count: count - buttons.len() });
    }
    pack(buttons, limits::BUBBLE_BUTTONS, room, json_bytes)
        .into_iter()
        .map(|contents| Stack { layout: "vertical", contents })
        .collect()
}

/// Bytes that are more than enough for the braces and names around a list.
const FRAME: usize = 200;

/// Named bubbles as messages.
fn flex<'a>(bubbles: Vec<(Cow<'a, str>, Bubble<'a>)>) -> Vec<Content<'a>> {
    pack(bubbles, limits::BUBBLES, limits::FLEX.0 - FRAME, |(_, bubble)| json_bytes(bubble))
        .into_iter()
        .map(|group| {
            let (mut names, mut bubbles): (Vec<_>, Vec<_>) = group.into_iter().unzip();
            // Bubbles of one list of buttons have one name.
            names.dedup();
            let contents = match bubbles.len() {
                1 => Container::Bubble(Box::new(bubbles.remove(0))),
                _ => Container::Carousel(Bubbles { contents: bubbles }),
            };
            Content::Flex { alt_text: alt_text(&names), contents }
        })
        .collect()
}

fn alt_text<'a>(names: &[impl AsRef<str>]) -> Cow<'a, str> {
    let mut all = String::new();
    for name in names {
        if !all.is_empty() {
            all.push_str(", ");
        }
        all.push_str(name.as_ref());
    }
    cut(&all, limits::ALT_TEXT, "alt text", &mut Vec::new()).into_owned().into()
}
