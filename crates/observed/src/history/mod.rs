//! Histories that tools keep on a disk, read line by line.

use std::collections::HashMap;
use std::io::{self, BufRead, Read as _};

use crate::Request;
use crate::tool::claude_code;
use crate::tool::codex::Rollout;
use crate::tool::gemini_cli::{Chat, ChatLines};
use crate::tool::{Bad, Tool};

/// The longest line that is read; a longer one holds an image or a file, and is passed over.
pub const LINE_BYTES_MAX: usize = 32 << 20;

/// What histories tell, each request once.
#[derive(Debug, Default)]
pub struct Told {
    requests: Vec<Request>,
    /// By tool and name.
    known: HashMap<(Tool, u64), usize>,
    /// Requests that can't be read, and the first reason.
    pub bad: u64,
    /// Why the first of them can't.
    pub why: Option<Bad>,
    /// Lines that told of a request that was known: parts of its answer, or a copy in a session that went on from another.
    pub repeated: u64,
}

impl Told {
    /// Reads one file of a tool.
    ///
    /// # Errors
    /// The file can't be read. What was read before stays.
    pub fn read(&mut self, tool: Tool, mut file: impl BufRead) -> io::Result<()> {
        match tool {
            Tool::ClaudeCode => lines(&mut file, &mut |line| self.take(claude_code::request_in_line(line))),
            Tool::Codex => {
                let mut rollout = Rollout::default();
                lines(&mut file, &mut |line| self.take(rollout.line(line)))
            }
            Tool::GeminiCli => {
                // An object over several lines begins with a line that is only its brace.
                let first = file.fill_buf()?.iter().take(2).copied().collect::<Vec<u8>>();
                if first == b"{\n" || first == b"{\r" {
                    let mut all = Vec::new();
                    file.take(u64::try_from(LINE_BYTES_MAX).unwrap_or(u64::MAX)).read_to_end(&mut all)?;
                    let chat = serde_json::from_slice::<Chat>(&all).map_err(io::Error::from)?;
                    chat.requests().into_iter().for_each(|request| self.take(Some(request)));
                    return Ok(());
                }
                let mut chat = ChatLines::default();
                lines(&mut file, &mut |line| self.take(chat.line(line)))
            }
        }
    }

    /// What was read, in order of time.
    pub fn requests(mut self) -> Vec<Request> {
        self.requests.sort_by(|a, b| (a.used_at, a.tool, &a.session, a.id).cmp(&(b.used_at, b.tool, &b.session, b.id)));
        self.requests
    }

    fn take(&mut self, request: Option<Result<Request, Bad>>) {
        let request = match request {
            None => return,
            Some(Ok(request)) => request,
            Some(Err(bad)) => {
                self.bad = self.bad.saturating_add(1);
                self.why.get_or_insert(bad);
                return;
            }
        };
        let place = self.known.entry((request.tool, request.id)).or_insert(self.requests.len());
        match self.requests.get_mut(*place) {
            None => self.requests.push(request),
            Some(known) => {
                self.repeated = self.repeated.saturating_add(1);
                // The lines of one answer grow; a copy says the same.
                if request.usage.output > known.usage.output {
                    known.usage = request.usage;
                }
                if request.used_at < known.used_at {
                    (known.used_at, known.session) = (request.used_at, request.session);
                }
            }
        }
    }
}

/// Gives each line that is text and not too long.
fn lines(file: &mut dyn BufRead, each: &mut dyn FnMut(&str)) -> io::Result<()> {
    let most = u64::try_from(LINE_BYTES_MAX).unwrap_or(u64::MAX);
    let mut line = Vec::new();
    loop {
        line.clear();
        if (&mut *file).take(most).read_until(b'\n', &mut line)? == 0 {
            return Ok(());
        }
        if line.len() >= LINE_BYTES_MAX && line.last() != Some(&b'\n') {
            skip_line(file)?;
            continue;
        }
        if let Ok(text) = std::str::from_utf8(&line) {
            each(text.trim_end());
        }
    }
}

fn skip_line(file: &mut dyn BufRead) -> io::Result<()> {
    loop {
        let buffer = file.fill_buf()?;
        let (used, ended) = match buffer.iter().position(|byte| *byte == b'\n') {
            Some(end) => (end.saturating_add(1), true),
            None => (buffer.len(), buffer.is_empty()),
        };
        file.consume(used);
        if ended {
            return Ok(());
        }
    }
}
