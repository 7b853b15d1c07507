//! What each inbound means for customer, conversation and the events of it: tables of steps, played one after another.

#![expect(clippy::unwrap_used, reason = "helpers outside of test functions")]

use flow::{Begin, Bot, Channel, Late, Session, Stepped, Stored, StoredRef};
use model::{
    Agent, AgentCalls, AgentProfile, EpochMillis, EventData, Inbound, InboundId, InboundKind, MessageData, Meta,
    Params, PlatformType,
};
use serde_json::{Value, json};

const HOUR: i64 = 3_600_000;
const SYNCHRONOUS: Channel = Channel {
    synchronous: true,
    late: Late::Keep,
    numbers_choices: false,
    agents: AgentCalls::Taken,
    beyond_plan: false,
};

/// A bot that greets, and then says back what it hears.
fn bot(restore: bool) -> Bot {
    let say = |id: u64, text: &str, next: u64| json!({ "id": id, "type": "response", "data": { "message": { "type": "text", "text": text } }, "next": [{ "nodeId": next }] });
    let nodes = json!([
        { "id": 1, "type": "entry", "data": {}, "next": [{ "nodeId": 2 }] },
        say(2, "hello", 3),
        { "id": 3, "type": "keyboard", "data": { "type": "any" }, "next": [
            { "nodeId": 5, "where": { "message": { "equals": "name" } }, "priority": 2 }, { "nodeId": 4 }] },
        say(4, "{{message.text}}", 3),
        { "id": 5, "type": "parameter", "data": { "type": "set", "set": [{ "key": "name", "value": "x" }] }, "next": [{ "nodeId": 4 }] },
    ]);
    Bot::read(&json!({
        "title": "t", "flows": [{ "id": 1, "title": "s", "data": { "entry": 1 }, "nodes": nodes }],
        "preference": { "entryFlowId": 1, "fallbackFlowId": 1, "sessionBehavior": {
            "restoreNavigation": restore, "welcomeOnSessionStart": true, "welcomeOnMessageWithoutSession": true } },
    }))
    .unwrap()
}

struct Play {
    bot: Bot,
    session: Option<Session>,
    now: EpochMillis,
    channel: Channel,
}

/// What a step led to: names of the events without `bot.`, and the texts that were said.
type Told = (Vec<String>, Vec<String>);

impl Play {
    fn new() -> Self {
        Self { bot: bot(false), session: None, now: EpochMillis(1_780_300_000_000), channel: Channel::default() }
    }

    fn inbound(&self, id: &str, kind: InboundKind) -> Inbound {
        let bot_id = "Bxxxxx".parse().unwrap();
        Inbound {
            id: InboundId::of(&bot_id, PlatformType::Line, id),
            bot_id,
            platform: PlatformType::Line,
            user_key: "U1".parse().unwrap(),
            conversation_key: "U1".parse().unwrap(),
            timestamp: self.now,
            received_at: self.now,
            answer_by: None,
            reply_to: Value::Null,
            kind,
        }
    }

    fn step(&mut self, id: &str, kind: InboundKind) -> Option<Told> {
        let inbound = self.inbound(id, kind);
        self.take(&inbound)
    }

    /// `None`: nothing to do.
    fn take(&mut self, inbound: &Inbound) -> Option<Told> {
        let before = self.session.clone();
        let mut handling = match flow::begin(&self.bot, before, inbound, self.channel, self.now) {
            Begin::Run(handling) => handling,
            Begin::Nothing => return None,
            Begin::Again(_) => return Some((vec!["again".to_owned()], Vec::new())),
        };
        let Stepped::Done { session, problems } = handling.step(None) else { panic!("it asks nothing") };
        assert!(problems.is_empty(), "{problems:?}");
        // What is stored can be read again, and is the same.
        let json = serde_json::to_string(&StoredRef::V1(&session)).unwrap();
        let Stored::V1(read) = serde_json::from_str(&json).unwrap();
        assert_eq!(read, session);
        let turn = session.turns.last().unwrap();
        let events =
            turn.events.iter().map(|event| event.event.as_str().trim_start_matches("bot.").to_owned()).collect();
        let said = turn.reply.messages.iter().map(|message| match &message.data {
            MessageData::Text { text, .. } => text.clone(),
            other => panic!("{other:?}"),
        });
        let told = (events, said.collect());
        self.session = Some(*session);
        Some(told)
    }
}

fn says(text: &str) -> InboundKind {
    InboundKind::Message { platform_message_id: None, data: MessageData::text(text), meta: Box::default() }
}

