//! Usage that did not pass through the gateway: taken in once, priced, kept beside the grants, and counted against them
//! where policy says so. Nothing of it is enforced, and nothing of it is a charge.
//!
//! What is told again is known by its names, what passed through the gateway is left out, and sources that could tell the
//! same under other names are not added to each other. All of that is looked up in the projection once it has everything
//! that was written before; one person's telling is taken in one at a time.

mod count;
mod passed;
mod record;
mod report;
mod take;

use purser_core::id::PersonId;
use tokio::sync::Mutex;

pub(crate) use passed::Passed;
pub(crate) use report::totals;
pub(crate) use take::Told;

/// Bodies of telemetry that are unpacked and read at once.
pub(crate) const UNPACKING_MAX: usize = 4;
/// People whose telling can be taken in at once, give or take those who share a place.
const PLACES: usize = 64;

/// One person's telling is taken in one at a time. A few people share a place, so that there are not too many.
#[derive(Debug)]
pub(crate) struct Turns([Mutex<()>; PLACES]);

impl Default for Turns {
    fn default() -> Self {
        Self(std::array::from_fn(|_| Mutex::new(())))
    }
}

impl Turns {
    /// A person's.
    pub(crate) fn of(&self, person: PersonId) -> &Mutex<()> {
        let place = usize::try_from(person.get() % PLACES as u128).unwrap_or(0);
        &self.0[place]
    }
}

/// What stands beside every figure of this kind.
pub(crate) const MARK: &str = "observed, not enforced";
