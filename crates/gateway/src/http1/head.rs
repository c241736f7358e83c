//! Heads: the first line and the headers of a request or an answer.

use std::mem::MaybeUninit;

use bytes::{Buf, BytesMut};
use http::{Method, StatusCode};
use purser_providers::Headers;

use super::body::Framing;

/// Headers in one head, at most. Real clients send 15 to 40.
pub(crate) const HEADERS_MAX: usize = 128;

/// A request's head, framing already decided.
#[derive(Debug)]
pub(crate) struct RequestHead {
    pub(crate) method: Method,
    /// Path and query, always starting with `/`.
    pub(crate) target: String,
    /// HTTP/1.0 clients get no chunks and no keep-alive.
    pub(crate) old: bool,
    pub(crate) headers: Headers,
    pub(crate) framing: Framing,
    pub(crate) keep_alive: bool,
}

/// An answer's head as the provider sent it.
#[derive(Debug)]
pub(crate) struct ResponseHead {
    pub(crate) status: StatusCode,
    pub(crate) headers: Headers,
    pub(crate) framing: Framing,
    pub(crate) keep_alive: bool,
}

/// Why a head is refused. The texts are read by people who wrote the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum HeadError {
    #[error("the request is not valid HTTP/1.1")]
    Malformed,
    #[error("the request has more than 128 headers")]
    TooManyHeaders,
    #[error("the request names two body lengths, or a length and a transfer coding; send one")]
    AmbiguousLength,
    #[error("the only transfer coding understood is `chunked`")]
    UnknownCoding,
    #[error("the request has no single `host` header")]
    NoHost,
}

/// Takes one request head off the front of `buffer`; `None` when it is not whole yet.
pub(crate) fn take_request(buffer: &mut BytesMut) -> Result<Option<RequestHead>, HeadError> {
    let mut slots = [const { MaybeUninit::uninit() }; HEADERS_MAX];
    let mut parsed = httparse::Request::new(&mut []);
    let length = match parsed.parse_with_uninit_headers(buffer, &mut slots) {
        Ok(httparse::Status::Complete(length)) => length,
        Ok(httparse::Status::Partial) => return Ok(None),
        Err(httparse::Error::TooManyHeaders) => return Err(HeadError::TooManyHeaders),
        Err(_) => return Err(HeadError::Malformed),
    };
    // The parser takes an LF alone for the end of a line; whoever stands in front of us may not, and see another request.
    if has_bare_lf(buffer.get(..length).unwrap_or_default()) {
        return Err(HeadError::Malformed);
    }
    let old = parsed.version == Some(0);
    let method = parsed.method.and_then(|m| Method::from_bytes(m.as_bytes()).ok()).ok_or(HeadError::Malformed)?;
    let target = origin_form(parsed.path.ok_or(HeadError::Malformed)?)?;
    let headers = collect(buffer, parsed.headers);
    if !old && headers.all("host").count() != 1 {
        return Err(HeadError::NoHost);
    }
    let framing = request_framing(&headers, old)?;
    let keep_alive = !old && keeps_alive(&headers, old);
    buffer.advance(length);
    Ok(Some(RequestHead { method, target, old, headers, framing, keep_alive }))
}

