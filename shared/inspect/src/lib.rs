//! What the author of a bot asks before publishing it: [`check`] says what is wrong with an export, [`draw`] shows it.
//!
//! Pure, and only for tools: no function runs it. What the engine makes of the export it asks `flow`, what a messenger
//! makes of a message it asks `platforms`, so that neither has to be guessed.

mod atlas;
mod check;
mod draw;
mod fact;
mod report;
mod turn;
mod words;

pub use check::check;
pub use draw::draw;
pub use fact::CODES;
pub use report::{Finding, FlowSite, Language, NodeSite, Report, Severity, UnknownLanguage};
