//! Every number of KakaoTalk. Where no page is named it is
//! <https://kakaobusiness.gitbook.io/main/tool/chatbot/skill_guide/answer_json_format>, which does not say what it counts.

use crate::fit::{Limit, Unit};

/// `template.outputs` has one to three elements; there is no legal way to say nothing.
pub(super) const OUTPUTS: usize = 3;

pub(super) const QUICK_REPLIES: usize = 10;
/// Today's page names none; CLOSER allowed 30, and clients show about 14.
pub(super) const QUICK_REPLY_LABEL: Limit = Limit(30, Unit::Unknown);

pub(super) const SIMPLE_TEXT: Limit = Limit(1000, Unit::Unknown);
pub(super) const ALT_TEXT: Limit = Limit(50, Unit::Unknown);

pub(super) const TITLE: Limit = Limit(50, Unit::Unknown);
/// Title and description together.
pub(super) const TEXT_CARD: Limit = Limit(400, Unit::Unknown);
/// The description alone.
pub(super) const TEXT_CARD_IN_CAROUSEL: Limit = Limit(128, Unit::Unknown);
pub(super) const BASIC_CARD_DESCRIPTION: Limit = Limit(230, Unit::Unknown);
pub(super) const CAROUSEL_ITEMS: usize = 10;

/// One below the other, which is the layout we ask for.
pub(super) const BUTTONS: usize = 3;
/// 14 when one is below the other. Side by side it would be 8.
pub(super) const BUTTON_LABEL: Limit = Limit(14, Unit::Unknown);
/// CLOSER's own limit for `extra`, as JSON text.
pub(super) const EXTRA: Limit = Limit(1000, Unit::Unknown);

/// A larger answer may not be delivered. Quoted from the official page by others.
pub(super) const BODY: Limit = Limit(30_720, Unit::Byte);

/// The URL lives one minute, <https://kakaobusiness.gitbook.io/main/tool/chatbot/skill_guide/ai_chatbot_callback_guide>;
/// the rest of the minute is for the network.
pub(super) const CALLBACK_MS: i64 = 50_000;

/// Kakao waits 5 seconds, the way included, <https://kakaobusiness.gitbook.io/main/tool/chatbot/skill_guide/make_skill>.
/// At 4.5 its log has shown timeouts.
pub(super) const ANSWER_WITHIN_MS: i64 = 4_000;
pub(super) const ANSWER_WITHIN_AT_MOST_MS: i64 = 4_500;
