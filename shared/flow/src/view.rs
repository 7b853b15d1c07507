//! A bot as it lies there, for those who read its export without running it: to check it, or to draw it. What the
//! engine makes of a type, a condition or a template is asked here, so that nobody has to guess it again.

use serde_json::Value;

use crate::bot::Bot;
use crate::condition::{self, Condition, Test};
use crate::import::{self, Reader};
use crate::node::Kind;
use crate::state::Place;
use crate::template::{TemplateFault, Text};

impl Bot {
    pub fn entry_flow(&self) -> u64 {
        self.preference.entry_flow
    }

    /// The start flow, if none is set.
    pub fn fallback_flow(&self) -> u64 {
        self.preference.fallback_flow
    }

    pub fn entry_node(&self, flow_id: u64) -> Option<u64> {
        self.entry(flow_id).map(|place| place.node_id)
    }

    /// Our name of its type, however the export spells it; of a node that is not available its `type` as it is.
    pub fn kind(&self, flow_id: u64, node_id: u64) -> Option<&str> {
        Some(self.node(Place { flow_id, node_id })?.kind.name())
    }

    /// Whether the node can do what it is for.
    pub fn is_available(&self, flow_id: u64, node_id: u64) -> bool {
        self.node(Place { flow_id, node_id }).is_some_and(|node| !matches!(node.kind, Kind::Unavailable(_)))
    }

    /// Where the edges of a node lead, in the order in which they are tried. Those to nowhere are not among them.
    pub fn next(&self, flow_id: u64, node_id: u64) -> Vec<u64> {
        let edges = self.node(Place { flow_id, node_id }).map_or(&[][..], |node| &node.edges);
        edges.iter().map(|edge| edge.node_id).collect()
    }
}

/// A `where`, as it is read.
#[derive(Clone, Debug, PartialEq)]
pub enum Where {
    /// Always true if there is none.
    All(Vec<Where>),
    Any(Vec<Where>),
    Test {
        /// With dots: `message.payload.items.0`.
        path: String,
        operator: Operator,
        /// Any of them. None for [`Operator::Exists`] and its opposite; of a regular expression its pattern.
        operands: Vec<Value>,
    },
    /// It cannot be read, and never holds.
    Never,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    Equals,
    NotEquals,
    Contains,
    NotContains,
    Exists,
    NotExists,
    Matches,
    Greater,
    GreaterOrEqual,
    Less,
    LessOrEqual,
}

impl Where {
    pub fn read(json: &Value) -> Self {
        condition::read(Some(json), &mut Reader::default(), "where").as_ref().map_or(Self::Never, seen)
    }

    /// How many tests it is made of. Of two edges of one priority, the one with more is tried first.
    pub fn weight(&self) -> usize {
        match self {
            Self::All(parts) | Self::Any(parts) => parts.iter().map(Self::weight).sum(),
            Self::Test { .. } | Self::Never => 1,
        }
    }

    /// Whether it holds whatever happened.
    pub fn always(&self) -> bool {
        match self {
            Self::All(parts) => parts.iter().all(Self::always),
            Self::Any(parts) => parts.iter().any(Self::always),
            Self::Test { .. } | Self::Never => false,
        }
    }
}

/// What is wrong with a text as a template. Printed, it is what its author sees as `{{error}}`.
pub fn template_fault(text: &str) -> Option<TemplateFault> {
    match Text::read(text) {
        Text::Broken(fault) => Some(*fault),
        Text::Plain(_) | Text::Template(_) => None,
    }
}

/// The id of a flow or node: a whole number, or a text that is one.
pub fn id(value: &Value) -> Option<u64> {
    import::id(value)
}

fn seen(condition: &Condition) -> Where {
    let (path, test) = match condition {
        Condition::All(parts) => return Where::All(parts.iter().map(seen).collect()),
        Condition::Any(parts) => return Where::Any(parts.iter().map(seen).collect()),
        Condition::Never => return Where::Never,
        Condition::Test { path, test } => (path.join("."), test),
    };
    let texts = |any: &[String]| any.iter().map(|text| Value::from(text.as_str())).collect();
    let (operator, operands) = match test {
        Test::Equals(any) => (Operator::Equals, any.clone()),
        Test::NotEquals(any) => (Operator::NotEquals, any.clone()),
        Test::Contains(any) => (Operator::Contains, texts(any)),
        Test::NotContains(any) => (Operator::NotContains, texts(any)),
        Test::Exists => (Operator::Exists, Vec::new()),
        Test::NotExists => (Operator::NotExists, Vec::new()),
        Test::Matches(regex) => (Operator::Matches, vec![regex.as_str().into()]),
        Test::Greater(bound) => (Operator::Greater, vec![(*bound).into()]),
        Test::GreaterOrEqual(bound) => (Operator::GreaterOrEqual, vec![(*bound).into()]),
        Test::Less(bound) => (Operator::Less, vec![(*bound).into()]),
        Test::LessOrEqual(bound) => (Operator::LessOrEqual, vec![(*bound).into()]),
    };
    Where::Test { path, operator, operands }
}
