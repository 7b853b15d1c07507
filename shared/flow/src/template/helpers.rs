//! What templates can call. The logic compares as JavaScript does: `$eq` strictly, `$lt` and its like by number.

use std::cmp::Ordering;
use std::sync::LazyLock;

use handlebars::{
    Context, Handlebars, Helper, HelperDef, HelperResult, JsonTruthy, Output, PathAndJson, RenderContext, RenderError,
    RenderErrorReason, Renderable, ScopedJson,
};
use serde_json::Value;

use super::json::{json_text, number_text};

/// The value at a path, printed.
pub(super) const PRINT: &str = "$print";
/// The value at a path.
pub(super) const AT: &str = "$at";
/// One round of a loop.
pub(super) const TICK: &str = "$tick";
pub(super) const BLOCKS: &[&str] = &["if", "unless", "each", "with"];
/// The functions of the guide (RAND, JOSA, QUOTE, …) will stand here too.
pub(super) const VALUES: &[&str] = &["lookup", "$eq", "$ne", "$lt", "$lte", "$gt", "$gte", "$and", "$or"];

pub(super) static REGISTRY: LazyLock<Handlebars<'static>> = LazyLock::new(|| {
    let mut registry = Handlebars::new();
    registry.register_escape_fn(handlebars::no_escape);
    registry.register_helper(PRINT, Box::new(Print));
    registry.register_helper(AT, Box::new(Pure(|call, context| Ok(at(call, context)))));
    registry.register_helper(TICK, Box::new(Tick));
    registry.register_helper("if", Box::new(If(true)));
    registry.register_helper("unless", Box::new(If(false)));
    registry.register_helper("lookup", Box::new(Pure(lookup)));
    registry.register_helper("$eq", Box::new(Pure(|call, _| Ok(Value::Bool(equal(call)?).into()))));
    registry.register_helper("$ne", Box::new(Pure(|call, _| Ok(Value::Bool(!equal(call)?).into()))));
    registry.register_helper("$lt", Box::new(Pure(|call, _| compare(call, Ordering::is_lt))));
    registry.register_helper("$lte", Box::new(Pure(|call, _| compare(call, Ordering::is_le))));
    registry.register_helper("$gt", Box::new(Pure(|call, _| compare(call, Ordering::is_gt))));
    registry.register_helper("$gte", Box::new(Pure(|call, _| compare(call, Ordering::is_ge))));
    registry
        .register_helper("$and", Box::new(Pure(|call, _| Ok(Value::Bool(call.params().iter().all(truthy)).into()))));
    registry.register_helper("$or", Box::new(Pure(|call, _| Ok(Value::Bool(call.params().iter().any(truthy)).into()))));
    registry
});

type Made<'rc> = Result<ScopedJson<'rc>, RenderError>;

/// A helper that makes a value of its params.
struct Pure(for<'rc> fn(&Helper<'rc>, &'rc Context) -> Made<'rc>);

impl HelperDef for Pure {
    fn call_inner<'reg: 'rc, 'rc>(
        &self,
        call: &Helper<'rc>,
        _: &'reg Handlebars<'reg>,
        context: &'rc Context,
        _: &mut RenderContext<'reg, 'rc>,
    ) -> Made<'rc> {
        (self.0)(call, context)
    }
}

struct Print;

impl HelperDef for Print {
    fn call<'reg: 'rc, 'rc>(
        &self,
        call: &Helper<'rc>,
        _: &'reg Handlebars<'reg>,
        context: &'rc Context,
        _: &mut RenderContext<'reg, 'rc>,
        out: &mut dyn Output,
    ) -> HelperResult {
        match find(call, context) {
            Found::Here(value) => write(said(value, context), out),
            Found::Made(value) => write(&value, out),
            Found::Missing => Ok(()),
        }
    }
}

fn write(value: &Value, out: &mut dyn Output) -> HelperResult {
    match value {
        Value::Null => {}
        Value::Bool(yes) => out.write(if *yes { "true" } else { "false" })?,
        Value::String(text) => out.write(text)?,
        Value::Number(number) => out.write(&number_text(number))?,
        Value::Array(_) | Value::Object(_) => out.write(&json_text(value))?,
    }
    Ok(())
}

struct Tick;

impl HelperDef for Tick {
    fn call<'reg: 'rc, 'rc>(
        &self,
        _: &Helper<'rc>,
        _: &'reg Handlebars<'reg>,
        _: &'rc Context,
        _: &mut RenderContext<'reg, 'rc>,
        out: &mut dyn Output,
    ) -> HelperResult {
        Ok(out.write("")?)
    }
}

/// `if` and `unless`. The crate's own take an empty object for nothing.
struct If(bool);

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

fn truthy(param: &PathAndJson<'_>) -> bool {
    param.value().is_object() || param.value().is_truthy(false)
}

