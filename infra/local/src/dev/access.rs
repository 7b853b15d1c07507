//! The key of this stack's management API, and where tools find the stack while it runs.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use serde::{Deserialize, Serialize};
use shell::clock;
use store::{Keys, Right};

/// What `closer bot`, `closer webhook` and `closer key` need to know of a stack that runs on this machine.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Running {
    pub url: String,
    pub dynamodb: String,
    pub keys_table: String,
}

/// A key with every right, the same as long as the data is kept. With `data`, it is in the file `key` there.
pub(super) async fn key(keys: &Keys, data: Option<&Path>) -> anyhow::Result<String> {
    if let Some(text) = data.and_then(|data| std::fs::read_to_string(data.join("key")).ok()) {
        let text = text.trim();
        let id = text.split('_').nth(1).unwrap_or_default();
        // Of a stack whose tables were deleted it is worth nothing.
        if keys.load(id).await.context("reading the key")?.is_some() {
            return Ok(text.to_owned());
        }
    }
    let (key, text) = admin::key::create(clock::random_bytes(), "closer dev", None, Right::ALL.to_vec(), clock::now());
    keys.create(&key).await.context("storing a key")?;
    if let Some(data) = data {
        write_private(&data.join("key"), &text)?;
    }
    Ok(text)
}

/// Says where the stack is, for as long as the guard lives.
pub(super) fn announce(running: &Running, data: &Path) -> anyhow::Result<Announced> {
    let path = data.join("running.json");
    write_private(&path, &serde_json::to_string(running)?)?;
    Ok(Announced(path))
}

#[derive(Debug)]
pub(super) struct Announced(PathBuf);

impl Drop for Announced {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// The stack that keeps its data there, if it runs.
pub fn running(data: &Path) -> Option<Running> {
    serde_json::from_str(&std::fs::read_to_string(data.join("running.json")).ok()?).ok()
}

/// The key of the stack that keeps its data there.
pub fn stored_key(data: &Path) -> Option<String> {
    std::fs::read_to_string(data.join("key")).ok().map(|text| text.trim().to_owned())
}

/// For nobody else on this machine.
fn write_private(path: &Path, text: &str) -> anyhow::Result<()> {
    use std::io::Write as _;
    use std::os::unix::fs::OpenOptionsExt as _;

    let writing = || format!("writing {}", path.display());
    let mut file = std::fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(path)
        .with_context(writing)?;
    file.write_all(text.as_bytes()).with_context(writing)
}
