//! The tables. A deployment declares them the same; the local stack and the tests make them here.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::BuildError;
use aws_sdk_dynamodb::operation::create_table::CreateTableError;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection, ProjectionType,
    ScalarAttributeType, TimeToLiveSpecification,
};

use crate::StoreError;

/// Names of the tables.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tables {
    pub sessions: String,
    pub bots: String,
    pub webhooks: String,
    pub deliveries: String,
    pub web: String,
}

/// The sparse index of what must be looked at, by time.
pub const DUE_INDEX: &str = "due";
/// The sparse index of a webhook's deliveries that are open, held or given up.
pub const KEPT_INDEX: &str = "kept";

impl Tables {
    pub fn with_prefix(prefix: &str) -> Self {
        let name = |table: &str| format!("{prefix}{table}");
        Self {
            sessions: name("sessions"),
            bots: name("bots"),
            webhooks: name("webhooks"),
            deliveries: name("deliveries"),
            web: name("web"),
        }
    }
}

/// Makes the tables that are not there.
pub async fn create(client: &Client, tables: &Tables) -> Result<(), StoreError> {
    table(client, &tables.sessions, &["pk"], &[]).await?;
    table(client, &tables.bots, &["pk"], &[]).await?;
    table(client, &tables.webhooks, &["pk", "sk"], &[]).await?;
    let indexes = [(DUE_INDEX, "dueShard", "dueAt"), (KEPT_INDEX, "keptAs", "createdAt")];
    table(client, &tables.deliveries, &["pk"], &indexes).await?;
    table(client, &tables.web, &["pk", "sk"], &[]).await?;
    for name in [&tables.sessions, &tables.bots, &tables.deliveries, &tables.web] {
        let specification = TimeToLiveSpecification::builder().enabled(true).attribute_name("expires").build();
        let Ok(specification) = specification else { continue };
        // Switching it on twice is an error, and no matter.
        let _ = client.update_time_to_live().table_name(name).time_to_live_specification(specification).send().await;
    }
    Ok(())
}

/// `indexes`: the name of each, its hash, which is a text, and its range, which is a number.
async fn table(client: &Client, name: &str, keys: &[&str], indexes: &[(&str, &str, &str)]) -> Result<(), StoreError> {
    let built = |error: BuildError| StoreError::Unavailable(error.to_string());
    let attribute = |name: &str, kind| AttributeDefinition::builder().attribute_name(name).attribute_type(kind).build();
    let key = |name: &str, kind| KeySchemaElement::builder().attribute_name(name).key_type(kind).build();
    let mut request = client.create_table().table_name(name).billing_mode(BillingMode::PayPerRequest);
    for (index, name) in keys.iter().enumerate() {
        let kind = if index == 0 { KeyType::Hash } else { KeyType::Range };
        request = request
            .attribute_definitions(attribute(name, ScalarAttributeType::S).map_err(built)?)
            .key_schema(key(name, kind).map_err(built)?);
    }
    for (name, hash, range) in indexes {
        let index = GlobalSecondaryIndex::builder()
            .index_name(*name)
            .key_schema(key(hash, KeyType::Hash).map_err(built)?)
            .key_schema(key(range, KeyType::Range).map_err(built)?)
            .projection(Projection::builder().projection_type(ProjectionType::KeysOnly).build())
            .build()
            .map_err(built)?;
        request = request
            .attribute_definitions(attribute(hash, ScalarAttributeType::S).map_err(built)?)
            .attribute_definitions(attribute(range, ScalarAttributeType::N).map_err(built)?)
            .global_secondary_indexes(index);
    }
    match request.send().await {
        Ok(_) => Ok(()),
        Err(error) if error.as_service_error().is_some_and(CreateTableError::is_resource_in_use_exception) => Ok(()),
        Err(error) => Err(StoreError::from_sdk(&error)),
    }
}