fn told(events: &str, said: &[&str]) -> Option<Told> {
    Some((events.split_whitespace().map(str::to_owned).collect(), said.iter().map(|text| (*text).to_owned()).collect()))
}

fn late_of(play: &Play, id: &str) -> InboundKind {
    InboundKind::Late { of: play.inbound(id, InboundKind::opened()).id }
}

#[test]
fn a_customer_comes_talks_leaves_and_comes_back() {
    let mut play = Play::new();
    assert_eq!(
        play.step("1", says("hi")),
        told("end_user.created conversation.created message.received message.sent", &["hello"])
    );
    assert_eq!(play.step("2", says("a")), told("message.received message.sent", &["a"]));
    assert_eq!(
        play.step("3", says("name")),
        told("message.received end_user.updated conversation.updated message.sent", &["name"])
    );
    assert_eq!(play.step("4", says("name")), told("message.received message.sent", &["name"]), "nothing changed");
    assert_eq!(play.step("5", InboundKind::left()), told("conversation.deleted end_user.deleted", &[]));
    assert!(play.session.as_ref().unwrap().end_user.deleted_at.is_some());
    assert_eq!(
        play.step("6", says("hi")),
        told("end_user.created end_user.updated conversation.created message.received message.sent", &["hello"])
    );
    let user = &play.session.as_ref().unwrap().end_user;
    assert_eq!((user.deleted_at, &user.params["name"]), (None, &json!("x")), "params outlive conversations");
}

#[test]
fn a_conversation_ends_after_a_day_without_a_message() {
    let mut play = Play::new();
    play.step("1", says("hi"));
    let first = play.session.as_ref().unwrap().talk.as_ref().unwrap().id;
    play.now = play.now.plus_ms(24 * HOUR - 1);
    assert_eq!(play.step("2", says("a")), told("message.received message.sent", &["a"]));
    play.now = play.now.plus_ms(24 * HOUR);
    assert_eq!(
        play.step("3", says("b")),
        told("conversation.deleted end_user.updated conversation.created message.received message.sent", &["hello"])
    );
    // The expiry of the first one comes when it is long over.
    assert_eq!(play.step("4", InboundKind::Expired { conversation_id: first }), None);
    let second = play.session.as_ref().unwrap().talk.as_ref().unwrap().id;
    assert_eq!(play.step("5", InboundKind::Expired { conversation_id: second }), None, "too early");
    play.now = play.now.plus_ms(24 * HOUR);
    assert_eq!(play.step("6", InboundKind::Expired { conversation_id: second }), told("conversation.deleted", &[]));
    assert_eq!(play.step("7", InboundKind::closed()), None, "there is none to close");
}

#[test]
fn a_conversation_goes_on_where_the_last_one_stood_if_the_bot_wants_it() {
    let mut play = Play { bot: bot(true), ..Play::new() };
    play.step("1", says("hi"));
    play.now = play.now.plus_ms(24 * HOUR);
    let (_, said) = play.step("2", says("b")).unwrap();
    assert_eq!(said, ["b"], "the keyboard was still waiting");
}

#[test]
fn friends_and_rooms() {
    let mut play = Play::new();
    let params = Params::from_iter([("k".to_owned(), json!("v"))]);
    let joined = InboundKind::Joined { params };
    assert_eq!(play.step("1", joined.clone()), told("end_user.created", &[]), "nobody to answer, no conversation");
    assert_eq!(play.step("2", joined.clone()), told("end_user.updated", &[]));
    let mut answerable = play.inbound("3", joined);
    answerable.reply_to = json!({ "token": "t" });
    assert_eq!(play.take(&answerable), told("end_user.updated conversation.created message.sent", &["hello"]));
    assert_eq!(play.step("4", InboundKind::opened()), told("message.sent", &["hello"]));
    assert_eq!(play.step("5", InboundKind::closed()), told("conversation.deleted", &[]));
    assert_eq!(Play::new().step("1", InboundKind::left()), told("end_user.deleted", &[]));
    assert_eq!(Play::new().step("1", InboundKind::closed()), None);
    assert_eq!(
        Play::new().step("1", InboundKind::opened()),
        told("end_user.created conversation.created message.sent", &["hello"])
    );
}

#[test]
fn the_bot_is_silent_while_a_human_owns_the_conversation() {
    let mut play = Play::new();
    let meta = Box::new(Meta { standby: true, ..Meta::default() });
    let heard = InboundKind::Message { platform_message_id: None, data: MessageData::text("x"), meta };
    assert_eq!(play.step("1", heard), told("end_user.created conversation.created message.received", &[]));
}

