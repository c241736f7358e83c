//! Families, bands, policies, calendars and approval rules: shown, previewed, set.

use jiff::civil::Date;
use purser_core::calendar::{Cadence, Days};
use purser_core::directory::{Directory, Person};
use purser_core::event::{Event, RoleEvent};
use purser_core::grant::{Grant, GrantSource};
use purser_core::id::OfferId;
use purser_core::offer::Version;
use purser_core::package::Exact;
use purser_core::role::{Role, RoleChange, Roles, Subject, impact, presets};
use purser_core::time::Instant;

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

    /// What changes would do to open offers, to running grants that came from offers, and to people who came without one
    /// and whose role is known. Nothing is changed; the same function takes the changes in when they are made.
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
                let mut role = None;
                let (id, version) = match offer.accepted {
                    Some(accepted) => {
                        role = directory.role_of(accepted.person);
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
                    population.push(inner.subject(id, offer.id, version, role));
                }
            }
            population.extend(without_offer(directory, on, now));
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
    /// `role`: what theirs is by now, where somebody accepted it.
    fn subject(&self, id: String, offer: OfferId, version: &Version, role: Option<&Role>) -> Subject<String> {
        // Of an erased text the part of the salary is not known any more.
        let content = self.offer_content(offer, version.number).ok();
        let views = content.and_then(|content| content.package.token_views().ok().flatten());
        Subject {
            id,
            role: role.unwrap_or(&version.role).clone(),
            place: version.place.clone(),
            workday: version.tokens.as_deref().map(|terms| Exact::of(terms.workday)),
            of_base: views.and_then(|views| views.of_base),
        }
    }
}

/// People who are here and came without an offer, as what they were granted stands for each workday; in the order of their
/// ids. Those whose role nobody said are measured against nothing.
fn without_offer(directory: &Directory, on: Date, now: Instant) -> Vec<Subject<String>> {
    let here = directory.people().filter(|person| !person.has_left(now) && directory.accepted_by(person.id).is_none());
    let mut people: Vec<(&Person, &Role)> =
        here.filter_map(|person| Some((&**person, directory.role_of(person.id)?))).collect();
    people.sort_unstable_by_key(|(person, _)| person.id);
    let workdays = i64::from(directory.roles().workdays_per_year(None));
    let runs = |grant: &&Grant| {
        let is_ours = grant.source == GrantSource::Manual && !grant.is_voided(now);
        is_ours && grant.ends.is_none_or(|ends| ends > on)
    };
    let subject = |(person, role): (&Person, &Role)| {
        let grants = person.grants.iter().map(|grant| &**grant).filter(runs);
        let amounts = grants.filter_map(|grant| a_workday(grant, workdays));
        let workday = amounts.reduce(|all, one| all.checked_add(one).unwrap_or(all));
        Subject { id: person.id.to_string(), role: role.clone(), place: None, workday, of_base: None }
    };
    people.into_iter().map(subject).collect()
}

/// What a grant releases for each workday, by the workdays that a year counts; `None` of what comes once.
fn a_workday(grant: &Grant, workdays: i64) -> Option<Exact> {
    let amount = Exact::of(grant.amount);
    let in_a_year = match (grant.cadence, grant.days) {
        (Cadence::Day, Days::Workdays) => return Some(amount),
        (Cadence::Day, Days::All) => 365,
        (Cadence::Week, _) => 52,
        (Cadence::Month, _) => 12,
        (Cadence::Quarter, _) => 4,
        (Cadence::Year, _) => 1,
        (Cadence::Once, _) => return None,
    };
    amount.times(in_a_year)?.over(workdays)
}
