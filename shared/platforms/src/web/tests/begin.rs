//! How conversations begin, whoever dies or comes twice: each row is played against a worker that knows what it handled.

use model::{ConversationId, EpochMillis, Inbound, InboundId, InboundKind, Params};
use serde_json::{Value, json};

use super::web;
use crate::web::{Beginning, Begins, Connection, EventName, Open, Opening, Standing, Web};

const NOW: EpochMillis = EpochMillis(1_714_037_059_000);
const TIMEOUT_MS: i64 = 60_000;

/// What happens. An `open` has the name of its event, and of its restart if it is one; `""` is one without a name.
enum Step {
    Open(&'static str),
    Restart(&'static str, &'static str),
    /// The same, and whoever heard it dies before the queue hears of it.
    Dies(&'static str),
    RestartDies(&'static str, &'static str),
    /// Two that look at the same time.
    Both((&'static str, Option<&'static str>), (&'static str, Option<&'static str>)),
    /// The worker comes to everything.
    Work,
    /// Milliseconds.
    Pass(i64),
    /// The conversation is ended by somebody else.
    End,
}

struct Play {
    web: Web,
    now: EpochMillis,
    announced: Option<String>,
    queue: Vec<Inbound>,
    handled: Vec<InboundId>,
    live: Option<(ConversationId, EpochMillis)>,
    last: Option<ConversationId>,
    began: usize,
    ended: usize,
    /// What the last `open` was told.
    told: Option<ConversationId>,
}

impl Play {
    fn new() -> Self {
        let (web, now) = (web(), NOW);
        let (queue, handled) = (Vec::new(), Vec::new());
        Self { web, now, announced: None, queue, handled, live: None, last: None, began: 0, ended: 0, told: None }
    }

    fn look(&self, (event, restart): (&str, Option<&str>), params: &Value, lost: Option<&Beginning>) -> Opening {
        let live = self.live.filter(|(_, at)| self.now.since(*at) < TIMEOUT_MS).map(|(id, _)| id);
        let announced = self.announced.as_deref().and_then(Beginning::read);
        let was_handled = |id| self.handled.contains(&id);
        let is_awaited = announced.as_ref().is_some_and(|announced| {
            self.web.is_awaited(announced, (live, self.last), was_handled, TIMEOUT_MS, self.now)
        });
        let open = Open {
            restart: restart.is_some(),
            restart_id: restart.filter(|name| !name.is_empty()).map(str::to_owned),
            params: params.as_object().cloned().unwrap(),
            ..Open::default()
        };
        let connection = Connection {
            id: event.to_owned(),
            user_key: "member-1".parse().unwrap(),
            connected_at: NOW,
            opened: false,
        };
        let event = EventName { at: self.now, name: event.to_owned() };
        let params = Params::new();
        let standing = Standing { live, announced: announced.as_ref(), is_awaited, params: &params, lost };
        self.web.open(&open, &connection, &event, standing)
    }

    fn keep(&mut self, opening: &Opening) {
        if let Begins::Now(beginning) = &opening.begins {
            self.announced = Some(beginning.to_json());
        }
    }

    fn hear(&mut self, opening: Opening) {
        self.keep(&opening);
        self.told = Some(opening.conversation_id);
        self.queue.extend(opening.inbounds);
    }

    fn step(&mut self, step: &Step) {
        match *step {
            Step::Open(event) => self.hear(self.look((event, None), &json!({}), None)),
            Step::Restart(event, name) => self.hear(self.look((event, Some(name)), &json!({}), None)),
            Step::Dies(event) => self.keep(&self.look((event, None), &json!({}), None)),
            Step::RestartDies(event, name) => self.keep(&self.look((event, Some(name)), &json!({}), None)),
            Step::Both(one, two) => {
                let (first, lost) = (self.look(one, &json!({}), None), self.look(two, &json!({}), None));
                let told = first.conversation_id;
                self.hear(first);
                let Begins::Now(lost) = lost.begins else { panic!("it would begin nothing") };
                self.hear(self.look(two, &json!({}), Some(&lost)));
                assert_eq!(self.told, Some(told), "both are told the same");
            }
            Step::Work => self.work(),
            Step::Pass(ms) => self.now = self.now.plus_ms(ms),
            Step::End => self.live = None,
        }
    }

    fn work(&mut self) {
        for inbound in std::mem::take(&mut self.queue) {
            if self.handled.contains(&inbound.id) {
                continue;
            }
            self.handled.push(inbound.id);
            match inbound.kind {
                InboundKind::Closed { conversation_id } if self.live.map(|(id, _)| id) == conversation_id => {
                    self.live = None;
                    self.ended += 1;
                }
                InboundKind::Opened { once: true, .. } => {
                    let at = inbound.received_at;
                    if self.live.is_none_or(|(_, since)| at.since(since) >= TIMEOUT_MS) {
                        let id = ConversationId::of(inbound.id, at);
                        (self.live, self.last) = (Some((id, at)), Some(id));
                        self.began += 1;
                    }
                }
                _ => {}
            }
        }
    }
}

#[test]
fn what_is_begun_twice_begins_once() {
    use Step::{Both, Dies, End, Open, Pass, Restart, RestartDies, Work};
    for (note, steps, began, ended) in [
        ("one", vec![Open("a")], 1, 0),
        ("the same frame again, before the worker came", vec![Open("a"), Open("a")], 1, 0),
        ("and after", vec![Open("a"), Work, Open("a")], 1, 0),
        ("another tab, before the worker came", vec![Open("a"), Open("b")], 1, 0),
        ("another tab, after", vec![Open("a"), Work, Open("b")], 1, 0),
        ("two at once", vec![Both(("a", None), ("b", None))], 1, 0),
        ("announced, and the queue never heard of it", vec![Dies("a"), Open("b")], 1, 0),
        ("announced, and forgotten", vec![Dies("a"), Pass(TIMEOUT_MS), Open("b")], 1, 0),
        ("the next day", vec![Open("a"), Work, Pass(TIMEOUT_MS), Open("b")], 2, 0),
        ("after somebody ended it", vec![Open("a"), Work, End, Open("b")], 2, 0),
        ("a restart", vec![Open("a"), Work, Restart("b", "")], 2, 1),
        ("a restart before the worker came", vec![Open("a"), Restart("b", "")], 2, 1),
        ("a restart before the queue heard of the first", vec![Dies("a"), Restart("b", "")], 2, 1),
        ("a restart of nothing", vec![Restart("b", "")], 1, 0),
        ("its frame again", vec![Open("a"), Work, Restart("b", ""), Restart("b", "")], 2, 1),
        ("its frame again, after", vec![Open("a"), Work, Restart("b", ""), Work, Restart("b", "")], 2, 1),
        ("by another socket", vec![Open("a"), Work, Restart("b", "r"), Restart("c", "r")], 2, 1),
        ("by another socket, after", vec![Open("a"), Work, Restart("b", "r"), Work, Restart("c", "r")], 2, 1),
        ("died, and by another socket", vec![Open("a"), Work, RestartDies("b", "r"), Restart("c", "r")], 2, 1),
        ("died, and a plain one", vec![Open("a"), Work, RestartDies("b", "r"), Open("c")], 2, 1),
        ("a second restart", vec![Open("a"), Work, Restart("b", "r"), Work, Restart("c", "s")], 3, 2),
        ("a second one without a name", vec![Open("a"), Work, Restart("b", ""), Work, Restart("c", "")], 3, 2),
        ("two at once, of one", vec![Open("a"), Work, Both(("b", Some("")), ("c", Some("")))], 2, 1),
        ("two at once, of none", vec![Both(("b", Some("")), ("c", Some("")))], 1, 0),
    ] {
        let mut play = Play::new();
        for step in &steps {
            play.step(step);
        }
        play.work();
        assert_eq!((play.began, play.ended), (began, ended), "{note}");
        assert_eq!(play.live.map(|(id, _)| id), play.told, "{note}: what it was told is what there is");
    }
}

#[test]
fn what_an_open_tells_the_queue() {
    let kinds = |opening: &Opening| opening.inbounds.iter().map(|inbound| inbound.kind.name()).collect::<Vec<_>>();
    let (cart, none) = (json!({ "page": "/cart" }), json!({}));
    let mut play = Play::new();
    let first = play.look(("a", None), &cart, None);
    assert_eq!(kinds(&first), ["opened"]);
    play.hear(first.clone());
    for (note, event, params, expected) in [
        ("the same again", "a", &cart, &["opened"][..]),
        ("another, of the same page", "b", &cart, &["opened"]),
        ("another page", "b", &json!({ "page": "/" }), &["opened", "updated"]),
        ("nothing to take away", "b", &json!({ "x": null }), &["opened"]),
    ] {
        let opening = play.look((event, None), params, None);
        assert_eq!(kinds(&opening), expected, "{note}");
        assert_eq!((opening.begins, &opening.inbounds[0]), (Begins::Announced, &first.inbounds[0]), "{note}");
    }
    play.work();
    assert_eq!(kinds(&play.look(("b", None), &none, None)), [""; 0], "a lost connection costs no turn");
    assert_eq!(kinds(&play.look(("b", None), &cart, None)), ["updated"]);
    assert_eq!(kinds(&play.look(("b", Some("")), &none, None)), ["closed", "opened"]);
}

#[test]
fn what_is_kept_of_a_beginning_never_changes() {
    let ends = "0190a5a0-0000-7000-8000-000000000001";
    let all =
        json!({ "v": "1", "event": "c= m1", "at": NOW, "ends": ends, "restart": "r", "params": { "page": "/cart" } });
    for kept in [all, json!({ "v": "1", "event": "c= m1", "at": NOW })] {
        let beginning = Beginning::read(&kept.to_string()).unwrap();
        assert_eq!(serde_json::from_str::<Value>(&beginning.to_json()).unwrap(), kept);
        assert!(!format!("{beginning:?}").contains("cart"));
    }
    assert!(Beginning::read("{}").is_none());
}
