//! Who may use the control API: keys for scripts and administrators, logins, and rules for two persons set aside.

use std::collections::BTreeMap;

use jiff::civil::Date;
use purser_core::event::KeyHash;
use purser_core::id::{
    ActivationId, AdminKeyId, BreakGlassId, LoginId, NoteId, OutcomeId, PersonId, RunId, StopId, TopUpId,
};
use purser_core::money::Nano;
use purser_core::time::Instant;
use purser_store::Labelled;
use serde::{Deserialize, Serialize};

use crate::access::{Acting, Actor, GivenRole, Party, Role, given_roles};
use crate::activations::Activations;
use crate::alarms::{AlarmEvent, Alarms};
use crate::bills::{BillBook, BillEvent};
use crate::boards::{BoardEvent, Boards};
use crate::change::{CommandName, Turn};
use crate::control::{AdminLabels, Control, stored};
use crate::costs::CostEvent;
use crate::error::{Code, Error, Refused};
use crate::offers::{OfferLinkEvent, OfferLinks};
use crate::outcomes::{Hooks, Logged, OutcomeEvent};
use crate::pages::{Part, unrefused};
use crate::privacy::{Privacy, PrivacyEvent};
use crate::secret::{self, ADMIN_KEY_PREFIX, Secret};
use crate::shape::{AdminKey, BreakGlass, List, NewAdminKey, Page};
use crate::statements::{ClosedPeriod, ClosedPeriods};
use crate::stops::StopParties;
use crate::top_ups::FirstForm;
use crate::trips::Confirmations;

