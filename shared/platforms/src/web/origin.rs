//! Which sites may open a socket. No CORS protects a WebSocket: this check is all there is.

use url::Url;

/// Whole origins are compared, letter by letter as browsers write them: no prefix, no suffix, no wildcard. `null`, the
/// origin of sandboxed frames and files, is everybody's, and so nobody's.
pub(super) fn allowed(origin: &str, list: &[String]) -> bool {
    origin != "null" && list.iter().any(|allowed| allowed == origin)
}

/// `https://shop.example.com` of any address there, as a browser writes it; nothing for what is no site.
pub(super) fn of(address: &str) -> Option<String> {
    let url = Url::parse(address).ok().filter(|url| matches!(url.scheme(), "http" | "https"))?;
    Some(url.origin().ascii_serialization())
}
