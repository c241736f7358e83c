//! What is checked after a crash.

use super::book::Book;
use super::checks::{Audit, Checked, must};
use super::company::Company;
use super::entry::{Entry, Line};
use super::facts::{Check, Finding};
use super::frames::{End, Reader, Shape};

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Crash {
    /// The process died; the operating system has everything it was given.
    Kill,
    /// The machine died.
    PowerLoss,
    /// Nothing: it was closed in order and opened again.
    Rest,
}

impl Audit {
    /// The journal was opened again. `os` is what it holds now, before anything else was done; what it held before was
    /// seen by [`look`](Self::look).
    pub fn reopened(&mut self, crash: Crash, os: &[&[u8]], promised: &[&[u8]]) -> Checked {
        let found = Reader::new(self.shape).read(os);
        must(found.end == End::Clean, Check::Prefix, || format!("the journal ends so: {:?}", found.end))?;
        let whole_before = self.lines.len();
        let kept = self.lines.iter().zip(&found.lines).take_while(|(old, new)| old == new).count();
        must(kept as u64 >= self.acknowledged, Check::Prefix, || {
            format!("record {} was acknowledged, {kept} of {whole_before} are left", self.acknowledged)
        })?;
        let may_lose = crash == Crash::PowerLoss;
        let written = self.reader.last();
        must(may_lose || kept as u64 >= written, Check::Prefix, || {
            format!("the process died with {written} records written, {kept} are left")
        })?;
        // Where a part of a frame is nothing, its whole records are left over as well.
        let torn = matches!(self.end, End::Unfinished { leftover } if leftover || self.shape == Shape::Whole);
        self.starts_right(crash, torn, &found.lines, kept)?;

        self.denials.clear();
        self.carried_out.clear();
        self.book = Book::default();
        self.company = Company::default();
        self.reader = Reader::new(self.shape);
        self.forget_promises();
        self.lines.clear();
        self.look(os, promised)
    }

    /// After what is left come the holds without owners, the lost slices, the start: nothing less and nothing more.
    fn starts_right(&self, crash: Crash, torn: bool, lines: &[Line], kept: usize) -> Checked {
        let mut book = Book::default();
        for line in &lines[..kept] {
            book.take(line).map_err(|what| Finding::new(Check::Rules, what))?;
        }
        let mut expected: Vec<Entry> = book.holds.keys().map(|id| Entry::Suspend { id: *id }).collect();
        let is_first = book.boot.is_none();
        if !is_first && !book.rested && (crash == Crash::PowerLoss || torn) {
            let sliced = book.accounts.iter().filter(|(_, account)| account.slice > 0);
            expected.extend(sliced.map(|(no, account)| Entry::SuspendSlice { no: *no, amount: account.slice }));
        }
        let mut found: Vec<Entry> = lines[kept..].iter().map(|line| line.entry.clone()).collect();
        let boot = found.pop();
        let right = match boot {
            Some(Entry::Boot { boot, .. }) => {
                let same = book.boot == Some(boot);
                is_first || (same == (crash != Crash::PowerLoss))
            }
            _ => false,
        };
        must(right && found == expected, Check::Recovery, || {
            format!(
                "after {crash:?} (it ended {:?}) the start writes {found:?} and {boot:?}; expected are {expected:?}",
                self.end
            )
        })
    }
}

impl Audit {
    /// A start failed because the disk did. What it left must still hold everything that was promised.
    pub fn start_failed(&mut self, crash: Crash, os: &[&[u8]], promised: &[&[u8]]) -> Checked {
        let mut reader = Reader::new(self.shape);
        let found = reader.read(os);
        if let End::Damaged(what) = &found.end {
            // After a power cut the end may be anything; a start cuts it, if it gets that far.
            must(crash == Crash::PowerLoss, Check::Bytes, || what.clone())?;
        }
        let kept = self.lines.iter().zip(&found.lines).take_while(|(old, new)| old == new).count();
        must(kept as u64 >= self.acknowledged, Check::Prefix, || {
            format!("record {} was acknowledged, a start that failed left {kept}", self.acknowledged)
        })?;
        let (may_lose, written) = (crash == Crash::PowerLoss, self.reader.last());
        must(may_lose || kept as u64 >= written, Check::Prefix, || {
            format!("a start that failed left {kept} records of {written}")
        })?;
        self.reader = reader;
        self.lines = found.lines;
        self.end = found.end;
        let _ = promised;
        Ok(())
    }
}
