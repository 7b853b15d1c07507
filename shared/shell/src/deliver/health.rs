//! What an attempt told of its webhook is kept, and what follows from it is done.

use std::collections::VecDeque;

use delivery::{Alarm, Effect, Exchange, Fleet, Heard, Next, Webhook};
use store::StoreError;
use tracing::{error, warn};

use super::owner::Tested;
use super::{Deliver, TRIES, notify};
use crate::clock;
use crate::metrics::{self, Metric};

impl Deliver {
    /// Writes the webhook's health after an attempt, and says what is to be done when the record is written, too.
    pub(super) async fn hear(&self, webhook: &mut Webhook, heard: &Heard) -> Result<Vec<Effect>, StoreError> {
        // How the others are is asked only of a failure.
        let (mut fleet, mut as_of_now) = match heard.judgement.next {
            Next::Accepted => (Fleet::default(), true),
            Next::Again { .. } | Next::Refused { .. } | Next::TooLarge | Next::Later { .. } => {
                (self.fleet_lately().await?, false)
            }
        };
        for _ in 0..TRIES {
            let (health, effects) = webhook.health.after(webhook, heard, &fleet);
            if health == webhook.health {
                return Ok(effects);
            }
            // So many may go off in the same second.
            if !as_of_now && effects.iter().any(|effect| matches!(effect, Effect::SwitchedOff { .. })) {
                (fleet, as_of_now) = (self.fleets.load().await?.0, true);
                continue;
            }
            match self.webhooks.save_health(webhook, &health, webhook.health.version).await {
                Ok(()) => {
                    webhook.health = health;
                    return Ok(effects);
                }
                Err(StoreError::Conflict) if self.reread(webhook).await? => {}
                // Deleted: what is still open of it is parked when it is due.
                Err(StoreError::Conflict) => return Ok(Vec::new()),
                Err(error) => return Err(error),
            }
        }
        Err(StoreError::Conflict)
    }

    /// The fleet as of a moment ago: a receiver that always fails does not make us read as often.
    async fn fleet_lately(&self) -> Result<Fleet, StoreError> {
        self.fleet_known.get(&(), clock::now(), |_| async { Ok(self.fleets.load().await?.0) }).await
    }

    /// The webhook as of now; false when it is gone.
    pub(super) async fn reread(&self, webhook: &mut Webhook) -> Result<bool, StoreError> {
        let fresh = self.webhooks.load(&webhook.bot_id, webhook.id).await?;
        let is_there = fresh.is_some();
        if let Some(fresh) = fresh {
            *webhook = fresh;
        }
        Ok(is_there)
    }

    /// None of this may keep a delivery from its end: what fails is logged.
    pub(super) async fn carry_out(&self, webhook: &mut Webhook, effects: Vec<Effect>) {
        let mut effects: VecDeque<Effect> = effects.into();
        while let Some(effect) = effects.pop_front() {
            let (id, now) = (webhook.id, clock::now());
            let done = match effect {
                Effect::Began { cause } => self.change_fleet(|fleet| fleet.began(id, cause, now)).await,
                Effect::Stopped => self.change_fleet(|fleet| (fleet.stopped(id), None)).await,
                Effect::SwitchedOff { reason } => {
                    metrics::count(Metric::WebhooksOff, 1);
                    error!(bot.id = %webhook.bot_id, webhook.id = %id, ?reason, "A webhook is switched off");
                    self.change_fleet(|fleet| (fleet.switched_off(now), None)).await
                }
                Effect::Tell(notice) => {
                    notify::tell(&self.receivers, self.operator.as_ref(), webhook, &notice).await;
                    Ok(())
                }
                Effect::AskOperator => {
                    metrics::count(Metric::FleetAlarms, 1);
                    error!(
                        bot.id = %webhook.bot_id, webhook.id = %id,
                        "A webhook would be switched off now, but so would many others: somebody should look"
                    );
                    Ok(())
                }
                Effect::Test => self.test(webhook).await.map(|(_, follows)| effects.extend(follows)),
            };
            if let Err(error) = done {
                error!(webhook.id = %id, %error, "What follows from a webhook's health could not be done");
            }
        }
    }

    async fn change_fleet(&self, change: impl Fn(&Fleet) -> (Fleet, Option<Alarm>)) -> Result<(), StoreError> {
        for _ in 0..TRIES {
            let (fleet, version) = self.fleets.load().await?;
            let (changed, alarm) = change(&fleet);
            if changed == fleet {
                return Ok(());
            }
            match self.fleets.save(&changed, version).await {
                Ok(()) => {
                    alarm.inspect(sound);
                    return Ok(());
                }
                Err(StoreError::Conflict) => {}
                Err(error) => return Err(error),
            }
        }
        Err(StoreError::Conflict)
    }

    /// A DELIVERY without events, and what follows from how it ended.
    pub(super) async fn test(&self, webhook: &mut Webhook) -> Result<(Tested, Vec<Effect>), StoreError> {
        let tested = self.post_test(webhook).await;
        let effects = self.hear_test(webhook, tested.exchange).await?;
        Ok((tested, effects))
    }

    async fn hear_test(&self, webhook: &mut Webhook, exchange: Exchange) -> Result<Vec<Effect>, StoreError> {
        for _ in 0..TRIES {
            let (health, effects) = webhook.health.after_test(webhook, exchange, clock::now());
            if health == webhook.health {
                return Ok(effects);
            }
            match self.webhooks.save_health(webhook, &health, webhook.health.version).await {
                Ok(()) => {
                    webhook.health = health;
                    return Ok(effects);
                }
                Err(StoreError::Conflict) if self.reread(webhook).await? => {}
                Err(StoreError::Conflict) => return Ok(Vec::new()),
                Err(error) => return Err(error),
            }
        }
        Err(StoreError::Conflict)
    }
}

/// For the operator.
pub(super) fn sound(alarm: &Alarm) {
    match alarm {
        Alarm::Together { cause, webhooks } => {
            metrics::count(Metric::FleetAlarms, 1);
            error!(alarm = "together", ?cause, webhooks, "Many webhooks began to fail at once; none is switched off");
        }
        Alarm::Canary => {
            metrics::count(Metric::FleetAlarms, 1);
            error!(alarm = "canary", "Our own way out does not work; no webhook is switched off");
        }
        Alarm::Over => warn!(alarm = "over", "Webhooks can be switched off again"),
    }
}
