//! What a queue promises, asked through the real SDK over a real socket.
//!
//! With `SQS_CONTRACT_URL` set the same is asked of that endpoint; only what kills the process needs ours.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]

mod attributes;
mod batches;
mod dedup;
mod delays;
mod errors;
mod fifo;
mod killed;
mod polling;
mod queues;
mod redrive;
mod stand;
mod visibility;
