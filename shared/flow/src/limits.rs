//! Every number that bounds a turn. The guide gives none of those that are ours; `ARCHITECTURE.md` says why they are so.

/// Nodes in one turn, the waiting keyboard counted. More is a loop.
pub(crate) const NODES: u32 = 100;

/// What one template may print.
pub(crate) const TEMPLATE_BYTES: usize = 64 * 1024;
/// What one template may do: pieces that it prints, rounds of its loops, values that it looks up, and for so many bytes
/// that a function reads or makes one more. Some hundredths of a second at the worst.
pub(crate) const TEMPLATE_STEPS: usize = 100_000;
pub(crate) const TEMPLATE_STEP_BYTES: usize = 64;
/// Blocks in blocks, and brackets in brackets: the parser calls itself for each.
pub(crate) const TEMPLATE_DEPTH: usize = 30;
/// Elements that `list[i]` makes of one (guide, template syntax), and elements of a list that ranges make: no messenger
/// takes as many.
pub(crate) const EXPANDED: usize = 10;
pub(crate) const EXPANDED_LIST: usize = 100;
/// Elements that a turn makes so: cards may have a hundred buttons each.
pub(crate) const EXPANDED_TURN: usize = 1000;
/// Times at which masks of one message may fall due. Each is a copy of the message.
pub(crate) const MASK_TIMES: usize = 4;
/// Conditions in conditions; the editor makes two.
pub(crate) const CONDITION_DEPTH: usize = 20;
/// A compiled regular expression.
pub(crate) const REGEX_BYTES: usize = 256 * 1024;

/// Everything a turn says, and all params of a customer. One item of 400 KB holds both, and in the turn's events what was
/// said once more and the params up to six times.
pub(crate) const SAID_BYTES: usize = 64 * 1024;
pub(crate) const PARAMS_BYTES: usize = 32 * 1024;
/// `meta.custom` of a message, in characters (guide, response node).
pub(crate) const CUSTOM_CHARS: usize = 1000;

/// What nodes found out in earlier turns, in all. The largest go first.
pub(crate) const RESULT_BYTES: usize = 32 * 1024;

/// A message waits so long at most before it is sent, and all of a turn's together.
pub(crate) const DELAY_MS: u32 = 5_000;
pub(crate) const DELAYS_MS: u32 = 10_000;

/// What is remembered between turns: buttons that were shown, positions to go back to, counted visits.
pub(crate) const SHOWN: usize = 100;
pub(crate) const SHOWN_BYTES: usize = 48 * 1024;
pub(crate) const BACK: usize = 100;
pub(crate) const VISITS: usize = 100;

/// A fetch node waits this long and reads this much.
pub(crate) const FETCH_TIMEOUT_MS: u32 = 15_000;
pub(crate) const FETCH_BYTES: u32 = 256 * 1024;
/// Where the bot asks for more.
pub(crate) const FETCH_BYTES_MOST: u32 = 1024 * 1024;

/// A language model thinks longer than a server; the whole turn has 25 seconds.
pub(crate) const LLM_TIMEOUT_MS: u32 = 20_000;
/// What is remembered of the talk with it.
pub(crate) const EXCHANGES: usize = 50;
pub(crate) const EXCHANGE_BYTES: usize = 24 * 1024;

/// An e-mail goes to so many at most, and the mail service has so long.
pub(crate) const MAIL_TIMEOUT_MS: u32 = 8_000;
pub(crate) const MAIL_ADDRESSES: usize = 10;
/// A script runs this long (guide, sandbox node); its text and what it returns are this long as JSON.
pub(crate) const SCRIPT_TIMEOUT_MS: u32 = 5000;
pub(crate) const SCRIPT_BYTES: usize = 50_000;
pub(crate) const SCRIPT_RESULT_BYTES: usize = 50_000;

/// What was said is kept so long at most, where a bot keeps it.
pub(crate) const HISTORY_DAYS: u16 = 400;
