//! Writing heads and chunks into one buffer, so that each goes out in one system call.

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
    out.reserve(room + headers.bytes_len() + 4 * headers.len() + host.len() + 128);
    out.extend_from_slice(method.as_str().as_bytes());
    out.push(b' ');
    for part in target {
        out.extend_from_slice(part.as_bytes());
    }
    out.extend_from_slice(b" HTTP/1.1\r\nhost: ");
    out.extend_from_slice(host.as_bytes());
    out.extend_from_slice(b"\r\n");
    fields(out, headers);
    if length > 0 || method == Method::POST || method == Method::PUT || method == Method::PATCH {
        length_field(out, length);
    }
    out.extend_from_slice(b"\r\n");
}

/// An answer head.
pub(crate) fn response_head(out: &mut Vec<u8>, status: StatusCode, headers: &Headers, ends: Ends, keep_alive: bool) {
    out.reserve(headers.bytes_len() + 4 * headers.len() + 128);
    out.extend_from_slice(b"HTTP/1.1 ");
    out.extend_from_slice(status.as_str().as_bytes());
    out.push(b' ');
    out.extend_from_slice(status.canonical_reason().unwrap_or("Other").as_bytes());
    out.extend_from_slice(b"\r\n");
    fields(out, headers);
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

fn fields(out: &mut Vec<u8>, headers: &Headers) {
    for (name, value) in headers.iter() {
        out.extend_from_slice(name);
        out.extend_from_slice(b": ");
        out.extend_from_slice(value);
        out.extend_from_slice(b"\r\n");
    }
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
        fields(out, trailers);
    }
    out.extend_from_slice(b"\r\n");
}
