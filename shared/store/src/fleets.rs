//! What is known of all webhooks together: one item in the table of the webhooks. `pk` = `sk` = `fleet`, which is no id of a
//! bot, `version`, `body` = the stored fleet as JSON.

use aws_sdk_dynamodb::Client;
use delivery::{Fleet, StoredFleet};

use crate::item::{json, number, read_json, read_number, text};
use crate::sessions::conflict_or;
use crate::{StoreError, Version};

#[derive(Clone, Debug)]
pub struct Fleets {
    client: Client,
    table: String,
}

const KEY: &str = "fleet";

impl Fleets {
    /// In the table of the webhooks.
    pub fn new(client: Client, table: &str) -> Self {
        Self { client, table: table.to_owned() }
    }

    pub async fn load(&self) -> Result<(Fleet, Version), StoreError> {
        let request = self.client.get_item().table_name(&self.table).key("pk", text(KEY)).key("sk", text(KEY));
        let output = request.consistent_read(true).send().await.map_err(|error| StoreError::from_sdk(&error))?;
        let Some(item) = output.item else { return Ok((Fleet::default(), Version::NONE)) };
        let StoredFleet::V1(fleet) = read_json("fleet", &item, "body")?;
        Ok((fleet, Version(read_number(&item, "version").unwrap_or_default())))
    }

    /// [`StoreError::Conflict`] when somebody else wrote since `version` was read.
    pub async fn save(&self, fleet: &Fleet, version: Version) -> Result<(), StoreError> {
        let request = self
            .client
            .put_item()
            .table_name(&self.table)
            .item("pk", text(KEY))
            .item("sk", text(KEY))
            .item("version", number(version.0 + 1))
            .item("body", json("fleet", &StoredFleet::V1(fleet.clone()))?);
        let request = if version == Version::NONE {
            request.condition_expression("attribute_not_exists(pk)")
        } else {
            request
                .condition_expression("version = :version")
                .expression_attribute_values(":version", number(version.0))
        };
        request.send().await.map(drop).map_err(|error| conflict_or(&error))
    }
}
