//! A streamed answer: every piece is passed on as it comes, and read on the way.

use std::io;

use bytes::Bytes;
use purser_core::money::Nano;
use purser_ledger::GrowOutcome;
use purser_providers::ending::EarlyEnd;
use purser_providers::{Dialect, Stage, StreamMeter};
use tokio::time::Instant;

use super::{Measured, Reading, Rest, before};
use crate::admit::Admitted;
use crate::answer;
use crate::call::Call;
use crate::client::Client;
use crate::http1::body::Piece;
use crate::http1::write;
use crate::refuse::Refused;
use crate::settle;
use crate::upstream::Answer;
use crate::worker::Worker;

/// What to settle with may change with every event; it is worked out each time so many more bytes of output were seen.
const LOOK_EVERY_BYTES: u64 = 4 * 1024;
/// An answer with more bytes of output than this per token that was asked for does not heed its maximum. The longest
/// tokens of the published tokenizers are 128 spaces.
const BYTES_PER_TOKEN_MAX: u64 = 128;

/// How an answer ended.
enum End {
    /// The provider closed it in order.
    Whole,
    /// The provider broke it off, or its time was up.
    Cut(io::Error),
    /// Nothing is left to pay for more of it.
    OutOfMoney,
    /// It went on far beyond its maximum.
    Endless,
    /// The client has gone, and reading on has cost what it may.
    DrainedEnough,
    /// A stop is in force for it.
    Stopped,
    /// Purser ends, and the time for draining is over.
    Closing,
}

/// One answer on its way through.
struct Relay<'a, 'c> {
    worker: &'a Worker,
    call: &'a Call,
    admitted: &'a mut Admitted<'c>,
    stream: StreamMeter,
    /// What the meter lets through, before framing.
    pieces: Vec<Bytes>,
    /// What goes out next, framed: first of all the head.
    wire: Vec<u8>,
    in_chunks: bool,
    /// Bytes of output at the last look.
    looked: u64,
    /// When the client was seen to have gone, and what the answer had cost by then.
    gone: Option<(Instant, Nano)>,
}

pub(super) async fn relay(
    worker: &Worker,
    client: &mut Client,
    call: &Call,
    admitted: &mut Admitted<'_>,
    mut answer: Answer,
) -> Measured {
    let mut wire = Vec::with_capacity(2 * 1024);
    answer::stream_head(&mut wire, worker, call, admitted, &answer);
    // They are written, and streams last.
    drop(std::mem::take(&mut answer.headers));

    let stream = StreamMeter::new(call.dialect, admitted.strips_usage);
    let in_chunks = !call.head.old;
    let pieces = Vec::with_capacity(4);
    let mut relay = Relay { worker, call, admitted, stream, pieces, wire, in_chunks, looked: 0, gone: None };
    let end = relay.pass_on(client, &mut answer).await;
    let reading = relay.close(&end);
    let Relay { admitted, stream, wire, .. } = relay;
    answer.finish(worker.outlet(admitted.upstream));
    Measured { reading, rest: Rest::Stream { last: wire, in_chunks }, ids: stream.ids().to_vec() }
}

impl Relay<'_, '_> {
    async fn pass_on(&mut self, client: &mut Client, answer: &mut Answer) -> End {
        loop {
            match answer.ready() {
                Ok(Piece::Data(chunk)) => self.stream.feed(&chunk, &mut self.pieces),
                // What is left goes out together with the end.
                Ok(Piece::End) => return End::Whole,
                Ok(Piece::NeedMore) => {
                    // All that is here goes out in one write.
                    self.frame();
                    self.flush(client).await;
                    if let Some(end) = self.look().await {
                        return end;
                    }
                    if let Err(end) = self.more(client, answer).await {
                        return end;
                    }
                }
                Err(why) => return End::Cut(why),
            }
        }
    }

    /// Waits for more of the answer. Notices when the client hangs up meanwhile, and goes on.
    async fn more(&mut self, client: &mut Client, answer: &mut Answer) -> Result<(), End> {
        let stall = self.worker.config.limits.answer_stall;
        loop {
            if client.is_gone() && self.gone.is_none() {
                self.gone = Some((Instant::now(), self.cost_so_far()));
            }
            let deadline = self.gone.map(|(since, _)| since + self.admitted.drain().max_time);
            tokio::select! {
                biased;
                () = self.worker.has_to_end(), if self.worker.is_stopping() => return Err(End::Closing),
                () = self.call.stop.raised() => return Err(End::Stopped),
                more = before(deadline, answer.more(stall)) => return more.map_err(End::Cut),
                () = client.hung_up(), if self.gone.is_none() => {}
            }
        }
    }

    async fn flush(&mut self, client: &mut Client) {
        if !self.wire.is_empty() {
            client.write(&self.wire, &self.worker.config.limits).await;
            self.wire.clear();
        }
    }

    /// Now and then: what it costs by now, and whether that may go on.
    async fn look(&mut self) -> Option<End> {
        let seen = self.stream.progress().visible_bytes;
        if seen < self.looked + LOOK_EVERY_BYTES {
            return None;
        }
        self.looked = seen;
        if seen > self.admitted.output_bound.saturating_mul(BYTES_PER_TOKEN_MAX).saturating_add(LOOK_EVERY_BYTES) {
            return Some(End::Endless);
        }
        let settlement = settle::settlement(self.call, self.admitted, &self.so_far());
        let cost = settlement.charge;
        self.admitted.note(settlement);
        if let Some((_, then)) = self.gone
            && cost.saturating_sub(then) > self.admitted.drain().max_money
        {
            return Some(End::DrainedEnough);
        }
        (!keep_funded(self.admitted, cost).await).then_some(End::OutOfMoney)
    }

