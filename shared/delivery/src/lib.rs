//! What is sent to a company's webhook, how it is signed, when it is tried again, and when the webhook is switched off.
//!
//! Pure: time and chance are arguments. `docs/webhooks.md` is the page for those who receive.

mod answer;
mod batch;
mod record;
mod schedule;
mod signature;
mod webhook;

pub use answer::{Exchange, Judgement, judge};
pub use batch::{Bundle, Frozen, MAX_BYTES, MAX_EVENTS, QueuedBundle, freeze};
pub use record::{Attempt, LEASE_MS, Record, RecordState, Settled};
pub use schedule::Policy;
pub use signature::{Secret, SecretError, headers};
pub use webhook::{Health, SwitchedOff, Webhook};
