//! The words everybody here speaks: MESSAGE, KEYBOARD, CONTEXT, ENDUSER, CONVERSATION, EVENT, DELIVERY, BOT and the ids
//! that join them, in the JSON shapes of CLOSER's webhook guide; and [`Inbound`], what an adapter hands to the worker.
//!
//! Nothing here does I/O, reads a clock or makes a random number.

mod agent;
mod bot;
mod context;
mod conversation;
mod delivery;
mod end_user;
mod event;
pub mod ids;
mod inbound;
mod keyboard;
mod message;
mod platform;
mod reply;
pub mod time;

pub use agent::{Agent, AgentCalls, AgentProfile, Manual, ManualStatus};
pub use bot::Bot;
pub use context::{Context, Navigation, Params, Position};
pub use conversation::Conversation;
pub use delivery::Delivery;
pub use end_user::EndUser;
pub use event::{Event, EventData, EventType, SourceType};
pub use ids::{BotId, ConversationId, DeliveryId, EndUserId, EventId, InboundId, MessageId, UserKey, WebhookId};
pub use inbound::{Inbound, InboundKind, Queued};
pub use keyboard::{Keyboard, KeyboardType};
pub use message::{Button, Card, ContentType, Location, Media, Message, MessageData, Meta, Sender, reference};
pub use platform::{PlatformType, UnknownPlatform};
pub use reply::Reply;
pub use time::EpochMillis;