    /// Reads the end, and puts into `wire` what the client is still to see.
    fn close(&mut self, end: &End) -> Reading {
        match end {
            End::Whole if self.stream.is_complete() => {
                self.stream.finish(&mut self.pieces);
                self.frame();
                read_stream(self.call, &self.stream)
            }
            End::Whole => self.end_unfinished(),
            End::Cut(_) if self.stream.is_complete() => {
                let reading = read_stream(self.call, &self.stream);
                self.end_early("", &reading);
                reading
            }
            End::Cut(why) => self.break_off(&format!("{} broke off its answer ({why}).", self.admitted.upstream.name)),
            End::OutOfMoney => self.break_off(&self.admitted.out_of_money(self.worker, self.call)),
            End::Endless => {
                self.break_off(&format!("{} went on far beyond what was asked for.", self.admitted.upstream.name))
            }
            End::Stopped => {
                let stopped = self.call.stopped(self.worker);
                self.break_off(stopped.as_ref().map_or("This call was stopped.", Refused::message))
            }
            End::Closing => self.break_off("Purser is restarting and can't wait for the rest; ask again."),
            End::DrainedEnough => self.so_far(),
        }
    }

    /// The body ended in order, the answer in it did not: half an event is kept back, and the rest said.
    fn end_unfinished(&mut self) -> Reading {
        let (unread, mut tail) = (self.stream.progress().unread, Vec::new());
        // The last event may only lack the blank line after it.
        self.stream.feed(&Bytes::from_static(b"\n\n"), &mut tail);
        let sentence = format!("{} ended its answer half way.", self.admitted.upstream.name);
        let is_array = matches!(self.call.dialect, Dialect::GeminiGenerate { sse: false, .. });
        if is_array || self.stream.progress().unread > unread {
            return self.break_off(&sentence);
        }
        self.pieces.append(&mut tail);
        let reading = read_stream(self.call, &self.stream);
        self.end_early(&sentence, &reading);
        reading
    }

    /// Ends a stream of which only a part came.
    fn break_off(&mut self, sentence: &str) -> Reading {
        let reading = self.so_far();
        self.end_early(sentence, &reading);
        reading
    }

    /// Closes the stream in its dialect: a cut socket would make clients ask again, and each time would be paid.
    fn end_early(&mut self, sentence: &str, reading: &Reading) {
        let usage = settle::usage_of(self.call, self.admitted, reading);
        let frames = self.stream.end_early(EarlyEnd { sentence, client: &self.call.tool, usage: &usage });
        self.pieces.push(frames.into());
        self.frame();
    }

    fn so_far(&self) -> Reading {
        partial(&self.stream)
    }

    fn cost_so_far(&self) -> Nano {
        settle::settlement(self.call, self.admitted, &self.so_far()).charge
    }

    /// Moves the pieces into `wire`, as one chunk where the answer is in chunks.
    fn frame(&mut self) {
        if self.in_chunks {
            write::chunk(&mut self.wire, self.pieces.iter().map(|piece| &piece[..]));
        } else {
            for piece in &self.pieces {
                self.wire.extend_from_slice(piece);
            }
        }
        self.pieces.clear();
    }
}

/// Grows a hold that was placed on what was learned, not on the bound, before the answer outruns it. `false`: there is
/// no more money, end the stream.
async fn keep_funded(admitted: &mut Admitted<'_>, used: Nano) -> bool {
    loop {
        let held = admitted.hold().amount();
        let room = admitted.bound.saturating_sub(held);
        // Growing at half leaves the other half for what comes while the growth is decided. Much may have come since the
        // last look: it grows until it is ahead again.
        if !admitted.grows || used.get() < held.get() / 2 || !room.is_positive() {
            return true;
        }
        let instalment = held.min(room);
        let least = Nano::new(instalment.get().min(held.get() / 4).max(1));
        match admitted.hold_mut().grow(instalment, least) {
            Ok(GrowOutcome::Grown { .. }) => {
                if admitted.hold().cleared().await.is_err() {
                    return false;
                }
            }
            // Too busy just now: the next look asks again.
            Ok(GrowOutcome::Wait(_)) => return true,
            // The last eighth is for what the provider has generated and not sent yet.
            Ok(GrowOutcome::Short(_)) => return used.get() < held.get() - held.get() / 8,
            Err(_) => return false,
        }
    }
}

fn partial(stream: &StreamMeter) -> Reading {
    Reading::Partial { seen: stream.metered().ok().map(Box::new), visible_bytes: stream.progress().visible_bytes }
}

/// The usage of a stream that ended in order.
pub(super) fn read_stream(call: &Call, stream: &StreamMeter) -> Reading {
    match stream.metered() {
        Ok(metered) if is_last_word(call, stream, metered.stage) => {
            Reading::Reported(Box::new(metered.with_request(&call.facts)))
        }
        // The provider ended it with an error before anything came out, and counts nothing.
        Err(purser_providers::UsageProblem::Missing) if failed_at_once(stream) => Reading::Nothing,
        Err(why) if stream.is_complete() && why != purser_providers::UsageProblem::Missing => Reading::Unreadable(why),
        _ => partial(stream),
    }
}

fn failed_at_once(stream: &StreamMeter) -> bool {
    let progress = stream.progress();
    progress.complete && progress.errored && progress.visible_bytes == 0
}

fn is_last_word(call: &Call, stream: &StreamMeter, stage: Stage) -> bool {
    match stage {
        Stage::Final => true,
        // Gemini has no end of its own: a body that ended in order carries its last count.
        Stage::Running => stream.is_complete() || matches!(call.dialect, Dialect::GeminiGenerate { .. }),
        Stage::InputOnly => stream.is_complete(),
    }
}
