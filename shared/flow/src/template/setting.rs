//! What templates know beside the context: the time, chance, whose item an element is for, and what is to be masked.

use model::EpochMillis;

use crate::limits;

#[derive(Clone, Debug)]
pub(crate) struct Setting {
    pub(crate) now: EpochMillis,
    /// Goes on with each draw, so that two draws differ and a turn that is done again says the same.
    chance: fastrand::Rng,
    /// The item of `list[i]`, of the element that is printed and of the element inside of it.
    pub(super) items: [Option<usize>; 2],
    /// How many elements were made so in this turn.
    pub(super) expanded: usize,
    /// Masks that fall due until then print stars. None while the clear text is made.
    stars_until_ms: Option<i64>,
    /// When masks fall due, counted from now.
    due_ms: Vec<i64>,
}

impl Setting {
    pub(crate) fn new(now: EpochMillis, seed: u64) -> Self {
        let chance = fastrand::Rng::with_seed(seed);
        Self { now, chance, items: [None; 2], expanded: 0, stars_until_ms: None, due_ms: Vec::new() }
    }

    pub(super) fn draw(&mut self, from: i64, to: i64) -> i64 {
        self.chance.i64(from..=to)
    }

    /// Whether a mask that falls due after `due_ms` is a row of stars.
    pub(super) fn masks(&mut self, due_ms: i64) -> bool {
        if let Some(until) = self.stars_until_ms {
            return due_ms <= until;
        }
        if let Err(index) = self.due_ms.binary_search(&due_ms) {
            self.due_ms.insert(index, due_ms);
        }
        false
    }
}

/// The same with stars, to keep in place of the clear text from `after_ms` on.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Masked<T> {
    pub(crate) after_ms: i64,
    pub(crate) what: T,
}

/// Makes something of templates, and makes it again for each time at which masks of theirs fall due.
///
/// The mask travels outside of the text: what passed through other functions, or was cut, is masked all the same, and
/// nothing that a customer writes can look like a mask.
pub(crate) fn masked<C, T, E>(
    context: &mut C,
    setting: fn(&mut C) -> &mut Setting,
    mut make: impl FnMut(&mut C) -> Result<T, E>,
) -> Result<(T, Vec<Masked<T>>), E> {
    let before = setting(context).clone();
    setting(context).due_ms.clear();
    let clear = make(context)?;
    let after = setting(context).clone();
    let mut due = after.due_ms.clone();
    // Later ones are early then.
    due.truncate(limits::MASK_TIMES);
    let mut copies = Vec::with_capacity(due.len());
    for (index, after_ms) in due.iter().copied().enumerate() {
        let last = index + 1 == limits::MASK_TIMES;
        setting(context).clone_from(&before);
        setting(context).stars_until_ms = Some(if last { i64::MAX } else { after_ms });
        let what = make(context);
        setting(context).clone_from(&after);
        copies.push(Masked { after_ms, what: what? });
    }
    Ok((clear, copies))
}
