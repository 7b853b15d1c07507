//! `infra/template.yaml` held to the code: what is deployed is what the code was written and tested for.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_sqs::types::QueueAttributeName;
use serde_json::{Map, Value, json};
use serde_yaml_ng::Value as Yaml;
use shell::metrics::Metric;

use crate::world;

/// The template in JSON, its short tags written out.
pub(crate) struct Template {
    pub(crate) text: String,
    json: Value,
}

impl Template {
    pub(crate) fn read() -> Self {
        let text = std::fs::read_to_string(world::root().join("infra/template.yaml")).unwrap();
        let json = plain(serde_yaml_ng::from_str(&text).unwrap());
        Self { text, json }
    }

    pub(crate) fn of_type(&self, kind: &str) -> BTreeMap<&str, &Value> {
        let resources = self.json["Resources"].as_object().unwrap().iter();
        resources
            .filter(|(_, resource)| resource["Type"] == kind)
            .map(|(name, resource)| (name.as_str(), &resource["Properties"]))
            .collect()
    }

    pub(crate) fn properties(&self, name: &str) -> &Value {
        let properties = &self.json["Resources"][name]["Properties"];
        assert!(properties.is_object(), "there is no resource {name}");
        properties
    }

    /// By the name of the package.
    pub(crate) fn functions(&self) -> BTreeMap<String, &Value> {
        let functions = self.of_type("AWS::Serverless::Function");
        let package = |code: &Value| code.as_str().unwrap().trim_matches('/').rsplit('/').next().unwrap().to_owned();
        functions.values().map(|function| (package(&function["CodeUri"]), *function)).collect()
    }

    /// What its role allows.
    pub(crate) fn statements(&self, function: &Value) -> Vec<Value> {
        let role = reference(&function["Role"]["Fn::GetAtt"]);
        let policies = self.properties(&role)["Policies"].as_array().unwrap();
        let statements = policies.iter().flat_map(|policy| policy["PolicyDocument"]["Statement"].as_array().unwrap());
        // Of a condition, what is there when it holds.
        statements.map(|statement| statement["Fn::If"].get(1).unwrap_or(statement).clone()).collect()
    }

    /// The name that a table, an index or a queue has on the local stack.
    pub(crate) fn local_name(&self, resource: &Value) -> String {
        let (logical, rest) = match (&resource["Fn::GetAtt"], &resource["Fn::Sub"]) {
            (Value::String(attribute), _) => (attribute.clone(), String::new()),
            (_, Value::String(text)) => {
                let (inside, rest) = text.strip_prefix("${").and_then(|text| text.split_once('}')).unwrap();
                (inside.to_owned(), rest.replace("/index/", "/"))
            }
            _ => panic!("{resource} names no table and no queue"),
        };
        let properties = self.properties(logical.split('.').next().unwrap());
        let name = properties.get("TableName").or(properties.get("QueueName")).unwrap();
        format!("{}{rest}", name["Fn::Sub"].as_str().unwrap().replace("${AWS::StackName}-", "closer-"))
    }
}

fn plain(yaml: Yaml) -> Value {
    match yaml {
        Yaml::Tagged(tagged) => {
            let name = tagged.tag.to_string();
            let name = name.trim_start_matches('!');
            let name = if matches!(name, "Ref" | "Condition") { name.to_owned() } else { format!("Fn::{name}") };
            json!({ name: plain(tagged.value) })
        }
        Yaml::Mapping(entries) => {
            let text = |key: Yaml| key.as_str().map(str::to_owned).unwrap();
            Value::Object(entries.into_iter().map(|(key, value)| (text(key), plain(value))).collect::<Map<_, _>>())
        }
        Yaml::Sequence(items) => Value::Array(items.into_iter().map(plain).collect()),
        other => serde_json::to_value(other).unwrap(),
    }
}

fn reference(attribute: &Value) -> String {
    attribute.as_str().unwrap().split('.').next().unwrap().to_owned()
}

#[test]
fn every_function_is_deployed() {
    let template = Template::read();
    let deployed: BTreeSet<String> = template.functions().into_keys().collect();
    let folders = std::fs::read_dir(world::root().join("functions")).unwrap().flatten();
    let written: BTreeSet<String> = folders.map(|entry| entry.file_name().into_string().unwrap()).collect();
    assert_eq!(deployed, written);
}