#[test]
fn a_room_is_one_conversation_of_many_customers() {
    let mut play = Play::new();
    let mut said = play.inbound("1", says("hi"));
    said.conversation_key = "C1".parse().unwrap();
    assert_eq!(play.take(&said), told("conversation.created message.received message.sent", &["hello"]));
    let session = play.session.as_ref().unwrap();
    assert_eq!(session.end_user.id, said.session_id());
    let EventData::Message(message) = &session.turns[0].events[1].data else { panic!("the second is the message") };
    assert_eq!(message.end_user_id, said.end_user_id(), "the customer who spoke");
}

#[test]
fn what_was_handled_is_known() {
    let mut play = Play::new();
    play.step("1", says("hi"));
    assert_eq!(play.step("1", says("hi")), told("again", &[]), "its actions may be unfinished");
    play.step("2", says("a"));
    assert_eq!(play.step("1", says("hi")), None, "a later turn was begun only after all was done");
    for n in 3..=33 {
        play.step(&n.to_string(), says("a"));
    }
    assert_eq!(play.step("2", says("a")), None, "31 later it is still known");
    assert_eq!(play.session.as_ref().unwrap().turns.len(), 1);
}

#[test]
fn turns_that_somebody_still_wants_are_kept() {
    let mut play = Play::new();
    play.step("1", says("hi"));
    play.session.as_mut().unwrap().turns[0].owed = true;
    play.step("2", says("a"));
    play.step("3", says("b"));
    let ids = |play: &Play| play.session.as_ref().unwrap().turns.len();
    assert_eq!(ids(&play), 2, "the owed one and the last");

    let mut play = Play::new();
    play.channel = SYNCHRONOUS;
    for n in 0..30 {
        play.step(&n.to_string(), says("a"));
    }
    assert_eq!(ids(&play), 10, "some request may still look for them");
    play.now = play.now.plus_ms(60_000);
    play.step("later", says("a"));
    assert_eq!(ids(&play), 1);
}

#[test]
fn a_late_reply_goes_before_the_next_one() {
    let mut play = Play::new();
    play.channel = SYNCHRONOUS;
    play.step("1", says("hi"));
    let late = late_of(&play, "1");
    assert_eq!(play.step("late 1", late.clone()), told("", &[]));
    assert_eq!(play.step("late 1", late), told("again", &[]));
    assert_eq!(play.session.as_ref().unwrap().late.len(), 1);
    assert_eq!(play.step("2", says("a")), told("message.received message.sent", &["hello", "a"]));
    assert_eq!(play.step("3", InboundKind::Collect), told("", &[]), "all is said");

    let late = late_of(&play, "2");
    play.step("late 2", late);
    assert_eq!(play.step("4", InboundKind::Collect), told("", &["hello", "a"]));
    let late = late_of(&play, "4");
    play.step("late 4", late);
    play.now = play.now.plus_ms(30 * 60_000);
    assert_eq!(play.step("5", InboundKind::Collect), told("", &[]), "after half an hour nobody remembers the question");
}

#[test]
fn a_late_reply_is_sent_where_there_is_a_way() {
    let mut play = Play::new();
    play.channel = SYNCHRONOUS;
    play.step("1", says("hi"));
    play.channel.late = Late::Send;
    let late = late_of(&play, "1");
    assert_eq!(play.step("late 1", late), told("", &["hello"]));
    let session = play.session.as_ref().unwrap();
    assert!(session.late.is_empty() && session.turns.last().unwrap().late);
    // A turn that is not there any more, or said nothing, has nothing to be late with.
    let unknown = late_of(&play, "unknown");
    assert_eq!(play.step("late unknown", unknown), None);
}

#[test]
fn version_1_of_the_stored_form() {
    let golden: Value = serde_json::from_str(include_str!("stored/session_v1.json")).unwrap();
    assert!(["turns", "late", "talk", "seen"].iter().all(|key| !golden[key].is_null()), "it shows everything");
    let Stored::V1(session) = serde_json::from_value(golden.clone()).unwrap();
    assert_eq!(serde_json::to_value(StoredRef::V1(&session)).unwrap(), golden);
}

fn params(params: Value) -> Params {
    let Value::Object(params) = params else { panic!("an object") };
    params
}

