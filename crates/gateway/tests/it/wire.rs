//! A client that knows just enough HTTP/1.1 to see what is really on the wire, and may send anything.

use std::io::{self, Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::Duration;

/// Longest wait for anything that is certain to come.
pub(crate) const SOON: Duration = Duration::from_mins(1);

/// A request or an answer as it was on the wire.
#[derive(Clone, Debug, Default)]
pub(crate) struct Message {
    /// The first line.
    pub(crate) first: String,
    /// Names in small letters.
    pub(crate) headers: Vec<(String, String)>,
    /// Without chunks.
    pub(crate) body: Vec<u8>,
    pub(crate) trailers: Vec<(String, String)>,
    /// The body ended as its head said.
    pub(crate) ended: bool,
}

impl Message {
    pub(crate) fn status(&self) -> u16 {
        self.first.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap_or_else(|| panic!("no answer: {self:?}"))
    }

    /// A header or trailer; empty where there is none.
    pub(crate) fn header(&self, name: &str) -> &str {
        let mut all = self.headers.iter().chain(&self.trailers);
        all.find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    /// An amount that a header tells, in nano-units.
    pub(crate) fn amount(&self, name: &str) -> i64 {
        let text = self.header(name);
        let amount = text.parse::<purser_core::money::Nano>();
        amount.unwrap_or_else(|_| panic!("`{name}: {text}` is no amount: {self:?}")).get()
    }
}

/// A connection, from either side.
pub(crate) struct Conn {
    stream: TcpStream,
    pub(crate) buffer: Vec<u8>,
}

impl Conn {
    pub(crate) fn open(address: SocketAddr) -> Self {
        Self::over(TcpStream::connect(address).unwrap())
    }

    pub(crate) fn over(stream: TcpStream) -> Self {
        stream.set_read_timeout(Some(SOON)).unwrap();
        stream.set_write_timeout(Some(SOON)).unwrap();
        stream.set_nodelay(true).unwrap();
        Self { stream, buffer: Vec::new() }
    }

    /// Writes what the other side takes: it may have had enough, and says so in its answer.
    pub(crate) fn send(&mut self, bytes: &[u8]) {
        let _refused = self.stream.write_all(bytes);
    }

    /// Dropping it will be a reset: what is under way either way is lost.
    pub(crate) fn reset(&self) {
        socket2::SockRef::from(&self.stream).set_linger(Some(Duration::ZERO)).unwrap();
    }

    /// The same connection for another thread.
    pub(crate) fn beside(&self) -> Self {
        Self { stream: self.stream.try_clone().unwrap(), buffer: Vec::new() }
    }

    /// No more will be sent.
    pub(crate) fn half_close(&self) {
        self.stream.shutdown(Shutdown::Write).unwrap();
    }

    /// Reads once; `false` at the end.
    pub(crate) fn read(&mut self) -> bool {
        let mut some = [0; 16 * 1024];
        match self.stream.read(&mut some) {
            Ok(count) => {
                self.buffer.extend_from_slice(some.get(..count).unwrap());
                count > 0
            }
            Err(why) if matches!(why.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) => {
                panic!("nothing came within {SOON:?}; so far {:?}", String::from_utf8_lossy(&self.buffer))
            }
            Err(_) => false,
        }
    }

    /// Reads until the buffer has what is waited for, or the other side ends.
    pub(crate) fn read_until(&mut self, enough: impl Fn(&[u8]) -> bool) {
        while !enough(&self.buffer) && self.read() {}
    }

    /// Everything until the other side ends.
    pub(crate) fn rest(&mut self) -> Vec<u8> {
        while self.read() {}
        std::mem::take(&mut self.buffer)
    }

    /// The next answer.
    pub(crate) fn answer(&mut self) -> Message {
        self.message(Side::Answer).unwrap_or_else(|| panic!("closed without an answer: {:?}", self.buffer))
    }

    /// The next answer, where the request was `HEAD`.
    pub(crate) fn answer_to_head(&mut self) -> Message {
        self.message(Side::AnswerToHead).expect("an answer")
    }

    /// The next message; `None` when the other side ends before its head is whole.
    pub(crate) fn message(&mut self, side: Side) -> Option<Message> {
        let end = self.find(b"\r\n\r\n")?;
        let head: Vec<u8> = self.buffer.drain(..end + 4).collect();
        let head = String::from_utf8_lossy(&head).into_owned();
        let (first, fields) = head.split_once("\r\n").unwrap();
        let mut message = Message { first: first.to_owned(), headers: fields_of(fields), ..Message::default() };
        self.body(side, &mut message);
        Some(message)
    }

    fn body(&mut self, side: Side, message: &mut Message) {
        let length = message.header("content-length").parse().ok();
        if side == Side::AnswerToHead || message.first.contains(" 100 ") || message.first.contains(" 204 ") {
            message.ended = true;
        } else if message.header("transfer-encoding").contains("chunked") {
            self.chunks(message);
        } else if let Some(length) = length {
            self.read_until(|buffer| buffer.len() >= length);
            message.ended = self.buffer.len() >= length;
            message.body = self.buffer.drain(..length.min(self.buffer.len())).collect();
        } else if side == Side::Answer {
            message.body = self.rest();
            message.ended = true;
        } else {
            message.ended = true;
        }
    }

    fn chunks(&mut self, message: &mut Message) {
        while let Some(end) = self.find(b"\r\n") {
            let line: Vec<u8> = self.buffer.drain(..end + 2).collect();
            let size = String::from_utf8_lossy(&line);
            let size = usize::from_str_radix(size.trim().split(';').next().unwrap(), 16).unwrap();
            if size == 0 {
                message.ended = self.trailers(message).is_some();
                return;
            }
            self.read_until(|buffer| buffer.len() >= size + 2);
            let whole = self.buffer.len() >= size + 2;
            message.body.extend(self.buffer.drain(..size.min(self.buffer.len())));
            if !whole {
                return;
            }
            self.buffer.drain(..2);
        }
    }

    fn trailers(&mut self, message: &mut Message) -> Option<()> {
        loop {
            let end = self.find(b"\r\n")?;
            let line: Vec<u8> = self.buffer.drain(..end + 2).collect();
            if end == 0 {
                return Some(());
            }
            message.trailers.extend(fields_of(&String::from_utf8_lossy(&line)));
        }
    }

    fn find(&mut self, what: &[u8]) -> Option<usize> {
        let at = |buffer: &[u8]| buffer.windows(what.len()).position(|window| window == what);
        self.read_until(|buffer| at(buffer).is_some());
        at(&self.buffer)
    }
}

/// Whose message is read: they end differently.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    Request,
    Answer,
    AnswerToHead,
}

fn fields_of(text: &str) -> Vec<(String, String)> {
    let lines = text.split("\r\n").filter_map(|line| line.split_once(':'));
    lines.map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned())).collect()
}

/// The messages that are whole at the front of bytes that were recorded.
pub(crate) fn messages(bytes: &[u8], side: Side) -> Vec<Message> {
    let (front, back) = pair();
    let mut writer = Conn::over(front);
    let bytes = bytes.to_vec();
    std::thread::scope(|scope| {
        scope.spawn(move || {
            writer.send(&bytes);
            writer.half_close();
        });
        let mut reader = Conn::over(back);
        std::iter::from_fn(|| reader.message(side)).collect()
    })
}

/// Two ends of a connection.
fn pair() -> (TcpStream, TcpStream) {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let front = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    (front, listener.accept().unwrap().0)
}
