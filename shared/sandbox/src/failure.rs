//! How a script fails, as its author sees it.

use std::fmt;

use rquickjs::{Coerced, Ctx, FromJs, Value};

use crate::limits;

/// What an error of JavaScript tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    pub message: String,
    /// `TypeError`, or what the script calls it. `TimeoutError` when it was ended.
    pub name: String,
    /// Name and message, and where in the script it happened.
    pub stack: String,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.name, self.message)
    }
}

impl std::error::Error for Failure {}

impl Failure {
    pub(crate) fn new(name: &str, message: impl Into<String>) -> Self {
        Self::with_frames(name.to_owned(), message.into(), "")
    }

    pub(crate) fn timeout(timeout_ms: u32) -> Self {
        Self::new("TimeoutError", format!("the script took longer than {timeout_ms} ms"))
    }

    /// Whatever a script threw: an error, or anything else. Reading it may run code of the script.
    pub(crate) fn of<'js>(ctx: &Ctx<'js>, thrown: &Value<'js>) -> Self {
        if thrown.is_null() {
            // QuickJS's stand-in where there is no room for an error.
            return Self::new("Error", "null: thrown by the script, or there was no memory");
        }
        let Some(object) = thrown.as_object() else {
            return Self::new("Error", text(ctx, thrown).unwrap_or_else(|| "the script threw a symbol".to_owned()));
        };
        let part = |key: &str| {
            let value: Option<Value<'js>> = object.get(key).ok();
            clear(ctx);
            value.filter(|value| !value.is_undefined() && !value.is_object()).and_then(|value| text(ctx, &value))
        };
        let name = part("name").filter(|name| !name.is_empty()).unwrap_or_else(|| "Error".to_owned());
        let message = part("message").or_else(|| {
            let json = ctx.json_stringify(object.clone()).ok().flatten();
            clear(ctx);
            json.and_then(|json| json.to_string().ok())
        });
        let message = message.unwrap_or_else(|| "the script threw what cannot be printed".to_owned());
        Self::with_frames(cut(name, limits::MESSAGE_BYTES), message, &part("stack").unwrap_or_default())
    }

    fn with_frames(name: String, message: String, stack: &str) -> Self {
        let message = cut(message, limits::MESSAGE_BYTES);
        let mut lines = vec![format!("{name}: {message}")];
        // Frames of the libraries and of ours tell an author nothing.
        lines
            .extend(stack.lines().filter(|line| line.contains(FILE)).map(|line| format!("    {}", place(line.trim()))));
        Self { message, name, stack: cut(lines.join("\n"), limits::STACK_TEXT_BYTES) }
    }
}

/// What scripts are called in frames.
pub(crate) const FILE: &str = "script.js";
/// Before the script on its first line.
pub(crate) const BEFORE: &str = "(function (exports, require, module, __filename, __dirname) {";
pub(crate) const AFTER: &str = "\n})";

/// The frame, with the column that its author sees.
fn place(line: &str) -> String {
    let Some((start, rest)) = line.split_once("script.js:1:") else { return line.to_owned() };
    let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    match rest[..digits].parse::<usize>() {
        Ok(column) => format!("{start}script.js:1:{}{}", column.saturating_sub(BEFORE.len()), &rest[digits..]),
        Err(_) => line.to_owned(),
    }
}

fn text<'js>(ctx: &Ctx<'js>, value: &Value<'js>) -> Option<String> {
    let text = Coerced::<String>::from_js(ctx, value.clone()).ok().map(|Coerced(text)| text);
    clear(ctx);
    text
}

/// An exception that nobody looks at must not be taken for a later one.
fn clear(ctx: &Ctx<'_>) {
    if ctx.has_exception() {
        ctx.catch();
    }
}

fn cut(mut text: String, bytes: usize) -> String {
    if text.len() > bytes {
        text.truncate(text.floor_char_boundary(bytes));
        text.push('…');
    }
    text
}
