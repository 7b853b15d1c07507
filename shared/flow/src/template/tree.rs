//! A template as it is evaluated.

use serde_json::Value;

use super::functions::Function;

#[derive(Debug, Default, PartialEq)]
pub(crate) struct Template {
    pub(super) nodes: Vec<Node>,
}

#[derive(Debug, PartialEq)]
pub(super) enum Node {
    Text(Box<str>),
    Print(Operand),
    Block(Box<Block>),
}

/// `{{#if a}}…{{else each b}}…{{else}}…{{/if}}`: the first branch that has something to do, or else the last part.
#[derive(Debug, PartialEq)]
pub(super) struct Block {
    pub(super) branches: Vec<Branch>,
    pub(super) otherwise: Vec<Node>,
}

#[derive(Debug, PartialEq)]
pub(super) struct Branch {
    pub(super) head: Head,
    pub(super) body: Vec<Node>,
}

#[derive(Debug, PartialEq)]
pub(super) struct Head {
    pub(super) kind: Kind,
    pub(super) operand: Operand,
    /// `includeZero=`, of `if` and `unless`.
    pub(super) include_zero: Option<Operand>,
    /// `as |item index|`.
    pub(super) names: Vec<Box<str>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    If,
    Unless,
    Each,
    With,
    /// `{{#path}}…{{/path}}`: for each item of a list, with an object, or if there is something.
    Section,
}

impl Kind {
    pub(super) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "if" => Self::If,
            "unless" => Self::Unless,
            "each" => Self::Each,
            "with" => Self::With,
            _ => return None,
        })
    }

    /// Whether paths inside start at its operand.
    pub(super) fn goes_inside(self) -> bool {
        match self {
            Self::Each | Self::With | Self::Section => true,
            Self::If | Self::Unless => false,
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Operand {
    Literal(Value),
    /// `undefined`, which to JavaScript is not `null`.
    Undefined,
    Path(Path),
    Call(Call),
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Call {
    pub(super) function: &'static Function,
    pub(super) operands: Vec<Operand>,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Path {
    pub(super) start: Start,
    pub(super) steps: Vec<Step>,
    /// It starts at the context, whatever blocks are around it.
    pub(super) at_root: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Start {
    /// What the block is about, `up` blocks further out: `../a`.
    Here { up: usize },
    /// `@root`.
    Root,
    /// `@index` and its like, of the loop `up` loops further out.
    Loop { name: Box<str>, up: usize },
    /// A name that a block around gave to its item.
    Local { name: Box<str> },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Name(Box<str>),
    Item(Item),
}

/// `[i]` or `[2..5]`: the item for which the element is printed, see [`super::expand`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Item {
    pub(super) range: Option<(usize, usize)>,
    /// Whose item: 0 of the element, 1 of the element inside of it.
    pub(super) level: usize,
}

impl Template {
    pub(super) fn paths(&mut self, see: &mut dyn FnMut(&mut Path)) {
        paths(&mut self.nodes, see);
    }
}

fn paths(nodes: &mut [Node], see: &mut dyn FnMut(&mut Path)) {
    for node in nodes {
        match node {
            Node::Text(_) => {}
            Node::Print(operand) => operand.paths(see),
            Node::Block(block) => {
                for branch in &mut block.branches {
                    branch.head.operand.paths(see);
                    if let Some(operand) = &mut branch.head.include_zero {
                        operand.paths(see);
                    }
                    paths(&mut branch.body, see);
                }
                paths(&mut block.otherwise, see);
            }
        }
    }
}

impl Operand {
    fn paths(&mut self, see: &mut dyn FnMut(&mut Path)) {
        match self {
            Self::Literal(_) | Self::Undefined => {}
            Self::Path(path) => see(path),
            Self::Call(call) => call.operands.iter_mut().for_each(|operand| operand.paths(see)),
        }
    }
}
