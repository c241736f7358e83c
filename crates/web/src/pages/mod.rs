//! The pages, by area.

pub(crate) mod account;
pub(crate) mod admin;
pub(crate) mod approvals;
pub(crate) mod finance;
pub(crate) mod grants;
pub(crate) mod me;
pub(crate) mod runs;
pub(crate) mod search;
pub(crate) mod sign_in;
pub(crate) mod stops;
pub(crate) mod team;
pub(crate) mod theme;
