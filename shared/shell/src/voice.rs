//! Says a turn's replies to the messenger: one call after another, and what the messenger wants in a call's place.
//!
//! ```text
//! Turn::reply ─ render ─► calls ─► needs ─► send ─ judge ─► delivered │ another call │ again │ refused │ closed
//! ```

use std::time::Duration;

use flow::{LateReply, Turn};
use model::{EpochMillis, Event, EventType, Inbound, InboundKind, PlatformType, Reply};
use platforms::web::FRAMES;
use platforms::{Attempt, Call, Channel, Rendered, Synchronous, Verdict};
use tracing::{error, info, warn};

use crate::adapter::log_dropped;
use crate::clock;
use crate::config::Hosts;
use crate::guard::Reach;
use crate::metrics::{self, Metric};
use crate::needs::{Lack, Needs};
use crate::outgoing::{CallEnd, Guarded, Messengers};
use crate::web::frames::Frames;
use crate::witness::{Point, Witness};

#[derive(Debug)]
pub(crate) struct Voice {
    messengers: Messengers,
    needs: Needs,
    /// For web chat, whose messages go into a log of ours.
    frames: Option<Frames>,
}

/// How far the saying of a turn came. What was said is counted in [`Turn::sent`].
#[derive(Debug, Default)]
pub(crate) struct Spoken {
    /// A late reply of which nothing reached the customer: for the next message.
    pub(crate) undeliverable: Option<LateReply>,
    /// The messenger says that the conversation is over.
    pub(crate) closed: bool,
    /// Why the rest is still owed.
    pub(crate) failed: Option<String>,
}

/// What became of one call.
enum Sent {
    /// Or perhaps it did: it is not to be said again.
    Arrived,
    Refused,
    Closed,
}

/// What came of one attempt.
struct Tried {
    verdict: Verdict,
    /// Something went out, and may have arrived.
    sent: bool,
    /// The call lacks what it needs, for now.
    lacks: bool,
}

/// A messenger that gave a way for late replies wants to have read the interim answer first.
const AFTER_INTERIM_MS: i64 = 1000;
/// Pauses before a call is tried again within the turn.
const PAUSES_MS: [u64; 2] = [200, 1000];

impl Voice {
    pub(crate) fn new(hosts: Hosts, reach: Reach, frames: Option<Frames>) -> Self {
        Self { messengers: Messengers::new(hosts), needs: Needs::new(Guarded::new(reach)), frames }
    }

    /// Says what is still to be said of the turn. `by`: after this no further call is begun, as another worker may get
    /// the message; one at least is, or a long reply would never end.
    pub(crate) async fn say(
        &self,
        turn: &mut Turn,
        channel: Option<&dyn Channel>,
        repeated: bool,
        by: EpochMillis,
        witness: &Witness,
    ) -> Spoken {
        let mut spoken = Spoken::default();
        let told = channel.map(|channel| told(turn, channel)).unwrap_or_default();
        let silent = turn.reply.is_empty() && told.before.is_empty() && told.after.is_empty();
        if silent || turn.origin.platform == PlatformType::Test {
            return spoken;
        }
        let (platform, bot_id, id) = (turn.origin.platform, turn.origin.bot_id.clone(), turn.origin.id);
        let Some(channel) = channel else {
            error!(%platform, bot.id = %bot_id, inbound.id = %id, "A reply has no way: `{platform}` is not set up");
            return spoken;
        };
        let late = || turn.late.then(|| LateReply { at: clock::now(), reply: turn.reply.clone() });
        let Some(parts) = parts(turn, channel).await else {
            spoken.undeliverable =
                Some(LateReply { at: clock::now(), reply: turn.reply.clone() }).filter(|_| turn.sent == 0);
            return spoken;
        };
        let first = turn.sent;
        if first == 0 {
            parts.iter().for_each(|(_, rendered)| log_dropped(&turn.origin, &rendered.dropped));
        }
        let calls = parts.into_iter().flat_map(|(delay_ms, rendered)| {
            let delays = std::iter::once(delay_ms).chain(std::iter::repeat(0));
            rendered.calls.into_iter().zip(delays)
        });
        let at_once = |calls: Vec<Call>| calls.into_iter().map(|call| (call, 0));
        let calls = at_once(told.before).chain(calls).chain(at_once(told.after));
        let (mut delivered, mut sent) = (first, first);
        for (index, (call, delay_ms)) in calls.enumerate().skip(first) {
            if index > first && clock::now().since(by) >= 0 {
                spoken.failed = Some("the turn takes too long".to_owned());
                break;
            }
            if !repeated {
                tokio::time::sleep(Duration::from_millis(delay_ms.into())).await;
            }
            match self.send(call, turn, channel, repeated, by).await {
                Ok(Sent::Arrived) => delivered += 1,
                Ok(Sent::Refused) => {}
                Ok(Sent::Closed) => {
                    spoken.closed = true;
                    break;
                }
                Err(reason) => {
                    spoken.failed = Some(reason);
                    break;
                }
            }
            sent = index + 1;
            witness.reached(Point::Sent(index)).await;
        }
        if spoken.failed.is_none() && delivered == 0 && (sent > 0 || spoken.closed) {
            spoken.undeliverable = late();
        }
        if sent > first {
            let count = sent - first;
            info!(%platform, bot.id = %bot_id, inbound.id = %id, sent = count, "Sent {count} requests to `{platform}`");
        }
        turn.sent = sent;
        spoken
    }

