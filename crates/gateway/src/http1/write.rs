//! Writing heads and chunks into one buffer, so that each goes out in one system call.

use std::fmt::Write as _;

use bytes::{BufMut, BytesMut};
use http::{HeaderMap, Method, StatusCode};

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
    out: &mut BytesMut,
    method: &Method,
    target: &str,
    host: &str,
    headers: &HeaderMap,
    length: usize,
) {
    out.reserve(target.len() + 64 * headers.len() + 128);
    out.put_slice(method.as_str().as_bytes());
    out.put_u8(b' ');
    out.put_slice(target.as_bytes());
    out.put_slice(b" HTTP/1.1\r\nhost: ");
    out.put_slice(host.as_bytes());
    out.put_slice(b"\r\n");
    fields(out, headers);
    if length > 0 || method == Method::POST || method == Method::PUT || method == Method::PATCH {
        write!(out, "content-length: {length}\r\n").expect("a buffer grows");
    }
    out.put_slice(b"\r\n");
}

/// An answer head.
pub(crate) fn response_head(out: &mut BytesMut, status: StatusCode, headers: &HeaderMap, ends: Ends, keep_alive: bool) {
    out.reserve(64 * headers.len() + 128);
    write!(out, "HTTP/1.1 {} {}\r\n", status.as_u16(), status.canonical_reason().unwrap_or("Other"))
        .expect("a buffer grows");
    fields(out, headers);
    match ends {
        Ends::Nothing | Ends::WithConnection => {}
        Ends::After(length) => write!(out, "content-length: {length}\r\n").expect("a buffer grows"),
        Ends::InChunks => out.put_slice(b"transfer-encoding: chunked\r\n"),
    }
    if !keep_alive {
        out.put_slice(b"connection: close\r\n");
    }
    out.put_slice(b"\r\n");
}

fn fields(out: &mut BytesMut, headers: &HeaderMap) {
    for (name, value) in headers {
        out.put_slice(name.as_str().as_bytes());
        out.put_slice(b": ");
        out.put_slice(value.as_bytes());
        out.put_slice(b"\r\n");
    }
}

/// One chunk around `parts`. Empty parts write nothing: an empty chunk would end the body.
pub(crate) fn chunk<'a>(out: &mut BytesMut, parts: impl Iterator<Item = &'a [u8]> + Clone) {
    let length: usize = parts.clone().map(<[u8]>::len).sum();
    if length == 0 {
        return;
    }
    out.reserve(length + 20);
    write!(out, "{length:x}\r\n").expect("a buffer grows");
    parts.for_each(|part| out.put_slice(part));
    out.put_slice(b"\r\n");
}

/// The empty chunk that ends a body, with trailers for a client that said it reads them.
pub(crate) fn last_chunk(out: &mut BytesMut, trailers: Option<&HeaderMap>) {
    out.put_slice(b"0\r\n");
    if let Some(trailers) = trailers {
        fields(out, trailers);
    }
    out.put_slice(b"\r\n");
}
