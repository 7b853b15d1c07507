//! What a bot is used for, and how it is.

use futures::StreamExt as _;
use futures::future::try_join_all;
use model::{BotId, EpochMillis};
use serde_json::{Value, json};
use store::{AgentState, Kept, StoreError};

use crate::bots::read;
use crate::{Admin, Answer, Problem, Reply, Wish, webhooks};

/// Reads that are under way at once.
const AT_ONCE: usize = 16;
/// Customers who wait are counted up to this.
const COUNTED: i32 = 1000;

impl Admin {
    /// People of a month, and consultation talk's rooms of its days.
    pub(crate) async fn get_usage(&self, wish: &Wish<'_>, bot: &BotId) -> Answer {
        let stored = self.stored(bot).await?;
        let plan_month = read(&stored.json)?.plan().month(wish.now);
        let this_month = plan_month.trim_start_matches("users ").to_owned();
        let month = wish.parameter("month").map_or(this_month, str::to_owned);
        let days = days(&month).ok_or_else(|| Problem::new("malformed", "`month` is a month such as 2026-01."))?;
        let users = self.usage.read(bot, &format!("users {month}")).await?;
        let reads = futures::stream::iter(1..=days).map(|day| {
            let day = format!("{month}-{day:02}");
            async move {
                let count = self.usage.read(bot, &format!("rooms {day}")).await?;
                Ok::<_, StoreError>((day, count))
            }
        });
        let rooms: Vec<Result<(String, i64), StoreError>> = reads.buffered(AT_ONCE).collect().await;
        let rooms: Vec<(String, i64)> = rooms.into_iter().collect::<Result<_, _>>()?;
        let total: i64 = rooms.iter().map(|(_, count)| count).sum();
        let rooms = rooms.into_iter().filter(|(_, count)| *count > 0);
        Ok(Reply::ok(json!({
            "month": month,
            "users": users,
            "rooms": total,
            "roomsByDay": rooms.map(|(day, count)| json!({ "day": day, "rooms": count })).collect::<Vec<Value>>(),
        })))
    }

    /// Whether somebody should look.
    pub(crate) async fn get_health(&self, bot: &BotId) -> Answer {
        let stored = self.stored(bot).await?;
        let warnings: Vec<String> = match flow::Bot::read(&stored.json) {
            Ok(read) => read.warnings().iter().map(ToString::to_string).collect(),
            Err(error) => vec![error.to_string()],
        };
        let webhooks = self.webhooks.of_bot(bot).await?;
        let mut shown = Vec::new();
        let mut good = true;
        for webhook in &webhooks {
            let counts = try_join_all(
                [Kept::Open, Kept::Held, Kept::Parked].map(|kept| self.deliveries.count(webhook.id, kept)),
            );
            let counts = counts.await?;
            let oldest = self.deliveries.oldest_open(webhook.id).await?;
            good &= webhook.is_on() && webhook.health.failing.is_none();
            let view = webhooks::shown(webhook);
            shown.push(json!({
                "id": webhook.id,
                "name": webhook.name,
                "url": webhook.url,
                "on": view["on"],
                "health": view["health"],
                "open": counts[0],
                "held": counts[1],
                "parked": counts[2],
                "oldestOpenAt": oldest.map(EpochMillis::iso),
            }));
        }
        let pending = self.sessions.with_agents(bot, AgentState::Pending, None, COUNTED).await?;
        let channels = self.list_channels(bot).await?;
        let broken =
            channels.body["data"].as_array().into_iter().flatten().filter(|channel| !channel["problem"].is_null());
        let broken: Vec<Value> =
            broken.map(|channel| json!({ "platform": channel["platform"], "problem": channel["problem"] })).collect();
        good &= broken.is_empty();
        Ok(Reply::ok(json!({
            "ok": good,
            "warnings": warnings,
            "brokenChannels": broken,
            "webhooks": shown,
            "customersWaiting": pending.len(),
            "longestWaitingSince": pending.first().map(|first| first.since.iso()),
        })))
    }
}

/// How many days the month has, `2026-02` say; `None` when it is no month.
fn days(month: &str) -> Option<u32> {
    let (year, number) = month.split_once('-')?;
    let is_number = |text: &str, length: usize| text.len() == length && text.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number(year, 4) || !is_number(number, 2) {
        return None;
    }
    let (year, number): (u32, u32) = (year.parse().ok()?, number.parse().ok()?);
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    match number {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => Some(31),
        4 | 6 | 9 | 11 => Some(30),
        2 if leap => Some(29),
        2 => Some(28),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months() {
        for (month, expected) in [
            ("2026-01", Some(31)),
            ("2026-02", Some(28)),
            ("2028-02", Some(29)),
            ("2100-02", Some(28)),
            ("2026-13", None),
            ("2026-00", None),
            ("2026-1", None),
            ("2026", None),
            ("+026-01", None),
        ] {
            assert_eq!(days(month), expected, "{month}");
        }
    }
}
