//! How much more gets done, by what was counted: a ratio of two rates with an interval around it.
//!
//! The interval is made by resampling whole people (of one person, whole weeks), because outcomes of one person are more alike
//! than those of several: treating each outcome as if it came by itself would make it far too narrow. It is a percentile
//! interval, widened for few people as in Hesterberg, *What Teachers Should Know about the Bootstrap* (2015), section 4.3. All of it is
//! counted in integers, and the random numbers follow from a seed, so the same question has the same answer everywhere.
//!
//! It says how uncertain the ratio is, not why it is so: whoever has more tokens may do other work, and other things change
//! with time.

use crate::package::Exact;

/// People (or weeks) on a side, below which nothing is said.
pub const CLUSTERS_MIN: usize = 8;
/// Outcomes on both sides together, below which nothing is said.
pub const OUTCOMES_MIN: u64 = 20;
/// How often it is drawn.
pub const RESAMPLES: usize = 1_000;
/// More people than these are put together by lot into as many groups, which are drawn then. Sums of groups differ from each
/// other as those of people do, so the interval is nearly the same, and ten thousand people take no longer than two hundred.
pub const GROUPS_MAX: usize = 200;

/// What was counted of somebody, and in how many days of theirs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counted {
    /// Outcomes, those taken back left out.
    pub outcomes: u64,
    /// Days in which they could have come.
    pub days: u64,
}

/// The same somebody, before and after.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pair {
    /// Before, or without.
    pub before: Counted,
    /// After, or with.
    pub after: Counted,
}

/// Two rates beside each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Comparison {
    /// Of everybody before, or without.
    pub before: Counted,
    /// Of everybody after, or with.
    pub after: Counted,
    /// How many people or weeks there are to draw from: the fewer of both sides.
    pub clusters: usize,
    /// The ratio and its interval, or why there is none.
    pub ratio: Result<Interval, TooFew>,
}

/// A ratio with the ends of its interval, such that 95 of 100 such intervals hold the true one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interval {
    /// The ratio itself.
    pub ratio: Exact,
    /// The lower end.
    pub low: Exact,
    /// The upper end.
    pub high: Exact,
}

/// Why no ratio is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TooFew {
    /// Too few of those whom it is about.
    #[error(
        "too few to tell: it takes {CLUSTERS_MIN} people on each side, or as many weeks of one person, and here are {0}"
    )]
    Clusters(usize),
    /// Too few outcomes.
    #[error("too few to tell: it takes {OUTCOMES_MIN} outcomes on both sides together, and here are {0}")]
    Outcomes(u64),
    /// None to compare with.
    #[error("nothing to compare with: on one side there was no outcome, or there were no days")]
    Nothing,
}

/// The same people in two times.
pub fn before_after(pairs: &[Pair], seed: u64) -> Comparison {
    let mut dice = Dice(seed);
    let groups = groups(pairs, &mut dice);
    let draw =
        || (0..groups.len()).filter_map(|_| groups.get(dice.below(groups.len()))).fold(Pair::default(), Pair::plus);
    compared(&pairs.iter().fold(Pair::default(), Pair::plus), pairs.len(), draw)
}

/// Different people in the same time: those with and those without.
pub fn with_without(with: &[Counted], without: &[Counted], seed: u64) -> Comparison {
    let mut dice = Dice(seed);
    let side = |all: &[Counted], dice: &mut Dice| {
        let pairs: Vec<Pair> = all.iter().map(|one| Pair { after: *one, before: Counted::default() }).collect();
        groups(&pairs, dice)
    };
    let (those, others) = (side(with, &mut dice), side(without, &mut dice));
    let sum = |all: &[Counted]| all.iter().fold(Counted::default(), Counted::plus);
    let sums = Pair { before: sum(without), after: sum(with) };
    let draw = || {
        let mut drawn = |all: &[Pair]| {
            (0..all.len()).filter_map(|_| all.get(dice.below(all.len()))).fold(Pair::default(), Pair::plus).after
        };
        Pair { after: drawn(&those), before: drawn(&others) }
    };
    compared(&sums, with.len().min(without.len()), draw)
}

