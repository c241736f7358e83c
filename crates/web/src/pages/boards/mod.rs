//! Boards: off until somebody switches them on, and nobody is on one who did not join.

pub(crate) mod list;
pub(crate) mod one;

use purser_control::shape::BoardOf;
use purser_core::board::Metric;

/// What a board ranks.
const fn label(of: BoardOf, metric: Metric) -> &'static str {
    match (of, metric) {
        (BoardOf::People, Metric::Outcomes) => "People by outcomes",
        (BoardOf::People, Metric::Pace) => "People by steady pace",
        (BoardOf::Teams, Metric::Outcomes) => "Teams by outcomes",
        (BoardOf::Teams, Metric::Pace) => "Teams by steady pace",
    }
}

/// What its figure counts.
const fn figure(metric: Metric) -> &'static str {
    match metric {
        Metric::Outcomes => "Outcomes for each 100 spent",
        Metric::Pace => "Days near one's own middle day, in percent",
    }
}
