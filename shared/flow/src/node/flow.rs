//! Flow: goes on in another flow, or at a node of it.
//!
//! ```json
//! { "type": "flow", "data": { "flowId": 2 } }
//! { "type": "flow", "data": { "flowId": "{{message.payload.flowId}}", "nodeId": "{{message.payload.nodeId}}" } }
//! ```

use serde_json::Value;

use super::Then;
use crate::import::{ImportError, Reader, field, id};
use crate::run::{Fault, Run};
use crate::state::Place;
use crate::template::Text;

#[derive(Debug)]
pub(crate) struct Flow {
    flow_id: Option<Text>,
    node_id: Option<Text>,
}

pub(super) fn read(data: &Value, reader: &mut Reader) -> Result<Flow, ImportError> {
    let flow_id = reader.text(field(data, "flowId"), "data.flowId")?;
    if flow_id.is_none() {
        reader.warn("leads nowhere: `data.flowId` is missing");
    }
    Ok(Flow { flow_id, node_id: reader.text(field(data, "nodeId"), "data.nodeId")? })
}

impl Flow {
    pub(super) fn run(&self, run: &mut Run<'_>) -> Result<Then, Fault> {
        let flow = self.flow_id.as_ref().ok_or_else(|| Fault::NoFlow(String::new()))?.render(&mut run.context)?;
        let node = self.node_id.as_ref().map(|node_id| node_id.render(&mut run.context)).transpose()?;
        let flow_id = flow.trim().parse().ok().filter(|flow_id| run.bot.flows.contains_key(flow_id));
        let flow_id = flow_id.ok_or_else(|| Fault::NoFlow(flow.into_owned()))?;
        let place = match node.filter(|node| !node.trim().is_empty()) {
            Some(node) => {
                let node_id = node.trim().parse().map_err(|_| Fault::NoNode(flow_id, node.into_owned()))?;
                Place { flow_id, node_id }
            }
            None => run.bot.entry(flow_id).ok_or(Fault::NoEntry(flow_id))?,
        };
        run.leave_fallback(place);
        Ok(Then::Goto(place))
    }

    /// Where it leads, if that is the same each time.
    pub(super) fn flow(&self) -> Option<u64> {
        id(&Value::from(self.flow_id.as_ref()?.plain()?))
    }
}
