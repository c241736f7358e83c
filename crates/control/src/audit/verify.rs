//! Is every change in the trail?

use std::ops::ControlFlow;

use purser_core::event::Event;
use purser_core::id::CommandId;
use purser_ledger::Lsn;
use purser_store::EventRow;

use super::entry::{Entry, Outcome};
use crate::change::{KIND_AUDIT, following};
use crate::control::{Control, Inner, stored};
use crate::error::Error;
use crate::shape::AuditReport;

/// Findings named one by one; beyond that they are counted.
const NAMED_MAX: usize = 20;

/// The walk over the events.
#[derive(Default)]
struct Walk {
    report: AuditReport,
    /// The entry whose events may follow, and how many of its events came.
    open: Option<(Entry, u32)>,
    /// The change whose parts are coming.
    parts: Option<CommandId>,
}

impl Control {
    /// Holds the trail against every event of the journal: each change's first event has the hash that the entry before
    /// it says, and the ones after it are of the same change. That the journal itself is whole is `purser verify`'s.
    ///
    /// # Errors
    /// The projection can't be read.
    pub async fn verify_audit(&self) -> Result<AuditReport, Error> {
        self.report(|inner| {
            let mut walk = Walk::default();
            let mut each = |row: EventRow| {
                walk.take(inner, &row);
                ControlFlow::Continue(())
            };
            inner.reader.events_after(Lsn(0), &mut each).map_err(stored)?;
            walk.close();
            walk.report.good = walk.report.uncovered == 0 && walk.report.unreadable == 0;
            Ok(walk.report)
        })
        .await
    }
}

impl Walk {
    fn take(&mut self, inner: &Inner, row: &EventRow) {
        if row.kind == KIND_AUDIT {
            let Ok(entry) = Entry::from_bytes(&row.payload) else {
                self.report.unreadable += 1;
                self.name(row, "can't be read");
                return;
            };
            self.report.entries += 1;
            self.report.since.get_or_insert(entry.at);
            match entry.outcome {
                Outcome::Made => {
                    self.close();
                    self.open = Some((entry, 0));
                    self.parts = None;
                }
                Outcome::Denied => self.report.denied += 1,
                Outcome::Read => self.report.read += 1,
            }
            return;
        }
        if self.report.entries == 0 && self.report.unreadable == 0 {
            self.report.earlier += 1;
        } else if self.covers(inner, row) {
            self.report.covered += 1;
        } else {
            self.report.uncovered += 1;
            self.name(row, "is in no change of the trail");
        }
    }

    fn covers(&mut self, inner: &Inner, row: &EventRow) -> bool {
        let Some((entry, came)) = &mut self.open else { return false };
        let Some(change) = entry.change else { return false };
        let part = match Event::from_bytes(&row.payload) {
            Ok(Event::Part { change, .. }) => Some(change),
            _ => None,
        };
        let first = *came == 0 && self.parts.is_none();
        let right = if first {
            entry.record == Some(inner.keyed_hash(&row.payload))
        } else {
            match part {
                Some(part) => self.parts == Some(part),
                None => row.command == if *came == 0 { change } else { following(change, *came) },
            }
        };
        match part {
            Some(part) => self.parts = Some(part),
            None => *came += 1,
        }
        right
    }

    /// The open entry's change is over.
    fn close(&mut self) {
        // What only the ledger or private tables were told has no event.
        if let Some((entry, came)) = self.open.take()
            && came == 0
            && self.parts.is_none()
            && entry.record.is_some()
        {
            self.report.without_effect += 1;
        }
    }

    fn name(&mut self, row: &EventRow, what: &str) {
        if self.report.findings.len() < NAMED_MAX {
            self.report.findings.push(format!("record {} of {} {what}", row.lsn, row.at));
        }
    }
}
