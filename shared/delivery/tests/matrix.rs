//! The fault matrix: each row of `testdata/matrix.json` is a script for the receiver, run to its end under a simulated clock.
//! `testdata/matrix.out` says what came of it; `UPDATE=1` rewrites it, and its diff is what gets reviewed.
//!
//! A word of a script is a status or a failure, then what else is there to say: `503 retry-after=120`, `413 over=4` (for more
//! than four events, else 200), `400 poison=17` (for DELIVERies that hold event 17, else 200), `200 rest=1,3` (these events
//! were not taken), `headers=14000 200` (a status line after so long), `500 body=60000` (a body that takes so long).

#![allow(clippy::unwrap_used, reason = "a test may")]

mod common;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use common::{Dies, Reply, Request, World, event};
use delivery::{Effect, Exchange, Order, Policy, RecordState, State};
use model::{EpochMillis, EventId};
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    #[serde(default)]
    policy: Policy,
    #[serde(default)]
    order: Order,
    #[serde(default)]
    partial: bool,
    #[serde(default)]
    revive: bool,
    /// When, and how many events, of how many conversations.
    events: Vec<(f64, usize, usize)>,
    /// A further event of its own each so many seconds.
    #[serde(default)]
    every: Option<f64>,
    /// The answers, one after another.
    #[serde(default)]
    script: Vec<String>,
    /// After those, until so many hours have gone.
    #[serde(default)]
    until: Option<(f64, String)>,
    /// After that.
    #[serde(default = "ok")]
    then: String,
    /// The worker's clock jumps: when, and by how many seconds.
    #[serde(default)]
    jump: Option<(f64, f64)>,
    hours: f64,
}

fn ok() -> String {
    "200".to_owned()
}

#[test]
fn every_row_to_its_end() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata");
    let cases: Vec<Case> =
        serde_json::from_str(&std::fs::read_to_string(format!("{folder}/matrix.json")).unwrap()).unwrap();
    let transcript: String = cases.iter().map(run).collect();
    let out = format!("{folder}/matrix.out");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&out, &transcript).unwrap();
    }
    let expected = std::fs::read_to_string(&out).unwrap_or_default();
    for (now, golden) in transcript.split("\n\n").zip(expected.split("\n\n")) {
        assert_eq!(now, golden, "UPDATE=1 rewrites it");
    }
    assert_eq!(transcript.len(), expected.len());
}

/// A fault of ours: forty webhooks whose every delivery fails for four days, and none is switched off. One that fails alone is.
#[test]
fn all_webhooks_fail_at_once() {
    for (count, off) in [(40, 0), (4, 4), (1, 1)] {
        let mut fleet = delivery::Fleet::default();
        let mut worlds: Vec<World> = (0..count)
            .map(|n| {
                let mut world = World::new();
                world.webhook.id = model::WebhookId::of(&common::bot(), &format!("https://example.com/{n}"));
                world
            })
            .collect();
        let start = worlds[0].now;
        fleet = fleet.tick(count, count, true, start).0;
        let mut receiver = |_: &Request| Reply::of(Exchange::Disconnected);
        for hour in 0..96 {
            for (n, world) in worlds.iter_mut().enumerate() {
                world.fleet = fleet;
                if hour == 0 {
                    world.events(vec![event(0, n, start)], &mut receiver);
                }
                world.run(start.plus_ms((hour + 1) * 3_600_000), &mut receiver);
                fleet = world.fleet.clone();
            }
        }
        let switched_off = worlds.iter().filter(|world| !world.webhook.is_on()).count();
        assert_eq!((switched_off, fleet.is_still()), (off, off == 0), "of {count}");
    }
}

/// A delivery that is sent again is signed by the secrets of that time, over the same bytes.
#[test]
fn a_secret_is_rotated_between_two_attempts() {
    let mut world = World::new();
    let secret = |byte| delivery::Secret::from_bytes(&[byte; 32]).unwrap();
    world.webhook.secrets = vec![secret(1)];
    let mut signatures = Vec::new();
    for rotate in [false, true] {
        if rotate {
            world.webhook.rotate(secret(2), 3_600_000, world.now);
        }
        let now = world.now;
        let mut fail = |_: &Request| Reply::of(Exchange::Answered { status: 500 });
        if rotate {
            world.run(now.plus_ms(5000), &mut fail);
        } else {
            world.events(vec![event(0, 0, now)], &mut fail);
        }
        let record = world.records.values().next().unwrap();
        let headers = delivery::request_headers(&world.webhook, record, now);
        let signature = headers.into_iter().find(|(name, _)| name == "webhook-signature").unwrap().1;
        let by = |n| secret(n).sign(&record.id.to_string(), now.seconds(), record.body.as_bytes());
        let expected = if rotate { format!("{} {}", by(2), by(1)) } else { by(1) };
        assert_eq!(signature, expected);
        signatures.push(signature);
    }
    assert_eq!(world.requests.len(), 2);
    world.check_bodies();
}

