//! The page for authors names each code, and none that there is not.

use inspect::CODES;

#[test]
fn every_code_is_explained() {
    let page = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/check.md");
    let page = std::fs::read_to_string(page).unwrap();
    let rows = page.lines().filter_map(|line| line.strip_prefix("| `")?.split_once("` | "));
    let mut explained: Vec<&str> = rows.map(|(code, _)| code).collect();
    explained.sort_unstable();
    let mut codes = CODES.to_vec();
    codes.sort_unstable();
    assert_eq!(explained, codes);
}
