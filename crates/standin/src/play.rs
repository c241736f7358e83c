//! Sends an answer: at its pace, and broken where its script says. Notes in the journal what really went out.

use std::time::Duration;

use tokio::time::Instant;

use crate::config::AfterHangup;
use crate::connection::{Connection, Framing, Presence};
use crate::gzip::Gzip;
use crate::journal::ServedCall;
use crate::reel::{Frame, Pen, Reel};
use crate::reply::{Conduct, Form, Reply, reason};
use crate::script::Ending;

/// What is gathered before it is written, when nothing else asks for a write.
const WRITE_BYTES: usize = 16 * 1024;

/// An answer under way.
struct Sending {
    conduct: Conduct,
    chunked: bool,
    plain: bool,
    started: Instant,
    /// Frames whose last byte has been put into the output.
    sent: usize,
    body_bytes: u64,
    events_in_write: u32,
}

/// How an answer that did not go out whole came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Broken {
    /// By its script; these tokens were generated on top of what the frames say.
    Scripted { extra_tokens: u64 },
    /// By the client.
    HungUp,
}

impl From<Presence> for Result<(), Broken> {
    fn from(presence: Presence) -> Self {
        match presence {
            Presence::Here => Ok(()),
            Presence::Gone => Err(Broken::HungUp),
        }
    }
}

impl Connection {
    /// Sends a reply whose body is in `reel`. Whether the connection can serve another request.
    pub(crate) async fn play(&mut self, mut reply: Reply, framing: Framing) -> bool {
        if reply.status == 0 {
            if let Some(call) = reply.call.take() {
                self.desk.journal.record(call);
            }
            self.reset();
            return false;
        }
        let halved = prepare(&mut self.reel, &reply.conduct);
        let plain = reply.form == Form::Plain;
        let chunked = !plain && framing.http11;
        let keep_alive = framing.keep_alive && (plain || chunked);
        self.output.clear();
        write_head(&mut self.output, &reply, self.reel.len(), chunked, keep_alive);
        if framing.head_only {
            return self.flush().await == Presence::Here && keep_alive;
        }
        let Reply { conduct, call, .. } = reply;
        let sending =
            Sending { conduct, chunked, plain, started: Instant::now(), sent: 0, body_bytes: 0, events_in_write: 0 };
        if sending.at_once() {
            self.play_at_once(call, &sending, halved).await && keep_alive
        } else {
            self.play_slowly(call, sending, halved).await && keep_alive
        }
    }

    /// The usual case: one write.
    async fn play_at_once(&mut self, call: Option<ServedCall>, sending: &Sending, halved: bool) -> bool {
        if sending.chunked {
            for frame in self.reel.frames() {
                chunk(&mut self.output, self.reel.bytes_of(frame));
            }
            self.output.extend_from_slice(b"0\r\n\r\n");
        } else {
            for frame in self.reel.frames() {
                self.output.extend_from_slice(self.reel.bytes_of(frame));
            }
        }
        let whole = !halved;
        let seq = call.map(|mut call| {
            if halved {
                self.note_partial(&mut call, self.reel.frames().len().saturating_sub(1), 0);
            } else {
                self.note_whole(&mut call);
            }
            self.desk.journal.record(call)
        });
        let here = self.flush().await == Presence::Here;
        if let (false, true, Some(seq)) = (here, whole, seq) {
            self.desk.journal.not_completed(seq);
        }
        here
    }

    async fn play_slowly(&mut self, call: Option<ServedCall>, mut sending: Sending, halved: bool) -> bool {
        let noted = call.map(|call| (self.desk.journal.begin(call.clone()), call));
        let result = self.frames(&mut sending).await;
        if sending.chunked && result.is_ok() {
            self.output.extend_from_slice(b"0\r\n\r\n");
        }
        // The last write comes after the note, so that whoever has read the end finds the note.
        if let Some((seq, mut call)) = noted {
            match result {
                Ok(()) if !halved => self.note_whole(&mut call),
                Ok(()) => self.note_partial(&mut call, sending.sent.saturating_sub(1), 0),
                Err(Broken::Scripted { extra_tokens }) => self.note_partial(&mut call, sending.sent, extra_tokens),
                Err(Broken::HungUp) => self.note_hung_up(&mut call, &sending),
            }
            let completed = call.completed;
            self.desk.journal.end(seq, call);
            if self.flush().await == Presence::Gone && completed {
                self.desk.journal.not_completed(seq);
                return false;
            }
        } else if self.flush().await == Presence::Gone {
            return false;
        }
        result.is_ok()
    }

