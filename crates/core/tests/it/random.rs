//! Numbers drawn at random, the same ones on every machine.

/// A generator that starts where it is told (SplitMix64): the case's number is all one needs to draw it again.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(case: u64) -> Self {
        Self(case.wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Below `end`, which is not zero.
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    /// Of any size: each number of bits is as likely as the other.
    pub(crate) fn sized(&mut self, bits_max: u64) -> u64 {
        let bits = self.below(bits_max + 1);
        if bits == 0 { 0 } else { self.next() >> (64 - bits) }
    }

    /// In one of `of` cases.
    pub(crate) fn one_in(&mut self, of: u64) -> bool {
        self.below(of) == 0
    }

    pub(crate) fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[usize::try_from(self.below(from.len() as u64)).unwrap()]
    }
}

/// Runs a test's share of all random cases; each gets numbers of its own. A failing case names itself.
pub(crate) fn each_case(share: u32, mut run: impl FnMut(u64, &mut Random)) {
    for case in 0..u64::from(crate::company::cases(share).cases) {
        run(case, &mut Random::new(case));
    }
}
