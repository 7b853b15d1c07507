//! `ESCAPE(text)`: for addresses, as JavaScript's `encodeURIComponent` does it.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::{Argument, Made, Setting, text};

const RESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'!')
    .remove(b'~')
    .remove(b'*')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')');

pub(super) fn escape<'v>(of: &[Argument<'v>], _: &mut Setting) -> Made<'v> {
    text(utf8_percent_encode(&of[0].text(), RESERVED).to_string())
}
