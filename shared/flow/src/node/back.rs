//! Back: returns to where an earlier answer began.
//!
//! ```json
//! { "type": "back", "data": { "operation": "pop", "count": 1 } }
//! ```
//!
//! The stack holds the places where turns began, the present one on top. `pop` takes off `count` and goes to the new
//! top, or to the start flow when none is left; `drop` takes off and continues; `clear` empties and continues. A turn
//! that pops is on the stack already; one that drops or clears counts from there on. Modelled on the recording of the
//! guide, whose text differs from it in the last step.

use serde_json::Value;

use super::Then;
use crate::import::{ImportError, Reader, field};
use crate::run::{Fault, Run};

#[derive(Debug)]
pub(crate) struct Back {
    operation: Operation,
    count: usize,
}

#[derive(Clone, Copy, Debug)]
enum Operation {
    Pop,
    Drop,
    Clear,
}

pub(super) fn read(data: &Value, reader: &mut Reader) -> Result<Back, ImportError> {
    let operation = match field(data, "operation").as_str() {
        Some("pop") | None => Operation::Pop,
        Some("drop") => Operation::Drop,
        Some("clear") => Operation::Clear,
        Some(other) => {
            let reason = format!("is pop, drop or clear, not `{other}`");
            return Err(reader.error("data.operation", &reason));
        }
    };
    let count = reader.number(field(data, "count"), "data.count")?.unwrap_or(1.0);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "beyond its range it is its end")]
    let count = count as usize;
    Ok(Back { operation, count })
}

impl Back {
    pub(super) fn run(&self, run: &mut Run<'_>) -> Result<Then, Fault> {
        let stack = &mut run.state.back;
        let left = stack.len().saturating_sub(self.count);
        match self.operation {
            Operation::Pop => {
                stack.truncate(left);
                // A bot that was edited may have lost the place.
                match stack.last().copied().filter(|place| run.bot.node(*place).is_some()) {
                    Some(place) => {
                        run.begin_at_known();
                        Ok(Then::Goto(place))
                    }
                    None => {
                        stack.clear();
                        run.begin_anew();
                        run.start_flow().map(Then::Goto)
                    }
                }
            }
            Operation::Drop => {
                stack.truncate(left);
                run.begin_anew();
                Ok(Then::Edge)
            }
            Operation::Clear => {
                stack.clear();
                run.begin_anew();
                Ok(Then::Edge)
            }
        }
    }
}
