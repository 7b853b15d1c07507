//! Elements of a list (cards, buttons, quick replies) that become one for each item of an array: `rows[i].name` makes ten
//! at most, `rows[2..5].name` those four; what lies behind the end is left out, and an empty array leaves no element.
//!
//! Of two arrays the longer decides, and what the shorter lacks prints nothing. In a card that is made of `rows[i]`, its
//! buttons mean the same item by `rows[i]`, and make several of themselves by `rows[i].sizes[i]` or by another array.

use super::tree::{Item, Path, Start, Step};
use super::{Text, eval};
use crate::context::Context;
use crate::limits;

/// The arrays that an element is made of.
#[derive(Debug, Default)]
pub(crate) struct Expansion {
    arrays: Vec<Array>,
    level: usize,
}

#[derive(Debug, PartialEq)]
struct Array {
    path: Path,
    range: Option<(usize, usize)>,
}

impl Array {
    /// Whether it is the array up to that step of `path`.
    fn is(&self, path: &Path, step: usize) -> bool {
        path.at_root && self.path.steps == path.steps[..step]
    }
}

impl Expansion {
    /// Of an element with these texts.
    pub(crate) fn read(texts: &mut [&mut Text]) -> Self {
        let mut expansion = Self::default();
        for text in texts {
            text.paths(&mut |path| {
                if let Some((steps, _)) = items(path).next() {
                    expansion.add(path, steps);
                }
            });
        }
        expansion
    }

    /// Of an element inside of this one: which item is whose?
    pub(crate) fn read_inner(&mut self, texts: &mut [&mut Text]) -> Self {
        let mut inner = Self { arrays: Vec::new(), level: 1 };
        for text in texts.iter_mut() {
            text.paths(&mut |path| {
                // Two in one path can only be one of each.
                if let Some((steps, _)) = items(path).next()
                    && items(path).count() > 1
                {
                    self.add(path, steps);
                }
            });
        }
        for text in texts {
            text.paths(&mut |path| {
                let Some((first, _)) = items(path).next() else { return };
                let own = !self.arrays.iter().any(|array| array.is(path, first));
                for (index, step) in path.steps.iter_mut().enumerate() {
                    if let Step::Item(item) = step {
                        item.level = usize::from(own || index > first);
                    }
                }
                if let Some((steps, _)) = items(path).find(|(_, item)| item.level == 1) {
                    inner.add(path, steps);
                }
            });
        }
        inner
    }

    fn add(&mut self, path: &Path, steps: usize) {
        let Some(Step::Item(Item { range, .. })) = path.steps.get(steps) else { return };
        // Inside of a loop nobody can say what it is before the loop runs.
        if path.at_root {
            let path = Path { start: Start::Root, steps: path.steps[..steps].to_vec(), at_root: true };
            let array = Array { path, range: *range };
            if !self.arrays.contains(&array) {
                self.arrays.push(array);
            }
        }
    }

    /// Makes the elements: one, or one for each item.
    pub(crate) fn each<T, E>(
        &self,
        context: &mut Context<'_>,
        made: &mut Vec<T>,
        mut make: impl FnMut(&mut Context<'_>) -> Result<Option<T>, E>,
    ) -> Result<(), E> {
        if self.arrays.is_empty() {
            made.extend(make(context)?);
            return Ok(());
        }
        let (root, setting) = context.parts();
        let count = |array: &Array, setting: &mut _| {
            let length = eval::items(&array.path, root, setting);
            match array.range {
                Some((from, to)) => length.min(to.saturating_add(1)).saturating_sub(from),
                None => length.min(limits::EXPANDED),
            }
        };
        let count = self.arrays.iter().map(|array| count(array, setting)).max().unwrap_or(0);
        let mut result = Ok(());
        for index in 0..count {
            let setting = &mut context.setting;
            if made.len() >= limits::EXPANDED_LIST || setting.expanded >= limits::EXPANDED_TURN {
                break;
            }
            setting.expanded += 1;
            setting.items[self.level] = Some(index);
            match make(context) {
                Ok(element) => made.extend(element),
                Err(error) => {
                    result = Err(error);
                    break;
                }
            }
        }
        context.setting.items[self.level] = None;
        result
    }
}

fn items(path: &Path) -> impl Iterator<Item = (usize, Item)> + '_ {
    path.steps.iter().enumerate().filter_map(|(index, step)| match step {
        Step::Item(item) => Some((index, *item)),
        Step::Name(_) => None,
    })
}
