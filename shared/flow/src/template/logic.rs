//! Comparisons as in JavaScript: `$eq` strictly, `$lt` and its like by number.

use std::cmp::Ordering;

use handlebars::{
    Context, Handlebars, Helper, HelperDef, HelperResult, JsonTruthy, Output, PathAndJson, RenderContext, RenderError,
    RenderErrorReason, Renderable,
};
use serde_json::Value;

use super::helpers::Made;
use super::path::scalar;

/// `if` and `unless`. The crate's own take an empty object for nothing.
pub(super) struct If(pub(super) bool);

impl HelperDef for If {
    fn call<'reg: 'rc, 'rc>(
        &self,
        call: &Helper<'rc>,
        registry: &'reg Handlebars<'reg>,
        context: &'rc Context,
        render: &mut RenderContext<'reg, 'rc>,
        out: &mut dyn Output,
    ) -> HelperResult {
        let param = call.param(0).ok_or(RenderErrorReason::ParamNotFoundForIndex("if", 0))?;
        let zero = call.hash_get("includeZero").is_some_and(truthy) && param.value().as_f64() == Some(0.0);
        let branch = if (truthy(param) || zero) == self.0 { call.template() } else { call.inverse() };
        branch.map_or(Ok(()), |branch| branch.render(registry, context, render, out))
    }
}

pub(super) fn truthy(param: &PathAndJson<'_>) -> bool {
    param.value().is_object() || param.value().is_truthy(false)
}

fn pair<'h, 'rc>(call: &'h Helper<'rc>) -> Result<[&'h PathAndJson<'rc>; 2], RenderError> {
    match (call.param(0), call.param(1)) {
        (Some(left), Some(right)) => Ok([left, right]),
        _ => Err(RenderErrorReason::Other(format!("{} compares two values", call.name())).into()),
    }
}

pub(super) fn equal(call: &Helper<'_>) -> Result<bool, RenderError> {
    let [left, right] = pair(call)?;
    if left.is_value_missing() || right.is_value_missing() {
        return Ok(left.is_value_missing() && right.is_value_missing());
    }
    Ok(match (scalar(left), scalar(right)) {
        (Value::Number(left), Value::Number(right)) => left.as_f64() == right.as_f64(),
        (left, right) => left == right,
    })
}

pub(super) fn compare<'rc>(call: &Helper<'rc>, holds: fn(Ordering) -> bool) -> Made<'rc> {
    let [left, right] = pair(call)?;
    let ordering = match (scalar(left), scalar(right)) {
        (Value::String(left), Value::String(right)) => Some(left.encode_utf16().cmp(right.encode_utf16())),
        (left_value, right_value) => match (number(left, left_value), number(right, right_value)) {
            (Some(left), Some(right)) => left.partial_cmp(&right),
            _ => None,
        },
    };
    Ok(Value::Bool(ordering.is_some_and(holds)).into())
}

/// What JavaScript makes of a value that is compared with a number; nothing for NaN.
fn number(param: &PathAndJson<'_>, value: &Value) -> Option<f64> {
    match value {
        Value::Null => (!param.is_value_missing()).then_some(0.0),
        Value::Bool(yes) => Some(f64::from(u8::from(*yes))),
        Value::Number(number) => number.as_f64(),
        Value::String(text) if text.trim().is_empty() => Some(0.0),
        Value::String(text) => text.trim().parse().ok(),
        Value::Array(_) | Value::Object(_) => None,
    }
}
