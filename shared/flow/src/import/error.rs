//! What is wrong with an export, in words for the bot's author.

use std::fmt;

/// The export cannot become a bot.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    #[error("this is no bot and no flow: {0}")]
    Unknown(String),
    #[error("{place}: `{field}` {reason}")]
    Field { place: Site, field: String, reason: String },
}

/// It can, but something in it will not work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    pub place: Site,
    pub text: String,
}

/// Where in the bot.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Site {
    pub flow: Option<(u64, String)>,
    pub node: Option<(u64, String)>,
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.text)
    }
}

impl fmt::Display for Site {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some((flow_id, title)) = &self.flow else { return f.write_str("bot") };
        write!(f, "flow {flow_id}")?;
        if !title.is_empty() {
            write!(f, " ({title})")?;
        }
        match &self.node {
            Some((node_id, kind)) => write!(f, ", node {node_id} ({kind})"),
            None => Ok(()),
        }
    }
}
