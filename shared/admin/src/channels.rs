//! Channels: a bot's accounts on messengers. Their secrets can be written, and are never read.

use model::{BotId, PlatformType};
use platforms::{PLATFORMS, Platform, Setup};
use serde_json::{Map, Value, json};
use store::StoredBot;

use crate::bots::{etag, unchanged};
use crate::{Admin, Answer, Problem, Reply, Wish};

/// How a body is meant.
#[derive(Clone, Copy, Debug)]
pub(crate) enum How {
    /// These are all settings.
    Whole,
    /// JSON Merge Patch (RFC 7396): what it does not name stays, `null` takes a setting away.
    Parts,
}

impl Admin {
    pub(crate) async fn list_channels(&self, id: &BotId) -> Answer {
        let stored = self.stored(id).await?;
        let shown = PLATFORMS.iter().filter_map(|platform| self.channel(id, &stored, platform));
        Ok(Reply::list(shown.collect(), None).header("etag", etag(&stored)))
    }

    pub(crate) async fn get_channel(&self, wish: &Wish<'_>, id: &BotId) -> Answer {
        let platform = platform(wish)?;
        let stored = self.stored(id).await?;
        let shown = self.channel(id, &stored, platform).ok_or_else(|| Problem::not_found("channel"))?;
        Ok(Reply::ok(shown).header("etag", etag(&stored)))
    }

    pub(crate) async fn put_channel(&self, wish: &Wish<'_>, id: &BotId, how: How) -> Answer {
        let platform = platform(wish)?;
        let given: Map<String, Value> = wish.read()?;
        let before = self.stored(id).await?;
        unchanged(wish, &before)?;
        let name = platform.kind.as_str();
        let mut json = before.json.clone();
        let settings = match (how, json.get("integration").and_then(|all| all.get(name))) {
            (How::Whole, _) => Value::Object(given),
            (How::Parts, None) => return Err(Problem::not_found("channel")),
            (How::Parts, Some(settings)) => {
                let mut settings = settings.clone();
                merge(&mut settings, Value::Object(given));
                settings
            }
        };
        let preference = json.get("preference").unwrap_or(&Value::Null);
        let setup = Setup { bot_id: id, settings: &settings, preference, public_url: &self.public_url };
        if let Err(error) = (platform.connect)(setup) {
            return Err(Problem::invalid("", error.reason));
        }
        if !json["integration"].is_object() {
            json["integration"] = json!({});
        }
        json["integration"][name] = settings;
        let stored = self.publish(id, &before, json, wish.now).await?;
        let shown = self.channel(id, &stored, platform).ok_or_else(|| Problem::not_found("channel"))?;
        Ok(Reply::ok(shown).header("etag", etag(&stored)))
    }

    pub(crate) async fn delete_channel(&self, wish: &Wish<'_>, id: &BotId) -> Answer {
        let platform = platform(wish)?;
        let before = self.stored(id).await?;
        unchanged(wish, &before)?;
        let mut json = before.json.clone();
        let removed = json.get_mut("integration").and_then(Value::as_object_mut);
        if removed.and_then(|all| all.remove(platform.kind.as_str())).is_none() {
            return Err(Problem::not_found("channel"));
        }
        self.publish(id, &before, json, wish.now).await?;
        Ok(Reply::empty())
    }

    /// What people may see of a channel, and where the messenger must be told to send.
    fn channel(&self, id: &BotId, stored: &StoredBot, platform: &Platform) -> Option<Value> {
        let settings = stored.json.get("integration")?.get(platform.kind.as_str())?;
        let preference = stored.json.get("preference").unwrap_or(&Value::Null);
        let setup = Setup { bot_id: id, settings, preference, public_url: &self.public_url };
        let problem = (platform.connect)(setup).err().map(|error| error.reason);
        let (shown, secrets) = platforms::shown(platform.kind, settings);
        let tail = platforms::tail(platform.kind, settings, "{botSecret}");
        Some(json!({
            "platform": platform.kind,
            "url": format!("{}/hooks/{}/{id}{tail}", self.public_url, platform.kind),
            "settings": shown,
            "secrets": secrets,
            "problem": problem,
        }))
    }
}

fn platform(wish: &Wish<'_>) -> Result<&'static Platform, Problem> {
    let kind: PlatformType = wish.name(0, "messenger")?;
    platforms::find(kind).ok_or_else(|| Problem::not_found("messenger"))
}

/// RFC 7396, section 2.
fn merge(target: &mut Value, patch: Value) {
    let Value::Object(patch) = patch else {
        *target = patch;
        return;
    };
    if !target.is_object() {
        *target = json!({});
    }
    let Some(target) = target.as_object_mut() else { return };
    for (name, value) in patch {
        match value {
            Value::Null => drop(target.remove(&name)),
            value => merge(target.entry(name).or_insert(Value::Null), value),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of RFC 7396, appendix A.
    #[test]
    fn merge_patches() {
        for (original, patch, expected) in [
            (json!({"a":"b"}), json!({"a":"c"}), json!({"a":"c"})),
            (json!({"a":"b"}), json!({"b":"c"}), json!({"a":"b","b":"c"})),
            (json!({"a":"b"}), json!({"a":null}), json!({})),
            (json!({"a":["b"]}), json!({"a":"c"}), json!({"a":"c"})),
            (json!({"a":{"b":"c"}}), json!({"a":{"b":"d","c":null}}), json!({"a":{"b":"d"}})),
            (json!({"a":[{"b":"c"}]}), json!({"a":[1]}), json!({"a":[1]})),
            (json!({"e":null}), json!({"a":1}), json!({"e":null,"a":1})),
            (json!({}), json!({"a":{"bb":{"ccc":null}}}), json!({"a":{"bb":{}}})),
        ] {
            let mut merged = original.clone();
            merge(&mut merged, patch.clone());
            assert_eq!(merged, expected, "{original} {patch}");
        }
    }
}
