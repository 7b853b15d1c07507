//! `RAND(from, to)`: a whole number, both ends included. `RAND(a, b, …)`: one of them. `RAND(to)` begins at 0, `RAND()` is
//! 0 or 1, as in the guide of 2017.

use super::{Argument, Made, Setting};

pub(super) fn rand<'v>(of: &[Argument<'v>], setting: &mut Setting) -> Made<'v> {
    let bounds = match of {
        [] => Some((0, 1)),
        [to] => number(to).map(|to| (0, to)),
        [from, to] => number(from).zip(number(to)),
        _ => None,
    };
    if let Some((from, to)) = bounds {
        return Ok(Some(std::borrow::Cow::Owned(setting.draw(from.min(to), from.max(to)).into())));
    }
    let last = i64::try_from(of.len()).unwrap_or(i64::MAX).saturating_sub(1);
    let index = usize::try_from(setting.draw(0, last)).unwrap_or_default();
    Ok(of.get(index).and_then(|argument| argument.value.clone()))
}

/// `"1"` in a template is one of several texts; a parameter that holds it is a number that a customer typed.
fn number(argument: &Argument<'_>) -> Option<i64> {
    let is_text = argument.literal && argument.value.as_deref().is_some_and(serde_json::Value::is_string);
    if is_text { None } else { argument.integer() }
}
