//! What an attempt may take, in time and in bytes. All are decisions of ours; receivers read them in `docs/webhooks.md`.

/// The name's addresses, for themselves; with the connection and the TLS handshake as much as the three together.
pub const DNS_MS: u64 = 2000;
pub const CONNECT_MS: u64 = 3000;
pub const TLS_MS: u64 = 3000;
/// Everything, to the last byte of the answer. A webhook may set its own, within these bounds.
pub const TIMEOUT_MS: u64 = 15_000;
pub const SHORTEST_TIMEOUT_MS: u64 = 3000;
pub const LONGEST_TIMEOUT_MS: u64 = 30_000;
/// How long an attempt may take before another worker may take the delivery over: twice the longest timeout.
pub const LEASE_MS: i64 = 60_000;

pub const MAX_EVENTS: usize = 50;
/// Of a body of several events. An event that is larger goes alone.
pub const MAX_BYTES: usize = 128 * 1024;
/// Of any body. What is larger is parked, and not sent.
pub const HARD_BYTES: usize = 256 * 1024;

/// Of an answer: its headers, what is read of its body, and what of that is stored.
pub const ANSWER_HEADER_BYTES: usize = 64 * 1024;
pub const ANSWER_HEADERS: usize = 100;
pub const ANSWER_BYTES: usize = 64 * 1024;
pub const ANSWER_STORED_BYTES: usize = 4 * 1024;

/// Attempts that a record keeps, and how many of them with the receiver's words. Holds and probes may make hundreds, and an
/// item of the table takes 400 KB.
pub const ATTEMPTS_KEPT: usize = 32;
pub const ANSWERS_KEPT: usize = 8;

/// How long what was given up, or held while a webhook was off, can still be sent.
pub const KEPT_MS: i64 = 14 * DAY_MS;

pub(crate) const MINUTE_MS: i64 = 60_000;
pub(crate) const HOUR_MS: i64 = 60 * MINUTE_MS;
pub(crate) const DAY_MS: i64 = 24 * HOUR_MS;
