//! The bodies of the webhook guide go in and come out the same. They are other people's data and live beside the
//! project; where they are absent the test says so. `testdata/delivery.json` is ours and always there.

#![expect(clippy::unwrap_used, reason = "a test helper outside of a test function")]

use std::path::Path;

use model::Delivery;
use serde_json::Value;

#[test]
fn seed_deliveries_round_trip() {
    let dir = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/spec/examples/closer"));
    let Ok(entries) = dir.read_dir() else {
        eprintln!("skipped: {} is absent", dir.display());
        return;
    };
    let mut seen = 0;
    for path in entries.map(|entry| entry.unwrap().path()) {
        if path.file_name().unwrap().to_str().unwrap().starts_with("webhook_delivery_") {
            round_trip(&std::fs::read_to_string(&path).unwrap(), &path.display().to_string());
            seen += 1;
        }
    }
    assert_eq!(seen, 4, "the guide has four bodies");
}

#[test]
fn our_delivery_round_trips() {
    round_trip(include_str!("../testdata/delivery.json"), "testdata/delivery.json");
}

fn round_trip(text: &str, name: &str) {
    let before: Value = serde_json::from_str(text).unwrap();
    let delivery: Delivery = serde_json::from_str(text).unwrap_or_else(|error| panic!("{name}: {error}"));
    let after = serde_json::to_value(&delivery).unwrap();
    assert_eq!(before, after, "{name}");
}
