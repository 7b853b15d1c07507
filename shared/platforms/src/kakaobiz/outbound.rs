//! What a dealer is asked to send, a request for each bubble:
//! <https://mbi-developer-center.happytalk.io/kakaotalk_webhook/counseling/send_chat>.

use model::{Inbound, Reply};

use crate::{Call, Dropped, Rendered};

use super::dealer::{To, WRITE};
use super::settings::Settings;
use super::{bubbles, limits};

pub(super) fn render(settings: &Settings, reply: &Reply, inbound: &Inbound) -> Rendered {
    let mut dropped = Vec::new();
    let bubbles = bubbles::render(settings, reply, &mut dropped);
    let dealer = match &settings.dealer {
        Ok(dealer) => dealer,
        Err(why) => {
            if !bubbles.is_empty() {
                dropped.push(Dropped { what: why, count: bubbles.len() });
            }
            return Rendered { calls: Vec::new(), dropped };
        }
    };
    // The key of a person means nothing to another channel.
    let sender_key = inbound.reply_to["senderKey"].as_str().or(settings.sender_keys.first().map(String::as_str));
    let to = To { user_key: inbound.conversation_key.as_str(), sender_key: sender_key.unwrap_or_default() };
    let calls = bubbles
        .iter()
        .enumerate()
        .map(|(index, bubble)| {
            let without_file = bubble
                .without_file(settings)
                .map(|bubble| Box::new(dealer.write(to, &bubble, &serial(inbound, "write without file", index))));
            let call = dealer.write(to, bubble, &serial(inbound, WRITE, index));
            Call { instead: without_file, ..call }
        })
        .collect();
    Rendered { calls, dropped }
}

/// Ours for a bubble, and the same each time it is sent.
fn serial(inbound: &Inbound, what: &str, index: usize) -> String {
    let mut serial = inbound.id.action(what, index).simple().to_string();
    serial.truncate(limits::SERIAL_NUMBER);
    serial
}
