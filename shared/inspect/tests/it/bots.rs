//! Every bot that is at hand goes through check and draw.

use std::path::PathBuf;

use flow::Bot;
use inspect::{Language, check, draw};

use crate::{files, read};

/// Those of the tree, and the exports and scripts beside it where they are.
pub(crate) fn all() -> Vec<PathBuf> {
    let mut all = files("../../bots", ".json");
    for folder in ["../../../shared/spec/examples/closer", "../../../shared/spec/scripts"] {
        all.extend(files(folder, ".json"));
    }
    all.retain(|path| {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        !name.ends_with(".script.json") && !name.starts_with("webhook_")
    });
    assert!(!all.is_empty());
    all
}

#[test]
fn every_bot_is_checked_and_drawn() {
    for path in all() {
        let bot = read(&path);
        for language in [Language::English, Language::Korean] {
            let report = check(&bot, language);
            assert!(!report.findings.iter().any(|finding| finding.code == "import"), "{}", path.display());
            let svg = draw(&bot, language).unwrap();
            crate::drawing::assert_drawn(&svg);
        }
    }
}

#[test]
fn our_own_bots_have_no_errors() {
    for path in files("../../bots", ".json") {
        if !path.to_string_lossy().ends_with(".script.json") {
            assert!(Bot::read(&read(&path)).is_ok());
            let report = check(&read(&path), Language::English);
            assert_eq!(report.exit_code(), 0, "{}\n{report}", path.display());
        }
    }
}
