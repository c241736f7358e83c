//! The audit trail: who did, tried or looked at what.
//!
//! An entry is an event in the journal, so it is chained with all the others and nobody can take it out. The entry of a
//! change stands directly *before* the change's events: no event is ever in the journal without one, also after a crash
//! between two writes. `verify` holds that against the whole journal.
//!
//! Entries have ids and keyed hashes; what is personal about them (a reason) is a note that can be erased.

mod bounds;
mod entry;
mod scan;
mod search;
mod verify;

pub use self::entry::Outcome;
pub use self::search::Trail;

pub(crate) use self::bounds::Bounds;
pub(crate) use self::entry::{Content, Entry};
pub(crate) use self::scan::{id, ids_in, word_of};
