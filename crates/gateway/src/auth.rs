//! Step 1: which key is calling, and whose is it? From the snapshot alone, no I/O.

use std::cell::RefCell;
use std::ops::Deref;
use std::rc::Rc;
use std::sync::Arc;

use foldhash::HashMap;
use purser_core::decision::Refused as Reason;
use purser_core::directory::{Directory, Key, Person};
use purser_core::policy::Policy;
use purser_core::run::RunLimits;
use purser_core::snapshot::Snapshot;
use purser_core::time::Instant;
use sha2::{Digest as _, Sha256};

use crate::deny;
use crate::http1::head::RequestHead;
use crate::refuse::Refused;

/// Who is calling, and when.
#[derive(Clone)]
pub(crate) struct Caller {
    who: Rc<Who>,
    pub(crate) at: Instant,
}

/// A key and whose it is, with what applies to whoever calls with it. A call keeps the policy that it began with.
pub(crate) struct Who {
    pub(crate) key: Arc<Key>,
    pub(crate) person: Arc<Person>,
    pub(crate) policy: Arc<Policy>,
    /// What policy and role allow their runs.
    pub(crate) runs: RunLimits,
}

impl Who {
    fn of(directory: &Directory, key: &Arc<Key>) -> Option<Self> {
        let person = directory.person(key.person)?;
        let (policy, runs) = (directory.policy_of(person.id), directory.run_limits(person.id));
        Some(Self { key: Arc::clone(key), person: Arc::clone(person), policy: Arc::clone(policy), runs })
    }
}

impl Caller {
    pub(crate) fn new(who: Rc<Who>, at: Instant) -> Self {
        Self { who, at }
    }
}

impl Deref for Caller {
    type Target = Who;
    fn deref(&self) -> &Who {
        &self.who
    }
}

/// Callers kept by one thread; beyond it all are looked up anew.
const CALLERS_MAX: usize = 8 * 1024;

/// Who called lately, as one snapshot knows them. One table per thread: its calls count who makes them here, apart from
/// the calls of other threads, and find them without a walk through the directory.
#[derive(Default)]
pub(crate) struct Callers {
    kept: RefCell<Kept>,
}

#[derive(Default)]
struct Kept {
    of: Option<Arc<Snapshot>>,
    by_hash: HashMap<[u8; 32], Rc<Who>>,
}

impl Callers {
    /// Whose key it is; `None`: nobody's.
    pub(crate) fn find(&self, snapshot: &Arc<Snapshot>, hash: &[u8; 32]) -> Option<Rc<Who>> {
        let mut kept = self.kept.borrow_mut();
        if !kept.of.as_ref().is_some_and(|of| Arc::ptr_eq(of, snapshot)) || kept.by_hash.len() >= CALLERS_MAX {
            *kept = Kept { of: Some(Arc::clone(snapshot)), ..Kept::default() };
        }
        if let Some(who) = kept.by_hash.get(hash) {
            return Some(Rc::clone(who));
        }
        let who = Rc::new(Who::of(&snapshot.directory, snapshot.directory.key(hash)?)?);
        kept.by_hash.insert(*hash, Rc::clone(&who));
        Some(who)
    }
}

/// The caller behind the first known key that the request presents.
pub(crate) fn authenticate(
    callers: &Callers,
    snapshot: &Arc<Snapshot>,
    head: &RequestHead,
    at: Instant,
) -> Result<Caller, Refused> {
    let caller = identify(callers, snapshot, head, at)?;
    let Who { key, person, .. } = &*caller;
    let why = match (key.revoked_at, key.expires, person.left_at) {
        (Some(revoked_at), _, _) if revoked_at <= at => Reason::KeyRevoked { revoked_at },
        (_, Some(expired_at), _) if expired_at <= at => Reason::KeyExpired { expired_at },
        (_, _, Some(left_at)) if left_at <= at => Reason::PersonLeft { left_at },
        _ => return Ok(caller),
    };
    Err(deny::not_allowed(snapshot, &caller, why))
}

/// Whose key it is, usable or not.
pub(crate) fn identify(
    callers: &Callers,
    snapshot: &Arc<Snapshot>,
    head: &RequestHead,
    at: Instant,
) -> Result<Caller, Refused> {
    let query = head.target.split_once('?').map(|(_, query)| query);
    let mut presented = false;
    for text in purser_providers::client_keys(&head.headers, query) {
        presented = true;
        let hash: [u8; 32] = Sha256::digest(text.as_str().as_bytes()).into();
        if let Some(who) = callers.find(snapshot, &hash) {
            return Ok(Caller { who, at });
        }
    }
    Err(Refused::bad_key(presented))
}
