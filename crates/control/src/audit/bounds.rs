//! A bound for what strangers to a thing can make Purser write by asking for it.

use std::collections::HashMap;
use std::time::Duration;

use purser_core::time::Instant;

use crate::access::Actor;

/// Denials of one actor that are written in an hour; the rest are logged. Enough for every mistake of a person, little
/// for a script in a loop.
const WRITTEN_MAX: u32 = 60;
const HOUR: Duration = Duration::from_hours(1);

/// What was written of late.
#[derive(Debug, Default)]
pub(crate) struct Bounds {
    /// As many as there are sign-ins and keys.
    written: HashMap<Actor, (Instant, u32)>,
}

impl Bounds {
    /// May another denial of this actor be written?
    pub(crate) fn take(&mut self, actor: Actor, now: Instant) -> bool {
        let (since, written) = self.written.entry(actor).or_insert((now, 0));
        if since.saturating_add(HOUR) <= now {
            (*since, *written) = (now, 0);
        }
        *written = written.saturating_add(1);
        *written <= WRITTEN_MAX
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loop_writes_no_more_than_its_share() {
        let mut bounds = Bounds::default();
        let at = |minutes: i64| Instant::from_micros(minutes * 60_000_000);
        let taken = (0..200).filter(|_| bounds.take(Actor::Local, at(0))).count();
        assert_eq!(taken, 60);
        assert!(bounds.take(Actor::Purser, at(0)), "another's share is its own");
        assert!(!bounds.take(Actor::Local, at(59)) && bounds.take(Actor::Local, at(60)));
    }
}
