//! Dialect A: what Korean operators call MO (mobile originated), pushed as JSON.
//!
//! Verification is a house rule, for no operator published one: `X-Gateway-Signature: t=SECONDS,v1=HEX`, the HMAC-SHA256
//! of `t`, a dot and the raw body. House rule too is the id of a message that comes without `moKey`: a hash of all that
//! tells it from others, so that two equal texts of the same second are one; or of the same minute, where no time is told.

use std::borrow::Cow;
use std::fmt::Write as _;

use http::StatusCode;
use model::{ContentType, EpochMillis, MessageData, Meta, UserKey};
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};

use super::inbound::{Sms, inbounds, opts_out};
use super::wire::{Mo, Outline, Part, Pushed};
use super::{Bizchat, phone};
use crate::receive::json;
use crate::secret::{hmac_sha256, same};
use crate::{Acknowledge, HttpReply, Ignored, ReceiveError, Received, Request, repair};

/// Ours: how long a message is known again that has neither an id nor a time.
const NAMELESS_MS: i64 = 60_000;

pub(super) fn receive(bizchat: &Bizchat, request: &Request<'_>) -> Result<Received, ReceiveError> {
    verify(bizchat, request)?;

    let mut ours = 0_usize;
    let mut others = 0_usize;
    let (mut inbound, mut ignored) = (Vec::new(), Vec::new());
    let repaired;
    let list = match self::list(request.body) {
        Ok(list) if list.iter().all(Result::is_ok) => list,
        // Half an emoji where a text was cut, or the letters of another encoding.
        Ok(_) | Err(_) => {
            repaired = repair::json(request.body);
            self::list(repaired.as_bytes())?
        }
    };
    for mo in list {
        let Ok(mo) = mo else {
            ignored.push(Ignored::new("unreadable MO"));
            continue;
        };
        if !phone::normalized(&mo.mo_number.0).is_some_and(|number| bizchat.settings.is_ours(&number)) {
            others += 1;
            ignored.push(Ignored::new("MO for another number"));
            continue;
        }
        ours += 1;
        match read(request, &mo, &mut ignored) {
            Some(sms) => {
                let messages = inbounds(bizchat, request, sms);
                if messages.is_empty() {
                    ignored.push(Ignored::new("empty MO"));
                }
                inbound.extend(messages);
            }
            None => ignored.push(Ignored::new("MO without a sender")),
        }
    }
    if ours == 0 && others > 0 {
        return Err(ReceiveError::UnknownPath);
    }
    Ok(Received { inbound, ignored, acknowledge: Acknowledge::Now(HttpReply::empty(StatusCode::OK)) })
}

fn verify(bizchat: &Bizchat, request: &Request<'_>) -> Result<(), ReceiveError> {
    let settings = &bizchat.settings;
    let header = request.headers.get("x-gateway-signature").and_then(|header| header.to_str().ok());
    let header = header.ok_or(ReceiveError::Forbidden)?;
    let parts: Vec<_> = header.split(',').filter_map(|part| part.trim().split_once('=')).collect();
    let (_, time) = parts.iter().find(|(name, _)| *name == "t").ok_or(ReceiveError::Forbidden)?;
    let seconds: i64 = time.parse().map_err(|_| ReceiveError::Forbidden)?;
    // Whoever rotates a secret may sign with both.
    let given: Vec<_> = parts.iter().filter(|(name, _)| *name == "v1").filter_map(|(_, hex)| decoded(hex)).collect();
    let genuine = settings.mo_secret.iter().fold(false, |genuine, secret| {
        let expected = hmac_sha256(secret.as_bytes(), &[time.as_bytes(), b".", request.body]);
        given.iter().fold(genuine, |genuine, given| genuine | same(given, &expected))
    });
    let away = request.received_at.seconds().0.abs_diff(seconds);
    if genuine && away <= settings.tolerance_seconds { Ok(()) } else { Err(ReceiveError::Forbidden) }
}

fn decoded(hex: &str) -> Option<[u8; 32]> {
    let digits = hex.as_bytes();
    if digits.len() != 64 {
        return None;
    }
    let mut bytes = [0; 32];
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        let digit = |b: u8| char::from(b).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
        *byte = digit(pair[0])? << 4 | digit(pair[1])?;
    }
    Some(bytes)
}

/// The messages, one by one where a bad one would lose the others.
fn list(body: &[u8]) -> Result<Vec<Result<Mo<'_>, ()>>, ReceiveError> {
    // serde would take an array for a struct.
    if body.trim_ascii_start().first().is_some_and(|first| *first != b'{') {
        return Err(ReceiveError::Malformed("it is not an object".to_owned()));
    }
    if let Ok(pushed) = json::<Pushed<Mo<'_>>>(body) {
        let list = pushed.mo_lst.or(pushed.data.and_then(|data| data.mo_lst)).unwrap_or_default();
        return Ok(list.into_iter().map(Ok).collect());
    }
    let malformed = |error: serde_json::Error| ReceiveError::malformed(&error);
    let outline: Outline<'_> = serde_json::from_slice(body).map_err(malformed)?;
    let list = match (something(outline.mo_lst), something(outline.data)) {
        (Some(list), _) => Some(list),
        (None, Some(data)) => something(serde_json::from_str::<Outline<'_>>(data.get()).map_err(malformed)?.mo_lst),
        (None, None) => None,
    };
    let raw: Vec<&RawValue> = match list {
        Some(list) => serde_json::from_str(list.get()).map_err(malformed)?,
        None => Vec::new(),
    };
    Ok(raw.into_iter().map(|mo| serde_json::from_str(mo.get()).map_err(|_| ())).collect())
}

