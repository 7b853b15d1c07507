//! The local stack: everything that runs on AWS, in one process, on embedded services; and the command-line tools.
//!
//! The handlers are those of the functions, called with the events that Lambda would give them.

pub mod author;
pub mod bots;
pub mod chat;
pub mod cost;
pub mod dev;
pub mod expiry;
pub mod feed;
pub mod fixtures;
pub mod gateway;
pub mod manage;
pub mod mapping;
pub mod meter;
pub mod normalize;
pub mod render;
pub mod services;
pub mod sigv4;
pub mod sockets;
pub mod stack;
pub mod stand_in;
pub mod talk;
pub mod templates;
mod untoken;
