//! The result of a run, made into JSON while the script's values are at hand.

use std::rc::Rc;

use rquickjs::{Ctx, Function, Object, Result, Value};

use super::put;
use crate::Failure;
use crate::engine::State;

pub(super) fn put_all<'js>(native: &Object<'js>, result_bytes: usize, state: &Rc<State>) -> Result<()> {
    native.set("resultBytes", result_bytes)?;
    put(native, "succeed", {
        let state = Rc::clone(state);
        // `measure` counts while JSON is made, and throws when it is too much.
        move |ctx: Ctx<'js>, value: Value<'js>, measure: Function<'js>| {
            let outcome = match ctx.json_stringify_replacer(value, measure) {
                Ok(Some(json)) => json
                    .to_string()
                    .map_err(|error| state.failure(&ctx, error))
                    .and_then(|json| read(&json, result_bytes)),
                Ok(None) => Ok(serde_json::Value::Null),
                Err(error) => Err(state.failure(&ctx, error)),
            };
            state.settle(outcome);
        }
    })?;
    put(native, "fail", {
        let state = Rc::clone(state);
        move |ctx: Ctx<'js>, thrown: Value<'js>| {
            let failure = Failure::of(&ctx, &thrown);
            state.settle(Err(failure));
        }
    })
}

fn read(json: &str, result_bytes: usize) -> std::result::Result<serde_json::Value, Failure> {
    if json.len() > result_bytes {
        return Err(Failure::new("RangeError", format!("the result is longer than {result_bytes} bytes")));
    }
    serde_json::from_str(json).map_err(|_| Failure::new("RangeError", "the result has too many levels"))
}
