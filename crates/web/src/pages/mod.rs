//! The pages, by area.

pub(crate) mod account;
pub(crate) mod admin;
pub(crate) mod alarms;
pub(crate) mod api;
pub(crate) mod approvals;
pub(crate) mod boards;
pub(crate) mod candidate;
mod course;
pub(crate) mod demo;
pub(crate) mod exports;
pub(crate) mod finance;
pub(crate) mod grants;
pub(crate) mod me;
pub(crate) mod offers;
pub(crate) mod people;
pub(crate) mod policies;
pub(crate) mod pools;
pub(crate) mod prices;
pub(crate) mod privacy;
pub(crate) mod runs;
pub(crate) mod search;
pub(crate) mod setup;
pub(crate) mod sign_in;
pub(crate) mod stops;
pub(crate) mod team;
pub(crate) mod theme;
pub(crate) mod usage;
