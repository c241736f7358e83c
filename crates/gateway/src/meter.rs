//! Step 4: take the answer, hand it on, and know what it used.
//!
//! The gateway, not the client's connection, owns the answer: when the client hangs up, reading goes on to the
//! provider's usage within the upstream's drain time, because the provider charges either way.

use std::io;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use purser_core::money::Nano;
use purser_ledger::{GrowOutcome, Mark};
use purser_providers::ending::EarlyEnd;
use purser_providers::headers::is_plain;
use purser_providers::{Dialect, Metered, ProviderId, StreamMeter, UsageProblem, provider_ids, read_usage};
use tokio::time::{Instant, timeout_at};

use crate::admit::Admitted;
use crate::answer;
use crate::call::Call;
use crate::client::Client;
use crate::http1::write;
use crate::settle;
use crate::upstream::Answer;
use crate::worker::Worker;

/// What to settle with may change with every event; it is noted each time so many more bytes of output were seen.
const NOTE_EVERY_BYTES: u64 = 4 * 1024;

/// What became of an answer.
pub(crate) struct Measured {
    pub(crate) reading: Reading,
    /// What the client has not been sent yet: it goes out with the receipt.
    pub(crate) rest: Rest,
    /// Ids the provider made, to be fenced.
    pub(crate) ids: Vec<ProviderId>,
}

/// What is known of the usage.
pub(crate) enum Reading {
    /// The provider said no before any output: nothing is charged.
    Nothing,
    /// The provider's own figures.
    Reported(Box<Metered>),
    /// The answer came whole, but its usage is missing or can't be right.
    Unreadable(UsageProblem),
    /// The end of the answer was not seen; what was seen until then.
    Partial {
        /// Input is exact where the provider told it.
        seen: Option<Box<Metered>>,
        /// Bytes of output seen.
        visible_bytes: u64,
    },
}

/// What is still to be sent.
pub(crate) enum Rest {
    /// A whole answer.
    Whole { status: StatusCode, headers: HeaderMap, body: Bytes },
    /// The last bytes of a stream whose head is out.
    Stream { last: BytesMut, in_chunks: bool },
}

/// Relays and measures the answer.
pub(crate) async fn meter(
    worker: &Worker,
    client: &mut Client,
    call: &Call,
    admitted: &mut Admitted,
    answer: Answer,
) -> Measured {
    if answer.status.is_success() && call.streams(&answer.headers) && is_plain(&answer.headers) {
        relay(worker, client, call, admitted, answer).await
    } else {
        take_whole(worker, client, call, admitted, answer).await
    }
}

/// An answer that is not a stream: read whole, so that its headers can tell what it cost.
async fn take_whole(
    worker: &Worker,
    client: &mut Client,
    call: &Call,
    admitted: &Admitted,
    mut answer: Answer,
) -> Measured {
    let limits = &worker.config.limits;
    let body = until_gone(
        client,
        answer.whole(limits.answer_bytes, limits.answer_stall),
        admitted.drain().max_time,
    )
    .await;
    let (status, headers) = (answer.status, answer::pass_headers(&answer.headers));
    let encoded = !is_plain(&answer.headers);
    let content_encoding = answer.headers.get(header::CONTENT_ENCODING).cloned();
    answer.finish(&worker.pool, &admitted.upstream);
    let body = match body {
        Ok(body) => body,
        Err(why) => return cut_whole(status, &why, call, admitted),
    };
    let plain = if encoded { decoded(&body, content_encoding.as_ref(), limits.answer_bytes) } else { Ok(body.clone()) };
    let (reading, ids) = match plain {
        _ if !status.is_success() => (Reading::Nothing, Vec::new()),
        Ok(plain) if call.streams(&headers) => read_stream_at_once(call, &plain),
        Ok(plain) => (read_whole(call, &plain), provider_ids(call.dialect, &plain)),
        Err(_) => (Reading::Unreadable(UsageProblem::NotJson), Vec::new()),
    };
    Measured { reading, rest: Rest::Whole { status, headers, body }, ids }
}

fn read_whole(call: &Call, body: &[u8]) -> Reading {
    match read_usage(call.dialect, body) {
        Ok(metered) => Reading::Reported(Box::new(metered.with_request(&call.facts))),
        Err(why) => Reading::Unreadable(why),
    }
}

