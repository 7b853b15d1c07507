//! Conditions of edges and parameters: `where`, an object of paths and tests.
//!
//! ```json
//! { "message.text": { "contains": "예약" }, "or": [ { "params.age": { "gte": 19 } }, { "vip": { "exists": true } } ] }
//! ```
//!
//! The guide leaves the names of most operators and of and/or open, so all likely spellings are read.

mod read;
mod regex;
mod test;

pub(crate) use self::regex::read as read_regex;
use crate::context::Context;
pub(crate) use read::read;
pub(crate) use test::{Test, number};

#[derive(Debug)]
pub(crate) enum Condition {
    /// None is always true.
    All(Vec<Condition>),
    Any(Vec<Condition>),
    Test {
        path: Vec<String>,
        test: Test,
    },
    /// It cannot be read; a warning says so.
    Never,
}

impl Condition {
    pub(crate) const ALWAYS: Self = Self::All(Vec::new());

    pub(crate) fn holds(&self, context: &mut Context<'_>) -> bool {
        match self {
            Self::All(all) => all.iter().all(|condition| condition.holds(context)),
            Self::Any(any) => any.iter().any(|condition| condition.holds(context)),
            Self::Test { path, test } => test.holds(context.find(path).as_deref()),
            Self::Never => false,
        }
    }

    /// How many tests it is made of. Of two edges that hold, the one with more wins.
    pub(crate) fn weight(&self) -> usize {
        match self {
            Self::All(conditions) | Self::Any(conditions) => conditions.iter().map(Self::weight).sum(),
            Self::Test { .. } | Self::Never => 1,
        }
    }
}
