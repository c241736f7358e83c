//! Reads request heads: what of them matters to a provider.

use crate::journal::Credential;

/// A request head.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a header of its own")]
pub(crate) struct Head {
    pub(crate) method: Method,
    /// Path, percent-decoded, without the query.
    pub(crate) path: String,
    pub(crate) query: String,
    /// The client keeps the connection for another request.
    pub(crate) keep_alive: bool,
    /// HTTP/1.1, so a body may be chunked.
    pub(crate) http11: bool,
    pub(crate) body: BodyLength,
    /// The client waits for a go-ahead before it sends the body.
    pub(crate) expects_continue: bool,
    pub(crate) credential: Option<Credential>,
    /// Says it speaks Anthropic's or Google's language, where the path does not tell.
    pub(crate) anthropic: bool,
    pub(crate) google: bool,
    /// `x-standin-fault`.
    pub(crate) script: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Method {
    Get,
    Head,
    Post,
    Put,
    Other,
}

/// How the end of a request body is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BodyLength {
    Bytes(usize),
    Chunked,
}

/// Bytes that are not a request head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BadHead;

/// More headers than any client sends through any chain of proxies.
const HEADERS_MAX: usize = 100;

/// Reads a head from the front of `bytes`, and its length. `None` when there is not enough of it yet.
pub(crate) fn read(bytes: &[u8]) -> Result<Option<(Head, usize)>, BadHead> {
    let mut headers = [httparse::EMPTY_HEADER; HEADERS_MAX];
    let mut request = httparse::Request::new(&mut headers);
    let length = match request.parse(bytes) {
        Ok(httparse::Status::Complete(length)) => length,
        Ok(httparse::Status::Partial) => return Ok(None),
        Err(_) => return Err(BadHead),
    };
    let target = request.path.unwrap_or_default();
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let http11 = request.version == Some(1);
    let mut head = Head {
        method: method(request.method.unwrap_or_default()),
        path: percent_decoded(path),
        query: query.to_owned(),
        keep_alive: http11,
        http11,
        body: BodyLength::Bytes(0),
        expects_continue: false,
        credential: query_value(query, "key").filter(|key| !key.is_empty()).map(Credential::of),
        anthropic: false,
        google: false,
        script: None,
    };
    for header in request.headers.iter() {
        head.take(header.name, header.value)?;
    }
    Ok(Some((head, length)))
}

impl Head {
    fn take(&mut self, name: &str, value: &[u8]) -> Result<(), BadHead> {
        let Ok(value) = str::from_utf8(value).map(str::trim) else { return Ok(()) };
        let is = |wanted: &str| name.eq_ignore_ascii_case(wanted);
        // By length first: a dozen comparisons for each of thirty headers would show in a profile.
        match name.len() {
            6 if is("expect") => self.expects_continue = value.eq_ignore_ascii_case("100-continue"),
            7 if is("api-key") => self.key(value),
            9 if is("x-api-key") => self.key(value),
            10 if is("connection") => {
                for option in value.split(',').map(str::trim) {
                    if option.eq_ignore_ascii_case("close") {
                        self.keep_alive = false;
                    } else if option.eq_ignore_ascii_case("keep-alive") {
                        self.keep_alive = true;
                    }
                }
            }
            13 if is("authorization") => {
                if let Some((scheme, key)) = value.split_once(' ')
                    && scheme.eq_ignore_ascii_case("bearer")
                {
                    self.key(key.trim());
                }
            }
            14 if is("content-length") => {
                let length = value.parse().map_err(|_| BadHead)?;
                if self.body != BodyLength::Chunked {
                    self.body = BodyLength::Bytes(length);
                }
            }
            14 if is("x-goog-api-key") => {
                self.google = true;
                self.key(value);
            }
            15 if is("x-standin-fault") => self.script = Some(value.to_owned()),
            17 if is("anthropic-version") => self.anthropic = true,
            17 if is("transfer-encoding") => {
                if !value.eq_ignore_ascii_case("chunked") {
                    return Err(BadHead);
                }
                self.body = BodyLength::Chunked;
            }
            _ => {}
        }
        Ok(())
    }

    fn key(&mut self, key: &str) {
        if !key.is_empty() {
            self.credential = Some(Credential::of(key));
        }
    }
}

fn method(name: &str) -> Method {
    match name {
        "GET" => Method::Get,
        "HEAD" => Method::Head,
        "POST" => Method::Post,
        "PUT" => Method::Put,
        _ => Method::Other,
    }
}

/// The value of a query parameter, as it stands.
pub(crate) fn query_value<'a>(query: &'a str, name: &str) -> Option<&'a str> {
    query.split('&').find_map(|pair| pair.split_once('=').filter(|(key, _)| *key == name)).map(|(_, value)| value)
}

