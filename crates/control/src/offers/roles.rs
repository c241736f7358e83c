//! Families, bands, policies, calendars and approval rules: shown, previewed, set.

use purser_core::event::{Event, RoleEvent};
use purser_core::grant::GrantSource;
use purser_core::offer::Version;
use purser_core::package::Exact;
use purser_core::role::{RoleChange, Roles, Subject, impact, presets};

use super::look::company_day;
use crate::change::CommandName;
use crate::control::{Control, Inner};
use crate::dates;
use crate::error::{Code, Error, Refused};
use crate::shape::{PreviewRoles, RolesImpact, RolesMoved};

impl Control {
    /// Everything that is set about roles.
    pub fn roles(&self) -> Roles {
        Roles::clone(self.snapshot().directory.roles())
    }

    /// What changes would do to open offers and to running grants that came from offers. Nothing is changed; the same
    /// function takes the changes in when they are made.
    ///
    /// # Errors
    /// A change that makes no sense, or a day that is none.
    pub async fn preview_roles(&self, preview: PreviewRoles) -> Result<RolesImpact, Error> {
        let now = self.inner.clock.now();
        self.look(move |inner, snapshot| {
            let directory = &snapshot.directory;
            let on = preview.on.as_deref().map_or_else(|| Ok(company_day(directory, now)), dates::day)?;
            let mut population: Vec<Subject<String>> = Vec::new();
            let mut offers: Vec<_> = directory.offers().collect();
            offers.sort_unstable_by_key(|offer| offer.id);
            for offer in offers {
                let (id, version) = match offer.accepted {
                    Some(accepted) => {
                        let running = accepted.grant.and_then(|grant| directory.grant(grant)).filter(|grant| {
                            let is_ours = grant.source == GrantSource::Offer(offer.id) && !grant.is_voided(now);
                            is_ours && grant.ends.is_none_or(|ends| ends > on)
                        });
                        (running.map(|grant| grant.id.to_string()), offer.version(accepted.version))
                    }
                    None if offer.state.is_ended() => (None, None),
                    None => (Some(offer.id.to_string()), offer.latest()),
                };
                if let Some((id, version)) = id.zip(version) {
                    population.push(inner.subject(id, offer.id, version));
                }
            }
            let told = impact(directory.roles(), &preview.changes, on, &population)
                .map_err(|error| Refused::new(Code::Invalid, error.to_string()))?;
            let moved = told.moved.into_iter().map(|it| RolesMoved { id: it.id, before: it.before, after: it.after });
            Ok(RolesImpact { moved: moved.collect(), after: told.after, looked_at: told.looked_at })
        })
        .await
    }

    /// Makes a change of roles.
    ///
    /// # Errors
    /// It makes no sense, or the journal.
    pub async fn set_role(&self, name: Option<CommandName>, change: RoleChange) -> Result<Roles, Error> {
        self.change(name, move |turn| {
            let roles = Roles::clone(turn.snapshot().directory.roles());
            let mut after = roles.clone();
            after.apply(&change).map_err(|error| Refused::new(Code::Invalid, error.to_string()))?;
            if after != roles {
                turn.commit(&Event::Role(RoleEvent { change, at: turn.now }))?;
            }
            Ok(after)
        })
        .await
    }

    /// Sets the families, bands, calendars and approval rules that a company starts with, where it has none of that
    /// name yet.
    ///
    /// # Errors
    /// The journal.
    pub async fn adopt_role_presets(&self, name: Option<CommandName>) -> Result<Roles, Error> {
        self.change(name, move |turn| {
            let known = Roles::clone(turn.snapshot().directory.roles());
            let preset = presets();
            let families = preset.families.into_iter().filter(|(family, _)| !known.families.contains_key(family));
            let places = preset.places.into_iter().filter(|(place, _)| !known.places.contains_key(place));
            let rules = known.approvals.is_empty().then_some(RoleChange::Approvals { rules: preset.approvals });
            let changes = families
                .map(|(family, terms)| RoleChange::Family { family, terms })
                .chain(places.map(|(place, calendar)| RoleChange::Place { place, calendar }))
                .chain(rules);
            let now = turn.now;
            let events: Vec<Event> = changes.map(|change| Event::Role(RoleEvent { change, at: now })).collect();
            super::commit(turn, events)?;
            Ok(Roles::clone(turn.snapshot().directory.roles()))
        })
        .await
    }
}

impl Inner {
    fn subject(&self, id: String, offer: purser_core::id::OfferId, version: &Version) -> Subject<String> {
        // Of an erased text the part of the salary is not known any more.
        let content = self.offer_content(offer, version.number).ok();
        let views = content.and_then(|content| content.package.token_views().ok().flatten());
        Subject {
            id,
            role: version.role.clone(),
            place: version.place.clone(),
            workday: version.tokens.as_deref().map(|terms| Exact::of(terms.workday)),
            of_base: views.and_then(|views| views.of_base),
        }
    }
}