#[test]
fn a_room_that_is_entered_again_is_welcomed_once() {
    let mut play = Play::new();
    let enter = |from: &str| InboundKind::Opened { params: params(json!({ "from": from })), once: true };
    assert_eq!(
        play.step("1", enter("a")),
        told("end_user.created conversation.created message.sent", &["hello"]),
        "a first time"
    );
    assert_eq!(play.step("2", enter("a")), told("", &[]), "nothing new");
    assert_eq!(play.step("3", enter("b")), told("conversation.updated", &[]));
    assert_eq!(play.session.as_ref().unwrap().end_user.params["from"], "b");
    play.step("4", InboundKind::closed());
    assert_eq!(
        play.step("5", enter("b")),
        told("end_user.updated conversation.created message.sent", &["hello"]),
        "another conversation"
    );
}

#[test]
fn what_the_messenger_tells_of_a_customer_is_kept_and_taken_away() {
    let mut play = Play::new();
    let update = |value: Value| InboundKind::Updated { params: params(value) };
    assert_eq!(play.step("1", update(json!({ "nickname": "x", "age": 3 }))), told("end_user.created", &[]));
    assert_eq!(play.step("2", update(json!({ "nickname": null }))), told("end_user.updated", &[]));
    assert_eq!(play.session.as_ref().unwrap().end_user.params, params(json!({ "age": 3 })));
}

#[test]
fn who_is_no_friend_any_more_may_go_on_talking() {
    let mut play = Play::new();
    play.step("1", says("hi"));
    let unfriended = InboundKind::Unfriended { params: params(json!({ "friend": false })) };
    assert_eq!(play.step("2", unfriended), told("end_user.deleted", &[]));
    assert!(play.session.as_ref().unwrap().end_user.deleted_at.is_some());
    let update = InboundKind::Updated { params: params(json!({ "age": 3 })) };
    assert_eq!(play.step("3", update.clone()), told("", &[]), "nobody came back by that");
    assert_eq!(play.step("4", update), None);
    assert_eq!(play.step("5", says("a")), told("end_user.created message.received message.sent", &["a"]));
}

#[test]
fn while_an_agent_talks_the_bot_is_silent() {
    let echo = || {
        let meta = json!({ "sender": { "userKey": "Kim", "platform": "line" } });
        let meta = serde_json::from_value(meta).unwrap();
        InboundKind::Echo { platform_message_id: None, data: MessageData::text("agent"), meta }
    };
    let left = || InboundKind::AgentLeft { params: Params::new(), conversation_id: None };
    let mut play = Play::new();
    play.step("1", says("hi"));
    assert_eq!(play.step("2", echo()), told("conversation.agent_call_connected message.sent", &[]));
    let turn = play.session.as_ref().unwrap().turns.last().unwrap();
    let EventData::Message(message) = &turn.events[1].data else { panic!("a message") };
    assert!(!message.is_user);
    assert_eq!(message.meta.as_ref().unwrap().sender.as_ref().unwrap().user_key, "Kim");
    assert_eq!(play.step("3", echo()), told("message.sent", &[]), "connected once");
    assert_eq!(play.step("4", says("a")), told("message.received", &[]));
    assert_eq!(play.step("5", left()), told("conversation.agent_call_disconnected", &[]));
    assert_eq!(play.step("6", says("a")), told("message.received message.sent", &["hello"]), "the bot begins again");
    // An agent who never takes leave.
    play.step("7", echo());
    play.now = play.now.plus_ms(HOUR - 1);
    assert_eq!(play.step("8", says("a")), told("message.received", &[]));
    play.now = play.now.plus_ms(1);
    assert_eq!(
        play.step("9", says("b")),
        told("message.received conversation.agent_call_disconnected message.sent", &["hello"])
    );
    assert_eq!(Play::new().step("1", left()), None, "nobody to leave");
    let params = params(json!({ "from": "b" }));
    assert_eq!(
        Play::new().step("1", InboundKind::AgentLeft { params, conversation_id: None }),
        None,
        "nor to learn of"
    );
}

/// A bot whose first words call an agent, and whose flow 2 says goodbye.
fn calling(completed_flow: Option<u64>) -> Bot {
    let say = |id: u64, text: &str| json!({ "id": id, "type": "response", "data": { "message": { "type": "text", "text": text } }, "next": [{ "nodeId": 4 }] });
    let nodes = json!([
        { "id": 1, "type": "entry", "data": {}, "next": [{ "nodeId": 2 }] },
        { "id": 2, "type": "manual", "data": { "messages": { "default": { "message": { "type": "text", "text": "wait" } } } }, "next": [{ "nodeId": 3 }] },
        say(3, "cancelled"),
        { "id": 4, "type": "keyboard", "data": { "type": "any" }, "next": [{ "nodeId": 2 }] },
    ]);
    let bye = json!([{ "id": 1, "type": "entry", "data": {}, "next": [{ "nodeId": 3 }] }, say(3, "bye"),
        { "id": 4, "type": "keyboard", "data": { "type": "any" }, "next": [{ "nodeId": 3 }] }]);
    Bot::read(&json!({
        "title": "t",
        "flows": [{ "id": 1, "title": "s", "data": { "entry": 1 }, "nodes": nodes }, { "id": 2, "title": "e", "data": { "entry": 1 }, "nodes": bye }],
        "preference": { "entryFlowId": 1, "fallbackFlowId": 1, "agentCall": { "completedFlowId": completed_flow } },
    }))
    .unwrap()
}

