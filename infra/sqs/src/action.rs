//! The actions that are served, and what is said to the others.

use crate::fault::Fault;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    CreateQueue,
    GetQueueUrl,
    ListQueues,
    DeleteQueue,
    PurgeQueue,
    GetQueueAttributes,
    SetQueueAttributes,
    SendMessage,
    SendMessageBatch,
    ReceiveMessage,
    DeleteMessage,
    DeleteMessageBatch,
    ChangeMessageVisibility,
    ChangeMessageVisibilityBatch,
}

const SERVED: [(&str, Action); 14] = [
    ("CreateQueue", Action::CreateQueue),
    ("GetQueueUrl", Action::GetQueueUrl),
    ("ListQueues", Action::ListQueues),
    ("DeleteQueue", Action::DeleteQueue),
    ("PurgeQueue", Action::PurgeQueue),
    ("GetQueueAttributes", Action::GetQueueAttributes),
    ("SetQueueAttributes", Action::SetQueueAttributes),
    ("SendMessage", Action::SendMessage),
    ("SendMessageBatch", Action::SendMessageBatch),
    ("ReceiveMessage", Action::ReceiveMessage),
    ("DeleteMessage", Action::DeleteMessage),
    ("DeleteMessageBatch", Action::DeleteMessageBatch),
    ("ChangeMessageVisibility", Action::ChangeMessageVisibility),
    ("ChangeMessageVisibilityBatch", Action::ChangeMessageVisibilityBatch),
];

/// AWS has these, and nothing of ours asks for them.
const UNSERVED: [&str; 9] = [
    "AddPermission",
    "CancelMessageMoveTask",
    "ListDeadLetterSourceQueues",
    "ListMessageMoveTasks",
    "ListQueueTags",
    "RemovePermission",
    "StartMessageMoveTask",
    "TagQueue",
    "UntagQueue",
];

impl Action {
    /// Reads the `x-amz-target` header; gives the name too, because the counts are kept by it.
    pub(crate) fn of(target: &str) -> Result<(&'static str, Action), Fault> {
        let Some(name) = target.strip_prefix("AmazonSQS.") else {
            return Err(Fault::InvalidAction);
        };
        if let Some(served) = SERVED.iter().find(|(served, _)| *served == name) {
            return Ok(*served);
        }
        match UNSERVED.iter().find(|unserved| **unserved == name) {
            Some(unserved) => Err(Fault::UnsupportedOperation(unserved)),
            None => Err(Fault::InvalidAction),
        }
    }
}
