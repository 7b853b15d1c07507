//! A run after others of the process. What the first one costs is in `cold.rs`.

#![allow(clippy::unwrap_used, reason = "a benchmark may")]

use sandbox::{FetchError, Fetcher, Fetching, Limits, Request, Response, Start};
use serde_json::{Value, json};

fn main() {
    divan::main();
}

struct World;

impl Fetcher for World {
    fn fetch(&self, request: Request) -> Fetching<'_> {
        Box::pin(async move {
            match request.url.as_str() {
                "https://api.example.com/starships" => Ok(Response {
                    status: 200,
                    headers: vec![("content-type".to_owned(), "application/json".to_owned())],
                    body: json!({ "results": vec![json!({ "name": "X-wing", "model": "T-65" }); 10] })
                        .to_string()
                        .into_bytes(),
                }),
                _ => Err(FetchError { message: "there is no such server".to_owned() }),
            }
        })
    }
}

const SCRIPTS: &[(&str, &str)] = &[
    ("nothing", "module.exports = (context, callback) => callback(null, { custom: 1 });"),
    (
        "params",
        "module.exports = async (context) => {
        const cart = context.params.cart.map((item) => ({ ...item, sum: item.price * item.count }));
        const total = cart.reduce((sum, item) => sum + item.sum, 0);
        return { params: { total }, custom: { text: `모두 ${total.toLocaleString()}원`, cart } };
    };",
    ),
    (
        "request",
        "const request = require('request');
    module.exports = function (context, callback) {
        request({ url: 'https://api.example.com/starships', json: true }, (error, response) => {
            if (error || response.statusCode !== 200) callback(error || new Error('status ' + response.statusCode));
            else callback(null, { data: response.body });
        });
    };",
    ),
    (
        "axios",
        "const axios = require('axios');
    module.exports = async () => ({ data: (await axios.get('https://api.example.com/starships')).data });",
    ),
    (
        "crypto",
        "const crypto = require('crypto');
    module.exports = async () => ({ mac: crypto.createHmac('sha256', 'key').update('a=1&b=2').digest('base64') });",
    ),
    ("lodash", "const _ = require('lodash'); module.exports = async () => _.chunk([1, 2, 3, 4], 2);"),
    (
        "moment",
        "const moment = require('moment'); module.exports = async () => moment().add(1, 'day').format('YYYY-MM-DD');",
    ),
    (
        "moment-timezone",
        "const moment = require('moment-timezone');
    module.exports = async () => moment().tz('Asia/Seoul').locale('ko').format('LLLL');",
    ),
];

#[divan::bench(args = SCRIPTS.iter().map(|(name, _)| *name))]
fn warm(bencher: divan::Bencher<'_, '_>, name: &str) {
    let (_, script) = SCRIPTS.iter().find(|(known, _)| *known == name).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let context = context();
    let start = Start { now_ms: 1_780_300_800_000, seed: [7; 32] };
    let run = || runtime.block_on(sandbox::run(script, &context, start, Limits::default(), &World)).result.unwrap();
    run();
    bencher.bench_local(run);
}

fn context() -> Value {
    json!({
        "botId": "Bxxxxx", "conversationId": "018f0000-0000-7000-8000-000000000001", "platform": "kakao", "userKey": "U1",
        "bot": { "title": "꽃집", "description": "" },
        "message": { "type": "text", "text": "주문" },
        "params": { "name": "김", "cart": [{ "name": "장미", "price": 3000, "count": 12 }, { "name": "튤립", "price": 2500, "count": 3 }] },
        "navigation": { "current": { "flowId": 1, "nodeId": 3, "visitCount": 1 } },
    })
}