#[test]
fn every_messenger_has_its_route_and_its_address() {
    let template = Template::read();
    let functions = template.of_type("AWS::Serverless::Function");
    let integrations = template.of_type("AWS::ApiGatewayV2::Integration");
    let permissions: Vec<&Value> = template.of_type("AWS::Lambda::Permission").into_values().collect();
    let mut routed = BTreeSet::new();
    for (name, route) in template.of_type("AWS::ApiGatewayV2::Route") {
        let target = route["Target"]["Fn::Sub"].as_str().unwrap();
        let integration = target.strip_prefix("integrations/${").unwrap().trim_end_matches('}');
        let uri = &integrations[integration]["IntegrationUri"];
        let function = match &uri["Fn::GetAtt"] {
            Value::String(attribute) => attribute.split('.').next().unwrap(),
            _ => uri["Fn::Sub"].as_str().unwrap().split_once("functions/${").unwrap().1.split('.').next().unwrap(),
        };
        assert!(functions.contains_key(function), "{name}");
        assert_eq!(integrations[integration]["ApiId"], route["ApiId"], "{name}");
        let key = route["RouteKey"].as_str().unwrap();
        let path = key.split(' ').nth(1).unwrap_or_default().replace("{proxy+}", "*").replace("{file}", "*");
        let may = permissions.iter().any(|permission| {
            let source = permission["SourceArn"]["Fn::Sub"].as_str().unwrap();
            permission["FunctionName"]["Ref"] == function && source.ends_with(&path)
        });
        assert!(may, "API Gateway may not call {function} for {key}");
        routed.insert((key.to_owned(), functions[function]["CodeUri"].as_str().unwrap().to_owned()));
    }
    let text = template.json["Outputs"].to_string();
    // No messenger calls web chat.
    for key in ["ANY /v1/web/{proxy+}", "GET /webchat/{proxy+}", "GET /{file}"] {
        assert!(routed.contains(&(key.to_owned(), "../target/lambda/web/".to_owned())), "{key}");
    }
    let messengers = platforms::PLATFORMS.iter().filter(|platform| platform.kind != model::PlatformType::Web);
    for platform in messengers {
        let name = platform.kind.as_str();
        let route = (format!("ANY /hooks/{name}/{{proxy+}}"), format!("../target/lambda/{name}/"));
        assert!(routed.contains(&route), "{name} has no route");
        assert!(text.contains(&format!("/hooks/{name}/")), "there is no output to paste in the console of {name}");
    }
}

/// Whoever floods one door leaves the others open.
#[test]
fn doors_are_throttled() {
    let template = Template::read();
    let (sockets, http) = (template.properties("WebSocketStage"), template.properties("HttpStage"));
    let routes: BTreeSet<&str> =
        template.of_type("AWS::ApiGatewayV2::Route").values().filter_map(|route| route["RouteKey"].as_str()).collect();
    let mut doors = vec![("sockets", &sockets["DefaultRouteSettings"])];
    for key in ["ANY /v1/{proxy+}", "ANY /v1/web/{proxy+}"] {
        assert!(routes.contains(key), "{key}");
        doors.push((key, &http["RouteSettings"][key]));
    }
    for (door, settings) in doors {
        let of = |name: &str| settings[name].as_u64().unwrap_or_else(|| panic!("{door} has no {name}"));
        // An account has 10,000 a second.
        assert!(of("ThrottlingRateLimit") <= 1000 && of("ThrottlingBurstLimit") <= 2000, "{door}");
    }
    let kept = &template.functions()["web"]["ReservedConcurrentExecutions"]["Fn::If"];
    let none = json!({ "Ref": "AWS::NoValue" });
    assert_eq!(*kept, json!(["HasWebConcurrency", { "Ref": "WebConcurrency" }, none]));
}

