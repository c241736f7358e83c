//! Writing heads and chunks into one buffer, so that each goes out in one system call.

use std::cell::Cell;
use std::ops::{Deref, DerefMut};

use http::{Method, StatusCode};
use purser_providers::Headers;

/// How the body that follows a written head is told to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ends {
    /// No body and no length (204, 304).
    Nothing,
    /// After this many bytes.
    After(usize),
    /// With an empty chunk.
    InChunks,
    /// With the connection (HTTP/1.0 clients).
    WithConnection,
}

thread_local! {
    /// The buffer of the last message of this thread, for the next.
    static SPARE: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// What a message is put together in before it goes out. Nearly all go out at once, so one buffer serves a thread's
/// messages one after the other.
#[derive(Debug)]
pub(crate) struct Wire(Vec<u8>);

impl Wire {
    /// An empty one.
    pub(crate) fn new() -> Self {
        Self(SPARE.take())
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        self.0.clear();
        if self.0.capacity() <= 4 * COPIED_MAX {
            SPARE.set(std::mem::take(&mut self.0));
        }
    }
}

impl Deref for Wire {
    type Target = Vec<u8>;
    fn deref(&self) -> &Vec<u8> {
        &self.0
    }
}

impl DerefMut for Wire {
    fn deref_mut(&mut self) -> &mut Vec<u8> {
        &mut self.0
    }
}

/// A body up to here is put behind its head: writing two parts costs more than copying so little.
const COPIED_MAX: usize = 8 * 1024;

/// Puts a small body behind its head. What comes back is written after it: nothing, or the body as it is.
pub(crate) fn body<'a>(out: &mut Vec<u8>, body: &'a [u8]) -> &'a [u8] {
    if body.len() > COPIED_MAX {
        return body;
    }
    out.extend_from_slice(body);
    &[]
}

/// A request head. `headers` must hold neither lengths nor codings nor hop-by-hop fields.
pub(crate) fn request_head(
    out: &mut Vec<u8>,
    method: &Method,
    target: &[&str],
    host: &str,
    headers: &Headers,
    length: usize,
) {
    let room: usize = target.iter().map(|part| part.len()).sum();
    out.reserve(room + headers.lines().len() + host.len() + 128);
    out.extend_from_slice(method.as_str().as_bytes());
    out.push(b' ');
    for part in target {
        out.extend_from_slice(part.as_bytes());
    }
    out.extend_from_slice(b" HTTP/1.1\r\nhost: ");
    out.extend_from_slice(host.as_bytes());
    out.extend_from_slice(b"\r\n");
    out.extend_from_slice(headers.lines());
    if length > 0 || method == Method::POST || method == Method::PUT || method == Method::PATCH {
        length_field(out, length);
    }
    out.extend_from_slice(b"\r\n");
}

/// An answer head.
pub(crate) fn response_head(out: &mut Vec<u8>, status: StatusCode, headers: &Headers, ends: Ends, keep_alive: bool) {
    out.reserve(headers.lines().len() + 128);
    out.extend_from_slice(b"HTTP/1.1 ");
    out.extend_from_slice(status.as_str().as_bytes());
    out.push(b' ');
    out.extend_from_slice(status.canonical_reason().unwrap_or("Other").as_bytes());
    out.extend_from_slice(b"\r\n");
    out.extend_from_slice(headers.lines());
    match ends {
        Ends::Nothing | Ends::WithConnection => {}
        Ends::After(length) => length_field(out, length),
        Ends::InChunks => out.extend_from_slice(b"transfer-encoding: chunked\r\n"),
    }
    if !keep_alive {
        out.extend_from_slice(b"connection: close\r\n");
    }
    out.extend_from_slice(b"\r\n");
}

fn length_field(out: &mut Vec<u8>, length: usize) {
    out.extend_from_slice(b"content-length: ");
    put_number(out, length, 10);
    out.extend_from_slice(b"\r\n");
}

/// A number in digits, to the base 10 or 16.
fn put_number(out: &mut Vec<u8>, number: usize, base: usize) {
    let (mut digits, mut at, mut rest) = ([0_u8; 20], 20, number);
    loop {
        at -= 1;
        digits[at] = b"0123456789abcdef"[rest % base];
        rest /= base;
        if rest == 0 {
            break;
        }
    }
    out.extend_from_slice(&digits[at..]);
}

/// One chunk around `parts`. Empty parts write nothing: an empty chunk would end the body.
pub(crate) fn chunk<'a>(out: &mut Vec<u8>, parts: impl Iterator<Item = &'a [u8]> + Clone) {
    let length: usize = parts.clone().map(<[u8]>::len).sum();
    if length == 0 {
        return;
    }
    out.reserve(length + 20);
    put_number(out, length, 16);
    out.extend_from_slice(b"\r\n");
    parts.for_each(|part| out.extend_from_slice(part));
    out.extend_from_slice(b"\r\n");
}

/// The empty chunk that ends a body, with trailers for a client that said it reads them.
pub(crate) fn last_chunk(out: &mut Vec<u8>, trailers: Option<&Headers>) {
    out.extend_from_slice(b"0\r\n");
    if let Some(trailers) = trailers {
        out.extend_from_slice(trailers.lines());
    }
    out.extend_from_slice(b"\r\n");
}
