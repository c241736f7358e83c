//! HTTP/1.1 as the gateway needs it, no more: heads by `httparse`, bodies by length or in chunks, one task per client
//! connection that also drives its upstream connection.
//!
//! Why our own and not a server library: one task reads, forwards, measures and settles, so a client that hangs up
//! does not take the measuring down with it, and a stream costs one read and one write per piece. See
//! `docs/adr/0003-own-http1.md`.
//!
//! What is strict on purpose: a request with both `content-length` and `transfer-encoding`, with two lengths, with a
//! transfer coding other than `chunked`, or without a host is refused and the connection closed. A request is read
//! whole and written anew with one length, so that no ambiguity of the client's framing reaches a provider.

pub(crate) mod body;
pub(crate) mod head;
pub(crate) mod io;
pub(crate) mod patience;
pub(crate) mod write;
