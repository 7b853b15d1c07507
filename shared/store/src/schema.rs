//! The tables. A deployment declares them the same; the local stack and the tests make them here.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::BuildError;
use aws_sdk_dynamodb::operation::create_table::CreateTableError;
use aws_sdk_dynamodb::operation::create_table::builders::CreateTableFluentBuilder;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, CreateGlobalSecondaryIndexAction, GlobalSecondaryIndex,
    GlobalSecondaryIndexUpdate, KeySchemaElement, KeyType, Projection, ProjectionType, ScalarAttributeType,
    TimeToLiveSpecification,
};

use crate::StoreError;

/// Names of the tables. A function leaves those empty that it does not ask.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tables {
    pub sessions: String,
    pub bots: String,
    pub webhooks: String,
    pub deliveries: String,
    /// Of the management API: its keys, and what was asked with an `Idempotency-Key`.
    pub keys: String,
    /// What was said, for bots that keep it.
    pub messages: String,
}

/// The index of the bots that are live, by id.
pub const LIVE_INDEX: &str = "live";
/// The sparse index of what must be looked at, by time.
pub const DUE_INDEX: &str = "due";
/// The index of a webhook's deliveries, by state and time.
pub const KEPT_INDEX: &str = "kept";
/// The sparse index of sessions by the conversation that is going on.
pub const CONVERSATION_INDEX: &str = "conversation";
/// The sparse index of a bot's sessions that call for somebody of the company or have one.
pub const AGENT_INDEX: &str = "agent";

impl Tables {
    pub fn with_prefix(prefix: &str) -> Self {
        let name = |table: &str| format!("{prefix}{table}");
        Self {
            sessions: name("sessions"),
            bots: name("bots"),
            webhooks: name("webhooks"),
            deliveries: name("deliveries"),
            keys: name("keys"),
            messages: name("messages"),
        }
    }
}

/// Makes the tables and indexes that are not there.
pub async fn create(client: &Client, tables: &Tables) -> Result<(), StoreError> {
    let indexes =
        [(CONVERSATION_INDEX, "conversationId", None), (AGENT_INDEX, "agentAs", Some(("agentSince", NUMBER)))];
    table(client, &tables.sessions, &["pk"], &indexes).await?;
    table(client, &tables.bots, &["pk"], &[(LIVE_INDEX, "live", Some(("pk", TEXT)))]).await?;
    table(client, &tables.webhooks, &["pk", "sk"], &[]).await?;
    let indexes =
        [(DUE_INDEX, "dueShard", Some(("dueAt", NUMBER))), (KEPT_INDEX, "keptAs", Some(("createdAt", NUMBER)))];
    table(client, &tables.deliveries, &["pk"], &indexes).await?;
    table(client, &tables.keys, &["pk"], &[]).await?;
    table(client, &tables.messages, &["pk", "sk"], &[]).await?;
    for name in [&tables.sessions, &tables.bots, &tables.webhooks, &tables.deliveries, &tables.keys, &tables.messages] {
        let specification = TimeToLiveSpecification::builder().enabled(true).attribute_name("expires").build();
        let Ok(specification) = specification else { continue };
        // Switching it on twice is an error, and no matter.
        let _ = client.update_time_to_live().table_name(name).time_to_live_specification(specification).send().await;
    }
    Ok(())
}

/// Its name, its hash, which is a text, and its range.
type Index = (&'static str, &'static str, Option<(&'static str, ScalarAttributeType)>);
const TEXT: ScalarAttributeType = ScalarAttributeType::S;
const NUMBER: ScalarAttributeType = ScalarAttributeType::N;

async fn table(client: &Client, name: &str, keys: &[&str], indexes: &[Index]) -> Result<(), StoreError> {
    let built = |error: BuildError| StoreError::Unavailable(error.to_string());
    let mut request = client.create_table().table_name(name).billing_mode(BillingMode::PayPerRequest);
    for (index, name) in keys.iter().enumerate() {
        let kind = if index == 0 { KeyType::Hash } else { KeyType::Range };
        request = request
            .attribute_definitions(attribute(name, ScalarAttributeType::S).map_err(built)?)
            .key_schema(key(name, kind).map_err(built)?);
    }
    for index in indexes {
        let (index, attributes) = global(index).map_err(built)?;
        // One that is a key of the table is defined already.
        let attributes = attributes.into_iter().filter(|attribute| !keys.contains(&attribute.attribute_name()));
        request = attributes.fold(request, CreateTableFluentBuilder::attribute_definitions);
        request = request.global_secondary_indexes(index);
    }
    match request.send().await {
        Ok(_) => Ok(()),
        Err(error) if error.as_service_error().is_some_and(CreateTableError::is_resource_in_use_exception) => {
            add_indexes(client, name, indexes).await
        }
        Err(error) => Err(StoreError::from_sdk(&error)),
    }
}

/// A table of an earlier version lacks some.
async fn add_indexes(client: &Client, name: &str, indexes: &[Index]) -> Result<(), StoreError> {
    let built = |error: BuildError| StoreError::Unavailable(error.to_string());
    let output = client.describe_table().table_name(name).send().await.map_err(|error| StoreError::from_sdk(&error))?;
    let there: Vec<&str> = output
        .table()
        .map(|table| table.global_secondary_indexes().iter().filter_map(|index| index.index_name()).collect())
        .unwrap_or_default();
    for index in indexes.iter().filter(|(name, ..)| !there.contains(name)) {
        let (index, attributes) = global(index).map_err(built)?;
        let create = CreateGlobalSecondaryIndexAction::builder()
            .set_index_name(Some(index.index_name().to_owned()))
            .set_key_schema(Some(index.key_schema().to_vec()))
            .set_projection(index.projection().cloned())
            .build()
            .map_err(built)?;
        client
            .update_table()
            .table_name(name)
            .set_attribute_definitions(Some(attributes))
            .global_secondary_index_updates(GlobalSecondaryIndexUpdate::builder().create(create).build())
            .send()
            .await
            .map_err(|error| StoreError::from_sdk(&error))?;
    }
    Ok(())
}

/// The index, and what there is to say of its attributes.
fn global((name, hash, range): &Index) -> Result<(GlobalSecondaryIndex, Vec<AttributeDefinition>), BuildError> {
    let mut index = GlobalSecondaryIndex::builder()
        .index_name(*name)
        .key_schema(key(hash, KeyType::Hash)?)
        .projection(Projection::builder().projection_type(ProjectionType::KeysOnly).build());
    let mut attributes = vec![attribute(hash, ScalarAttributeType::S)?];
    if let Some((range, kind)) = range {
        index = index.key_schema(key(range, KeyType::Range)?);
        attributes.push(attribute(range, kind.clone())?);
    }
    Ok((index.build()?, attributes))
}

fn attribute(name: &str, kind: ScalarAttributeType) -> Result<AttributeDefinition, BuildError> {
    AttributeDefinition::builder().attribute_name(name).attribute_type(kind).build()
}

fn key(name: &str, kind: KeyType) -> Result<KeySchemaElement, BuildError> {
    KeySchemaElement::builder().attribute_name(name).key_type(kind).build()
}
