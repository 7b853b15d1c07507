//! The imperative shell around the pure core: what a Lambda function is made of. Reading and writing the queues, HTTP in
//! and out, settings, clock and log. It decides nothing: `platforms`, `flow` and `delivery` do.
//!
//! A function's `main.rs` picks one of [`adapter`], [`web`], [`conversation`] or [`deliver`] and runs it.

pub mod adapter;
pub mod aws;
pub mod bots;
pub mod cache;
mod canary;
pub mod clock;
pub mod config;
pub mod conversation;
pub mod deliver;
pub mod guard;
pub mod mail;
pub mod media;
pub mod metrics;
mod needs;
pub mod outgoing;
pub mod post;
pub mod queue;
pub mod records;
mod scripts;
pub mod telemetry;
mod trip;
mod voice;
pub mod waiting;
pub mod web;
mod witness;
mod world;
