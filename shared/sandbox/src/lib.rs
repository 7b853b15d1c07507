//! Runs the scripts of bots: JavaScript with Node's manners, and nothing of the machine around it.
//!
//! ```text
//! run(script, context) ──► a thread of its own: QuickJS, made for this run ──► Ran { result, console }
//!                               │ fetch, axios, request
//!                               └──► Fetcher: the embedder's client, which refuses private addresses
//! ```
//!
//! A script reaches its context, its libraries and the [`Fetcher`]. It has no file, no process, no environment and no module
//! loader; the time of day and chance are handed in by [`Start`]. Nothing of a run is there in the next.
//!
//! This crate opens no socket. Unlike the pure crates it starts a thread and reads a stopwatch: there is no other way
//! to end a script that does not end.

mod engine;
mod failure;
mod fetch;
mod library;
mod limits;
mod native;
mod run;

pub use failure::Failure;
pub use fetch::{FetchError, Fetcher, Fetching, Request, Response};
pub use limits::Limits;
pub use run::{Ran, Start, run, stuck};
