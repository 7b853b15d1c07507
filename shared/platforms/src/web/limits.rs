//! What web chat takes. Most is CLOSER's table for websites of 2020-04-03, in the page on limits of its guide; frames are
//! API Gateway's, <https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-execution-service-websocket-limits-table.html>.
//! Text counts in Unicode scalar values: a thousand emoji are a thousand.

use crate::fit::Limit;
use crate::fit::Unit::{Byte, Scalar};

/// API Gateway: a frame, in and out. A message may be larger in several frames, which no client needs.
pub(super) const FRAME: Limit = Limit(32_768, Byte);
/// What a frame that is stored gets when it is sent: its number.
pub(super) const STAMP: usize = 32;

/// Texts of both sides.
pub(super) const TEXT: Limit = Limit(1000, Scalar);
pub(super) const CARDS: usize = 10;
pub(super) const CARD_TITLE: Limit = Limit(255, Scalar);
pub(super) const CARD_DESCRIPTION: Limit = Limit(1000, Scalar);
/// Of a card, a text or media.
pub(super) const BUTTONS: usize = 9;
pub(super) const LABEL: Limit = Limit(255, Scalar);
/// KEYBOARD buttons.
pub(super) const QUICK_REPLIES: usize = 50;
/// Both ways, as text or compact JSON.
pub(super) const PAYLOAD: Limit = Limit(1000, Scalar);
/// `meta.custom`, the same way.
pub(super) const CUSTOM: Limit = Limit(1000, Scalar);
/// LOCATION.title of the webhook guide.
pub(super) const PLACE: Limit = Limit(50, Scalar);
/// Ours, for nobody names one.
pub(super) const URI: Limit = Limit(2048, Byte);
/// What a link may start with; a browser runs some of the others.
pub(super) const LINKS: &[&str] = &["http:", "https:", "tel:", "mailto:"];

/// ENDUSER.userKey of the webhook guide.
pub(super) const USER_KEY: Limit = Limit(90, Scalar);
/// `clientMessageId` and `clientUploadId`.
pub(super) const CLIENT_ID: Limit = Limit(64, Scalar);
/// The params of one `open`, as compact JSON; they are stored with the customer.
pub(super) const PARAMS: Limit = Limit(4096, Byte);
pub(super) const CAPABILITIES: usize = 16;

/// Frames of one HISTORY.
pub(super) const HISTORY: usize = 50;
/// Frames of one replay, and their bytes.
pub(super) const REPLAY: usize = 50;
pub(super) const REPLAY_BYTES: usize = 96 * 1024;
/// Frames for one who has none yet.
pub(super) const FIRST: u64 = 30;

/// A token, and from when its owner should ask for the next.
pub(super) const TOKEN_SECONDS: i64 = 1800;
pub(super) const REFRESH_SECONDS: i64 = 1500;
/// A token may be exchanged for the next so long after its end.
pub(super) const EXCHANGE_SECONDS: i64 = 24 * 60 * 60;
/// Ours: the clock of another instance that minted the token may be ahead so much. Its end is exact.
pub(super) const SKEW_SECONDS: i64 = 60;
/// Ours: anything longer is no token. API Gateway takes 4,096 characters of URL.
pub(super) const TOKEN: Limit = Limit(2048, Byte);

/// A connection row is deleted by itself after API Gateway's two hours.
pub(super) const ROW_SECONDS: i64 = 2 * 60 * 60 + 5 * 60;

/// What a customer may upload: type, ending, bytes. No SVG and no HTML: both can run.
pub(super) const FILES: &[(&str, &str, u64)] = &[
    ("image/jpeg", "jpg", 10 * MB),
    ("image/gif", "gif", 10 * MB),
    ("image/png", "png", 10 * MB),
    ("image/bmp", "bmp", 10 * MB),
    ("image/webp", "webp", 10 * MB),
    ("audio/mpeg", "mp3", 10 * MB),
    ("audio/mp4", "m4a", 10 * MB),
    ("audio/ogg", "ogg", 10 * MB),
    ("video/mp4", "mp4", 50 * MB),
    ("video/webm", "webm", 50 * MB),
];
const MB: u64 = 1024 * 1024;
/// How long the address for an upload is good.
pub const UPLOAD_SECONDS: i64 = 300;