/// A stream that had to be taken whole, because it came compressed although asked not to.
fn read_stream_at_once(call: &Call, body: &Bytes) -> (Reading, Vec<ProviderId>) {
    let mut stream = StreamMeter::new(call.dialect, false);
    let mut ignored = Vec::new();
    stream.feed(body, &mut ignored);
    stream.finish(&mut ignored);
    (read_stream(call, &stream), stream.ids().to_vec())
}

/// The provider broke off an answer that was to be whole. An error answer costs nothing; of any other, nothing is
/// known but that it was begun.
fn cut_whole(status: StatusCode, why: &io::Error, call: &Call, admitted: &Admitted) -> Measured {
    let reading =
        if status.is_success() { Reading::Partial { seen: None, visible_bytes: 0 } } else { Reading::Nothing };
    let message = format!("{} broke off its answer: {why}. Try again; what it generated is charged.", admitted.upstream.name);
    let refused = crate::refuse::Refused::upstream(message, why.kind() == io::ErrorKind::TimedOut);
    let rendered = refused.render(call.dialect.family(), &call.tool, &call.id);
    Measured {
        reading,
        rest: Rest::Whole { status: rendered.status, headers: rendered.headers, body: rendered.body },
        ids: Vec::new(),
    }
}

/// A stream: every piece is passed on as it comes, and read on the way.
async fn relay(
    worker: &Worker,
    client: &mut Client,
    call: &Call,
    admitted: &mut Admitted,
    mut answer: Answer,
) -> Measured {
    let limits = &worker.config.limits;
    let in_chunks = !call.head.old;
    let mut wire = BytesMut::with_capacity(2 * 1024);
    answer::stream_head(&mut wire, worker, call, admitted, &answer);
    client.write(&wire, limits).await;

    let mut stream = StreamMeter::new(call.dialect, admitted.strips_usage);
    let mut pieces: Vec<Bytes> = Vec::with_capacity(4);
    let mut noted = 0;
    let mut gone_since: Option<Instant> = None;
    let end = loop {
        if client.is_gone() && gone_since.is_none() {
            gone_since = Some(Instant::now());
        }
        let deadline = gone_since.map(|since| since + admitted.drain().max_time);
        let next = tokio::select! {
            biased;
            next = before(deadline, answer.next(limits.answer_stall)) => next,
            () = client.hung_up(), if gone_since.is_none() => continue,
        };
        match next {
            Ok(Some(chunk)) => stream.feed(&chunk, &mut pieces),
            Ok(None) => break End::Whole,
            Err(why) => break End::Cut(why),
        }
        wire.clear();
        pass(&mut wire, &pieces, in_chunks);
        pieces.clear();
        client.write(&wire, limits).await;

        let seen = stream.progress().visible_bytes;
        if seen >= noted + NOTE_EVERY_BYTES {
            noted = seen;
            let partial = Reading::Partial { seen: stream.metered().ok().map(Box::new), visible_bytes: seen };
            admitted.note(settle::settlement(call, admitted, &partial));
            if !keep_funded(call, admitted, &partial).await {
                break End::OutOfMoney;
            }
        }
    };
    wire.clear();
    let reading = match end {
        End::Whole => {
            stream.finish(&mut pieces);
            pass(&mut wire, &pieces, in_chunks);
            read_stream(call, &stream)
        }
        End::Cut(_) if stream.is_complete() => read_stream(call, &stream),
        End::Cut(ref why) => {
            let reading = partial(&stream);
            let sentence = format!("{} broke off its answer ({why}).", admitted.upstream.name);
            end_early(&mut wire, &mut stream, call, admitted, &reading, &sentence, in_chunks);
            reading
        }
        End::OutOfMoney => {
            let reading = partial(&stream);
            let sentence = admitted.out_of_money(worker, call);
            end_early(&mut wire, &mut stream, call, admitted, &reading, &sentence, in_chunks);
            reading
        }
    };
    let ids = stream.ids().to_vec();
    answer.finish(&worker.pool, &admitted.upstream);
    Measured { reading, rest: Rest::Stream { last: wire, in_chunks }, ids }
}

enum End {
    Whole,
    Cut(io::Error),
    OutOfMoney,
}

