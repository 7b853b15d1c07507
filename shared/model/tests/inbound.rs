//! What is on the queue stays readable: one golden per version.

use model::Queued;
use serde_json::Value;

#[test]
fn version_1_round_trips() {
    let golden: Vec<Value> = serde_json::from_str(include_str!("../testdata/inbound_v1.json")).unwrap();
    for before in golden {
        let queued: Queued = serde_json::from_value(before.clone()).unwrap();
        assert_eq!(serde_json::to_value(&queued).unwrap(), before);
    }
}

#[test]
fn every_kind_has_a_golden() {
    let golden: Vec<Queued> = serde_json::from_str(include_str!("../testdata/inbound_v1.json")).unwrap();
    let mut names: Vec<_> = golden.iter().map(|Queued::V1(inbound)| inbound.kind.name()).collect();
    names.dedup();
    assert_eq!(names, ["message", "opened", "joined", "left", "closed", "collect", "expired", "late"]);
}
