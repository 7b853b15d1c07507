//! A run from inside: the thread on which QuickJS lives, from its first breath to its last.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::RecvTimeoutError;
use std::time::{Duration, Instant};

use rquickjs::context::EvalOptions;
use rquickjs::{Context, Ctx, Error, Function, Object, Runtime, TypedArray};
use serde_json::Value;

use crate::failure::{AFTER, BEFORE, FILE, Failure};
use crate::run::{Event, Line, Reply, Task};
use crate::{library, limits, native};

/// What the functions of a run share.
pub(crate) struct State {
    pub(crate) began: Instant,
    pub(crate) outcome: RefCell<Option<Result<Value, Failure>>>,
    pub(crate) under_way: Cell<usize>,
    /// The script was told to end, and has to be believed nothing any more.
    ended: Cell<bool>,
    /// Of promises that were rejected and that nobody looked at, the last; in Node it would be a warning.
    unheard: RefCell<Option<Failure>>,
}

pub(crate) fn run(task: &Task, line: Line) {
    let events = line.events.clone();
    // Nobody may be there to hear it.
    let end = |result| drop(events.send(Event::End(result)));
    let Some((runtime, context)) = make(task) else {
        return end(Err(Failure::new("Error", "there is no memory for the script")));
    };
    let state = Rc::new(State {
        began: Instant::now(),
        outcome: RefCell::default(),
        under_way: Cell::default(),
        ended: Cell::default(),
        unheard: RefCell::default(),
    });
    watch(&runtime, task, &line, &state);
    // Told before all is torn down, which takes as long as half the run.
    end(context.with(|ctx| play(&ctx, task, line, &state)));
}

fn make(task: &Task) -> Option<(Runtime, Context)> {
    let runtime = Runtime::new().ok()?;
    runtime.set_memory_limit(task.limits.memory_bytes);
    runtime.set_max_stack_size(limits::STACK_BYTES);
    runtime.set_gc_threshold(limits::COLLECT_BYTES);
    let context = Context::full(&runtime).ok()?;
    Some((runtime, context))
}

/// Ends the script when its time is over, when nobody waits for it, and when it has its result.
fn watch(runtime: &Runtime, task: &Task, line: &Line, state: &Rc<State>) {
    let deadline = task.deadline;
    runtime.set_interrupt_handler(Some(Box::new({
        let (state, stop) = (Rc::clone(state), line.stop.clone());
        move || {
            let done = state.outcome.try_borrow().is_ok_and(|outcome| outcome.is_some());
            let end = done || Instant::now() >= deadline || stop.load(Ordering::Relaxed);
            state.ended.set(state.ended.get() || end);
            end
        }
    })));
    runtime.set_host_promise_rejection_tracker(Some(Box::new({
        let state = Rc::clone(state);
        move |ctx, _, reason, is_handled| {
            let failure = (!is_handled).then(|| Failure::of(&ctx, &reason));
            state.unheard.replace(failure);
        }
    })));
}

/// What `js/core.js` exports.
struct Core<'js> {
    begin: Function<'js>,
    idle: Function<'js>,
    settle: Function<'js>,
    tick: Function<'js>,
}