fn kim() -> Agent {
    Agent { id: "a1".to_owned(), profile: AgentProfile { display_name: "Kim".to_owned(), picture: None } }
}

/// What the company does by our API.
#[test]
fn an_agent_is_called_comes_speaks_and_goes() {
    let joined = || InboundKind::AgentJoined { agent: kim(), conversation_id: None };
    let said = || InboundKind::AgentSaid {
        agent: kim(),
        data: MessageData::text("hello, I am Kim"),
        custom: None,
        conversation_id: None,
    };
    let left = || InboundKind::AgentLeft { params: Params::new(), conversation_id: None };
    let begun = "end_user.created conversation.created message.received conversation.agent_call_requested message.sent";
    let called = "message.received conversation.agent_call_requested message.sent";
    for (completed_flow, at_the_end, then) in [
        (None, told("conversation.agent_call_disconnected", &[]), told(called, &["wait"])),
        (
            Some(2),
            told("conversation.agent_call_disconnected message.sent", &["bye"]),
            told("message.received message.sent", &["bye"]),
        ),
    ] {
        let mut play = Play { bot: calling(completed_flow), ..Play::new() };
        assert_eq!(play.step("0", said()), None, "nobody to speak to");
        assert_eq!(play.step("1", says("hi")), told(begun, &["wait"]));
        let session = play.session.as_ref().unwrap();
        assert!(session.turns.last().unwrap().reply.hand_over);
        assert_eq!(session.turns.last().unwrap().reply.keyboard.as_ref().unwrap().buttons[0].label, "취소");
        assert_eq!(play.step("2", says("quick")), told("message.received", &[]));
        assert_eq!(play.step("3", joined()), told("conversation.agent_call_connected", &[]));
        assert_eq!(play.step("4", says("취소")), told("message.received", &[]), "too late");
        assert_eq!(play.step("5", said()), told("message.sent", &["hello, I am Kim"]));
        let turn = play.session.as_ref().unwrap().turns.last().unwrap().clone();
        let EventData::Message(message) = &turn.events[0].data else { panic!("a message") };
        let meta = serde_json::to_value(message.meta.as_ref().unwrap()).unwrap();
        assert_eq!(meta["sender"], json!({ "userKey": "a1", "platform": "closer-chat" }));
        assert_eq!(meta["persona"]["displayName"], "Kim");
        assert_eq!(play.step("6", left()), at_the_end);
        assert_eq!(play.step("7", left()), None, "once");
        assert_eq!(play.step("8", says("more")), then);
    }
}

#[test]
fn an_agent_call_ends_without_an_agent() {
    let mut play = Play { bot: calling(None), ..Play::new() };
    play.step("1", says("hi"));
    let cancelled = "message.received conversation.agent_call_cancelled message.sent";
    assert_eq!(play.step("2", says("취소")), told(cancelled, &["cancelled"]));
    let context = |play: &Play| json!(play.session.as_ref().unwrap().conversation(play.now).unwrap().context.unwrap());
    assert_eq!(context(&play)["manual"]["status"], "CANCELLED");
    play.step("3", says("hi"));
    assert_eq!(context(&play)["manual"]["status"], "PENDING");
    // The company has nobody, and says so.
    let left = InboundKind::AgentLeft { params: Params::new(), conversation_id: None };
    assert_eq!(play.step("4", left), told("conversation.agent_call_cancelled", &[]), "nobody came");
    play.step("5", says("hi"));
    let moved = InboundKind::Moved { flow_id: 2, node_id: None, conversation_id: None };
    assert_eq!(play.step("6", moved), told("conversation.agent_call_cancelled message.sent", &["bye"]));
    assert_eq!(play.step("7", says("hi")), told("message.received message.sent", &["bye"]));
}

