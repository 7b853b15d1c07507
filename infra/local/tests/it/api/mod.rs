//! The management API over HTTP. Every request and every answer is held against `openapi.json`.

mod bots;
mod customers;
mod isolation;
mod manners;
mod webhooks;

use std::collections::BTreeMap;

use axum::http::HeaderMap;
use closer::dev::{self, Dev, Running};
use model::BotId;
use serde_json::{Value, json};
use store::Right;

use crate::deliveries::Receiver;
use crate::world;

/// Somebody with a key.
pub(crate) struct Api {
    url: String,
    key: String,
    client: reqwest::Client,
    description: Value,
}

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
}

/// Webhooks may be on this machine.
pub(crate) async fn start() -> Running {
    dev::start(&Dev { allow_private: true, ..Dev::for_tests(world::root().join("bots")) }).await.unwrap()
}

/// Waits until it is so.
pub(crate) async fn until(what: &str, mut so: impl FnMut() -> bool) {
    world::until(what, || so().then_some(())).await;
}

/// The events that a receiver got, in order.
pub(crate) fn told(receiver: &Receiver) -> Vec<String> {
    let deliveries = receiver.got();
    let events = deliveries.iter().flat_map(|got| {
        let delivery: model::Delivery = serde_json::from_str(&got.body).unwrap();
        delivery.messages
    });
    events.map(|event| event.event.to_string()).collect()
}

impl Api {
    pub(crate) fn new(running: &Running) -> Self {
        Self {
            url: format!("http://{}", running.address),
            key: running.key.clone(),
            client: shell::outgoing::client(),
            description: serde_json::from_str(admin::OPENAPI).unwrap(),
        }
    }

    /// With a key of its own.
    pub(crate) async fn with(running: &Running, bots: Option<&[&str]>, rights: &[Right]) -> Self {
        let bots = bots.map(|bots| bots.iter().map(|bot| bot.parse::<BotId>().unwrap()).collect());
        let (key, text) =
            admin::key::create(shell::clock::random_bytes(), "test", bots, rights.to_vec(), shell::clock::now());
        running.stack.keys.create(&key).await.unwrap();
        Self { key: text, ..Self::new(running) }
    }

    pub(crate) fn keyed(&self, key: &str) -> Self {
        let Self { url, client, description, .. } = self;
        Self { key: key.to_owned(), url: url.clone(), client: client.clone(), description: description.clone() }
    }

    pub(crate) async fn get(&self, path: &str) -> Value {
        self.ok("GET", path, Value::Null).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Value {
        self.ok("POST", path, body).await
    }

    pub(crate) async fn ok(&self, method: &str, path: &str, body: Value) -> Value {
        let answer = self.call(method, path, body).await;
        assert!(answer.status < 300, "{method} {path}: {} {}", answer.status, answer.body);
        answer.body
    }

    pub(crate) async fn call(&self, method: &str, path: &str, body: Value) -> Answer {
        self.call_with(method, path, body, &[]).await
    }

    pub(crate) async fn call_with(&self, method: &str, path: &str, body: Value, headers: &[(&str, &str)]) -> Answer {
        let mut request = self
            .client
            .request(method.parse().unwrap(), format!("{}{path}", self.url))
            .header("authorization", format!("Bearer {}", self.key));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if !body.is_null() {
            request = request.header("content-type", "application/json").body(body.to_string());
        }
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let text = response.text().await.unwrap();
        let answer: Value = if text.is_empty() { Value::Null } else { serde_json::from_str(&text).unwrap() };
        self.describe(method, path, &body, status, &headers, &answer);
        Answer { status, headers, body: answer }
    }

    /// Fails unless the description says so.
    fn describe(&self, method: &str, path: &str, sent: &Value, status: u16, headers: &HeaderMap, answer: &Value) {
        let at = format!("{method} {path} {status}");
        let Some(operation) = self.operation(method, path) else {
            assert!(matches!(status, 404 | 405), "{at} is not described");
            return;
        };
        let mut described = &operation["responses"][status.to_string()];
        if let Some(name) = described["$ref"].as_str() {
            described = self.description.pointer(&name[1..]).unwrap();
        }
        assert!(described.is_object(), "{at} is not described: {answer}");
        let kind = headers.get("content-type").map_or("", |kind| kind.to_str().unwrap());
        match described.get("content") {
            None => assert!(answer.is_null(), "{at}: {answer}"),
            Some(content) => {
                let (expected, media) = content.as_object().unwrap().iter().next().unwrap();
                assert_eq!(kind, expected, "{at}");
                self.fits(&media["schema"], answer, &at);
            }
        }
        for name in described["headers"].as_object().into_iter().flat_map(|headers| headers.keys()) {
            // A repeated POST may lack it.
            assert!(headers.contains_key(name) || status == 201, "{at}: no {name}");
        }
        if status < 300 && !sent.is_null() {
            let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
            assert!(schema.is_object(), "{at} takes no body");
            self.fits(schema, sent, &format!("body of {at}"));
        }
    }

    /// Of these method and path.
    pub(crate) fn operation(&self, method: &str, path: &str) -> Option<&Value> {
        let path = path.split('?').next().unwrap();
        let paths = self.description["paths"].as_object().unwrap();
        let (_, operations) = paths.iter().find(|(template, _)| {
            let (template, path): (Vec<&str>, Vec<&str>) = (template.split('/').collect(), path.split('/').collect());
            template.len() == path.len()
                && template.iter().zip(&path).all(|(template, given)| template.starts_with('{') || template == given)
        })?;
        operations.get(method.to_lowercase())
    }

    fn fits(&self, schema: &Value, value: &Value, at: &str) {
        let mut schema = schema.clone();
        schema["$schema"] = json!("https://json-schema.org/draft/2020-12/schema");
        schema["components"] = self.description["components"].clone();
        let validator = jsonschema::validator_for(&schema).unwrap();
        let errors: Vec<String> =
            validator.iter_errors(value).map(|error| format!("{} {error}", error.instance_path())).collect();
        assert!(errors.is_empty(), "{at}: {errors:#?}\n{value:#}");
    }

    /// Each operation: method, path template, rights.
    pub(crate) fn operations(&self) -> Vec<(String, String, Vec<String>)> {
        let mut operations = Vec::new();
        for (path, methods) in self.description["paths"].as_object().unwrap() {
            for (method, operation) in methods.as_object().unwrap() {
                let rights = operation["x-rights"].as_array().unwrap();
                let rights = rights.iter().map(|right| right.as_str().unwrap().to_owned()).collect();
                operations.push((method.to_uppercase(), path.clone(), rights));
            }
        }
        operations
    }
}

/// The list of routes and the description are the same.
#[test]
fn every_route_is_described_and_nothing_else() {
    let description: Value = serde_json::from_str(admin::OPENAPI).unwrap();
    let mut described = BTreeMap::new();
    for (path, methods) in description["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let rights: Vec<&str> =
                operation["x-rights"].as_array().unwrap().iter().map(|right| right.as_str().unwrap()).collect();
            let id = operation["operationId"].as_str().unwrap().to_owned();
            described.insert((path.clone(), method.to_uppercase()), (id, rights));
        }
    }
    let routes: BTreeMap<_, _> = admin::route::ROUTES
        .iter()
        .map(|route| {
            let name = format!("{:?}", route.action);
            let id = format!("{}{}", name[..1].to_lowercase(), &name[1..]);
            let rights: Vec<&str> = route.rights.iter().map(|right| right.as_str()).collect();
            ((route.path.to_owned(), route.method.to_string()), (id, rights))
        })
        .collect();
    assert_eq!(routes, described);
}