    /// Sends the frames one by one; the last ones may still be in the output afterwards.
    async fn frames(&mut self, sending: &mut Sending) -> Result<(), Broken> {
        if sending.conduct.first_byte > Duration::ZERO {
            self.pause(sending, sending.started + sending.conduct.first_byte).await?;
        }
        while let Some(frame) = self.reel.frames().get(sending.sent).copied() {
            self.break_before(sending).await?;
            if let Some(due) = sending.due(frame.output) {
                self.pause(sending, due).await?;
            }
            self.put(sending, &frame).await?;
            sending.sent += 1;
            if sending.conduct.ending == Ending::Endless && Some(sending.sent) == self.reel.repeatable.map(|at| at + 1)
            {
                return self.repeat(sending, &frame).await;
            }
        }
        // A break after the last event leaves out only the body's end.
        self.break_before(sending).await
    }

    /// Waits or breaks the answer if its script says so at this event.
    async fn break_before(&mut self, sending: &mut Sending) -> Result<(), Broken> {
        let sent = sending.sent as u64;
        if sending.conduct.wait == Some(sent) {
            sending.events_in_write = 0;
            Result::from(self.flush().await)?;
            let until = Instant::now() + self.desk.config.bounds.stall_max;
            Result::from(self.wait_to_go_on(until).await)?;
        }
        match sending.conduct.ending {
            Ending::Stall(events) if events == sent => {
                let until = Instant::now() + self.desk.config.bounds.stall_max;
                self.pause(sending, until).await?;
                Err(Broken::Scripted { extra_tokens: 0 })
            }
            Ending::CutEvents(events) if events == sent => Err(Broken::Scripted { extra_tokens: 0 }),
            _ => Ok(()),
        }
    }

    /// Puts a frame into the output, and writes when enough has gathered.
    async fn put(&mut self, sending: &mut Sending, frame: &Frame) -> Result<(), Broken> {
        let bytes = self.reel.bytes_of(frame);
        let room = match sending.conduct.ending {
            Ending::CutBytes(limit) => usize::try_from(limit - sending.body_bytes).unwrap_or(usize::MAX),
            _ => usize::MAX,
        };
        let (taken, whole) = bytes.get(..room).map_or((bytes, true), |part| (part, part.len() == bytes.len()));
        if sending.chunked {
            chunk(&mut self.output, taken);
        } else {
            self.output.extend_from_slice(taken);
        }
        sending.body_bytes += taken.len() as u64;
        if !whole {
            return Err(Broken::Scripted { extra_tokens: 0 });
        }
        sending.events_in_write += 1;
        let events_max = sending.conduct.events_per_write;
        if (events_max > 0 && sending.events_in_write >= events_max) || self.output.len() >= WRITE_BYTES {
            sending.events_in_write = 0;
            Result::from(self.flush().await)?;
        }
        Ok(())
    }

    /// Sends a frame again and again, up to the bound.
    async fn repeat(&mut self, sending: &mut Sending, frame: &Frame) -> Result<(), Broken> {
        let tokens_each = self.desk.config.pacing.tokens_per_event.max(1);
        let mut extra_tokens = 0;
        while sending.body_bytes < self.desk.config.bounds.endless_bytes_max {
            if let Some(due) = sending.due(frame.output + extra_tokens) {
                self.pause(sending, due).await?;
            }
            self.put(sending, frame).await?;
            extra_tokens += tokens_each;
        }
        Err(Broken::Scripted { extra_tokens })
    }

    /// Waits until `due`; what has gathered goes out first. No wait when that is past.
    async fn pause(&mut self, sending: &mut Sending, due: Instant) -> Result<(), Broken> {
        if due <= Instant::now() {
            return Ok(());
        }
        // Before the first frame not even the head goes out, except ahead of a stall.
        if sending.sent > 0 || matches!(sending.conduct.ending, Ending::Stall(0)) {
            sending.events_in_write = 0;
            Result::from(self.flush().await)?;
        }
        self.wait(due).await.into()
    }

