//! The token that opens a socket: a JWT of one algorithm, <https://www.rfc-editor.org/rfc/rfc7519>. Minting and checking
//! are functions of the time; what it is signed with are [`Secrets`], so that a rotated secret keeps open tabs open.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use model::{BotId, EpochMillis, UserKey};
use serde::{Deserialize, Serialize};

use super::limits;
use crate::Secrets;
use crate::secret::{hmac_sha256, same};

/// In this order in the token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    pub iss: String,
    pub aud: String,
    /// The userKey.
    pub sub: UserKey,
    pub bot: BotId,
    /// Seconds, like `exp`.
    pub iat: i64,
    pub exp: i64,
    pub jti: String,
    /// A conversation, where the token is for one alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cid: Option<String>,
    /// A visitor of whom the company knows nothing.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub anon: bool,
}

pub(super) const AUDIENCE: &str = "web";
/// `{"alg":"HS256","typ":"JWT"}`
const HEADER: &str = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9";

#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum TokenError {
    #[error("there is no token")]
    Missing,
    #[error("it is no JWT of ours")]
    Malformed,
    /// Also `none`: a token says itself how it is signed, and may say that it is not.
    #[error("it is not signed by HS256")]
    Algorithm,
    #[error("its signature is wrong")]
    Signature,
    #[error("it is for somebody else")]
    Foreign,
    #[error("it is from the future")]
    TooEarly,
    #[error("it has expired")]
    Expired,
}

pub(super) fn sign(claims: &Claims, secrets: &Secrets) -> Option<String> {
    let claims = URL_SAFE_NO_PAD.encode(serde_json::to_vec(claims).ok()?);
    let signed = format!("{HEADER}.{claims}");
    let signature = hmac_sha256(secrets.current()?.as_bytes(), &[signed.as_bytes()]);
    Some(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)))
}

/// `grace_seconds` after its end a token is still taken, for the next one only.
pub(super) fn verify(
    token: &str,
    secrets: &Secrets,
    issuer: &str,
    bot: &BotId,
    now: EpochMillis,
    grace_seconds: i64,
) -> Result<Claims, TokenError> {
    #[derive(Deserialize)]
    struct Header {
        alg: String,
        #[serde(default)]
        crit: Option<serde_json::Value>,
    }
    if token.is_empty() {
        return Err(TokenError::Missing);
    }
    if !limits::TOKEN.holds(token) {
        return Err(TokenError::Malformed);
    }
    let (signed, signature) = token.rsplit_once('.').ok_or(TokenError::Malformed)?;
    let (header, claims) = signed.split_once('.').ok_or(TokenError::Malformed)?;
    if claims.contains('.') {
        return Err(TokenError::Malformed);
    }
    let decode = |part: &str| URL_SAFE_NO_PAD.decode(part).map_err(|_| TokenError::Malformed);
    let header: Header = serde_json::from_slice(&decode(header)?).map_err(|_| TokenError::Malformed)?;
    // What must be understood, and is not, must be refused.
    if header.alg != "HS256" || header.crit.is_some() {
        return Err(TokenError::Algorithm);
    }
    if !secrets.signed(signed.as_bytes(), &decode(signature)?) {
        return Err(TokenError::Signature);
    }
    let claims: Claims = serde_json::from_slice(&decode(claims)?).map_err(|_| TokenError::Malformed)?;
    if claims.iss != issuer || claims.aud != AUDIENCE || claims.bot != *bot {
        return Err(TokenError::Foreign);
    }
    let now = now.seconds().0;
    if claims.iat.saturating_sub(now) > limits::SKEW_SECONDS {
        return Err(TokenError::TooEarly);
    }
    if now >= claims.exp.saturating_add(grace_seconds) {
        return Err(TokenError::Expired);
    }
    Ok(claims)
}

/// The bot that a token names, of which nothing is checked.
pub(super) fn bot_of(token: &str) -> Option<BotId> {
    #[derive(Deserialize)]
    struct Named {
        bot: BotId,
    }
    let claims = token.split('.').nth(1).filter(|_| limits::TOKEN.holds(token))?;
    let named: Named = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).ok()?).ok()?;
    Some(named.bot)
}

/// Whether a company's server vouched for this customer: `userHash` is the hex HMAC-SHA256 of the userKey.
pub(super) fn vouched(user_key: &str, user_hash: &str, secrets: &Secrets) -> bool {
    let bytes = user_hash.as_bytes();
    if bytes.len() != 64 || !bytes.iter().all(u8::is_ascii_hexdigit) {
        return false;
    }
    let byte = |pair: &[u8]| std::str::from_utf8(pair).ok().and_then(|pair| u8::from_str_radix(pair, 16).ok());
    let hash: Vec<u8> = bytes.chunks(2).filter_map(byte).collect();
    secrets.signed(user_key.as_bytes(), &hash)
}

/// A visitor's own id with our signature, so that nobody can be somebody else by a guess.
pub(super) fn sign_visitor(uuid: &str, bot: &BotId, secrets: &Secrets) -> Option<String> {
    Some(format!("{uuid}.{}", URL_SAFE_NO_PAD.encode(visitor(uuid, bot, secrets.current()?))))
}

/// The id in it, if it is ours.
pub(super) fn open_visitor<'a>(signed: &'a str, bot: &BotId, secrets: &Secrets) -> Option<&'a str> {
    let (uuid, signature) = signed.split_once('.')?;
    uuid::Uuid::try_parse(uuid).ok()?;
    let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
    secrets.iter().any(|secret| same(&visitor(uuid, bot, secret), &signature)).then_some(uuid)
}

/// Under a key of its own, so that no token can be passed off as one.
fn visitor(uuid: &str, bot: &BotId, secret: &str) -> [u8; 32] {
    let key = hmac_sha256(secret.as_bytes(), &[b"closer web visitor 1"]);
    hmac_sha256(&key, &[bot.as_str().as_bytes(), b" ", uuid.as_bytes()])
}
