//! The brake, the trail of what was done, keys, providers, and how Purser is.

pub(crate) mod audit;
mod entry;
pub(crate) mod keys;
pub(crate) mod providers;
pub(crate) mod stop;
pub(crate) mod system;
