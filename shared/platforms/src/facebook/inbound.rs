//! Messenger's webhook: <https://developers.facebook.com/docs/messenger-platform/webhooks>.
//!
//! A body holds events of any number of people and of several Pages, and may come again. Whatever is in it, the answer is
//! 200 once the signature is right: Meta takes the Page away from an app that fails for an hour.

use std::borrow::Cow;

use http::Method;
use model::{EpochMillis, Inbound, InboundId, InboundKind, Meta, Params, PlatformType, Sender, UserKey};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::content::{self, Said};
use super::wire::{Entry, EntryParts, Event, Lead, Message, Optin, Parts, Postback, Referral, Webhook};
use super::{Facebook, surrogates, tolerant};
use crate::{Acknowledge, HttpReply, Ignored, ReceiveError, Received, Request};

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
    match serde_json::from_slice::<Webhook<'_>>(request.body) {
        Ok(Webhook { object, entry }) if is_object => {
            if reading.is_of_page(object.as_deref()) {
                entry.into_iter().for_each(|entry| reading.entry(entry));
            }
        }
        Ok(_) | Err(_) => reading.in_parts(&surrogates::repair(request.body))?,
    }
    let acknowledge = Acknowledge::Now(HttpReply::text("EVENT_RECEIVED".to_owned()));
    Ok(Received { inbound: reading.inbound, ignored: reading.ignored, acknowledge })
}

/// The bytes of `sha256=` and 64 hex digits.
fn signature(header: &[u8]) -> Option<[u8; 32]> {
    let digits: &[u8; 64] = header.strip_prefix(b"sha256=")?.try_into().ok()?;
    let mut signature = [0; 32];
    for (byte, digits) in signature.iter_mut().zip(digits.chunks_exact(2)) {
        let value = |digit: u8| char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok());
        *byte = value(digits[0])? << 4 | value(digits[1])?;
    }
    Some(signature)
}

struct Reading<'a> {
    page: &'a Facebook,
    request: &'a Request<'a>,
    inbound: Vec<Inbound>,
    ignored: Vec<Ignored>,
}

