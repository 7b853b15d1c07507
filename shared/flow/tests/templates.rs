//! The cases of `testdata/templates`, and those of `shared/spec/templates` where they are at hand.

#![allow(clippy::unwrap_used, reason = "a test may")]

mod common;

use std::path::Path;

#[test]
fn cases() {
    assert!(run(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/templates"))) > 0);
}

#[test]
fn cases_of_the_spec() {
    let folder = common::spec("templates");
    if folder.exists() {
        assert!(run(&folder) > 0);
    } else {
        eprintln!("skipped: {} is not here", folder.display());
    }
}

fn run(folder: &Path) -> usize {
    let mut failures = Vec::new();
    let mut count = 0;
    for file in std::fs::read_dir(folder).unwrap().flatten() {
        let path = file.path();
        if path.extension().is_none_or(|end| end != "json") {
            continue;
        }
        for case in common::read(&path).as_array().unwrap() {
            count += 1;
            if let Err(reason) = flow::cases::template(case) {
                failures.push(format!("{} {}: {reason}", path.file_stem().unwrap().display(), case["name"]));
            }
        }
    }
    assert!(failures.is_empty(), "{} of {count} failed\n{}", failures.len(), failures.join("\n"));
    count
}
