//! The token API: who may be whom. A company's server may ask for anybody, a page for the customer whom the company's
//! server vouched for, and otherwise for a visitor of whom nothing is known.

use http::{Method, StatusCode};
use model::{EpochMillis, UserKey};
use serde_json::json;

use super::wire::{Issued, TokenAsk};
use super::{TokenError, Web, limits, token};

/// A request of the token API. Holds secrets, so no `Debug`.
#[expect(missing_debug_implementations, reason = "it must not get into a log")]
pub struct TokenRequest<'a> {
    pub method: &'a Method,
    /// `/v1/web/tokens/refresh` rather than `/v1/web/tokens`.
    pub refresh: bool,
    pub origin: Option<&'a str>,
    pub authorization: Option<&'a str>,
    pub body: &'a [u8],
    /// Where the socket is: `wss://…`, without a query.
    pub socket_url: &'a str,
}

/// Its answer, all of it. Holds a token, so no `Debug`.
#[derive(Clone, PartialEq, Eq)]
#[expect(missing_debug_implementations, reason = "it must not get into a log")]
pub struct TokenReply {
    pub status: StatusCode,
    pub headers: Vec<(&'static str, String)>,
    pub body: String,
}

/// Names of visitors start so, and of nobody else.
const ANONYMOUS: &str = "anon:";

struct Refusal(StatusCode, &'static str);

const BAD_REQUEST: Refusal = Refusal(StatusCode::BAD_REQUEST, "bad_request");
const UNAUTHORIZED: Refusal = Refusal(StatusCode::UNAUTHORIZED, "unauthorized");
const ORIGIN: Refusal = Refusal(StatusCode::FORBIDDEN, "origin_not_allowed");
const MISMATCH: Refusal = Refusal(StatusCode::FORBIDDEN, "hash_mismatch");

pub(super) fn answer(web: &Web, request: &TokenRequest<'_>, now: EpochMillis, nonce: u128) -> TokenReply {
    let mut headers = vec![("vary", "Origin".to_owned()), ("cache-control", "no-store".to_owned())];
    // Pages of other sites learn nothing, not even why.
    if let Some(origin) = request.origin.filter(|origin| web.allows(origin)) {
        headers.push(("access-control-allow-origin", origin.to_owned()));
        headers.push(("access-control-allow-methods", "POST".to_owned()));
        headers.push(("access-control-allow-headers", "content-type".to_owned()));
        headers.push(("access-control-max-age", "600".to_owned()));
    }
    if request.method == Method::OPTIONS {
        return TokenReply { status: StatusCode::NO_CONTENT, headers, body: String::new() };
    }
    headers.push(("content-type", "application/json".to_owned()));
    let subject = match *request.method {
        Method::POST if request.refresh => again(web, request, now),
        Method::POST => first(web, request, nonce),
        _ => Err(Refusal(StatusCode::METHOD_NOT_ALLOWED, "bad_request")),
    };
    let issued = subject.and_then(|subject| {
        let (claims, token) = web.mint(subject.user_key, subject.visitor_id.is_some(), now).ok_or(UNAUTHORIZED)?;
        let issued = Issued {
            token: &token,
            token_type: "Bearer",
            expires_in: limits::TOKEN_SECONDS,
            refresh_after: limits::REFRESH_SECONDS,
            user_key: claims.sub.as_str(),
            visitor_id: subject.visitor_id.as_deref(),
            url: request.socket_url,
        };
        Ok(serde_json::to_string(&issued).unwrap_or_default())
    });
    match issued {
        Ok(body) => TokenReply { status: StatusCode::CREATED, headers, body },
        Err(Refusal(status, code)) => TokenReply { status, headers, body: json!({ "error": code }).to_string() },
    }
}

struct Subject {
    user_key: UserKey,
    /// Of a visitor, to be shown again.
    visitor_id: Option<String>,
}

fn first(web: &Web, request: &TokenRequest<'_>, nonce: u128) -> Result<Subject, Refusal> {
    let ask: TokenAsk = read(request)?;
    let named = ask.user_key.filter(|key| !key.is_empty());
    if named.as_ref().is_some_and(|key| key.starts_with(ANONYMOUS) || !limits::USER_KEY.holds(key)) {
        return Err(BAD_REQUEST);
    }
    let known = |key: String| Ok(Subject { user_key: key.parse().map_err(|_| BAD_REQUEST)?, visitor_id: None });
    if let Some(authorization) = request.authorization {
        if !holds_key(web, authorization) {
            return Err(UNAUTHORIZED);
        }
        return known(named.ok_or(BAD_REQUEST)?);
    }
    // Without the key it is a page, and a page says where it is.
    if !request.origin.is_some_and(|origin| web.allows(origin)) {
        return Err(ORIGIN);
    }
    match named {
        Some(key) if token::vouched(&key, ask.user_hash.as_deref().unwrap_or_default(), &web.identity) => known(key),
        Some(_) => Err(MISMATCH),
        None => {
            let earlier = ask.visitor_id.as_deref().and_then(|id| token::open_visitor(id, &web.bot_id, &web.tokens));
            let made = uuid::Builder::from_random_bytes(nonce.to_be_bytes()).into_uuid().to_string();
            // An id that is not ours, or not any more, makes a new visitor, not an error that a page could not mend.
            let uuid = earlier.unwrap_or(&made);
            let visitor_id = token::sign_visitor(uuid, &web.bot_id, &web.tokens).ok_or(UNAUTHORIZED)?;
            let user_key = format!("{ANONYMOUS}{uuid}").parse().map_err(|_| BAD_REQUEST)?;
            Ok(Subject { user_key, visitor_id: Some(visitor_id) })
        }
    }
}

pub(super) fn holds_key(web: &Web, authorization: &str) -> bool {
    let bearer = authorization.get(..7).filter(|start| start.eq_ignore_ascii_case("bearer "));
    bearer.is_some_and(|_| web.api_keys.contain(&authorization[7..]))
}

/// The next token for whom the last one was.
fn again(web: &Web, request: &TokenRequest<'_>, now: EpochMillis) -> Result<Subject, Refusal> {
    if request.origin.is_some_and(|origin| !web.allows(origin)) {
        return Err(ORIGIN);
    }
    let ask: TokenAsk = read(request)?;
    let given = ask.token.unwrap_or_default();
    let claims = token::verify(&given, &web.tokens, &web.issuer, &web.bot_id, now, limits::EXCHANGE_SECONDS);
    let claims = claims.map_err(|error| match error {
        TokenError::Missing => BAD_REQUEST,
        TokenError::Malformed
        | TokenError::Algorithm
        | TokenError::Signature
        | TokenError::Foreign
        | TokenError::TooEarly
        | TokenError::Expired => UNAUTHORIZED,
    })?;
    let uuid = claims.anon.then(|| claims.sub.as_str().strip_prefix(ANONYMOUS)).flatten();
    let visitor_id = uuid.and_then(|uuid| token::sign_visitor(uuid, &web.bot_id, &web.tokens));
    Ok(Subject { user_key: claims.sub, visitor_id })
}

fn read(request: &TokenRequest<'_>) -> Result<TokenAsk, Refusal> {
    // serde would take an array for a struct.
    if request.body.trim_ascii_start().first() != Some(&b'{') {
        return Err(BAD_REQUEST);
    }
    serde_json::from_slice(request.body).map_err(|_| BAD_REQUEST)
}
