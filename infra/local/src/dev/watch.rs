//! Bots that are edited while the stack runs are live a second later.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use delivery::Secret;

use super::{Bots, Dev, channels};
use crate::stack::Stack;

/// Looks at the files once a second, for ever.
pub(super) async fn run(dev: Dev, stack: Arc<Stack>, bots: Bots, base: String, public_url: String, secret: Secret) {
    let mut known = times(&dev);
    loop {
        tokio::time::sleep(Duration::from_secs(1)).await;
        let now = times(&dev);
        for (path, time) in &now {
            if known.get(path) == Some(time) {
                continue;
            }
            let stored = match crate::bots::read(path) {
                Ok(file) => channels::put(&dev, &stack, file, &base, &public_url, &secret).await,
                Err(error) => Err(error),
            };
            match stored {
                Ok(bot) => {
                    tracing::info!(bot.id = %bot.id, "{} is live", path.display());
                    if let Some(channels) = bots.put(bot) {
                        for channel in channels {
                            tracing::info!("{} at {}", channel.platform, channel.url);
                        }
                    }
                }
                Err(error) => tracing::error!("{} stays as it was: {error:#}", path.display()),
            }
        }
        known = now;
    }
}

fn times(dev: &Dev) -> HashMap<PathBuf, SystemTime> {
    let Ok(entries) = std::fs::read_dir(&dev.bots) else { return HashMap::new() };
    entries
        .filter_map(|entry| {
            let path = entry.ok()?.path();
            let name = path.to_string_lossy();
            let bot = name.ends_with(".json") && !name.ends_with(".script.json");
            bot.then(|| Some((path.clone(), path.metadata().ok()?.modified().ok()?)))?
        })
        .collect()
}
