//! CONTEXT: what templates and conditions see. It is put together when the first of them asks, and the params live
//! inside of it from then on, so that nothing is copied.

use std::borrow::Cow;

use model::{BotId, ConversationId, EndUserId, EpochMillis, MessageData, Navigation, Params, PlatformType, UserKey};
use serde_json::{Map, Value, json};

use crate::template::{Masked, Setting, json_text, masked};
use crate::{Bot, limits};

/// Who talks to which bot.
#[derive(Clone, Copy, Debug)]
pub struct Ids<'a> {
    pub bot_id: &'a BotId,
    pub conversation_id: ConversationId,
    /// None on the platform `test`: the preview knows no end users.
    pub end_user_id: Option<EndUserId>,
    pub platform: PlatformType,
    pub user_key: &'a UserKey,
}

/// What every turn knows by itself.
const GIVEN: &[&str] =
    &["botId", "conversationId", "endUserId", "platform", "userKey", "bot", "params", "navigation", "message", "error"];

#[derive(Debug)]
pub(crate) struct Context<'a> {
    bot: &'a Bot,
    ids: Ids<'a>,
    pub(crate) setting: Setting,
    /// An object. Before it is whole it holds only what [`Context::set`] put there.
    data: Value,
    whole: bool,
    /// Until `data` is whole.
    params: Params,
    pub(crate) navigation: Navigation,
    /// What the messenger tells beside the message.
    pub(crate) meta: Option<&'a Map<String, Value>>,
    /// `navigation` is newer than its copy in `data`.
    moved: bool,
}

impl<'a> Context<'a> {
    /// `results`: of nodes in earlier turns.
    pub(crate) fn new(
        bot: &'a Bot,
        ids: Ids<'a>,
        params: Params,
        results: Map<String, Value>,
        navigation: Navigation,
        now: EpochMillis,
        seed: u64,
    ) -> Self {
        let (setting, data) = (Setting::new(now, seed), Value::Object(results));
        Self { bot, ids, setting, data, whole: false, params, navigation, meta: None, moved: true }
    }

    /// One that is whole already, for cases.
    pub(crate) fn given(bot: &'a Bot, ids: Ids<'a>, data: Value, now: EpochMillis, seed: u64) -> Self {
        let context = Self::new(bot, ids, Params::new(), Map::new(), Navigation::default(), now, seed);
        Self { data, whole: true, moved: false, ..context }
    }

    /// Everything.
    pub(crate) fn whole(&mut self) -> &Value {
        self.parts().0
    }

    /// Everything, for a template, and what it knows beside.
    pub(crate) fn parts(&mut self) -> (&Value, &mut Setting) {
        if !self.whole {
            self.whole = true;
            let Ids { bot_id, conversation_id, end_user_id, platform, user_key } = self.ids;
            self.set("botId", bot_id.as_str().into());
            self.set("conversationId", conversation_id.to_string().into());
            if let Some(end_user_id) = end_user_id {
                self.set("endUserId", end_user_id.to_string().into());
            }
            self.set("platform", platform.as_str().into());
            self.set("userKey", user_key.as_str().into());
            self.set("bot", json!({ "title": self.bot.title(), "description": self.bot.description() }));
            let params = std::mem::take(&mut self.params);
            self.set("params", Value::Object(params));
        }
        if self.moved {
            self.moved = false;
            let navigation = serde_json::to_value(&self.navigation).unwrap_or_default();
            self.set("navigation", navigation);
        }
        (&self.data, &mut self.setting)
    }

    /// Makes something of templates, and copies with stars where they mask.
    pub(crate) fn masked<T, E>(
        &mut self,
        make: impl FnMut(&mut Self) -> Result<T, E>,
    ) -> Result<(T, Vec<Masked<T>>), E> {
        masked(self, |context| &mut context.setting, make)
    }

    /// The last result of a node type, the message, the error.
    pub(crate) fn set(&mut self, key: &str, value: Value) {
        if let Some(data) = self.data.as_object_mut() {
            data.insert(key.to_owned(), value);
        }
    }

    pub(crate) fn set_message(&mut self, data: &MessageData, payload: Option<Value>) {
        let mut message = serde_json::to_value(data).unwrap_or_default();
        if let (Some(payload), Some(message)) = (payload, message.as_object_mut()) {
            message.insert("payload".to_owned(), payload);
        }
        if let (Some(meta), Some(message)) = (self.meta.filter(|meta| !meta.is_empty()), message.as_object_mut()) {
            message.insert("meta".to_owned(), Value::Object(meta.clone()));
        }
        self.set("message", message);
    }

    pub(crate) fn platform(&self) -> PlatformType {
        self.ids.platform
    }

    pub(crate) fn navigate(&mut self, navigation: Navigation) {
        self.navigation = navigation;
        self.moved = true;
    }

    /// The value at a path, as a condition means it: `message` is its text, a bare name may be a parameter.
    pub(crate) fn find(&mut self, path: &[String]) -> Option<Cow<'_, Value>> {
        let (first, rest) = path.split_first()?;
        let data = self.whole();
        if first == "message" && rest.is_empty() {
            return data.get("message")?.get("text").map(Cow::Borrowed);
        }
        let mut here = data.get(first).or_else(|| data.get("params")?.get(first))?;
        for (index, name) in rest.iter().enumerate() {
            here = match here {
                Value::Object(object) => object.get(name)?,
                Value::Array(list) if name == "length" && index + 1 == rest.len() => {
                    return Some(Cow::Owned(list.len().into()));
                }
                Value::Array(list) => list.get(name.parse::<usize>().ok()?)?,
                Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => return None,
            };
        }
        Some(Cow::Borrowed(here))
    }

    pub(crate) fn params(&mut self) -> &mut Params {
        if !self.whole {
            return &mut self.params;
        }
        // Nothing but `whole` writes "params", and it writes an object.
        self.data.get_mut("params").and_then(Value::as_object_mut).unwrap_or(&mut self.params)
    }

    /// What nodes found out, for the turns to come. Last, as it takes the context apart.
    pub(crate) fn take_results(&mut self) -> Map<String, Value> {
        let Value::Object(mut results) = std::mem::take(&mut self.data) else { return Map::new() };
        results.retain(|key, _| !GIVEN.contains(&key.as_str()));
        let weight = |value: &Value| json_text(value).len();
        let mut weights: Vec<(usize, String)> =
            results.iter().map(|(key, value)| (weight(value), key.clone())).collect();
        weights.sort_unstable();
        let mut sum: usize = weights.iter().map(|(weight, _)| weight).sum();
        while sum > limits::RESULT_BYTES {
            let Some((weight, key)) = weights.pop() else { break };
            results.remove(&key);
            sum -= weight;
        }
        results
    }

    pub(crate) fn take_params(&mut self) -> Params {
        std::mem::take(self.params())
    }
}