fn play(ctx: &Ctx<'_>, task: &Task, line: Line, state: &Rc<State>) -> Result<Value, Failure> {
    let Line { events, replies, .. } = line;
    let began = (|| {
        let core = core(ctx, task, events, state)?;
        let script = task.script.strip_prefix('\u{feff}').unwrap_or(&task.script);
        let mut options = EvalOptions::default();
        options.strict = false;
        options.filename = Some(FILE.to_owned());
        let script: Function<'_> = ctx.eval_with_options(format!("{BEFORE}{script}{AFTER}"), options)?;
        let context = ctx.json_parse(task.context.as_str())?;
        core.begin.call::<_, ()>((script, context))?;
        Ok(core)
    })();
    let core = match began {
        Ok(core) => core,
        Err(error) => return state.end(ctx, error, task),
    };
    loop {
        while state.goes_on() && ctx.execute_pending_job() {}
        if let Some(outcome) = state.outcome.take() {
            return outcome;
        }
        if state.ended.get() || Instant::now() >= task.deadline {
            return Err(Failure::timeout(task.limits.timeout_ms));
        }
        let step = match replies.try_recv() {
            Ok(reply) => settle(ctx, &core, state, reply),
            Err(_) => match core.tick.call::<_, f64>(()) {
                Ok(pause) if pause < 0.0 && state.under_way.get() == 0 => {
                    return idle(ctx, &core, task, state);
                }
                Ok(0.0) => Ok(()),
                Ok(pause) => {
                    let left = task.deadline.saturating_duration_since(Instant::now());
                    let pause = if pause < 0.0 { left } else { left.min(Duration::from_secs_f64(pause / 1000.0)) };
                    match replies.recv_timeout(pause) {
                        Ok(reply) => settle(ctx, &core, state, reply),
                        Err(RecvTimeoutError::Timeout) => Ok(()),
                        // Nobody waits any more.
                        Err(RecvTimeoutError::Disconnected) => return Err(Failure::timeout(task.limits.timeout_ms)),
                    }
                }
                Err(error) => Err(error),
            },
        };
        if let Err(error) = step {
            return state.end(ctx, error, task);
        }
    }
}

fn core<'js>(
    ctx: &Ctx<'js>,
    task: &Task,
    events: tokio::sync::mpsc::UnboundedSender<Event>,
    state: &Rc<State>,
) -> rquickjs::Result<Core<'js>> {
    let native = native::make(ctx, task, events, state)?;
    let make = library::load(ctx, "#core")?.ok_or(Error::Unknown)?;
    let (module, nothing) = (Object::new(ctx.clone())?, rquickjs::Undefined);
    make.call::<_, ()>((nothing, nothing, module.clone(), native))?;
    let core: Object<'js> = module.get("exports")?;
    Ok(Core {
        begin: core.get("begin")?,
        idle: core.get("idle")?,
        settle: core.get("settle")?,
        tick: core.get("tick")?,
    })
}

fn settle<'js>(ctx: &Ctx<'js>, core: &Core<'js>, state: &State, reply: Reply) -> rquickjs::Result<()> {
    state.under_way.set(state.under_way.get().saturating_sub(1));
    match reply.result {
        Ok(response) => {
            let headers = serde_json::to_string(&response.headers).unwrap_or_default();
            let body = TypedArray::<u8>::new_copy(ctx.clone(), response.body)?;
            core.settle.call((reply.id, rquickjs::Undefined, response.status, headers, body))
        }
        Err(error) => core.settle.call((reply.id, error.message)),
    }
}

/// No timer, no request, no job: whatever the script waits for will not come.
fn idle(ctx: &Ctx<'_>, core: &Core<'_>, task: &Task, state: &State) -> Result<Value, Failure> {
    if let Err(error) = core.idle.call::<_, ()>(()) {
        return state.end(ctx, error, task);
    }
    state.outcome.take().unwrap_or_else(|| {
        let unheard = state.unheard.take();
        let silent = || Failure::new("Error", "the script ended, and did not call back");
        Err(unheard.unwrap_or_else(silent))
    })
}

impl State {
    /// The first word counts.
    pub(crate) fn settle(&self, outcome: Result<Value, Failure>) {
        // A script's time may end while its result is made.
        if !self.ended.get() {
            self.outcome.borrow_mut().get_or_insert(outcome);
        }
    }

    fn goes_on(&self) -> bool {
        self.outcome.borrow().is_none() && !self.ended.get()
    }

    /// The script threw, where nobody could catch it. Its result stands, if it has one.
    fn end(&self, ctx: &Ctx<'_>, error: Error, task: &Task) -> Result<Value, Failure> {
        if let Some(outcome) = self.outcome.take() {
            return outcome;
        }
        if self.ended.get() {
            return Err(Failure::timeout(task.limits.timeout_ms));
        }
        Err(self.failure(ctx, error))
    }

    pub(crate) fn failure(&self, ctx: &Ctx<'_>, error: Error) -> Failure {
        match error {
            Error::Exception => Failure::of(ctx, &ctx.catch()),
            Error::InvalidString(_) => Failure::new("SyntaxError", "the script holds a zero byte"),
            error => Failure::new("Error", error.to_string()),
        }
    }
}
