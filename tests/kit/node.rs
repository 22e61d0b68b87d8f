//! A service of the tests that Node.js runs: it says one line of JSON when it is ready, and ends when nobody listens any more.

use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStdout, Command, Stdio};

/// Dropping it ends it.
pub struct NodeService {
    process: Child,
    /// Held open: it says a word now and then, and would end if nobody could hear it.
    _output: BufReader<ChildStdout>,
    ready: Value,
}

impl NodeService {
    pub fn start(command: &mut Command) -> Self {
        let mut process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("node");
        let mut ready = String::new();
        let mut output = BufReader::new(process.stdout.take().expect("its output"));
        output.read_line(&mut ready).expect("a line");
        let ready = serde_json::from_str(&ready).unwrap_or_else(|error| panic!("not ready: {error}: {ready:?}"));
        Self { process, _output: output, ready }
    }

    pub fn port(&self, name: &str) -> u16 {
        self.ready[name].as_u64().and_then(|port| port.try_into().ok()).expect("a port")
    }

    pub fn text(&self, name: &str) -> &str {
        self.ready[name].as_str().expect("a text")
    }
}

impl Drop for NodeService {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
