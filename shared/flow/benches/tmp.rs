use flow::Bot;
use serde_json::json;
use std::time::Instant;
fn main() {
    for (name, text, cond) in [
        ("plain", "What a nice day".to_owned(), json!(null)),
        ("template", "{{name}}, you said \"{{message}}\".".to_owned(), json!(null)),
        ("iftemplate", "{{#if name}}{{name}}{{else}}nobody{{/if}}".to_owned(), json!(null)),
        ("regex", "x".into(), json!({"message":{"regex":"yes|yeah"}})),
        ("korean regex", "x".into(), json!({"message":{"regex":"예약|취소"}})),
        ("digits regex", "x".into(), json!({"message":{"regex":"/^(\\+?82-?10|010)-?\\d{4}-?\\d{4}$/"}})),
        ("equals", "x".into(), json!({"message":{"equals":"yes|yeah"}})),
    ] {
        let nodes:Vec<_>=(1..=1000u64).map(|id| json!({"id":id,"type":if id==1 {"entry"} else {"response"},"data":{"message":{"type":"text","text":text}},"next":[{"nodeId":id%1000+1,"where":cond}]})).collect();
        let b = json!({"flows":[{"id":1,"nodes":nodes}]});
        let mut best = f64::MAX;
        for _ in 0..20 {
            let t = Instant::now();
            let x = Bot::read(&b).unwrap();
            best = best.min(t.elapsed().as_secs_f64() * 1e3);
            drop(x);
        }
        println!("{name}: {best:.2} ms");
    }
}
