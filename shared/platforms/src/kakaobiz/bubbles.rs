//! A turn as bubbles, of which each is a request: <https://mbi-developer-center.happytalk.io/kakaotalk_webhook/counseling/send_chat>.
//! There is no title, no carousel and no place here, so cards and places are a text with a picture and buttons.

use model::{ContentType, Keyboard, Media, MessageData, Reply};

use crate::Dropped;
use crate::fit::{cut, keep, split};

use super::buttons::{self, Button, Does, OPEN, Press, usable, web};
use super::settings::Settings;
use super::{cards, limits};

/// Over buttons that come without words, which Kakao does not allow.
pub(super) const CHOOSE: &str = "선택해 주세요.";

/// Words with what hangs on them, or a file by itself. Buttons and quick replies are never without words.
#[derive(Clone)]
pub(super) struct Bubble {
    pub words: String,
    pub file: Option<File>,
    pub buttons: Vec<Button>,
    pub quick_replies: Vec<Button>,
}

#[derive(Clone)]
pub(super) struct File {
    pub kind: FileKind,
    /// Where it is now. Kakao shows only what was uploaded.
    pub source: String,
    /// What it is, in words.
    pub name: String,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum FileKind {
    Image,
    Video,
    Audio,
}

pub(super) fn render(settings: &Settings, reply: &Reply, dropped: &mut Vec<Dropped>) -> Vec<Bubble> {
    let mut bubbles = Vec::new();
    for message in &reply.messages {
        match &message.data {
            MessageData::Text { text, buttons } => {
                let presses = usable(buttons, dropped);
                bubbles.extend(words(settings, text, presses, dropped));
            }
            MessageData::Media { media, text, buttons } => {
                let presses = usable(buttons, dropped);
                bubbles.extend(media_and_words(settings, media, text.as_deref().unwrap_or_default(), presses, dropped));
            }
            MessageData::Cards { cards: list } => {
                let shown: Vec<_> = list.iter().filter(|card| !cards::is_blank(card)).collect();
                if shown.len() < list.len() {
                    dropped.push(Dropped { what: "empty card", count: list.len() - shown.len() });
                }
                for card in keep(&shown, limits::CARDS, "card", dropped) {
                    bubbles.extend(cards::card(settings, card, dropped));
                }
            }
            MessageData::Location { location } => bubbles.extend(cards::place(settings, location, dropped)),
        }
    }
    if let Some(keyboard) = &reply.keyboard {
        keys(settings, keyboard, &mut bubbles, dropped);
    }
    bubbles
}

impl Bubble {
    fn said(words: impl Into<String>, buttons: Vec<Button>) -> Self {
        Self { words: words.into(), file: None, buttons, quick_replies: Vec::new() }
    }

    pub(super) fn file(file: File) -> Self {
        Self { words: String::new(), file: Some(file), buttons: Vec::new(), quick_replies: Vec::new() }
    }

