//! Bots: CLOSER exports, published as a whole.

use delivery::{Bundle, Webhook};
use flow::ImportError;
use http::StatusCode;
use model::{Bot, BotId, EpochMillis, Event, EventData, EventId, EventType, InboundId, PlatformType, SourceType};
use platforms::PLATFORMS;
use serde_json::{Map, Value, json};
use shell::clock;
use store::{StoreError, StoredBot};

use crate::{Admin, Answer, Problem, Reply, Wish, cursor, key};

/// What a deleted bot's webhooks are owed is sent within this time: the longest schedule is of four days.
pub(crate) const OWED_MS: i64 = 30 * 24 * 60 * 60 * 1000;
/// Another name is tried when that of a new bot is taken.
const TRIES: usize = 5;
const TITLE_CHARS: usize = 30;
const DESCRIPTION_CHARS: usize = 100;

impl Admin {
    pub(crate) async fn list_bots(&self, wish: &Wish<'_>) -> Answer {
        let limit = usize::from(wish.limit()?);
        let after: Option<String> = wish.cursor()?;
        let after: Option<BotId> = after.map(|after| after.parse()).transpose().map_err(|_| bad_cursor())?;
        let mut ids = match &wish.key.bots {
            Some(bots) => {
                let mut ids = bots.clone();
                ids.sort();
                ids.retain(|id| after.as_ref().is_none_or(|after| id > after));
                ids
            }
            None => self.bots.page(after.as_ref(), i32::try_from(limit).unwrap_or(i32::MAX) + 1).await?,
        };
        let more = ids.len() > limit;
        ids.truncate(limit);
        let mut data = Vec::new();
        for id in &ids {
            // A key may name one that is not there any more.
            if let Some(stored) = self.bots.load(id).await? {
                data.push(shown(id, &stored));
            }
        }
        let next = ids.last().filter(|_| more).map(|id| cursor(&id.as_str()));
        Ok(Reply::list(data, next))
    }

    pub(crate) async fn create_bot(&self, wish: &Wish<'_>) -> Answer {
        let mut json = wish.json()?;
        read(&json)?;
        let wanted = match json.as_object_mut().and_then(|bot| bot.remove("id")) {
            // A number is the id that CLOSER itself gave it.
            None | Some(Value::Null | Value::Number(_)) => None,
            Some(Value::String(id)) => {
                let id: Result<BotId, _> = id.parse();
                Some(id.map_err(|error| Problem::invalid("/id", error.to_string()))?)
            }
            Some(_) => return Err(Problem::invalid("/id", "is a text such as `Bhello`")),
        };
        if wish.key.bots.is_some() && !wanted.as_ref().is_some_and(|id| key::may(&wish.key, id)) {
            return Err(Problem::new("forbidden", "The key is for certain bots, and can create none but these."));
        }
        let stored = StoredBot::new(wish.now.0, json);
        for number in 0..TRIES {
            let id = wanted.clone().unwrap_or_else(|| named(&wish.seed, number));
            match self.bots.publish(&id, None, &stored, wish.now).await {
                Ok(()) => {
                    self.retire_before(&id, stored.created_at, wish.now).await?;
                    let location = format!("/v1/bots/{id}");
                    return Ok(Reply::with(StatusCode::CREATED, shown(&id, &stored))
                        .header("location", location)
                        .header("etag", etag(&stored)));
                }
                Err(StoreError::Conflict) if wanted.is_some() && !wish.may_be_repeated => {
                    return Err(Problem::conflict(format!("There is a bot `{id}`; PUT replaces it.")));
                }
                Err(StoreError::Conflict) => {
                    // The same request, made before and not answered: it is the bot of then.
                    if let Some(earlier) = self.bots.load_current(&id).await?
                        && earlier.json == stored.json
                    {
                        self.retire_before(&id, earlier.created_at, wish.now).await?;
                        return Ok(Reply::with(StatusCode::CREATED, shown(&id, &earlier)));
                    }
                    if wanted.is_some() {
                        return Err(Problem::conflict(format!("There is a bot `{id}`; PUT replaces it.")));
                    }
                }
                Err(error) => return Err(error.into()),
            }
        }
        Err(Problem::new("unavailable", "No free id was found. Try again.").after(1))
    }

    pub(crate) async fn get_bot(&self, id: &BotId) -> Answer {
        let stored = self.stored(id).await?;
        Ok(Reply::ok(shown(id, &stored)).header("etag", etag(&stored)))
    }