/// The agent-call node is taken out of the bot while the agent talks.
#[test]
fn a_call_whose_node_is_gone_ends_in_the_fallback_flow() {
    let mut play = Play { bot: calling(None), ..Play::new() };
    play.step("1", says("hi"));
    play.step("2", InboundKind::AgentJoined { agent: kim(), conversation_id: None });
    play.step("3", InboundKind::AgentLeft { params: Params::new(), conversation_id: None });
    play.bot = bot(false);
    assert_eq!(play.step("4", says("hi")).unwrap().1, ["hello"]);
    assert_eq!(play.step("5", says("a")).unwrap().1, ["a"]);
}

#[test]
fn an_agent_who_goes_without_a_word_leaves_the_flow_for_the_end() {
    let mut play = Play { bot: calling(Some(2)), ..Play::new() };
    play.step("1", says("hi"));
    play.step("2", InboundKind::AgentJoined { agent: kim(), conversation_id: None });
    play.now = play.now.plus_ms(HOUR);
    assert_eq!(
        play.step("3", says("hi")),
        told("message.received conversation.agent_call_disconnected message.sent", &["bye"])
    );
}

#[test]
fn an_old_button_does_not_end_a_call() {
    let nodes = json!([
        { "id": 1, "type": "entry", "next": [{ "nodeId": 2 }] },
        { "id": 2, "type": "response", "data": { "message": { "type": "text", "text": "hello",
            "buttons": [{ "type": "goto", "label": "home", "flowId": 1, "params": { "home": "yes" } }] } }, "next": [{ "nodeId": 3 }] },
        { "id": 3, "type": "keyboard", "next": [{ "nodeId": 4 }] },
        { "id": 4, "type": "manual" },
    ]);
    let bot = Bot::read(&json!({ "flows": [{ "id": 1, "nodes": nodes }] })).unwrap();
    let mut play = Play { bot, ..Play::new() };
    play.step("1", says("hi"));
    play.step("2", says("agent"));
    assert_eq!(play.step("3", says("home")), told("message.received", &[]), "the customer waits");
    assert!(play.session.as_ref().unwrap().end_user.params.is_empty());
    let (events, _) = play.step("4", says("취소")).unwrap();
    assert!(events.contains(&"conversation.agent_call_cancelled".to_owned()));
}

/// Too many parameters are as if none had been set, or each turn to come would fail.
#[test]
fn parameters_that_are_too_many_are_not_kept() {
    let set = |id: u64, key: &str, size: usize, next: u64| {
        json!({ "id": id, "type": "parameter", "next": [{ "nodeId": next }],
            "data": { "set": [{ "key": key, "value": "x".repeat(size) }] } })
    };
    let nodes = json!([
        { "id": 1, "type": "entry", "next": [
            { "nodeId": 2, "where": { "message": { "equals": "much" } } },
            { "nodeId": 5, "where": { "message": { "equals": "key" } } }, { "nodeId": 4 }] },
        set(2, "a", 20_000, 3), set(3, "b", 20_000, 4), set(5, &"k".repeat(40_000), 1, 4),
        { "id": 4, "type": "response", "data": { "message": { "type": "text", "text": "fine" } } },
    ]);
    let bot = Bot::read(&json!({ "flows": [{ "id": 1, "nodes": nodes }] })).unwrap();
    let mut play = Play { bot, ..Play::new() };
    for (id, text) in ["much", "key"].into_iter().enumerate() {
        let inbound = play.inbound(&id.to_string(), says(text));
        let before = play.session.take();
        let Begin::Run(mut handling) = flow::begin(&play.bot, before, &inbound, play.channel, play.now) else {
            panic!("it runs")
        };
        let Stepped::Done { session, problems } = handling.step(None) else { panic!("it asks nothing") };
        assert!(problems[0].what.contains("parameters"), "{problems:?}");
        assert!(session.end_user.params.is_empty());
        play.session = Some(*session);
    }
    assert_eq!(play.step("2", says("hi")).unwrap().1, ["fine"]);
}

#[test]
fn an_agent_who_came_unasked_leaves_the_bot_at_its_start_or_in_the_flow_he_chose() {
    let joined = || InboundKind::AgentJoined { agent: kim(), conversation_id: None };
    let left = || InboundKind::AgentLeft { params: Params::new(), conversation_id: None };
    let mut play = Play { bot: calling(None), ..Play::new() };
    play.step("1", says("hi"));
    play.step("2", says("취소"));
    play.step("3", joined());
    play.step("4", left());
    assert_eq!(play.step("5", says("hi")).unwrap().1, ["wait"], "the start");
    play.step("6", says("취소"));
    play.step("7", joined());
    assert_eq!(
        play.step("8", InboundKind::Moved { flow_id: 2, node_id: Some(3), conversation_id: None }),
        told("message.sent", &["bye"])
    );
    assert_eq!(play.step("9", says("hi")), told("message.received", &[]), "the agent is still there");
    play.step("10", left());
    assert_eq!(play.step("11", says("hi")), told("message.received message.sent", &["bye"]), "that flow goes on");
}

