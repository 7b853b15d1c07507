//! An event in our words: <https://developers.facebook.com/docs/messenger-platform/reference/webhook-events>.

use std::borrow::Cow;

use model::{EpochMillis, Inbound, InboundId, InboundKind, MessageData, Meta, Params, PlatformType, Sender, UserKey};
use serde_json::{Value, json};
use uuid::{Uuid, Version};

use super::content::{self, Said};
use super::inbound::Reading;
use super::params;
use super::wire::{Event, Message, Postback};

impl Reading<'_> {
    pub(super) fn event(&mut self, event: Event<'_>, of_our_page: bool, entry_time: Option<i64>) {
        let Event { sender, recipient, timestamp, message, .. } = event;
        let (sender, recipient) = (sender.and_then(|party| party.id), recipient.and_then(|party| party.id));
        let is_echo = message.as_ref().is_some_and(|message| message.is_echo);
        let (customer, page) = if is_echo { (recipient, sender) } else { (sender, recipient) };
        if !of_our_page && page.as_deref() != Some(&self.page.page_id) {
            return self.ignore("event of another Page");
        }

        let from = From { customer, at: timestamp.and_then(milliseconds).or(entry_time.and_then(milliseconds)) };
        if let Some(message) = message {
            return if is_echo { self.echo(&from, *message) } else { self.message(&from, *message) };
        }
        if let Some(postback) = event.postback {
            return self.postback(&from, *postback);
        }
        if let Some(referral) = event.referral {
            let key = format!("referral {}", referral.reference.as_deref().unwrap_or_default());
            let params = params::referral(&referral, event.lead.as_deref());
            return self.push(&from, &from.event_id(&key), InboundKind::Updated { params });
        }
        if let Some(optin) = event.optin {
            let part = |text: &Option<Cow<'_, str>>| text.as_deref().unwrap_or_default().to_owned();
            let key = format!("optin {} {}", part(&optin.payload), part(&optin.notification_messages_status));
            return self.push(&from, &from.event_id(&key), InboundKind::Updated { params: params::optin(&optin) });
        }
        if let Some(pass) = event.pass_thread_control {
            return match (pass.new_owner_app_id, &self.page.app_id) {
                (Some(new), Some(ours)) if new == *ours => {
                    let event_id = from.event_id("pass_thread_control");
                    self.push(
                        &from,
                        &event_id,
                        InboundKind::AgentLeft { params: Params::new(), conversation_id: None },
                    );
                }
                _ => self.ignore("pass_thread_control to another"),
            };
        }
        if let Some(policy) = event.policy_enforcement {
            return self.ignore(&format!("policy_enforcement {}", policy.action.as_deref().unwrap_or_default()));
        }
        self.ignore(event.other.as_deref().unwrap_or("event without a kind"));
    }

    fn message(&mut self, from: &From<'_>, message: Message<'_>) {
        if message.is_deleted {
            return self.ignore("message deleted");
        }
        if from.customer.as_deref() == Some(&self.page.page_id) {
            return self.ignore("message of the Page");
        }
        self.said(from, message, |platform_message_id, data, meta| InboundKind::Message {
            platform_message_id,
            data,
            meta,
        });
    }

    /// What the Page said, by whichever app.
    fn echo(&mut self, from: &From<'_>, message: Message<'_>) {
        let app = message.app_id.as_deref();
        // By the metadata too: a bot that took its own words for a person's would fall silent.
        if is_ours(message.metadata.as_deref()) || (app.is_some() && app == self.page.app_id.as_deref()) {
            return self.ignore("echo of our own");
        }
        if self.page.app_id.is_none() {
            return self.ignore("echo, and appId is not set");
        }
        // An app that does not say its name speaks for the Page.
        let user_key = app.unwrap_or(&self.page.page_id).to_owned();
        self.said(from, message, |platform_message_id, data, mut meta| {
            meta.sender = Some(Sender { user_key: user_key.clone(), platform: PlatformType::Facebook.to_string() });
            InboundKind::Echo { platform_message_id, data, meta }
        });
    }

    fn said(
        &mut self,
        from: &From<'_>,
        mut message: Message<'_>,
        kind: impl Fn(Option<String>, MessageData, Box<Meta>) -> InboundKind,
    ) {
        let mid = message.mid.take();
        let Said { parts, ignored } = content::message(message);
        if parts.is_empty() && ignored.is_empty() {
            self.ignore("message without content");
        }
        self.ignored.extend(ignored);
        for (index, part) in parts.into_iter().enumerate() {
            let event_id = match &mid {
                // The first is the message itself.
                Some(mid) if index == 0 => Cow::Borrowed(&**mid),
                Some(mid) => Cow::Owned(format!("{mid}#{}", index + 1)),
                None => {
                    let mut data = json!(part.data);
                    // An id is made of what is in it, in whatever order.
                    data.sort_all_objects();
                    Cow::Owned(from.event_id(&format!("message {index} {data}")))
                }
            };
            let id = if mid.is_some() { event_id.to_string() } else { self.id(&event_id).to_string() };
            self.push(from, &event_id, kind(Some(id), part.data, Box::new(part.meta)));
        }
    }

    /// A button, the menu, or Get Started.
    fn postback(&mut self, from: &From<'_>, postback: Postback<'_>) {
        let Postback { mid, title, payload, referral } = postback;
        let (title, payload) = (title.as_deref(), payload.as_deref());
        let Some(part) = content::postback(title, payload, referral) else {
            return self.ignore("postback without title and payload");
        };
        let made_up =
            || from.event_id(&format!("postback {} {}", title.unwrap_or_default(), payload.unwrap_or_default()));
        let event_id = mid.as_ref().map_or_else(made_up, ToString::to_string);
        let id = if mid.is_some() { event_id.clone() } else { self.id(&event_id).to_string() };
        let (data, meta) = (part.data, Box::new(part.meta));
        self.push(from, &event_id, InboundKind::Message { platform_message_id: Some(id), data, meta });
    }

    fn id(&self, event_id: &str) -> InboundId {
        InboundId::of(&self.page.bot_id, PlatformType::Facebook, event_id)
    }

    fn push(&mut self, from: &From<'_>, event_id: &str, kind: InboundKind) {
        let user_key = from.customer.as_ref().and_then(|customer| customer.parse::<UserKey>().ok());
        let Some(user_key) = user_key else {
            // As of the plugin for web sites, whose visitors are nobody yet.
            return self.ignore(&format!("{} of nobody", kind.name()));
        };
        self.inbound.push(Inbound {
            id: self.id(event_id),
            bot_id: self.page.bot_id.clone(),
            platform: PlatformType::Facebook,
            conversation_key: user_key.clone(),
            user_key,
            timestamp: from.at.unwrap_or(self.request.received_at),
            received_at: self.request.received_at,
            answer_by: None,
            reply_to: Value::Null,
            kind,
        });
    }
}

/// Whose conversation it is, and when it happened.
struct From<'a> {
    customer: Option<Cow<'a, str>>,
    at: Option<EpochMillis>,
}

impl From<'_> {
    /// Of an event that has none: who, when and what.
    fn event_id(&self, what: &str) -> String {
        format!("{} {} {what}", self.customer.as_deref().unwrap_or_default(), self.at.map_or(0, |at| at.0))
    }
}

/// Whether it is an id as we write it into each message: a UUID that is derived, which others hardly use for theirs.
fn is_ours(metadata: Option<&str>) -> bool {
    let derived = |text: &&str| Uuid::parse_str(text).is_ok_and(|id| id.get_version() == Some(Version::Sha1));
    metadata.filter(derived).is_some()
}

/// Lead ads tell seconds, everything else milliseconds. 0 is no time, and neither is what is beyond the year 9999.
fn milliseconds(time: i64) -> Option<EpochMillis> {
    let time = if time < 1_000_000_000_000 { time.checked_mul(1000)? } else { time };
    (1..253_402_300_800_000).contains(&time).then_some(EpochMillis(time))
}
