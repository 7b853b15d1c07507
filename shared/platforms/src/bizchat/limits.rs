//! What fits, with the page that says so. Korean operators count bytes of CP949, which are two for everything but ASCII.

/// <https://api.ncloud-docs.com/docs/sens-sms-send>, `content`: an SMS, in bytes.
pub(super) const SMS: usize = 90;
/// The same page: an LMS or MMS, in bytes.
pub(super) const LMS: usize = 2000;
/// The same page, `subject`, in bytes.
pub(super) const SUBJECT: usize = 40;
/// <https://www.twilio.com/docs/api/errors/21617>: `Body`. In which unit is not said, so the larger, UTF-16.
pub(super) const TWILIO_BODY: usize = 1600;

/// <https://api.ncloud-docs.com/docs/sens-sms-attachment-create>: a JPEG of an MMS.
pub(super) const IMAGE_BYTES: usize = 300 * 1024;
/// The same page, `fileName`.
pub(super) const FILE_NAME: usize = 40;
/// The same page: an image is kept for six days. A day less, for our way there.
pub(super) const IMAGE_SECONDS: i64 = 5 * 24 * 60 * 60;

/// The message hub, `cliKey`.
pub(super) const CLI_KEY: usize = 30;
/// The message hub knows a `cliKey` for ten minutes. A minute goes for our way there.
pub(super) const CLI_KEY_MS: i64 = 9 * 60 * 1000;
/// Ours: a token of the message hub lives for an hour, and is fetched anew ten minutes before that.
pub(super) const TOKEN_SECONDS: i64 = 50 * 60;

/// Ours: an address of more than this would not stay whole in any message, and nobody can read it.
pub(super) const ADDRESS: usize = 1000;

/// In capitals: the words by which a customer wants no more messages.
pub(super) const OPT_OUT: &[&str] = &["STOP", "UNSUBSCRIBE", "수신거부"];
/// No longer text is one of them.
pub(super) const OPT_OUT_BYTES: usize = 32;

/// Ours: how far the clock of a gateway may be from ours, in seconds.
pub(super) const TOLERANCE: u64 = 300;

/// What exists on earth.
pub(super) const LATITUDE: f64 = 90.0;
pub(super) const LONGITUDE: f64 = 180.0;
