//! DynamoDB. One struct per table and capability, so that a function holds, and its policy grants, just what it uses.
//!
//! No type of the AWS SDK crosses this border but the client that is given in.

mod bots;
mod deliveries;
mod erasures;
mod error;
mod fleets;
mod item;
mod keys;
mod messages;
pub mod schema;
mod sessions;
mod timers;
mod usage;
mod web_connections;
mod web_frames;
mod webhooks;

pub use bots::{Bots, MAX_BOT_BYTES, StoredBot};
pub use deliveries::{Cursor, Deliveries, Due, Kept, Page, Place};
pub use erasures::{Erasure, Erasures};
pub use error::StoreError;
pub use fleets::Fleets;
pub use keys::{Asked, Keys, Right, StoredKey};
pub use messages::{Messages, Said};
pub use schema::Tables;
pub use sessions::{AgentState, Sessions, Version, Waiting};
pub use timers::{Timers, removal, removed};
pub use usage::Usage;
pub use web_connections::{WebConnection, WebConnections};
pub use web_frames::{Appended, Head, KeptFrame, Keyboard, WebFrames};
pub use webhooks::{Edition, Survey, Webhooks};

/// Requests that are made side by side.
const AT_ONCE: usize = 16;
