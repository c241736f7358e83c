//! An answer that is not a stream: read whole, so that its headers can tell what it cost.

use std::io::{self, Read as _};
use std::pin::pin;

use bytes::Bytes;
use http::StatusCode;
use purser_providers::headers::is_plain;
use purser_providers::{Headers, ProviderId, StreamMeter, UsageProblem, read_answer};

use super::relay::read_stream;
use super::{Measured, Reading, Rest, unless_stopped, until_gone};
use crate::admit::Admitted;
use crate::answer;
use crate::call::Call;
use crate::client::Client;
use crate::refuse::Refused;
use crate::upstream::Answer;
use crate::worker::Worker;

pub(super) async fn take_whole(
    worker: &Worker,
    client: &mut Client,
    call: &Call,
    admitted: &Admitted<'_>,
    mut answer: Answer,
) -> Measured {
    let limits = &worker.config.limits;
    let body = {
        let reading = pin!(answer.whole(limits.answer_bytes, limits.answer_stall));
        until_gone(client, unless_stopped(call, reading), admitted.drain().max_time).await
    };
    let (status, mut headers) = (answer.status, answer::pass_headers(&answer.headers));
    let encoding = answer.headers.get("content-encoding").filter(|_| !is_plain(&answer.headers)).map(<[u8]>::to_vec);
    let taken = answer.taken;
    answer.finish(worker.outlet(admitted.upstream));
    let body = match body {
        Ok(body) => body,
        Err(why) => {
            let fault = call.stopped(worker).unwrap_or_else(|| Refused::broken_off(&admitted.upstream.name, &why));
            return broken_off(status, &fault, taken, call);
        }
    };
    if !status.is_success() {
        restore(&mut headers, encoding);
        return Measured { reading: Reading::Nothing, rest: Rest::Whole { status, headers, body }, ids: Vec::new() };
    }
    let plain = match &encoding {
        Some(encoding) => decoded(&body, encoding, limits.answer_bytes),
        None => Ok(body.clone()),
    };
    let (reading, ids) = match plain {
        // By its look rather than its content type, which not every server gets right.
        Ok(plain)
            if call.streams(&headers) || (call.facts.stream && plain.trim_ascii_start().first() != Some(&b'{')) =>
        {
            read_at_once(call, &plain)
        }
        Ok(plain) => read_whole(call, &plain),
        Err(_) => (Reading::Unreadable(UsageProblem::NotJson), Vec::new()),
    };
    restore(&mut headers, encoding);
    Measured { reading, rest: Rest::Whole { status, headers, body }, ids }
}

/// The body is passed on as it came, so the client must know how it is packed.
fn restore(headers: &mut Headers, encoding: Option<Vec<u8>>) {
    if let Some(encoding) = encoding {
        headers.set("content-encoding", encoding);
    }
}

fn read_whole(call: &Call, body: &[u8]) -> (Reading, Vec<ProviderId>) {
    let (usage, ids) = read_answer(call.dialect, body);
    let reading = match usage {
        Ok(metered) => Reading::Reported(Box::new(metered.with_request(&call.facts))),
        Err(UsageProblem::Missing) => {
            Reading::Partial { seen: None, visible_bytes: u64::try_from(body.len()).unwrap_or(u64::MAX) }
        }
        Err(why) => Reading::Unreadable(why),
    };
    (reading, ids)
}

/// A stream that had to be taken whole, because it came compressed although asked not to.
fn read_at_once(call: &Call, body: &Bytes) -> (Reading, Vec<ProviderId>) {
    let mut stream = StreamMeter::new(call.dialect, false);
    let mut ignored = Vec::new();
    stream.feed(body, &mut ignored);
    stream.finish(&mut ignored);
    (read_stream(call, &stream), stream.ids().to_vec())
}

/// The provider broke off an answer that was to be whole, or it is larger than what is taken. An error answer costs
/// nothing; of any other, no more is known than how much of it was seen.
fn broken_off(status: StatusCode, refused: &Refused, taken: u64, call: &Call) -> Measured {
    let reading =
        if status.is_success() { Reading::Partial { seen: None, visible_bytes: taken } } else { Reading::Nothing };
    let rendered = refused.render(call.dialect.family(), &call.tool, call.id.as_str());
    let rest = Rest::Whole { status: rendered.status, headers: rendered.headers, body: rendered.body };
    Measured { reading, rest, ids: Vec::new() }
}

/// The body unpacked, for reading only.
fn decoded(body: &Bytes, encoding: &[u8], max: usize) -> io::Result<Bytes> {
    let limit = u64::try_from(max).unwrap_or(u64::MAX);
    let mut plain = Vec::new();
    match encoding {
        b"gzip" | b"x-gzip" => flate2::read::MultiGzDecoder::new(&body[..]).take(limit).read_to_end(&mut plain)?,
        b"deflate" => flate2::read::ZlibDecoder::new(&body[..]).take(limit).read_to_end(&mut plain)?,
        _ => return Err(io::Error::from(io::ErrorKind::Unsupported)),
    };
    Ok(plain.into())
}
