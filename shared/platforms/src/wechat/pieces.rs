//! A reply as what WeChat can show:
//! <https://developers.weixin.qq.com/doc/service/api/customer/message/api_sendcustommessage>.

use std::borrow::Cow;

use model::{Button, Card, ContentType, Location, Media, MessageData, Reply};

use super::address::{encode, ending, web};
use super::pack::pack;
use super::text::{Part, one_line};
use super::wire::Article;
use super::{limits, xml};
use crate::Dropped;

/// A message of its own, but for texts, which may share one or need several.
#[derive(Debug, PartialEq)]
pub(super) enum Piece<'a> {
    Text(Vec<Part>),
    /// With the same as a text, for where it cannot be.
    News(Article<'a>, Vec<Part>),
    File(File<'a>, Vec<Part>),
}

#[derive(Debug, PartialEq)]
pub(super) struct File<'a> {
    pub kind: FileKind,
    pub source: Cow<'a, str>,
    pub title: Option<Cow<'a, str>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FileKind {
    Image,
    Voice,
    Video,
}

/// For links of which nobody said what they are. It needs no language.
const OPEN: &str = "🔗";
const PLACE: &str = "📍";

/// `most`: how many messages can be sent. It decides whether each card may be one.
pub(super) fn pieces<'a>(reply: &'a Reply, most: usize, dropped: &mut Vec<Dropped>) -> Vec<Piece<'a>> {
    let mut pieces = Vec::new();
    for message in &reply.messages {
        match &message.data {
            MessageData::Text { text, buttons } => text_and_buttons(&mut pieces, text, buttons, dropped),
            MessageData::Media { media, text, buttons } => {
                let text = text.as_deref().unwrap_or_default();
                media_and_text(&mut pieces, media, text, buttons, dropped);
            }
            MessageData::Cards { cards: list } => {
                let left = (most + 1).saturating_sub(reply.messages.len());
                cards(&mut pieces, list, left, dropped);
            }
            MessageData::Location { location } => place(&mut pieces, location, dropped),
        }
    }
    // There is no way to ask for digits or a place, but to say so.
    let buttons = reply.keyboard.as_ref().map_or(&[][..], |keyboard| &keyboard.buttons);
    let keys = parts_of(buttons, dropped);
    match pieces.last_mut() {
        Some(Piece::Text(parts)) => parts.extend(keys),
        Some(Piece::News(..) | Piece::File(..)) | None => add(&mut pieces, keys),
    }
    pieces
}

/// All of a piece, as parts of a text.
pub(super) fn into_parts(piece: Piece<'_>) -> Vec<Part> {
    match piece {
        Piece::Text(parts) | Piece::News(_, parts) | Piece::File(_, parts) => parts,
    }
}

fn add(pieces: &mut Vec<Piece<'_>>, mut parts: Vec<Part>) {
    if let Some(first) = parts.first_mut() {
        first.first = true;
        pieces.push(Piece::Text(parts));
    }
}

fn parts_of(buttons: &[Button], dropped: &mut Vec<Dropped>) -> Vec<Part> {
    buttons.iter().filter_map(|button| Part::button(button, dropped)).collect()
}

fn text_and_buttons(pieces: &mut Vec<Piece<'_>>, text: &str, buttons: &[Button], dropped: &mut Vec<Dropped>) {
    let mut parts: Vec<_> = Part::words(text).into_iter().collect();
    parts.extend(parts_of(buttons, dropped));
    add(pieces, parts);
}

