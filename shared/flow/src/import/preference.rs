//! `preference`: start and fallback flow, system messages, welcome switches.
//!
//! ```json
//! { "entryFlowId": 1, "fallbackFlowId": 2, "sessionTimeoutMinutes": 1440, "agentCall": { "completedFlowId": 3 },
//!   "fetch": { "timeoutMs": 5000, "maxBytes": 100000 }, "history": { "days": 30 },
//!   "systemMessage": { "empty": "…", "error": "…", "additionalChoice": "…", "unsupportedMedia": "…" },
//!   "sessionBehavior": { "restoreNavigation": true, "welcomeOnSessionStart": true, "welcomeOnMessageWithoutSession": true } }
//! ```

use std::collections::HashMap;

use serde_json::Value;

use super::{ImportError, Reader, field};
use crate::bot::{Flow, Preference};
use crate::limits;
use crate::template::Text;

/// 24 hours.
const SESSION_TIMEOUT_MS: i64 = 24 * 60 * 60 * 1000;
/// The guide's own text.
const EMPTY: &str = "(메시지 없음)";
const ERROR: &str =
    "[ERROR]\n문제가 생겼습니다. 잠시 후 다시 시도해 주세요.{{#if ($eq platform \"test\")}}\n\n{{error}}{{/if}}";

pub(super) fn read(
    json: &Value,
    first_flow: u64,
    flows: &HashMap<u64, Flow>,
    reader: &mut Reader,
) -> Result<Preference, ImportError> {
    let entry_flow = match field(json, "entryFlowId") {
        Value::Null => first_flow,
        value => {
            let flow_id = reader.id(value, "preference.entryFlowId")?;
            if !flows.contains_key(&flow_id) {
                return Err(
                    reader.error("preference.entryFlowId", &format!("names flow {flow_id}, which does not exist"))
                );
            }
            flow_id
        }
    };
    let fallback_flow = match field(json, "fallbackFlowId") {
        Value::Null => entry_flow,
        value => {
            let flow_id = reader.id(value, "preference.fallbackFlowId")?;
            if flows.contains_key(&flow_id) {
                flow_id
            } else {
                reader.warn(format!("the fallback flow {flow_id} does not exist: the start flow takes its place"));
                entry_flow
            }
        }
    };
    let system = field(json, "systemMessage");
    let behavior = field(json, "sessionBehavior");
    let text =
        |key: &str, reader: &mut Reader| reader.text(field(system, key), &format!("preference.systemMessage.{key}"));
    let flag = |key: &str, reader: &Reader| {
        reader.flag(field(behavior, key), &format!("preference.sessionBehavior.{key}"), true)
    };
    let completed_flow = match field(field(json, "agentCall"), "completedFlowId") {
        Value::Null => None,
        value => {
            let flow_id = reader.id(value, "preference.agentCall.completedFlowId")?;
            if !flows.contains_key(&flow_id) {
                reader.warn(format!("the flow {flow_id}, for when an agent is done, does not exist"));
            }
            Some(flow_id).filter(|flow_id| flows.contains_key(flow_id))
        }
    };
    // Consultation talk reads these two by itself, and knows no customer.
    for key in ["additionalChoice", "unsupportedMedia"] {
        if field(system, key).as_str().is_some_and(|text| text.contains("{{")) {
            reader.warn(format!("`preference.systemMessage.{key}` takes no template: the usual text is sent"));
        }
    }
    let fetch = field(json, "fetch");
    let bounded = |key: &str, usual: u32, most: u32, reader: &Reader| -> Result<u32, ImportError> {
        match reader.number(field(fetch, key), &format!("preference.fetch.{key}"))? {
            None => Ok(usual),
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is within")]
            Some(number) if (1.0..=f64::from(most)).contains(&number) => Ok(number as u32),
            Some(_) => Err(reader.error(&format!("preference.fetch.{key}"), &format!("is a number from 1 to {most}"))),
        }
    };
    let fetch_timeout_ms = bounded("timeoutMs", limits::FETCH_TIMEOUT_MS, limits::FETCH_TIMEOUT_MS, reader)?;
    let fetch_bytes = bounded("maxBytes", limits::FETCH_BYTES, limits::FETCH_BYTES_MOST, reader)?;
    let history_days = match reader.number(field(field(json, "history"), "days"), "preference.history.days")? {
        None => 0,
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is within")]
        Some(days) if (0.0..=f64::from(limits::HISTORY_DAYS)).contains(&days) => days as u16,
        Some(_) => {
            let most = limits::HISTORY_DAYS;
            return Err(reader.error("preference.history.days", &format!("is a number from 0 to {most}")));
        }
    };
    let minutes = reader.number(field(json, "sessionTimeoutMinutes"), "preference.sessionTimeoutMinutes")?;
    Ok(Preference {
        welcome_on_session_start: flag("welcomeOnSessionStart", reader)?,
        welcome_on_message_without_session: flag("welcomeOnMessageWithoutSession", reader)?,
        restore_navigation: flag("restoreNavigation", reader)?,
        session_timeout_ms: minutes.filter(|minutes| *minutes > 0.0).map_or(SESSION_TIMEOUT_MS, |minutes| {
            #[expect(clippy::cast_possible_truncation, reason = "a float beyond the range becomes its end")]
            let ms = (minutes * 60_000.0) as i64;
            ms
        }),
        completed_flow,
        fetch_timeout_ms,
        fetch_bytes: fetch_bytes as usize,
        history_days,
        entry_flow,
        fallback_flow,
        empty: text("empty", reader)?.unwrap_or_else(|| Text::Plain(EMPTY.to_owned())),
        error: text("error", reader)?.unwrap_or_else(|| Text::read(ERROR)),
    })
}