#[tokio::test]
async fn tables_are_as_the_schema_makes_them() {
    let template = Template::read();
    let running = world::start_idle().await;
    let client = &running.stack.services.aws.dynamodb;
    let names = client.list_tables().send().await.unwrap().table_names.unwrap();
    let mut made = BTreeMap::new();
    for name in names {
        let described = client.describe_table().table_name(&name).send().await.unwrap().table.unwrap();
        let keys = |schema: &[aws_sdk_dynamodb::types::KeySchemaElement]| {
            let key = |key: &aws_sdk_dynamodb::types::KeySchemaElement| json!({ "AttributeName": key.attribute_name(), "KeyType": key.key_type().as_str() });
            Value::Array(schema.iter().map(key).collect())
        };
        let attributes: BTreeMap<&str, &str> = described
            .attribute_definitions()
            .iter()
            .map(|attribute| (attribute.attribute_name(), attribute.attribute_type().as_str()))
            .collect();
        let indexes: BTreeMap<&str, Value> = described
            .global_secondary_indexes()
            .iter()
            .map(|index| {
                let projection = index.projection().unwrap().projection_type().unwrap().as_str().to_owned();
                (index.index_name().unwrap(), json!([keys(index.key_schema()), projection]))
            })
            .collect();
        let ttl = client.describe_time_to_live().table_name(&name).send().await.unwrap();
        let ttl = ttl.time_to_live_description.and_then(|described| described.attribute_name);
        made.insert(name, json!([keys(described.key_schema()), attributes, indexes, ttl]));
    }
    running.stop().await;

    let mut declared = BTreeMap::new();
    for (logical, table) in template.of_type("AWS::DynamoDB::Table") {
        for (name, value) in [
            ("BillingMode", json!("PAY_PER_REQUEST")),
            ("PointInTimeRecoverySpecification", json!({ "PointInTimeRecoveryEnabled": true })),
            ("DeletionProtectionEnabled", json!(true)),
            (
                "SSESpecification",
                json!({ "SSEEnabled": true, "SSEType": "KMS", "KMSMasterKeyId": { "Ref": "DataKey" } }),
            ),
        ] {
            assert_eq!(table[name], value, "{logical}");
        }
        let attributes: BTreeMap<&str, &str> = table["AttributeDefinitions"]
            .as_array()
            .unwrap()
            .iter()
            .map(|it| (it["AttributeName"].as_str().unwrap(), it["AttributeType"].as_str().unwrap()))
            .collect();
        let indexes: BTreeMap<&str, Value> = table["GlobalSecondaryIndexes"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|it| (it["IndexName"].as_str().unwrap(), json!([it["KeySchema"], it["Projection"]["ProjectionType"]])))
            .collect();
        let ttl = &table["TimeToLiveSpecification"]["AttributeName"];
        let name = template.local_name(&json!({ "Fn::GetAtt": format!("{logical}.Arn") }));
        declared.insert(name, json!([table["KeySchema"], attributes, indexes, ttl]));
    }
    assert_eq!(declared, made);
}

#[tokio::test]
async fn queues_are_as_the_local_stack_makes_them() {
    let template = Template::read();
    let running = world::start_idle().await;
    let client = &running.stack.services.aws.sqs;
    let mut made = BTreeMap::new();
    for url in client.list_queues().send().await.unwrap().queue_urls.unwrap() {
        let output =
            client.get_queue_attributes().queue_url(&url).attribute_names(QueueAttributeName::All).send().await;
        let attributes = output.unwrap().attributes.unwrap();
        let redrive: Value = attributes
            .get(&QueueAttributeName::RedrivePolicy)
            .map_or(Value::Null, |policy| serde_json::from_str(policy).unwrap());
        let last = |text: &str, mark| text.rsplit(mark).next().unwrap().to_owned();
        let dead = redrive["deadLetterTargetArn"].as_str().map(|arn| last(arn, ':'));
        let receives = redrive["maxReceiveCount"]
            .as_str()
            .map(str::to_owned)
            .or(redrive["maxReceiveCount"].as_u64().map(|it| it.to_string()));
        let fifo = attributes.get(&QueueAttributeName::FifoQueue).is_some_and(|fifo| fifo == "true");
        made.insert(last(&url, '/'), json!([fifo, dead, receives]));
    }
    running.stop().await;

    let mut declared = BTreeMap::new();
    for (logical, queue) in template.of_type("AWS::SQS::Queue") {
        let fifo = queue["FifoQueue"] == true;
        assert_eq!(queue["MessageRetentionPeriod"], 14 * 24 * 60 * 60, "{logical}");
        assert_eq!(queue["SqsManagedSseEnabled"], true, "{logical}");
        assert_eq!(queue["FifoThroughputLimit"] == "perMessageGroupId", fifo, "{logical}");
        assert_eq!(queue["DeduplicationScope"] == "messageGroup", fifo, "{logical}");
        let redrive = &queue["RedrivePolicy"];
        let dead = redrive.get("deadLetterTargetArn").map(|dead| template.local_name(dead));
        let receives = redrive["maxReceiveCount"].as_u64().map(|it| it.to_string());
        let name = template.local_name(&json!({ "Fn::GetAtt": format!("{logical}.Arn") }));
        declared.insert(name, json!([fifo, dead, receives]));
    }
    assert_eq!(declared, made);
}