fn run(case: &Case) -> String {
    let mut world = World::new();
    let start = world.now;
    let at = |seconds: f64| start.plus_ms((seconds * 1000.0) as i64);
    world.webhook.policy = case.policy;
    world.webhook.order = case.order;
    world.webhook.partial_acknowledgement = case.partial;
    world.webhook.revive = case.revive;
    let mut numbers: BTreeMap<EventId, usize> = BTreeMap::new();
    let mut script = case.script.iter();
    let mut arrivals: Vec<(f64, usize, usize)> = case.events.clone();
    if let Some(every) = case.every {
        let last = case.hours * 3600.0;
        let first = arrivals.last().map_or(0.0, |(at, ..)| *at);
        arrivals.extend((1..).map(|n| first + every * f64::from(n)).take_while(|at| *at < last).map(|at| (at, 1, 1)));
    }
    let mut jump = case.jump;
    let mut n = 0;
    for (seconds, count, conversations) in arrivals {
        let events: Vec<_> = (n..n + count).map(|n| event(n % conversations, n, at(seconds))).collect();
        numbers.extend(events.iter().enumerate().map(|(index, event)| (event.id, n + index)));
        n += count;
        let numbers = numbers.clone();
        let mut receiver = |request: &Request| {
            let until = case.until.as_ref().filter(|(hours, _)| request.at < at(hours * 3600.0));
            let word = script.next().or(until.map(|(_, word)| word)).unwrap_or(&case.then);
            reply(word, request, &numbers)
        };
        world.run(at(seconds), &mut receiver);
        if let Some((_, by)) = jump.take_if(|(when, _)| *when <= seconds) {
            world.now = world.now.plus_ms((by * 1000.0) as i64);
        }
        world.events(events, &mut receiver);
    }
    let mut receiver = |request: &Request| {
        let until = case.until.as_ref().filter(|(hours, _)| request.at < at(hours * 3600.0));
        let word = script.next().or(until.map(|(_, word)| word)).unwrap_or(&case.then);
        reply(word, request, &numbers)
    };
    world.run(at(case.hours * 3600.0), &mut receiver);
    world.check_bodies();
    assert_eq!(world.lost(), [], "{}", case.name);
    describe(case, &world, start, &numbers)
}

fn reply(word: &str, request: &Request, numbers: &BTreeMap<EventId, usize>) -> Reply {
    let mut reply = Reply::of(Exchange::Answered { status: 200 });
    let mut applies = true;
    for part in word.split(' ') {
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        let exchange = match name {
            "timeout" => {
                reply.took_ms = 15_000;
                Some(Exchange::TimedOut)
            }
            "reset" => Some(Exchange::Disconnected),
            "half-a-status-line" | "two-lengths" | "header-of-1-mib" => Some(Exchange::Malformed),
            "certificate" => Some(Exchange::Certificate),
            "nxdomain" => Some(Exchange::NoSuchName),
            "servfail" => Some(Exchange::Unresolved),
            "blocked" => Some(Exchange::BlockedAddress),
            "ours" => Some(Exchange::OurFault),
            status if status.bytes().all(|byte| byte.is_ascii_digit()) => {
                Some(Exchange::Answered { status: status.parse().unwrap() })
            }
            "headers" => {
                let ms: i64 = value.parse().unwrap();
                reply.took_ms = ms.min(15_000);
                if ms > 15_000 {
                    applies = false;
                    reply.answer.exchange = Exchange::TimedOut;
                }
                None
            }
            // The status line is the answer; the deadline ends the rest.
            "body" => {
                reply.took_ms = value.parse::<i64>().unwrap().min(15_000);
                None
            }
            "retry-after" => {
                reply.answer.retry_after = Some(value.replace('_', " "));
                None
            }
            "location" => {
                reply.answer.location = Some(value.to_owned());
                None
            }
            "delivery" => {
                reply.answer.webhook_delivery = Some(value.to_owned());
                None
            }
            "canary-ill" => {
                reply.canary_well = false;
                None
            }
            "dies" => {
                reply.dies = Some(if value == "before" { Dies::Before } else { Dies::After });
                None
            }
            "over" => {
                if request.events.len() <= value.parse().unwrap() {
                    reply.answer.exchange = Exchange::Answered { status: 200 };
                }
                None
            }
            "poison" => {
                let poison: usize = value.parse().unwrap();
                if !request.events.iter().any(|id| numbers[id] == poison) {
                    reply.answer.exchange = Exchange::Answered { status: 200 };
                }
                None
            }
            "rest" => {
                let rest: Vec<usize> = value.split(',').map(|n| n.parse().unwrap()).collect();
                let mut items: Vec<_> = request
                    .events
                    .iter()
                    .filter(|id| rest.contains(&numbers[id]))
                    .map(|id| serde_json::json!({ "itemIdentifier": id }))
                    .collect();
                items.push(serde_json::json!({ "itemIdentifier": "nobody" }));
                reply.answer.body = serde_json::json!({ "batchItemFailures": items }).to_string().into_bytes();
                None
            }
            other => panic!("what is `{other}`?"),
        };
        if let Some(exchange) = exchange.filter(|_| applies) {
            reply.answer.exchange = exchange;
        }
    }
    reply
}

