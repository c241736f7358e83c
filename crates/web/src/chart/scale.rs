//! From figures to places, and where an axis has its ticks.

/// Maps `from..=to` to `start..=end`. What is outside is held at the ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Scale {
    from: i128,
    to: i128,
    start: i64,
    end: i64,
}

impl Scale {
    pub(super) fn new(from: i128, to: i128, start: i64, end: i64) -> Self {
        Self { from, to: to.max(from.saturating_add(1)), start, end }
    }

    pub(super) fn at(&self, value: impl Into<i128>) -> i64 {
        let value = value.into().clamp(self.from, self.to);
        let part = (value - self.from) * i128::from(self.end - self.start) / (self.to - self.from);
        // Between start and end by construction.
        self.start + i64::try_from(part).unwrap_or(0)
    }
}

/// The step of one, two or five times a power of ten at which `span` has at most `count` of them.
pub(super) fn step(span: i128, count: i128) -> i128 {
    let mut ten = 1_i128;
    loop {
        for times in [1, 2, 5] {
            if span <= ten * times * count.max(1) {
                return ten * times;
            }
        }
        ten *= 10;
    }
}

/// Round figures from at most `low` to at least `high`. Both within what an `i64` sums up to, `low` not above `high`.
pub(super) fn ticks(low: i128, high: i128, count: i128) -> Vec<i128> {
    let step = step((high - low).max(1), count);
    let first = low.div_euclid(step);
    let last = -(-high).div_euclid(step);
    (first..=last.max(first + 1)).map(|tick| tick * step).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_hold_all() {
        assert_eq!(ticks(0, 97, 5), [0, 20, 40, 60, 80, 100]);
        assert_eq!(ticks(-30, 97, 5), [-50, 0, 50, 100]);
        assert_eq!(ticks(0, 0, 5), [0, 1]);
        let huge = ticks(0, i128::from(i64::MAX), 4);
        assert!(huge.len() <= 6 && huge.last() >= Some(&i128::from(i64::MAX)));
    }

    #[test]
    fn a_scale_without_a_span_has_a_place_for_everything() {
        let scale = Scale::new(7, 7, 100, 200);
        assert_eq!((scale.at(-5), scale.at(7), scale.at(9)), (100, 100, 200));
    }
}