/// Takes one answer head off the front of `buffer`; `None` when it is not whole yet. `to_head` says that the request
/// was `HEAD`, which has no body whatever its headers say.
pub(crate) fn take_response(buffer: &mut BytesMut, to_head: bool) -> Result<Option<ResponseHead>, HeadError> {
    let mut slots = [const { MaybeUninit::uninit() }; HEADERS_MAX];
    let mut parsed = httparse::Response::new(&mut []);
    let config = httparse::ParserConfig::default();
    let length = match config.parse_response_with_uninit_headers(&mut parsed, buffer, &mut slots) {
        Ok(httparse::Status::Complete(length)) => length,
        Ok(httparse::Status::Partial) => return Ok(None),
        Err(httparse::Error::TooManyHeaders) => return Err(HeadError::TooManyHeaders),
        Err(_) => return Err(HeadError::Malformed),
    };
    let old = parsed.version == Some(0);
    let status = parsed.code.and_then(|code| StatusCode::from_u16(code).ok()).ok_or(HeadError::Malformed)?;
    let headers = collect(buffer, parsed.headers);
    let bodiless = to_head || status.is_informational() || status == 204 || status == 304;
    let framing = if bodiless { Framing::None } else { response_framing(&headers)? };
    let is_ambiguous = framing == Framing::Chunked && headers.contains("content-length");
    let keep_alive = framing != Framing::UntilClose && !is_ambiguous && keeps_alive(&headers, old);
    buffer.advance(length);
    Ok(Some(ResponseHead { status, headers, framing, keep_alive }))
}

fn has_bare_lf(head: &[u8]) -> bool {
    memchr::memchr_iter(b'\n', head).any(|at| at.checked_sub(1).and_then(|before| head.get(before)) != Some(&b'\r'))
}

/// `GET http://host/path` and `GET /path` both as `/path`.
fn origin_form(target: &str) -> Result<String, HeadError> {
    if target.starts_with('/') {
        return Ok(target.to_owned());
    }
    let rest =
        target.strip_prefix("http://").or_else(|| target.strip_prefix("https://")).ok_or(HeadError::Malformed)?;
    Ok(rest.find('/').and_then(|at| rest.get(at..)).unwrap_or("/").to_owned())
}