/// What the journal says about administration, in a form of its own: it is no part of the directory, because nothing
/// about money depends on it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum AdminEvent {
    /// A key was made.
    KeyIssued {
        /// Its id.
        key: AdminKeyId,
        /// SHA-256 of its secret.
        hash: KeyHash,
        /// What it may. Left out for an administrator's, as it was before there were roles.
        #[serde(default = "administrator", skip_serializing_if = "is_administrator")]
        roles: Vec<GivenRole>,
        /// The person for whom it works.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        person: Option<PersonId>,
        /// When.
        at: Instant,
    },
    /// A key stops working.
    KeyRevoked {
        /// Which.
        key: AdminKeyId,
        /// When.
        at: Instant,
    },
    /// Somebody may sign in.
    LoginAdded {
        /// Its id.
        login: LoginId,
        /// The person that they are.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        person: Option<PersonId>,
        /// What they may.
        roles: Vec<GivenRole>,
        /// When.
        at: Instant,
    },
    /// Somebody has other roles.
    LoginRolesSet {
        /// Who.
        login: LoginId,
        /// What they may now.
        roles: Vec<GivenRole>,
        /// When.
        at: Instant,
    },
    /// Somebody may sign in no longer, or again.
    LoginActiveSet {
        /// Who.
        login: LoginId,
        /// May they?
        active: bool,
        /// When.
        at: Instant,
    },
    /// A rule for two persons was asked to be set aside.
    GlassAsked {
        /// Its id.
        glass: BreakGlassId,
        /// For which action.
        action: String,
        /// On which thing.
        target: String,
        /// Who asked.
        by: Party,
        /// From when on it may be used.
        usable: Instant,
        /// Until when.
        until: Instant,
        /// When.
        at: Instant,
    },
    /// It was set aside.
    GlassUsed {
        /// Which.
        glass: BreakGlassId,
        /// When.
        at: Instant,
    },
    /// Somebody may make their first key by a link. That it was used shows in the directory: there is the key then.
    ActivationMade {
        /// Its id, and its key's.
        activation: ActivationId,
        /// SHA-256 of the link's secret.
        hash: KeyHash,
        /// Who.
        person: PersonId,
        /// From when on no longer.
        until: Instant,
        /// When.
        at: Instant,
    },
    /// Who placed a stop. The stop itself is an event of the directory, right behind.
    StopPlaced {
        /// Which.
        stop: StopId,
        /// Who.
        by: Party,
        /// When.
        at: Instant,
    },
    /// Who said that a run is still watched over.
    RunConfirmed {
        /// Which.
        run: RunId,
        /// Who.
        by: Party,
        /// When.
        at: Instant,
    },
    /// One of two persons who it takes to lift a stop of the whole company.
    StopLiftAsked {
        /// Which.
        stop: StopId,
        /// Who.
        by: Party,
        /// When.
        at: Instant,
    },
    /// Somebody's agent asked for more money, in the form of before there were events of the directory for it. Why stands
    /// where it can be erased.
    TopUpAsked {
        /// Its id, and its grant's once there is one.
        top_up: TopUpId,
        /// Who asked, for themselves.
        by: Party,
        /// How much.
        amount: Nano,
        /// The last day on which it may be spent, where the person is.
        until: Date,
        /// When.
        at: Instant,
    },
    /// Somebody else decided about it. That it was granted shows in the directory: there is the grant then.
    TopUpDecided {
        /// Which.
        top_up: TopUpId,
        /// Who.
        by: Party,
        /// Was it granted?
        granted: bool,
        /// When.
        at: Instant,
    },
    /// Somebody's agent says what was achieved, in the form of before outcomes stood where they can be erased.
    OutcomeLogged {
        /// Its id.
        outcome: OutcomeId,
        /// Who says so, of themselves.
        by: Party,
        /// What kind of thing.
        kind: String,
        /// How many of them.
        count: u64,
        /// What they are worth together, where that is known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        value: Option<Nano>,
        /// In which run.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        run: Option<RunId>,
        /// When.
        at: Instant,
    },
    /// Hooks by which other systems tell of outcomes, and who may see what came of whose tokens.
    Outcomes(OutcomeEvent),
    /// What people cost was set.
    Costs(CostEvent),
    /// Something about alarms.
    Alarm(AlarmEvent),
    /// The profile or the retention of what is personal was set.
    Privacy(PrivacyEvent),
    /// A month was closed, and the statements of it were kept.
    PeriodClosed(ClosedPeriod),
    /// Something about a provider's bill.
    Bill(BillEvent),
    /// Something about boards.
    Board(BoardEvent),
    /// Something about links by which candidates look at their offers.
    OfferLink(OfferLinkEvent),
    /// The link works no longer.
    ActivationRevoked {
        /// Which.
        activation: ActivationId,
        /// When.
        at: Instant,
    },
}

fn administrator() -> Vec<GivenRole> {
    vec![GivenRole::of(Role::Admin)]
}

fn is_administrator(roles: &[GivenRole]) -> bool {
    roles == [GivenRole::of(Role::Admin)]
}

impl AdminEvent {
    /// The bytes for the journal.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("an event of texts and ids can be written as JSON")
    }

    /// An event from the journal's bytes.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(bytes)
    }
}

/// Somebody who may sign in, as far as the journal knows them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct KnownLogin {
    /// The person that they are.
    pub(crate) person: Option<PersonId>,
    /// What they may.
    pub(crate) roles: Vec<GivenRole>,
    /// May they sign in?
    pub(crate) active: bool,
    /// Since when there is the login.
    pub(crate) made: Instant,
}

