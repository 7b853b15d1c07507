//! Sessions: one item per customer's conversation. `pk` = session id, `version`, `body` = the stored session as JSON.
//! Beside them, so that the indexes find it: `conversationId` while a conversation goes on, and `agentAs` (bot id, `#`,
//! [`AgentState`]) with `agentSince` while it calls for somebody of the company or has one. These change seldom, and an
//! index whose attributes stay as they are is not written.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use flow::{Session, Stored, StoredRef};
use model::{BotId, ConversationId, EndUserId, EpochMillis, ManualStatus};

use crate::StoreError;
use crate::item::{Item, json, number, read_json, read_number, read_text, text};
use crate::schema::{AGENT_INDEX, CONVERSATION_INDEX};

#[derive(Clone, Debug)]
pub struct Sessions {
    client: Client,
    table: String,
}

/// Which writing of an item was read; the next is only taken if no other came between.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Version(pub(crate) i64);

impl Version {
    /// Of an item that is not there yet.
    pub const NONE: Self = Self(0);
}

/// Where people of the company look for work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AgentState {
    /// The customer waits for somebody.
    Pending,
    /// Somebody talks to the customer.
    Connected,
}

/// Of a list of customers: who, and since when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Waiting {
    pub session_id: EndUserId,
    pub since: EpochMillis,
}

impl Sessions {
    pub fn new(client: Client, table: &str) -> Self {
        Self { client, table: table.to_owned() }
    }

    /// `current`: as of now, at twice the price of a moment ago. A turn needs it; somebody who looks again soon does not.
    pub async fn load(&self, id: EndUserId, current: bool) -> Result<Option<(Session, Version)>, StoreError> {
        let output = self
            .client
            .get_item()
            .table_name(&self.table)
            .key("pk", text(id.to_string()))
            .consistent_read(current)
            .send()
            .await
            .map_err(|error| StoreError::from_sdk(&error))?;
        output.item.map(|item| read(&item)).transpose()
    }

    /// The one write of a turn. [`StoreError::Conflict`] when another worker wrote since `version` was read.
    pub async fn save(&self, session: &Session, version: Version) -> Result<Version, StoreError> {
        let next = Version(version.0 + 1);
        let request = self
            .client
            .put_item()
            .table_name(&self.table)
            .item("pk", text(session.end_user.id.to_string()))
            .item("version", number(next.0))
            .item("body", json("session", &StoredRef::V1(session))?);
        let request = match &session.talk {
            Some(talk) => request.item("conversationId", text(talk.id.to_string())),
            None => request,
        };
        let request = match AgentState::of(session) {
            Some((state, since)) => request
                .item("agentAs", text(agent_as(&session.end_user.bot_id, state)))
                .item("agentSince", number(since.0)),
            None => request,
        };
        let request = if version == Version::NONE {
            request.condition_expression("attribute_not_exists(pk)")
        } else {
            request
                .condition_expression("version = :version")
                .expression_attribute_values(":version", number(version.0))
        };
        match request.send().await {
            Ok(_) => Ok(next),
            Err(error) => Err(conflict_or(&error)),
        }
    }

    /// Whose conversation it is, while it goes on. The index lags behind by moments.
    pub async fn of_conversation(&self, id: ConversationId) -> Result<Option<EndUserId>, StoreError> {
        let output = self
            .client
            .query()
            .table_name(&self.table)
            .index_name(CONVERSATION_INDEX)
            .key_condition_expression("conversationId = :id")
            .expression_attribute_values(":id", text(id.to_string()))
            .limit(1)
            .send()
            .await
            .map_err(|error| StoreError::from_sdk(&error))?;
        Ok(output.items().first().and_then(|item| read_text(item, "pk")?.parse().ok()))
    }

    /// Customers of a bot that wait for somebody of the company, or have one, the longest first; `after` goes on behind the
    /// last of an earlier list.
    pub async fn with_agents(
        &self,
        bot_id: &BotId,
        state: AgentState,
        after: Option<Waiting>,
        limit: i32,
    ) -> Result<Vec<Waiting>, StoreError> {
        let agent_as = agent_as(bot_id, state);
        let start = after.map(|Waiting { session_id, since }| {
            Item::from([
                ("pk".to_owned(), text(session_id.to_string())),
                ("agentAs".to_owned(), text(agent_as.clone())),
                ("agentSince".to_owned(), number(since.0)),
            ])
        });
        let output = self
            .client
            .query()
            .table_name(&self.table)
            .index_name(AGENT_INDEX)
            .key_condition_expression("agentAs = :as")
            .expression_attribute_values(":as", text(&agent_as))
            .set_exclusive_start_key(start)
            .limit(limit)
            .send()
            .await
            .map_err(|error| StoreError::from_sdk(&error))?;
        let waiting = |item: &Item| {
            let session_id = read_text(item, "pk")?.parse().ok()?;
            Some(Waiting { session_id, since: EpochMillis(read_number(item, "agentSince")?) })
        };
        Ok(output.items().iter().filter_map(waiting).collect())
    }

    /// All that is known of a customer, as of whatever version.
    pub async fn delete(&self, id: EndUserId) -> Result<(), StoreError> {
        let request = self.client.delete_item().table_name(&self.table).key("pk", text(id.to_string()));
        request.send().await.map(drop).map_err(|error| StoreError::from_sdk(&error))
    }
}

impl AgentState {
    fn of(session: &Session) -> Option<(Self, EpochMillis)> {
        let talk = session.talk.as_ref()?;
        let since = talk.manual_since.unwrap_or(talk.created_at);
        match talk.manual? {
            ManualStatus::Pending => Some((Self::Pending, since)),
            ManualStatus::Connected | ManualStatus::Handover => Some((Self::Connected, since)),
            ManualStatus::Cancelled | ManualStatus::Completed => None,
        }
    }
}

fn agent_as(bot_id: &BotId, state: AgentState) -> String {
    let state = match state {
        AgentState::Pending => "pending",
        AgentState::Connected => "connected",
    };
    format!("{bot_id}#{state}")
}

fn read(item: &Item) -> Result<(Session, Version), StoreError> {
    let Stored::V1(session) = read_json("session", item, "body")?;
    let version = read_number(item, "version")
        .ok_or_else(|| StoreError::Corrupt { what: "session", reason: "`version` is missing".to_owned() })?;
    Ok((*session, Version(version)))
}

pub(crate) fn conflict_or(error: &SdkError<PutItemError>) -> StoreError {
    if error.as_service_error().is_some_and(PutItemError::is_conditional_check_failed_exception) {
        return StoreError::Conflict;
    }
    StoreError::from_sdk(error)
}
