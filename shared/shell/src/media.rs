//! What a customer sent, for everybody who has the signed link: fetched from the messenger with the channel's token and
//! passed on. A function's answer holds 6 MB, encoded; what is larger is had in ranges, as video players do.

use http::header::{self, HeaderMap, HeaderValue};
use http::{Response, StatusCode};
use lambda_http::Body;
use platforms::Content;
use reqwest::Response as Fetched;

use crate::outgoing::{Guarded, Messengers};

/// Bytes in one answer.
pub const MOST: u64 = 4_000_000;

/// What came of a request for a messenger's file.
pub(crate) enum Fetch {
    Answer(Response<Body>),
    /// What came in the file's place, for [`platforms::Channel::opened`] to read.
    Instead(Vec<u8>),
    /// The file is at this address.
    Elsewhere(String),
}

/// More is no error message.
const WORDS_BYTES: u64 = 8 * 1024;

/// Asks the messenger for `content`. `range` is the request's header.
pub(crate) async fn fetch(messengers: &Messengers, content: &Content, range: Option<&str>, words: bool) -> Fetch {
    let range = range.and_then(read_range);
    let Ok(mut fetched) = messengers.get(&content.url, &content.headers, range.map(wanted).as_deref()).await else {
        return Fetch::Answer(status(StatusCode::BAD_GATEWAY));
    };
    let may_be_words = words
        && fetched.status() == StatusCode::OK
        && fetched.content_length().is_none_or(|length| length <= WORDS_BYTES)
        && is_text(&fetched);
    if may_be_words {
        return match take(&mut fetched, 0, WORDS_BYTES).await {
            Some(body) => Fetch::Instead(body),
            None => Fetch::Answer(status(StatusCode::BAD_GATEWAY)),
        };
    }
    match (fetched.status(), fetched.headers().get(header::LOCATION).and_then(|to| to.to_str().ok())) {
        (
            StatusCode::MOVED_PERMANENTLY | StatusCode::FOUND | StatusCode::SEE_OTHER | StatusCode::TEMPORARY_REDIRECT,
            Some(to),
        ) => Fetch::Elsewhere(to.to_owned()),
        _ => Fetch::Answer(pass_on(fetched, range).await),
    }
}

/// What is at a public address, to which a messenger led. Once: no further redirect is followed.
pub(crate) async fn fetch_public(world: &Guarded, url: &str, range: Option<&str>) -> Response<Body> {
    let range = range.and_then(read_range);
    match world.open(url, range.map(wanted).as_deref()).await {
        Some(fetched) => pass_on(fetched, range).await,
        None => status(StatusCode::BAD_GATEWAY),
    }
}

async fn pass_on(mut fetched: Fetched, range: Option<Range>) -> Response<Body> {
    // As announced; what it says later is what remains.
    let length = fetched.content_length();
    match (fetched.status(), range) {
        // Still being prepared, as long videos are.
        (StatusCode::ACCEPTED, _) => busy(),
        (StatusCode::OK, None) if length.is_some_and(|length| length > MOST) => too_large(),
        // One byte more tells what is too large where no length is announced.
        (StatusCode::OK, None) => match take(&mut fetched, 0, MOST + 1).await {
            Some(body) if body.len() as u64 > MOST => too_large(),
            Some(body) => answer(StatusCode::OK, &fetched, body, None),
            None => status(StatusCode::BAD_GATEWAY),
        },
        // The messenger does not know ranges: what comes before is read and let go.
        (StatusCode::OK, Some(Range { first, last })) => match take(&mut fetched, first, last - first + 1).await {
            Some(body) if body.is_empty() => status(StatusCode::RANGE_NOT_SATISFIABLE),
            Some(body) => {
                let total = length.map_or_else(|| "*".to_owned(), |total| total.to_string());
                let part = format!("bytes {first}-{}/{total}", first + body.len() as u64 - 1);
                answer(StatusCode::PARTIAL_CONTENT, &fetched, body, Some(part))
            }
            None => status(StatusCode::BAD_GATEWAY),
        },
        (StatusCode::PARTIAL_CONTENT, _) => {
            let part =
                fetched.headers().get(header::CONTENT_RANGE).and_then(|part| part.to_str().ok()).map(str::to_owned);
            match take(&mut fetched, 0, MOST + 1).await {
                Some(body) if body.len() as u64 > MOST => status(StatusCode::BAD_GATEWAY),
                Some(body) => answer(StatusCode::PARTIAL_CONTENT, &fetched, body, part),
                None => status(StatusCode::BAD_GATEWAY),
            }
        }
        (gone @ (StatusCode::NOT_FOUND | StatusCode::GONE | StatusCode::RANGE_NOT_SATISFIABLE), _) => status(gone),
        _ => status(StatusCode::BAD_GATEWAY),
    }
}