/// The keys in force, the logins, the rules set aside.
#[derive(Debug, Default)]
pub(crate) struct Admins {
    /// Profile and retention.
    pub(crate) privacy: Privacy,
    /// Alarms, what mutes them, and their rules.
    pub(crate) alarms: Alarms,
    keys: BTreeMap<AdminKeyId, (KeyHash, AdminKey)>,
    /// Ended ones included.
    logins: BTreeMap<LoginId, KnownLogin>,
    glasses: BTreeMap<BreakGlassId, BreakGlass>,
    /// Links by which people make their first keys.
    pub(crate) activations: Activations,
    /// Who placed the stops in force.
    pub(crate) stops: StopParties,
    /// Who said last that runs are watched over.
    pub(crate) confirmed: Confirmations,
    /// Requests for more money of the first form.
    pub(crate) top_ups: FirstForm,
    /// What was achieved, as older versions had it in the journal, until it is moved to where it can be erased.
    pub(crate) outcomes: Logged,
    /// By which other systems tell of what was achieved.
    pub(crate) hooks: Hooks,
    /// Who is on boards.
    pub(crate) boards: Boards,
    /// Links by which candidates look at their offers, and what they asked.
    pub(crate) offer_links: OfferLinks,
    /// Where the tables of costs are kept; the last one is in force.
    pub(crate) costs: Vec<NoteId>,
    /// Months that were closed.
    pub(crate) periods: ClosedPeriods,
    /// What providers say that was used and what it costs.
    pub(crate) bills: BillBook,
    /// Was there ever an administrator? Setup does not open again when the last is gone: the socket is left.
    any_ever: bool,
    /// What keys are for. Labels are written by people, so they are kept where they can be erased.
    labels: AdminLabels,
}

impl Admins {
    /// Takes an event in.
    pub(crate) fn apply(&mut self, event: &AdminEvent) {
        match event {
            AdminEvent::KeyIssued { key, hash, roles, person, at } => {
                let label = self.labels.get(key).cloned();
                let (roles, person) = (roles.clone(), *person);
                self.any_ever |= is_admin(&roles);
                let shown = AdminKey { id: *key, key: None, label, roles, person, login: None, made: *at };
                self.keys.insert(*key, (*hash, shown));
            }
            AdminEvent::KeyRevoked { key, .. } => {
                self.keys.remove(key);
            }
            AdminEvent::LoginAdded { login, person, roles, at } => {
                self.any_ever |= is_admin(roles);
                let known = KnownLogin { person: *person, roles: roles.clone(), active: true, made: *at };
                self.logins.insert(*login, known);
            }
            AdminEvent::LoginRolesSet { login, roles, .. } => {
                self.any_ever |= is_admin(roles);
                if let Some(known) = self.logins.get_mut(login) {
                    known.roles.clone_from(roles);
                }
            }
            AdminEvent::LoginActiveSet { login, active, .. } => {
                if let Some(known) = self.logins.get_mut(login) {
                    known.active = *active;
                }
            }
            AdminEvent::GlassAsked { glass, action, target, by, usable, until, at } => {
                let asked = BreakGlass {
                    id: *glass,
                    action: action.clone(),
                    target: target.clone(),
                    by: *by,
                    at: *at,
                    usable: *usable,
                    until: *until,
                    used: None,
                };
                self.glasses.insert(*glass, asked);
            }
            AdminEvent::GlassUsed { glass, at } => {
                if let Some(glass) = self.glasses.get_mut(glass) {
                    glass.used = Some(*at);
                }
            }
            AdminEvent::ActivationMade { activation, hash, person, until, at } => {
                self.activations.made(*activation, *hash, *person, *at..*until);
            }
            AdminEvent::StopPlaced { stop, by, .. } => self.stops.placed(*stop, *by),
            AdminEvent::StopLiftAsked { stop, by, .. } => self.stops.lift_asked(*stop, *by),
            AdminEvent::RunConfirmed { run, by, at } => self.confirmed.said(*run, *by, *at),
            // What was granted is in the directory; nothing is kept of it but the trail.
            AdminEvent::TopUpDecided { .. } => {}
            AdminEvent::TopUpAsked { top_up, by, .. } => self.top_ups.asked(*top_up, by.person),
            AdminEvent::OutcomeLogged { outcome, by, kind, count, value, run, at } => {
                self.outcomes.logged(*outcome, *by, kind, *count, *value, *run, *at);
            }
            AdminEvent::Outcomes(event) => self.hooks.apply(event),
            AdminEvent::Costs(CostEvent::TableSet { table, .. }) => self.costs.push(*table),
            AdminEvent::Alarm(event) => self.alarms.apply(event),
            AdminEvent::Privacy(event) => self.privacy.apply(event),
            AdminEvent::PeriodClosed(closed) => self.periods.closed(closed),
            AdminEvent::Bill(event) => self.bills.apply(event),
            AdminEvent::Board(event) => self.boards.apply(event),
            AdminEvent::OfferLink(event) => self.offer_links.apply(event),
            AdminEvent::ActivationRevoked { activation, at } => self.activations.revoked(*activation, *at),
        }
    }

