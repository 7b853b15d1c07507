//! `closer templates DIR`: cases of what templates print, as tests of a bot author's own. `docs/templates.md` has the form.

#![expect(clippy::print_stdout, reason = "it is a command's output")]

use std::path::Path;

use anyhow::{Context as _, bail};
use serde_json::Value;

#[derive(Debug, Default, PartialEq, Eq)]
pub struct Summary {
    pub passed: usize,
    pub failed: usize,
}

/// Runs every `*.json` of the folder, and prints what went otherwise.
pub fn run(dir: &Path) -> anyhow::Result<Summary> {
    let name = dir.display();
    let mut files: Vec<_> = std::fs::read_dir(dir)
        .with_context(|| format!("reading {name}"))?
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|end| end == "json"))
        .collect();
    files.sort();
    let mut summary = Summary::default();
    for path in &files {
        let name = path.display();
        let text = std::fs::read_to_string(path).with_context(|| format!("reading {name}"))?;
        let cases: Vec<Value> = serde_json::from_str(&text).with_context(|| format!("{name} is no list of cases"))?;
        for case in &cases {
            match flow::cases::template(case) {
                Ok(()) => summary.passed += 1,
                Err(reason) => {
                    summary.failed += 1;
                    println!("failed  {name}: {}: {reason}", case["name"].as_str().unwrap_or("a case without a name"));
                }
            }
        }
    }
    if summary == Summary::default() {
        bail!("there are no cases in {name}");
    }
    println!("templates: {} passed, {} failed", summary.passed, summary.failed);
    Ok(summary)
}
