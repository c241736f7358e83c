//! A person's first key, made by themselves: a link that works once, from the day on which their first grant opens.
//!
//! Whoever hands out a key has seen it. A link is handed out instead: the key is made when the person opens it, and
//! nobody else has it. Of the link only a hash is kept, of the key too; the key's bits come from the link's secret and
//! the data folder's, so that sending the form twice shows the same key (for [`REPEATABLE`]), and neither alone tells it.

use std::collections::BTreeMap;
use std::ops::Range;
use std::time::Duration;

use jiff::ToSpan;
use purser_core::directory::Person;
use purser_core::event::{Event, KeyHash, KeyIssue};
use purser_core::id::{ActivationId, KeyId, PersonId};
use purser_core::scope::Scope;
use purser_core::snapshot::Snapshot;
use purser_core::time::Instant;

use crate::access::{Acting, Actor};
use crate::admins::AdminEvent;
use crate::change::{CommandName, Turn, reused};
use crate::control::{Control, Inner};
use crate::dates;
use crate::error::{Code, Error, Refused};
use crate::pages::{Part, unrefused};
use crate::people::known;
use crate::secret::{self, ACTIVATION_PREFIX, KEY_PREFIX, Secret};
use crate::shape::{Activated, Activation, ActivationState, List, NewActivation, Page};

/// How long after its opening a link works where nobody said: a first week away and a second to find the mail.
const LASTS: i64 = 14;
/// For how long the same link shows the same key again: a form sent twice, an answer lost on the way.
const REPEATABLE: Duration = Duration::from_mins(10);

/// The links of this ledger.
#[derive(Debug, Default)]
pub(crate) struct Activations {
    links: BTreeMap<ActivationId, Link>,
}

/// One link, as the journal knows it.
#[derive(Clone, Copy, Debug)]
struct Link {
    id: ActivationId,
    hash: KeyHash,
    person: PersonId,
    made: Instant,
    until: Instant,
    revoked: Option<Instant>,
}

impl Activations {
    /// Takes in that a link was made, and for when.
    pub(crate) fn made(&mut self, id: ActivationId, hash: KeyHash, person: PersonId, good: Range<Instant>) {
        self.links.insert(id, Link { id, hash, person, made: good.start, until: good.end, revoked: None });
    }

    /// Takes in that a link was stopped.
    pub(crate) fn revoked(&mut self, id: ActivationId, at: Instant) {
        if let Some(link) = self.links.get_mut(&id) {
            link.revoked = Some(at);
        }
    }

    /// The link of a secret. What is compared is a hash that the asker can't choose.
    fn by_secret(&self, text: &str) -> Option<Link> {
        let hash = text.starts_with(ACTIVATION_PREFIX).then(|| KeyHash(secret::hash(text)))?;
        self.links.values().find(|link| link.hash == hash).copied()
    }
}

impl Control {
    /// Where pages are reached, for links in answers.
    pub fn tell_control(&self, base_url: &str) {
        *self.inner.pages.write() = Some(base_url.to_owned());
    }

    /// All links, oldest first, never their secrets.
    pub fn activations(&self) -> List<Activation> {
        unrefused(self.activations_page(&Part::ALL))
    }

    /// The same in pages.
    pub(crate) fn activations_page(&self, part: &Part) -> Result<Page<Activation>, Error> {
        let (snapshot, now) = (self.snapshot(), self.inner.clock.now());
        let links: Vec<Link> = self.inner.admins.read().activations.links.values().copied().collect();
        part.of(&links, |link| link.id.to_string(), |link| Ok(self.inner.show_activation(&snapshot, link, now)))
    }

