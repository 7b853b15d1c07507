//! Random histories of one FIFO queue, held against the rule said plainly.

use crate::clock::{Millis, Seconds};
use crate::{settle, wire};

use super::stage;

/// Plays random requests at random times, and holds every receive against what FIFO means.
#[test]
fn any_history_keeps_the_order_of_every_group() {
    for seed in 0..30 {
        let mut stage = stage("history.fifo", &[("DelaySeconds", if seed % 3 == 0 { "2" } else { "0" })]);
        let mut random = Random(seed);
        let mut model: Vec<Modelled> = Vec::new();
        let mut handed_out = 0;
        for step in 0..400 {
            let held: Vec<usize> = (0..model.len()).filter(|at| model[*at].is_in_flight(stage.now)).collect();
            match (random.below(6), held.is_empty()) {
                (0 | 1, _) | (4 | 5, true) => {
                    let group = ["a", "b", "c"][random.below(3)];
                    stage.send(group, &format!("{group}{step}"));
                    let visible = stage.now + Seconds(if seed % 3 == 0 { 2 } else { 0 });
                    model.push(Modelled { group, body: format!("{group}{step}"), visible, receipt: None });
                }
                (2, _) => {
                    let (most, visibility) = (1 + random.below(4), 1 + random.below(5));
                    let expected = available(&model, stage.now, most);
                    let look = stage.look(most as i64, visibility as i64);
                    let bodies: Vec<&String> = look.messages.iter().map(|message| &message.body).collect();
                    let expected_bodies: Vec<&String> = expected.iter().map(|at| &model[*at].body).collect();
                    assert_eq!(bodies, expected_bodies, "seed {seed}, step {step}");
                    handed_out += look.messages.len();
                    for (message, at) in look.messages.iter().zip(expected) {
                        model[at].visible = stage.now + Seconds(visibility as i64);
                        model[at].receipt = Some(message.receipt_handle.clone());
                    }
                }
                (4, false) => {
                    let message = model.remove(held[random.below(held.len())]);
                    let input = wire::Delete {
                        queue_url: stage.url.clone(),
                        receipt_handle: message.receipt,
                        ..wire::Delete::default()
                    };
                    stage.change(|change| settle::delete(change, &input));
                }
                (5, false) => {
                    let message = &mut model[held[random.below(held.len())]];
                    let visibility = random.below(3) as i64;
                    let input = wire::Visibility {
                        queue_url: stage.url.clone(),
                        receipt_handle: message.receipt.clone(),
                        visibility_timeout: Some(visibility),
                        ..wire::Visibility::default()
                    };
                    stage.change(|change| settle::change_visibility(change, &input));
                    message.visible = stage.now + Seconds(visibility);
                }
                (_, _) => stage.pass(Seconds(random.below(3) as i64)),
            }
        }
        assert!(handed_out > 50, "seed {seed} handed out only {handed_out}");
    }
}

struct Modelled {
    group: &'static str,
    body: String,
    visible: Millis,
    receipt: Option<String>,
}

impl Modelled {
    fn is_in_flight(&self, now: Millis) -> bool {
        self.receipt.is_some() && self.visible > now
    }
}

/// The same rule, said over the whole list: groups in the order of their first message, none with one in flight.
fn available(model: &[Modelled], now: Millis, most: usize) -> Vec<usize> {
    let mut groups: Vec<&str> = Vec::new();
    for message in model {
        if !groups.contains(&message.group) {
            groups.push(message.group);
        }
    }
    groups.retain(|group| !model.iter().any(|message| message.group == *group && message.is_in_flight(now)));
    let of_group = |group| {
        let all = model.iter().enumerate().filter(move |(_, message)| message.group == group);
        all.take_while(|(_, message)| message.visible <= now).map(|(at, _)| at)
    };
    groups.into_iter().flat_map(of_group).take(most).collect()
}

/// A linear congruential generator: the same history every time.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % bound
    }
}
