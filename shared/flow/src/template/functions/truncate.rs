//! `TRUNCATE(text, length, omission)`: cut to so many letters, those of the omission included. A letter is what a reader
//! takes for one: no emoji is cut in two.

use unicode_segmentation::UnicodeSegmentation as _;

use super::{Argument, Made, Setting, text};

pub(super) fn truncate<'v>(of: &[Argument<'v>], _: &mut Setting) -> Made<'v> {
    let plain = of[0].text();
    // Without a length nothing says where to cut.
    let Some(length) = of.get(1).and_then(length) else { return text(plain.into_owned()) };
    let omission = of.get(2).map(Argument::text).unwrap_or_default();
    let mut letters = plain.grapheme_indices(true);
    if letters.nth(length).is_none() {
        return text(plain.into_owned());
    }
    let kept = length.saturating_sub(omission.graphemes(true).count());
    let end = plain.grapheme_indices(true).nth(kept).map_or(plain.len(), |(end, _)| end);
    text(format!("{}{omission}", &plain[..end]))
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "beyond its range it is its end")]
fn length(argument: &Argument<'_>) -> Option<usize> {
    let number = match argument.value.as_deref()? {
        serde_json::Value::String(text) => text.trim().parse().ok().filter(|number: &f64| number.is_finite()),
        value => value.as_f64(),
    };
    number.map(|number| number as usize)
}
