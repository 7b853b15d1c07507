//! A run from outside: its slot, its thread, its requests and its end.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock, mpsc};
use std::time::{Duration, Instant};

use futures::StreamExt;
use futures::stream::FuturesUnordered;
use serde_json::Value;
use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{sleep_until, timeout, timeout_at};

use crate::Failure;
use crate::{FetchError, Fetcher, Limits, Request, Response, engine, limits};

/// What a script does not find by itself.
#[derive(Clone, Copy, Debug)]
pub struct Start {
    /// The time of day, in milliseconds since 1970.
    pub now_ms: u64,
    /// From a generator fit for keys, and new for each run: `crypto.randomBytes` is made of it.
    pub seed: [u8; 32],
}

#[derive(Clone, Debug, PartialEq)]
pub struct Ran {
    /// What the handler gave, as JSON; `null` if that was nothing.
    pub result: Result<Value, Failure>,
    /// What it said on its console, a call each, for people.
    pub console: Vec<String>,
}

pub(crate) struct Task {
    pub(crate) script: String,
    /// JSON.
    pub(crate) context: String,
    pub(crate) start: Start,
    pub(crate) limits: Limits,
    pub(crate) deadline: Instant,
}

/// The thread's end of the line.
pub(crate) struct Line {
    pub(crate) events: UnboundedSender<Event>,
    pub(crate) replies: mpsc::Receiver<Reply>,
    /// Nobody waits for the result any more.
    pub(crate) stop: Arc<AtomicBool>,
}

pub(crate) enum Event {
    Said(String),
    Ask(u32, Request),
    End(Result<Value, Failure>),
}

pub(crate) struct Reply {
    pub(crate) id: u32,
    pub(crate) result: Result<Response, FetchError>,
}

static SLOTS: LazyLock<Arc<Semaphore>> = LazyLock::new(|| Arc::new(Semaphore::new(limits::AT_ONCE)));
static STUCK: AtomicUsize = AtomicUsize::new(0);

/// Runs a script's handler with `context`. Needs a Tokio runtime with time. Dropped early, it ends the script.
pub async fn run(script: &str, context: &Value, start: Start, limits: Limits, fetcher: &dyn Fetcher) -> Ran {
    let deadline = Instant::now() + Duration::from_millis(limits.timeout_ms.into());
    let mut console = Vec::new();
    let slot = timeout_at(deadline.into(), Arc::clone(&SLOTS).acquire_owned()).await;
    let result = match slot {
        Ok(Ok(slot)) => {
            let (script, context) = (script.to_owned(), context.to_string());
            let task = Task { script, context, start, limits, deadline };
            attend(task, slot, fetcher, &mut console).await
        }
        Ok(Err(_)) | Err(_) => Err(Failure::new("TimeoutError", "too many scripts are running")),
    };
    Ran { result, console }
}

/// Threads whose time was over and that have not noticed: they are deep in native code, which cannot be ended from outside. Each
/// keeps a core busy and its slot taken. A function with one should not take another batch.
pub fn stuck() -> usize {
    STUCK.load(Ordering::Relaxed)
}

async fn attend(
    task: Task,
    slot: OwnedSemaphorePermit,
    fetcher: &dyn Fetcher,
    console: &mut Vec<String>,
) -> Result<Value, Failure> {
    let (Limits { timeout_ms, .. }, deadline) = (task.limits, task.deadline);
    let (events, mut from_script) = tokio::sync::mpsc::unbounded_channel();
    let (to_script, replies) = mpsc::channel();
    let stop = Stop(Arc::default());
    let life = Arc::new(Life::default());
    let line = Line { events, replies, stop: Arc::clone(&stop.0) };
    let thread = {
        let life = Arc::clone(&life);
        std::thread::Builder::new().name("script".to_owned()).stack_size(limits::THREAD_STACK_BYTES).spawn(move || {
            // In this order: the slot is free when the memory is.
            let _slot = slot;
            let _life = Living(life);
            engine::run(&task, line);
        })
    };
    if thread.is_err() {
        return Err(Failure::new("Error", "no thread can be had for the script"));
    }
    let mut under_way = FuturesUnordered::new();
    let mut waiting: VecDeque<(u32, Request)> = VecDeque::new();
    let late = sleep_until((deadline + Duration::from_millis(limits::GRACE_MS)).into());
    tokio::pin!(late);
    loop {
        while under_way.len() < limits::REQUESTS_AT_ONCE
            && let Some((id, request)) = waiting.pop_front()
        {
            under_way.push(fetch(id, request, fetcher));
        }
        tokio::select! {
            event = from_script.recv() => match event {
                Some(Event::Said(line)) => console.push(line),
                Some(Event::Ask(id, request)) => waiting.push_back((id, request)),
                Some(Event::End(result)) => return result,
                // A panic, which has been reported.
                None => return Err(Failure::new("Error", "the script could not be run")),
            },
            Some(reply) = under_way.next(), if !under_way.is_empty() => {
                // It may be over already.
                let _ = to_script.send(reply);
            }
            () = &mut late => {
                life.give_up();
                return Err(Failure::timeout(timeout_ms));
            }
        }
    }
}

async fn fetch(id: u32, request: Request, fetcher: &dyn Fetcher) -> Reply {
    let (timeout_ms, max_bytes) = (request.timeout_ms, request.max_bytes);
    let error = |message: String| Err(FetchError { message });
    let result = match timeout(Duration::from_millis(timeout_ms.into()), fetcher.fetch(request)).await {
        Ok(Ok(response)) if response.body.len() > max_bytes => {
            error(format!("the answer is longer than {max_bytes} bytes"))
        }
        Ok(result) => result,
        Err(_) => error(format!("the request timed out after {timeout_ms} ms")),
    };
    Reply { id, result }
}

struct Stop(Arc<AtomicBool>);

impl Drop for Stop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Whether a thread that was given up comes back after all.
#[derive(Default)]
struct Life(AtomicU8);

const GIVEN_UP: u8 = 1;
const OVER: u8 = 2;

impl Life {
    fn give_up(&self) {
        // Counted before the thread can count itself back.
        STUCK.fetch_add(1, Ordering::Relaxed);
        if self.0.swap(GIVEN_UP, Ordering::AcqRel) == OVER {
            STUCK.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

struct Living(Arc<Life>);

impl Drop for Living {
    fn drop(&mut self) {
        if self.0.0.swap(OVER, Ordering::AcqRel) == GIVEN_UP {
            STUCK.fetch_sub(1, Ordering::Relaxed);
        }
    }
}
