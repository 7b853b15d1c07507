//! What a DELIVERY costs, how long an event takes, and whether receivers that hang are felt by their neighbours.
//!
//! `cargo bench -p closer --bench webhooks`; `-- EVENTS TURNS` changes how many events the neighbours get and how
//! many turns a second, `-- neighbours` measures them alone. Worker, DynamoDB, SQS and
//! receivers all run in this process and share its cores.

#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "a benchmark's output, and its end if anything fails")]

#[path = "../tests/it/fleet.rs"]
#[expect(dead_code, reason = "the tests use the rest")]
mod fleet;
#[path = "../tests/it/world.rs"]
#[expect(dead_code, reason = "the tests use the rest")]
mod world;

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use aws_lambda_events::sqs::{SqsEvent, SqsMessage};
use delivery::{Bundle, QueuedBundle};
use fleet::Node;
use shell::deliver::Invocation;

#[tokio::main]
async fn main() {
    let numbers: Vec<usize> = std::env::args().filter_map(|argument| argument.parse().ok()).collect();
    let events = numbers.first().copied().unwrap_or(10_000);
    let turns_a_second = numbers.get(1).and_then(|turns| u32::try_from(*turns).ok()).unwrap_or(10);
    if !std::env::args().any(|argument| argument == "neighbours") {
        for batch in [1, 50] {
            cost(batch).await;
        }
        idle().await;
    }
    neighbours(events, turns_a_second).await;
}

/// Deliveries of one webhook, one after another and eight side by side, by a worker that is handed its batches.
async fn cost(batch: usize) {
    const DELIVERIES: usize = 1000;
    let (running, nodes) = fleet::start(&[Some(200)]).await;
    let deliver = running.stack.deliver();
    let invocation = |n: usize| {
        let events = (0..batch).map(|index| fleet::event(n, n * batch + index)).collect();
        let bundle = Bundle { bot_id: world::bot(), webhook_id: nodes[0].webhook.id, events };
        let mut message = SqsMessage::default();
        message.message_id = Some(n.to_string());
        message.body = Some(serde_json::to_string(&QueuedBundle::V1(bundle)).unwrap());
        message.attributes.insert("MessageGroupId".to_owned(), n.to_string());
        let mut event = SqsEvent::default();
        event.records = vec![message];
        Invocation::Events(event)
    };
    let mut from = 0;
    for side_by_side in [1, 8] {
        let invocations: Vec<Invocation> = (from..from + DELIVERIES).map(invocation).collect();
        from += DELIVERIES;
        let (started, cpu) = (Instant::now(), cpu());
        let work = invocations.into_iter().map(|invocation| deliver.handle(invocation));
        use futures::StreamExt as _;
        futures::stream::iter(work).buffer_unordered(side_by_side).for_each(|_| async {}).await;
        let (took, cpu) = (started.elapsed(), self::cpu() - cpu);
        assert_eq!(nodes[0].distinct(), from * batch);
        let each = DELIVERIES as f64;
        println!(
            "{batch:>2} events a delivery, {side_by_side} side by side: {:>5.0} deliveries/s, {:.2} ms of CPU each, everything included",
            each / took.as_secs_f64(),
            cpu.as_secs_f64() * 1000.0 / each,
        );
    }
    // What of that is the request alone: the same body to the same receiver by the same client.
    let record = running.stack.deliveries.list().await.unwrap().remove(0);
    let headers = delivery::request_headers(&nodes[0].webhook, &record, shell::clock::now());
    let guarded = shell::outgoing::Guarded::new(shell::guard::Reach::Anywhere);
    let (started, cpu) = (Instant::now(), cpu());
    for _ in 0..DELIVERIES {
        let post =
            shell::post::Post { url: &record_url(&nodes[0]), headers: &headers, body: &record.body, deadline_ms: 3000 };
        guarded.deliver(&post).await;
    }
    let (took, cpu) = (started.elapsed(), self::cpu() - cpu);
    println!(
        "   the POST alone, receiver included: {:>5.0}/s, {:.2} ms of CPU each\n",
        DELIVERIES as f64 / took.as_secs_f64(),
        cpu.as_secs_f64() * 1000.0 / DELIVERIES as f64,
    );
    running.stop().await;
}

fn record_url(node: &Node) -> String {
    node.webhook.url.clone()
}

/// From the commit of a turn, when its events are queued, to their arrival.
async fn idle() {
    let (running, nodes) = fleet::start(&[Some(200)]).await;
    fleet::traffic(&running, &nodes, 0, 100, 50).await;
    let ids: BTreeSet<_> = fleet::traffic(&running, &nodes, 100, 2500, 10).await.into_iter().collect();
    world::until("all of them", || (nodes[0].distinct() >= 2600).then_some(())).await;
    let taken = nodes[0].taken();
    let times = taken.iter().filter(|got| ids.contains(&got.id)).map(|got| got.took_ms);
    let (median, high) = percentiles(times.collect());
    println!("queued to arrived, ten turns a second: {median} ms (median), {high} ms (p99)\n");
    running.stop().await;
}

async fn neighbours(events: usize, turns_a_second: u32) {
    println!("{events} events to each webhook, {turns_a_second} turns of five a second");
    for (name, statuses) in [
        ("16 that are well, and no other", vec![Some(200); 16]),
        // As much work for the one process that all of them share.
        ("of 20 that are well", vec![Some(200); 20]),
        ("and 2 that hang, 1 refuses, 1 answers 500", fleet::twenty()),
    ] {
        let (running, nodes) = fleet::start(&statuses).await;
        let before = cpu();
        fleet::traffic(&running, &nodes, 0, events, turns_a_second).await;
        let well = &nodes[..16];
        world::until("all events", || well.iter().all(|node| node.distinct() == events).then_some(())).await;
        let times: Vec<i64> = well.iter().flat_map(|node| node.taken().into_iter().map(|got| got.took_ms)).collect();
        let twice: usize = well.iter().map(|node| node.taken().len() - node.distinct()).sum();
        let in_order = well.iter().all(Node::is_in_order);
        let (median, high) = percentiles(times);
        let cpu = (cpu() - before).as_secs_f64();
        println!(
            "  {name:<42} {median:>4} ms (median) {high:>4} ms (p99) {cpu:>5.1} s of CPU  twice: {twice}  in order: {in_order}"
        );
        running.stop().await;
    }
}

fn percentiles(mut times: Vec<i64>) -> (i64, i64) {
    times.sort_unstable();
    (times[times.len() / 2], times[times.len() * 99 / 100])
}

/// What this process has used, in user and kernel mode.
fn cpu() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    // Fields 14 and 15 of proc(5), of which two stand before the bracket; in hundredths of a second.
    let ticks: u64 = [11, 12].iter().filter_map(|index| fields.get(*index)?.parse::<u64>().ok()).sum();
    Duration::from_millis(ticks * 10)
}
