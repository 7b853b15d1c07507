//! Where a template prints to: as much as fits, so that loops in loops come to an end.

use std::io;

use handlebars::Output;

use crate::limits;

pub(super) const FULL: &str = "the text becomes too long, or its loops too many";

#[derive(Debug, Default)]
pub(super) struct Paper {
    pub(super) text: String,
    writes: usize,
    pub(super) full: bool,
}

impl Output for Paper {
    fn write(&mut self, seg: &str) -> Result<(), io::Error> {
        self.writes += 1;
        if self.writes > limits::TEMPLATE_WRITES || self.text.len() + seg.len() > limits::TEMPLATE_BYTES {
            self.full = true;
            return Err(io::Error::other(FULL));
        }
        self.text.push_str(seg);
        Ok(())
    }
}
