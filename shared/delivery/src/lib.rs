//! What is sent to a company's webhook, how it is signed, when it is tried again, and when the webhook is switched off.
//!
//! ```text
//! events ──► freeze ──► Record ──► look ──► POST ──► settle ──► Health::after ──► Effect …
//! ```
//!
//! Pure: time and chance are arguments. `docs/webhooks.md` is the page for those who receive.

mod answer;
mod batch;
mod erase;
pub mod fleet;
pub mod health;
pub mod limits;
mod notice;
pub mod order;
pub mod record;
mod retry_after;
mod schedule;
mod signature;
pub mod webhook;

pub use answer::{Answer, Asks, Cause, Exchange, Judgement, Next, judge, once_more};
pub use batch::{Bundle, Frozen, QueuedBundle, freeze, not_taken};
pub use erase::{Cut, Erased};
pub use fleet::{Alarm, Fleet, StoredFleet};
pub use health::{Effect, Failing, Health, Heard, Pass, Reason, State, StoredHealth, SwitchedOff};
pub use limits::{LEASE_MS, MAX_BYTES, MAX_EVENTS};
pub use notice::{Notice, NoticeKind};
pub use order::Order;
pub use record::{
    Attempt, Look, Parked, Phases, Record, RecordState, RedeliveredBy, Redelivery, Settled, Tried, drop_held, recover,
    release,
};
pub use retry_after::seconds as retry_after_seconds;
pub use schedule::Policy;
pub use signature::{Secret, SecretError, headers, request_headers};
pub use webhook::{CustomHeader, HeaderError, RegistrationError, Retiring, Wanted, WantedError, Webhook};
