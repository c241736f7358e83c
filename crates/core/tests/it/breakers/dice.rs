//! Numbers that are the same in every run of a seed.

/// SplitMix64.
#[derive(Clone, Debug)]
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ (bits >> 31)
    }

    /// From `low` to `high`, both included.
    pub(crate) fn between(&mut self, low: u64, high: u64) -> u64 {
        low + self.next() % (high - low + 1)
    }

    /// In so many of a thousand cases.
    pub(crate) fn in_thousand(&mut self, cases: u64) -> bool {
        self.next() % 1_000 < cases
    }

    /// Around `middle`, seldom far above: half and double are usual, eight times is one in a few ten thousand.
    pub(crate) fn around(&mut self, middle: u64) -> u64 {
        /// An eighth of an octave each, in 1024ths.
        const EIGHTHS: [u64; 8] = [1024, 1117, 1218, 1328, 1448, 1579, 1722, 1878];
        // Twelve coins make a bell between 0 and 12000, whose deviation is a thousand: 0.7 octaves.
        let bell: u64 = (0..12).map(|_| self.between(0, 1_000)).sum();
        let eighths = bell * 56 / 10_000;
        let (octaves, rest) = (eighths / 8, eighths % 8);
        let factor = EIGHTHS[usize::try_from(rest).unwrap()] << octaves;
        // The middle of the bell is 33 eighths.
        (middle * factor / (EIGHTHS[1] << 4)).max(1)
    }
}
