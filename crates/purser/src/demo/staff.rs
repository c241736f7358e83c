//! Hires the company: units, people, grants, budgets and keys, through the same services that an admin uses.

use std::future::Future;

use purser_control::shape::{NewGrant, NewKey, NewPerson, NewUnit, SetBudget};
use purser_control::{Control, Error};
use purser_core::id::{KeyId, PersonId};
use purser_core::time::Instant;
use purser_core::zone::Zone;
use tokio::task::JoinSet;

use super::company::{COMPANY_BUDGET, ROLES, RUNAWAY, UNITS};
use crate::failure::Failure;

/// Everybody, in the order of the company's list.
#[derive(Debug)]
pub(crate) struct Staff {
    /// By role.
    pub(crate) people: Vec<Hired>,
    /// The key of the agent that nobody watches, and its secret.
    pub(crate) runaway: (KeyId, String),
}

/// One of them.
#[derive(Clone, Debug)]
pub(crate) struct Hired {
    /// Who.
    pub(crate) person: PersonId,
    /// A secret for each of their works.
    pub(crate) keys: Vec<String>,
}

/// Hires everybody. Changes are made one at a time but wait for the disk together.
///
/// # Errors
/// The services refuse, or the disk fails.
pub(crate) async fn hire(control: &Control, now: Instant) -> Result<Staff, Failure> {
    for unit in UNITS {
        let new = NewUnit {
            name: unit.name.to_owned(),
            parent: unit.parent.map(str::to_owned),
            zone: unit.zone.to_owned(),
            cost_centre: None,
        };
        control.add_unit(None, new).await?;
    }
    let budgets = UNITS.iter().map(|unit| (unit.name, unit.budget)).chain([("company", COMPANY_BUDGET)]);
    let budgets = together(budgets.map(|(owner, amount)| {
        let control = control.clone();
        async move { control.set_budget(None, budget(owner.to_owned(), amount)).await }
    }));
    let people = together(ROLES.iter().enumerate().map(|(place, role)| {
        let control = control.clone();
        async move {
            let new = NewPerson {
                name: role.name(),
                zone: role.zone.to_owned(),
                unit: Some(role.unit.to_owned()),
                email: None,
            };
            let person = control.add_person(None, new).await?.id;
            // Nobody is new this month: a month's amount is a whole one.
            let monthly = role.grant.ends_with("/month").then(|| Zone::try_new(role.zone).ok()).flatten();
            let start = monthly.map(|zone| zone.date(now).first_of_month().to_string());
            let grant =
                NewGrant { person: person.to_string(), amount: role.grant.to_owned(), start, ..NewGrant::default() };
            control.add_grant(None, grant).await?;
            let mut keys = Vec::new();
            for work in role.work {
                keys.push(key(&control, person, work.agent).await?.1);
            }
            Ok((place, Hired { person, keys }))
        }
    }));
    let (budgets, people) = tokio::join!(budgets, people);
    budgets?;
    let mut people = people?;
    people.sort_unstable_by_key(|(place, _)| *place);
    let people: Vec<Hired> = people.into_iter().map(|(_, hired)| hired).collect();
    let owner = people.get(RUNAWAY.owner).map(|hired| hired.person);
    let owner = owner.ok_or_else(|| Failure::new("the unattended agent has no owner", "look at the company's list"))?;
    let runaway = key(control, owner, Some(RUNAWAY.agent)).await?;
    control.set_budget(None, budget(runaway.0.to_string(), RUNAWAY.budget)).await?;
    Ok(Staff { people, runaway })
}

async fn key(control: &Control, person: PersonId, agent: Option<&str>) -> Result<(KeyId, String), Error> {
    let new = NewKey {
        person: person.to_string(),
        agent: agent.map(str::to_owned),
        models: Vec::new(),
        providers: Vec::new(),
        tools: Vec::new(),
        tool: None,
        project: None,
        rpm: None,
        expires: None,
    };
    let made = control.add_key(None, new).await?;
    let secret = made.key.ok_or_else(|| Error::failed("a new key has no secret", "it was made before"))?;
    Ok((made.id, secret))
}

fn budget(owner: String, amount: &str) -> SetBudget {
    SetBudget { owner, tool: None, amount: amount.to_owned(), days: None }
}

/// Runs all at once; the first error ends it.
async fn together<T: Send + 'static>(
    all: impl Iterator<Item = impl Future<Output = Result<T, Error>> + Send + 'static>,
) -> Result<Vec<T>, Failure> {
    let mut running: JoinSet<_> = all.collect();
    let mut done = Vec::new();
    while let Some(joined) = running.join_next().await {
        done.push(joined.map_err(|error| Failure::from_error("a change ended in a panic", &error))??);
    }
    Ok(done)
}
