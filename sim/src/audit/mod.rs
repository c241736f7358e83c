//! The auditor: reads the journal's bytes by the documentation of their format, keeps its own books, and holds both to
//! what the world knows really happened.
//!
//! Nothing here comes from the code that is audited: no decoder, no arithmetic, no rounding, no calendar, no type. The
//! only thing shared is BLAKE3 itself. (A test reads these files and sees to it.)

mod book;
mod bytes;
mod calendar;
mod checks;
mod company;
mod crash;
mod detail;
mod due;
mod entry;
mod facts;
mod frames;
mod happening;
mod json;
mod life;
mod offers;
mod pools;
mod quiet;
mod rating;
mod top_ups;

pub use calendar::{Often, PLACES, Place};
pub use checks::Audit;
pub use crash::Crash;
pub use due::CallOn;
pub use entry::{DISPUTED, EXACT, HoldName, Key, MarkCode};
pub use facts::{Asked, Check, Denied, Finding, Finish};
pub use frames::Shape;
pub use rating::{Counts, Prices, charge};
