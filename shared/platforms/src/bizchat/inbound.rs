//! Where a request goes by its path, and what both dialects have in common.
//!
//! There is no reply in the answer, and no reply token: the customer's number is all that an answer needs.

use http::Method;
use model::{EpochMillis, Inbound, InboundId, InboundKind, MessageData, Meta, PlatformType, UserKey};
use serde_json::Value;

use super::{Bizchat, TWILIO_URL, form, limits, mo};
use crate::media::{self, MediaError};
use crate::{Acknowledge, Content, ReceiveError, Received, Request};

pub(super) fn receive(bizchat: &Bizchat, request: &Request<'_>) -> Result<Received, ReceiveError> {
    match request.tail.trim_end_matches('/') {
        "mo" if request.method == Method::POST => mo::receive(bizchat, request),
        "twilio" if request.method == Method::POST => form::receive(bizchat, request),
        "mo" | "twilio" => Err(ReceiveError::Method),
        path => match path.strip_prefix("media/") {
            Some(token) if request.method == Method::GET => content(bizchat, request, token),
            _ => Err(ReceiveError::UnknownPath),
        },
    }
}

/// A link of ours to what a customer sent by way of Twilio.
fn content(bizchat: &Bizchat, request: &Request<'_>, token: &str) -> Result<Received, ReceiveError> {
    let settings = &bizchat.settings;
    let opened = media::open(token, &settings.twilio_auth_token, request.received_at.seconds());
    let url = opened.map_err(|error| match error {
        MediaError::Forged => ReceiveError::UnknownPath,
        MediaError::Expired => ReceiveError::Expired,
    })?;
    // The account's credentials are for no other host, whoever signed the link.
    let account = settings.twilio.as_ref().filter(|_| is_twilio(&url)).ok_or(ReceiveError::UnknownPath)?;
    let content = Content { url, headers: vec![("authorization", account.authorization())], needs: Vec::new() };
    Ok(Received { inbound: Vec::new(), ignored: Vec::new(), acknowledge: Acknowledge::Content(content) })
}

pub(super) fn is_twilio(url: &str) -> bool {
    url.strip_prefix(TWILIO_URL).is_some_and(|path| path.starts_with('/'))
}

/// One text message of a customer's, in any dialect.
pub(super) struct Sms {
    pub sender: UserKey,
    pub timestamp: EpochMillis,
    /// The provider's id, or what stands for one.
    pub id: String,
    pub text: String,
    pub opts_out: bool,
    pub parts: Vec<(MessageData, Meta)>,
}

/// The text first, then a message for each part. None for one that has nothing in it.
pub(super) fn inbounds(bizchat: &Bizchat, request: &Request<'_>, sms: Sms) -> Vec<Inbound> {
    let Sms { sender, timestamp, id, text, opts_out, parts } = sms;
    let inbound = |event: &str, kind: InboundKind| Inbound {
        id: InboundId::of(&bizchat.bot_id, PlatformType::Bizchat, event),
        bot_id: bizchat.bot_id.clone(),
        platform: PlatformType::Bizchat,
        user_key: sender.clone(),
        conversation_key: sender.clone(),
        timestamp,
        received_at: request.received_at,
        answer_by: None,
        reply_to: Value::Null,
        kind,
    };
    if opts_out {
        return vec![inbound(&id, InboundKind::left())];
    }
    let mut messages = Vec::with_capacity(parts.len() + 1);
    if !text.is_empty() {
        messages.push((MessageData::text(text), Meta::default()));
    }
    messages.extend(parts);
    let several = messages.len() > 1;
    let numbered = |index: usize| if several { format!("{id}#{}", index + 1) } else { id.clone() };
    messages
        .into_iter()
        .enumerate()
        .map(|(index, (data, meta))| {
            let event = numbered(index);
            let meta = Box::new(meta);
            inbound(&event, InboundKind::Message { platform_message_id: Some(event.clone()), data, meta })
        })
        .collect()
}

/// Whether a text is one of the words that end it. Bots use others, such as 취소, for their own ends.
pub(super) fn opts_out(text: &str) -> bool {
    let text = text.trim();
    text.len() <= limits::OPT_OUT_BYTES && limits::OPT_OUT.contains(&text.to_uppercase().as_str())
}
