//! Media that only opens with a channel's token reaches everybody else by a signed link of ours, which expires.
//!
//! `{public url}/hooks/{platform}/{botId}/media/{payload}.{signature}`: payload = base64url of
//! `{"u":"where it is","e":expiry in seconds}`; signature = base64url of the HMAC-SHA256 of the payload's text under a key
//! made from the channel's secret. Both secrets of a rotation open a link.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use model::time::EpochSeconds;
use model::{BotId, EpochMillis, PlatformType};
use serde::{Deserialize, Serialize};

use crate::Secrets;

/// How long a link opens where a messenger does not tell how long it keeps what customers send.
pub const LIFETIME_SECONDS: i64 = 14 * 24 * 60 * 60;

#[derive(Serialize, Deserialize)]
struct Payload<'a> {
    e: i64,
    u: Cow<'a, str>,
}

#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum MediaError {
    #[error("this is no media link of ours")]
    Forged,
    #[error("this media link has expired")]
    Expired,
}

/// A link that opens `source` for everybody until it expires, after `lifetime_seconds`.
pub fn link(
    public_url: &str,
    platform: PlatformType,
    bot_id: &BotId,
    secrets: &Secrets,
    source: &str,
    lifetime_seconds: i64,
    now: EpochMillis,
) -> String {
    let expiry = now.seconds().0 + lifetime_seconds;
    let json = serde_json::to_vec(&Payload { e: expiry, u: Cow::Borrowed(source) }).unwrap_or_default();
    let payload = URL_SAFE_NO_PAD.encode(json);
    let mut link = String::with_capacity(public_url.len() + payload.len() + 90);
    for part in [public_url, "/hooks/", platform.as_str(), "/", bot_id.as_str(), "/media/", &payload, "."] {
        link.push_str(part);
    }
    URL_SAFE_NO_PAD.encode_string(secrets.sign_link(&payload).unwrap_or_default(), &mut link);
    link
}

/// Where the media of a link is. `token` is what follows `/media/`.
pub fn open(token: &str, secrets: &Secrets, now: EpochSeconds) -> Result<String, MediaError> {
    let (payload, signature) = token.split_once('.').ok_or(MediaError::Forged)?;
    let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|_| MediaError::Forged)?;
    if !secrets.signed_link(payload, &signature) {
        return Err(MediaError::Forged);
    }
    let json = URL_SAFE_NO_PAD.decode(payload).map_err(|_| MediaError::Forged)?;
    let Payload { u, e }: Payload<'_> = serde_json::from_slice(&json).map_err(|_| MediaError::Forged)?;
    if e < now.0 {
        return Err(MediaError::Expired);
    }
    Ok(u.into_owned())
}

/// Where the media of a link is, whoever signed it. For tests; to open a link takes [`open`].
pub(crate) fn peek(uri: &str) -> Option<String> {
    let (payload, _) = uri.split_once("/media/")?.1.split_once('.')?;
    let json = URL_SAFE_NO_PAD.decode(payload).ok()?;
    serde_json::from_slice::<Payload<'_>>(&json).ok().map(|payload| payload.u.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_opens_until_it_expires() {
        let secrets: Secrets = serde_json::from_str(r#""s""#).unwrap();
        let rotated: Secrets = serde_json::from_str(r#"["t","s"]"#).unwrap();
        let others: Secrets = serde_json::from_str(r#""t""#).unwrap();
        let now = EpochMillis(1_780_300_000_000);
        let bot = "Bxxxxx".parse().unwrap();
        let link = link("https://bots.example.com", PlatformType::Line, &bot, &secrets, "https://a.example/1", 60, now);
        let token = link.strip_prefix("https://bots.example.com/hooks/line/Bxxxxx/media/").unwrap();

        let end = EpochSeconds(now.seconds().0 + 60);
        assert_eq!(open(token, &secrets, end), Ok("https://a.example/1".to_owned()));
        assert_eq!(open(token, &rotated, end), Ok("https://a.example/1".to_owned()));
        assert_eq!(open(token, &secrets, EpochSeconds(end.0 + 1)), Err(MediaError::Expired));
        assert_eq!(open(token, &others, end), Err(MediaError::Forged));
        assert_eq!(open(token, &Secrets::default(), end), Err(MediaError::Forged));
        let (payload, signature) = token.split_once('.').unwrap();
        for forged in [payload, "", ".", "a.b", &format!("x{token}"), &format!("{payload}."), &format!(".{signature}")]
        {
            assert_eq!(open(forged, &secrets, end), Err(MediaError::Forged), "{forged}");
        }
    }
}
