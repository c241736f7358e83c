//! The brake, and the trail of what was done.

pub(crate) mod audit;
pub(crate) mod stop;
