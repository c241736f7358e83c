//! The gateway's own readers, by their files: they are not public, and nobody else needs them.

#[path = "../../crates/gateway/src/http1/body.rs"]
pub(crate) mod body;
#[path = "../../crates/gateway/src/http1/head.rs"]
pub(crate) mod head;
