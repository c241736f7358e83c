//! `purser journal …`

use std::io::{self, BufWriter, Write};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use purser_core::charge::ChargeRecord;
use purser_core::hex::Hex;
use purser_ledger::{AccountNo, Frame, Leg, Record, Stamped};
use purser_store::{SegmentMark, read_segment};
use serde_json::{Value, json};

use crate::failure::Failure;
use crate::output::say;
use crate::place::Place;

/// What can be done with the files of the journal.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Check segments of the journal, each by itself, and write their records as lines of JSON
    ///
    /// Needs nothing but the files named, which may be copies. Records go to standard output, what was checked to
    /// standard error. Amounts are in the ledger's currency.
    Export(Export),
}

#[derive(Debug, Args)]
pub(crate) struct Export {
    /// Segment files (`00000000000000000001.wal`), or folders of them [default: the data folder's]
    pub(crate) from: Vec<PathBuf>,
}

impl Command {
    /// Reads files only: works beside a running Purser or without one.
    ///
    /// # Errors
    /// A segment is damaged, or does not continue the one before it.
    pub(crate) fn run(&self, place: &Place) -> Result<(), Failure> {
        let Self::Export(export) = self;
        let usual = [place.data.join("journal")];
        let from = if export.from.is_empty() { &usual[..] } else { &export.from };
        if let Some(absent) = from.iter().find(|path| !path.exists()) {
            return Err(Failure::new(
                format!("there is no {}", absent.display()),
                "name segment files or a data folder; a journal kept in SQLite has no segments",
            ));
        }
        let mut lines = Lines { to: BufWriter::new(io::stdout().lock()), open: true };
        let mut before: Option<SegmentMark> = None;
        for path in segments(from)? {
            let Some(mark) = lines.segment(&path)? else { continue };
            if let Some(before) = &before
                && before.no.checked_add(1) == Some(mark.no)
                && before.last_hash != mark.prev_hash
            {
                return Err(Failure::new(
                    format!("{} does not continue the segment before it", path.display()),
                    "the two are of different journals, or one was written again",
                ));
            }
            before = Some(mark);
        }
        lines.end();
        Ok(())
    }
}

/// The files named, and of folders the segments in them, in order.
fn segments(from: &[PathBuf]) -> Result<Vec<PathBuf>, Failure> {
    let mut all = Vec::new();
    for path in from {
        if !path.is_dir() {
            all.push(path.clone());
            continue;
        }
        let inner = path.join("journal");
        let folder = if inner.is_dir() { &inner } else { path };
        let unreadable = |error: io::Error| Failure::from_error(format!("{} can't be read", folder.display()), &error);
        let mut found = Vec::new();
        for entry in std::fs::read_dir(folder).map_err(unreadable)? {
            let path = entry.map_err(unreadable)?.path();
            if path.extension().is_some_and(|extension| extension == "wal") {
                found.push(path);
            }
        }
        if found.is_empty() {
            return Err(Failure::new(
                format!("there are no segments in {}", folder.display()),
                "a journal kept in SQLite has none; its rows are in journal.db",
            ));
        }
        found.sort_unstable();
        all.append(&mut found);
    }
    Ok(all)
}

/// Standard output, as long as somebody reads it.
struct Lines<W: Write> {
    to: BufWriter<W>,
    open: bool,
}

impl<W: Write> Lines<W> {
    /// Writes the records of a segment and tells what it is.
    fn segment(&mut self, path: &Path) -> Result<Option<SegmentMark>, Failure> {
        let mut damaged = None;
        let mark = read_segment(path, &mut |frame| match self.frame(frame) {
            Ok(()) if self.open => ControlFlow::Continue(()),
            Ok(()) => ControlFlow::Break(()),
            Err(error) => {
                damaged = Some(error);
                ControlFlow::Break(())
            }
        })
        .map_err(|error| Failure::from_error("the journal can't be exported", &error))?;
        if let Some(error) = damaged {
            return Err(Failure::new(format!("{}: {error}", path.display()), "this Purser may be older than the file"));
        }
        match &mark {
            None => say(format_args!("{}: prepared, not begun", path.display())),
            Some(mark) => say(format_args!(
                "{}: {} records in {} frames from frame {} on, from hash {} to {}{}",
                path.display(),
                mark.records,
                mark.frames,
                mark.first_frame,
                mark.prev_hash,
                mark.last_hash,
                if mark.is_unfinished { ", and a frame that is not finished" } else { "" }
            )),
        }
        Ok(mark)
    }

