//! What WeChat takes. The pages are those of <https://developers.weixin.qq.com/doc/>; where Tencent names no number, it is
//! said.

use crate::fit::Limit;
use crate::fit::Unit::{Byte, Utf16};

/// "Passive user reply message", "Customer service message": text. No number is named; people saw 2,047 to 2,048 bytes
/// pass, and above it error 45002 or nothing.
pub(super) const TEXT: Limit = Limit(2000, Byte);
/// Ours, for none are named: title and description of an article. What is longer goes into a text below it.
pub(super) const TITLE: Limit = Limit(64, Utf16);
pub(super) const DESCRIPTION: Limit = Limit(120, Utf16);
/// Ours: an address, so that a line with it fits into a text.
pub(super) const URL: Limit = Limit(1024, Byte);
/// Ours: what is written on a link or an item of a menu.
pub(super) const LABEL: Limit = Limit(200, Byte);

/// "Upload temporary media": image, in PNG, JPEG or GIF.
pub(super) const IMAGE_BYTES: usize = 10 * 1024 * 1024;
/// The same, voice: in AMR or MP3.
pub(super) const VOICE_BYTES: usize = 2 * 1024 * 1024;
/// The same, video: in MP4.
pub(super) const VIDEO_BYTES: usize = 10 * 1024 * 1024;
/// The same: how long a media id can be used, less an hour.
pub(super) const MEDIA_SECONDS: i64 = (3 * 24 - 1) * 60 * 60;
/// "Get temporary media": what a customer sent is kept so long.
pub(super) const KEPT_SECONDS: i64 = 3 * 24 * 60 * 60;

/// "Customer service message": after a message of the customer's.
pub(super) const MESSAGES: usize = 5;
pub(super) const WINDOW_MS: i64 = 48 * 60 * 60 * 1000;
/// The same: after a follow, a scan, or a press of the menu, within a minute. Some of it goes for the way.
pub(super) const BRIEF_MESSAGES: usize = 3;
pub(super) const BRIEF_WINDOW_MS: i64 = 50 * 1000;

/// "Get stable access token": it is renewed five minutes before its end, and the old one lives on for as long.
pub(super) const TOKEN_MARGIN_SECONDS: i64 = 5 * 60;
/// Ours: a token that is about to end is asked for again soon.
pub(super) const TOKEN_SECONDS_AT_LEAST: i64 = 10;

/// "Passive user reply message": Tencent waits five seconds, and asks three times in all.
pub(super) const ANSWER_WITHIN_AT_MOST_MS: i64 = 4800;
pub(super) const ANSWER_WITHIN_MS: i64 = 4400;
/// Ours: past the five seconds, so that Tencent surely asks again.
pub(super) const HOLD_MS: i64 = 5600;
/// Ours: the second time comes five seconds after the first; the age of a message is told in whole seconds.
pub(super) const SECOND_TRY_MS: i64 = 4500;
/// Ours: the third time comes after ten seconds. What is older was not sent by Tencent just now, or a clock is wrong.
pub(super) const LAST_TRY_MS: i64 = 20_000;
/// Ours: the third time comes ten seconds after the first, the second five. Between them, so that neither a slow way nor
/// a clock that is a little off takes one for the other.
pub(super) const THIRD_TRY_MS: i64 = 8000;

/// What exists on earth.
pub(super) const LATITUDE: f64 = 90.0;
pub(super) const LONGITUDE: f64 = 180.0;