/// An alarm on a metric that nobody counts would never sound.
#[test]
fn what_is_drawn_and_alarmed_on_is_counted_and_explained() {
    let template = Template::read();
    let metrics: BTreeSet<String> = Metric::ALL.iter().map(|metric| metric.name()).collect();
    let mut used = BTreeSet::new();
    let readme = std::fs::read_to_string(world::root().join("infra/README.md")).unwrap();
    for (name, alarm) in template.of_type("AWS::CloudWatch::Alarm") {
        if alarm["Namespace"] == "Closer" {
            used.insert(alarm["MetricName"].as_str().unwrap().to_owned());
        }
        let short = alarm["AlarmName"]["Fn::Sub"].as_str().unwrap().trim_start_matches("${AWS::StackName}-");
        // One row stands for the errors of each function.
        let row = if short.ends_with("Errors") && short != "WebSocketErrors" { "LineErrors" } else { short };
        let named = readme.lines().any(|line| line.starts_with("| `") && line.contains(&format!("`{row}`")));
        assert!(named, "infra/README.md does not say what to do about {name}");
    }
    let dashboard = template.properties("Dashboard")["DashboardBody"]["Fn::Sub"].as_str().unwrap();
    let dashboard: Value = serde_json::from_str(dashboard).unwrap();
    for widget in dashboard["widgets"].as_array().unwrap() {
        let drawn = widget["properties"]["metrics"].as_array().unwrap().iter().filter(|metric| metric[0] == "Closer");
        used.extend(drawn.map(|metric| metric[1].as_str().unwrap().to_owned()));
    }
    assert!(used.is_subset(&metrics), "nobody counts {:?}", used.difference(&metrics));
    let page = std::fs::read_to_string(world::root().join("docs/operations.md")).unwrap();
    for metric in &metrics {
        assert!(page.contains(&format!("| `{metric}` |")), "docs/operations.md does not tell {metric}");
    }
}

/// What `closer cost` reckons with is what is deployed.
#[test]
fn prices_know_the_template() {
    let template = Template::read();
    let prices = closer::cost::prices().unwrap();
    for (name, function) in template.functions() {
        let memory = function.get("MemorySize").unwrap_or(&template.json["Globals"]["Function"]["MemorySize"]);
        let known = prices.assumed.memory_mb.get(&name).copied().unwrap_or(256);
        assert_eq!(*memory, known, "{name}");
    }
    let alarms = template.of_type("AWS::CloudWatch::Alarm");
    let metrics = |alarm: &&Value| alarm["Metrics"].as_array().map_or(1, |metrics| metrics.len() - 1);
    assert_eq!(u32::try_from(alarms.values().map(metrics).sum::<usize>()).unwrap(), prices.assumed.alarm_metrics);
    assert_eq!(template.json["Parameters"]["LogRetentionDays"]["Default"], prices.assumed.log_retention_days as u64);
}

/// A customer who is deleted is looked for once more when whatever told of them has been handed out again, and sent.
#[test]
fn what_is_on_its_way_comes_to_rest_before_it_is_looked_for_again() {
    let template = Template::read();
    let hidden = template.properties("EventsQueue")["VisibilityTimeout"].as_i64().unwrap();
    assert!(admin::SETTLE_MS >= hidden * 1000 + delivery::limits::LEASE_MS);
}

