//! Web chat: a page of the company's, a WebSocket of ours. What is said on it is described in `docs/web.md`.
//!
//! It is no messenger that calls a webhook, so it asks for more than a [`Channel`] has: a token ([`Web::tokens`]), events of
//! a socket ([`Web::hear`]), frames that answer one connection ([`Answer`]), a log of numbered frames ([`replay`]).
//! All of it is values; what keeps connections and frames is elsewhere.

mod begin;
mod frame;
mod inbound;
mod limits;
mod origin;
mod outbound;
mod resume;
#[cfg(test)]
mod tests;
mod token;
mod tokens;
mod wire;

use std::fmt;

use model::{BotId, Context, EpochMillis, Event, Inbound, InboundId, MessageId, PlatformType, Reply, UserKey};
use serde::Deserialize;
use serde_json::Value;
use url::Url;

use crate::{
    Attempt, Call, Channel, Outcome, Platform, ReceiveError, Received, Rendered, Request, Secrets, SettingsError,
    Setup, Verdict,
};

pub use begin::{Beginning, Begins, Opening, Standing};
pub use frame::{Code, Complaint, Content, Frame, Open, Said, Upload};
pub use inbound::{Asked, Connection, EventKind, EventName, Heard, asked, bot_of};
pub use limits::UPLOAD_SECONDS;
pub use outbound::{FRAMES, KEY, Offer, Posted, event_frame, heard_data, heard_frame, offer, posted, stamp};
pub use resume::{Replay, history, read_after, replay};
pub use token::{Claims, TokenError};
pub use tokens::{TokenReply, TokenRequest};
pub use wire::{Answer, Limits};

pub const PLATFORM: Platform = Platform { kind: PlatformType::Web, hosts: &[], connect };

/// The web chat of a bot.
pub struct Web {
    bot_id: BotId,
    issuer: String,
    tokens: Secrets,
    identity: Secrets,
    api_keys: Secrets,
    allowed_origins: Vec<String>,
    upload_uri_prefixes: Vec<Url>,
    navigation: bool,
}

/// `integration.web` of a bot.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Settings {
    /// What tokens are signed with.
    token_secret: Secrets,
    token_issuer: Option<String>,
    /// What the company's server makes a `userHash` with.
    identity_secret: Secrets,
    /// What the company's server asks for tokens with.
    api_key: Secrets,
    /// The sites that may open the chat.
    allowed_origins: Vec<String>,
    /// Where uploads are found again.
    upload_uri_prefixes: Vec<String>,
    /// Pages may lead their customers to any flow. So may a customer, who can write what the page can.
    navigation: bool,
}

const ISSUER: &str = "closer";
/// Shorter, and somebody finds it by trying.
const SECRET_BYTES: usize = 16;

fn connect(setup: Setup<'_>) -> Result<Box<dyn Channel>, SettingsError> {
    Ok(Box::new(Web::connect(setup)?))
}

impl Web {
    pub fn connect(setup: Setup<'_>) -> Result<Self, SettingsError> {
        let refuse = |reason: &str| SettingsError { platform: PlatformType::Web, reason: reason.to_owned() };
        let settings = Settings::deserialize(setup.settings).map_err(|_| {
            refuse(
                "tokenSecret, identitySecret and apiKey are a text or a list of texts, allowedOrigins and uploadUriPrefixes lists of texts, navigation true or false",
            )
        })?;
        if settings.token_secret.is_empty() {
            return Err(refuse("set tokenSecret to a long text of chance that nobody else knows"));
        }
        let secrets = [&settings.token_secret, &settings.identity_secret, &settings.api_key];
        if secrets.iter().flat_map(|secrets| secrets.iter()).any(|secret| secret.len() < SECRET_BYTES) {
            return Err(refuse("tokenSecret, identitySecret and apiKey have at least 16 characters"));
        }
        let mut allowed_origins = settings.allowed_origins;
        if allowed_origins.iter().any(|allowed| origin::of(allowed).as_ref() != Some(allowed)) {
            return Err(refuse("allowedOrigins are origins as browsers write them, such as https://shop.example.com"));
        }
        // The page of ours that shows the chat alone.
        allowed_origins.extend(origin::of(setup.public_url));
        let prefix = |text: &String| {
            let url = Url::parse(text).ok()?;
            let plain = frame::secure(&url) && url.username().is_empty() && url.query().is_none();
            (plain && url.path().ends_with('/')).then_some(url)
        };
        let upload_uri_prefixes: Option<Vec<Url>> = settings.upload_uri_prefixes.iter().map(prefix).collect();
        let upload_uri_prefixes =
            upload_uri_prefixes.ok_or_else(|| refuse("uploadUriPrefixes are https addresses that end in a slash"))?;
        Ok(Self {
            bot_id: setup.bot_id.clone(),
            issuer: settings.token_issuer.filter(|issuer| !issuer.is_empty()).unwrap_or_else(|| ISSUER.to_owned()),
            tokens: settings.token_secret,
            identity: settings.identity_secret,
            api_keys: settings.api_key,
            allowed_origins,
            upload_uri_prefixes,
            navigation: settings.navigation,
        })
    }

    /// Reads an event of the WebSocket API. `row` is the connection's, where there is one.
    pub fn hear(&self, event: &[u8], row: Option<&Connection>, now: EpochMillis) -> Result<Heard, ReceiveError> {
        inbound::hear(self, event, row, now)
    }

