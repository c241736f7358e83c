//! Alarms: what somebody should look at, and when there is one.

pub(crate) mod list;
mod one;
pub(crate) mod rules;

use purser_core::alarm::AlarmKind;

/// What a kind is called.
const fn label(kind: AlarmKind) -> &'static str {
    match kind {
        AlarmKind::Used => "a part is used",
        AlarmKind::RunsOut => "runs out early",
        AlarmKind::Speed => "faster than ever",
        AlarmKind::UnderUse => "hardly used",
    }
}
