//! The whole system on embedded services. One binary, because each links the AWS SDK.

#![expect(clippy::unwrap_used, reason = "helpers outside of test functions")]

mod usage;
mod versions;
mod world;

mod api;
mod bad_input;
mod crash;
mod crowd;
mod deliveries;
mod delivery_crash;
mod events;
mod expiry;
mod fleet;
mod grants;
mod late;
mod media;
mod platforms;
mod program;
mod programs;
mod template;
mod web;
