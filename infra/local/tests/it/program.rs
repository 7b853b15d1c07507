//! A `closer dev` in a process of its own.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use crate::world;

pub(crate) const CLOSER: &str = env!("CARGO_BIN_EXE_closer");

/// A `closer dev` of its own.
pub(crate) struct Program {
    pub(crate) child: Child,
    pub(crate) base: String,
}

impl Program {
    pub(crate) fn start(arguments: &[&str]) -> Self {
        let mut child = Command::new(CLOSER)
            .args(["dev", "--port", "0"])
            .args(arguments)
            .current_dir(world::root())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let page =
            lines.find_map(|line| line.unwrap().split_once("page       ").map(|(_, url)| url.to_owned())).unwrap();
        std::thread::spawn(move || lines.for_each(drop));
        Self { child, base: page.trim_end_matches('/').to_owned() }
    }

    pub(crate) fn address(&self) -> std::net::SocketAddr {
        self.base.trim_start_matches("http://").parse().unwrap()
    }

    pub(crate) fn signal(&self, signal: &str) {
        assert!(Command::new("kill").args([signal, &self.child.id().to_string()]).status().unwrap().success());
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