    /// One call, and what the messenger wants in its place.
    async fn send(
        &self,
        mut call: Call,
        turn: &Turn,
        channel: &dyn Channel,
        repeated: bool,
        by: EpochMillis,
    ) -> Result<Sent, String> {
        let (platform, bot_id, id) = (turn.origin.platform, &turn.origin.bot_id, turn.origin.id);
        let mut attempt = Attempt { repeated, age_ms: 0 };
        let mut pauses = PAUSES_MS.into_iter();
        let mut renewed = false;
        loop {
            let tried = self.attempt(&call, turn, channel, &mut attempt).await;
            match tried.verdict {
                Verdict::Delivered => return Ok(Sent::Arrived),
                Verdict::Instead(other) => call = replaced(turn, &call, other),
                Verdict::Renew { reason } if !renewed => {
                    info!(%platform, bot.id = %bot_id, inbound.id = %id, call = call.name, reason, "Fetching another token");
                    self.needs.forget(&call);
                    renewed = true;
                }
                Verdict::Renew { reason } => match call.instead.take() {
                    Some(other) => call = replaced(turn, &call, *other),
                    None => return Ok(refused(turn, &call, &reason, attempt)),
                },
                Verdict::Later { reason } => {
                    // Where nothing was sent, nothing can have arrived.
                    attempt.repeated |= tried.sent;
                    match pauses.next().filter(|_| clock::now().since(by) < 0) {
                        Some(pause) => tokio::time::sleep(Duration::from_millis(pause)).await,
                        None => match call.instead.take() {
                            Some(other) if tried.lacks => call = replaced(turn, &call, *other),
                            Some(_) | None => return Err(reason),
                        },
                    }
                }
                Verdict::Refused { reason } => return Ok(refused(turn, &call, &reason, attempt)),
                Verdict::Closed { reason } => {
                    warn!(%platform, bot.id = %bot_id, inbound.id = %id, call = call.name, reason, "The conversation is over for `{platform}`");
                    return Ok(Sent::Closed);
                }
            }
        }
    }

    async fn attempt(&self, call: &Call, turn: &Turn, channel: &dyn Channel, attempt: &mut Attempt) -> Tried {
        let ready = match self.needs.complete(&self.messengers, channel, call).await {
            Ok(ready) => ready,
            Err(Lack::Later { reason }) => {
                return Tried { verdict: Verdict::Later { reason }, sent: false, lacks: true };
            }
            Err(Lack::Refused { reason }) => {
                let (platform, bot_id, id) = (turn.origin.platform, &turn.origin.bot_id, turn.origin.id);
                warn!(%platform, bot.id = %bot_id, inbound.id = %id, call = call.name, reason, "A call lacks what it needs");
                let verdict = match &call.instead {
                    Some(instead) => Verdict::Instead((**instead).clone()),
                    None => Verdict::Refused { reason },
                };
                return Tried { verdict, sent: false, lacks: true };
            }
        };
        let end = match &self.frames {
            Some(frames) if ready.url.starts_with(FRAMES) => frames.carry_out(&ready, turn.origin.session_id()).await,
            Some(_) | None => self.messengers.call(&ready).await,
        };
        attempt.age_ms = clock::now().since(turn.origin.received_at);
        let sent = !matches!(end, CallEnd::Unreachable);
        Tried { verdict: channel.judge(&ready, &end.outcome(), *attempt), sent, lacks: false }
    }
}

/// Calls that tell of the turn's events, where the messenger shows such things.
#[derive(Default)]
struct Told {
    /// A conversation ends before another says something.
    before: Vec<Call>,
    after: Vec<Call>,
}