    /// Makes a link for somebody; its address is in the answer, once.
    ///
    /// # Errors
    /// Nobody of that name is here, a day that is over when it opens, no random bits, or the journal.
    pub async fn add_activation(&self, name: Option<CommandName>, new: NewActivation) -> Result<Activation, Error> {
        self.change(name, move |turn| {
            let (snapshot, now) = (turn.snapshot(), turn.now);
            let person = turn.control().find_person(&snapshot, &new.person)?;
            let whose = known(snapshot.directory.person(person), "person", &person)?;
            if let Some(left_at) = whose.left_at {
                let message = format!("{person} left at {left_at}; links are for those who are here or will be");
                return Err(Refused::new(Code::Conflict, message).into());
            }
            let (opens, zone) = (opens(whose, now), whose.zone(now));
            let until = match new.until.as_deref() {
                Some(day) => zone.first_instant(dates::day(day)?),
                None => zone.first_instant(zone.date(opens).saturating_add(LASTS.days())),
            };
            if until <= opens {
                let message = format!("the link opens at {opens} and would be over by then");
                return Err(Refused::new(Code::Invalid, message).hint("name a later day").into());
            }
            let id = ActivationId::new(turn.command.get());
            let made = turn.control().admins.read().activations.links.get(&id).copied();
            if let Some(made) = made {
                let same = made.person == person && (new.until.is_none() || made.until == until);
                let shown = turn.control().show_activation(&snapshot, &made, now);
                return if same { Ok(shown) } else { Err(reused()) };
            }
            let secret = Secret::generate(ACTIVATION_PREFIX, &*turn.control().random)?;
            let hash = KeyHash(secret.hash());
            turn.commit_admin(&AdminEvent::ActivationMade { activation: id, hash, person, until, at: now })?;
            let link = format!("{}/activate/{}", turn.control().pages_url(), secret.reveal());
            let shown = turn.control().activation(&snapshot, id, now)?;
            Ok(Activation { link: Some(link), ..shown })
        })
        .await
    }

    /// Stops a link at once. The key that it made works on: [`Control::revoke_key`] stops that.
    ///
    /// # Errors
    /// No such link, one that has made its key, or the journal.
    pub async fn revoke_activation(&self, name: Option<CommandName>, id: &str) -> Result<Activation, Error> {
        let id: ActivationId = id.trim().parse().map_err(|error: purser_core::id::IdError| {
            Refused::new(Code::Invalid, error.to_string()).hint("`purser activation list` shows the ids")
        })?;
        self.change(name, move |turn| {
            let (snapshot, now) = (turn.snapshot(), turn.now);
            let shown = turn.control().activation(&snapshot, id, now)?;
            if shown.state == ActivationState::Used {
                let message = format!("{id} has made its key");
                let hint = format!("`purser key revoke {}` stops the key", KeyId::new(id.get()));
                return Err(Refused::new(Code::Conflict, message).hint(hint).into());
            }
            if shown.state != ActivationState::Revoked {
                turn.commit_admin(&AdminEvent::ActivationRevoked { activation: id, at: now })?;
            }
            turn.control().activation(&snapshot, id, now)
        })
        .await
    }

    /// What a link is, for whoever has its secret. Looking uses nothing up: programs that show previews of links do too.
    ///
    /// # Errors
    /// [`Code::NotFound`] where there is none of that secret or it was stopped; the files.
    pub fn look_at_activation(&self, secret: &str) -> Result<Activation, Error> {
        let link = self.inner.admins.read().activations.by_secret(secret).ok_or_else(nothing)?;
        let shown = self.inner.show_activation(&self.snapshot(), &link, self.inner.clock.now());
        if shown.state == ActivationState::Revoked { Err(nothing()) } else { Ok(shown) }
    }

    /// Makes the key of a link. Within ten minutes the same link gives the same key again.
    ///
    /// # Errors
    /// As [`Control::look_at_activation`]; [`Code::Conflict`] before it opens, [`Code::Gone`] after its time or once the
    /// key is made; the journal.
    pub async fn activate(&self, secret: String) -> Result<Activated, Error> {
        let link = self.inner.admins.read().activations.by_secret(&secret).ok_or_else(nothing)?;
        let acting = Acting::new(Actor::Activation(link.id), Some(link.person));
        self.on_behalf(Acting { action: "activate", ..acting }).change(None, move |turn| activate(turn, &secret)).await
    }
}

