//! What ends a turn in the error message. The text is for the bot's author, as `{{error}}`.

use crate::template::TemplateError;

#[derive(Debug, thiserror::Error)]
pub(crate) enum Fault {
    #[error(transparent)]
    Template(#[from] TemplateError),
    #[error("more than {limit} nodes in one turn: they lead in a circle", limit = crate::limits::NODES)]
    Loop,
    #[error("the turn took too long")]
    OutOfTime,
    #[error("the node has no message")]
    NoMessage,
    #[error("there is no flow `{0}`")]
    NoFlow(String),
    #[error("flow {0} has no node `{1}`")]
    NoNode(u64, String),
    #[error("flow {0} has no entry node")]
    NoEntry(u64),
    #[error("latitude and longitude are numbers")]
    NoNumber,
    #[error("the messages of this turn become too long")]
    TooLong,
    #[error("the parameters become too many or too long")]
    TooMany,
}

impl Fault {
    /// For the log: what a customer or a bot wrote may be in the full text.
    pub(super) fn kind(&self) -> String {
        match self {
            Self::Template(_) => "a template cannot be printed".to_owned(),
            Self::NoFlow(_) => "a link leads to a flow that does not exist".to_owned(),
            Self::NoNode(flow_id, _) => format!("a link leads to a node that flow {flow_id} does not have"),
            Self::Loop
            | Self::OutOfTime
            | Self::NoMessage
            | Self::NoEntry(_)
            | Self::NoNumber
            | Self::TooLong
            | Self::TooMany => self.to_string(),
        }
    }
}
