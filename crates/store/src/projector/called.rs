//! Who called what, from the settlement's detail.

use purser_core::charge::ChargeRecord;
use purser_ledger::Mark;

use crate::counts::Counts;
use crate::ids::Bits;

/// What a charge row says about the call.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Called {
    pub(super) person: Option<Bits>,
    pub(super) key: Option<Bits>,
    pub(super) provider: String,
    pub(super) model: String,
    pub(super) served_model: Option<String>,
}

/// The detail of a charge. One that does not read back (of a later version, or empty) leaves a charge without a
/// caller: its amount still counts, its bytes are kept, and a later version can project it again.
pub(super) fn read(detail: &[u8]) -> Option<(Called, Counts, Mark)> {
    let record = ChargeRecord::decode(detail).ok()?;
    // What was billed beside the answer is in the charge, so it is in the counts.
    let beside = record.beside.iter().map(|beside| Counts::from(&beside.usage));
    let counts = beside.fold(Counts::from(&record.usage), |sum, beside| sum + beside);
    let mark = match record.mark {
        purser_core::charge::Mark::Exact => Mark::Exact,
        purser_core::charge::Mark::Estimated => Mark::Estimated,
        purser_core::charge::Mark::Presumed => Mark::Presumed,
        purser_core::charge::Mark::Disputed => Mark::Disputed,
    };
    let called = Called {
        person: Some(Bits::new(record.person.get())),
        key: Some(Bits::new(record.key.get())),
        provider: record.provider,
        model: record.requested,
        served_model: record.served,
    };
    Some((called, counts, mark))
}
