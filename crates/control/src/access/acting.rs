//! Who acts: on every change and in every entry of the audit trail.

use std::fmt;

use purser_core::id::{ActivationId, AdminKeyId, HookId, KeyId, LoginId, OfferLinkId, PersonId};
use purser_core::offer::Who;
use purser_core::time::Instant;
use serde::{Deserialize, Serialize};

use super::matrix::Permission;
use super::profile::Profile;
use super::role::GivenRole;
use super::within::Within;

/// Who does something. In the journal and in answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Actor {
    /// Purser itself: founding, jobs.
    Purser,
    /// Whoever may open the socket or the data folder.
    Local,
    /// Nobody who has shown who they are.
    Stranger,
    /// A script, by its key.
    Key(AdminKeyId),
    /// Somebody who signed in.
    Login(LoginId),
    /// Whoever had a link to make their first key.
    Activation(ActivationId),
    /// Whoever has a key that calls are made with: a tool that tells of its own usage, an agent that asks about its budget.
    CallKey(KeyId),
    /// Another system that tells of outcomes, by the secret of its hook.
    Hook(HookId),
    /// A candidate, by the link to their offer.
    OfferLink(OfferLinkId),
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Purser => f.write_str("purser"),
            Self::Local => f.write_str("local"),
            Self::Stranger => f.write_str("stranger"),
            Self::Key(key) => write!(f, "{key}"),
            Self::Login(login) => write!(f, "{login}"),
            Self::Activation(link) => write!(f, "{link}"),
            Self::CallKey(key) => write!(f, "{key}"),
            Self::Hook(hook) => write!(f, "{hook}"),
            Self::OfferLink(link) => write!(f, "{link}"),
        }
    }
}

/// Who acts, what they may, and what they say about it.
#[derive(Clone, Debug)]
pub(crate) struct Acting {
    /// Who.
    pub(crate) actor: Actor,
    /// The person that the actor is, where one is known.
    pub(crate) person: Option<PersonId>,
    /// What they may. Not looked at for [`Actor::Purser`] and [`Actor::Local`], who hold the files.
    pub(crate) roles: Vec<GivenRole>,
    /// The profile that holds.
    pub(crate) profile: Profile,
    /// The person for whom it is done.
    pub(crate) on_behalf_of: Option<PersonId>,
    /// Why.
    pub(crate) reason: Option<String>,
    /// What is done, in the word of the service; empty where nobody said.
    pub(crate) action: &'static str,
    /// What others who are away have lent them: their right to decide about requests for more money.
    pub(crate) lent: Vec<Lent>,
}

/// The roles of somebody who is away, for whom another one decides.
#[derive(Clone, Debug)]
pub(crate) struct Lent {
    /// Who is away.
    pub(crate) person: PersonId,
    /// What they may.
    pub(crate) roles: Vec<GivenRole>,
}

impl Acting {
    /// An actor with nothing said and no roles.
    pub(crate) fn new(actor: Actor, person: Option<PersonId>) -> Self {
        Self::with_roles(actor, person, Vec::new(), Profile::default())
    }

    /// An actor with roles, under the profile that holds, and nothing said.
    pub(crate) fn with_roles(actor: Actor, person: Option<PersonId>, roles: Vec<GivenRole>, profile: Profile) -> Self {
        Self { actor, person, roles, profile, on_behalf_of: None, reason: None, action: "", lent: Vec::new() }
    }

    /// Purser itself.
    pub(crate) fn purser() -> Self {
        Self::new(Actor::Purser, None)
    }

    /// Whoever may open the socket.
    pub(crate) fn local() -> Self {
        Self::new(Actor::Local, None)
    }

    /// Whoever has not signed in yet: may nothing.
    pub(crate) fn stranger() -> Self {
        Self::new(Actor::Stranger, None)
    }

    /// What a right of theirs covers at an instant.
    pub(crate) fn within(&self, permission: Permission, at: Instant) -> Within {
        match self.actor {
            // They hold the files in which all of it stands.
            Actor::Purser | Actor::Local => Within::Everything,
            Actor::Stranger | Actor::Activation(_) | Actor::CallKey(_) | Actor::Hook(_) | Actor::OfferLink(_) => {
                Within::NOTHING
            }
            Actor::Key(_) | Actor::Login(_) => {
                let own = Within::of(permission, self.profile, &self.roles, self.person, at);
                match permission {
                    // Nothing else is lent, and nothing of their own.
                    Permission::TopUpsRead | Permission::TopUpsDecide => self
                        .lent
                        .iter()
                        .fold(own, |all, lent| all.or(Within::of(permission, self.profile, &lent.roles, None, at))),
                    _ => own,
                }
            }
        }
    }

    /// Is it one who holds the files in which all of it stands?
    pub(crate) fn holds_the_files(&self) -> bool {
        matches!(self.actor, Actor::Purser | Actor::Local)
    }

    /// Who this is, for what the directory keeps beside what they did.
    pub(crate) fn who(&self) -> Who {
        let actor = self.actor.to_string().parse().expect("an actor is shown as a word or an id");
        Who { actor, person: self.person }
    }

    /// Are these two the same human being, as far as can be known?
    pub(crate) fn is(&self, other: &Party) -> bool {
        self.actor == other.actor || (self.person.is_some() && self.person == other.person)
    }

    /// Who this is, to be kept beside what they made.
    pub(crate) fn party(&self) -> Party {
        Party { actor: self.actor, person: self.person }
    }
}

/// Who made or approved something, kept so that nobody does both.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Party {
    /// The actor.
    pub actor: Actor,
    /// The person that the actor was, where one was known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<PersonId>,
}