fn activate(turn: &mut Turn<'_>, text: &str) -> Result<Activated, Error> {
    let (snapshot, now) = (turn.snapshot(), turn.now);
    let link = turn.control().admins.read().activations.by_secret(text).ok_or_else(nothing)?;
    let shown = turn.control().show_activation(&snapshot, &link, now);
    let id = KeyId::new(link.id.get());
    let secret = turn.control().key_of_link(text);
    match shown.state {
        ActivationState::Revoked => return Err(nothing()),
        ActivationState::Waiting => {
            let refused = Refused::new(Code::Conflict, format!("this link opens at {}", shown.opens));
            return Err(refused.hint("it makes a key on the day on which your first budget opens").into());
        }
        ActivationState::Expired => {
            let refused = Refused::new(Code::Gone, format!("this link was good until {}", shown.until));
            return Err(refused.hint("ask whoever gave it to you for another").into());
        }
        ActivationState::Used => {
            let key = known(snapshot.directory.key_by_id(id), "key", &id)?;
            if key.issued_at.saturating_add(REPEATABLE) <= now || key.revoked_at.is_some() {
                let refused = Refused::new(Code::Gone, format!("this link made its key at {}", key.issued_at));
                let hint = format!("if that was not you, tell whoever gave it to you: {id} has to be stopped");
                return Err(refused.hint(hint).into());
            }
        }
        ActivationState::Open => {
            turn.commit(&Event::KeyIssued(KeyIssue {
                key: id,
                hash: KeyHash(secret.hash()),
                person: link.person,
                agent: None,
                tool: None,
                project: None,
                allow: Scope::default(),
                requests_per_minute: None,
                expires: None,
                at: now,
            }))?;
        }
    }
    let key = crate::keys::shown(turn, id)?;
    let gateway = turn.control().gateway.read().clone();
    Ok(Activated { key: crate::shape::Key { key: Some(secret.reveal().to_owned()), ..key }, gateway })
}

impl Inner {
    fn activation(&self, snapshot: &Snapshot, id: ActivationId, now: Instant) -> Result<Activation, Error> {
        let link = self.admins.read().activations.links.get(&id).copied();
        let link = link.ok_or_else(|| Refused::new(Code::NotFound, format!("there is no activation {id}")))?;
        Ok(self.show_activation(snapshot, &link, now))
    }

    fn show_activation(&self, snapshot: &Snapshot, link: &Link, now: Instant) -> Activation {
        let whose = snapshot.directory.person(link.person);
        let opens = whose.map_or(link.made, |whose| opens(whose, link.made));
        let here = whose.is_some_and(|whose| !whose.has_left(now));
        let state = if snapshot.directory.key_by_id(KeyId::new(link.id.get())).is_some() {
            ActivationState::Used
        } else if !here || link.revoked.is_some() {
            ActivationState::Revoked
        } else if link.until <= now {
            ActivationState::Expired
        } else if now < opens {
            ActivationState::Waiting
        } else {
            ActivationState::Open
        };
        Activation {
            id: link.id,
            link: None,
            person: link.person,
            person_name: self.names.read().person_name(link.person),
            state,
            opens,
            until: link.until,
            made: link.made,
        }
    }

    /// The key that a link's secret makes here.
    fn key_of_link(&self, text: &str) -> Secret {
        Secret::of_bits(KEY_PREFIX, &self.keyed_hash(format!("first key\n{text}").as_bytes()).0)
    }

    pub(crate) fn pages_url(&self) -> String {
        self.pages.read().clone().unwrap_or_default()
    }
}

/// From when on a link of somebody makes a key: the first instant of the first grant that is not over; at once where
/// one is open or none waits.
fn opens(whose: &Person, made: Instant) -> Instant {
    let zones = &whose.zones;
    let coming = whose.grants.iter().filter(|grant| !grant.is_voided(made));
    let coming = coming.filter(|grant| grant.ends_at(zones).is_none_or(|ends| made < ends));
    coming.map(|grant| grant.zone.first_instant(grant.starts)).min().unwrap_or(made).max(made)
}

fn nothing() -> Error {
    Refused::new(Code::NotFound, "there is no such link").hint("ask whoever gave it to you for another").into()
}
