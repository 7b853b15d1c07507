//! Where a turn begins, which a back node may return to.

use super::Run;
use crate::node::Kind;
use crate::state::{Next, Place};

#[derive(Clone, Copy, Debug)]
pub(super) enum Origin {
    /// On the stack already: we went back to it.
    Known,
    /// At the node that comes next.
    Next,
    At(Place),
    /// The same inside the fallback flow. There it counts only when the turn ends in choices, and not at the entry node,
    /// whose edges are for the message that has been answered.
    NextHelp,
    Help(Place),
}

impl Run<'_> {
    /// The turn enters a node.
    pub(super) fn begin(&mut self, place: Place, kind: &Kind) {
        self.origin = match self.origin {
            Origin::Next => Origin::At(place),
            Origin::NextHelp if !matches!(kind, Kind::Entry(_)) => Origin::Help(place),
            known @ (Origin::Known | Origin::At(_) | Origin::NextHelp | Origin::Help(_)) => known,
        };
    }

    /// The turn ends.
    pub(super) fn remember_origin(&mut self, next: Next) {
        match (self.origin, next) {
            (Origin::At(place), _) | (Origin::Help(place), Next::Keyboard | Next::Agent) => self.state.push_back(place),
            (Origin::Help(_), Next::Start | Next::CallAgain | Next::Fallback)
            | (Origin::Known | Origin::Next | Origin::NextHelp, _) => {}
        }
    }

    pub(crate) fn begin_at_known(&mut self) {
        self.origin = Origin::Known;
    }

    pub(crate) fn begin_anew(&mut self) {
        self.origin = match self.origin {
            Origin::NextHelp | Origin::Help(_) => Origin::NextHelp,
            Origin::Known | Origin::Next | Origin::At(_) => Origin::Next,
        };
    }

    /// A flow link out of the fallback flow: the answer begins at `place`, or is over there, and back at known choices.
    pub(crate) fn leave_fallback(&mut self, place: Place) {
        let is_keyboard = matches!(self.bot.node(place).map(|node| &node.kind), Some(Kind::Keyboard(_)));
        self.origin = match self.origin {
            Origin::NextHelp | Origin::Help(_) if is_keyboard => Origin::Known,
            Origin::NextHelp | Origin::Help(_) => Origin::Next,
            own @ (Origin::Known | Origin::Next | Origin::At(_)) => own,
        };
    }
}
