//! Every number of consultation talk. Kakao's own guide is for contracted partners; these are its dealers', who do not say
//! what they count: <https://mbi-developer-center.happytalk.io/kakaotalk_webhook/counseling/send_chat> where no other page
//! is named.

use crate::fit::Limit;
use crate::fit::Unit::{Byte, Unknown};

/// `message` of a text, and of a bubble with buttons unless `linkMessageLimit` says less: one dealer's checks knew 60.
pub(super) const MESSAGE: Limit = Limit(1000, Unknown);
/// Ours: what `linkMessageLimit` may not go below, so that our own headings fit.
pub(super) const LEAST_LINK_MESSAGE: usize = 20;
/// Ours: bubbles that a long text is divided into.
pub(super) const PIECES: usize = 5;

/// `links`, and `buttons` of the newer APIs:
/// <https://developer-center.happytalk.io/KakaoWebhook/MessageSend/rich>.
pub(super) const BUTTONS: usize = 5;
pub(super) const BUTTON_NAME: Limit = Limit(28, Unknown);
/// `supplement.quick_reply`.
pub(super) const QUICK_REPLIES: usize = 10;
pub(super) const QUICK_REPLY_NAME: Limit = Limit(14, Unknown);
/// `extra` of a button, letters, digits and `_` alone. A reference has 34.
#[cfg(test)]
pub(super) const EXTRA: Limit = Limit(50, Byte);
/// Ours, as CLOSER did: further bubbles for buttons that do not fit under the first.
pub(super) const MORE_BUBBLES: usize = 2;
/// Ours, as CLOSER did: cards of a message, each a bubble.
pub(super) const CARDS: usize = 10;

/// `image_url` and `file_url`; taken for the addresses of buttons too, of which nothing is said.
pub(super) const URL: Limit = Limit(1000, Byte);
/// `file_name`, cut to what a person reads.
pub(super) const FILE_NAME: Limit = Limit(100, Unknown);
/// `serial_number`.
pub(super) const SERIAL_NUMBER: usize = 30;

/// A picture by itself: <https://developer-center.happytalk.io/KakaoWebhook/Upload/image>.
pub(super) const IMAGE_BYTES: usize = 5_000_000;
/// A picture over a text at Happytalk, `image_type=link`.
pub(super) const LINK_IMAGE_BYTES: usize = 500_000;
/// <https://developer-center.happytalk.io/KakaoWebhook/Upload/file>.
pub(super) const AUDIO_BYTES: usize = 10_000_000;
/// Kakao takes 300 MB. Ours is less: a file goes through the memory of a function, and a link opens sooner than that.
pub(super) const VIDEO_BYTES: usize = 20_000_000;
/// Ours: how long an uploaded file is used. Nobody says how long Kakao keeps it.
pub(super) const UPLOAD_SECONDS: i64 = 600;

/// What exists on earth.
pub(super) const LATITUDE: f64 = 90.0;
pub(super) const LONGITUDE: f64 = 180.0;