impl Reading<'_> {
    fn ignore(&mut self, kind: &str) {
        self.ignored.push(Ignored::new(kind));
    }

    fn is_of_page(&mut self, object: Option<&str>) -> bool {
        if object != Some("page") {
            self.ignore("object other than page");
        }
        object == Some("page")
    }

    /// Each event on its own, so that a bad one does not lose the others.
    fn in_parts(&mut self, body: &[u8]) -> Result<(), ReceiveError> {
        serde_json::from_slice::<IgnoredAny>(body).map_err(|error| ReceiveError::malformed(&error))?;
        let parts = if body.trim_ascii_start().first() == Some(&b'{') { parsed::<Parts<'_>>(body) } else { None };
        let Some(parts) = parts else {
            self.ignore("unreadable body");
            return Ok(());
        };
        if self.is_of_page(parts.object.as_deref()) {
            for json in list(parts.entry) {
                match parsed::<tolerant::Object<EntryParts<'_>>>(json.get().as_bytes()) {
                    Some(tolerant::Object(Some(entry))) => self.entry_in_parts(&entry),
                    Some(tolerant::Object(None)) | None => self.ignore("unreadable entry"),
                }
            }
        }
        Ok(())
    }

    fn entry_in_parts(&mut self, entry: &EntryParts<'_>) {
        let mut whole = Entry {
            id: entry.id.and_then(|id| parsed::<AnyText<'_>>(id.get().as_bytes())?.0),
            time: entry.time.and_then(|time| parsed::<AnyInteger>(time.get().as_bytes())?.0),
            messaging: Vec::new(),
            standby: Vec::new(),
            changes: Vec::new(),
        };
        for (list_of, events) in [(entry.messaging, &mut whole.messaging), (entry.standby, &mut whole.standby)] {
            for json in list(list_of) {
                match parsed::<Event<'_>>(json.get().as_bytes()) {
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

    fn event(&mut self, event: Event<'_>, of_our_page: bool, entry_time: Option<i64>) {
        let Event { sender, recipient, timestamp, message, .. } = event;
        let (sender, recipient) = (sender.and_then(|party| party.id), recipient.and_then(|party| party.id));
        let is_echo = message.as_ref().is_some_and(|message| message.is_echo);
        let (customer, page) = if is_echo { (recipient, sender) } else { (sender, recipient) };
        if !of_our_page && page.as_deref() != Some(&self.page.page_id) {
            return self.ignore("event of another Page");
        }

        let from = From { customer, at: timestamp.and_then(milliseconds).or(entry_time.and_then(milliseconds)) };
        if let Some(message) = message {
            return if is_echo { self.echo(from, *message) } else { self.message(from, *message) };
        }
        if let Some(postback) = event.postback {
            return self.postback(from, postback);
        }
        if let Some(referral) = event.referral {
            let key = format!("referral {}", referral.reference.as_deref().unwrap_or_default());
            let params = referral_params(referral, event.lead);
            return self.push(&from, &from.event_id(&key), InboundKind::Updated { params });
        }
        if let Some(optin) = event.optin {
            let part = |text: &Option<Cow<'_, str>>| text.as_deref().unwrap_or_default().to_owned();
            let key = format!("optin {} {}", part(&optin.payload), part(&optin.notification_messages_status));
            return self.push(&from, &from.event_id(&key), InboundKind::Updated { params: optin_params(*optin) });
        }
        if let Some(pass) = event.pass_thread_control {
            return match (pass.new_owner_app_id, &self.page.app_id) {
                (Some(new), Some(ours)) if new == *ours => {
                    let event_id = from.event_id("pass_thread_control");
                    self.push(&from, &event_id, InboundKind::AgentLeft { params: Params::new() });
                }
                _ => self.ignore("pass_thread_control to another"),
            };
        }
        if let Some(policy) = event.policy_enforcement {
            return self.ignore(&format!("policy_enforcement {}", policy.action.as_deref().unwrap_or_default()));
        }
        self.ignore(event.other.as_deref().unwrap_or("event without a kind"));
    }

    fn message(&mut self, from: From<'_>, message: Message<'_>) {
        if message.is_deleted {
            return self.ignore("message deleted");
        }
        if from.customer.as_deref() == Some(&self.page.page_id) {
            return self.ignore("message of the Page");
        }
        self.said(&from, message, |platform_message_id, data, meta| InboundKind::Message {
            platform_message_id,
            data,
            meta,
        });
    }

    /// What the Page said, by whichever app.
    fn echo(&mut self, from: From<'_>, message: Message<'_>) {
        let Some(ours) = &self.page.app_id else { return self.ignore("echo, and appId is not set") };
        let app = message.app_id.as_deref();
        if app == Some(ours) {
            return self.ignore("echo of our own");
        }
        // An app that does not say its name speaks for the Page.
        let user_key = app.unwrap_or(&self.page.page_id).to_owned();
        self.said(&from, message, |platform_message_id, data, mut meta| {
            meta.sender = Some(Sender { user_key: user_key.clone(), platform: PlatformType::Facebook.to_string() });
            InboundKind::Echo { platform_message_id, data, meta }
        });
    }

    fn said(
        &mut self,
        from: &From<'_>,
        mut message: Message<'_>,
        kind: impl Fn(Option<String>, model::MessageData, Box<Meta>) -> InboundKind,
    ) {
        let mid = message.mid.take();
        let Said { parts, ignored } = content::message(message);
        if parts.is_empty() && ignored.is_empty() {
            self.ignore("message without content");
        }
        self.ignored.extend(ignored);
        for (index, part) in parts.into_iter().enumerate() {
            let event_id = match &mid {
                // The first is the message itself.
                Some(mid) if index == 0 => mid.to_string(),
                Some(mid) => format!("{mid}#{}", index + 1),
                None => from.event_id(&format!("message {index} {}", json!(part.data))),
            };
            let id = if mid.is_some() { event_id.clone() } else { self.id(&event_id).to_string() };
            self.push(from, &event_id, kind(Some(id), part.data, Box::new(part.meta)));
        }
    }

    /// A button, the menu, or Get Started.
    fn postback(&mut self, from: From<'_>, postback: Postback<'_>) {
        let Postback { mid, title, payload, referral } = postback;
        let (title, payload) = (title.as_deref(), payload.as_deref());
        let Some(part) = content::postback(title, payload, referral) else {
            return self.ignore("postback without title and payload");
        };
        let made_up =
            || from.event_id(&format!("postback {} {}", title.unwrap_or_default(), payload.unwrap_or_default()));
        let event_id = mid.as_ref().map_or_else(made_up, ToString::to_string);
        let id = if mid.is_some() { event_id.clone() } else { self.id(&event_id).to_string() };
        let (data, meta) = (part.data, Box::new(part.meta));
        self.push(&from, &event_id, InboundKind::Message { platform_message_id: Some(id), data, meta });
    }

    fn id(&self, event_id: &str) -> InboundId {
        InboundId::of(&self.page.bot_id, PlatformType::Facebook, event_id)
    }

    fn push(&mut self, from: &From<'_>, event_id: &str, kind: InboundKind) {
        let user_key = from.customer.as_ref().and_then(|customer| customer.parse::<UserKey>().ok());
        let Some(user_key) = user_key else {
            // As of the plugin for web sites, whose visitors are nobody yet.
            return self.ignore(&format!("{} of nobody", kind.name()));
        };
        self.inbound.push(Inbound {
            id: self.id(event_id),
            bot_id: self.page.bot_id.clone(),
            platform: PlatformType::Facebook,
            conversation_key: user_key.clone(),
            user_key,
            timestamp: from.at.unwrap_or(self.request.received_at),
            received_at: self.request.received_at,
            answer_by: None,
            reply_to: Value::Null,
            kind,
        });
    }
}

/// Whose conversation it is, and when it happened.
struct From<'a> {
    customer: Option<Cow<'a, str>>,
    at: Option<EpochMillis>,
}

impl From<'_> {
    /// Of an event that has none: who, when and what.
    fn event_id(&self, what: &str) -> String {
        format!("{} {} {what}", self.customer.as_deref().unwrap_or_default(), self.at.map_or(0, |at| at.0))
    }
}

/// Lead ads tell seconds, everything else milliseconds. 0 is no time, and neither is what is beyond the year 9999.
fn milliseconds(time: i64) -> Option<EpochMillis> {
    let time = if time < 1_000_000_000_000 { time.checked_mul(1000)? } else { time };
    (1..253_402_300_800_000).contains(&time).then_some(EpochMillis(time))
}

/// Where the customer came from this time; what is not told takes the place of what was.
fn referral_params(referral: Referral<'_>, lead: Option<Lead<'_>>) -> Params {
    let Referral { reference, source, kind, ad_id } = referral;
    let mut params = Params::from_iter([
        ("referralRef".to_owned(), json!(reference)),
        ("referralSource".to_owned(), json!(source)),
        ("referralType".to_owned(), json!(kind)),
        ("referralAdId".to_owned(), json!(ad_id)),
    ]);
    // The answers to the questions of an ad.
    let lead = lead.and_then(|lead| lead.data).and_then(|data| parsed::<Value>(data.get().as_bytes()));
    if let Some(answers @ Value::Array(_)) = lead {
        params.insert("lead".to_owned(), answers);
    }
    params
}

/// The customer agreed to be written to, or took it back.
fn optin_params(optin: Optin<'_>) -> Params {
    Params::from_iter([
        ("optinType".to_owned(), json!(optin.kind)),
        ("optinRef".to_owned(), json!(optin.reference)),
        ("optinPayload".to_owned(), json!(optin.payload)),
        ("optinTitle".to_owned(), json!(optin.title)),
        ("optinToken".to_owned(), json!(optin.notification_messages_token)),
        ("optinTokenStatus".to_owned(), json!(optin.user_token_status)),
        ("optinExpires".to_owned(), json!(optin.token_expiry_timestamp)),
        ("optinFrequency".to_owned(), json!(optin.notification_messages_frequency)),
        ("optinTimezone".to_owned(), json!(optin.notification_messages_timezone)),
        ("optinStatus".to_owned(), json!(optin.notification_messages_status)),
    ])
}

#[derive(Deserialize)]
struct AnyText<'a>(#[serde(borrow, deserialize_with = "tolerant::text")] Option<Cow<'a, str>>);

#[derive(Deserialize)]
struct AnyInteger(#[serde(deserialize_with = "tolerant::integer")] Option<i64>);

fn parsed<'a, T: Deserialize<'a>>(json: &'a [u8]) -> Option<T> {
    serde_json::from_slice(json).ok()
}

fn list(json: Option<&RawValue>) -> Vec<&RawValue> {
    json.and_then(|json| parsed(json.get().as_bytes())).unwrap_or_default()
}