    fn frame(&mut self, frame: &Frame) -> Result<(), purser_ledger::FrameError> {
        for stamped in frame.records() {
            let line = line(frame, &stamped?);
            // A reader that went away is no failure; the rest is checked all the same.
            self.open = self.open && writeln!(self.to, "{line}").is_ok();
        }
        Ok(())
    }

    fn end(mut self) {
        // As above.
        let _ = self.to.flush();
    }
}

/// A record for whoever reads it with other tools.
fn line(frame: &Frame, stamped: &Stamped) -> Value {
    let (kind, fields) = fields(&stamped.record);
    let mut line = json!({ "lsn": stamped.lsn.0, "at": stamped.instant, "frame": frame.no.0, "kind": kind });
    if let (Value::Object(line), Value::Object(fields)) = (&mut line, fields) {
        line.extend(fields.into_iter().filter(|(_, value)| !value.is_null()));
    }
    line
}

fn fields(record: &Record) -> (&'static str, Value) {
    match record {
        Record::Boot { epoch, .. } => ("boot", json!({ "epoch": epoch.0 })),
        Record::Rest => ("rest", json!({})),
        Record::Open { no, key } => ("open", json!({ "account": no.0, "key": key })),
        Record::Fund { no, delta } => ("fund", json!({ "account": no.0, "delta": delta })),
        Record::Slice { no, amount } => ("slice", json!({ "account": no.0, "amount": amount })),
        Record::Reserve { no, amount } => ("reserve", json!({ "account": no.0, "amount": amount })),
        Record::Guarantee { no } => ("guarantee", json!({ "account": no.0 })),
        Record::Hold { id, amount, legs: paid, ceilings } => {
            let fields =
                json!({ "hold": id.to_string(), "amount": amount, "legs": legs(paid), "ceilings": numbers(ceilings) });
            ("hold", fields)
        }
        Record::Grow { id, amount, legs: paid } => {
            ("grow", json!({ "hold": id.to_string(), "amount": amount, "legs": legs(paid) }))
        }
        Record::Settle { id, charge, legs: paid, overrun, mark, detail: bytes } => {
            let mark = format!("{mark:?}").to_lowercase();
            let fields = json!({ "hold": id.to_string(), "charge": charge, "legs": legs(paid), "overrun": overrun, "mark": mark, "detail": detail(bytes) });
            ("settle", fields)
        }
        Record::Release { id } => ("release", json!({ "hold": id.to_string() })),
        Record::Suspend { id } => ("suspend", json!({ "hold": id.to_string() })),
        Record::SuspendSlice { no, amount } => ("suspend_slice", json!({ "account": no.0, "amount": amount })),
        Record::Resolve { command, item, ending, charge, legs: paid, overrun, detail: bytes, .. } => {
            let ending = match ending {
                purser_ledger::Ending::Charged => "charged",
                purser_ledger::Ending::WrittenOff => "written_off",
            };
            let fields = json!({ "command": command.to_string(), "item": item.0, "ending": ending, "charge": charge, "legs": legs(paid), "overrun": overrun, "detail": detail(bytes) });
            ("resolve", fields)
        }
        Record::Adjust { command, id, legs: paid, delta, ceilings, detail: bytes, .. } => {
            let fields = json!({ "command": command.to_string(), "hold": id.to_string(), "delta": delta, "legs": legs(paid), "ceilings": numbers(ceilings), "detail": detail(bytes) });
            ("adjust", fields)
        }
        Record::Reverse { command, id, .. } => {
            ("reverse", json!({ "command": command.to_string(), "hold": id.to_string() }))
        }
        Record::Close { no } => ("close", json!({ "account": no.0 })),
        Record::Event { command, kind, payload, .. } => {
            ("event", json!({ "command": command.to_string(), "event_kind": kind, "event": bytes(payload) }))
        }
    }
}

