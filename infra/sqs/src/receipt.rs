//! A receipt handle names one receive of one message: a later receive of it makes the handle stale.

use std::fmt;
use std::str::FromStr;

use crate::fault::Fault;
use crate::queue::Queue;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Receipt {
    pub(crate) queue: i64,
    pub(crate) seq: i64,
    /// The message's receive count then.
    pub(crate) receive: i64,
}

/// Reads the handle that a request gives for a message of this queue.
pub(crate) fn parse(queue: &Queue, handle: Option<&str>) -> Result<Receipt, Fault> {
    let receipt: Receipt = handle.ok_or(Fault::MissingParameter("ReceiptHandle"))?.parse()?;
    if receipt.queue == queue.id { Ok(receipt) } else { Err(Fault::ReceiptHandleIsInvalid) }
}

impl fmt::Display for Receipt {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "AQ{}-{}-{}", self.queue, self.seq, self.receive)
    }
}

impl FromStr for Receipt {
    type Err = Fault;

    fn from_str(handle: &str) -> Result<Receipt, Fault> {
        let mut numbers = handle.strip_prefix("AQ").into_iter().flat_map(|rest| rest.split('-')).map(str::parse);
        match (numbers.next(), numbers.next(), numbers.next(), numbers.next()) {
            (Some(Ok(queue)), Some(Ok(seq)), Some(Ok(receive)), None) => Ok(Receipt { queue, seq, receive }),
            _ => Err(Fault::ReceiptHandleIsInvalid),
        }
    }
}
