//! People: who there is, one of them, and what a year of work brings them.

pub(crate) mod list;
pub(crate) mod one;
pub(crate) mod rewards;
pub(crate) mod role;
