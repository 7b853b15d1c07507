//! What Meta is asked to send: <https://developers.facebook.com/docs/messenger-platform/reference/send-api>, one message
//! in each call; and to whom a conversation goes: `handover-protocol/pass-thread-control`.

use model::{EpochMillis, Inbound, InboundKind, Reply};
use serde::Serialize;

use super::wire::{Content, Outgoing, PassThread, QuickReply, Recipient, Send};
use super::{Account, limits, messages};
use crate::{Call, Dropped, Rendered};

/// How the calls are named; `judge` knows them by it.
pub(super) const MESSAGE: &str = "message";
pub(super) const PASS: &str = "pass_thread_control";

/// The Page inbox, where people of the company answer.
pub(super) const PAGE_INBOX: u64 = 263_902_037_430_900;

pub(super) fn render(account: Option<&Account>, reply: &Reply, inbound: &Inbound, now: EpochMillis) -> Rendered {
    let mut dropped = Vec::new();
    let (pieces, quick_replies) = messages::pieces(reply, &mut dropped);
    let hands_over = reply.hand_over && account.is_none_or(|account| account.hand_over);
    let count = pieces.len() + usize::from(hands_over);
    let lost = match account {
        _ if count == 0 => None,
        None => Some("reply: pageAccessToken is not set"),
        // Meta would refuse it, and counts what it refuses against the app.
        Some(_) if now.since(inbound.received_at) >= limits::WINDOW_MS => Some("reply: the 24 hours for it are over"),
        Some(_) => None,
    };
    let (Some(account), None) = (account, lost) else {
        dropped.extend(lost.map(|what| Dropped { what, count }));
        return Rendered { calls: Vec::new(), dropped };
    };

    let last = pieces.len().saturating_sub(1);
    let mut calls: Vec<_> = pieces
        .iter()
        .enumerate()
        .map(|(index, piece)| {
            // Only the last message of a turn keeps its quick replies.
            let quick_replies = if index == last { &quick_replies[..] } else { &[] };
            let message = |content| message(account, inbound, index, content, quick_replies);
            let instead = piece.instead.as_ref().map(|content| Box::new(message(content)));
            Call { instead, ..message(&piece.content) }
        })
        .collect();
    if hands_over {
        calls.push(pass(account, inbound));
    }
    Rendered { calls, dropped }
}

fn message(
    account: &Account,
    inbound: &Inbound,
    index: usize,
    content: &Content<'_>,
    quick_replies: &[QuickReply<'_>],
) -> Call {
    // Messenger knows no idempotency key. This comes back in the echo, for whoever has to look what became of a message.
    let metadata = inbound.id.action(MESSAGE, index).to_string();
    let body = Send {
        recipient: Recipient { id: inbound.conversation_key.as_str() },
        messaging_type: messaging_type(&inbound.kind),
        message: Outgoing { content, quick_replies, metadata: &metadata },
    };
    call(MESSAGE, account, "messages", &body)
}

/// An answer, or our own idea: <https://developers.facebook.com/docs/messenger-platform/send-messages#messaging_types>.
const fn messaging_type(kind: &InboundKind) -> &'static str {
    match kind {
        InboundKind::Message { .. }
        | InboundKind::Opened { .. }
        | InboundKind::Joined { .. }
        | InboundKind::Updated { .. }
        | InboundKind::Collect
        | InboundKind::Late { .. } => "RESPONSE",
        InboundKind::Left { .. }
        | InboundKind::Unfriended { .. }
        | InboundKind::Closed { .. }
        | InboundKind::Echo { .. }
        | InboundKind::AgentJoined { .. }
        | InboundKind::AgentSaid { .. }
        | InboundKind::AgentLeft { .. }
        | InboundKind::Moved { .. }
        | InboundKind::Expired { .. } => "UPDATE",
    }
}

fn pass(account: &Account, inbound: &Inbound) -> Call {
    let metadata = inbound.id.action(PASS, 0).to_string();
    let recipient = Recipient { id: inbound.conversation_key.as_str() };
    let body = PassThread { recipient, target_app_id: PAGE_INBOX, metadata: &metadata };
    call(PASS, account, "pass_thread_control", &body)
}

fn call(name: &'static str, account: &Account, path: &str, body: &impl Serialize) -> Call {
    let mut url = format!("{}/{path}", account.url);
    if let Some(proof) = &account.proof {
        url.push_str("?appsecret_proof=");
        url.push_str(proof);
    }
    Call::json(name, url, body).header("authorization", format!("Bearer {}", account.token))
}
