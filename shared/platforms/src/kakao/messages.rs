//! A message as bubbles, still without regard for how many there may be.
//! <https://kakaobusiness.gitbook.io/main/tool/chatbot/skill_guide/answer_json_format>

use model::{Button, ContentType, Location, Media, MessageData};

use crate::Dropped;
use crate::fit::split;

use super::buttons::{self, Labelled, is_web};
use super::cards::{self, worded};
use super::limits;
use super::pack::Bubble;
use super::wire::Output;

pub(super) fn render(data: &MessageData, placeholder: Option<&str>, dropped: &mut Vec<Dropped>) -> Vec<Bubble> {
    match data {
        MessageData::Text { text, buttons } => words(text, buttons::render(buttons, dropped), dropped),
        MessageData::Media { media, text, buttons } => {
            let buttons = buttons::render(buttons, dropped);
            let text = text.as_deref().unwrap_or_default();
            if !is_web(&media.uri) {
                dropped.push(Dropped { what: "media", count: 1 });
                return words(text, buttons, dropped);
            }
            match media.content_type {
                ContentType::Image => image(media, text, buttons, dropped),
                ContentType::Video | ContentType::Audio | ContentType::Link => opened(media, text, buttons, dropped),
            }
        }
        MessageData::Cards { cards } => {
            cards::render(cards, placeholder, dropped).map(Bubble::new).into_iter().collect()
        }
        MessageData::Location { location } => vec![Bubble::new(place(location, dropped))],
    }
}

/// A simpleText has no buttons, and a textCard less room.
fn words(text: &str, buttons: Vec<Labelled<'_>>, dropped: &mut Vec<Dropped>) -> Vec<Bubble> {
    let Some(text) = worded(Some(text)) else {
        let mut bubbles = button_cards(buttons, dropped);
        if let Some(first) = bubbles.first_mut() {
            first.spare = false;
        }
        return bubbles;
    };
    if buttons.is_empty() || !limits::TEXT_CARD.holds(text) {
        let mut bubbles = texts(text);
        bubbles.extend(button_cards(buttons, dropped));
        return bubbles;
    }
    card_and_more(None, Some(text), buttons, dropped)
}

fn texts(text: &str) -> Vec<Bubble> {
    let pieces = split(text, limits::SIMPLE_TEXT);
    let count = pieces.len();
    pieces
        .into_iter()
        .enumerate()
        .map(|(index, piece)| Bubble {
            output: Output::SimpleText { text: piece.to_owned() },
            spare: index > 0,
            continued: index + 1 < count,
        })
        .collect()
}

/// Further buttons, while there is room, titled by the first of each.
fn button_cards(buttons: Vec<Labelled<'_>>, dropped: &mut Vec<Dropped>) -> Vec<Bubble> {
    let mut bubbles = Vec::new();
    let mut buttons = buttons.into_iter().peekable();
    while let Some(first) = buttons.peek() {
        let title = first.label;
        let three = buttons.by_ref().take(limits::BUTTONS).map(|labelled| labelled.button).collect();
        let card = cards::text(Some(title), None, three, false, dropped);
        bubbles.push(Bubble { spare: true, ..Bubble::new(Output::TextCard(card)) });
    }
    bubbles
}

fn card_and_more(
    title: Option<&str>,
    description: Option<&str>,
    mut buttons: Vec<Labelled<'_>>,
    dropped: &mut Vec<Dropped>,
) -> Vec<Bubble> {
    let more = buttons.split_off(buttons.len().min(limits::BUTTONS));
    let three = buttons.into_iter().map(|labelled| labelled.button).collect();
    let mut bubbles = vec![Bubble::new(Output::TextCard(cards::text(title, description, three, false, dropped)))];
    bubbles.extend(button_cards(more, dropped));
    bubbles
}

/// A simpleImage shows the picture whole, so it is a card only for the sake of buttons.
fn image(media: &Media, text: &str, mut buttons: Vec<Labelled<'_>>, dropped: &mut Vec<Dropped>) -> Vec<Bubble> {
    if !buttons.is_empty() && limits::BASIC_CARD_DESCRIPTION.holds(text) {
        let more = buttons.split_off(buttons.len().min(limits::BUTTONS));
        let thumbnail = cards::thumbnail(&media.uri, media.alt_text.as_deref(), None, dropped);
        let card = cards::basic(None, Some(text), thumbnail, buttons, dropped);
        let mut bubbles = vec![Bubble::new(Output::BasicCard(card))];
        bubbles.extend(button_cards(more, dropped));
        return bubbles;
    }
    let alt_text = cards::alt_text(media.alt_text.as_deref(), dropped);
    let mut bubbles = vec![Bubble::new(Output::SimpleImage { image_url: media.uri.clone(), alt_text })];
    bubbles.extend(words(text, buttons, dropped));
    bubbles
}

