//! Sessions: one item per customer's conversation. `pk` = session id, `version`, `body` = the stored session as JSON.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use flow::{Session, Stored, StoredRef};
use model::EndUserId;

use crate::StoreError;
use crate::item::{Item, json, number, read_json, read_number, text};

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
