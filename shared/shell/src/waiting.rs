//! Waiting for a turn to appear in its session: how a messenger that waits gets the reply of a worker that it never met.

use std::time::Duration;

use flow::Turn;
use model::{EndUserId, EpochMillis, InboundId, Reply};
use store::{Sessions, StoreError};

use crate::clock;

/// Milliseconds between two looks: short while most turns end, longer for the slow ones. The first look is that long
/// after the message was queued.
const LOOKS_MS: [i64; 12] = [15, 10, 10, 15, 20, 25, 30, 40, 50, 60, 80, 100];
const LAST_LOOKS_MS: i64 = 150;

/// The reply to these inbounds of one request, in their order, or `None` when `until` passed before the last was done.
pub async fn reply(
    sessions: &Sessions,
    session: EndUserId,
    of: &[InboundId],
    until: EpochMillis,
) -> Result<Option<Reply>, StoreError> {
    let Some(last) = of.last() else { return Ok(None) };
    let mut looks = LOOKS_MS.into_iter();
    loop {
        let left = until.since(clock::now());
        let pause = looks.next().unwrap_or(LAST_LOOKS_MS).min(left.max(0));
        tokio::time::sleep(Duration::from_millis(pause.unsigned_abs())).await;
        // The last look must not miss what is there; the others look again.
        let final_look = left <= pause;
        if let Some((session, _)) = sessions.load(session, final_look).await? {
            // A messenger that asks again has had its answer another way, or will.
            if session.seen.holds(last.following("late")) {
                return Ok(Some(Reply::default()));
            }
            if session.turn(*last).is_some() {
                return Ok(Some(joined(of.iter().filter_map(|id| session.turn(*id)))));
            }
        }
        if final_look {
            return Ok(None);
        }
    }
}

fn joined<'a>(turns: impl Iterator<Item = &'a Turn>) -> Reply {
    let mut reply = Reply::default();
    for turn in turns {
        reply.messages.extend(turn.reply.messages.iter().cloned());
        reply.keyboard.clone_from(&turn.reply.keyboard);
        reply.hand_over |= turn.reply.hand_over;
    }
    reply
}
