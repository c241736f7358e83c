//! Requests and answers as bytes: cheap, so that the driver leaves the machine to what it measures.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use memchr::memmem;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::Instant;

use crate::Args;

/// Which API to speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Dialect {
    /// Anthropic Messages.
    Messages,
    /// OpenAI Chat Completions.
    Chat,
    /// OpenAI Responses.
    Responses,
}

/// The requests of one connection: always the same body, with one key after another.
#[derive(Debug)]
pub(crate) struct Request {
    before_key: String,
    after_key: String,
    keys: Arc<[String]>,
    next_key: usize,
    end_of_stream: &'static [u8],
}

/// What came back.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Answer {
    /// Status.
    pub(crate) status: u16,
    /// From the instant the request is timed from to the first byte.
    pub(crate) first_byte: Duration,
    /// Bytes, head included.
    pub(crate) bytes: u64,
    /// The body ends as the dialect ends it and tells usage.
    pub(crate) whole: bool,
}

impl Request {
    /// The requests of the connection at `place`.
    pub(crate) fn new(args: &Args, keys: &Arc<[String]>, place: usize) -> Self {
        let (path, prompt, limit, extra, end_of_stream): (_, _, _, _, &[u8]) = match args.dialect {
            Dialect::Messages => ("/v1/messages", "messages", "max_tokens", "", b"message_stop"),
            Dialect::Chat if args.stream => (
                "/v1/chat/completions",
                "messages",
                "max_completion_tokens",
                r#","stream_options":{"include_usage":true}"#,
                b"[DONE]",
            ),
            Dialect::Chat => ("/v1/chat/completions", "messages", "max_completion_tokens", "", b""),
            Dialect::Responses => ("/v1/responses", "input", "max_output_tokens", "", b"response.completed"),
        };
        let script = match args.script.as_str() {
            "" => String::new(),
            script => format!("[[standin {script}]] "),
        };
        let head = format!(
            r#"{{"model":"{}","{limit}":{},"stream":{}{extra},"{prompt}":[{{"role":"user","content":"connection {place}: {script}"#,
            args.model, args.max_tokens, args.stream
        );
        let tail = r#""}]}"#;
        let filler = args.body_bytes.saturating_sub(head.len() + tail.len());
        let filler: String = "please count the biscuits again ".chars().cycle().take(filler).collect();
        let body = format!("{head}{filler}{tail}");
        Self {
            before_key: format!("POST {path} HTTP/1.1\r\nhost: {}\r\nauthorization: Bearer ", args.target),
            after_key: format!(
                "\r\nanthropic-version: 2026-10-21\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
                body.len()
            ),
            keys: Arc::clone(keys),
            // Neighbours begin far apart, so that all keys are seen in a short run too.
            next_key: place.wrapping_mul(7919) % keys.len().max(1),
            end_of_stream: if args.stream { end_of_stream } else { b"usage" },
        }
    }

    fn write(&mut self, to: &mut Vec<u8>) {
        to.clear();
        to.extend_from_slice(self.before_key.as_bytes());
        if let Some(key) = self.keys.get(self.next_key) {
            to.extend_from_slice(key.as_bytes());
        }
        self.next_key = (self.next_key + 1) % self.keys.len().max(1);
        to.extend_from_slice(self.after_key.as_bytes());
    }
}

/// One connection, made when it is needed.
#[derive(Debug)]
pub(crate) struct Client {
    target: SocketAddr,
    stream: Option<TcpStream>,
    output: Vec<u8>,
    input: Vec<u8>,
}

/// How the end of an answer is known.
#[derive(Clone, Copy, Debug)]
enum Ending {
    At(usize),
    Chunked,
    Close,
}

const LAST_CHUNK: &[u8] = b"\r\n0\r\n\r\n";

impl Client {
    /// Not yet connected.
    pub(crate) fn new(target: SocketAddr) -> Self {
        Self { target, stream: None, output: Vec::new(), input: Vec::with_capacity(64 * 1024) }
    }

    /// One request and its answer. After an error the next one connects anew.
    pub(crate) async fn exchange(&mut self, request: &mut Request, from: Instant) -> io::Result<Answer> {
        let mut stream = match self.stream.take() {
            Some(stream) => stream,
            None => connect(self.target).await?,
        };
        request.write(&mut self.output);
        stream.write_all(&self.output).await?;
        let (answer, keep) = self.answer(&mut stream, request, from).await?;
        if keep {
            self.stream = Some(stream);
        }
        Ok(answer)
    }

    async fn answer(&mut self, stream: &mut TcpStream, request: &Request, from: Instant) -> io::Result<(Answer, bool)> {
        self.input.clear();
        let mut first_byte = None;
        let mut head = None;
        loop {
            let read = stream.read_buf(&mut self.input).await?;
            first_byte.get_or_insert_with(|| from.elapsed());
            if head.is_none() {
                head = read_head(&self.input)?;
            }
            let Some((status, body_at, ending)) = head else {
                if read == 0 {
                    return Err(io::ErrorKind::UnexpectedEof.into());
                }
                continue;
            };
            let ended = match ending {
                Ending::At(end) => self.input.len() >= end,
                Ending::Chunked => self.input.ends_with(LAST_CHUNK),
                Ending::Close => read == 0,
            };
            if ended {
                let body = self.input.get(body_at..).unwrap_or_default();
                let tail = body.get(body.len().saturating_sub(4096)..).unwrap_or_default();
                let answer = Answer {
                    status,
                    first_byte: first_byte.unwrap_or_default(),
                    bytes: self.input.len() as u64,
                    whole: memmem::find(tail, request.end_of_stream).is_some()
                        && memmem::find(tail, b"usage").is_some(),
                };
                return Ok((answer, !matches!(ending, Ending::Close)));
            }
            if read == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
    }
}

async fn connect(target: SocketAddr) -> io::Result<TcpStream> {
    let stream = TcpStream::connect(target).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// Status, where the body begins, and how its end is known.
fn read_head(bytes: &[u8]) -> io::Result<Option<(u16, usize, Ending)>> {
    let mut headers = [httparse::EMPTY_HEADER; 64];
    let mut response = httparse::Response::new(&mut headers);
    let length = match response.parse(bytes) {
        Ok(httparse::Status::Complete(length)) => length,
        Ok(httparse::Status::Partial) => return Ok(None),
        Err(error) => return Err(io::Error::other(error)),
    };
    let mut ending = Ending::Close;
    for header in response.headers.iter() {
        if header.name.eq_ignore_ascii_case("content-length") {
            let body: usize = str::from_utf8(header.value).ok().and_then(|value| value.parse().ok()).unwrap_or(0);
            ending = Ending::At(length.saturating_add(body));
        } else if header.name.eq_ignore_ascii_case("transfer-encoding") {
            ending = Ending::Chunked;
        }
    }
    Ok(Some((response.code.unwrap_or(0), length, ending)))
}
