//! The first run of a process, the start of its thread and of QuickJS included. This program starts itself, and each child
//! measures one run.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark may")]

use std::process::Command;
use std::time::Instant;

use sandbox::{Fetcher, Fetching, Limits, Request, Start};

const SCRIPTS: &[(&str, &str)] = &[
    ("nothing", "module.exports = (context, callback) => callback(null, { custom: 1 });"),
    ("request", "const request = require('request'); module.exports = async () => typeof request;"),
    ("lodash", "const _ = require('lodash'); module.exports = async () => _.chunk([1, 2, 3, 4], 2);"),
    (
        "moment-timezone",
        "const moment = require('moment-timezone'); module.exports = async () => moment().tz('Asia/Seoul').format();",
    ),
];
const CHILDREN: usize = 31;

struct Nobody;

impl Fetcher for Nobody {
    fn fetch(&self, _: Request) -> Fetching<'_> {
        Box::pin(std::future::pending())
    }
}

fn main() {
    let script = std::env::args().find_map(|name| SCRIPTS.iter().find(|(known, _)| *known == name));
    match script {
        Some((_, script)) => println!("{}", first_run(script)),
        None => {
            for (name, _) in SCRIPTS {
                let mut micros: Vec<u64> = (0..CHILDREN).map(|_| child(name)).collect();
                micros.sort_unstable();
                println!("cold {name:16} fastest {:6} µs, median {:6} µs", micros[0], micros[CHILDREN / 2]);
            }
        }
    }
}

fn first_run(script: &str) -> u128 {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let context = serde_json::json!({ "params": {} });
    let start = Start { now_ms: 1_780_300_800_000, seed: [7; 32] };
    let began = Instant::now();
    runtime.block_on(sandbox::run(script, &context, start, Limits::default(), &Nobody)).result.unwrap();
    began.elapsed().as_micros()
}

fn child(name: &str) -> u64 {
    let output = Command::new(std::env::current_exe().unwrap()).arg(name).output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim().parse().unwrap()
}
