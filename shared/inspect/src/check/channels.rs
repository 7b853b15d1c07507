//! What the messengers make of what the bot says: each message goes through the real adapters, and what they cut, split
//! off or leave out is found here and not by a customer.

use std::collections::{BTreeMap, BTreeSet};

use flow::{Bot, Done, Ids, Input, Run, State, Step};
use model::{
    BotId, ConversationId, EndUserId, EpochMillis, Inbound, InboundId, InboundKind, Message, MessageId, Meta, Params,
    PlatformType, Reply,
};
use platforms::{Channel, Dropped, PLATFORMS, Setup};
use serde_json::{Map, Value, json};

use super::Found;
use crate::atlas::{Atlas, Kind, Place, is_template};
use crate::fact::{Fact, Losses};
use crate::turn::{targets, ways};

/// Any time is as good.
const NOW: EpochMillis = EpochMillis(1_700_000_000_000);
/// Ways of a turn that are tried: from each start, and in all.
const WAYS: usize = 16;
const ALL_WAYS: usize = 400;

/// What each channel loses of one reply.
type Lost = BTreeMap<(PlatformType, &'static str), usize>;

pub(super) fn check(atlas: &Atlas<'_>, found: &mut Found) {
    let Some(connected) = connect(atlas, found) else { return };
    let mut mute = BTreeMap::new();
    let mut single: BTreeMap<Place, Lost> = BTreeMap::new();
    for (place, node) in atlas.places() {
        if matches!(node.kind, Kind::Response | Kind::Keyboard)
            && let Some(lost) = lose(atlas, &[place], &connected, &mut mute)
        {
            if let Some(losses) = losses(&lost, connected.are_real) {
                found.node(place, Fact::ChannelLoss { losses });
            }
            single.insert(place, lost);
        }
    }
    // Some limits are those of a turn: bubbles of one answer, or quick replies under cards.
    let mut told = BTreeSet::new();
    for way in turns(atlas, &single) {
        let Some(last) = way.last().copied().filter(|last| !told.contains(last)) else { continue };
        let Some(mut lost) = lose(atlas, &way, &connected, &mut mute) else { continue };
        for (part, count) in way.iter().filter_map(|place| single.get(place)).flatten() {
            if let Some(all) = lost.get_mut(part) {
                *all = all.saturating_sub(*count);
            }
        }
        if let Some(losses) = losses(&lost, connected.are_real) {
            told.insert(last);
            found.node(last, Fact::TurnLoss { path: way, losses });
        }
    }
    for (platform, reason) in mute {
        found.bot(Fact::ChannelMute { platform, reason: reason.to_owned() });
    }
}

struct Connected {
    bot_id: BotId,
    channels: Vec<(PlatformType, Box<dyn Channel>)>,
    /// The bot names them. If it names none it is about all that there are.
    are_real: bool,
}

fn connect(atlas: &Atlas<'_>, found: &mut Found) -> Option<Connected> {
    let bot_id: BotId = atlas.json["id"].as_str().and_then(|id| id.parse().ok()).or_else(|| "Bcheck".parse().ok())?;
    let none = Map::new();
    let integration = atlas.json["integration"].as_object().unwrap_or(&none);
    let are_real = PLATFORMS.iter().any(|platform| integration.contains_key(platform.kind.as_str()));
    let mut channels = Vec::new();
    for platform in PLATFORMS {
        let settings = integration.get(platform.kind.as_str());
        if are_real && settings.is_none() {
            continue;
        }
        let preference = &atlas.json["preference"];
        let public_url = "https://example.com";
        let setup = |settings| (platform.connect)(Setup { bot_id: &bot_id, settings, preference, public_url });
        let real = settings.map(|settings| (settings, setup(settings)));
        let channel = match real {
            Some((_, Ok(channel))) => Some(channel),
            other => {
                if let Some((settings, Err(error))) = other {
                    let is_empty = settings.is_null() || settings.as_object().is_some_and(Map::is_empty);
                    let platform = platform.kind;
                    found.bot(Fact::ChannelSettings { platform, reason: error.reason, is_empty });
                }
                // What it would lose is worth knowing all the same.
                setup(&stand_in(platform.kind)).ok()
            }
        };
        channels.extend(channel.map(|channel| (platform.kind, channel)));
    }
    Some(Connected { bot_id, channels, are_real })
}

/// Settings of nobody, with which a channel says everything that it can.
fn stand_in(platform: PlatformType) -> Value {
    match platform {
        PlatformType::Line => json!({ "channelSecret": "s", "channelAccessToken": "t" }),
        PlatformType::Kakao => json!({ "botSecret": "stand-in-of-a-check" }),
        PlatformType::Kakaobiz => json!({
            "botSecret": "stand-in-of-a-check", "senderKeys": ["0000000000000000000000000000000000000000"],
            "dealer": "happytalk", "happytalk": { "clientId": "i", "clientSecret": "s" },
        }),
        PlatformType::Facebook => {
            json!({ "appSecret": "s", "verifyToken": "v", "pageId": "1", "appId": "2", "pageAccessToken": "t" })
        }
        PlatformType::Navertalk => json!({ "botSecret": "stand-in-of-a-check", "authorization": "a", "partner": "p" }),
        PlatformType::Bizchat => json!({
            "numbers": ["15881234"], "moSecret": "stand-in-of-a-check", "driver": "sens",
            "sens": { "serviceId": "ncp:sms:kr:000000000000:s", "accessKey": "a", "secretKey": "s" },
        }),
        PlatformType::Wechat => json!({
            "originalId": "gh_1", "appId": "wx1", "appSecret": "s", "token": "standin",
            "encodingAESKey": "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG",
        }),
        PlatformType::Web => json!({ "tokenSecret": "stand-in-of-a-check" }),
        PlatformType::Test => json!({}),
    }
}

/// Responses and the keyboard that a turn may say together, two at least.
fn turns(atlas: &Atlas<'_>, sayable: &BTreeMap<Place, Lost>) -> Vec<Vec<Place>> {
    let entries = [atlas.start, atlas.fallback].into_iter().filter_map(|flow| atlas.entry(flow));
    let keyboards = atlas.places().filter(|(_, node)| node.kind == Kind::Keyboard);
    let answers = keyboards.flat_map(|(place, node)| targets(node, place.flow));
    let links = atlas.places().flat_map(|(_, node)| &node.links).filter_map(|link| atlas.end(link));
    let starts: BTreeSet<Place> = entries.chain(answers).chain(links).collect();
    let mut turns: BTreeSet<Vec<Place>> = BTreeSet::new();
    for start in starts {
        for way in ways(atlas, start, WAYS) {
            let said: Vec<Place> = way.into_iter().filter(|place| sayable.contains_key(place)).collect();
            if said.len() > 1 && turns.len() < ALL_WAYS {
                turns.insert(said);
            }
        }
    }
    // The shortest that does not fit says it best.
    let mut turns: Vec<_> = turns.into_iter().collect();
    turns.sort_by_key(Vec::len);
    turns
}

/// What the channels lose of a turn that says these. None if it cannot be said at all.
fn lose(
    atlas: &Atlas<'_>,
    way: &[Place],
    connected: &Connected,
    mute: &mut BTreeMap<PlatformType, &'static str>,
) -> Option<Lost> {
    let done = say(atlas, way)?;
    let mut lost = Lost::new();
    for (platform, channel) in &connected.channels {
        let inbound = inbound(&connected.bot_id, *platform)?;
        let reply = reply(&done, &inbound);
        let dropped = match channel.synchronous() {
            Some(synchronous) if synchronous.takes(&reply, &inbound) => synchronous.answer(&reply, &inbound, NOW, 0).1,
            Some(_) | None => channel.render(&reply, &inbound, NOW).dropped,
        };
        for Dropped { what, count } in dropped {
            // The adapters say so of a reply that cannot leave at all.
            match what.strip_prefix("reply: ").or_else(|| what.strip_prefix("message: ")) {
                Some(reason) => {
                    mute.insert(*platform, reason);
                }
                None => *lost.entry((*platform, what)).or_default() += count,
            }
        }
    }
    Some(lost)
}

fn losses(lost: &Lost, are_connected: bool) -> Option<Losses> {
    let mut channels: Vec<(PlatformType, Vec<Dropped>)> = Vec::new();
    for ((platform, what), count) in lost.iter().filter(|(_, count)| **count > 0) {
        let dropped = Dropped { what, count: *count };
        match channels.last_mut().filter(|(last, _)| last == platform) {
            Some((_, list)) => list.push(dropped),
            None => channels.push((*platform, vec![dropped])),
        }
    }
    (!channels.is_empty()).then_some(Losses { channels, are_connected })
}

/// Lets the engine say these nodes, one after another, as a bot of their own.
fn say(atlas: &Atlas<'_>, way: &[Place]) -> Option<Done> {
    let mut nodes = vec![json!({ "type": "entry" })];
    for place in way {
        let node = atlas.node(*place)?;
        if node.kind == Kind::Keyboard && nodes.len() == 1 {
            // Quick replies need something to stand under.
            nodes.push(json!({ "type": "response", "data": { "message": { "type": "text", "text": "…" } } }));
        }
        let kind = if node.kind == Kind::Keyboard { "keyboard" } else { "response" };
        nodes.push(json!({ "type": kind, "data": printed(node.data, "") }));
    }
    for (index, node) in nodes.iter_mut().enumerate() {
        node["id"] = index.into();
        node["next"] = json!([{ "nodeId": index + 1 }]);
    }
    let bot = Bot::read(&json!({ "id": 1, "nodes": nodes })).ok()?;
    let inbound = inbound(&"Bcheck".parse().ok()?, PlatformType::Test)?;
    let ids = Ids {
        bot_id: &inbound.bot_id,
        conversation_id: ConversationId::of(inbound.id, NOW),
        end_user_id: None,
        platform: PlatformType::Test,
        user_key: &inbound.user_key,
    };
    match Run::new(&bot, ids, State::default(), Params::new(), Input::Open, NOW, 0).step(None) {
        Step::Done(done) if done.problems.is_empty() => Some(*done),
        Step::Done(_) | Step::Ask(_) => None,
    }
}

/// The data with a stand-in for what templates would print: as short as can be, so that what does not fit with it never
/// fits.
fn printed(value: &Value, key: &str) -> Value {
    match value {
        Value::String(text) if is_template(text) => Value::String(stand_in_text(text, key)),
        Value::Array(list) => list.iter().map(|value| printed(value, key)).collect(),
        Value::Object(fields) => fields.iter().map(|(key, value)| (key.clone(), printed(value, key))).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
    }
}

fn stand_in_text(text: &str, key: &str) -> String {
    let is_address = matches!(key, "uri" | "url");
    let has_blocks = ["{{#", "{{~#", "{{^", "{{~^"].iter().any(|tag| text.contains(tag));
    if is_address && (has_blocks || text.trim_start().starts_with("{{")) {
        return "https://example.com/0".to_owned();
    }
    if has_blocks {
        return "0".to_owned();
    }
    let mut printed = String::new();
    let mut rest = text;
    while let Some((before, tag)) = rest.split_once("{{") {
        printed.push_str(before);
        printed.push('0');
        rest = tag.split_once("}}").map_or("", |(_, after)| after);
        rest = rest.strip_prefix('}').filter(|_| tag.starts_with('{')).unwrap_or(rest);
    }
    printed + rest
}

fn inbound(bot_id: &BotId, platform: PlatformType) -> Option<Inbound> {
    // A text message goes to a telephone.
    let user = if platform == PlatformType::Bizchat { "+821012345678" } else { "USER" };
    Some(Inbound {
        id: InboundId::of(bot_id, platform, "check"),
        bot_id: bot_id.clone(),
        platform,
        user_key: user.parse().ok()?,
        conversation_key: user.parse().ok()?,
        timestamp: NOW,
        received_at: NOW,
        answer_by: Some(NOW.plus_ms(4000)),
        reply_to: Value::Null,
        kind: InboundKind::Collect,
    })
}

fn reply(done: &Done, inbound: &Inbound) -> Reply {
    let messages = done.said.iter().enumerate().map(|(index, said)| Message {
        id: MessageId::of(inbound.id, index, NOW),
        end_user_id: EndUserId::of(&inbound.bot_id, inbound.platform, &inbound.conversation_key),
        conversation_id: ConversationId::of(inbound.id, NOW),
        request_id: None,
        is_user: false,
        meta: Meta { custom: said.custom.clone(), ..Meta::default() }.or_null(),
        data: said.data.clone(),
        timestamp: NOW,
    });
    Reply { messages: messages.collect(), keyboard: done.keyboard.clone(), hand_over: false }
}
