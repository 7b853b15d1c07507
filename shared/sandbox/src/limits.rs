//! Every number that bounds a script.

/// What may differ from run to run. The default is that of the guide's sandbox node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// On the clock, waiting included.
    pub timeout_ms: u32,
    /// Of QuickJS, libraries included; about 0.25 MB are used before a script begins, 1 MB with lodash.
    pub memory_bytes: usize,
    /// Of the result as JSON.
    pub result_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { timeout_ms: 5000, memory_bytes: 64 << 20, result_bytes: 50_000 }
    }
}

/// Runs at once in a process, more than a batch has sessions. Others wait, on their own time.
pub(crate) const AT_ONCE: usize = 16;

/// After its time a run has this long to notice; native code does not look at the clock all the time.
pub(crate) const GRACE_MS: u64 = 500;

/// Of the thread, and how much of it QuickJS may use: the rest is for what it calls.
pub(crate) const THREAD_STACK_BYTES: usize = 4 << 20;
pub(crate) const STACK_BYTES: usize = 1 << 20;

/// Cycles are looked for when this much is in use. QuickJS would begin at 256 KB, which every library is past.
pub(crate) const COLLECT_BYTES: usize = 8 << 20;

/// What a script says on its console.
pub(crate) const CONSOLE_BYTES: usize = 8 * 1024;
pub(crate) const CONSOLE_LINES: usize = 100;

/// Of an error that a script ends with.
pub(crate) const MESSAGE_BYTES: usize = 2000;
pub(crate) const STACK_TEXT_BYTES: usize = 4000;

/// Requests of a run, redirects counted, and how many are under way at once; the others wait.
pub(crate) const REQUESTS: u32 = 30;
pub(crate) const REQUESTS_AT_ONCE: usize = 6;
pub(crate) const REQUEST_BYTES: usize = 256 * 1024;
pub(crate) const RESPONSE_BYTES: usize = 1 << 20;

/// As browsers have it for `getRandomValues`.
pub(crate) const RANDOM_BYTES: usize = 65_536;