fn collect(head: &[u8], parsed: &[httparse::Header<'_>]) -> Headers {
    Headers::of_head(head, parsed.iter().map(|header| (header.name.as_bytes(), header.value)))
}

fn request_framing(headers: &Headers, old: bool) -> Result<Framing, HeadError> {
    match (coding(headers)?, length(headers)?) {
        (true, Some(_)) => Err(HeadError::AmbiguousLength),
        (true, None) if old => Err(HeadError::UnknownCoding),
        (true, None) => Ok(Framing::Chunked),
        (false, Some(0) | None) => Ok(Framing::None),
        (false, Some(length)) => Ok(Framing::Length(length)),
    }
}

/// An answer with both is read as chunks (RFC 9112, 6.3) and its connection is not used again.
fn response_framing(headers: &Headers) -> Result<Framing, HeadError> {
    match (coding(headers)?, length(headers)?) {
        (true, _) => Ok(Framing::Chunked),
        (false, Some(0)) => Ok(Framing::None),
        (false, Some(length)) => Ok(Framing::Length(length)),
        (false, None) => Ok(Framing::UntilClose),
    }
}

fn coding(headers: &Headers) -> Result<bool, HeadError> {
    let mut all = headers.all("transfer-encoding");
    match (all.next(), all.next()) {
        (None, _) => Ok(false),
        (Some(value), None) if value.eq_ignore_ascii_case(b"chunked") => Ok(true),
        _ => Err(HeadError::UnknownCoding),
    }
}

fn length(headers: &Headers) -> Result<Option<u64>, HeadError> {
    let mut all = headers.all("content-length");
    match (all.next(), all.next()) {
        (None, _) => Ok(None),
        (Some(value), None) => {
            let digits = value.iter().try_fold(0_u64, |length, byte| {
                let digit = byte.is_ascii_digit().then(|| u64::from(byte - b'0'))?;
                length.checked_mul(10)?.checked_add(digit)
            });
            digits.filter(|_| !value.is_empty()).map(Some).ok_or(HeadError::AmbiguousLength)
        }
        _ => Err(HeadError::AmbiguousLength),
    }
}

fn keeps_alive(headers: &Headers, old: bool) -> bool {
    let says = |word: &str| {
        let mut words = headers.texts("connection").flat_map(|text| text.split(','));
        words.any(|said| said.trim().eq_ignore_ascii_case(word))
    };
    if old { says("keep-alive") } else { !says("close") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str) -> Result<Option<RequestHead>, HeadError> {
        take_request(&mut BytesMut::from(text))
    }

    #[test]
    fn an_ordinary_head_is_taken_and_what_follows_stays() {
        let mut buffer =
            BytesMut::from("POST /v1/messages?beta=true HTTP/1.1\r\nhost: a\r\ncontent-length: 2\r\n\r\n{}x");
        let head = take_request(&mut buffer).unwrap().unwrap();
        assert_eq!(
            (head.target.as_str(), head.framing, head.keep_alive),
            ("/v1/messages?beta=true", Framing::Length(2), true)
        );
        assert_eq!(&buffer[..], b"{}x");
    }

    #[test]
    fn every_shorter_head_waits() {
        let whole = "POST /v1/messages HTTP/1.1\r\nhost: a\r\ncontent-length: 2\r\n\r\n";
        for cut in 0..whole.len() {
            assert!(check(&whole[..cut]).unwrap().is_none(), "cut at {cut}");
        }
    }

    #[test]
    fn ambiguous_framing_is_refused() {
        let head =
            |lines: &str| check(&format!("POST / HTTP/1.1\r\nhost: a\r\n{lines}\r\n")).map(|h| h.unwrap().framing);
        assert_eq!(head("transfer-encoding: chunked\r\n"), Ok(Framing::Chunked));
        for (lines, why) in [
            ("content-length: 1\r\ntransfer-encoding: chunked\r\n", HeadError::AmbiguousLength),
            ("content-length: 1\r\ncontent-length: 1\r\n", HeadError::AmbiguousLength),
            ("content-length: 1, 1\r\n", HeadError::AmbiguousLength),
            ("content-length: +1\r\n", HeadError::AmbiguousLength),
            ("content-length: 0x1\r\n", HeadError::AmbiguousLength),
            ("content-length: 99999999999999999999\r\n", HeadError::AmbiguousLength),
            ("transfer-encoding: gzip, chunked\r\n", HeadError::UnknownCoding),
            ("transfer-encoding: xchunked\r\n", HeadError::UnknownCoding),
            ("transfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n", HeadError::UnknownCoding),
            ("content-length : 1\r\n", HeadError::Malformed),
            ("a: b\r\n c\r\n", HeadError::Malformed),
            ("a: b\nc: d\r\n", HeadError::Malformed),
            ("\ntransfer-encoding: chunked\r\n", HeadError::Malformed),
        ] {
            assert_eq!(head(lines), Err(why), "{lines:?}");
        }
        assert_eq!(check("GET / HTTP/1.1\r\n\r\n").unwrap_err(), HeadError::NoHost);
        assert_eq!(check("GET / HTTP/1.1\r\nhost: a\r\nhost: b\r\n\r\n").unwrap_err(), HeadError::NoHost);
        assert_eq!(
            check("POST / HTTP/1.0\r\ntransfer-encoding: chunked\r\n\r\n").unwrap_err(),
            HeadError::UnknownCoding
        );
    }

    #[test]
    fn an_absolute_target_becomes_a_path() {
        let head = check("GET http://a/v1/models HTTP/1.1\r\nhost: a\r\n\r\n").unwrap().unwrap();
        assert_eq!(head.target, "/v1/models");
        assert_eq!(check("OPTIONS * HTTP/1.1\r\nhost: a\r\n\r\n").unwrap_err(), HeadError::Malformed);
    }

    #[test]
    fn an_answer_without_length_lasts_until_close() {
        let take = |text: &str, to_head| take_response(&mut BytesMut::from(text), to_head).unwrap().unwrap();
        let head = take("HTTP/1.1 200 OK\r\n\r\n", false);
        assert_eq!((head.framing, head.keep_alive), (Framing::UntilClose, false));
        assert_eq!(take("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n", true).framing, Framing::None);
        assert_eq!(take("HTTP/1.1 204 No Content\r\n\r\n", false).framing, Framing::None);
    }
}
