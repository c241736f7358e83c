//! How much of single people may be seen, and how long what is personal is kept.
//!
//! Which profile and which retention hold are events about administration ([`PrivacyEvent`]), with an entry in the trail each.
//! What a profile takes away is in `access`, where nothing can pass it by.

mod event;
mod forget;
pub(crate) mod kept;
mod looking;
mod looks;
mod reasons;
mod set;
mod words;

pub(crate) use event::{Privacy, PrivacyEvent};
pub use forget::Forgotten;
pub(crate) use looking::{Looking, Looks, answered, list_of_everybody, looked_at};
