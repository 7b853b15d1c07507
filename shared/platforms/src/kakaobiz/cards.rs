//! Cards and places, which Kakao has no form for: words with a picture over them and buttons below.
//! <https://mbi-developer-center.happytalk.io/kakaotalk_webhook/counseling/send_chat>

use model::{Card, ContentType, Location};

use crate::Dropped;

use super::bubbles::{Bubble, CHOOSE, FileKind, file, kind_name, worded, words};
use super::buttons::{OPEN, Press, usable, web};
use super::limits;
use super::settings::Settings;

const SHOW_MAP: &str = "지도 보기";

pub(super) fn card(settings: &Settings, card: &Card, dropped: &mut Vec<Dropped>) -> Vec<Bubble> {
    let mut presses = usable(&card.buttons, dropped);
    let mut picture = None;
    if let Some(media) = &card.media {
        match (web(&media.uri), media.content_type) {
            (Some(source), ContentType::Image) => picture = Some(file(settings, FileKind::Image, media, source)),
            (Some(source), ContentType::Video) => presses.push(Press::open(kind_name(FileKind::Video), source)),
            (Some(source), ContentType::Audio) => presses.push(Press::open(kind_name(FileKind::Audio), source)),
            (Some(source), ContentType::Link) => {
                presses.push(Press::open(worded(media.alt_text.as_deref()).unwrap_or(OPEN), source));
            }
            (None, _) => dropped.push(Dropped { what: "media", count: 1 }),
        }
    }
    if let Some(uri) = worded(card.uri.as_deref()) {
        match web(uri) {
            Some(url) => presses.push(Press::open(OPEN, url)),
            None => dropped.push(Dropped { what: "card uri", count: 1 }),
        }
    }
    let said: Vec<_> = [card.title.as_deref(), card.description.as_deref()].into_iter().filter_map(worded).collect();
    let said = said.join("\n");

    let Some(picture) = picture else { return words(settings, &said, presses, dropped) };
    // A picture over words is a bubble with them; by itself, it may be larger.
    if (said.is_empty() && presses.is_empty()) || !settings.link_message.holds(&said) {
        let mut bubbles = vec![Bubble::file(picture)];
        bubbles.extend(words(settings, &said, presses, dropped));
        return bubbles;
    }
    let mut bubbles = words(settings, if said.is_empty() { CHOOSE } else { &said }, presses, dropped);
    if let Some(first) = bubbles.first_mut() {
        first.file = Some(picture);
    }
    bubbles
}

/// There is nothing to look at, and nothing to press.
pub(super) fn is_blank(card: &Card) -> bool {
    let texts = [&card.title, &card.description, &card.uri];
    texts.iter().all(|text| worded(text.as_deref()).is_none()) && card.media.is_none() && card.buttons.is_empty()
}

pub(super) fn place(settings: &Settings, location: &Location, dropped: &mut Vec<Dropped>) -> Vec<Bubble> {
    let Location { title, latitude, longitude } = location;
    if !(latitude.abs() <= limits::LATITUDE && longitude.abs() <= limits::LONGITUDE) {
        dropped.push(Dropped { what: "location", count: 1 });
        return Vec::new();
    }
    // Six places are a hand's breadth, and a number may have hundreds.
    let rounded = |degrees: &f64| (degrees * 1e6).round() / 1e6 + 0.0;
    let (latitude, longitude) = (rounded(latitude), rounded(longitude));
    let point = format!("{latitude}, {longitude}");
    let map = format!("https://www.google.com/maps/search/?api=1&query={latitude},{longitude}");
    let said = worded(title.as_deref()).map_or(point, str::to_owned);
    words(settings, &said, vec![Press::open(SHOW_MAP, map)], dropped)
}
