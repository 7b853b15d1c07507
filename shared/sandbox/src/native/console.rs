//! The console: lines for the log, some of them.

use std::cell::Cell;

use rquickjs::{Object, Result};
use tokio::sync::mpsc::UnboundedSender;

use super::put;
use crate::limits;
use crate::run::Event;

pub(super) fn put_all(native: &Object<'_>, events: UnboundedSender<Event>) -> Result<()> {
    let (bytes, lines) = (Cell::new(limits::CONSOLE_BYTES), Cell::new(limits::CONSOLE_LINES));
    put(native, "log", move |level: String, text: String| {
        if lines.get() == 0 {
            return;
        }
        lines.set(lines.get() - 1);
        let mut line = match level.as_str() {
            "warn" | "error" => format!("{level}: {text}"),
            _ => text,
        };
        if line.len() > bytes.get() || lines.get() == 0 {
            line = format!("{}… (the rest is left out)", &line[..line.floor_char_boundary(bytes.get())]);
            lines.set(0);
        }
        bytes.set(bytes.get().saturating_sub(line.len()));
        let _ = events.send(Event::Said(line));
    })
}
