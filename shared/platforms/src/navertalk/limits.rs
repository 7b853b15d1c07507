//! What NaverTalk takes. Where no page is named it is <https://github.com/navertalk/chatbot-api/blob/master/README.md>,
//! which does not say what it counts.

use crate::fit::{Limit, Unit};

/// `textContent.text`.
pub(super) const TEXT: Limit = Limit(10_000, Unit::Unknown);
/// Ours: how many messages a longer text may become.
pub(super) const TEXTS: usize = 3;

/// `compositeContent.compositeList`.
pub(super) const COMPOSITES: usize = 10;
pub(super) const TITLE: Limit = Limit(200, Unit::Unknown);
pub(super) const DESCRIPTION: Limit = Limit(1000, Unit::Unknown);
/// `buttonList` of a composite.
pub(super) const BUTTONS: usize = 10;
pub(super) const BUTTON_TITLE: Limit = Limit(18, Unit::Unknown);
/// `code` of a button.
pub(super) const CODE: Limit = Limit(1000, Unit::Unknown);

/// `quickReply.buttonList`. Its page names no number, so as of an OPTION's list.
pub(super) const QUICK_REPLIES: usize = 10;
/// In an OPTION and in a quickReply.
pub(super) const QUICK_REPLY_TITLE: Limit = Limit(10, Unit::Unknown);

/// Ours, for Naver names none: addresses of buttons and pictures, as browsers share them safely.
pub(super) const URI: Limit = Limit(2000, Unit::Byte);

/// What exists on earth.
pub(super) const LATITUDE: f64 = 90.0;
pub(super) const LONGITUDE: f64 = 180.0;

/// Naver reads for 5 seconds, the way included.
pub(super) const ANSWER_WITHIN_MS: i64 = 4_000;
pub(super) const ANSWER_WITHIN_AT_MOST_MS: i64 = 4_500;

/// "Handover API", <https://github.com/navertalk/chatbot-api/blob/master/handover_v1.md>: the partner centre, where
/// people answer.
pub(super) const AGENTS: u8 = 1;
