//! Entry: where a flow is entered. It does nothing; its edges may branch.
//!
//! ```json
//! { "type": "entry", "data": {} }
//! ```

use super::Then;
use crate::run::Fault;

#[derive(Debug)]
pub(crate) struct Entry;

impl Entry {
    #[expect(clippy::unused_self, clippy::unnecessary_wraps, reason = "nodes look alike")]
    pub(super) fn run(&self) -> Result<Then, Fault> {
        Ok(Then::Edge)
    }
}