    /// Takes labels in.
    pub(crate) fn name(&mut self, labels: AdminLabels) {
        for (id, label) in labels {
            if let Some((_, key)) = self.keys.get_mut(&id) {
                key.label = Some(label.clone());
            }
            self.labels.insert(id, label);
        }
    }

    /// Was there ever an administrator?
    pub(crate) fn any_ever(&self) -> bool {
        self.any_ever
    }

    /// What a key is for.
    pub(crate) fn label(&self, key: AdminKeyId) -> Option<String> {
        self.labels.get(&key).cloned()
    }

    /// Somebody who may or might sign in.
    pub(crate) fn login(&self, login: LoginId) -> Option<&KnownLogin> {
        self.logins.get(&login)
    }

    /// The keys for scripts that are somebody's, as far as they are in force.
    pub(crate) fn keys_of(&self, person: PersonId) -> impl Iterator<Item = AdminKeyId> {
        self.keys.iter().filter(move |(_, (_, key))| key.person == Some(person)).map(|(id, _)| *id)
    }

    /// What somebody may, with every login and key of theirs that is in force.
    pub(crate) fn roles_of(&self, person: PersonId) -> Vec<GivenRole> {
        let logins = self.logins.values().filter(|known| known.active && known.person == Some(person));
        let keys = self.keys.values().filter(|(_, key)| key.person == Some(person)).map(|(_, key)| &key.roles);
        let mut roles: Vec<GivenRole> = logins.map(|known| &known.roles).chain(keys).flatten().copied().collect();
        roles.sort_unstable();
        roles.dedup();
        roles
    }

    /// All of them, oldest first.
    pub(crate) fn logins(&self) -> impl Iterator<Item = (LoginId, &KnownLogin)> {
        self.logins.iter().map(|(id, known)| (*id, known))
    }

    /// Rules asked to be set aside, oldest first.
    pub(crate) fn glasses(&self) -> impl Iterator<Item = &BreakGlass> {
        self.glasses.values()
    }

    /// The key of this secret's hash, in force. There are few; comparing all of them tells nothing by its timing,
    /// because what is compared is a hash that the asker can't choose.
    fn by_hash(&self, hash: &KeyHash) -> Option<&AdminKey> {
        self.keys.values().find(|(known, _)| known == hash).map(|(_, key)| key)
    }
}

fn is_admin(roles: &[GivenRole]) -> bool {
    roles.iter().any(|given| given.role == Role::Admin)
}

impl Control {
    /// Whoever has this key in force.
    pub(crate) fn acting_by_key(&self, text: &str) -> Option<Acting> {
        if !text.starts_with(ADMIN_KEY_PREFIX) {
            return None;
        }
        let admins = self.inner.admins.read();
        let key = admins.by_hash(&KeyHash(secret::hash(text)))?;
        Some(Acting::with_roles(Actor::Key(key.id), key.person, key.roles.clone(), admins.privacy.profile))
    }

    /// The keys in force, oldest first, never their secrets.
    pub fn admin_keys(&self) -> List<AdminKey> {
        unrefused(self.admin_keys_page(&Part::ALL))
    }