/// People put together by lot where they are many, each group of the same size or one more.
fn groups(pairs: &[Pair], dice: &mut Dice) -> Vec<Pair> {
    let mut order: Vec<&Pair> = pairs.iter().collect();
    if pairs.len() <= GROUPS_MAX {
        return pairs.to_vec();
    }
    for last in (1..order.len()).rev() {
        order.swap(last, dice.below(last.saturating_add(1)));
    }
    let mut groups = vec![Pair::default(); GROUPS_MAX];
    for (group, pair) in (0..GROUPS_MAX).cycle().zip(order) {
        if let Some(group) = groups.get_mut(group) {
            *group = group.plus(pair);
        }
    }
    groups
}

fn compared(sums: &Pair, clusters: usize, draw: impl FnMut() -> Pair) -> Comparison {
    let outcomes = sums.before.outcomes.saturating_add(sums.after.outcomes);
    let ratio = if clusters < CLUSTERS_MIN {
        Err(TooFew::Clusters(clusters))
    } else if outcomes < OUTCOMES_MIN {
        Err(TooFew::Outcomes(outcomes))
    } else {
        interval(sums, clusters, draw).ok_or(TooFew::Nothing)
    };
    Comparison { before: sums.before, after: sums.after, clusters, ratio }
}

fn interval(sums: &Pair, clusters: usize, mut draw: impl FnMut() -> Pair) -> Option<Interval> {
    let ratio = sums.ratio()?;
    // A sample without any outcome before has a ratio beyond all others: it sorts last.
    let mut drawn: Vec<Option<Exact>> = (0..RESAMPLES).map(|_| draw().ratio()).collect();
    drawn.sort_unstable_by(|a, b| match (a, b) {
        (Some(a), Some(b)) => a.cmp(b),
        (a, b) => a.is_none().cmp(&b.is_none()),
    });
    let tail = RESAMPLES.saturating_mul(tail_per_10_000(clusters.min(GROUPS_MAX))).checked_div(10_000)?;
    let low = drawn.get(tail).copied().flatten()?;
    let high = drawn.get(RESAMPLES.saturating_sub(1).saturating_sub(tail)).copied().flatten()?;
    Some(Interval { ratio, low, high })
}

/// What lies beyond each end of a 95 % interval, of 10,000: fewer than 250 for few clusters, by Student's t with one degree of
/// freedom less and the factor √(n ÷ (n − 1)), through the normal distribution.
fn tail_per_10_000(clusters: usize) -> usize {
    const TAILS: [(usize, usize); 8] =
        [(10, 57), (15, 86), (20, 132), (30, 159), (50, 188), (100, 212), (200, 231), (500, 240)];
    TAILS.iter().find(|(below, _)| clusters < *below).map_or(250, |(_, tail)| *tail)
}

impl Counted {
    fn plus(self, more: &Self) -> Self {
        Self { outcomes: self.outcomes.saturating_add(more.outcomes), days: self.days.saturating_add(more.days) }
    }
}

impl Pair {
    fn plus(self, more: &Self) -> Self {
        Self { before: self.before.plus(&more.before), after: self.after.plus(&more.after) }
    }

    /// The rate after by the rate before; `None` where there was none before, or were no days.
    fn ratio(&self) -> Option<Exact> {
        let crossed = |outcomes: u64, days: u64| i128::from(outcomes).checked_mul(i128::from(days));
        let num = crossed(self.after.outcomes, self.before.days)?;
        Exact::try_new(num, crossed(self.before.outcomes, self.after.days)?)
    }
}

/// Numbers from a seed (splitmix64): good enough for drawing people, and the same everywhere.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A place below `end`: the upper half of a wide product, off by less than one in four billion.
    fn below(&mut self, end: usize) -> usize {
        let wide = u128::from(self.next()).wrapping_mul(u128::try_from(end).unwrap_or(0));
        usize::try_from(wide >> 64).unwrap_or(0)
    }
}
