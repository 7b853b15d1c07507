//! A reply as customer service messages, of which there are a few per question:
//! <https://developers.weixin.qq.com/doc/service/api/customer/message/api_sendcustommessage>.

use model::{EpochMillis, Inbound, Reply};

use super::pack::{pack, squeeze};
use super::pieces::{FileKind, Piece, into_parts, pieces};
use super::settings::Settings;
use super::text::{Kind, Part, join};
use super::wire::{File, Item, Menu, Message, News, Text};
use super::{api, limits};
use crate::{Call, Dropped, Rendered};

/// Above a menu of which nobody said anything. It needs no language.
const MENU_HEAD: &str = "👇";

pub(super) fn render(settings: &Settings, reply: &Reply, inbound: &Inbound) -> Rendered {
    let mut dropped = Vec::new();
    let most = most(settings, inbound);
    let pieces = pieces(reply, most, &mut dropped);
    let Some(secret) = settings.app_secret.as_deref().filter(|_| settings.customer_service) else {
        if !pieces.is_empty() {
            dropped.push(Dropped { what: "reply: the account may not send messages", count: pieces.len() });
        }
        return Rendered { calls: Vec::new(), dropped };
    };
    let sender = Sender { app_id: &settings.app_id, secret, inbound };
    let calls = fit(pieces, most, &mut dropped)
        .into_iter()
        .enumerate()
        .map(|(index, piece)| sender.call(piece, index))
        .collect();
    Rendered { calls, dropped }
}

/// While Tencent takes it. After that it waits for the customer's next message.
pub(super) fn late(settings: &Settings, reply: &Reply, inbound: &Inbound, now: EpochMillis) -> Option<Rendered> {
    let window = if is_brief(inbound) { limits::BRIEF_WINDOW_MS } else { limits::WINDOW_MS };
    let is_open = now.since(inbound.received_at) < window;
    (settings.customer_service && is_open).then(|| render(settings, reply, inbound))
}

fn most(settings: &Settings, inbound: &Inbound) -> usize {
    let most = settings.messages_per_question;
    if is_brief(inbound) { most.min(limits::BRIEF_MESSAGES) } else { most }
}

fn is_brief(inbound: &Inbound) -> bool {
    inbound.reply_to["brief"] == true
}

/// One message each, `most` of them. Texts share one if they must; then pictures become links, the last first; and only
/// then words are lost.
fn fit<'a>(mut pieces: Vec<Piece<'a>>, most: usize, dropped: &mut Vec<Dropped>) -> Vec<Piece<'a>> {
    while messages(&pieces) > most {
        if merge(&mut pieces) {
            continue;
        }
        match pieces.iter().rposition(|piece| !matches!(piece, Piece::Text(_))) {
            Some(at) => {
                let parts = into_parts(pieces.remove(at));
                pieces.insert(at, Piece::Text(parts));
            }
            None => {
                let parts = pieces.into_iter().flat_map(into_parts).collect();
                return squeeze(parts, most, dropped).into_iter().map(Piece::Text).collect();
            }
        }
    }
    pieces
        .into_iter()
        .flat_map(|piece| match piece {
            Piece::Text(parts) => pack(parts).into_iter().map(Piece::Text).collect(),
            Piece::News(..) | Piece::File(..) => vec![piece],
        })
        .collect()
}

fn messages(pieces: &[Piece<'_>]) -> usize {
    let count = |piece: &Piece<'_>| match piece {
        Piece::Text(parts) => pack(parts.clone()).len(),
        Piece::News(..) | Piece::File(..) => 1,
    };
    pieces.iter().map(count).sum()
}

/// Joins all texts that are neighbours. False if there are none.
fn merge(pieces: &mut Vec<Piece<'_>>) -> bool {
    let count = pieces.len();
    let mut merged: Vec<Piece<'_>> = Vec::new();
    for piece in pieces.drain(..) {
        match (merged.last_mut(), piece) {
            (Some(Piece::Text(before)), Piece::Text(parts)) => before.extend(parts),
            (_, piece) => merged.push(piece),
        }
    }
    *pieces = merged;
    pieces.len() < count
}

struct Sender<'a> {
    app_id: &'a str,
    secret: &'a str,
    inbound: &'a Inbound,
}

impl Sender<'_> {
    fn call(&self, piece: Piece<'_>, index: usize) -> Call {
        match piece {
            Piece::Text(parts) => self.text_or_menu(&parts),
            Piece::News(article, parts) => {
                let call = self.send(api::NEWS, Message::News { news: News { articles: [article] } });
                self.or_text(call, &parts)
            }
            Piece::File(file, parts) => {
                let mark = format!("media-{}", self.inbound.id.action("media", index).simple());
                let content = |title| File { media_id: &mark, title };
                let message = match file.kind {
                    FileKind::Image => Message::Image { image: content(None) },
                    FileKind::Voice => Message::Voice { voice: content(None) },
                    FileKind::Video => Message::Video { video: content(file.title.as_deref()) },
                };
                let mut call = self.send(api::FILE, message);
                call.needs.push(api::upload(self.app_id, self.secret, &file.source, file.kind, mark));
                self.or_text(call, &parts)
            }
        }
    }

    /// A menu is for words with choices below and nothing else: whether its head shows links, nobody says.
    fn text_or_menu(&self, parts: &[Part]) -> Call {
        let choices =
            || parts.iter().filter_map(|part| if let Kind::Choice(choice) = &part.kind { Some(choice) } else { None });
        let words = parts.iter().take_while(|part| matches!(part.kind, Kind::Words(_))).count();
        if choices().next().is_none() || words + choices().count() < parts.len() {
            return self.text(parts);
        }
        let head = join(&parts[..words]);
        let menu = Menu {
            head_content: if head.is_empty() { MENU_HEAD } else { &head },
            list: choices().map(|choice| Item { id: &choice.id, content: &choice.label }).collect(),
            tail_content: "",
        };
        self.or_text(self.send(api::MENU, Message::Msgmenu { msgmenu: menu }), parts)
    }

    fn text(&self, parts: &[Part]) -> Call {
        self.send(api::TEXT, Message::Text { text: Text { content: &join(parts) } })
    }

    fn or_text(&self, call: Call, parts: &[Part]) -> Call {
        Call { instead: Some(Box::new(self.text(parts))), ..call }
    }

    fn send(&self, name: &'static str, message: Message<'_>) -> Call {
        api::send(self.app_id, self.secret, self.inbound, name, message)
    }
}