    /// Flows, preference and all; channels that the body does not name stay.
    pub(crate) async fn replace_bot(&self, wish: &Wish<'_>, id: &BotId) -> Answer {
        let mut json = wish.json()?;
        read(&json)?;
        if let Some(bot) = json.as_object_mut()
            && let Some(given) = bot.remove("id").filter(|given| given.is_string() && given != id.as_str())
        {
            return Err(Problem::invalid("/id", format!("is {given}, and the path names {id}")));
        }
        let before = self.stored(id).await?;
        let mut integration = before.json.get("integration").and_then(Value::as_object).cloned().unwrap_or_default();
        if let Some(Value::Object(given)) = json.get("integration") {
            for (name, settings) in given {
                match settings {
                    Value::Null => drop(integration.remove(name)),
                    settings => drop(integration.insert(name.clone(), settings.clone())),
                }
            }
        }
        json["integration"] = integration.into();
        if before.json == json {
            // Perhaps the same request, made before and not answered: its webhooks may not have heard of it.
            let webhooks = self.webhooks.of_bot(id).await?;
            self.tell_bot(id, &before, EventType::BotUpdated, &webhooks).await?;
            return Ok(Reply::ok(shown(id, &before)).header("etag", etag(&before)));
        }
        unchanged(wish, &before)?;
        let stored = self.publish(id, &before, json, wish.now).await?;
        Ok(Reply::ok(shown(id, &stored)).header("etag", etag(&stored)))
    }

    pub(crate) async fn export_bot(&self, id: &BotId) -> Answer {
        let stored = self.stored(id).await?;
        Ok(Reply::ok(export(&stored)).header("etag", etag(&stored)))
    }

    /// What `closer check` says of it.
    pub(crate) async fn check_bot(&self, wish: &Wish<'_>, id: &BotId) -> Answer {
        let stored = self.stored(id).await?;
        let language = match wish.parameter("language") {
            None => inspect::Language::default(),
            Some(text) => text.parse().map_err(|_| Problem::new("malformed", "`language` is `en` or `ko`."))?,
        };
        Ok(Reply::ok(json!(inspect::check(&stored.json, language))))
    }

    /// The bot and its channels go at once, its webhooks when they have got what they are owed.
    pub(crate) async fn delete_bot(&self, wish: &Wish<'_>, id: &BotId) -> Answer {
        let before = self.stored(id).await?;
        unchanged(wish, &before)?;
        // From here on nobody publishes it, or registers a webhook; whoever repeats the request goes on with it.
        self.bots.begin_to_delete(id, before.version).await?;
        // Those of now: a slow request must not meet the webhooks of a bot that was made after it.
        let now = clock::now();
        let mut webhooks = self.webhooks.of_bot_current(id).await?;
        webhooks.retain(|webhook| webhook.created_at <= now);
        self.tell_bot(id, &before, EventType::BotDeleted, &webhooks).await?;
        for webhook in &webhooks {
            self.webhooks.retire(webhook, wish.now.plus_ms(OWED_MS)).await?;
        }
        match self.bots.delete(id, before.version).await {
            // Somebody who asked for the same was faster; a bot that was made since then is another.
            Ok(()) | Err(StoreError::Conflict) => Ok(Reply::empty()),
            Err(error) => Err(error.into()),
        }
    }

    /// Should a bot of this id have been deleted, its webhooks are not those of the one that was made then.
    async fn retire_before(&self, id: &BotId, made_at: EpochMillis, now: EpochMillis) -> Result<(), StoreError> {
        for webhook in self.webhooks.of_bot_current(id).await? {
            if webhook.created_at < made_at {
                self.webhooks.retire(&webhook, now.plus_ms(OWED_MS)).await?;
            }
        }
        Ok(())
    }

    pub(crate) async fn stored(&self, id: &BotId) -> Result<StoredBot, Problem> {
        self.bots.load_current(id).await?.ok_or_else(|| Problem::not_found("bot"))
    }

    /// Publishes another version, and tells the bot's webhooks.
    pub(crate) async fn publish(
        &self,
        id: &BotId,
        before: &StoredBot,
        json: Value,
        now: EpochMillis,
    ) -> Result<StoredBot, Problem> {
        let version = now.0.max(before.version + 1);
        let stored = StoredBot { created_at: before.created_at, ..StoredBot::new(version, json) };
        self.bots.publish(id, Some(before), &stored, now).await?;
        let webhooks = self.webhooks.of_bot(id).await?;
        self.tell_bot(id, &stored, EventType::BotUpdated, &webhooks).await?;
        Ok(stored)
    }

    async fn tell_bot(
        &self,
        id: &BotId,
        stored: &StoredBot,
        event: EventType,
        webhooks: &[Webhook],
    ) -> Result<(), Problem> {
        let cause = InboundId::of(id, PlatformType::Test, &format!("{event} {}", stored.version));
        let deleted_at = (event == EventType::BotDeleted).then(clock::now);
        let event = Event {
            id: EventId::of(cause, 0),
            event,
            source_type: SourceType::Bot,
            source_id: id.clone(),
            timestamp: deleted_at.unwrap_or(EpochMillis(stored.version)),
            data: EventData::Bot(Box::new(Bot { deleted_at, ..bot(id, stored) })),
        };
        self.tell(webhooks, &event).await
    }

