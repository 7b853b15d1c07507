//! Dialect B: Twilio's form, <https://www.twilio.com/docs/messaging/guides/webhook-request>, which many gateways imitate.
//!
//! The signature covers the address as Twilio wrote it and every field. The variant for JSON bodies (`bodySHA256`) is not
//! taken: messages never come that way.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac};
use model::{ContentType, MessageData, Meta, PlatformType, UserKey};
use sha1::Sha1;

use super::inbound::{Sms, inbounds, is_twilio, opts_out};
use super::{Bizchat, phone};
use crate::secret::same;
use crate::{Acknowledge, HttpReply, Ignored, ReceiveError, Received, Request, media};

pub(super) fn receive(bizchat: &Bizchat, request: &Request<'_>) -> Result<Received, ReceiveError> {
    let fields = Fields::of(request.body);
    verify(bizchat, request, &fields)?;

    // Twilio sends a text of the answer to the customer, so there is none.
    let answer = HttpReply::ok("text/xml", "<Response/>".to_owned());
    let received = |inbound, ignored| Received { inbound, ignored, acknowledge: Acknowledge::Now(answer) };
    if !fields.get("MessageStatus").is_empty() {
        return Ok(received(Vec::new(), vec![Ignored::new("delivery report")]));
    }
    let sms = read(bizchat, request, &fields)?;
    let to = phone::normalized(fields.get("To"));
    if !to.is_some_and(|number| bizchat.settings.is_ours(&number)) {
        return Err(ReceiveError::UnknownPath);
    }
    let messages = inbounds(bizchat, request, sms);
    let ignored = if messages.is_empty() { vec![Ignored::new("empty message")] } else { Vec::new() };
    Ok(received(messages, ignored))
}

/// By name, then value.
struct Fields<'a>(Vec<(Cow<'a, str>, Cow<'a, str>)>);

impl<'a> Fields<'a> {
    fn of(body: &'a [u8]) -> Self {
        let mut fields: Vec<_> = form_urlencoded::parse(body).collect();
        fields.sort_unstable();
        // As Twilio's own libraries do.
        fields.dedup();
        Self(fields)
    }

    /// The first of this name, or nothing.
    fn get(&self, name: &str) -> &str {
        let at = self.0.partition_point(|(known, _)| &**known < name);
        self.0.get(at).filter(|(known, _)| known == name).map_or("", |(_, value)| value)
    }
}

fn verify(bizchat: &Bizchat, request: &Request<'_>, fields: &Fields<'_>) -> Result<(), ReceiveError> {
    let signature = request.headers.get("x-twilio-signature").ok_or(ReceiveError::Forbidden)?;
    let signature = STANDARD.decode(signature.as_bytes()).map_err(|_| ReceiveError::Forbidden)?;
    let genuine = bizchat.settings.twilio_auth_token.iter().fold(false, |genuine, token| {
        // HMAC takes a key of any length, so there is no error to pass on.
        let Ok(mut mac) = Hmac::<Sha1>::new_from_slice(token.as_bytes()) else { return genuine };
        mac.update(request.url.as_bytes());
        for (name, value) in &fields.0 {
            mac.update(name.as_bytes());
            mac.update(value.as_bytes());
        }
        genuine | same(&signature, &mac.finalize().into_bytes())
    });
    if genuine { Ok(()) } else { Err(ReceiveError::Forbidden) }
}

fn read(bizchat: &Bizchat, request: &Request<'_>, fields: &Fields<'_>) -> Result<Sms, ReceiveError> {
    let missing = |what: &str| ReceiveError::Malformed(format!("{what} is missing"));
    let id =
        ["MessageSid", "SmsSid", "SmsMessageSid"].map(|name| fields.get(name)).into_iter().find(|id| !id.is_empty());
    let id = id.ok_or_else(|| missing("MessageSid"))?;
    let sender: UserKey = phone::normalized(fields.get("From"))
        .and_then(|number| number.parse().ok())
        .ok_or_else(|| missing("a number in From"))?;
    let text = fields.get("Body");
    let parts = (0..)
        .map(|index| (fields.get(&format!("MediaUrl{index}")), fields.get(&format!("MediaContentType{index}"))))
        .take_while(|(url, _)| !url.is_empty())
        .map(|(url, mime)| (MessageData::media(content_type(mime), link(bizchat, request, url)), Meta::default()))
        .collect();
    Ok(Sms {
        sender,
        // The form tells no time.
        timestamp: request.received_at,
        id: id.to_owned(),
        // Twilio's own list of words decides where it is switched on.
        opts_out: fields.get("OptOutType").eq_ignore_ascii_case("STOP") || opts_out(text),
        text: text.to_owned(),
        parts,
    })
}

fn content_type(mime: &str) -> ContentType {
    match mime.split('/').next().unwrap_or_default().trim().to_ascii_lowercase().as_str() {
        "image" => ContentType::Image,
        "video" => ContentType::Video,
        "audio" => ContentType::Audio,
        _ => ContentType::Link,
    }
}

/// What Twilio holds opens with the account's credentials only, so by a link of ours where we have them.
fn link(bizchat: &Bizchat, request: &Request<'_>, url: &str) -> String {
    if bizchat.settings.twilio.is_none() || !is_twilio(url) {
        return url.to_owned();
    }
    let secrets = &bizchat.settings.twilio_auth_token;
    media::link(
        &bizchat.public_url,
        PlatformType::Bizchat,
        &bizchat.bot_id,
        secrets,
        url,
        media::LIFETIME_SECONDS,
        request.received_at,
    )
}
