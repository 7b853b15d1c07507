//! The answer to a push, which holds one message:
//! <https://developers.weixin.qq.com/doc/service/en/guide/product/message/Passive_user_reply_message.html>.

use model::{EpochMillis, Inbound, Reply};
use sha2::{Digest, Sha256};

use super::pack::{pack, squeeze};
use super::pieces::{Piece, into_parts, pieces};
use super::settings::Settings;
use super::text::join;
use super::wire::Article;
use super::xml::{element, number};
use super::{crypt, limits};
use crate::{Dropped, HttpReply};

/// Ends it: nothing is shown, and Tencent does not ask again.
pub(super) fn success() -> HttpReply {
    HttpReply::text("success".to_owned())
}

/// What needs no upload and fits into one message; and everything, where nothing else can be sent.
pub(super) fn takes(settings: &Settings, reply: &Reply) -> bool {
    plan(settings, reply, &mut Vec::new()).is_some()
}

pub(super) fn answer(
    settings: &Settings,
    reply: &Reply,
    inbound: &Inbound,
    now: EpochMillis,
    nonce: u128,
) -> (HttpReply, Vec<Dropped>) {
    let mut dropped = Vec::new();
    match plan(settings, reply, &mut dropped) {
        Some(Plan::Nothing) => (success(), dropped),
        Some(Plan::Text(text)) => {
            let xml = document(inbound, now, "text", |xml| element(xml, "Content", &text));
            (sealed(settings, inbound, now, nonce, xml), dropped)
        }
        Some(Plan::News(article)) => {
            let xml = document(inbound, now, "news", |xml| news(xml, &article));
            (sealed(settings, inbound, now, nonce, xml), dropped)
        }
        // The worker sends it, and says what was lost.
        None => (success(), Vec::new()),
    }
}

/// An account that can send has time; one that cannot waits for the last time that Tencent asks.
pub(super) fn interim(settings: &Settings, inbound: &Inbound) -> Option<HttpReply> {
    let sent_at = (inbound.reply_to["untimed"] != true).then_some(inbound.timestamp);
    (!will_ask_again(settings, inbound.received_at, sent_at)).then(success)
}

/// By the age of the message: the tries are five seconds apart, and nothing else tells them from each other. Without it
/// each may be the last.
pub(super) fn will_ask_again(settings: &Settings, received_at: EpochMillis, sent_at: Option<EpochMillis>) -> bool {
    !settings.customer_service && sent_at.is_some_and(|at| received_at.since(at) < limits::THIRD_TRY_MS)
}

/// The second or third time, of an account that can send: its answer to the first came too late, or not at all.
pub(super) fn asks_again(settings: &Settings, inbound: &Inbound) -> bool {
    let age_ms = inbound.received_at.since(inbound.timestamp);
    settings.customer_service && (limits::SECOND_TRY_MS..limits::LAST_TRY_MS).contains(&age_ms)
}

enum Plan<'a> {
    Nothing,
    Text(String),
    News(Article<'a>),
}

fn plan<'a>(settings: &Settings, reply: &'a Reply, dropped: &mut Vec<Dropped>) -> Option<Plan<'a>> {
    // An answer is one message. Where more can be sent, cards may be one each.
    let most = if settings.customer_service { settings.messages_per_question } else { 1 };
    let mut pieces = pieces(reply, most, dropped);
    if pieces.is_empty() {
        return Some(Plan::Nothing);
    }
    if let (1, Some(Piece::News(..))) = (pieces.len(), pieces.first())
        && let Some(Piece::News(article, _)) = pieces.pop()
    {
        return Some(Plan::News(article));
    }
    if !settings.customer_service {
        let parts = pieces.into_iter().flat_map(into_parts).collect();
        let texts = squeeze(parts, 1, dropped);
        return Some(texts.first().map_or(Plan::Nothing, |parts| Plan::Text(join(parts))));
    }
    if pieces.iter().any(|piece| !matches!(piece, Piece::Text(_))) {
        return None;
    }
    let texts = pack(pieces.into_iter().flat_map(into_parts).collect());
    match &texts[..] {
        [only] => Some(Plan::Text(join(only))),
        _ => None,
    }
}

/// The two names change places.
fn document(inbound: &Inbound, now: EpochMillis, kind: &str, content: impl FnOnce(&mut String)) -> String {
    let mut xml = "<xml>".to_owned();
    element(&mut xml, "ToUserName", inbound.user_key.as_str());
    element(&mut xml, "FromUserName", inbound.reply_to["account"].as_str().unwrap_or_default());
    number(&mut xml, "CreateTime", now.seconds().0);
    element(&mut xml, "MsgType", kind);
    content(&mut xml);
    xml.push_str("</xml>");
    xml
}

fn news(xml: &mut String, article: &Article<'_>) {
    number(xml, "ArticleCount", 1);
    xml.push_str("<Articles><item>");
    element(xml, "Title", &article.title);
    element(xml, "Description", &article.description);
    element(xml, "PicUrl", &article.picurl);
    element(xml, "Url", &article.url);
    xml.push_str("</item></Articles>");
}

/// Encrypted as the push was: with the same key, and signed with the same token.
fn sealed(settings: &Settings, inbound: &Inbound, now: EpochMillis, nonce: u128, xml: String) -> HttpReply {
    let Some(name) = inbound.reply_to["key"].as_str() else { return reply(xml) };
    let token = inbound.reply_to["token"].as_u64().and_then(|index| usize::try_from(index).ok()).unwrap_or(0);
    let token = settings.tokens.iter().nth(token).or(settings.tokens.current());
    let (Some(key), Some(token)) = (settings.keys.named(name), token) else {
        // Gone in the meantime. Anything that Tencent cannot read would be shown as a failure.
        return success();
    };
    let encrypted = key.close(&xml, &settings.app_id, nonce.to_be_bytes());
    let (timestamp, nonce) = (now.seconds().0, public_nonce(nonce));
    let signature = crypt::signature(token, &[&timestamp.to_string(), &nonce, &encrypted]);
    let mut sealed = "<xml>".to_owned();
    element(&mut sealed, "Encrypt", &encrypted);
    element(&mut sealed, "MsgSignature", &signature);
    number(&mut sealed, "TimeStamp", timestamp);
    element(&mut sealed, "Nonce", &nonce);
    sealed.push_str("</xml>");
    reply(sealed)
}

fn reply(xml: String) -> HttpReply {
    HttpReply::ok("application/xml; charset=utf-8", xml)
}

/// Another number than the one that is encrypted, which stays a secret.
fn public_nonce(nonce: u128) -> String {
    let digest = Sha256::digest(nonce.to_be_bytes());
    let mut start = [0; 8];
    start.copy_from_slice(&digest[..8]);
    u64::from_be_bytes(start).to_string()
}
