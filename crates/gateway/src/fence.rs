//! Ids made at a provider belong to whoever made them: everybody shares the company's account there.

use purser_core::id::PersonId;
use purser_core::time::Instant;
use purser_providers::{IdKind, ProviderId};
use sha2::{Digest as _, Sha256};

use crate::call::Call;
use crate::refuse::Refused;

/// Remembers who made which id. Implementations keep hashes, not ids.
pub trait Fence: Send + Sync {
    /// Who made it; `None` when nobody is known to have. May read one row; must not wait for anything slower.
    fn owner(&self, id: &[u8; 32]) -> Option<PersonId>;
    /// Remembers the maker. Returns at once; the first maker stays.
    fn claim(&self, id: [u8; 32], person: PersonId, at: Instant);
}

/// Refuses ids that somebody else made, or that nobody here made: both as if they did not exist.
pub(crate) fn check(fence: &dyn Fence, provider: &str, person: PersonId, ids: &[ProviderId]) -> Result<(), Refused> {
    let stranger = ids.iter().find(|id| id.kind.is_fenced() && fence.owner(&digest(provider, id)) != Some(person));
    stranger.map_or(Ok(()), |id| Err(Refused::unknown_id(&id.id)))
}

/// Remembers the maker of what an answer says was made: files and containers always, the answer itself only where the
/// provider keeps it.
pub(crate) fn claim(fence: &dyn Fence, provider: &str, call: &Call, ids: &[ProviderId]) {
    let lasting = |id: &&ProviderId| call.facts.keeps_answer || matches!(id.kind, IdKind::File | IdKind::Container);
    claim_all(fence, provider, call.caller.person.id, ids.iter().filter(lasting), call.at);
}

/// Remembers the maker of every id.
pub(crate) fn claim_all<'a>(
    fence: &dyn Fence,
    provider: &str,
    person: PersonId,
    ids: impl IntoIterator<Item = &'a ProviderId>,
    at: Instant,
) {
    for id in ids.into_iter().filter(|id| id.kind.is_fenced()) {
        fence.claim(digest(provider, id), person, at);
    }
}

/// Ids are random enough that a plain hash can't be turned back; the provider's name keeps two providers apart.
fn digest(provider: &str, id: &ProviderId) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(provider.as_bytes());
    hash.update([0]);
    hash.update(id.id.as_bytes());
    hash.finalize().into()
}
