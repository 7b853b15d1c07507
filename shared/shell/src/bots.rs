//! Bots, read and ready to work. An adapter needs a channel of a bot, the worker the bot itself too.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use model::{BotId, EpochMillis, PlatformType};
use platforms::{Channel, Platform, Setup};
use serde_json::Value;
use store::{Bots, StoreError, StoredBot};
use tracing::error;

use crate::cache::Cache;

/// The channels of one messenger, by bot.
#[derive(Debug)]
pub struct Channels {
    platform: &'static Platform,
    bots: Bots,
    public_url: String,
    cache: Cache<BotId, Option<Arc<dyn Channel>>>,
}

/// Whole bots.
#[derive(Debug)]
pub struct Brains {
    bots: Bots,
    public_url: String,
    cache: Cache<BotId, Option<Arc<Brain>>>,
    /// Those that were published before, for conversations that began with them.
    former: Cache<(BotId, i64), Option<Arc<Brain>>>,
}

/// A bot and its channels.
pub struct Brain {
    version: i64,
    pub bot: flow::Bot,
    channels: BTreeMap<PlatformType, Arc<dyn Channel>>,
}

impl Channels {
    pub fn new(platform: &'static Platform, bots: Bots, public_url: &str, lifetime_ms: i64) -> Self {
        Self { platform, bots, public_url: public_url.to_owned(), cache: Cache::new(lifetime_ms) }
    }

    /// `None` when there is no such bot, or it has no such channel.
    pub async fn get(&self, id: &BotId, now: EpochMillis) -> Result<Option<Arc<dyn Channel>>, StoreError> {
        self.cache
            .get(id, now, |_| async {
                let Some(StoredBot { json, .. }) = self.bots.load(id).await? else { return Ok(None) };
                Ok(connect(self.platform, id, &json, &self.public_url))
            })
            .await
    }
}

impl Brains {
    pub fn new(bots: Bots, public_url: &str, lifetime_ms: i64) -> Self {
        Self {
            bots,
            public_url: public_url.to_owned(),
            cache: Cache::new(lifetime_ms),
            former: Cache::new(lifetime_ms),
        }
    }

    /// `None` when there is no such bot. One that cannot be read is an error: its messages wait until it can.
    pub async fn get(&self, id: &BotId, now: EpochMillis) -> Result<Option<Arc<Brain>>, StoreError> {
        self.cache
            .get(id, now, |old: Option<Option<Arc<Brain>>>| async {
                let Some(stored) = self.bots.load(id).await? else { return Ok(None) };
                // Compiling a bot again is worth milliseconds.
                let old = old.flatten();
                if let Some(old) = old.as_ref().filter(|old| old.version == stored.version) {
                    return Ok(Some(Arc::clone(old)));
                }
                match (Brain::read(id, &stored, &self.public_url), old) {
                    (Ok(brain), _) => Ok(Some(Arc::new(brain))),
                    (Err(error), Some(old)) => {
                        error!(bot.id = %id, %error, "Bot `{id}` stays as it was");
                        Ok(Some(old))
                    }
                    (Err(error), None) => Err(error),
                }
            })
            .await
    }
}

impl Brains {
    /// What was published under that version, as long as it is kept. What cannot be read any more is as good as gone.
    pub async fn version(&self, id: &BotId, version: i64, now: EpochMillis) -> Result<Option<Arc<Brain>>, StoreError> {
        let key = (id.clone(), version);
        self.former
            .get(&key, now, |old: Option<Option<Arc<Brain>>>| async {
                if let Some(old) = old.flatten() {
                    // What was published never changes.
                    return Ok(Some(old));
                }
                let stored = match self.bots.load_version(id, version).await? {
                    Some(stored) => Some(stored),
                    // Another worker knows the live bot already, and we do not.
                    None => self.bots.load(id).await?.filter(|live| live.version == version),
                };
                Ok(stored.and_then(|stored| Brain::read(id, &stored, &self.public_url).ok()).map(Arc::new))
            })
            .await
    }
}

impl Brain {
    fn read(id: &BotId, stored: &StoredBot, public_url: &str) -> Result<Self, StoreError> {
        let unreadable = |error: flow::ImportError| StoreError::Corrupt { what: "bot", reason: error.to_string() };
        let bot = flow::Bot::read(&stored.json).map_err(unreadable)?.with_version(stored.version);
        let channels = platforms::PLATFORMS
            .iter()
            .filter_map(|platform| Some((platform.kind, connect(platform, id, &stored.json, public_url)?)))
            .collect();
        Ok(Self { version: stored.version, bot, channels })
    }

    pub fn channel(&self, platform: PlatformType) -> Option<&dyn Channel> {
        self.channels.get(&platform).map(AsRef::as_ref)
    }
}

impl fmt::Debug for Brain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Brain").field("version", &self.version).finish_non_exhaustive()
    }
}

fn connect(platform: &Platform, bot_id: &BotId, bot: &Value, public_url: &str) -> Option<Arc<dyn Channel>> {
    let settings = bot.get("integration")?.get(platform.kind.as_str())?;
    let preference = bot.get("preference").unwrap_or(&Value::Null);
    match (platform.connect)(Setup { bot_id, settings, preference, public_url }) {
        Ok(channel) => Some(Arc::from(channel)),
        Err(reason) => {
            error!(bot.id = %bot_id, platform = %platform.kind, %reason, "A channel of bot `{bot_id}` is not set up");
            None
        }
    }
}