fn media_and_text<'a>(
    pieces: &mut Vec<Piece<'a>>,
    media: &'a Media,
    text: &'a str,
    buttons: &[Button],
    dropped: &mut Vec<Dropped>,
) {
    let Some(uri) = web(&media.uri) else {
        dropped.push(Dropped { what: "media", count: 1 });
        return text_and_buttons(pieces, text, buttons, dropped);
    };
    let title = said(media.alt_text.as_deref());
    let link = Part::link(title, &uri);
    if let Some(kind) = file_kind(media.content_type, &ending(&uri)) {
        let title = title.map(cut_title);
        pieces.push(Piece::File(File { kind, source: uri, title }, vec![Part { first: true, ..link }]));
        return text_and_buttons(pieces, text, buttons, dropped);
    }
    match (media.content_type, title) {
        (ContentType::Link, Some(title)) => {
            let description = said(Some(text)).filter(|text| limits::DESCRIPTION.holds(text));
            let article = Article {
                title: cut_title(title),
                description: xml::clean(description.unwrap_or_default()),
                url: uri,
                picurl: "".into(),
            };
            let words = [Some(Part { first: true, ..link }), description.and_then(Part::words)];
            pieces.push(Piece::News(article, words.into_iter().flatten().collect()));
            let rest = if description.is_some() { "" } else { text };
            text_and_buttons(pieces, rest, buttons, dropped);
        }
        (ContentType::Link | ContentType::Image | ContentType::Video | ContentType::Audio, _) => {
            let mut parts: Vec<_> = Part::words(text).into_iter().collect();
            parts.push(link);
            parts.extend(parts_of(buttons, dropped));
            add(pieces, parts);
        }
    }
}

/// What can be uploaded as this. A name that says nothing is taken at the bot's word.
fn file_kind(content_type: ContentType, ending: &str) -> Option<FileKind> {
    let (kind, known): (_, &[&str]) = match content_type {
        ContentType::Image => (FileKind::Image, &["", "png", "jpg", "jpeg", "gif"]),
        ContentType::Audio => (FileKind::Voice, &["", "amr", "mp3"]),
        ContentType::Video => (FileKind::Video, &["", "mp4"]),
        ContentType::Link => return None,
    };
    known.contains(&ending).then_some(kind)
}

/// One is an article. Of more, one text has all of them if it can: messages are counted.
fn cards<'a>(pieces: &mut Vec<Piece<'a>>, cards: &'a [Card], left: usize, dropped: &mut Vec<Dropped>) {
    let mut unseen = Vec::new();
    let list: Vec<Part> = cards.iter().flat_map(|card| listed(card, &mut unseen)).collect();
    let messages: usize = cards.iter().map(|card| 1 + usize::from(!card.buttons.is_empty())).sum();
    let fits_in_one = pack(list.clone()).len() <= 1;
    if cards.len() == 1 || (!fits_in_one && messages <= left) {
        for card in cards {
            one_card(pieces, card, dropped);
        }
        return;
    }
    dropped.append(&mut unseen);
    if !list.is_empty() {
        pieces.push(Piece::Text(list));
    }
}

fn one_card<'a>(pieces: &mut Vec<Piece<'a>>, card: &'a Card, dropped: &mut Vec<Dropped>) {
    let Shown { title, text, picture, opens } = Shown::of(card, dropped);
    let mut buttons = parts_of(&card.buttons, dropped);
    let link_of_button = || card.buttons.iter().filter_map(|button| button.uri.as_deref()).find_map(web);
    let url = opens.or_else(|| picture.is_some().then(link_of_button).flatten()).or_else(|| picture.clone());
    let Some(url) = url else {
        let words = [title, text].into_iter().flatten().filter_map(Part::words);
        let parts = words.chain(buttons).collect();
        return add(pieces, parts);
    };
    let whole = title.is_none_or(|title| limits::TITLE.holds(title));
    let short = text.filter(|text| whole && limits::DESCRIPTION.holds(text));
    let named = title.or(short).or(text).unwrap_or(OPEN);
    let article = Article {
        title: cut_title(named),
        description: xml::clean(title.and(short).unwrap_or_default()),
        url: url.clone(),
        picurl: picture.unwrap_or_default(),
    };
    // What an article cannot hold comes below it.
    let untold = title.filter(|_| !whole).into_iter().chain(text.filter(|_| short.is_none())).filter_map(Part::words);
    let mut below: Vec<_> = untold.collect();
    let link = Part { first: true, ..Part::link(Some(named), &url) };
    let words = [Some(link), title.and(short).and_then(Part::words)];
    pieces.push(Piece::News(article, words.into_iter().flatten().collect()));
    below.append(&mut buttons);
    add(pieces, below);
}

