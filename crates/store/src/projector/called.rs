//! Who called what, from the settlement's detail.

use purser_core::charge::{ChargeView, Mark as CallMark};
use purser_ledger::Mark;

use super::runs::RunOf;
use crate::counts::Counts;
use crate::ids::Bits;

/// No id.
const NOBODY: Bits = Bits::new(0);

/// Whose call, the key it came with, and the unit they were in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Caller {
    pub(crate) person: Bits,
    pub(crate) key: Bits,
    /// Zero where the settlement did not say.
    pub(crate) unit: Bits,
}

impl Caller {
    /// Before all others.
    pub(crate) const FIRST: Self = Self { person: NOBODY, key: NOBODY, unit: NOBODY };
}

/// What a charge says about the call; the texts are where they were read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Called<'a> {
    /// `None` when the settlement did not say.
    pub(crate) caller: Option<Caller>,
    pub(crate) provider: &'a str,
    pub(crate) model: &'a str,
    pub(crate) served_model: Option<&'a str>,
    pub(crate) run: Option<RunOf<'a>>,
    /// The day (UTC) whose bill it belongs to, where that is not the day of its record.
    pub(crate) day: Option<i64>,
    /// Something else was billed beside the answer, by a model of its own.
    pub(crate) beside: bool,
}

impl Called<'_> {
    /// As a correction of a call of that day says it: of its run nothing but which one, since the call was counted there.
    pub(crate) fn of_correction(self, day: i64) -> Self {
        Self { run: self.run.map(|run| RunOf::named(run.run)), day: Some(day), beside: false, ..self }
    }

    /// The model by which the provider bills: the one that served.
    pub(crate) fn billed_model(&self) -> &str {
        self.served_model.unwrap_or(self.model)
    }
}

/// The detail of a charge. One that does not read back (of a later version, or empty) leaves a charge without a
/// caller: its amount still counts, its bytes are kept, and a later version can project it again.
pub(crate) fn read(detail: &[u8]) -> Option<(Called<'_>, Counts, Mark)> {
    let record = ChargeView::read(detail).ok()?;
    // What was billed beside the answer is in the charge, so it is in the counts.
    let beside = record.beside.iter().map(|beside| Counts::from(&beside.usage));
    let counts = beside.fold(Counts::from(&record.usage), |sum, beside| sum + beside);
    let mark = match record.mark {
        CallMark::Exact => Mark::Exact,
        CallMark::Estimated => Mark::Estimated,
        CallMark::Presumed => Mark::Presumed,
        CallMark::Disputed => Mark::Disputed,
    };
    let called = Called {
        caller: Some(Caller {
            person: Bits::new(record.person.get()),
            key: Bits::new(record.key.get()),
            unit: record.unit.map_or(NOBODY, |unit| Bits::new(unit.get())),
        }),
        provider: record.provider,
        model: record.requested,
        served_model: record.served,
        run: record.run.map(|run| RunOf {
            run: Bits::new(run.get()),
            parent: record.parent.map(|parent| Bits::new(parent.get())),
            client: record.client,
            version: record.version,
            project: record.project,
            human: record.human,
            retried: record.retried,
        }),
        day: record.billed_day(),
        beside: record.beside.iter().any(|beside| beside.model.is_some()),
    };
    Some((called, counts, mark))
}
