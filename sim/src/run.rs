//! One seed from beginning to end, and the end itself.

use std::panic::{AssertUnwindSafe, catch_unwind};

use purser_ledger::verify;

use crate::audit::{Check, Crash, Finding};
use crate::bug::Bug;
use crate::crash::Opening;
use crate::tally::Tally;
use crate::world::{Step, World, odd};

/// How worlds are made.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// Steps before a world comes to rest.
    pub steps: u64,
    /// A bug on purpose.
    pub bug: Option<Bug>,
    /// Many changes of the company, and few calls beside them, as else in some worlds.
    pub busy_desk: bool,
}

impl Default for Setting {
    fn default() -> Self {
        Self { steps: 400, bug: None, busy_desk: false }
    }
}

/// What a seed did.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// Counts.
    pub tally: Tally,
    /// A fingerprint of the journal at the end: the same seed gives the same.
    pub print: u64,
}

/// A seed that found something.
#[derive(Clone, Debug)]
pub struct Failure {
    /// The seed.
    pub seed: u64,
    /// After how many steps.
    pub steps: u64,
    /// What.
    pub finding: Finding,
    /// What happened before.
    pub story: Vec<String>,
}

/// Runs one seed.
///
/// # Errors
/// The first promise that was not kept.
pub fn run(seed: u64, setting: &Setting) -> Result<Outcome, Failure> {
    let (mut steps, mut story) = (0, Vec::new());
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        let mut world = World::new(seed, setting)?;
        let lived = world.live(setting.steps);
        (steps, story) = (world.steps, std::mem::take(&mut world.story));
        if let Err(finding) = lived {
            // Its holds must not be settled by being dropped on a ledger that is still open.
            let _ = world.die(Crash::Kill);
            return Err(finding);
        }
        Ok(world.outcome())
    }));
    match outcome {
        Ok(Ok(outcome)) => Ok(outcome),
        Ok(Err(finding)) => Err(Failure { seed, steps, finding, story }),
        Err(panic) => {
            let what = panic.downcast_ref::<String>().cloned();
            let what = what.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
            let what = format!("a panic: {}", what.unwrap_or_default());
            Err(Failure { seed, steps, finding: Finding::new(Check::Conduct, what), story })
        }
    }
}

/// Looks for a bug on purpose.
///
/// # Errors
/// It was not caught within so many seeds, or by a check that is not meant to.
pub fn catch(bug: Bug, seeds: std::ops::Range<u64>, setting: &Setting) -> Result<Failure, String> {
    let setting = Setting { bug: Some(bug), ..*setting };
    let count = seeds.end.saturating_sub(seeds.start);
    let found = seeds.into_iter().find_map(|seed| run(seed, &setting).err());
    let found = found.ok_or_else(|| format!("{bug}: not caught within {count} seeds"))?;
    if bug.caught_by().contains(&found.finding.check) {
        return Ok(found);
    }
    Err(format!("{bug}: seed {} was caught by {} instead of {:?}", found.seed, found.finding, bug.caught_by()))
}

/// Rounds in which everything must come to its end.
const ROUNDS: usize = 400;

impl World {
    /// No more misfortunes: every call and command comes to its end, and then nothing may be left over.
    pub(crate) fn come_to_rest(&mut self) -> Step {
        for _ in 0..ROUNDS {
            if self.ledger.stopped().is_some() {
                self.after_a_stop()?;
            }
            if self.calls.is_empty() && self.operations.is_empty() && self.ledger.suspense_items().is_empty() {
                break;
            }
            self.resolve_suspense();
            for at in (0..self.calls.len()).rev() {
                self.advance(at)?;
            }
            for at in (0..self.operations.len()).rev() {
                self.go_on_with(at)?;
            }
            self.sync()?;
            self.clock.jump(1_000_000);
        }
        if !self.calls.is_empty() || !self.operations.is_empty() {
            return Err(odd(format!("{} calls and {:?} do not come to their end", self.calls.len(), self.operations)));
        }
        self.disk.limit_room(u64::MAX);
        self.sync()?;
        self.write()?;
        self.audit.quiet(self.ledger.open_holds().len(), self.ledger.dropped_holds())?;
        self.crash(Crash::Rest)?;
        self.write()?;
        self.verify()
    }

    /// The product's own word on its journal.
    fn verify(&mut self) -> Step {
        let Self { kind, options, clock, observed, .. } = &*self;
        let opening = Opening { kind: *kind, bug: None, options, clock, observed };
        let mut journal = opening.journal(&self.disk.kill(), 0).map_err(|why| odd(why.to_string()))?;
        let report = verify(journal.as_mut()).map_err(|why| Finding::new(Check::Verify, why.to_string()))?;
        if report.digest == self.ledger.snapshot().digest() {
            Ok(())
        } else {
            Err(Finding::new(Check::Verify, "replaying the journal gives another state than the ledger has"))
        }
    }

    pub(crate) fn outcome(&mut self) -> Outcome {
        let disk = self.disk.tally();
        let tally = &mut self.tally;
        for (what, count) in [
            ("disk: syncs", disk.syncs),
            ("disk: failed syncs", disk.failed_syncs),
            ("disk: full", disk.full),
            ("disk: lost pages", disk.lost_pages),
            ("disk: torn pages", disk.torn_pages),
            ("disk: garbage pages", disk.garbage_pages),
            ("disk: stray pages", disk.stray_pages),
            ("disk: early pages", disk.early_pages),
        ] {
            tally.add(what, count);
        }
        let (checked, judged, told) = self.audit.effort();
        tally.add("audited: records", checked);
        tally.add("audited: denials", judged);
        tally.add("audited: acknowledgements, none before its sync", told);
        tally.add("steps", self.steps);
        self.audit.kinds().for_each(|(kind, count)| tally.add(kind, count));
        let print = self.disk.look(|os, _| {
            let mut hasher = blake3::Hasher::new();
            for file in os {
                hasher.update(file);
            }
            u64::from_le_bytes(hasher.finalize().as_bytes()[..8].try_into().expect("eight bytes"))
        });
        Outcome { tally: std::mem::take(tally), print }
    }
}
