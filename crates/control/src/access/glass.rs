//! Setting a rule for two persons aside ("breaking the glass") where there is one administrator.

use std::time::Duration;

use purser_core::id::BreakGlassId;

use super::acting::Actor;
use super::role::Role;
use crate::admins::{AdminEvent, Admins};
use crate::audit;
use crate::change::{CommandName, Turn, reused};
use crate::control::Control;
use crate::error::{Code, Error, Refused};
use crate::pages::{Part, unrefused};
use crate::shape::{BreakGlass, List, NewBreakGlass, Page};

/// From asking until it may be used: long enough that whoever reads the trail once a day sees it first.
const DELAY: Duration = Duration::from_hours(24);
/// How long it may be used then.
const USABLE: Duration = Duration::from_hours(24);
/// The longest word of an action.
const ACTION_MAX: usize = 40;

impl Control {
    /// What was asked to be set aside, oldest first.
    pub fn break_glasses(&self) -> List<BreakGlass> {
        unrefused(self.break_glasses_page(&Part::ALL))
    }

    /// The same in pages.
    pub(crate) fn break_glasses_page(&self, part: &Part) -> Result<Page<BreakGlass>, Error> {
        let admins = self.inner.admins.read();
        let glasses: Vec<_> = admins.glasses().collect();
        part.of(&glasses, |glass| glass.id.to_string(), |glass| Ok(BreakGlass::clone(glass)))
    }

    /// Asks for a rule to be set aside, for one action on one thing.
    ///
    /// # Errors
    /// A second administrator could do it, an action or id that can't be, no reason, or the journal.
    pub async fn break_glass(&self, name: Option<CommandName>, new: NewBreakGlass) -> Result<BreakGlass, Error> {
        let mut acting = (*self.acting).clone();
        acting.reason = Some(crate::people::checked_name("reason", &new.reason)?);
        self.on_behalf(acting)
            .change(name, move |turn| {
                let invalid = |message: &str| Err(Refused::new(Code::Invalid, message).into());
                let worded = |byte: u8| byte.is_ascii_lowercase() || byte == b'_';
                if new.action.is_empty() || new.action.len() > ACTION_MAX || !new.action.bytes().all(worded) {
                    return invalid("an action is a word such as set_login_roles");
                }
                if audit::id(new.target.as_bytes()).is_none() {
                    return invalid("the thing is named by its id");
                }
                let glass = BreakGlassId::new(turn.command.get());
                let known = turn.control().admins.read().glasses().find(|known| known.id == glass).cloned();
                if let Some(known) = known {
                    let same = known.action == new.action && known.target == new.target;
                    return if same { Ok(known) } else { Err(reused()) };
                }
                if administrators(&turn.control().admins.read()) > 1 {
                    turn.audit_denied("break_glass", &new.target, Code::SelfApproval)?;
                    return Err(Refused::new(Code::SelfApproval, "there is another administrator who can do it")
                        .hint("ask them; this is for a Purser with one administrator")
                        .into());
                }
                let usable = turn.now.saturating_add(DELAY);
                let event = AdminEvent::GlassAsked {
                    glass,
                    action: new.action.clone(),
                    target: new.target.clone(),
                    by: turn.acting().party(),
                    usable,
                    until: usable.saturating_add(USABLE),
                    at: turn.now,
                };
                turn.commit_admin(&event)?;
                let asked = turn.control().admins.read().glasses().find(|known| known.id == glass).cloned();
                asked.ok_or_else(|| Error::failed("what was asked is not there", "no such glass"))
            })
            .await
    }
}

/// Is the rule set aside for this action of whoever acts now? Uses it up.
pub(super) fn broken(turn: &mut Turn<'_>, action: &str, target: &str) -> Result<bool, Error> {
    let found = {
        let admins = turn.control().admins.read();
        let fits = |glass: &&BreakGlass| {
            glass.action == action
                && glass.target == target
                && glass.used.is_none()
                && (glass.usable..glass.until).contains(&turn.now)
                && turn.acting().is(&glass.by)
        };
        // Whoever could be asked meanwhile is asked.
        if administrators(&admins) > 1 { None } else { admins.glasses().find(fits).map(|glass| glass.id) }
    };
    let Some(glass) = found else { return Ok(false) };
    turn.commit_admin(&AdminEvent::GlassUsed { glass, at: turn.now })?;
    Ok(true)
}

/// People who may administer: logins that are active. Keys are somebody's scripts, the socket is the machine's.
fn administrators(admins: &Admins) -> usize {
    let admin = |roles: &[super::GivenRole]| roles.iter().any(|given| given.role == Role::Admin);
    let mut people: Vec<Actor> = Vec::new();
    for (id, login) in admins.logins().filter(|(_, login)| login.active && admin(&login.roles)) {
        // Two logins of one person are one person.
        let same = |other: &Actor| {
            let Actor::Login(other) = other else { return false };
            login.person.is_some() && admins.login(*other).is_some_and(|other| other.person == login.person)
        };
        if !people.iter().any(same) {
            people.push(Actor::Login(id));
        }
    }
    people.len()
}
