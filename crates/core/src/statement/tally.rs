//! One account's part of a statement.

use std::ops::Range;

use crate::account::Period;
use crate::money::Nano;
use crate::time::Instant;

/// An account, as a statement sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// Its period.
    pub period: Period,
    /// When its grant was voided, where it was.
    pub voided_at: Option<Instant>,
    /// When the grant's own period ends, where this account lives on after it.
    pub rolls_at: Option<Instant>,
    /// What was released to it as far as was known when the span began; of no effect where the account began later.
    pub limit_before: Nano,
    /// What is released to it as far as is known at the span's end.
    pub limit: Nano,
    /// Posted on it before the span.
    pub spent_before: Nano,
    /// Posted on it within the span, in order.
    pub postings: Vec<(Instant, Nano)>,
}

/// What a span did to an account, or to several: `opening + granted + moved − used − expired − voided = closing`, always.
/// Amounts are below zero only where more was charged to a period than it had, or something is charged to one that was over:
/// that takes from what had expired with it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// What there was when the span began.
    pub opening: Nano,
    /// Released by periods that began in the span.
    pub granted: Nano,
    /// Added to periods that had begun before, or taken from them: credits, gifts, another working share.
    pub moved: Nano,
    /// Posted in the span.
    pub used: Nano,
    /// What lapsed unused with its period.
    pub expired: Nano,
    /// What was left when the grant was voided.
    pub voided: Nano,
    /// Of what is left or was used later: what lived on after its period ended within the span.
    pub rolled: Nano,
    /// What there is at the end of the span: what is set aside by calls is still in it.
    pub closing: Nano,
}

impl Seen {
    /// The account's part of a span, seen at an instant in it or after it.
    pub fn tally(&self, span: &Range<Instant>, at: Instant) -> Tally {
        let at = at.min(span.end);
        let ends = self.voided_at.map_or(self.period.end, |voided| voided.min(self.period.end));
        let (is_old, is_live_before) = (self.period.start < span.start, ends > span.start);
        let used = self.postings.iter().fold(Nano::ZERO, |sum, (_, amount)| sum.saturating_add(*amount));
        let before = if is_old && is_live_before { (self.limit_before, self.spent_before) } else { <_>::default() };
        let opening = before.0.saturating_sub(before.1);
        let granted = if is_old { Nano::ZERO } else { self.limit };
        let moved = if is_old && is_live_before { self.limit.saturating_sub(self.limit_before) } else { Nano::ZERO };
        let there = opening.saturating_add(granted).saturating_add(moved).saturating_sub(used);
        let is_over = ends <= at;
        let closing = if is_over { Nano::ZERO } else { there };
        let lapsed = there.saturating_sub(closing);
        let is_voided = ends < self.period.end;
        let rolled = self.rolls_at.filter(|rolls| *rolls > span.start && *rolls <= at && *rolls <= ends);
        let rolled = rolled.map_or(Nano::ZERO, |rolls| {
            let later = self.postings.iter().filter(|(posted, _)| *posted >= rolls);
            later.fold(there, |sum, (_, amount)| sum.saturating_add(*amount)).max(Nano::ZERO)
        });
        Tally {
            opening,
            granted,
            moved,
            used,
            expired: if is_voided { Nano::ZERO } else { lapsed },
            voided: if is_voided { lapsed } else { Nano::ZERO },
            rolled,
            closing,
        }
    }
}

impl Tally {
    /// Adds another; held at the ends of the range.
    pub fn add(&mut self, other: &Self) {
        let Self { opening, granted, moved, used, expired, voided, rolled, closing } = other;
        self.opening = self.opening.saturating_add(*opening);
        self.granted = self.granted.saturating_add(*granted);
        self.moved = self.moved.saturating_add(*moved);
        self.used = self.used.saturating_add(*used);
        self.expired = self.expired.saturating_add(*expired);
        self.voided = self.voided.saturating_add(*voided);
        self.rolled = self.rolled.saturating_add(*rolled);
        self.closing = self.closing.saturating_add(*closing);
    }

    /// Does it add up?
    pub fn is_balanced(&self) -> bool {
        let sum = |amounts: &[Nano]| amounts.iter().map(|amount| i128::from(amount.get())).sum::<i128>();
        let came = sum(&[self.opening, self.granted, self.moved]);
        came == sum(&[self.used, self.expired, self.voided, self.closing])
    }
}

