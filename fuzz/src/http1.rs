//! Heads and bodies of HTTP/1.1. Input: what comes off one connection, behind a byte that says whose it is and one that
//! says how it is cut.
//!
//! However bytes arrive, the same messages are read; a length is never ambiguous; what is passed on holds no line ends.

#[expect(dead_code, reason = "the gateway's own modules, of which only the reading is wanted")]
#[path = "gateway.rs"]
mod gateway;

use bytes::BytesMut;

use self::gateway::body::{Decoder, Framing, Piece};
use self::gateway::head::{HEADERS_MAX, RequestHead, take_request, take_response};

/// One message: its head as text, its body, or why it was refused.
type Read = Result<(String, Vec<u8>), String>;

/// Checks what comes off one connection.
pub fn check(bytes: &[u8]) {
    let [whose, seed, wire @ ..] = bytes else { return };
    let read = |pieces: &[&[u8]]| match whose {
        b'a' => read_all(pieces, response(false)),
        b'h' => read_all(pieces, response(true)),
        _ => read_all(pieces, request),
    };
    let whole = read(&[wire]);
    assert_eq!(read(&super::cut(wire, *seed)), whole, "cut in pieces");
    assert_eq!(read(&wire.chunks(1).collect::<Vec<_>>()), whole, "byte by byte");
}

fn read_all(pieces: &[&[u8]], take: impl Fn(&mut BytesMut) -> Result<Option<(String, Framing)>, String>) -> Vec<Read> {
    let (mut pieces, mut buffer, mut all) = (pieces.iter(), BytesMut::new(), Vec::new());
    let mut more = |buffer: &mut BytesMut| pieces.next().map(|piece| buffer.extend_from_slice(piece)).is_some();
    while all.len() < 16 {
        let (head, framing) = match take(&mut buffer) {
            Ok(Some(head)) => head,
            Ok(None) if more(&mut buffer) => continue,
            Ok(None) => break,
            Err(why) => {
                all.push(Err(why));
                break;
            }
        };
        let (mut decoder, mut body) = (Decoder::new(framing), Vec::new());
        let outcome = loop {
            match decoder.take(&mut buffer) {
                Ok(Piece::Data(data)) => body.extend_from_slice(&data),
                Ok(Piece::End) => break Ok(()),
                Ok(Piece::NeedMore) if more(&mut buffer) => {}
                Ok(Piece::NeedMore) => match decoder.closed() {
                    Ok(()) => break Ok(()),
                    Err(why) => break Err(why.to_string()),
                },
                Err(why) => break Err(why.to_string()),
            }
        };
        let is_bad = outcome.is_err();
        all.push(outcome.map(|()| (head, body)));
        if is_bad {
            break;
        }
    }
    all
}

fn request(buffer: &mut BytesMut) -> Result<Option<(String, Framing)>, String> {
    let before = buffer.clone();
    match take_request(buffer) {
        Ok(None) => Ok(None),
        // Which mistake is seen first depends on how much is there.
        Err(_) => Err("bad head".to_owned()),
        Ok(Some(head)) => {
            sound(&head, &before);
            Ok(Some((format!("{head:?}"), head.framing)))
        }
    }
}

fn response(to_head: bool) -> impl Fn(&mut BytesMut) -> Result<Option<(String, Framing)>, String> {
    move |buffer| match take_response(buffer, to_head) {
        Ok(None) => Ok(None),
        Err(_) => Err("bad head".to_owned()),
        Ok(Some(head)) => {
            assert!((100..1_000).contains(&head.status.as_u16()));
            assert!(head.headers.iter().all(|(name, value)| is_token(name.as_ref()) && is_line(value)));
            Ok(Some((format!("{head:?}"), head.framing)))
        }
    }
}

/// A head that was taken can be written again without meaning something else.
fn sound(head: &RequestHead, wire: &[u8]) {
    assert!(is_token(head.method.as_str().as_bytes()));
    assert!(head.target.starts_with('/') && head.target.bytes().all(|byte| byte > b' ' && byte != 0x7f));
    assert!(head.headers.iter().count() <= HEADERS_MAX);
    assert!(head.headers.iter().all(|(name, value)| is_token(name.as_ref()) && is_line(value)));
    // Any line that could be a length, by a reader that knows nothing else.
    let mut wire = wire;
    // Blank lines in front of a request are nobody's (RFC 9112, 2.2).
    while let Some(rest) = wire.strip_prefix(b"\r\n") {
        wire = rest;
    }
    let end = wire.windows(4).position(|four| four == b"\r\n\r\n").unwrap_or(wire.len());
    let text = String::from_utf8_lossy(wire.get(..end).unwrap_or(wire)).to_ascii_lowercase();
    let names = |line: &str| line.split_once(':').map(|(name, _)| name.trim().to_owned());
    let says =
        |name: &str| text.split(['\n', '\r']).skip(1).filter(|line| names(line).as_deref() == Some(name)).count();
    let (lengths, codings) = (says("content-length"), says("transfer-encoding"));
    match head.framing {
        Framing::Length(_) => assert!(lengths >= 1 && codings == 0, "{text}"),
        Framing::Chunked => assert!(lengths == 0 && codings >= 1, "{text}"),
        Framing::None => assert!(codings == 0, "{text}"),
        Framing::UntilClose => panic!("a request never lasts until the end: {text}"),
    }
}

fn is_token(name: &[u8]) -> bool {
    let fits = |byte: &u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(byte);
    !name.is_empty() && name.iter().all(fits)
}

fn is_line(value: &[u8]) -> bool {
    value.iter().all(|byte| !matches!(byte, b'\r' | b'\n' | 0))
}
