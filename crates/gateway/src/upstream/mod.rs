//! The provider's side: connecting, keeping idle connections, one exchange.

mod connect;
mod exchange;
mod outlet;

pub(crate) use connect::Connector;
pub(crate) use exchange::{Answer, Fault, Outgoing, send};
pub(crate) use outlet::Outlet;
