//! Bodies: how long one is, and a decoder that takes it piece by piece off a buffer.

use std::ops::Range;

use bytes::{Buf, Bytes, BytesMut};

/// How a body ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Framing {
    /// There is none.
    None,
    /// This many bytes.
    Length(u64),
    /// Chunks, the last one empty.
    Chunked,
    /// Whatever comes until the other side closes (answers only).
    UntilClose,
}

/// Longest line between chunks (size, extension, trailer). Nobody sends extensions; an endless one is an attack.
const LINE_MAX: usize = 256;
/// All trailers together, dropped as they come.
const TRAILERS_MAX: usize = 8 * 1024;

/// Why a body is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BodyError {
    #[error("the body's chunks are malformed")]
    BadChunk,
    #[error("the body ended before it was whole")]
    Cut,
}

/// What is at the front of the buffer.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Piece {
    /// Bytes of the body.
    Data(Bytes),
    /// Not enough bytes: read more.
    NeedMore,
    /// The body is whole; the next message follows in the buffer.
    End,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Length(u64),
    Chunks(Chunks),
    UntilClose,
    Done,
}

/// Where in a body of chunks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Chunks {
    Size,
    Data(u64),
    End,
    /// Bytes of trailers seen.
    Trailers(usize),
}

impl Chunks {
    /// What stands at the front of `bytes`: the state after it, its length, and whether it is data. `None`: not all of
    /// it is there.
    fn step(self, bytes: &[u8]) -> Result<Option<(State, usize, bool)>, BodyError> {
        match self {
            Self::Size => {
                let Some((line, taken)) = line(bytes)? else { return Ok(None) };
                let next = match chunk_size(line)? {
                    0 => Self::Trailers(0),
                    size => Self::Data(size),
                };
                Ok(Some((State::Chunks(next), taken, false)))
            }
            Self::Data(_) if bytes.is_empty() => Ok(None),
            Self::Data(left) => {
                let taken = usize::try_from(left).unwrap_or(usize::MAX).min(bytes.len());
                let left = left - u64::try_from(taken).expect("a buffer's length fits 64 bits");
                let next = if left == 0 { Self::End } else { Self::Data(left) };
                Ok(Some((State::Chunks(next), taken, true)))
            }
            Self::End => match bytes.get(..2) {
                None if bytes.first().is_none_or(|byte| *byte == b'\r') => Ok(None),
                Some(b"\r\n") => Ok(Some((State::Chunks(Self::Size), 2, false))),
                _ => Err(BodyError::BadChunk),
            },
            Self::Trailers(seen) => {
                let Some((line, taken)) = line(bytes)? else { return Ok(None) };
                let seen = seen + line.len();
                if seen > TRAILERS_MAX || !is_trailer(line) {
                    return Err(BodyError::BadChunk);
                }
                let next = if line.is_empty() { State::Done } else { State::Chunks(Self::Trailers(seen)) };
                Ok(Some((next, taken, false)))
            }
        }
    }
}

/// Takes a body off the front of a buffer. It keeps no bytes of its own.
#[derive(Debug)]
pub(crate) struct Decoder {
    state: State,
}

impl Decoder {
    pub(crate) fn new(framing: Framing) -> Self {
        let state = match framing {
            Framing::None => State::Done,
            Framing::Length(length) => State::Length(length),
            Framing::Chunked => State::Chunks(Chunks::Size),
            Framing::UntilClose => State::UntilClose,
        };
        Self { state }
    }

    /// How much is missing, of a body whose length was told.
    pub(crate) fn length_left(&self) -> Option<u64> {
        if let State::Length(left) = self.state { Some(left) } else { None }
    }

    /// Has the whole body been taken?
    pub(crate) fn is_done(&self) -> bool {
        self.state == State::Done
    }

    /// The next piece at the front of `buffer`. Of a body in chunks, all that is there makes one piece: providers send
    /// each event of a stream as a chunk of its own, and what comes together is passed on together.
    pub(crate) fn take(&mut self, buffer: &mut BytesMut) -> Result<Piece, BodyError> {
        match self.state {
            State::Done => Ok(Piece::End),
            State::UntilClose if buffer.is_empty() => Ok(Piece::NeedMore),
            State::UntilClose => Ok(Piece::Data(buffer.split().freeze())),
            State::Length(left) => {
                let (data, left) = split_up_to(buffer, left);
                self.state = if left == 0 { State::Done } else { State::Length(left) };
                Ok(if data.is_empty() { Piece::NeedMore } else { Piece::Data(data) })
            }
            State::Chunks(_) => self.take_chunks(buffer),
        }
    }

    fn take_chunks(&mut self, buffer: &mut BytesMut) -> Result<Piece, BodyError> {
        let (mut at, mut only, mut more): (usize, Range<usize>, Vec<u8>) = (0, 0..0, Vec::new());
        while let State::Chunks(state) = self.state {
            let rest = buffer.get(at..).unwrap_or_default();
            let (state, taken, data) = match state.step(rest) {
                Ok(Some(step)) => step,
                Ok(None) => break,
                // What is good goes out first; the next look finds the fault again.
                Err(_) if !only.is_empty() => break,
                Err(why) => return Err(why),
            };
            self.state = state;
            if data && only.is_empty() {
                only = at..at + taken;
            } else if data {
                if more.is_empty() {
                    more.reserve(buffer.len());
                    more.extend_from_slice(buffer.get(only.clone()).unwrap_or_default());
                }
                more.extend_from_slice(rest.get(..taken).unwrap_or_default());
            }
            at += taken;
        }
        let data = if more.is_empty() {
            buffer.advance(only.start);
            let data = buffer.split_to(only.len()).freeze();
            buffer.advance(at - only.end);
            data
        } else {
            buffer.advance(at);
            Bytes::from(more)
        };
        Ok(match (data.is_empty(), self.state) {
            (false, _) => Piece::Data(data),
            (true, State::Done) => Piece::End,
            (true, _) => Piece::NeedMore,
        })
    }

