//! What Messenger takes. Pages are below <https://developers.facebook.com/docs/messenger-platform/>, under the name
//! beside each number. Meta does not say what it counts characters in, so it is what gives the larger number.

use crate::fit::Limit;
use crate::fit::Unit::Unknown;

/// `reference/send-api`, `text`: below 2000. Some is left for what Meta may count in another way.
pub(super) const TEXT: Limit = Limit(1900, Unknown);
/// `send-messages/template/button`.
pub(super) const BUTTON_TEXT: Limit = Limit(640, Unknown);
/// `send-messages/template/button` and `template/generic`: buttons of a template or of an element.
pub(super) const BUTTONS: usize = 3;
/// `send-messages/buttons`, and `send-messages/quick-replies`: what is written on one.
pub(super) const LABEL: Limit = Limit(20, Unknown);
/// `send-messages/buttons` and `send-messages/quick-replies`: what a press brings back.
pub(super) const PAYLOAD: Limit = Limit(1000, Unknown);

/// `send-messages/quick-replies`.
pub(super) const QUICK_REPLIES: usize = 13;

/// `send-messages/template/generic`: elements of a carousel.
pub(super) const ELEMENTS: usize = 10;
/// `send-messages/template/generic`: title and subtitle.
pub(super) const ELEMENT_TEXT: Limit = Limit(80, Unknown);

/// Ours, for Meta names none: longer addresses do not work everywhere, and each has to fit into a text as well.
pub(super) const URL: Limit = Limit(1800, Unknown);

/// `policy`, standard messaging: how long after the customer's message an answer may come.
pub(super) const WINDOW_MS: i64 = 24 * 60 * 60 * 1000;

/// What exists on earth.
pub(super) const LATITUDE: f64 = 90.0;
pub(super) const LONGITUDE: f64 = 180.0;

/// LOCATION.title of the webhook guide.
pub(super) const LOCATION_TITLE: Limit = Limit(50, Unknown);
