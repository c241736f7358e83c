//! Finance: where the month stands, the ledger beside the bill, and what comes of tokens.

mod difference;
pub(crate) mod home;
pub(crate) mod reconcile;
pub(crate) mod returns;