enum Found<'rc> {
    Here(&'rc Value),
    Made(Value),
    Missing,
}

/// Follows the names in params 1… from param 0. At the root, a name that the context lacks is a parameter of the bot.
fn find<'rc>(call: &Helper<'rc>, context: &'rc Context) -> Found<'rc> {
    let Some(start) = call.param(0) else { return Found::Missing };
    let names = || call.params()[1..].iter().map(|name| name.value().as_str().unwrap_or_default());
    let Some(path) = start.context_path() else {
        if start.is_value_missing() {
            return Found::Missing;
        }
        return match follow(start.value(), names()) {
            Found::Here(value) => Found::Made(value.clone()),
            Found::Made(value) => Found::Made(value),
            Found::Missing => Found::Missing,
        };
    };
    let Found::Here(here) = follow(context.data(), path.iter().map(String::as_str)) else { return Found::Missing };
    let here = match names().next() {
        Some(first) if is_parameter(first, path, here) => &here["params"],
        Some(_) | None => here,
    };
    follow(here, names())
}

fn is_parameter(name: &str, path: &[String], here: &Value) -> bool {
    path.is_empty() && here.get(name).is_none() && here.get("params").is_some()
}

fn follow<'v, 'n>(mut here: &'v Value, names: impl Iterator<Item = &'n str>) -> Found<'v> {
    let mut names = names.peekable();
    while let Some(name) = names.next() {
        let next = match here {
            Value::Object(object) => object.get(name),
            Value::Array(list) if name == "length" && names.peek().is_none() => return Found::Made(list.len().into()),
            Value::Array(list) => name.parse::<usize>().ok().and_then(|index| list.get(index)),
            Value::String(text) if name == "length" && names.peek().is_none() => {
                return Found::Made(text.encode_utf16().count().into());
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
        };
        match next {
            Some(next) => here = next,
            None => return Found::Missing,
        }
    }
    Found::Here(here)
}

fn at<'rc>(call: &Helper<'rc>, context: &'rc Context) -> ScopedJson<'rc> {
    match find(call, context) {
        Found::Missing => ScopedJson::Missing,
        Found::Made(value) => ScopedJson::Derived(value),
        Found::Here(value) => {
            let start = call.param(0).and_then(PathAndJson::context_path).map_or(&[][..], Vec::as_slice);
            let names = call.params()[1..].iter().filter_map(|name| name.value().as_str());
            let mut path = start.to_vec();
            if let (Some(first), true) = (names.clone().next(), start.is_empty())
                && is_parameter(first, start, context.data())
            {
                path.push("params".to_owned());
            }
            path.extend(names.map(str::to_owned));
            ScopedJson::Context(value, path)
        }
    }
}

fn lookup<'rc>(call: &Helper<'rc>, _: &'rc Context) -> Made<'rc> {
    let (Some(object), Some(key)) = (call.param(0), call.param(1)) else {
        return Err(RenderErrorReason::ParamNotFoundForIndex("lookup", 1).into());
    };
    let key = super::json::scalar_text(key.value()).into_owned();
    Ok(match follow(object.value(), std::iter::once(key.as_str())) {
        Found::Here(value) => ScopedJson::Derived(value.clone()),
        Found::Made(value) => ScopedJson::Derived(value),
        Found::Missing => ScopedJson::Missing,
    })
}

/// The message stands for its text wherever one value is wanted.
fn said<'v>(value: &'v Value, context: &'v Context) -> &'v Value {
    match context.data().get("message") {
        Some(message) if std::ptr::eq(message, value) => text_of(message),
        Some(_) | None => value,
    }
}

fn text_of(message: &Value) -> &Value {
    message.get("text").unwrap_or(&Value::Null)
}

fn scalar<'p>(param: &'p PathAndJson<'_>) -> &'p Value {
    match param.context_path().map(Vec::as_slice) {
        Some([only]) if only == "message" => text_of(param.value()),
        Some(_) | None => param.value(),
    }
}

fn pair<'h, 'rc>(call: &'h Helper<'rc>) -> Result<[&'h PathAndJson<'rc>; 2], RenderError> {
    match (call.param(0), call.param(1)) {
        (Some(left), Some(right)) => Ok([left, right]),
        _ => Err(RenderErrorReason::Other(format!("{} compares two values", call.name())).into()),
    }
}

fn equal(call: &Helper<'_>) -> Result<bool, RenderError> {
    let [left, right] = pair(call)?;
    if left.is_value_missing() || right.is_value_missing() {
        return Ok(left.is_value_missing() && right.is_value_missing());
    }
    Ok(match (scalar(left), scalar(right)) {
        (Value::Number(left), Value::Number(right)) => left.as_f64() == right.as_f64(),
        (left, right) => left == right,
    })
}

fn compare<'rc>(call: &Helper<'rc>, holds: fn(Ordering) -> bool) -> Made<'rc> {
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