    fn note_whole(&self, call: &mut ServedCall) {
        let frames = self.reel.frames().len();
        call.told = self.reel.told_by(frames);
        call.events = frames as u64;
        call.completed = true;
    }

    /// Only `sent` frames went out, and generation ended there.
    fn note_partial(&self, call: &mut ServedCall, sent: usize, extra_tokens: u64) {
        // A plain answer is generated before any of it goes out; an error costs nothing anyway.
        if call.stream && call.status < 400 {
            let last = sent.checked_sub(1).and_then(|last| self.reel.frames().get(last));
            call.usage.output = last.map_or(0, |frame| frame.output) + extra_tokens;
            call.usage.thinking = last.map_or(0, |frame| frame.thinking);
        }
        call.told = self.reel.told_by(sent);
        call.events = sent as u64;
        call.completed = false;
    }

    fn note_hung_up(&self, call: &mut ServedCall, sending: &Sending) {
        let whole = call.usage;
        self.note_partial(call, sending.sent, 0);
        if self.desk.config.after_hangup == AfterHangup::BillWhole {
            call.usage = whole;
        } else if sending.plain {
            // Nothing was sent yet, but generation had been going on at the answer's pace.
            call.usage.output = sending.generated().min(whole.output);
            call.usage.thinking = call.usage.output.min(whole.thinking);
        }
    }
}

impl Sending {
    /// Whether the whole answer may go out in one write.
    fn at_once(&self) -> bool {
        self.conduct.first_byte.is_zero()
            && self.conduct.tokens_per_s == 0
            && self.conduct.wait.is_none()
            && matches!(self.conduct.ending, Ending::Whole | Ending::Half(_))
            && (self.plain || self.conduct.events_per_write == 0)
    }

    /// When a frame is due that comes after `output` tokens; `None` is at once.
    fn due(&self, output: u64) -> Option<Instant> {
        let millis = output.saturating_mul(1000).checked_div(self.conduct.tokens_per_s.into())?;
        Some(self.started + self.conduct.first_byte + Duration::from_millis(millis))
    }

    /// Tokens that the pace has allowed so far.
    fn generated(&self) -> u64 {
        let Some(generating) = self.started.elapsed().checked_sub(self.conduct.first_byte) else { return 0 };
        if self.conduct.tokens_per_s == 0 {
            return u64::MAX;
        }
        let millis = u64::try_from(generating.as_millis()).unwrap_or(u64::MAX);
        millis.saturating_mul(self.conduct.tokens_per_s.into()) / 1000
    }
}

/// Applies what changes the body itself. Whether it was halved.
fn prepare(reel: &mut Reel, conduct: &Conduct) -> bool {
    let halved = match conduct.ending {
        Ending::Half(events) => usize::try_from(events).is_ok_and(|at| reel.halve(at)),
        _ => false,
    };
    if conduct.gzip {
        let mut gzip = Gzip::new();
        reel.rewrite(|piece, last, to| gzip.write(piece, last, to));
    }
    halved
}

fn write_head(output: &mut Vec<u8>, reply: &Reply, length: usize, chunked: bool, keep_alive: bool) {
    let mut pen = Pen::new(output);
    pen.raw("HTTP/1.1 ").num(reply.status.into()).raw(" ").raw(reason(reply.status)).raw("\r\n");
    if chunked {
        pen.raw("transfer-encoding: chunked\r\n");
    } else if reply.form == Form::Plain {
        pen.raw("content-length: ").num(length as u64).raw("\r\n");
    }
    if reply.conduct.gzip {
        pen.raw("content-encoding: gzip\r\n");
    }
    if !keep_alive {
        pen.raw("connection: close\r\n");
    }
    output.extend_from_slice(&reply.headers);
    output.extend_from_slice(b"\r\n");
}

fn chunk(output: &mut Vec<u8>, bytes: &[u8]) {
    // A chunk without bytes would end the body.
    if bytes.is_empty() {
        return;
    }
    Pen::new(output).short_hex(bytes.len() as u64).raw("\r\n");
    output.extend_from_slice(bytes);
    output.extend_from_slice(b"\r\n");
}