/// Requests that are shown; there may be hundreds.
const SHOWN: usize = 14;

fn describe(case: &Case, world: &World, start: EpochMillis, numbers: &BTreeMap<EventId, usize>) -> String {
    let time = |at: EpochMillis| {
        let ms = at.since(start);
        match ms {
            ..600_000 => format!("{}s", (ms as f64 / 100.0).round() / 10.0),
            600_000..36_000_000 => format!("{}m", ms / 60_000),
            _ => format!("{}h", ms / 3_600_000),
        }
    };
    let mut out = format!("# {}\n", case.name);
    for (request, reply) in world.requests.iter().take(SHOWN) {
        let events: Vec<usize> = request.events.iter().map(|id| numbers[id]).collect();
        let events = match events[..] {
            [] => "test".to_owned(),
            [one] => format!("{one}"),
            [first, .., last] => format!("{first}..{last} ({})", events.len()),
        };
        let exchange = match reply.answer.exchange {
            Exchange::Answered { status } => status.to_string(),
            other => format!("{other:?}"),
        };
        let probe = if request.probe { " probe" } else { "" };
        let dies = reply.dies.map(|dies| format!(" dies {dies:?}")).unwrap_or_default();
        writeln!(out, "{:>6} {events} #{}{probe} {exchange}{dies}", time(request.at), request.attempt).unwrap();
    }
    if let Some(more) = world.requests.len().checked_sub(SHOWN).filter(|more| *more > 0) {
        let (last, reply) = world.requests.last().unwrap();
        let ended = reply.answer.exchange;
        writeln!(out, "       {more} more, the last at {} {ended:?}", time(last.at)).unwrap();
    }
    let mut taken: BTreeMap<EventId, usize> = BTreeMap::new();
    for (_, _, id) in &world.taken {
        *taken.entry(*id).or_default() += 1;
    }
    let twice = taken.values().filter(|times| **times > 1).count();
    writeln!(out, "taken {} of {}, twice {twice}", taken.len(), world.sent.len()).unwrap();
    let mut states: BTreeMap<String, usize> = BTreeMap::new();
    for record in world.records.values() {
        let state = match &record.state {
            RecordState::Claimed { .. } => "claimed".to_owned(),
            RecordState::Waiting { .. } => "waiting".to_owned(),
            RecordState::Delivered => "delivered".to_owned(),
            RecordState::Split { .. } => "split".to_owned(),
            RecordState::Parked { reason } => format!("parked {reason}"),
            RecordState::Held => "held".to_owned(),
        };
        *states.entry(state).or_default() += 1;
    }
    writeln!(out, "records {states:?}").unwrap();
    for (at, effect) in &world.effects {
        let effect = match effect {
            Effect::Began { .. } | Effect::Stopped if world.effects.len() > 12 => continue,
            Effect::Tell(notice) => {
                let off = notice.off_at.map(|at| format!(", off at {}", time(at))).unwrap_or_default();
                format!("tell {:?}{off}", notice.kind)
            }
            other => format!("{other:?}"),
        };
        writeln!(out, "{:>6} {effect}", time(*at)).unwrap();
    }
    let state = match &world.webhook.health.state {
        State::Active => "active".to_owned(),
        State::Throttled { per_second, in_flight, .. } => format!("throttled to {per_second}/s, {in_flight} at a time"),
        State::Paused { since, probes, .. } => format!("paused since {}, {probes} probes", time(*since)),
        State::Disabled { since, reason, .. } => format!("disabled since {}: {reason:?}", time(*since)),
    };
    let failing = world.webhook.health.failing.as_ref();
    let failing = failing.map(|it| format!(", failing since {}", time(it.since))).unwrap_or_default();
    writeln!(out, "webhook {state}{failing}\n").unwrap();
    out
}