    /// The same in pages.
    pub(crate) fn admin_keys_page(&self, part: &Part) -> Result<Page<AdminKey>, Error> {
        let admins = self.inner.admins.read();
        let keys: Vec<_> = admins.keys.values().map(|(_, key)| key).collect();
        part.of(&keys, |key| key.id.to_string(), |key| Ok(AdminKey::clone(key)))
    }

    /// Makes a key; its secret is in the answer, once.
    ///
    /// # Errors
    /// A label that is empty or too long, roles that can't be, no random bits, or the journal.
    pub async fn add_admin_key(&self, name: Option<CommandName>, new: NewAdminKey) -> Result<AdminKey, Error> {
        self.change(name, move |turn| {
            let (control, snapshot) = (turn.control(), turn.snapshot());
            let person = new.person.as_deref().map(|who| control.find_person(&snapshot, who)).transpose()?;
            let roles = if new.roles.is_empty() {
                administrator()
            } else {
                given_roles(control, &snapshot, &new.roles, person)?
            };
            issue(turn, &new.label, roles, person)
        })
        .await
    }

    /// Stops a key at once.
    ///
    /// # Errors
    /// No such key is in force, or the journal.
    pub async fn revoke_admin_key(&self, name: Option<CommandName>, id: &str) -> Result<AdminKey, Error> {
        let id: AdminKeyId = id.trim().parse().map_err(|error: purser_core::id::IdError| {
            Refused::new(Code::Invalid, error.to_string()).hint("`purser admin-key list` shows the ids")
        })?;
        self.change(name, move |turn| {
            let known = turn.control().admins.read().keys.get(&id).map(|(_, key)| key.clone());
            let key = known
                .ok_or_else(|| Refused::new(Code::NotFound, format!("no administrator's key {id} is in force")))?;
            turn.commit_admin(&AdminEvent::KeyRevoked { key: id, at: turn.now })?;
            Ok(key)
        })
        .await
    }
}

/// Makes an administrator's key within a change.
pub(crate) fn issue_first(turn: &mut Turn<'_>, label: &str) -> Result<AdminKey, Error> {
    issue(turn, label, administrator(), None)
}

fn issue(turn: &mut Turn<'_>, label: &str, roles: Vec<GivenRole>, person: Option<PersonId>) -> Result<AdminKey, Error> {
    let label = crate::people::checked_name("label", label)?;
    let id = AdminKeyId::new(turn.command.get());
    if let Some((_, known)) = turn.control().admins.read().keys.get(&id) {
        let same = known.label.as_deref() == Some(&label) && known.roles == roles && known.person == person;
        return if same { Ok(known.clone()) } else { Err(crate::change::reused()) };
    }
    let secret = Secret::generate(ADMIN_KEY_PREFIX, &*turn.control().random)?;
    turn.control().private.put_label(Labelled::Key, id.get(), &label).map_err(stored)?;
    turn.control().admins.write().name([(id, label.clone())].into());
    let event =
        AdminEvent::KeyIssued { key: id, hash: KeyHash(secret.hash()), roles: roles.clone(), person, at: turn.now };
    turn.commit_admin(&event)?;
    let key = Some(secret.reveal().to_owned());
    Ok(AdminKey { id, key, label: Some(label), roles, person, login: None, made: turn.now })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_from_before_there_were_roles_is_an_administrators_and_is_written_as_it_was() {
        let hash = "ab".repeat(32);
        let id = AdminKeyId::new(7);
        let old = format!(r#"{{"key_issued":{{"key":"{id}","hash":"{hash}","at":"2026-11-24T12:00:00Z"}}}}"#);
        let event = AdminEvent::from_bytes(old.as_bytes()).unwrap();
        let mut admins = Admins::default();
        admins.apply(&event);
        assert_eq!(admins.keys[&id].1.roles, administrator());
        assert!(admins.any_ever());
        assert_eq!(String::from_utf8(event.to_bytes()).unwrap(), old);
    }
}
