//! Messenger's webhook: <https://developers.facebook.com/docs/messenger-platform/webhooks>.
//!
//! A body holds events of any number of people and of several Pages, and may come again. Whatever is in it, the answer is
//! 200 once the signature is right: Meta takes the Page away from an app that fails for an hour.

use std::borrow::Cow;

use http::{Method, StatusCode};
use model::Inbound;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;

use super::wire::{Entry, EntryParts, Event, Parts, Webhook};
use super::{Facebook, tolerant};
use crate::receive::json;
use crate::{Acknowledge, HttpReply, Ignored, ReceiveError, Received, Request, repair};

pub(super) fn receive(page: &Facebook, request: &Request<'_>) -> Result<Received, ReceiveError> {
    if !request.tail.is_empty() {
        return Err(ReceiveError::UnknownPath);
    }
    match *request.method {
        Method::GET => verification(page, request),
        Method::POST => webhook(page, request),
        _ => Err(ReceiveError::Method),
    }
}

/// Meta asks whether the address is ours when it is entered in the App Dashboard.
fn verification(page: &Facebook, request: &Request<'_>) -> Result<Received, ReceiveError> {
    let query = |name| request.query.get(name).map_or("", String::as_str);
    let genuine = page.verify_token.contain(query("hub.verify_token")) && query("hub.mode") == "subscribe";
    match query("hub.challenge") {
        challenge if genuine && !challenge.is_empty() => {
            let acknowledge = Acknowledge::Now(HttpReply::text(challenge.to_owned()));
            Ok(Received { inbound: Vec::new(), ignored: Vec::new(), acknowledge })
        }
        _ => Err(ReceiveError::Forbidden),
    }
}

fn webhook(page: &Facebook, request: &Request<'_>) -> Result<Received, ReceiveError> {
    // There is a header with SHA-1 as well, which anybody may leave alone.
    let signature = request.headers.get("x-hub-signature-256").and_then(|header| signature(header.as_bytes()));
    if !signature.is_some_and(|signature| page.app_secret.signed(request.body, &signature)) {
        return Err(ReceiveError::Forbidden);
    }

    let mut reading = Reading { page, request, inbound: Vec::new(), ignored: Vec::new() };
    // serde would take an array for a struct.
    let is_object = request.body.trim_ascii_start().first() == Some(&b'{');
    match json::<Webhook<'_>>(request.body) {
        Ok(Webhook { object, entry }) if is_object => {
            if reading.is_of_page(object.as_deref()) {
                entry.into_iter().for_each(|entry| reading.entry(entry));
            }
        }
        Ok(_) | Err(_) => reading.in_parts(&repair::json(request.body))?,
    }
    // Meta does not read the body of the answer.
    let acknowledge = Acknowledge::Now(HttpReply::empty(StatusCode::OK));
    Ok(Received { inbound: reading.inbound, ignored: reading.ignored, acknowledge })
}

/// The bytes of `sha256=` and 64 hex digits.
fn signature(header: &[u8]) -> Option<[u8; 32]> {
    let digits: &[u8; 64] = header.strip_prefix(b"sha256=")?.try_into().ok()?;
    let mut signature = [0; 32];
    for (byte, digits) in signature.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = nibble(digits[0])? << 4 | nibble(digits[1])?;
    }
    Some(signature)
}

const fn nibble(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}

/// What was found so far.
pub(super) struct Reading<'a> {
    pub page: &'a Facebook,
    pub request: &'a Request<'a>,
    pub inbound: Vec<Inbound>,
    pub ignored: Vec<Ignored>,
}

impl Reading<'_> {
    pub(super) fn ignore(&mut self, kind: &str) {
        self.ignored.push(Ignored::new(kind));
    }

    fn is_of_page(&mut self, object: Option<&str>) -> bool {
        if object != Some("page") {
            self.ignore("object other than page");
        }
        object == Some("page")
    }

    /// Each event on its own, so that a bad one does not lose the others.
    fn in_parts(&mut self, body: &str) -> Result<(), ReceiveError> {
        serde_json::from_str::<IgnoredAny>(body).map_err(|error| ReceiveError::malformed(&error))?;
        let parts = if body.trim_ascii_start().starts_with('{') { parsed::<Parts<'_>>(body) } else { None };
        let Some(parts) = parts else {
            self.ignore("unreadable body");
            return Ok(());
        };
        if self.is_of_page(parts.object.as_deref()) {
            for json in list(parts.entry) {
                match parsed::<tolerant::Object<EntryParts<'_>>>(json.get()) {
                    Some(tolerant::Object(Some(entry))) => self.entry_in_parts(&entry),
                    Some(tolerant::Object(None)) | None => self.ignore("unreadable entry"),
                }
            }
        }
        Ok(())
    }

    fn entry_in_parts(&mut self, entry: &EntryParts<'_>) {
        let mut whole = Entry {
            id: entry.id.and_then(|id| parsed::<AnyText<'_>>(id.get())?.0),
            time: entry.time.and_then(|time| parsed::<AnyInteger>(time.get())?.0),
            messaging: Vec::new(),
            standby: Vec::new(),
            changes: Vec::new(),
        };
        for (list_of, events) in [(entry.messaging, &mut whole.messaging), (entry.standby, &mut whole.standby)] {
            for json in list(list_of) {
                match parsed::<Event<'_>>(json.get()) {
                    Some(event) => events.push(event),
                    None => self.ignore("unreadable event"),
                }
            }
        }
        self.entry(whole);
    }

    fn entry(&mut self, entry: Entry<'_>) {
        let Entry { id, time, messaging, standby, changes } = entry;
        if id.as_ref().is_some_and(|id| *id != self.page.page_id) {
            return self.ignore("entry of another Page");
        }
        for event in messaging {
            self.event(event, id.is_some(), time);
        }
        // Another app has the thread, and we only look on. What it says is told all the same.
        for event in standby {
            match &event.message {
                Some(message) if message.is_echo => self.event(event, id.is_some(), time),
                Some(_) | None => self.ignore("standby"),
            }
        }
        for change in changes {
            self.ignore(&format!("change {}", change.field.as_deref().unwrap_or_default()));
        }
    }
}

#[derive(Deserialize)]
struct AnyText<'a>(#[serde(borrow, deserialize_with = "tolerant::text")] Option<Cow<'a, str>>);

#[derive(Deserialize)]
struct AnyInteger(#[serde(deserialize_with = "tolerant::integer")] Option<i64>);

fn parsed<'a, T: Deserialize<'a>>(json: &'a str) -> Option<T> {
    serde_json::from_str(json).ok()
}

fn list(json: Option<&RawValue>) -> Vec<&RawValue> {
    json.and_then(|json| parsed(json.get())).unwrap_or_default()
}
