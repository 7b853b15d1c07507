//! All webhooks of the installation together: whether their clocks stand still, and a person's word that they go on.

use delivery::Fleet;
use serde_json::json;
use store::StoreError;

use crate::{Admin, Answer, Problem, Reply, Wish};

/// So often somebody else may have written first.
const TRIES: usize = 10;

impl Admin {
    pub(crate) async fn get_fleet(&self, wish: &Wish<'_>) -> Answer {
        operator(wish)?;
        Ok(Reply::ok(shown(&self.fleets.load().await?.0)))
    }

    /// Webhooks are warned of and switched off again, although many fail together.
    pub(crate) async fn start_clocks(&self, wish: &Wish<'_>) -> Answer {
        operator(wish)?;
        for _ in 0..TRIES {
            let (mut fleet, version) = self.fleets.load().await?;
            if !fleet.is_still() {
                return Ok(Reply::ok(shown(&fleet)));
            }
            fleet.told_to_go_on(wish.now);
            match self.fleets.save(&fleet, version).await {
                Ok(()) => return Ok(Reply::ok(shown(&fleet))),
                Err(StoreError::Conflict) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(StoreError::Conflict.into())
    }
}

/// It is nobody's who has some bots only.
fn operator(wish: &Wish<'_>) -> Result<(), Problem> {
    match wish.key.bots {
        None => Ok(()),
        Some(_) => Err(Problem::new("forbidden", "It takes a key for all bots.")),
    }
}

fn shown(fleet: &Fleet) -> serde_json::Value {
    let since = fleet.still.last().filter(|_| fleet.is_still()).map(|still| still.from.iso());
    json!({
        "still": fleet.is_still(),
        "stillSince": since,
        "webhooks": fleet.webhooks,
        "well": fleet.well,
        "failing": fleet.failing.len(),
        "switchedOffLastHour": fleet.switched_off.len(),
    })
}