fn told(turn: &Turn, channel: &dyn Channel) -> Told {
    let spoken = turn.events.iter().position(|event| event.event == EventType::MessageSent).unwrap_or_default();
    let (before, after) = turn.events.split_at(spoken);
    let calls = |events: &[Event]| events.iter().filter_map(|event| channel.tell(event, &turn.origin)).collect();
    Told { before: calls(before), after: calls(after) }
}

/// What to send, and how long to wait before each part. `None`: a late reply that has no way any more.
async fn parts(turn: &Turn, channel: &dyn Channel) -> Option<Vec<(u32, Rendered)>> {
    let rendered = match channel.synchronous() {
        Some(synchronous) if turn.late => {
            // A late reply that overtakes our own interim answer is refused.
            let settled = turn.origin.answer_by.map_or(0, |by| by.plus_ms(AFTER_INTERIM_MS).since(clock::now()));
            tokio::time::sleep(Duration::from_millis(settled.max(0).unsigned_abs())).await;
            synchronous.late(&turn.reply, &turn.origin, clock::now())?
        }
        // The adapter waits for it and reads it from the session.
        Some(synchronous) if taken(synchronous, turn) => return Some(Vec::new()),
        // As of the commit: a turn that is said again makes the same requests, under the same keys.
        // Nobody asked, and there is no way to speak unasked: it is for the customer's next message.
        Some(_) if turn.origin.answer_by.is_none() => {
            let rendered = channel.render(&turn.reply, &turn.origin, turn.at);
            if rendered.calls.is_empty() {
                return None;
            }
            rendered
        }
        Some(_) | None if turn.delays.is_empty() || !channel.pauses() => {
            channel.render(&turn.reply, &turn.origin, turn.at)
        }
        Some(_) | None => return Some(delayed(turn, channel)),
    };
    Some(vec![(0, rendered)])
}

/// A reply with pauses in it: each part is rendered by itself, under keys of its own.
fn delayed(turn: &Turn, channel: &dyn Channel) -> Vec<(u32, Rendered)> {
    let mut parts: Vec<(u32, Reply)> = Vec::new();
    for (index, message) in turn.reply.messages.iter().enumerate() {
        let delay_ms = turn.delays.get(index).copied().unwrap_or_default();
        match parts.last_mut() {
            Some((_, part)) if delay_ms == 0 => part.messages.push(message.clone()),
            Some(_) | None => parts.push((delay_ms, Reply { messages: vec![message.clone()], ..Reply::default() })),
        }
    }
    if let Some((_, last)) = parts.last_mut() {
        last.keyboard.clone_from(&turn.reply.keyboard);
        last.hand_over = turn.reply.hand_over;
    }
    let render = |(index, (delay_ms, reply)): (usize, (u32, Reply))| {
        let id = if index == 0 { turn.origin.id } else { turn.origin.id.following(&format!("part {index}")) };
        let origin = Inbound { id, ..turn.origin.clone() };
        (delay_ms, channel.render(&reply, &origin, turn.at))
    };
    parts.into_iter().enumerate().map(render).collect()
}

/// Whether the messenger's own request takes the reply.
pub(crate) fn taken(synchronous: &dyn Synchronous, turn: &Turn) -> bool {
    turn.origin.answer_by.is_some() && synchronous.takes(&turn.reply, &turn.origin)
}

/// Tells the session that the messenger ended the conversation which the turn spoke in.
pub(crate) fn closing(turn: &Turn) -> Inbound {
    let conversation_id = turn.reply.messages.first().map(|message| message.conversation_id);
    let (id, received_at) = (turn.origin.id.following("closed"), clock::now());
    Inbound { id, received_at, kind: InboundKind::Closed { conversation_id }, ..turn.origin.clone() }
}

fn replaced(turn: &Turn, call: &Call, other: Call) -> Call {
    let (platform, bot_id, id) = (turn.origin.platform, &turn.origin.bot_id, turn.origin.id);
    info!(%platform, bot.id = %bot_id, inbound.id = %id, call = call.name, instead = other.name, "Sending another way");
    other
}

fn refused(turn: &Turn, call: &Call, reason: &str, attempt: Attempt) -> Sent {
    let (platform, bot_id, id) = (turn.origin.platform, &turn.origin.bot_id, turn.origin.id);
    metrics::count(Metric::CallsRefused, 1);
    error!(%platform, bot.id = %bot_id, inbound.id = %id, call = call.name, reason, "`{platform}` refused a reply");
    if attempt.repeated { Sent::Arrived } else { Sent::Refused }
}
