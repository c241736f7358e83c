//! The gateway's fence, kept in the data folder.

use std::convert::Infallible;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use purser_core::hex::Hex;
use purser_core::id::PersonId;
use purser_core::time::{Clock, Instant};
use purser_store::Fence;

/// The store's fence behind the gateway's words. The gateway has put the provider into the hash it asks for, so the
/// store is given no provider of its own.
pub(super) struct Kept(pub(super) Fence);

impl purser_gateway::Fence for Kept {
    fn owner(&self, id: &[u8; 32]) -> Option<PersonId> {
        // Unreadable is unknown: nobody gets at an id that can't be shown to be theirs.
        self.0.fence_owner("", &Hex(id).to_string()).unwrap_or_else(|error| {
            tracing::error!(%error, "the owner of a provider-side id could not be read");
            None
        })
    }

    fn claim(&self, id: [u8; 32], person: PersonId, at: Instant) {
        if let Err(error) = self.0.fence_claim("", &Hex(&id).to_string(), person, at) {
            tracing::error!(%error, "the owner of a provider-side id could not be kept; nobody will get at it");
        }
    }
}

/// How long an id is remembered after it was made or last claimed. Stored responses live for weeks at the providers,
/// conversations longer; beyond a year nobody goes on with one.
const REMEMBERED: Duration = Duration::from_hours(400 * 24);
/// How often old ones are looked for.
const EACH: Duration = Duration::from_hours(24);

/// Forgets old ids now and then, for as long as it is polled.
pub(super) async fn forget_old(fence: &OnceLock<Arc<Kept>>, clock: &Arc<dyn Clock>) -> Infallible {
    loop {
        tokio::time::sleep(EACH).await;
        let Some(fence) = fence.get().map(Arc::clone) else { continue };
        let before = clock.now().saturating_sub(REMEMBERED);
        // A panic in it was printed there.
        let _ = tokio::task::spawn_blocking(move || fence.forget(before)).await;
    }
}

impl Kept {
    fn forget(&self, before: Instant) {
        match self.0.forget(before) {
            Ok(0) => {}
            Ok(gone) => tracing::debug!(gone, "old provider-side ids are forgotten"),
            Err(error) => tracing::warn!(%error, "old provider-side ids could not be forgotten"),
        }
    }
}
