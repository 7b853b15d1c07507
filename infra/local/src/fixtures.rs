//! `closer fixtures DIR`: every recorded case below a folder, through the real adapters.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use model::PlatformType;
use platforms::fixtures::{Case, Verdict};
use serde_json::Value;

#[derive(Debug, Default, PartialEq, Eq)]
pub struct Summary {
    pub passed: usize,
    pub failed: usize,
    pub skipped: usize,
}

/// Prints a line per failure and per kind of skip, and last the summary.
#[expect(clippy::print_stdout, reason = "it is a command's output")]
pub fn run(folder: &Path) -> anyhow::Result<Summary> {
    let mut cases = Vec::new();
    collect(folder, &mut cases).with_context(|| format!("reading {}", folder.display()))?;
    cases.sort();
    anyhow::ensure!(!cases.is_empty(), "there is no *.case.json below {}", folder.display());
    let mut summary = Summary::default();
    for path in cases {
        match run_case(&path).with_context(|| format!("running {}", path.display()))? {
            Verdict::Passed => summary.passed += 1,
            Verdict::Skipped(reason) => {
                println!("skipped  {}: {reason}", path.display());
                summary.skipped += 1;
            }
            Verdict::Failed(reasons) => {
                for reason in reasons {
                    println!("FAILED   {}: {reason}", path.display());
                }
                summary.failed += 1;
            }
        }
    }
    let Summary { passed, failed, skipped } = summary;
    println!("fixtures: {passed} passed, {failed} failed, {skipped} skipped");
    Ok(summary)
}

fn run_case(path: &Path) -> anyhow::Result<Verdict> {
    let case = read(path)?;
    let after = case.json["after"].as_array().map(Vec::as_slice).unwrap_or_default();
    let earlier =
        after.iter().filter_map(Value::as_str).map(|name| read(&path.with_file_name(format!("{name}.case.json"))));
    let earlier = earlier.collect::<anyhow::Result<Vec<_>>>()?;
    let platform = platform_of(path).context("no folder of its path names a platform")?;
    Ok(match platforms::find(platform) {
        Some(platform) => platforms::fixtures::run(platform, &case, &earlier),
        None => Verdict::Skipped("there is no adapter for this platform yet"),
    })
}

fn read(path: &Path) -> anyhow::Result<Case> {
    let text = std::fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let body = path.with_file_name(name.replace(".case.json", ".body"));
    let body = if body.exists() { std::fs::read(body)? } else { Vec::new() };
    Ok(Case { json: serde_json::from_str(&text)?, body })
}

/// The nearest folder that is named like a platform.
fn platform_of(path: &Path) -> Option<PlatformType> {
    let path = path.canonicalize().ok()?;
    path.ancestors().find_map(|folder| folder.file_name()?.to_str()?.parse().ok())
}

fn collect(folder: &Path, cases: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for entry in folder.read_dir()? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, cases)?;
        } else if path.to_string_lossy().ends_with(".case.json") {
            cases.push(path);
        }
    }
    Ok(())
}
