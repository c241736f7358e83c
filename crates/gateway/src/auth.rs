//! Step 1: which key is calling, and whose is it? From the snapshot alone, no I/O.

use std::sync::Arc;

use purser_core::decision::Refused as Reason;
use purser_core::directory::{Key, Person};
use purser_core::snapshot::Snapshot;
use purser_core::time::Instant;
use sha2::{Digest as _, Sha256};

use crate::deny;
use crate::http1::head::RequestHead;
use crate::refuse::Refused;

/// Who is calling.
#[derive(Clone)]
pub(crate) struct Caller {
    pub(crate) key: Arc<Key>,
    pub(crate) person: Arc<Person>,
    /// When.
    pub(crate) at: Instant,
}

/// The caller behind the first known key that the request presents.
pub(crate) fn authenticate(snapshot: &Snapshot, head: &RequestHead, at: Instant) -> Result<Caller, Refused> {
    let caller = identify(snapshot, head, at)?;
    let Caller { key, person, .. } = &caller;
    let why = match (key.revoked_at, key.expires, person.left_at) {
        (Some(revoked_at), _, _) if revoked_at <= at => Reason::KeyRevoked { revoked_at },
        (_, Some(expired_at), _) if expired_at <= at => Reason::KeyExpired { expired_at },
        (_, _, Some(left_at)) if left_at <= at => Reason::PersonLeft { left_at },
        _ => return Ok(caller),
    };
    Err(deny::not_allowed(snapshot, &caller, why))
}

/// Whose key it is, usable or not.
pub(crate) fn identify(snapshot: &Snapshot, head: &RequestHead, at: Instant) -> Result<Caller, Refused> {
    let query = head.target.split_once('?').map(|(_, query)| query);
    let mut presented = false;
    for text in purser_providers::client_keys(&head.headers, query) {
        presented = true;
        let hash: [u8; 32] = Sha256::digest(text.as_str().as_bytes()).into();
        if let Some(key) = snapshot.directory.key(&hash) {
            let person = snapshot.directory.person(key.person).ok_or_else(|| Refused::bad_key(true))?;
            return Ok(Caller { key: Arc::clone(key), person: Arc::clone(person), at });
        }
    }
    Err(Refused::bad_key(presented))
}