#[test]
fn a_conversation_that_is_an_agents_ends_for_the_agent_too() {
    let agents = || {
        let mut play = Play::new();
        play.step("1", says("hi"));
        let meta = Box::default();
        play.step("2", InboundKind::Echo { platform_message_id: None, data: MessageData::text("agent"), meta });
        play
    };
    let mut answerable = agents().inbound("3", InboundKind::Joined { params: Params::new() });
    answerable.reply_to = json!({ "token": "t" });
    assert_eq!(agents().step("3", InboundKind::opened()), told("", &[]), "no welcome into an agent's words");
    assert_eq!(agents().take(&answerable), told("end_user.updated", &[]));
    let ended = "conversation.agent_call_disconnected conversation.deleted";
    assert_eq!(agents().step("3", InboundKind::closed()), told(ended, &[]));
    let mut play = agents();
    play.now = play.now.plus_ms(24 * HOUR);
    let begun = format!("{ended} end_user.updated conversation.created message.sent");
    assert_eq!(play.step("3", InboundKind::opened()), told(&begun, &["hello"]));
}

#[test]
fn only_the_conversation_that_was_meant_is_closed() {
    let mut play = Play::new();
    play.step("1", says("hi"));
    let first = play.session.as_ref().unwrap().talk.as_ref().unwrap().id;
    let close = || InboundKind::Closed { conversation_id: Some(first) };
    assert_eq!(play.step("2", close()), told("conversation.deleted", &[]));
    play.now = play.now.plus_ms(1);
    play.step("3", says("hi"));
    assert_eq!(play.step("4", close()), None, "another has begun");
}

#[test]
fn what_a_messenger_tells_beside_a_message_can_be_asked_for() {
    let nodes = json!([
        { "id": 1, "type": "entry", "data": {}, "next": [{ "nodeId": 2 }] },
        { "id": 2, "type": "response", "data": { "message": { "type": "text", "text": "{{message.meta.kakao.isFriend}}" } },
            "next": [{ "nodeId": 3 }] },
        { "id": 3, "type": "keyboard", "data": { "type": "any" }, "next": [{ "nodeId": 2 }] },
    ]);
    let bot = Bot::read(&json!({ "flows": [{ "id": 1, "nodes": nodes }] })).unwrap();
    let mut play = Play { bot, ..Play::new() };
    let meta = serde_json::from_value(json!({ "kakao": { "isFriend": true } })).unwrap();
    let friend = InboundKind::Message { platform_message_id: None, data: MessageData::text("a"), meta };
    assert_eq!(play.step("1", friend).unwrap().1, ["true"]);
}

/// On channels without buttons, a number answers the bot that asks for one.
#[test]
fn a_number_is_an_answer_where_one_is_asked_for() {
    let node = |id: u64, data: Value, next: u64| json!({ "id": id, "type": "response", "data": { "message": data }, "next": [{ "nodeId": next }] });
    let nodes = json!([
        { "id": 1, "type": "entry", "data": {}, "next": [{ "nodeId": 2 }] },
        node(2, json!({ "type": "text", "text": "how many?", "buttons": [{ "label": "stop" }, { "label": "one" }] }), 3),
        { "id": 3, "type": "keyboard", "data": { "type": "number" }, "next": [{ "nodeId": 4 }] },
        node(4, json!({ "type": "text", "text": "{{message.text}} {{keyboard.value}}" }), 3),
    ]);
    let bot = json!({
        "title": "t", "flows": [{ "id": 1, "title": "s", "data": { "entry": 1 }, "nodes": nodes }],
        "preference": { "entryFlowId": 1, "fallbackFlowId": 1, "sessionBehavior": { "welcomeOnSessionStart": true } },
    });
    for (text, expected) in [("2", "2 2"), ("stop", "stop ")] {
        let mut play = Play { bot: Bot::read(&bot).unwrap(), ..Play::new() };
        play.channel.numbers_choices = true;
        play.step("1", InboundKind::opened());
        assert_eq!(play.step("2", says(text)).unwrap().1, [expected]);
    }
}