pub(crate) fn percent_decoded(path: &str) -> String {
    if !path.contains('%') {
        return path.to_owned();
    }
    let mut decoded = Vec::with_capacity(path.len());
    let mut rest = path.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        let code = tail.get(..2).and_then(|two| str::from_utf8(two).ok());
        let byte = code.filter(|_| *first == b'%').and_then(|two| u8::from_str_radix(two, 16).ok());
        decoded.push(byte.unwrap_or(*first));
        rest = if byte.is_some() { tail.get(2..).unwrap_or_default() } else { tail };
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

/// Takes the chunks of a body from the front of `bytes` and appends their content to `body`: how many bytes were used,
/// and whether the body ended. Trailers are skipped.
pub(crate) fn unchunk(bytes: &[u8], body: &mut Vec<u8>) -> Result<(usize, bool), BadHead> {
    let mut used = 0;
    loop {
        let rest = bytes.get(used..).unwrap_or_default();
        let (head, size) = match httparse::parse_chunk_size(rest) {
            Ok(httparse::Status::Complete(found)) => found,
            Ok(httparse::Status::Partial) => return Ok((used, false)),
            Err(_) => return Err(BadHead),
        };
        let size = usize::try_from(size).map_err(|_| BadHead)?;
        if size == 0 {
            return Ok(trailers_end(rest, head).map_or((used, false), |end| (used + end, true)));
        }
        let end = head.checked_add(size).and_then(|end| end.checked_add(2)).ok_or(BadHead)?;
        let Some(chunk) = rest.get(head..end) else { return Ok((used, false)) };
        let content = chunk.strip_suffix(b"\r\n").ok_or(BadHead)?;
        body.extend_from_slice(content);
        used += end;
    }
}

/// Where the empty line after the last chunk ends, seen from `at`.
fn trailers_end(bytes: &[u8], at: usize) -> Option<usize> {
    let mut at = at;
    loop {
        let line = bytes.get(at..)?;
        let length = memchr::memmem::find(line, b"\r\n")?;
        at += length + 2;
        if length == 0 {
            return Some(at);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_in_every_place() {
        for request in [
            "POST /v1/messages HTTP/1.1\r\nAuthorization: Bearer k1\r\n\r\n",
            "POST /v1/messages HTTP/1.1\r\nx-api-key: k1\r\n\r\n",
            "POST /v1/messages HTTP/1.1\r\nX-Goog-Api-Key: k1\r\n\r\n",
            "POST /v1/messages HTTP/1.1\r\napi-key: k1\r\n\r\n",
            "POST /v1/messages?alt=sse&key=k1 HTTP/1.1\r\n\r\n",
        ] {
            let (head, length) = read(request.as_bytes()).unwrap().unwrap();
            assert_eq!(head.credential, Some(Credential::of("k1")), "{request}");
            assert_eq!((head.path.as_str(), length), ("/v1/messages", request.len()));
        }
    }

    #[test]
    fn what_frames_a_body() {
        let check = |headers: &str, expected: Result<BodyLength, BadHead>| {
            let request = format!("POST / HTTP/1.1\r\n{headers}\r\n");
            assert_eq!(read(request.as_bytes()).map(|head| head.unwrap().0.body), expected, "{headers}");
        };
        check("", Ok(BodyLength::Bytes(0)));
        check("content-length: 7\r\n", Ok(BodyLength::Bytes(7)));
        check("transfer-encoding: chunked\r\ncontent-length: 7\r\n", Ok(BodyLength::Chunked));
        check("content-length: -7\r\n", Err(BadHead));
        check("transfer-encoding: br\r\n", Err(BadHead));
    }

    #[test]
    fn chunks_cut_anywhere_give_the_same_body() {
        let wire = b"4\r\nWiki\r\n6;x=y\r\npedia \r\nE\r\nin \r\n\r\nchunks.\r\n0\r\nTrailer: x\r\n\r\nGET ";
        for cut in 0..wire.len() {
            let (mut body, mut at, mut ended) = (Vec::new(), 0, false);
            for to in [cut, wire.len()] {
                let Some(piece) = wire.get(at..to).filter(|_| !ended) else { continue };
                let (used, end) = unchunk(piece, &mut body).unwrap();
                (at, ended) = (at + used, end);
            }
            assert!(ended, "cut at {cut}");
            assert_eq!(body, b"Wikipedia in \r\n\r\nchunks.");
            assert_eq!(&wire[at..], b"GET ");
        }
    }

    proptest::proptest! {
        #[test]
        fn strangers_bytes_never_panic(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..200)) {
            let _ = read(&bytes);
            let _ = unchunk(&bytes, &mut Vec::new());
        }
    }
}