/// A card among others in a text.
fn listed(card: &Card, dropped: &mut Vec<Dropped>) -> Vec<Part> {
    let Shown { title, text, picture, opens } = Shown::of(card, dropped);
    if picture.is_some() && opens.is_some() {
        dropped.push(Dropped { what: "card picture", count: 1 });
    }
    let mut parts = Vec::new();
    match opens.or(picture) {
        Some(uri) => parts.push(Part::link(Some(title.unwrap_or(OPEN)), &uri)),
        None => parts.extend(title.and_then(Part::words)),
    }
    parts.extend(text.and_then(Part::words));
    parts.extend(parts_of(&card.buttons, dropped));
    if let Some(first) = parts.first_mut() {
        first.first = true;
    }
    parts
}

/// A card as far as WeChat can show it.
struct Shown<'a> {
    title: Option<&'a str>,
    text: Option<&'a str>,
    picture: Option<Cow<'a, str>>,
    opens: Option<Cow<'a, str>>,
}

impl<'a> Shown<'a> {
    fn of(card: &'a Card, dropped: &mut Vec<Dropped>) -> Self {
        let mut usable = |uri: Option<&'a str>, what| {
            let uri = said(uri)?;
            let usable = web(uri);
            if usable.is_none() {
                dropped.push(Dropped { what, count: 1 });
            }
            usable
        };
        let opens = usable(card.uri.as_deref(), "card uri");
        let media = usable(card.media.as_ref().map(|media| media.uri.as_str()), "card media");
        let is_picture = card.media.as_ref().is_some_and(|media| media.content_type == ContentType::Image);
        let (picture, opens) = if is_picture { (media, opens) } else { (None, opens.or(media)) };
        let title = said(card.title.as_deref());
        let alt_text = || said(card.media.as_ref().and_then(|media| media.alt_text.as_deref()));
        let text = said(card.description.as_deref());
        let title = if title.is_none() && text.is_none() { alt_text() } else { title };
        Self { title, text, picture, opens }
    }
}

/// There is no message for a place, so it is a link to a map.
fn place(pieces: &mut Vec<Piece<'_>>, location: &Location, dropped: &mut Vec<Dropped>) {
    let Location { title, latitude, longitude } = location;
    if latitude.abs() > limits::LATITUDE || longitude.abs() > limits::LONGITUDE || (latitude + longitude).is_nan() {
        dropped.push(Dropped { what: "location", count: 1 });
        return;
    }
    // Six places are a hand's breadth, and a number may have hundreds. Nothing is not written as `-0`.
    let rounded = |degrees: &f64| (degrees * 1e6).round() / 1e6 + 0.0;
    let (latitude, longitude) = (rounded(latitude), rounded(longitude));
    let title = said(title.as_deref()).map(cut_title);
    let named = title.as_deref().map_or_else(String::new, |title| {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
        format!(";title:{}", encode(title, plain))
    });
    let url = format!("https://apis.map.qq.com/uri/v1/marker?marker=coord:{latitude},{longitude}{named}");
    let label = title.unwrap_or_else(|| format!("{latitude}, {longitude}").into());
    add(pieces, vec![Part::link(Some(&format!("{PLACE} {label}")), &url)]);
}

fn cut_title<'a>(title: &str) -> Cow<'a, str> {
    crate::fit::cut(&one_line(title), limits::TITLE, "title", &mut Vec::new()).into_owned().into()
}

/// Forms leave empty texts behind.
fn said(text: Option<&str>) -> Option<&str> {
    text.filter(|text| !xml::clean(text).trim().is_empty())
}
