//! Exact numbers on the way from one amount to another: rounded once, at the end.

use std::cmp::Ordering;

use crate::money::Nano;
use crate::price::Ratio;

/// A fraction of nano-units in lowest terms. Sums and products that do not fit are `None`, never something near.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exact {
    num: i128,
    /// Above zero.
    den: i128,
}

impl Exact {
    /// Nothing.
    pub const ZERO: Self = Self { num: 0, den: 1 };

    /// `num / den`; `None` when `den` is not above zero.
    pub fn try_new(num: i128, den: i128) -> Option<Self> {
        if den <= 0 {
            return None;
        }
        let common = gcd(num.unsigned_abs(), den.unsigned_abs());
        let common = i128::try_from(common).ok()?;
        Some(Self { num: num.checked_div(common)?, den: den.checked_div(common)? })
    }

    /// A whole number of nano-units.
    pub const fn whole(number: i128) -> Self {
        Self { num: number, den: 1 }
    }

    /// An amount.
    pub fn of(amount: Nano) -> Self {
        Self::whole(i128::from(amount.get()))
    }

    /// `self + other`.
    pub fn checked_add(self, other: Self) -> Option<Self> {
        let common = i128::try_from(gcd(self.den.unsigned_abs(), other.den.unsigned_abs())).ok()?;
        let (left, right) = (other.den.checked_div(common)?, self.den.checked_div(common)?);
        let num = self.num.checked_mul(left)?.checked_add(other.num.checked_mul(right)?)?;
        Self::try_new(num, self.den.checked_mul(left)?)
    }

    /// `self − other`.
    pub fn checked_sub(self, other: Self) -> Option<Self> {
        self.checked_add(Self { num: other.num.checked_neg()?, den: other.den })
    }

    /// `self × by`.
    pub fn times(self, by: i64) -> Option<Self> {
        self.checked_mul(Self::whole(i128::from(by)))
    }

    /// `self ÷ by`; `None` when `by` is not above zero.
    pub fn over(self, by: i64) -> Option<Self> {
        self.checked_mul(Self::try_new(1, i128::from(by))?)
    }

    /// `self × ratio`.
    pub fn scaled(self, ratio: Ratio) -> Option<Self> {
        self.checked_mul(Self::try_new(i128::from(ratio.num()), i128::from(ratio.den()))?)
    }

    /// What part of `whole` it is; `None` when the whole is not above zero.
    pub fn part_of(self, whole: Self) -> Option<Self> {
        if whole.num <= 0 {
            return None;
        }
        self.checked_mul(Self { num: whole.den, den: whole.num })
    }

    /// `self × other`. Crossing out first keeps what is between within reach of what the result needs.
    pub fn checked_mul(self, other: Self) -> Option<Self> {
        let left = Self::try_new(self.num, other.den)?;
        let right = Self::try_new(other.num, self.den)?;
        Self::try_new(left.num.checked_mul(right.num)?, left.den.checked_mul(right.den)?)
    }

    /// The nearest whole amount, halves to the even one; `None` when it does not fit an account.
    pub fn round(self) -> Option<Nano> {
        let (low, rest) = (self.num.div_euclid(self.den), self.num.rem_euclid(self.den));
        // Compared without doubling, which could overflow.
        let whole = match rest.cmp(&self.den.checked_sub(rest)?) {
            Ordering::Less => low,
            Ordering::Greater => low.checked_add(1)?,
            Ordering::Equal => low.checked_add(low & 1)?,
        };
        i64::try_from(whole).ok().map(Nano::new)
    }

    /// The whole amount below or at it.
    pub fn floor(self) -> Option<Nano> {
        i64::try_from(self.num.div_euclid(self.den)).ok().map(Nano::new)
    }

    /// Above zero?
    pub const fn is_positive(self) -> bool {
        self.num > 0
    }

    /// Exactly nothing?
    pub const fn is_zero(self) -> bool {
        self.num == 0
    }
}

impl PartialOrd for Exact {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Exact {
    /// By whole parts, then by what is left upside down: no product, so nothing that could overflow.
    fn cmp(&self, other: &Self) -> Ordering {
        let (mut a, mut b) = ((self.num, self.den), (other.num, other.den));
        loop {
            let whole = |(num, den): (i128, i128)| num.checked_div_euclid(den).unwrap_or(0);
            let rest = |(num, den): (i128, i128)| num.checked_rem_euclid(den).unwrap_or(0);
            match (whole(a).cmp(&whole(b)), rest(a), rest(b)) {
                (Ordering::Equal, 0, 0) => return Ordering::Equal,
                (Ordering::Equal, 0, _) => return Ordering::Less,
                (Ordering::Equal, _, 0) => return Ordering::Greater,
                // a/b < c/d exactly when d/c < b/a.
                (Ordering::Equal, left, right) => (a, b) = ((b.1, right), (a.1, left)),
                (unequal, _, _) => return unequal,
            }
        }
    }
}

fn gcd(mut a: u128, mut b: u128) -> u128 {
    while let Some(rest) = a.checked_rem(b) {
        (a, b) = (b, rest);
    }
    a
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn exact(num: i128, den: i128) -> Exact {
        Exact::try_new(num, den).unwrap()
    }

    #[test]
    fn halves_round_to_the_even_amount() {
        for (num, den, rounded) in [(5, 2, 2), (7, 2, 4), (-5, 2, -2), (8, 3, 3), (7, 3, 2), (-7, 3, -2), (6, 2, 3)] {
            assert_eq!(exact(num, den).round(), Some(Nano::new(rounded)), "{num}/{den}");
        }
        assert_eq!(exact(-7, 3).floor(), Some(Nano::new(-3)));
        assert_eq!(exact(i128::MAX, 1).round(), None, "more than an account can hold");
        assert_eq!(Exact::try_new(1, 0), None);
        assert_eq!(exact(1, 2).part_of(Exact::ZERO), None, "no part of nothing");
    }

    proptest! {
        #[test]
        fn arithmetic_is_that_of_fractions(a in -1000_i128..1000, b in 1_i128..1000, c in -1000_i128..1000, d in 1_i128..1000) {
            let (left, right) = (exact(a, b), exact(c, d));
            prop_assert_eq!(left.checked_add(right), Exact::try_new(a * d + c * b, b * d));
            prop_assert_eq!(left.checked_sub(right), Exact::try_new(a * d - c * b, b * d));
            prop_assert_eq!(left.checked_mul(right), Exact::try_new(a * c, b * d));
            prop_assert_eq!(left.cmp(&right), (a * d).cmp(&(c * b)));
        }

        #[test]
        fn order_needs_no_room(a in any::<i128>(), b in 1..=i128::MAX) {
            let it = exact(a, b);
            prop_assert_eq!(it.cmp(&it), Ordering::Equal);
            if let Some(more) = it.checked_add(Exact::whole(1)) {
                prop_assert_eq!(it.cmp(&more), Ordering::Less);
                prop_assert_eq!(more.cmp(&it), Ordering::Greater);
            }
        }
    }
}