    /// Answers `/v1/web/tokens` and `/v1/web/tokens/refresh`. `nonce` is another each time, and hard to guess.
    pub fn tokens(&self, request: &TokenRequest<'_>, now: EpochMillis, nonce: u128) -> TokenReply {
        tokens::answer(self, request, now, nonce)
    }

    /// Whether a request is of the company's server, by its `Authorization`.
    pub fn holds_key(&self, authorization: &str) -> bool {
        tokens::holds_key(self, authorization)
    }

    /// A token for a customer, for half an hour.
    pub fn mint(&self, user_key: UserKey, anon: bool, now: EpochMillis) -> Option<(Claims, String)> {
        let iat = now.seconds().0;
        let claims = Claims {
            iss: self.issuer.clone(),
            aud: token::AUDIENCE.to_owned(),
            jti: format!("{user_key}-{iat}"),
            sub: user_key,
            bot: self.bot_id.clone(),
            iat,
            exp: iat.saturating_add(limits::TOKEN_SECONDS),
            cid: None,
            anon,
        };
        let token = token::sign(&claims, &self.tokens)?;
        Some((claims, token))
    }

    pub fn verify(&self, token: &str, now: EpochMillis) -> Result<Claims, TokenError> {
        token::verify(token, &self.tokens, &self.issuer, &self.bot_id, now, 0)
    }

    /// What an `open` means for the conversation. See [`Answer::Context`] for what answers it.
    pub fn open(&self, open: &Open, connection: &Connection, event: &EventName, standing: Standing<'_>) -> Opening {
        begin::open(self, open, connection, event, standing)
    }

    /// What a `navigate` means, for the queue.
    pub fn navigate(&self, place: (u64, Option<u64>), connection: &Connection, event: &EventName) -> Inbound {
        inbound::navigate(self, place, connection, event)
    }

    /// By which a second one is known: the id of the inbound that the first became.
    pub fn said_id(&self, said: &Said, connection: &Connection) -> InboundId {
        inbound::said_id(self, said, connection)
    }

    /// A message for the queue, and the id that it has there.
    pub fn said(
        &self,
        said: &Said,
        content: Content,
        connection: &Connection,
        at: EpochMillis,
    ) -> (Inbound, MessageId) {
        inbound::said(self, said, content, connection, at)
    }

    pub fn bot_id(&self) -> &BotId {
        &self.bot_id
    }

    /// Where new uploads are found again. Nothing can be uploaded without one.
    pub fn upload_prefix(&self) -> Option<&str> {
        self.upload_uri_prefixes.first().map(Url::as_str)
    }

    /// Where an upload goes below the prefix of uploads; `nonce` keeps anybody from guessing the next.
    pub fn upload_key(&self, upload: &Upload, nonce: u128) -> String {
        format!(
            "{}/{}/file.{}",
            self.bot_id,
            uuid::Builder::from_random_bytes(nonce.to_be_bytes()).into_uuid(),
            upload.ending
        )
    }
}

/// CONTEXT, the answer to an `open`.
pub fn context<'a>(
    context: &'a Context,
    resumed: bool,
    last_seq: u64,
    now: EpochMillis,
    keyboard: Option<&'a Value>,
) -> Answer<'a> {
    let most = |kind: &str| limits::FILES.iter().find(|(name, ..)| *name == kind).map_or(0, |(_, _, most)| *most);
    let limits = Limits {
        text_chars: limits::TEXT.0,
        frame_bytes: limits::FRAME.0,
        payload_chars: limits::PAYLOAD.0,
        image_bytes: most("image/png"),
        video_bytes: most("video/mp4"),
    };
    Answer::Context { context, resumed, last_seq, server_time: now, limits, keyboard }
}

/// ERROR, the answer to what is not taken.
pub fn complain(complaint: &Complaint) -> Answer<'_> {
    Answer::Error {
        code: complaint.code,
        message: complaint.message,
        client_message_id: complaint.client_message_id.as_deref(),
        client_upload_id: complaint.client_upload_id.as_deref(),
        retry_after_ms: None,
    }
}

/// ERROR for what may be tried again, after so long.
pub fn later<'a>(code: Code, message: &'a str, client_message_id: Option<&'a str>, retry_after_ms: u64) -> Answer<'a> {
    Answer::Error { code, message, client_message_id, client_upload_id: None, retry_after_ms: Some(retry_after_ms) }
}

impl Answer<'_> {
    pub fn to_json(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }
}

impl Channel for Web {
    /// No request of HTTP is one of a customer's: whoever could send events this way could be anybody.
    fn receive(&self, _request: &Request<'_>) -> Result<Received, ReceiveError> {
        Err(ReceiveError::UnknownPath)
    }

    fn render(&self, reply: &Reply, inbound: &Inbound, _now: EpochMillis) -> Rendered {
        outbound::render(reply, inbound)
    }

    fn tell(&self, event: &Event, inbound: &Inbound) -> Option<Call> {
        let frame = event_frame(event)?;
        let call = Call::json(outbound::FRAME, format!("{FRAMES}{}", inbound.conversation_key), &frame);
        Some(call.header(KEY, event.id.to_string()))
    }

    fn judge(&self, _call: &Call, outcome: &Outcome<'_>, _attempt: Attempt) -> Verdict {
        outbound::judge(outcome)
    }

    fn web(&self) -> Option<&Web> {
        Some(self)
    }
}

impl fmt::Debug for Web {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Web").field("bot_id", &self.bot_id).field("tokens", &self.tokens).finish_non_exhaustive()
    }
}