/// Lambda refuses a mapping whose queue shows a message again while the function may still run.
#[test]
fn a_message_is_hidden_for_as_long_as_its_function_runs() {
    let template = Template::read();
    let mut mapped = BTreeSet::new();
    for (name, function) in template.functions() {
        for (event, mapping) in function["Events"].as_object().into_iter().flatten() {
            let properties = &mapping["Properties"];
            match mapping["Type"].as_str().unwrap() {
                "SQS" => {
                    let queue = reference(&properties["Queue"]["Fn::GetAtt"]);
                    let hidden = template.properties(&queue)["VisibilityTimeout"].as_u64().unwrap();
                    assert!(hidden > function["Timeout"].as_u64().unwrap(), "{name} {event}");
                    assert_eq!(
                        properties["FunctionResponseTypes"],
                        json!(["ReportBatchItemFailures"]),
                        "{name} {event}"
                    );
                    assert!(properties["ScalingConfig"]["MaximumConcurrency"] != Value::Null, "{name} {event}");
                    mapped.insert(queue);
                }
                "DynamoDB" => {
                    assert_eq!(
                        properties["FunctionResponseTypes"],
                        json!(["ReportBatchItemFailures"]),
                        "{name} {event}"
                    );
                    let pattern = properties["FilterCriteria"]["Filters"][0]["Pattern"].as_str().unwrap();
                    let pattern: Value = serde_json::from_str(pattern).unwrap();
                    assert_eq!(pattern["eventName"], json!(["REMOVE"]));
                    let record = std::fs::read_to_string(world::root().join("events/conversation/timer.json")).unwrap();
                    let record: Value = serde_json::from_str(&record).unwrap();
                    let key = record["Records"][0]["dynamodb"]["Keys"]["pk"]["S"].as_str().unwrap();
                    let prefix = pattern["dynamodb"]["Keys"]["pk"]["S"][0]["prefix"].as_str().unwrap();
                    assert!(key.starts_with(prefix), "the filter lets no timer through");
                }
                "Schedule" => assert_eq!(properties["Schedule"], "rate(1 minute)"),
                other => panic!("{name} {event}: {other}"),
            }
        }
    }
    let queues = template.of_type("AWS::SQS::Queue").into_iter();
    let queues: BTreeSet<String> =
        queues.filter(|(_, queue)| queue["RedrivePolicy"] != Value::Null).map(|(name, _)| name.to_owned()).collect();
    assert_eq!(mapped, queues, "a queue that nobody reads, or a mapping of a dead-letter queue");
}

/// A name that is misspelt would be a function that does not start, or a setting that has no effect.
#[test]
fn every_variable_is_read_and_what_a_function_must_have_it_has() {
    let template = Template::read();
    let config = std::fs::read_to_string(world::root().join("shared/shell/src/config.rs")).unwrap();
    let mut source = config.clone();
    for file in ["telemetry.rs", "metrics.rs"] {
        source += &std::fs::read_to_string(world::root().join("shared/shell/src").join(file)).unwrap_or_default();
    }
    let needs = |name: &str| -> Vec<String> {
        let start = config.find(&format!("impl {name} {{")).unwrap();
        let body = &config[start..start + config[start..].find("\n}\n").unwrap()];
        body.split("required(").skip(1).map(|rest| rest.trim_start().split('"').nth(1).unwrap().to_owned()).collect()
    };
    for (name, function) in template.functions() {
        let variables = function["Environment"]["Variables"].as_object().unwrap();
        for variable in variables.keys() {
            assert!(source.contains(&format!("\"{variable}\"")), "{name}: nobody reads {variable}");
        }
        let config = match name.as_str() {
            "conversation" => "ConversationConfig",
            "delivery" => "DeliveryConfig",
            "admin" => "AdminConfig",
            "web" => "WebConfig",
            _ => "AdapterConfig",
        };
        let needs = needs(config);
        assert!(!needs.is_empty());
        for variable in needs {
            assert!(variables.contains_key(&variable), "{name} does not start without {variable}");
        }
    }
}
