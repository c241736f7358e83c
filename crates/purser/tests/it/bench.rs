//! A fresh folder and ways to run the binary in it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;

/// A folder of its own. Everything is gone when it is dropped.
pub(crate) struct Bench {
    folder: tempfile::TempDir,
}

/// How a command ended.
#[derive(Debug)]
pub(crate) struct Done {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Bench {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.folder().join("purser-data")
    }

    /// Writes `purser.toml`.
    pub(crate) fn configure(&self, text: &str) {
        std::fs::write(self.folder().join("purser.toml"), text).unwrap();
    }

    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_purser"));
        command.args(args).current_dir(self.folder()).stdin(Stdio::null()).env_clear();
        command
    }

    /// Runs to the end.
    pub(crate) fn run(&self, args: &[&str]) -> Done {
        self.run_with(args, &[])
    }

    /// Runs to the end with these variables in its environment, which is otherwise empty.
    pub(crate) fn run_with(&self, args: &[&str], variables: &[(&str, &str)]) -> Done {
        let Output { status, stdout, stderr } = self.command(args).envs(variables.iter().copied()).output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Done { code: status.code().unwrap_or(-1), out: text(stdout), err: text(stderr) }
    }

    /// Runs to the end, which has to be a success; the output as JSON.
    pub(crate) fn json(&self, args: &[&str]) -> Value {
        let mut all = args.to_vec();
        all.push("--json");
        let done = self.run(&all);
        assert_eq!(done.code, 0, "{args:?}: {done:?}");
        serde_json::from_str(&done.out).unwrap_or_else(|error| panic!("{args:?}: {error}: {done:?}"))
    }

    /// Runs to the end, which has to be a refusal with this in what it says.
    pub(crate) fn refused(&self, args: &[&str], code: i32, says: &str) -> Done {
        let done = self.run(args);
        assert_eq!(done.code, code, "{args:?}: {done:?}");
        assert!(done.err.contains(says), "{args:?} should say {says:?}: {done:?}");
        assert_eq!(done.out, "", "a refusal writes nothing to standard output");
        done
    }

    /// Starts `serve` on free ports and waits until it listens.
    pub(crate) fn serve(&self) -> Served {
        self.serve_with(&[])
    }

    /// The same with these variables in its environment.
    pub(crate) fn serve_with(&self, variables: &[(&str, &str)]) -> Served {
        let mut command = self.command(&["serve"]);
        command.envs(variables.iter().copied());
        self.serve_by(command)
    }

    /// The same, where no file may grow beyond so many bytes, as if the disk were full.
    pub(crate) fn serve_on_full_disk(&self, bytes: u64) -> Served {
        let mut command = Command::new("bash");
        // The signal is ignored so that writes fail, as they do on a full disk.
        let limits = format!("trap '' XFSZ; ulimit -f {}; exec \"$0\" serve", bytes.div_ceil(1024));
        command.args(["-c", &limits, env!("CARGO_BIN_EXE_purser")]);
        command.current_dir(self.folder()).stdin(Stdio::null()).env_clear();
        self.serve_by(command)
    }

    fn serve_by(&self, mut command: Command) -> Served {
        if !self.folder().join("purser.toml").exists() {
            self.configure("[listen]\ngateway = \"127.0.0.1:0\"\ncontrol = \"127.0.0.1:0\"\n");
        }
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap());
        let mut said = String::new();
        let mut address = |what: &str| loop {
            let mut line = String::new();
            assert!(lines.read_line(&mut line).unwrap() > 0, "serve ended early: {said}");
            said.push_str(&line);
            if let Some(rest) = line.strip_prefix(&format!("{what} listening on http://")) {
                break rest.trim().to_owned();
            }
        };
        let gateway = address("gateway");
        let control = address("control");
        Served { child, lines, said, gateway, control }
    }
}

/// A running `serve`. Killed when it is dropped without being stopped.
pub(crate) struct Served {
    child: Child,
    lines: BufReader<std::process::ChildStderr>,
    said: String,
    pub(crate) gateway: String,
    pub(crate) control: String,
}

impl Served {
    /// Reads on until a line has this in it; gives the line.
    pub(crate) fn line_with(&mut self, what: &str) -> String {
        loop {
            let mut line = String::new();
            assert!(self.lines.read_line(&mut line).unwrap() > 0, "no line with {what:?}: {}", self.said);
            self.said.push_str(&line);
            if line.contains(what) {
                return line;
            }
        }
    }

    /// Memory it has by now, in KiB.
    pub(crate) fn memory_kib(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        line.trim().trim_end_matches(" kB").parse().unwrap()
    }

    /// Asks it to end, waits, and gives the exit code and everything it said.
    pub(crate) fn stop(self) -> (i32, String) {
        let killed = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().unwrap();
        assert!(killed.success());
        self.ended()
    }

    /// Waits until it has ended, and gives the exit code and everything it said.
    pub(crate) fn ended(mut self) -> (i32, String) {
        let mut rest = String::new();
        self.lines.read_to_string(&mut rest).unwrap();
        let code = self.child.wait().unwrap().code().unwrap_or(-1);
        (code, format!("{}{rest}", self.said))
    }

    /// Kills it at once, as a crash would.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// A plain HTTP request to the control listener; status and body.
    pub(crate) fn http(&self, method: &str, path: &str, key: Option<&str>, body: &str) -> (u16, String) {
        http(&self.control, method, path, key, body)
    }

    /// The same as a browser asks for a page.
    pub(crate) fn page(&self, method: &str, path: &str) -> (u16, String) {
        ask(&self.control, method, path, "accept: text/html\r\n", "")
    }

    /// The same with a session's cookie and a form that one of Purser's own pages sends; status, head and body.
    pub(crate) fn browse(&self, method: &str, path: &str, cookie: &str, form: &str) -> (u16, String, String) {
        let headers = format!("accept: text/html\r\nsec-fetch-site: same-origin\r\ncookie: {cookie}\r\n");
        answer(
            &self.control,
            method,
            path,
            &format!("{headers}content-type: application/x-www-form-urlencoded\r\n"),
            form,
        )
    }

    /// A model call to the gateway; status and body.
    pub(crate) fn call(&self, path: &str, key: &str, body: &str) -> (u16, String) {
        http(&self.gateway, "POST", path, Some(key), body)
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // Ended already where a test stopped it.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn http(address: &str, method: &str, path: &str, key: Option<&str>, body: &str) -> (u16, String) {
    let key = key.map(|key| format!("authorization: Bearer {key}\r\n")).unwrap_or_default();
    ask(address, method, path, &key, body)
}

fn ask(address: &str, method: &str, path: &str, headers: &str, body: &str) -> (u16, String) {
    let headers = format!("{headers}content-type: application/json\r\n");
    let (status, _, body) = answer(address, method, path, &headers, body);
    (status, body)
}

fn answer(address: &str, method: &str, path: &str, headers: &str, body: &str) -> (u16, String, String) {
    let mut stream = TcpStream::connect(address).unwrap();
    let length = body.len();
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n{headers}content-length: {length}\r\n\r\n{body}"
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (status, head.to_owned(), body.to_owned())
}