    /// The same without the file, which a button opens; for when it cannot be uploaded or shown.
    pub(super) fn without_file(&self, settings: &Settings) -> Option<Self> {
        let file = self.file.as_ref()?;
        let mut bubble = Self { file: None, ..self.clone() };
        if bubble.words.is_empty() {
            bubble.words.clone_from(&file.name);
        }
        if bubble.buttons.len() < limits::BUTTONS {
            let name = cut(kind_name(file.kind), limits::BUTTON_NAME, "button label", &mut Vec::new());
            bubble.buttons.insert(0, Button { name: name.into_owned(), does: Does::Web(file.source.clone()) });
            return Some(bubble);
        }
        let both = format!("{}\n{}", bubble.words, file.source);
        if settings.link_message.holds(&both) {
            bubble.words = both;
        }
        Some(bubble)
    }
}

/// Words, and buttons under the last of them.
pub(super) fn words(
    settings: &Settings,
    text: &str,
    presses: Vec<Press<'_>>,
    dropped: &mut Vec<Dropped>,
) -> Vec<Bubble> {
    let mut bubbles: Vec<_> = pieces(text, dropped).into_iter().map(|piece| Bubble::said(piece, Vec::new())).collect();
    let groups = groups(presses, 1 + limits::MORE_BUBBLES, dropped);
    for (index, buttons) in groups.into_iter().enumerate() {
        match bubbles.last_mut() {
            Some(last) if index == 0 && settings.link_message.holds(&last.words) => last.buttons = buttons,
            Some(_) => bubbles.push(Bubble::said(if index == 0 { CHOOSE } else { &settings.more }, buttons)),
            None => bubbles.push(Bubble::said(CHOOSE, buttons)),
        }
    }
    bubbles
}

/// A long text in a few pieces, the last one cut if it must be.
fn pieces(text: &str, dropped: &mut Vec<Dropped>) -> Vec<String> {
    let pieces = split(text, limits::MESSAGE);
    let Some(last) = pieces.get(limits::PIECES - 1).filter(|_| pieces.len() > limits::PIECES) else {
        return pieces.into_iter().map(str::to_owned).collect();
    };
    let at = last.as_ptr() as usize - text.as_ptr() as usize;
    let last = cut(&text[at..], limits::MESSAGE, "text", dropped);
    pieces.iter().take(limits::PIECES - 1).map(|piece| (*piece).to_owned()).chain([last.into_owned()]).collect()
}

/// As many as go under one bubble each; what is left over is dropped.
fn groups(mut presses: Vec<Press<'_>>, most: usize, dropped: &mut Vec<Dropped>) -> Vec<Vec<Button>> {
    let room = most * limits::BUTTONS;
    if presses.len() > room {
        dropped.push(Dropped { what: "button", count: presses.len() - room });
        presses.truncate(room);
    }
    let mut buttons: Vec<_> = presses.into_iter().map(|press| press.button(limits::BUTTON_NAME, dropped)).collect();
    let mut groups = Vec::new();
    while !buttons.is_empty() {
        let rest = buttons.split_off(buttons.len().min(limits::BUTTONS));
        groups.push(std::mem::replace(&mut buttons, rest));
    }
    groups
}

fn media_and_words(
    settings: &Settings,
    media: &Media,
    text: &str,
    mut presses: Vec<Press<'_>>,
    dropped: &mut Vec<Dropped>,
) -> Vec<Bubble> {
    let Some(source) = web(&media.uri) else {
        dropped.push(Dropped { what: "media", count: 1 });
        return words(settings, text, presses, dropped);
    };
    let kind = match media.content_type {
        ContentType::Image => FileKind::Image,
        ContentType::Video => FileKind::Video,
        ContentType::Audio => FileKind::Audio,
        ContentType::Link => {
            let said: Vec<_> = [media.alt_text.as_deref(), Some(text)].into_iter().filter_map(worded).collect();
            let said = if said.is_empty() { source.clone() } else { said.join("\n") };
            presses.insert(0, Press::open(OPEN, source));
            return words(settings, &said, presses, dropped);
        }
    };
    let mut bubbles = vec![Bubble::file(file(settings, kind, media, source))];
    bubbles.extend(words(settings, text, presses, dropped));
    bubbles
}

pub(super) fn file(settings: &Settings, kind: FileKind, media: &Media, source: String) -> File {
    let name = worded(media.alt_text.as_deref()).or(settings.unsupported_media.as_deref());
    let name = name.unwrap_or_else(|| kind_name(kind));
    let name = cut(name, settings.link_message, "alt text", &mut Vec::new()).into_owned();
    File { kind, source, name }
}

pub(super) const fn kind_name(kind: FileKind) -> &'static str {
    match kind {
        FileKind::Image => "이미지",
        FileKind::Video => "동영상",
        FileKind::Audio => "오디오",
    }
}

/// Quick replies, which belong to the last words. What is more than they hold becomes buttons above them.
fn keys(settings: &Settings, keyboard: &Keyboard, bubbles: &mut Vec<Bubble>, dropped: &mut Vec<Dropped>) {
    // Kakao can ask neither for digits nor for a place, so the buttons are all there is of any keyboard.
    let mut presses = buttons::usable(&keyboard.buttons, dropped);
    let held = if settings.quick_replies { presses.len().min(limits::QUICK_REPLIES) } else { 0 };
    let more = presses.split_off(held);
    for buttons in groups(more, limits::MORE_BUBBLES, dropped) {
        let heading = if bubbles.is_empty() && held == 0 { CHOOSE } else { &settings.more };
        bubbles.push(Bubble::said(heading, buttons));
    }
    let quick_replies: Vec<_> =
        presses.into_iter().map(|press| press.button(limits::QUICK_REPLY_NAME, dropped)).collect();
    if quick_replies.is_empty() {
        return;
    }
    match bubbles.last_mut() {
        Some(last) if !last.words.is_empty() && settings.link_message.holds(&last.words) => {
            last.quick_replies = quick_replies;
        }
        Some(_) | None => bubbles.push(Bubble { quick_replies, ..Bubble::said(CHOOSE, Vec::new()) }),
    }
}

pub(super) fn worded(text: Option<&str>) -> Option<&str> {
    text.filter(|text| !text.trim().is_empty())
}