/// A bot that offers three choices, two of one label.
fn choosy() -> Bot {
    let button = |label: &str, payload: Value| json!({ "type": "postback", "label": label, "payload": payload });
    let nodes = json!([
        { "id": 1, "type": "entry", "data": {}, "next": [{ "nodeId": 2 }] },
        { "id": 2, "type": "response", "data": { "message": { "type": "cards", "cards": [
            { "title": "a", "buttons": [button("buy", json!("{\"item\":\"a\"}"))] },
            { "title": "b", "buttons": [button("buy", json!("{\"item\":\"b\"}"))] }] } }, "next": [{ "nodeId": 3 }] },
        { "id": 3, "type": "keyboard", "data": { "type": "any", "buttons": [{ "label": "No, Thanks" }] }, "next": [{ "nodeId": 4 }] },
        { "id": 4, "type": "response", "data": { "message": { "type": "text", "text": "{{message.text}} {{message.payload.item}}" } },
            "next": [{ "nodeId": 5 }] },
        { "id": 5, "type": "keyboard", "data": { "type": "any" }, "next": [{ "nodeId": 4 }] },
    ]);
    Bot::read(&json!({
        "title": "t", "flows": [{ "id": 1, "title": "s", "data": { "entry": 1 }, "nodes": nodes }],
        "preference": { "entryFlowId": 1, "fallbackFlowId": 1, "sessionBehavior": {
            "welcomeOnSessionStart": true, "welcomeOnMessageWithoutSession": true } },
    }))
    .unwrap()
}

#[test]
fn choices_are_understood_by_number_label_or_reference() {
    let pressed = |payload: String| InboundKind::Message {
        platform_message_id: None,
        data: MessageData::text("bu…"),
        meta: Box::new(Meta { payload: Some(json!(payload)), ..Meta::default() }),
    };
    let reference = |item: &str| model::reference("buy", Some(&json!(format!("{{\"item\":\"{item}\"}}"))));
    for (numbers_choices, kind, expected, heard) in [
        (true, says("1"), "buy a", "1"),
        (true, says(" ②"), "buy b", " ②"),
        (true, says("3번"), "No, Thanks ", "3번"),
        (true, says("no,thanks"), "No, Thanks ", "no,thanks"),
        (true, says("4"), "4 ", "4"),
        (false, says("1"), "1 ", "1"),
        (false, says("buy"), "buy b", "buy"),
        (false, pressed(reference("a")), "buy a", "buy"),
        (false, pressed(reference("b")), "buy b", "buy"),
        (false, pressed(reference("c")), "bu… ", "bu…"),
    ] {
        let mut play = Play { bot: choosy(), ..Play::new() };
        play.channel.numbers_choices = numbers_choices;
        let inbound = play.inbound("1", InboundKind::opened());
        let Begin::Run(mut handling) = flow::begin(&play.bot, None, &inbound, play.channel, play.now) else {
            panic!("it runs")
        };
        let Stepped::Done { session, .. } = handling.step(None) else { panic!("it asks nothing") };
        play.session = Some(*session);
        let told = play.step("2", kind.clone());
        assert_eq!(told.unwrap().1, [expected], "{kind:?}");
        let EventData::Message(message) = &play.session.as_ref().unwrap().turns.last().unwrap().events[0].data else {
            panic!("a message")
        };
        assert_eq!(message.data, MessageData::text(heard), "{kind:?}");
    }
}

#[test]
fn what_a_template_masks_is_said_and_not_told() {
    let text = "{{MASK(\"Kim\")}} {{MASK(\"1234\", \"10m\")}}";
    let bot = json!({ "id": 1, "nodes": [{ "id": 1, "type": "entry", "next": [{ "nodeId": 2 }] },
        { "id": 2, "type": "response", "next": [{ "nodeId": 3 }], "data": {
            "message": { "text": text }, "meta": { "custom": "{{MASK(\"x\")}}" } } },
        { "id": 3, "type": "response", "data": { "message": { "text": "plain" } } }] });
    let mut play = Play { bot: Bot::read(&bot).unwrap(), ..Play::new() };
    let (_, said) = play.step("1", says("hi")).unwrap();
    assert_eq!(said, ["Kim 1234", "plain"]);
    let session = play.session.as_ref().unwrap();
    let told = session.turns.last().unwrap().events.iter().filter_map(|event| match &event.data {
        EventData::Message(message) if !message.is_user => Some(json!({ "data": message.data, "meta": message.meta })),
        _ => None,
    });
    let later =
        json!({ "at": play.now.plus_ms(600_000), "data": { "type": "text", "text": "*** ****" }, "custom": "*" });
    assert_eq!(
        told.collect::<Vec<_>>(),
        [
            json!({ "data": { "type": "text", "text": "*** 1234" }, "meta": { "custom": "*", "masks": [later] } }),
            json!({ "data": { "type": "text", "text": "plain" }, "meta": null }),
        ]
    );
}
