//! What `js/core.js` is given as `native`. Scripts can get at these functions, and call them with anything.

mod chance;
mod console;
mod digest;
mod end;
mod requests;
mod text;
mod url;

use std::rc::Rc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rquickjs::function::IntoJsFunc;
use rquickjs::{Ctx, Error, Exception, Function, Object, Result, TypedArray};
use tokio::sync::mpsc::UnboundedSender;

use crate::engine::State;
use crate::library;
use crate::run::{Event, Task};

/// To be made by `new_copy`, into memory that is counted as the script's; `new` would leave it in ours.
type Bytes<'js> = TypedArray<'js, u8>;

pub(crate) fn make<'js>(
    ctx: &Ctx<'js>,
    task: &Task,
    events: UnboundedSender<Event>,
    state: &Rc<State>,
) -> Result<Object<'js>> {
    let native = Object::new(ctx.clone())?;
    put(&native, "find", |name: String| library::find(&name))?;
    put(&native, "load", |ctx: Ctx<'js>, name: String| library::load(&ctx, &name))?;
    time(&native, task.start.now_ms, state)?;
    chance::put_all(&native, task.start.seed)?;
    console::put_all(&native, events.clone())?;
    digest::put_all(&native)?;
    end::put_all(&native, task.limits.result_bytes, state)?;
    requests::put_all(&native, task.deadline, events, state)?;
    text::put_all(&native)?;
    url::put_all(&native)?;
    Ok(native)
}

fn put<'js, P, F>(native: &Object<'js>, name: &str, function: F) -> Result<()>
where
    F: IntoJsFunc<'js, P> + 'js,
{
    native.set(name, Function::new(native.ctx().clone(), function)?)
}

fn time(native: &Object<'_>, now_ms: u64, state: &Rc<State>) -> Result<()> {
    let began = state.began;
    let elapsed = move || began.elapsed().as_secs_f64() * 1000.0;
    #[expect(clippy::cast_precision_loss, reason = "exact for 287,000 years")]
    let now_ms = now_ms as f64;
    put(native, "elapsed", elapsed)?;
    put(native, "now", move || now_ms + elapsed().floor())
}

/// Bytes come as base64: without `unsafe` there is no look into an array of the script's.
fn bytes(ctx: &Ctx<'_>, base64: &str) -> Result<Vec<u8>> {
    STANDARD.decode(base64).map_err(|_| type_error(ctx, "this is no base64"))
}

fn type_error(ctx: &Ctx<'_>, message: &str) -> Error {
    Exception::throw_type(ctx, message)
}

fn range_error(ctx: &Ctx<'_>, message: &str) -> Error {
    Exception::throw_range(ctx, message)
}
