//! A webhook of a bot, its health, and when it is switched off.

use model::{BotId, EpochMillis, EventType, WebhookId};
use serde::{Deserialize, Serialize};

use crate::{Policy, Secret};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Webhook {
    pub id: WebhookId,
    pub bot_id: BotId,
    pub name: String,
    /// As registered. It cannot be changed: another address is another webhook.
    pub url: String,
    /// The current one first, then those that still sign along.
    pub secrets: Vec<Secret>,
    #[serde(default)]
    pub policy: Policy,
    /// The types it gets; empty is all.
    #[serde(default)]
    pub events: Vec<EventType>,
    pub created_at: EpochMillis,
    #[serde(default)]
    pub health: Health,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Health {
    /// The first failure since the last success. Any success clears it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failing_since: Option<EpochMillis>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub off: Option<SwitchedOff>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SwitchedOff {
    pub at: EpochMillis,
    /// For the owner.
    pub reason: String,
}

impl Webhook {
    pub fn new(bot_id: BotId, url: &str, now: EpochMillis) -> Self {
        Self {
            id: WebhookId::of(&bot_id, url),
            bot_id,
            name: String::new(),
            url: url.to_owned(),
            secrets: Vec::new(),
            policy: Policy::default(),
            events: Vec::new(),
            created_at: now,
            health: Health::default(),
        }
    }

    pub fn wants(&self, event: EventType) -> bool {
        self.events.is_empty() || self.events.contains(&event)
    }

    pub const fn is_on(&self) -> bool {
        self.health.off.is_none()
    }
}

impl Health {
    /// Health after a delivery whose first attempt was at `first_attempt_at` failed for good.
    ///
    /// `closer2020`: off, unless another delivery got through since that first attempt. `durable` parks the delivery and
    /// leaves the webhook on.
    pub fn after_last_failure(
        &self,
        policy: Policy,
        first_attempt_at: EpochMillis,
        now: EpochMillis,
    ) -> Option<SwitchedOff> {
        match policy {
            Policy::Durable => None,
            Policy::Closer2020 => {
                let nothing_got_through = self.failing_since.is_none_or(|since| since <= first_attempt_at);
                nothing_got_through.then(|| SwitchedOff {
                    at: now,
                    reason: format!("{} attempts of a delivery failed within 30 minutes", policy.attempts()),
                })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn closer2020_switches_off_unless_something_got_through() {
        let first = EpochMillis(1000);
        let now = EpochMillis(1_801_000);
        let failing = |since| Health { failing_since: Some(EpochMillis(since)), off: None };
        for (health, policy, off) in [
            (failing(1000), Policy::Closer2020, true),
            (failing(10), Policy::Closer2020, true),
            // A success after the first attempt cleared the record, and a later failure began a new one.
            (failing(2000), Policy::Closer2020, false),
            (failing(1000), Policy::Durable, false),
        ] {
            assert_eq!(health.after_last_failure(policy, first, now).is_some(), off, "{health:?} {policy:?}");
        }
    }

    #[test]
    fn an_empty_filter_wants_everything() {
        let mut webhook = Webhook::new("Bxxxxx".parse().unwrap(), "https://example.com", EpochMillis(0));
        assert!(EventType::ALL.into_iter().all(|event| webhook.wants(event)));
        webhook.events = vec![EventType::MessageSent];
        assert!(webhook.wants(EventType::MessageSent) && !webhook.wants(EventType::MessageReceived));
    }
}