/// What Kakao cannot play is a button that opens it.
fn opened(media: &Media, text: &str, buttons: Vec<Labelled<'_>>, dropped: &mut Vec<Dropped>) -> Vec<Bubble> {
    let open = buttons::link(buttons::OPEN, &media.uri, dropped);
    let name = cards::media_name(media.content_type);
    let (title, instead) = match media.content_type {
        ContentType::Link => (worded(media.alt_text.as_deref()), Some(media.uri.as_str())),
        ContentType::Image | ContentType::Video | ContentType::Audio => (Some(name), None),
    };
    let fits = |words: &&str| limits::TEXT_CARD.length(words) + title.map_or(0, title_length) <= limits::TEXT_CARD.0;
    let text = worded(Some(text));
    let instead = instead.filter(fits);
    let name_if_mute = |description: Option<&str>| title.or_else(|| description.is_none().then_some(name));
    if let Some(long) = text.filter(|text| !fits(text)) {
        let mut bubbles = card_and_more(name_if_mute(instead), instead, vec![open], dropped);
        bubbles.extend(words(long, buttons, dropped));
        return bubbles;
    }
    let description = text.or(instead);
    let all = std::iter::once(open).chain(buttons).collect();
    card_and_more(name_if_mute(description), description, all, dropped)
}

/// As long as it can get; a longer one is cut to this.
fn title_length(title: &str) -> usize {
    limits::TITLE.length(title).min(limits::TITLE.0)
}

fn place(location: &Location, dropped: &mut Vec<Dropped>) -> Output {
    let [latitude, longitude] = point(location);
    let point = format!("{latitude}, {longitude}");
    let map = map_url(location);
    let buttons = vec![buttons::link("지도 보기", &map, dropped).button];
    Output::TextCard(cards::text(location.title.as_deref(), Some(&point), buttons, false, dropped))
}

fn map_url(location: &Location) -> String {
    let [latitude, longitude] = point(location);
    format!("https://www.google.com/maps/search/?api=1&query={latitude},{longitude}")
}

/// Six places are a hand's breadth, and a number may have hundreds. Nothing is not written as `-0`.
fn point(location: &Location) -> [f64; 2] {
    [location.latitude, location.longitude].map(|degrees| (degrees * 1e6).round() / 1e6 + 0.0)
}

/// Everything as plain words, for when Kakao finds fault with our bubbles.
fn plain(data: &MessageData) -> Vec<String> {
    let web = |uri: &String| is_web(uri).then(|| uri.clone());
    let opened = |buttons: &[Button]| -> Vec<String> {
        buttons.iter().filter_map(|button| button.uri.as_ref().and_then(web)).collect()
    };
    let lines = match data {
        MessageData::Text { text, buttons } => [vec![text.clone()], opened(buttons)].concat(),
        MessageData::Media { media, text, buttons } => {
            [text.iter().cloned().collect(), web(&media.uri).into_iter().collect(), opened(buttons)].concat()
        }
        MessageData::Cards { cards } => {
            let words = |card: &model::Card| {
                let words = [&card.title, &card.description].into_iter().flatten().cloned();
                let words: Vec<_> = words.chain(card.uri.as_ref().and_then(web)).collect();
                [words, opened(&card.buttons)].concat().join("\n")
            };
            cards.iter().map(words).collect()
        }
        MessageData::Location { location } => {
            [location.title.iter().cloned().collect(), vec![map_url(location)]].concat()
        }
    };
    lines.into_iter().filter(|line| !line.trim().is_empty()).collect()
}

/// One text, in as many bubbles as it takes.
pub(super) fn plain_bubbles(messages: &[model::Message]) -> Vec<Bubble> {
    let text = messages.iter().flat_map(|message| plain(&message.data)).collect::<Vec<_>>().join("\n\n");
    worded(Some(&text)).map(texts).unwrap_or_default()
}
