//! `MASK(text, schedule)`: the customer reads the text, copies that are kept have stars in its place: at once, or after
//! `"10m"`, `"6h"` or `"7d"`. How, is in [`crate::template::setting`].

use unicode_segmentation::UnicodeSegmentation as _;

use super::{Argument, Made, Setting, text};

pub(super) fn mask<'v>(of: &[Argument<'v>], setting: &mut Setting) -> Made<'v> {
    let clear = of[0].text();
    // What is no schedule hides rather too early.
    let due_ms = of.get(1).and_then(|schedule| milliseconds(&schedule.text())).unwrap_or(0);
    if setting.masks(due_ms) {
        let hide =
            |letter: &str| if letter.chars().all(char::is_whitespace) { letter.to_owned() } else { "*".to_owned() };
        return text(clear.graphemes(true).map(hide).collect());
    }
    text(clear.into_owned())
}

fn milliseconds(schedule: &str) -> Option<i64> {
    let schedule = schedule.trim();
    let unit = schedule.chars().next_back()?;
    let unit_ms = match unit.to_ascii_lowercase() {
        's' => 1000,
        'm' => 60 * 1000,
        'h' => 60 * 60 * 1000,
        'd' => 24 * 60 * 60 * 1000,
        _ => return None,
    };
    let count: u32 = schedule[..schedule.len() - unit.len_utf8()].trim().parse().ok()?;
    Some(i64::from(count) * unit_ms)
}
