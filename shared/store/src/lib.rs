//! DynamoDB. One struct per table and capability, so that a function holds, and its policy grants, just what it uses.
//!
//! No type of the AWS SDK crosses this border but the client that is given in.

mod bots;
mod deliveries;
mod error;
mod fleets;
mod item;
pub mod schema;
mod sessions;
mod timers;
mod usage;
mod web_connections;
mod web_frames;
mod webhooks;

pub use bots::{Bots, StoredBot};
pub use deliveries::{Deliveries, Kept};
pub use error::StoreError;
pub use fleets::Fleets;
pub use schema::Tables;
pub use sessions::{Sessions, Version};
pub use timers::{Timers, removal, removed};
pub use usage::Usage;
pub use web_connections::{WebConnection, WebConnections};
pub use web_frames::{Appended, Head, KeptFrame, Keyboard, WebFrames};
pub use webhooks::{Survey, Webhooks};