/// Grows a hold that was placed on what was learned, not on the bound, before the answer outruns it. `false`: there is
/// no more money, end the stream.
async fn keep_funded(call: &Call, admitted: &mut Admitted, so_far: &Reading) -> bool {
    if !admitted.grows {
        return true;
    }
    let (used, held) = (settle::settlement(call, admitted, so_far).charge, admitted.hold.amount());
    // Growing at half leaves the other half for what comes while the growth is decided.
    if used.get() < held.get() / 2 {
        return true;
    }
    let room = admitted.bound.saturating_sub(held);
    if !room.is_positive() {
        return true;
    }
    let instalment = held.min(room);
    match admitted.hold.grow(instalment, Nano::new(instalment.get().min(held.get() / 4).max(1))) {
        Ok(GrowOutcome::Grown { .. }) => admitted.hold.cleared().await.is_ok(),
        // Too busy just now: what is held covers twice what was used; the next look asks again.
        Ok(GrowOutcome::Wait(_)) => true,
        Ok(GrowOutcome::Short(_)) => used.get() < held.get() - held.get() / 8,
        Err(_) => false,
    }
}

fn partial(stream: &StreamMeter) -> Reading {
    Reading::Partial {
        seen: stream.metered().ok().map(Box::new),
        visible_bytes: stream.progress().visible_bytes,
    }
}

fn read_stream(call: &Call, stream: &StreamMeter) -> Reading {
    match stream.metered() {
        Ok(metered) if stream.is_complete() || metered.stage == purser_providers::Stage::Final => {
            Reading::Reported(Box::new(metered.with_request(&call.facts)))
        }
        // Gemini has no end of its own: a body that ended in order carries its last count.
        Ok(metered)
            if matches!(call.dialect, Dialect::GeminiGenerate { .. })
                && metered.stage == purser_providers::Stage::Running =>
        {
            Reading::Reported(Box::new(metered.with_request(&call.facts)))
        }
        Ok(_) => partial(stream),
        Err(why) if stream.is_complete() => Reading::Unreadable(why),
        Err(_) => partial(stream),
    }
}

fn pass(wire: &mut BytesMut, pieces: &[Bytes], in_chunks: bool) {
    if in_chunks {
        write::chunk(wire, pieces.iter().map(|piece| &piece[..]));
    } else {
        pieces.iter().for_each(|piece| wire.extend_from_slice(piece));
    }
}

fn end_early(
    wire: &mut BytesMut,
    stream: &mut StreamMeter,
    call: &Call,
    admitted: &Admitted,
    reading: &Reading,
    sentence: &str,
    in_chunks: bool,
) {
    let usage = settle::usage_of(call, admitted, reading);
    let frames = Bytes::from(stream.end_early(EarlyEnd { sentence, client: &call.tool, usage: &usage }));
    pass(wire, &[frames], in_chunks);
}

async fn before<T>(deadline: Option<Instant>, work: impl Future<Output = io::Result<T>>) -> io::Result<T> {
    match deadline {
        None => work.await,
        Some(deadline) => timeout_at(deadline, work).await.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into())),
    }
}

/// Does the work; when the client hangs up meanwhile, it has so much time left.
pub(crate) async fn until_gone<T>(
    client: &mut Client,
    work: impl Future<Output = io::Result<T>>,
    drain: Duration,
) -> io::Result<T> {
    let mut work = std::pin::pin!(work);
    tokio::select! {
        biased;
        done = &mut work => return done,
        () = client.hung_up() => {}
    }
    before(Some(Instant::now() + drain), work).await
}

/// A body that came compressed although asked not to, for reading only: the client gets it as it came.
fn decoded(body: &Bytes, encoding: Option<&HeaderValue>, max: usize) -> io::Result<Bytes> {
    use std::io::Read as _;
    let limit = u64::try_from(max).unwrap_or(u64::MAX);
    let mut plain = Vec::new();
    match encoding.map(HeaderValue::as_bytes) {
        Some(b"gzip" | b"x-gzip") => flate2::read::MultiGzDecoder::new(&body[..]).take(limit).read_to_end(&mut plain)?,
        Some(b"deflate") => flate2::read::ZlibDecoder::new(&body[..]).take(limit).read_to_end(&mut plain)?,
        _ => return Err(io::Error::from(io::ErrorKind::Unsupported)),
    };
    Ok(plain.into())
}

/// The mark of a settlement made of a reading.
pub(crate) fn mark(reading: &Reading) -> Mark {
    match reading {
        Reading::Nothing => Mark::Exact,
        Reading::Reported(metered) if metered.suspect.is_some() => Mark::Disputed,
        Reading::Reported(_) => Mark::Exact,
        Reading::Unreadable(_) => Mark::Disputed,
        Reading::Partial { seen: None, visible_bytes: 0 } => Mark::Presumed,
        Reading::Partial { .. } => Mark::Estimated,
    }
}