/// Is a charge an item of an earlier span: something taken from a period that was over, or a correction of what was charged
/// before?
pub fn is_prior(span: &Range<Instant>, periods: impl Iterator<Item = Period>, corrects: Option<Instant>) -> bool {
    corrects.is_some_and(|first| first < span.start) || periods.into_iter().any(|period| period.end <= span.start)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(micros: i64) -> Instant {
        Instant::from_micros(micros)
    }

    fn seen(start: i64, end: i64) -> Seen {
        Seen {
            period: Period { start: at(start), end: at(end) },
            voided_at: None,
            rolls_at: None,
            limit_before: Nano::new(100),
            limit: Nano::new(100),
            spent_before: Nano::ZERO,
            postings: Vec::new(),
        }
    }

    fn check(seen: &Seen, now: i64, expected: [i64; 8]) {
        let tally = seen.tally(&(at(100)..at(200)), at(now));
        let Tally { opening, granted, moved, used, expired, voided, rolled, closing } = tally;
        let got = [opening, granted, moved, used, expired, voided, rolled, closing].map(Nano::get);
        assert_eq!(got, expected, "opening, granted, moved, used, expired, voided, rolled, closing of {seen:?}");
        assert!(tally.is_balanced());
    }

    #[test]
    fn what_becomes_of_a_period_depends_on_where_it_lies() {
        let used = |seen: Seen| Seen { postings: vec![(at(120), Nano::new(30))], ..seen };
        check(&used(seen(110, 150)), 300, [0, 100, 0, 30, 70, 0, 0, 0]);
        check(&used(seen(110, 150)), 140, [0, 100, 0, 30, 0, 0, 0, 70]);
        check(&used(seen(110, 250)), 300, [0, 100, 0, 30, 0, 0, 0, 70]);
        // It ends with the span, or at the instant at which one looks.
        check(&used(seen(110, 200)), 300, [0, 100, 0, 30, 70, 0, 0, 0]);
        check(&used(seen(110, 140)), 140, [0, 100, 0, 30, 70, 0, 0, 0]);
        let old = Seen { spent_before: Nano::new(25), ..used(seen(50, 150)) };
        check(&old, 300, [75, 0, 0, 30, 45, 0, 0, 0]);
        // Ten more were given to it meanwhile.
        check(&Seen { limit: Nano::new(110), ..old.clone() }, 300, [75, 0, 10, 30, 55, 0, 0, 0]);
        // Late: its period was over, and what it had left had expired.
        check(
            &Seen { period: Period { start: at(50), end: at(100) }, ..old.clone() },
            300,
            [0, 0, 0, 30, -30, 0, 0, 0],
        );
        check(&Seen { voided_at: Some(at(130)), ..old.clone() }, 300, [75, 0, 0, 30, 0, 45, 0, 0]);
        check(&Seen { voided_at: Some(at(220)), ..old }, 300, [75, 0, 0, 30, 45, 0, 0, 0]);
    }

    #[test]
    fn what_lives_on_is_told_as_it_was_when_its_period_ended() {
        let postings = vec![(at(120), Nano::new(30)), (at(130), Nano::new(5))];
        let lives = Seen { rolls_at: Some(at(130)), postings, ..seen(110, 250) };
        check(&lives, 300, [0, 100, 0, 35, 0, 0, 70, 65]);
        check(&lives, 129, [0, 100, 0, 35, 0, 0, 0, 65]);
        check(&Seen { rolls_at: Some(at(100)), ..lives }, 300, [0, 100, 0, 35, 0, 0, 0, 65]);
    }

    proptest! {
        #[test]
        fn spans_in_a_row_join_and_each_adds_up(
            start in 0_i64..300, length in 1_i64..200, voided in proptest::option::of(0_i64..400),
            mut when in proptest::collection::vec(0_i64..400, 0..12), amounts in proptest::collection::vec(-20_i64..50, 12),
            limit in 0_i64..200,
        ) {
            when.sort_unstable();
            let period = Period { start: at(start), end: at(start + length) };
            let voided_at = voided.filter(|voided| *voided > start).map(at);
            let postings: Vec<_> =
                when.iter().zip(&amounts).filter(|(when, _)| **when >= start).map(|(when, by)| (at(*when), Nano::new(*by))).collect();
            let limit = Nano::new(limit);
            let (mut before, mut spent) = (Nano::ZERO, Nano::ZERO);
            let mut all = Tally::default();
            for span in [0, 100, 200, 300].map(|from| at(from)..at(from + 100)) {
                if period.start >= span.end {
                    continue;
                }
                let own: Vec<_> = postings.iter().copied().filter(|(at, _)| span.contains(at)).collect();
                let seen = Seen { period, voided_at, rolls_at: None, limit_before: limit, limit, spent_before: spent, postings: own.clone() };
                let tally = seen.tally(&span, at(1_000));
                prop_assert!(tally.is_balanced());
                prop_assert_eq!(tally.opening, before, "it opens with what the one before closed with");
                before = tally.closing;
                spent = own.iter().fold(spent, |sum, (_, by)| sum.saturating_add(*by));
                all.add(&tally);
            }
            prop_assert_eq!(all.used, spent);
            let gone = all.expired.saturating_add(all.voided).saturating_add(before);
            prop_assert_eq!(all.granted, all.used.saturating_add(gone));
        }
    }

    #[test]
    fn prior_items_are_late_or_corrections_of_before() {
        let span = at(100)..at(200);
        let period = |start, end| Period { start: at(start), end: at(end) };
        assert!(is_prior(&span, [period(50, 100)].into_iter(), None), "late");
        assert!(!is_prior(&span, [period(50, 101)].into_iter(), None), "its period runs into the span");
        assert!(is_prior(&span, [period(50, 300)].into_iter(), Some(at(99))), "corrects what was posted before");
        assert!(!is_prior(&span, [period(50, 300)].into_iter(), Some(at(100))));
    }
}