/// A file that was taken for words is answered like any other.
pub(crate) fn whole(body: Vec<u8>) -> Response<Body> {
    let mut response = Response::new(Body::Binary(body));
    guard_headers(response.headers_mut(), HeaderValue::from_static("text/plain; charset=utf-8"));
    response
}

/// It may be there later.
pub(crate) fn busy() -> Response<Body> {
    let mut response = status(StatusCode::SERVICE_UNAVAILABLE);
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("5"));
    response
}

fn is_text(fetched: &Fetched) -> bool {
    let kind = fetched.headers().get(header::CONTENT_TYPE).map_or(&b""[..], HeaderValue::as_bytes);
    kind.is_empty() || kind.starts_with(b"application/json") || kind.starts_with(b"text/")
}

fn wanted(Range { first, last }: Range) -> String {
    format!("bytes={first}-{last}")
}

/// First and last byte, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Range {
    first: u64,
    last: u64,
}

/// `bytes=0-`, `bytes=0-499`; other forms may be ignored, and are. Cut to what one answer holds.
fn read_range(header: &str) -> Option<Range> {
    let (first, last) = header.trim().strip_prefix("bytes=")?.split_once('-')?;
    let first: u64 = first.parse().ok()?;
    let most = first.checked_add(MOST - 1)?;
    let last = if last.is_empty() { most } else { last.parse::<u64>().ok()?.min(most) };
    (first <= last).then_some(Range { first, last })
}

/// Up to `count` bytes after the first `skip`. `None` when the connection breaks.
async fn take(fetched: &mut Fetched, mut skip: u64, count: u64) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    while let Some(chunk) = fetched.chunk().await.ok()? {
        let passed = skip.min(chunk.len() as u64);
        skip -= passed;
        let room = usize::try_from(count).unwrap_or(usize::MAX) - body.len();
        let rest = &chunk[usize::try_from(passed).unwrap_or(chunk.len())..];
        body.extend_from_slice(&rest[..rest.len().min(room)]);
        if body.len() as u64 == count {
            break;
        }
    }
    Some(body)
}

fn answer(status: StatusCode, fetched: &Fetched, body: Vec<u8>, part: Option<String>) -> Response<Body> {
    let mut response = Response::new(Body::Binary(body));
    *response.status_mut() = status;
    let kind = fetched.headers().get(header::CONTENT_TYPE).cloned();
    let kind = kind.unwrap_or_else(|| HeaderValue::from_static("application/octet-stream"));
    guard_headers(response.headers_mut(), kind);
    if let Some(part) = part.and_then(|part| HeaderValue::try_from(part).ok()) {
        response.headers_mut().insert(header::CONTENT_RANGE, part);
    }
    response
}

/// Whatever a customer sent is shown or saved, never run in the name of our address.
fn guard_headers(headers: &mut HeaderMap, kind: HeaderValue) {
    let shown = ["image/", "video/", "audio/"].iter().any(|start| kind.as_bytes().starts_with(start.as_bytes()));
    let shown = shown && !kind.as_bytes().starts_with(b"image/svg");
    headers.insert(header::CONTENT_TYPE, kind);
    let disposition = if shown { "inline" } else { "attachment" };
    headers.insert(header::CONTENT_DISPOSITION, HeaderValue::from_static(disposition));
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("sandbox; default-src 'none'"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, max-age=3600"));
    headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
}

fn too_large() -> Response<Body> {
    let mut response = status(StatusCode::PAYLOAD_TOO_LARGE);
    *response.body_mut() = Body::from("larger than one answer can be; ask for a range of bytes\n");
    response
}

pub(crate) fn status(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(Body::Empty);
    *response.status_mut() = status;
    response.headers_mut().insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges() {
        for (header, range) in [
            ("bytes=0-", Some((0, MOST - 1))),
            ("bytes=0-499", Some((0, 499))),
            ("bytes=5-5", Some((5, 5))),
            (" bytes=10-99999999999 ", Some((10, MOST + 9))),
            ("bytes=5-4", None),
            ("bytes=-500", None),
            ("bytes=0-1,5-9", None),
            ("bytes=18446744073709551615-", None),
            ("items=0-1", None),
            ("", None),
        ] {
            assert_eq!(read_range(header), range.map(|(first, last)| Range { first, last }), "{header:?}");
        }
    }
}
