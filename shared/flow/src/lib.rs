//! The flow engine: runs a CLOSER bot, one turn at a time.
//!
//! ```text
//! Bot::read(export) ──► Bot ──► Run::new(bot, state, params, input) ──► step ──► Ask ──► step(answer) … ──► Done
//! ```
//!
//! Pure: no socket, clock or chance. What a turn needs of the world it asks for as an [`Ask`], and what it said and
//! changed comes back as one [`Done`].

mod ask;
mod bot;
pub mod cases;
mod condition;
mod context;
mod import;
mod limits;
mod message;
mod node;
mod run;
mod session;
mod shown;
mod state;
mod template;
mod turn;
mod usage;
mod view;

pub use ask::{Answer, Ask, HttpAnswer, HttpAsk, HttpFailure, MailAsk, ScriptAsk, ScriptFailure};
pub use bot::{Bot, Preference};
pub use context::Ids;
pub use import::{ImportError, Site, Warning};
pub use run::{Done, Input, Kept, Problem, Run, Said, Step};
pub use session::{LateReply, Session, Stored, StoredRef, Talk, Turn};
pub use state::State;
pub use template::TemplateFault;
pub use turn::{Begin, Channel, Handling, Late, Stepped, begin};
pub use usage::Plan;
pub use view::{Operator, Where, id, template_fault};
