//! A reply as one text: what messages, cards and keyboards come to where there are only letters.

use std::borrow::Cow;

use model::{Button, Card, ContentType, Keyboard, KeyboardType, Location, Media, MessageData, Reply};

use super::encode::{self, Lost};
use super::limits;
use crate::Dropped;

/// Which letters the provider carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Letters {
    Cp949,
    All,
}

/// The text of a reply, and what it could not say. `shown` is the picture that goes beside it, so that its address is
/// left out.
pub(super) fn text(reply: &Reply, letters: Letters, shown: Option<&Media>) -> (String, Vec<Dropped>) {
    let mut lines = Lines { letters, shown, out: Vec::new(), choices: 0, lost: Lost::default(), dropped: Vec::new() };
    for message in &reply.messages {
        lines.block(|lines| lines.message(&message.data));
    }
    if let Some(keyboard) = &reply.keyboard {
        lines.block(|lines| lines.keyboard(keyboard));
    }
    lines.lost.told(&mut lines.dropped);
    (lines.out.join("\n\n"), lines.dropped)
}

/// The picture that could go as one: a JPEG of a message of its own, or of a card that is alone.
pub(super) fn picture(reply: &Reply) -> Option<(&Media, String)> {
    let mut media = reply.messages.iter().filter_map(|message| match &message.data {
        MessageData::Media { media, .. } => Some(media),
        MessageData::Cards { cards } if cards.len() == 1 => cards[0].media.as_ref(),
        MessageData::Cards { .. } | MessageData::Text { .. } | MessageData::Location { .. } => None,
    });
    media.find_map(|media| {
        let url = address(&media.uri).filter(|url| media.content_type == ContentType::Image && is_jpeg(url))?;
        Some((media, url))
    })
}

fn is_jpeg(url: &str) -> bool {
    let path = url.split(['?', '#']).next().unwrap_or_default().to_ascii_lowercase();
    let is_web = ["http://", "https://"].iter().any(|start| path.starts_with(start));
    is_web && [".jpg", ".jpeg"].iter().any(|end| path.ends_with(end))
}

struct Lines<'a> {
    letters: Letters,
    shown: Option<&'a Media>,
    /// Blocks, each of lines.
    out: Vec<String>,
    choices: usize,
    lost: Lost,
    dropped: Vec<Dropped>,
}

