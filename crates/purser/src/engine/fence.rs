//! The gateway's fence, kept in the data folder.

use std::fmt::Write;

use purser_core::id::PersonId;
use purser_core::time::Instant;
use purser_store::Fence;

/// The store's fence behind the gateway's words. The gateway has put the provider into the hash it asks for, so the
/// store is given no provider of its own.
pub(super) struct Kept(pub(super) Fence);

impl purser_gateway::Fence for Kept {
    fn owner(&self, id: &[u8; 32]) -> Option<PersonId> {
        // Unreadable is unknown: nobody gets at an id that can't be shown to be theirs.
        self.0.fence_owner("", &hex(id)).unwrap_or_else(|error| {
            tracing::error!(%error, "the owner of a provider-side id could not be read");
            None
        })
    }

    fn claim(&self, id: [u8; 32], person: PersonId, at: Instant) {
        if let Err(error) = self.0.fence_claim("", &hex(&id), person, at) {
            tracing::error!(%error, "the owner of a provider-side id could not be kept; nobody will get at it");
        }
    }
}

fn hex(bytes: &[u8; 32]) -> String {
    bytes.iter().fold(String::with_capacity(64), |mut text, byte| {
        // Writing to a string does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
