//! What templates can call.

use std::cmp::Ordering;
use std::sync::LazyLock;

use handlebars::{
    Context, Handlebars, Helper, HelperDef, HelperResult, Output, RenderContext, RenderError, RenderErrorReason,
    ScopedJson,
};
use serde_json::Value;

use super::json::{json_text, number_text, scalar_text};
use super::logic::{If, compare, equal, truthy};
use super::path::{Found, at, find, follow, said};

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

pub(super) type Made<'rc> = Result<ScopedJson<'rc>, RenderError>;

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

fn lookup<'rc>(call: &Helper<'rc>, _: &'rc Context) -> Made<'rc> {
    let (Some(object), Some(key)) = (call.param(0), call.param(1)) else {
        return Err(RenderErrorReason::ParamNotFoundForIndex("lookup", 1).into());
    };
    let key = scalar_text(key.value()).into_owned();
    Ok(match follow(object.value(), std::iter::once(key.as_str())) {
        Found::Here(value) => ScopedJson::Derived(value.clone()),
        Found::Made(value) => ScopedJson::Derived(value),
        Found::Missing => ScopedJson::Missing,
    })
}