/// The answer to polling says in several ways that nothing came: `null`, an empty text or list.
fn something(json: Option<&RawValue>) -> Option<&RawValue> {
    json.filter(|json| {
        let inner = json.get().strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
        json.get() != "\"\"" && !inner.is_some_and(|inner| inner.trim().is_empty())
    })
}

fn read(request: &Request<'_>, mo: &Mo<'_>, ignored: &mut Vec<Ignored>) -> Option<Sms> {
    let sender: UserKey = phone::normalized(&mo.mo_callback.0)?.parse().ok()?;
    let text = text(&mo.mo_title.0, &mo.mo_msg.0);
    let parts: Vec<_> = mo.content_info_lst.0.iter().filter_map(part).collect();
    if parts.len() < mo.content_info_lst.0.len() {
        ignored.push(Ignored::new("MMS part without an address"));
    }
    Some(Sms {
        timestamp: received_at(&mo.mo_recv_dt.0).unwrap_or(request.received_at),
        id: id(request, mo, &sender),
        opts_out: opts_out(&text),
        sender,
        text,
        parts,
    })
}

/// Phones make a title of the first words of a long text, and pad or trim it; one of the customer's own is said before the
/// text.
fn text(title: &str, message: &str) -> String {
    // Without a title that is so.
    if message.trim_start().starts_with(title.trim()) {
        return message.to_owned();
    }
    if message.is_empty() { title.to_owned() } else { format!("{title}\n{message}") }
}

fn part(part: &Part<'_>) -> Option<(MessageData, Meta)> {
    let url = part.content_url.0.trim();
    let scheme = url.split_once("://")?.0;
    if !["http", "https"].iter().any(|known| scheme.eq_ignore_ascii_case(known)) {
        return None;
    }
    let name = &part.content_name.0;
    let extension = [part.content_ext.0.trim(), name.rsplit_once('.').map_or("", |(_, end)| end)]
        .into_iter()
        .map(|extension| extension.trim_start_matches('.').to_ascii_lowercase())
        .find(|extension| !extension.is_empty());
    let content_type = match extension.as_deref().unwrap_or_default() {
        "jpg" | "jpeg" | "png" | "gif" | "bmp" | "webp" => ContentType::Image,
        "mp4" | "3gp" | "mov" | "k3g" | "avi" => ContentType::Video,
        "amr" | "mp3" | "m4a" | "wav" | "aac" | "ogg" => ContentType::Audio,
        _ => ContentType::Link,
    };
    let meta = Meta { comment: Some(name.to_string()).filter(|name| !name.is_empty()), ..Meta::default() };
    Some((MessageData::media(content_type, url), meta))
}

/// `2024-04-25 18:24:19` and `20240425182419` are Korean time; a time with an offset is what it says.
fn received_at(text: &str) -> Option<EpochMillis> {
    let text = text.trim();
    let time = if text.len() == 14 && text.bytes().all(|b| b.is_ascii_digit()) {
        let (date, time) = text.split_at(8);
        format!("{date}T{time}+09:00")
    } else {
        text.to_owned()
    };
    time.parse().or_else(|_| format!("{time}+09:00").parse()).ok()
}

fn id(request: &Request<'_>, mo: &Mo<'_>, sender: &UserKey) -> String {
    if !mo.mo_key.0.is_empty() {
        return mo.mo_key.0.clone().into_owned();
    }
    // People say the same twice, so without a time of its own it is a repetition for a minute only.
    let minute = request.received_at.0.div_euclid(NAMELESS_MS);
    let time = if mo.mo_recv_dt.0.trim().is_empty() {
        Cow::Owned(format!("received {minute}"))
    } else {
        Cow::Borrowed(&*mo.mo_recv_dt.0)
    };
    let urls: Vec<&str> = mo.content_info_lst.0.iter().map(|part| &*part.content_url.0).collect();
    let all = [
        &*mo.mo_number.0,
        sender.as_str(),
        &*time,
        &*mo.product_code.0,
        &*mo.mo_title.0,
        &*mo.mo_msg.0,
        &urls.join(","),
    ];
    let mut id = "sha256:".to_owned();
    for byte in &Sha256::digest(all.join("|"))[..16] {
        // Writing to a text cannot fail.
        let _ = write!(id, "{byte:02x}");
    }
    id
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_without_an_offset_are_korean() {
        for (text, ms) in [
            ("2024-04-25 18:24:19", 1_714_037_059_000),
            ("20240425182419", 1_714_037_059_000),
            ("2024-04-25T18:24:19", 1_714_037_059_000),
            (" 2024-04-25 18:24:19 ", 1_714_037_059_000),
            ("2024-04-25T18:24:19+09:00", 1_714_037_059_000),
            ("2024-04-25T18:24:19+0900", 1_714_037_059_000),
            ("2024-04-25T09:24:19Z", 1_714_037_059_000),
            ("2024-04-25T09:24:19.250Z", 1_714_037_059_250),
            ("2024-04-25T05:24:19-04:00", 1_714_037_059_000),
            ("2024-04-25 18:24", 1_714_037_040_000),
        ] {
            assert_eq!(received_at(text), Some(EpochMillis(ms)), "{text}");
        }
        for none in ["", "어제", "2024-04-25", "20241325182419", "00000000000000"] {
            assert_eq!(received_at(none), None, "{none}");
        }
    }

    #[test]
    fn titles() {
        for (title, message, expected) in [
            ("", "a", "a"),
            ("t", "a", "t\na"),
            ("t", "", "t"),
            ("t", "tea", "tea"),
            (" ", "a", "a"),
            (" t ", "tea", "tea"),
            ("t\n", " tea", " tea"),
            (" t ", "a", " t \na"),
            (" ", "", ""),
            ("", " a ", " a "),
            ("", "", ""),
        ] {
            assert_eq!(text(title, message), expected, "{title:?} {message:?}");
        }
    }
}
