//! From points of counters to usage: what each has grown by, put together by moment and model.

use std::collections::BTreeMap;

use purser_core::money::Nano;
use purser_core::observed::{Counter, IDS_MAX};
use purser_core::time::Instant;
use purser_core::usage::Usage;

use crate::{Counted, Point, name_of, otlp, tool};

/// Usage by which a session's counters have grown at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Growth {
    /// The names of the points.
    pub ids: Vec<u64>,
    /// The moment of the points: the use was before it, within the time between two of the sender's messages.
    pub used_at: Instant,
    /// The model.
    pub model: String,
    /// What was used.
    pub usage: Usage,
    /// What the tool says that it cost.
    pub claimed: Option<Nano>,
    /// Where the cumulative counters are with it.
    pub counters: Vec<Counter>,
}

impl Point {
    /// Its name: whoever sends it again can't give it another.
    pub fn id(&self) -> u64 {
        name_of(&[&self.series.to_le_bytes(), &self.start.to_le_bytes(), &self.time.to_le_bytes()])
    }

    const fn counter(&self) -> Counter {
        Counter { series: self.series, start: self.start, time: self.time, value: self.value }
    }
}

/// What points of one session come to, given where its cumulative counters were. Points that are known by name must be
/// left out before.
pub fn of(points: &[&Point], known: &BTreeMap<u64, Counter>) -> Vec<Growth> {
    let mut points: Vec<&Point> = points.to_vec();
    points.sort_by_key(|point| (point.time, point.start, point.series));
    points.dedup_by_key(|point| (point.time, point.start, point.series));
    let mut at = known.clone();
    let mut groups: BTreeMap<(u64, &str), Vec<(&Point, u64)>> = BTreeMap::new();
    for point in points {
        let grown = if point.cumulative {
            let Some(grown) = Counter::growth(at.get(&point.series).copied(), point.counter()) else { continue };
            at.insert(point.series, point.counter());
            grown
        } else {
            point.value
        };
        if grown > 0 {
            groups.entry((point.time, &point.model)).or_default().push((point, grown));
        }
    }
    groups.into_values().flat_map(|group| group.chunks(IDS_MAX).filter_map(together).collect::<Vec<_>>()).collect()
}

fn together(group: &[(&Point, u64)]) -> Option<Growth> {
    let (first, _) = group.first()?;
    let grown = |what: Counted| {
        let of_kind = group.iter().filter(|(point, _)| point.what == what).map(|(_, grown)| *grown);
        of_kind.fold(0, u64::saturating_add)
    };
    let has_cost = group.iter().any(|(point, _)| point.what == Counted::Cost);
    Some(Growth {
        ids: group.iter().map(|(point, _)| point.id()).collect(),
        used_at: otlp::instant(first.time),
        model: first.model.clone(),
        usage: tool::usage_of(first.tool, grown),
        claimed: has_cost.then(|| Nano::new(i64::try_from(grown(Counted::Cost)).unwrap_or(i64::MAX))),
        counters: group.iter().filter(|(point, _)| point.cumulative).map(|(point, _)| point.counter()).collect(),
    })
}
