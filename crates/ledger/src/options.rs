//! How a ledger is run.

use std::time::Duration;

use crate::number::BootId;
use crate::record::Window;

/// How a ledger is run. [`Options::new`] gives the defaults; every field may be changed.
#[derive(Clone, Debug)]
pub struct Options {
    /// The present boot of the machine.
    pub boot: BootId,
    /// A slice is this many thousandths of its account's limit (or one bound, where that is more). Default 10: one
    /// percent.
    pub slice_per_mille: u32,
    /// A slice unused for so long is given back, so that a power cut sets nothing aside on accounts at rest. Default
    /// one minute.
    pub slice_idle: Duration,
    /// No two syncs closer than this: each costs a system call, a wake-up and disk time, and the slice covers what
    /// waits. An idle ledger syncs at once. Default 10 ms.
    pub sync_pause: Duration,
    /// No two frames closer than this, for the same reason; the first after a quiet moment goes at once. Default
    /// 100 µs.
    pub write_pause: Duration,
    /// Every hold waits for the disk, slices are not used. Default off.
    pub wait_for_disk: bool,
    /// Records waiting to be written take at most so many bytes; beyond it holds are told to wait. Default 8 MiB.
    pub queue_bytes_max: usize,
    /// How long and how many settled holds and commands are remembered. Default 24 h, 100,000 of each.
    pub window: Window,
}

impl Options {
    /// The defaults.
    pub fn new(boot: BootId) -> Self {
        Self {
            boot,
            slice_per_mille: 10,
            slice_idle: Duration::from_mins(1),
            sync_pause: Duration::from_millis(10),
            write_pause: Duration::from_micros(100),
            wait_for_disk: false,
            queue_bytes_max: 8 << 20,
            window: Window { age_s: 24 * 60 * 60, settled_max: 100_000, commands_max: 100_000 },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_those_that_are_promised() {
        let options = Options::new(BootId(3));
        assert_eq!((options.boot, options.slice_per_mille, options.wait_for_disk), (BootId(3), 10, false));
        assert_eq!((options.slice_idle, options.queue_bytes_max), (Duration::from_mins(1), 8_388_608));
        assert_eq!((options.sync_pause, options.write_pause), (Duration::from_millis(10), Duration::from_micros(100)));
        let Window { age_s, settled_max, commands_max } = options.window;
        assert_eq!((age_s, settled_max, commands_max), (86_400, 100_000, 100_000));
    }
}