impl Lines<'_> {
    fn block(&mut self, say: impl FnOnce(&mut Self) -> Vec<String>) {
        let lines = say(self);
        if !lines.is_empty() {
            self.out.push(lines.join("\n"));
        }
    }

    fn message(&mut self, data: &MessageData) -> Vec<String> {
        let mut lines = Vec::new();
        match data {
            MessageData::Text { text, buttons } => {
                self.say(Some(text), &mut lines);
                self.buttons(buttons, &mut lines);
            }
            MessageData::Media { media, text, buttons } => {
                self.say(text.as_ref(), &mut lines);
                self.media(media, &mut lines);
                self.buttons(buttons, &mut lines);
            }
            MessageData::Cards { cards } => {
                let alone = cards.len() == 1;
                let cards = cards.iter().map(|card| self.card(card, alone).join("\n"));
                let cards: Vec<_> = cards.filter(|card| !card.is_empty()).collect();
                if !cards.is_empty() {
                    lines.push(cards.join("\n\n"));
                }
            }
            MessageData::Location { location } => self.location(location, &mut lines),
        }
        lines
    }

    fn card(&mut self, card: &Card, alone: bool) -> Vec<String> {
        let mut lines = Vec::new();
        self.say(card.title.as_ref(), &mut lines);
        self.say(card.description.as_ref(), &mut lines);
        match &card.media {
            // The addresses of many pictures would bury the text.
            Some(media) if !alone && media.content_type == ContentType::Image => self.drop("card image"),
            Some(media) => self.media(media, &mut lines),
            None => {}
        }
        if let Some(uri) = card.uri.as_deref().filter(|uri| !uri.trim().is_empty()) {
            match address(uri) {
                Some(uri) => lines.push(uri),
                None => self.drop("card uri"),
            }
        }
        self.buttons(&card.buttons, &mut lines);
        lines
    }

    fn media(&mut self, media: &Media, lines: &mut Vec<String>) {
        if self.shown.is_some_and(|shown| std::ptr::eq(shown, media)) {
            return;
        }
        let Some(uri) = address(&media.uri) else {
            return self.drop("media");
        };
        let name = media.alt_text.as_deref().and_then(|name| self.line(name));
        lines.push(named(name, uri));
    }

    fn location(&mut self, location: &Location, lines: &mut Vec<String>) {
        self.say(location.title.as_ref(), lines);
        let Location { latitude, longitude, .. } = location;
        // Not a number is not within either.
        if latitude.abs() <= limits::LATITUDE && longitude.abs() <= limits::LONGITUDE {
            lines.push(format!("https://www.google.com/maps/search/?api=1&query={latitude},{longitude}"));
        } else {
            self.drop("location");
        }
    }

    fn keyboard(&mut self, keyboard: &Keyboard) -> Vec<String> {
        let mut lines = Vec::new();
        self.buttons(&keyboard.buttons, &mut lines);
        let bound = |bound: Option<f64>| bound.filter(|bound| bound.is_finite()).map(|bound| bound.to_string());
        let (min, max) = (bound(keyboard.min), bound(keyboard.max));
        // It needs no language.
        if keyboard.kind == KeyboardType::Number && (min.is_some() || max.is_some()) {
            lines.push(format!("({} ~ {})", min.unwrap_or_default(), max.unwrap_or_default()));
        }
        lines
    }

    fn buttons(&mut self, buttons: &[Button], lines: &mut Vec<String>) {
        for button in buttons {
            let label = self.line(&button.label);
            if button.says() {
                // The place in the list is what a number means, so one without a label has its number too.
                self.choices += 1;
                match label {
                    Some(label) => lines.push(format!("{}. {label}", self.choices)),
                    None => self.drop("button"),
                }
                continue;
            }
            match button.uri.as_deref().and_then(address) {
                Some(uri) => lines.push(named(label, uri)),
                None => self.drop("button"),
            }
        }
    }

    /// A text with its line breaks.
    fn say(&mut self, text: Option<&String>, lines: &mut Vec<String>) {
        let Some(text) = text else { return };
        let text = match self.letters {
            Letters::Cp949 => encode::encodable(text, &mut self.lost),
            Letters::All => encode::without_controls(text),
        };
        if !text.trim().is_empty() {
            lines.push(text.trim_matches('\n').trim_end().to_owned());
        }
    }

    /// A text in one line.
    fn line(&mut self, text: &str) -> Option<String> {
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let mut lines = Vec::new();
        self.say(Some(&text), &mut lines);
        lines.pop()
    }

    fn drop(&mut self, what: &'static str) {
        match self.dropped.iter_mut().find(|dropped| dropped.what == what) {
            Some(dropped) => dropped.count += 1,
            None => self.dropped.push(Dropped { what, count: 1 }),
        }
    }
}

fn named(name: Option<String>, uri: String) -> String {
    match name.filter(|name| *name != uri) {
        Some(name) => format!("{name}: {uri}"),
        None => uri,
    }
}

/// `uri` as a phone makes a link of it: percent-encoded, and without the `tel:` that phones do without. `None` for what
/// leads nowhere.
pub(super) fn address(uri: &str) -> Option<String> {
    let uri = uri.trim();
    let (scheme, rest) = uri.split_once(':')?;
    let is_scheme = |c: char| c.is_ascii_alphanumeric() || "+-.".contains(c);
    if scheme.is_empty() || !scheme.chars().all(is_scheme) {
        return None;
    }
    let scheme = scheme.to_ascii_lowercase();
    let address = match (scheme.as_str(), rest.strip_prefix("//")) {
        ("tel" | "mailto" | "sms", _) => Some(rest.trim()).filter(|rest| !rest.is_empty()).map(encoded)?,
        ("javascript" | "data" | "file" | "vbscript", _) => return None,
        (_, Some(rest)) => {
            let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
            // A name has another encoding than the rest, punycode.
            if host.is_empty() || !host.bytes().all(|b| b.is_ascii_graphic()) {
                return None;
            }
            format!("{scheme}://{}", encoded(rest))
        }
        (_, None) => return None,
    };
    (address.len() <= limits::ADDRESS).then_some(address)
}

/// `%` is left: what is encoded already stays as it is.
fn encoded(text: &str) -> String {
    let is_plain = |b: u8| b.is_ascii_graphic() && !b"\"<>\\^`{|}".contains(&b);
    let encode = |b: u8| if is_plain(b) { Cow::from(char::from(b).to_string()) } else { format!("%{b:02X}").into() };
    text.bytes().map(encode).collect()
}
