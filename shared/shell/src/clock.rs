//! The clock and the dice. Everything else takes time and chance as arguments.

use std::cell::Cell;
use std::time::{SystemTime, UNIX_EPOCH};

use model::EpochMillis;

thread_local! {
    static AHEAD_MS: Cell<i64> = const { Cell::new(0) };
}

/// Now.
#[expect(clippy::disallowed_methods, reason = "this is the edge that reads the clock")]
pub fn now() -> EpochMillis {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    EpochMillis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX)).plus_ms(AHEAD_MS.get())
}

/// So much time passes at once, for all that runs on this thread: tests see days go by. Timers and queues know nothing of
/// it.
pub fn pass(ms: i64) {
    AHEAD_MS.set(AHEAD_MS.get().saturating_add(ms));
}

/// Uniform in 0..1.
#[expect(clippy::disallowed_methods, reason = "this is the edge that throws the dice")]
pub fn chance() -> f64 {
    let (bits, _) = uuid::Uuid::new_v4().as_u64_pair();
    // The top 48 bits are random in a version 4 UUID.
    (bits >> 16) as f64 / (1_u64 << 48) as f64
}

/// Another one each time.
#[expect(clippy::disallowed_methods, reason = "this is the edge that throws the dice")]
pub fn nonce() -> u128 {
    uuid::Uuid::new_v4().as_u128()
}

/// Random bytes, for secrets.
#[expect(clippy::disallowed_methods, reason = "this is the edge that throws the dice")]
pub fn random_bytes() -> [u8; 32] {
    // Version and variant take six bits of each half; the rest is of the operating system's generator.
    let mut bytes = [0; 32];
    bytes[..16].copy_from_slice(uuid::Uuid::new_v4().as_bytes());
    bytes[16..].copy_from_slice(uuid::Uuid::new_v4().as_bytes());
    bytes
}
