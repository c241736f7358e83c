//! Routes that are open to rights over one's own things or a unit's: each keeps to what the caller's right covers.

use std::sync::Arc;

use purser_core::id::PersonId;

use super::answer::Answer;
use super::ask::{Body, Command, Id, Query, State};
use crate::access::{Within, forbidden};
use crate::error::Error;
use crate::pages::Part;
use crate::shape::{
    Balance, Budget, Burning, ChangeGrant, ChargePage, DenialPage, Flag, GiveOfGrant, Grant, GrantChange, Key,
    LastMinutes, List, NewKey, NewStop, ObservedPage, OfPage, Overview, Page, Person, RecordObserved, Run, RunTimeline,
    RunTree, Stop, Taken, UsageHistory, UsageRow, WantedFlags, WantedObserved, WantedPeople, WantedRuns,
    WantedUsageHistory,
};
use crate::usage::{By, OfPerson, Wanted};
use crate::{Control, names};

/// The person that a list is asked about, when one is named.
fn named(control: &Control, within: &Within, of: OfPerson) -> Result<(Option<String>, Part), Error> {
    let person = of.person.map(|who| control.covered_person(within, &who)).transpose()?;
    Ok((person.map(|person| person.to_string()), Part::new(of.limit, of.after)))
}

pub(super) async fn people(
    State(control): State<Control>,
    within: Within,
    Query(wanted): Query<WantedPeople>,
) -> Answer<Page<Person>> {
    let part = Part::new(wanted.limit, wanted.after.clone());
    Answer(control.people_page(&within, &wanted, &part))
}

pub(super) async fn person(State(control): State<Control>, within: Within, Id(id): Id) -> Answer<Person> {
    let found = control.covered_person(&within, &id);
    Answer(found.and_then(|person| control.person(&person.to_string())))
}

pub(super) async fn budgets(
    State(control): State<Control>,
    within: Within,
    Query(of): Query<OfPage>,
) -> Answer<Page<Budget>> {
    Answer(control.budgets_page(&within, &of.into()))
}

pub(super) async fn grants(
    State(control): State<Control>,
    within: Within,
    Query(of): Query<OfPerson>,
) -> Answer<Page<Grant>> {
    let asked = named(&control, &within, of);
    Answer(asked.and_then(|(person, part)| control.grants_page(&within, person.as_deref(), &part)))
}

pub(super) async fn keys(
    State(control): State<Control>,
    within: Within,
    Query(of): Query<OfPage>,
) -> Answer<Page<Key>> {
    Answer(control.keys_page(&within, &of.into()))
}

pub(super) async fn add_key(
    State(control): State<Control>,
    within: Within,
    command: Command,
    Body(mut new): Body<NewKey>,
) -> Answer<Key> {
    if !within.is_everything() {
        match control.covered_person(&within, &new.person) {
            Ok(person) => new.person = person.to_string(),
            Err(error) => return Answer(Err(error)),
        }
    }
    Answer(control.add_key(command.into(), new).await)
}

pub(super) async fn revoke_key(
    State(control): State<Control>,
    within: Within,
    command: Command,
    Id(id): Id,
) -> Answer<Key> {
    if !within.is_everything() {
        let snapshot = control.snapshot();
        let key = names::key_id(&id).ok().and_then(|id| snapshot.directory.key_by_id(id));
        if !key.is_some_and(|key| within.person(&snapshot.directory, key.person)) {
            return Answer(Err(forbidden("no key that you may revoke is called that")));
        }
    }
    Answer(control.revoke_key(command.into(), &id).await)
}

pub(super) async fn stops(State(control): State<Control>, within: Within) -> Answer<List<Stop>> {
    Answer(control.stops(&within).await)
}

pub(super) async fn place_stop(
    State(control): State<Control>,
    within: Within,
    command: Command,
    Body(new): Body<NewStop>,
) -> Answer<Stop> {
    Answer(control.place_stop(command.into(), within, new).await)
}

pub(super) async fn lift_stop(
    State(control): State<Control>,
    within: Within,
    command: Command,
    Id(id): Id,
) -> Answer<Stop> {
    Answer(control.lift_stop(command.into(), within, &id).await)
}

pub(super) async fn flags(
    State(control): State<Control>,
    within: Within,
    Query(wanted): Query<WantedFlags>,
) -> Answer<Page<Flag>> {
    Answer(control.flags(within, wanted).await)
}

pub(super) async fn runs(
    State(control): State<Control>,
    within: Within,
    Query(wanted): Query<WantedRuns>,
) -> Answer<Page<Run>> {
    Answer(control.runs(within, wanted).await)
}

pub(super) async fn burning(
    State(control): State<Control>,
    within: Within,
    Query(of): Query<LastMinutes>,
) -> Answer<Burning> {
    Answer(control.burning(within, of).await)
}