fn legs(legs: &[Leg]) -> Value {
    legs.iter().map(|leg| json!({ "account": leg.no.0, "amount": leg.amount })).collect()
}

fn numbers(accounts: &[AccountNo]) -> Value {
    accounts.iter().map(|no| json!(no.0)).collect()
}

/// What a charge can be computed again from.
fn detail(detail: &[u8]) -> Value {
    if detail.is_empty() {
        return Value::Null;
    }
    match ChargeRecord::decode(detail) {
        Ok(record) => json!(record),
        Err(_) => bytes(detail),
    }
}

/// JSON as it is, anything else in hexadecimal digits.
fn bytes(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes).unwrap_or_else(|_| json!(Hex(bytes).to_string()))
}

#[cfg(test)]
mod tests {
    use purser_core::account::{AccountKey, Period, Subject};
    use purser_core::id::{CommandId, GrantId};
    use purser_core::money::Nano;
    use purser_core::time::Instant;
    use purser_ledger::{Epoch, HoldId, Mark};

    use super::*;

    #[test]
    fn records_are_lines_with_place_time_kind_and_amounts() {
        let no = AccountNo(3);
        let id = HoldId::try_new(Epoch(1), 7).unwrap();
        let period = Period { start: Instant::EPOCH, end: Instant::from_micros(86_400_000_000) };
        let key = AccountKey { subject: Subject::Grant(GrantId::new(9)), period };
        let leg = |amount| [Leg { no, amount: Nano::new(amount) }].into_iter().collect();
        let (charge, overrun) = (Nano::new(1_500_000_000), Nano::ZERO);
        let command = CommandId::new(5);
        let detail = purser_ledger::Detail::new();
        let records = [
            Record::Open { no, key },
            Record::Hold {
                id,
                amount: Nano::new(2_000_000_000),
                legs: leg(2_000_000_000),
                ceilings: [AccountNo(1)].into_iter().collect(),
            },
            Record::Settle { id, charge, legs: leg(1_500_000_000), overrun, mark: Mark::Estimated, detail },
            Record::Event { command, input: 1, kind: 4, payload: b"{\"a\":1}".to_vec() },
            Record::Event { command, input: 1, kind: 4, payload: vec![0xff, 0] },
        ];
        let frame = Frame::of(None, &records.map(|record| (Instant::from_micros(1_000_000), record)));
        let mut lines = Lines { to: BufWriter::new(Vec::new()), open: true };
        lines.frame(&frame).unwrap();
        let text = String::from_utf8(lines.to.into_inner().unwrap()).unwrap();
        let read: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(read.len(), 5);
        for (lsn, line) in (1_u64..).zip(&read) {
            assert_eq!(
                (&line["lsn"], &line["frame"], &line["at"]),
                (&json!(lsn), &json!(1), &json!("1970-01-01T00:00:01Z"))
            );
        }
        assert_eq!((&read[0]["kind"], &read[0]["key"]), (&json!("open"), &json!(key)));
        assert_eq!(read[1]["legs"], json!([{ "account": 3, "amount": Nano::new(2_000_000_000) }]));
        assert_eq!((&read[2]["charge"], &read[2]["mark"]), (&json!(charge), &json!("estimated")));
        assert_eq!(read[2].get("detail"), None);
        assert_eq!((&read[3]["event"], &read[4]["event"]), (&json!({ "a": 1 }), &json!("ff00")));
    }
}