    /// One event, to those who want it.
    pub(crate) async fn tell(&self, webhooks: &[Webhook], event: &Event) -> Result<(), Problem> {
        let wanted = webhooks.iter().filter(|webhook| webhook.wants(event.event));
        let bundle = |webhook: &Webhook| Bundle {
            bot_id: webhook.bot_id.clone(),
            webhook_id: webhook.id,
            events: vec![event.clone()],
        };
        let bundles: Vec<(&Webhook, Bundle)> = wanted.map(|webhook| (webhook, bundle(webhook))).collect();
        if !bundles.is_empty() {
            self.events.send(bundles).await?;
        }
        Ok(())
    }
}

fn bad_cursor() -> Problem {
    Problem::new("malformed", "`cursor` is the `next` of an earlier answer.")
}

/// A bot that works; else what is wrong with it, and where.
pub(crate) fn read(json: &Value) -> Result<flow::Bot, Problem> {
    let bot = flow::Bot::read(json).map_err(|error: ImportError| Problem::invalid("", error.to_string()))?;
    for (name, text, most) in
        [("title", bot.title(), TITLE_CHARS), ("description", bot.description(), DESCRIPTION_CHARS)]
    {
        if text.chars().count() > most {
            return Err(Problem::invalid(&format!("/{name}"), format!("has up to {most} characters")));
        }
    }
    Ok(bot)
}

/// `If-Match` with the `etag` that was read: nobody published meanwhile.
pub(crate) fn unchanged(wish: &Wish<'_>, stored: &StoredBot) -> Result<(), Problem> {
    match &wish.if_match {
        Some(given) if given != "*" && !given.split(',').any(|one| one.trim() == etag(stored)) => {
            Err(Problem::new("changed-meanwhile", format!("Its etag is {} by now.", etag(stored))))
        }
        Some(_) | None => Ok(()),
    }
}

pub(crate) fn etag(stored: &StoredBot) -> String {
    format!("\"{}\"", stored.version)
}

/// BOT as events show it: without what a channel's owner keeps secret, and without its flows, whose requests may hold keys.
fn bot(id: &BotId, stored: &StoredBot) -> Bot {
    let text = |name: &str| stored.json.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let integration: Map<String, Value> = PLATFORMS
        .iter()
        .filter_map(|platform| {
            let settings = stored.json.get("integration")?.get(platform.kind.as_str())?;
            Some((platform.kind.as_str().to_owned(), platforms::shown(platform.kind, settings).0))
        })
        .collect();
    Bot {
        id: id.clone(),
        title: text("title"),
        description: text("description"),
        integration: integration.into(),
        preference: stored.json.get("preference").cloned().unwrap_or_else(|| json!({})),
        data: json!({}),
        created_at: stored.created_at,
        updated_at: EpochMillis(stored.version),
        deleted_at: None,
    }
}

/// A bot in lists.
fn shown(id: &BotId, stored: &StoredBot) -> Value {
    let bot = bot(id, stored);
    let channels: Vec<&String> = bot.integration.as_object().into_iter().flat_map(Map::keys).collect();
    // What is stored was read once; a later version of ours may read it otherwise.
    let warnings: Vec<String> = match flow::Bot::read(&stored.json) {
        Ok(read) => read.warnings().iter().map(ToString::to_string).collect(),
        Err(error) => vec![error.to_string()],
    };
    json!({
        "id": bot.id,
        "title": bot.title,
        "description": bot.description,
        "version": stored.version,
        "channels": channels,
        "warnings": warnings,
        "createdAt": bot.created_at.iso(),
        "updatedAt": bot.updated_at.iso(),
    })
}

/// The bot as it was brought, without its channels and accounts.
fn export(stored: &StoredBot) -> Value {
    let mut export = stored.json.clone();
    if let Some(bot) = export.as_object_mut() {
        bot.remove("integration");
        bot.remove("webhooks");
    }
    export
}

/// A bot's id, made of what is the same for a repeated request.
fn named(seed: &str, number: usize) -> BotId {
    const LETTERS: &[u8] = b"abcdefghijklmnopqrstuvwxyz0123456789";
    let digest = key::hash(&format!("bot {seed} {number}"));
    let letters = digest.as_bytes().chunks(2).take(5).map(|pair| {
        let byte = u8::from_str_radix(&String::from_utf8_lossy(pair), 16).unwrap_or_default();
        char::from(LETTERS[usize::from(byte) % LETTERS.len()])
    });
    let text: String = std::iter::once('B').chain(letters).collect();
    #[expect(clippy::expect_used, reason = "a `B` and five letters are a bot's id")]
    text.parse().expect("a bot's id")
}