pub(super) async fn run(State(control): State<Control>, within: Within, Id(id): Id) -> Answer<RunTree> {
    Answer(control.run(within, &id).await)
}

pub(super) async fn run_timeline(State(control): State<Control>, within: Within, Id(id): Id) -> Answer<RunTimeline> {
    Answer(control.run_timeline(within, &id).await)
}

pub(super) async fn confirm_run(
    State(control): State<Control>,
    within: Within,
    command: Command,
    Id(id): Id,
) -> Answer<RunTree> {
    Answer(control.confirm_run(command.into(), within, &id).await)
}

/// Whoever gives of their own has agreed to it.
pub(super) async fn give(
    State(control): State<Control>,
    within: Within,
    command: Command,
    Id(id): Id,
    Body(gift): Body<GiveOfGrant>,
) -> Answer<Grant> {
    let snapshot = control.snapshot();
    let grant = id.trim().parse().ok().and_then(|id| snapshot.directory.grant(id));
    if !grant.is_some_and(|grant| within.person(&snapshot.directory, grant.person)) && !within.is_everything() {
        return Answer(Err(forbidden("no grant that you may give of is called that")));
    }
    let GiveOfGrant { to, amount, preview } = gift;
    let agreed = !within.is_everything();
    let change = ChangeGrant { change: GrantChange::Give { to, amount }, preview, agreed };
    Answer(control.change_grant(command.into(), &id, change).await)
}

pub(super) async fn balances(
    State(control): State<Control>,
    within: Within,
    Query(of): Query<OfPerson>,
) -> Answer<Page<Balance>> {
    let asked = named(&control, &within, of);
    Answer(asked.and_then(|(person, part)| control.balances_page(&within, person.as_deref(), &part)))
}

pub(super) async fn usage_history(
    State(control): State<Control>,
    within: Within,
    Query(mut wanted): Query<WantedUsageHistory>,
) -> Answer<UsageHistory> {
    match control.covered_question(&within, wanted.person) {
        Ok(person) => wanted.person = person,
        Err(error) => return Answer(Err(error)),
    }
    Answer(control.usage_history(wanted).await)
}

pub(super) async fn usage_rows(
    State(control): State<Control>,
    within: Within,
    Query(mut wanted): Query<Wanted>,
) -> Answer<Overview> {
    let part = Part::new(wanted.limit, wanted.after.take());
    // One row a person is what whoever sees some people can be given without naming one.
    let by_person = wanted.person.is_none() && wanted.by == Some(By::Person) && !within.is_everything();
    if !by_person {
        match control.covered_question(&within, wanted.person) {
            Ok(person) => wanted.person = person,
            Err(error) => return Answer(Err(error)),
        }
        // Of one person where the right is over some.
        return Answer(control.usage_page(wanted, (|_| true, |_| true), part).await);
    }
    let snapshot = control.snapshot();
    let (all, right) = (Arc::clone(&snapshot), within.clone());
    let covered = move |row: &UsageRow| {
        let person = row.key.parse::<PersonId>();
        person.is_ok_and(|person| within.person(&snapshot.directory, person))
    };
    let is_covered = move |person| right.person(&all.directory, person);
    Answer(control.usage_page(wanted, (covered, is_covered), part).await)
}

pub(super) async fn observed(
    State(control): State<Control>,
    within: Within,
    Query(wanted): Query<WantedObserved>,
) -> Answer<ObservedPage> {
    if let Some(who) = &wanted.person
        && let Err(error) = control.covered_person(&within, who)
    {
        return Answer(Err(error));
    }
    Answer(control.observed_page(within, wanted).await)
}

pub(super) async fn record_observed(
    State(control): State<Control>,
    within: Within,
    Body(record): Body<RecordObserved>,
) -> Answer<Taken> {
    Answer(match control.covered_person(&within, &record.person) {
        Ok(person) => control.record_observed(person, record).await,
        Err(error) => Err(error),
    })
}

pub(super) async fn charges(
    State(control): State<Control>,
    within: Within,
    Query(wanted): Query<Wanted>,
) -> Answer<ChargePage> {
    Answer(match control.covered_question(&within, wanted.person.clone()) {
        Ok(person) => control.charges(Wanted { person, ..wanted }).await,
        Err(error) => Err(error),
    })
}

pub(super) async fn denials(
    State(control): State<Control>,
    within: Within,
    Query(wanted): Query<Wanted>,
) -> Answer<DenialPage> {
    Answer(match control.covered_question(&within, wanted.person.clone()) {
        Ok(person) => control.denials(Wanted { person, ..wanted }).await,
        Err(error) => Err(error),
    })
}
