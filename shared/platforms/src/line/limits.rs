//! What LINE takes. Everything here is in <https://developers.line.biz/en/reference/messaging-api/>, under the title
//! beside it. Text counts in UTF-16 units, and in characters as a person sees them (graphemes) in labels and templates:
//! <https://developers.line.biz/en/docs/messaging-api/text-character-count/>.

use crate::fit::Limit;
use crate::fit::Unit::{Byte, Grapheme, Utf16};

/// "Send reply message", "Send push message": message objects in one request.
pub(super) const MESSAGES: usize = 5;
/// "Status codes", 413: the whole request.
pub(super) const BODY: Limit = Limit(2_000_000, Byte);
/// "Send reply message": a reply token lives for a minute from the webhook. Some of it goes for our way there.
pub(super) const REPLY_TOKEN_MS: i64 = 50_000;

/// "Text message".
pub(super) const TEXT: Limit = Limit(5000, Utf16);
/// "Template messages" and "Flex message": what the chat list and a screen reader show.
pub(super) const ALT_TEXT: Limit = Limit(1500, Utf16);
/// "Image message" and the pictures of templates and Flex: HTTPS only.
pub(super) const MEDIA_URL: Limit = Limit(2000, Utf16);
/// "Location message": title, and address.
pub(super) const PLACE: Limit = Limit(100, Utf16);

/// "Quick reply".
pub(super) const QUICK_REPLIES: usize = 13;
/// "Action objects", `label`: in quick replies and templates.
pub(super) const LABEL: Limit = Limit(20, Grapheme);
/// "Action objects", `label`: on a Flex button.
pub(super) const FLEX_LABEL: Limit = Limit(40, Grapheme);
/// "Message action" `text`, "Postback action" `displayText`.
pub(super) const SAID: Limit = Limit(300, Grapheme);
/// "Postback action".
pub(super) const DATA: Limit = Limit(300, Utf16);
/// "URI action".
pub(super) const URI: Limit = Limit(1000, Utf16);
/// "URI action": what it may start with.
pub(super) const URI_SCHEMES: &[&str] = &["http", "https", "line", "tel"];

/// "Buttons template" and "Carousel template".
pub(super) const TITLE: Limit = Limit(40, Grapheme);
/// "Buttons template", without title and image.
pub(super) const BUTTONS_TEXT: Limit = Limit(160, Grapheme);
/// "Carousel template", columns without title and image.
pub(super) const COLUMN_TEXT: Limit = Limit(120, Grapheme);
/// Both, under a title or an image.
pub(super) const SHORT_TEXT: Limit = Limit(60, Grapheme);
/// "Buttons template".
pub(super) const BUTTONS: usize = 4;
/// "Carousel template".
pub(super) const COLUMNS: usize = 10;
/// "Carousel template", in each column.
pub(super) const COLUMN_BUTTONS: usize = 3;

/// "Flex message": the JSON of a bubble.
pub(super) const BUBBLE: Limit = Limit(30_000, Byte);
/// "Flex message": the JSON of a carousel.
pub(super) const FLEX: Limit = Limit(50_000, Byte);
/// "Flex message": bubbles in a carousel.
pub(super) const BUBBLES: usize = 12;
/// Ours, for LINE names none: buttons in a bubble, title and text of one, so that it stays far below its bytes.
pub(super) const BUBBLE_BUTTONS: usize = 9;
pub(super) const BUBBLE_TITLE: Limit = Limit(200, Utf16);
pub(super) const BUBBLE_TEXT: Limit = Limit(2000, Utf16);

/// Ours: where LINE counts graphemes, each may have this many UTF-16 units. Flags of regions have 14, the longest that
/// people send; a letter under a thousand accents is for nobody, and a request must stay below its bytes.
pub(super) const UNITS_IN_GRAPHEME: usize = 16;

/// "Location message": what exists on earth.
pub(super) const LATITUDE: f64 = 90.0;
pub(super) const LONGITUDE: f64 = 180.0;