    /// The other side closed: was the body whole?
    pub(crate) fn closed(&mut self) -> Result<(), BodyError> {
        match self.state {
            State::Done | State::UntilClose => {
                self.state = State::Done;
                Ok(())
            }
            _ => Err(BodyError::Cut),
        }
    }
}

fn split_up_to(buffer: &mut BytesMut, left: u64) -> (Bytes, u64) {
    let take = usize::try_from(left).unwrap_or(usize::MAX).min(buffer.len());
    let data = buffer.split_to(take).freeze();
    (data, left - u64::try_from(take).expect("a buffer's length fits 64 bits"))
}

/// One line ended by CR LF, without them, and its length with them.
fn line(bytes: &[u8]) -> Result<Option<(&[u8], usize)>, BodyError> {
    let window = bytes.get(..bytes.len().min(LINE_MAX)).unwrap_or_default();
    match memchr::memchr(b'\n', window) {
        Some(end) if end > 0 && window.get(end - 1) == Some(&b'\r') => Ok(window.get(..end - 1).zip(Some(end + 1))),
        Some(_) => Err(BodyError::BadChunk),
        None if window.len() == LINE_MAX => Err(BodyError::BadChunk),
        None => Ok(None),
    }
}

/// A field, or the empty line that ends them. Anything else, the next request above all, would be swallowed.
fn is_trailer(line: &[u8]) -> bool {
    let is_token = |byte: &u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(byte);
    let name = memchr::memchr(b':', line).and_then(|colon| line.get(..colon)).unwrap_or_default();
    line.is_empty() || (!name.is_empty() && name.iter().all(is_token) && !line.contains(&b'\r'))
}

/// `1a` or `1a;extension`.
fn chunk_size(line: &[u8]) -> Result<u64, BodyError> {
    let digits = line.split(|b| *b == b';').next().unwrap_or_default().trim_ascii_end();
    if digits.is_empty() || digits.len() > 15 || !digits.iter().all(u8::is_ascii_hexdigit) {
        return Err(BodyError::BadChunk);
    }
    let text = std::str::from_utf8(digits).map_err(|_| BodyError::BadChunk)?;
    u64::from_str_radix(text, 16).map_err(|_| BodyError::BadChunk)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Feeds `wire` in pieces of `step` bytes; returns the body and what is left over.
    fn check(framing: Framing, wire: &[u8], step: usize) -> Result<(Vec<u8>, Vec<u8>), BodyError> {
        let (mut decoder, mut buffer, mut body) = (Decoder::new(framing), BytesMut::new(), Vec::new());
        let mut pieces = wire.chunks(step);
        loop {
            match decoder.take(&mut buffer)? {
                Piece::Data(data) => body.extend_from_slice(&data),
                Piece::End => {
                    let mut rest = buffer.to_vec();
                    pieces.for_each(|p| rest.extend_from_slice(p));
                    return Ok((body, rest));
                }
                Piece::NeedMore => match pieces.next() {
                    Some(piece) => buffer.extend_from_slice(piece),
                    None => decoder.closed()?,
                },
            }
        }
    }

    #[test]
    fn bodies_are_whole_however_they_are_cut() {
        let chunked = b"5;x=y\r\nhello\r\n1\r\n \r\n5\r\nworld\r\n0\r\nt: v\r\n\r\nNEXT";
        for step in 1..chunked.len() {
            assert_eq!(check(Framing::Chunked, chunked, step), Ok((b"hello world".to_vec(), b"NEXT".to_vec())));
            assert_eq!(check(Framing::Length(5), b"helloNEXT", step), Ok((b"hello".to_vec(), b"NEXT".to_vec())));
            assert_eq!(check(Framing::UntilClose, b"hello", step), Ok((b"hello".to_vec(), vec![])));
        }
        assert_eq!(check(Framing::None, b"NEXT", 2), Ok((vec![], b"NEXT".to_vec())));
    }

    #[test]
    fn malformed_and_cut_bodies_are_told() {
        for wire in
            [&b"5\nhello\r\n"[..], b"g\r\n", b"\r\n", b"-1\r\n", b"5 5\r\nhello", b"1\r\nab", b"ffffffffffffffff\r\n"]
        {
            assert_eq!(check(Framing::Chunked, wire, 3), Err(BodyError::BadChunk), "{wire:?}");
        }
        let endless = [b"5;".as_slice(), &[b'x'; 1000]].concat();
        assert_eq!(check(Framing::Chunked, &endless, 64), Err(BodyError::BadChunk));
        for trailer in ["GET / HTTP/1.1", "x y: z", ": z", " x: y", "x: y\rz: 1"] {
            let wire = format!("0\r\n{trailer}\r\n\r\n");
            assert_eq!(check(Framing::Chunked, wire.as_bytes(), 3), Err(BodyError::BadChunk), "{trailer}");
        }
        let trailers = [b"0\r\n".as_slice(), &b"a: b\r\n".repeat(5_000)].concat();
        assert_eq!(check(Framing::Chunked, &trailers, 512), Err(BodyError::BadChunk));
        assert_eq!(check(Framing::Length(9), b"hello", 2), Err(BodyError::Cut));
        assert_eq!(check(Framing::Chunked, b"5\r\nhello\r\n", 2), Err(BodyError::Cut));
    }
}
