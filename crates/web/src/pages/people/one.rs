//! `/people/{id}`: one of them: where they are, what they were granted, when they are away, who leads them.

use askama::Template;
use axum::extract::Path;
use axum::response::Response;
use purser_control::shape::{Absence, Alarm, Balance, Grant, Login, Mandate, Page, Person, Unit};
use purser_control::{Permission, Problem, Role};
use purser_core::id::UnitId;

use super::list::name;
use super::role;
use crate::ask::{escape, to};
use crate::drawer::{Detail, Place};
use crate::form::Asked;
use crate::say::{Markup, day, money, per, percent, when};
use crate::visitor::Visitor;

/// Leaders that are named.
const LEADERS_MAX: usize = 5;
/// Units above one, more than any company has.
const DEPTH_MAX: usize = 64;

#[derive(Template)]
#[template(path = "people/detail.html")]
struct PersonDetail {
    place: Place,
    id: String,
    active: bool,
    left: Option<(Markup, Markup, u8)>,
    resets: Option<Markup>,
    facts: Vec<(&'static str, Markup)>,
    grants: Vec<Row>,
    absences: Vec<Away>,
    role: Option<Markup>,
    alarms: usize,
    may_see_usage: bool,
    json: String,
}

struct Row {
    id: String,
    amount: Markup,
    per: String,
    share: String,
    guaranteed: bool,
    pool: Option<String>,
    start: Markup,
    end: Option<Markup>,
    away_since: Option<String>,
    state: &'static str,
    mark: &'static str,
}

struct Away {
    from: String,
    until: String,
    delegate: String,
    now: bool,
}

/// `GET /people/{id}`
pub(crate) async fn show(visitor: Visitor, Path(id): Path<String>, Asked(asked): Asked) -> Response {
    let found = detail(&visitor, &id, Place::page(&visitor, "")).await;
    visitor.answer(found.map(|detail| detail.page(&visitor, done(asked.text("done")))))
}

/// What was just done.
pub(super) fn done(word: &str) -> Option<&'static str> {
    match word {
        "role" => Some("The role is what you said; it counts from now on."),
        _ => None,
    }
}

/// What there is to know of a person.
///
/// # Errors
/// What the API says.
pub(super) async fn detail(visitor: &Visitor, id: &str, place: Place) -> Result<Detail, Problem> {
    let ask = &visitor.ask;
    let asked = to(&["people", id]);
    let person: Person = ask.get(&asked).await?;
    let id = person.id.to_string();
    let of = |what: &str| to(&[what]).with("person", &id);
    let grants: Page<Grant> = ask.get(&of("grants")).await?;
    let balances: Page<Balance> = ask.get(&of("balances")).await?;
    let alarms: Page<Alarm> = ask.get(&of("alarms").with("limit", 1)).await?;
    let absences = match ask.get::<Page<Absence>>(&to(&["absences"])).await {
        Ok(all) => all.items.into_iter().filter(|absence| absence.person == person.id).collect(),
        Err(_) => Vec::new(),
    };
    let balance = balances.items.first();
    let grants: Vec<Row> = grants.items.iter().map(|grant| row(grant, visitor)).collect();
    let body = PersonDetail {
        role: role::form(visitor, &person, place.hidden("role"), place.heading).await?,
        place,
        active: person.active,
        left: balance.map(|balance| {
            let gone = balance.funds.limit.saturating_sub(balance.funds.available);
            let used = percent(gone, balance.funds.limit);
            (money(balance.spendable, &visitor.currency), money(balance.funds.limit, &visitor.currency), used)
        }),
        resets: balance.and_then(|balance| balance.resets_at).map(|at| when(at, &visitor.zone, visitor.now)),
        facts: facts(&person, &grants, &leaders(visitor, &person).await?, visitor),
        absences: absences.into_iter().map(away).collect(),
        alarms: alarms.total,
        may_see_usage: visitor.may(Permission::UsageRead),
        json: asked.link().to_owned(),
        grants,
        id,
    };
    Detail::try_new(name(&person), Some(address(&body.id)), &body)
}

fn facts(person: &Person, grants: &[Row], leaders: &[String], visitor: &Visitor) -> Vec<(&'static str, Markup)> {
    let text = |text: &str| Markup::new(crate::say::escaped(text));
    let mut facts = vec![("Unit", text(person.unit_name.as_deref().unwrap_or("none")))];
    if let Some((unit, at)) = person.next_unit_name.as_deref().zip(person.moves) {
        facts.push(("Moves", Markup::new(format!("to {} on {}", text(unit), day(at, &visitor.zone)))));
    }
    if let Some(said) = &person.role {
        facts.push(("Role", role::fact(said, visitor)));
    }
    if !leaders.is_empty() {
        facts.push(("Led by", text(&leaders.join(", "))));
    }
    facts.push(("Time zone", text(&person.zone)));
    if let Some(email) = &person.email {
        facts.push(("Mail address", text(email)));
    }
    let mut shares: Vec<&str> =
        grants.iter().filter(|grant| grant.mark == "good").map(|grant| grant.share.as_str()).collect();
    shares.dedup();
    if !shares.is_empty() {
        facts.push(("Working share", text(&shares.join(", "))));
    }
    if let Some(since) = grants.iter().find_map(|grant| grant.away_since.as_deref()) {
        facts.push(("On leave", text(&format!("since {since}"))));
    }
    facts
}

fn row(grant: &Grant, visitor: &Visitor) -> Row {
    let (state, mark) = if grant.voided.is_some() {
        ("voided", "bad")
    } else if grant.end.is_some_and(|end| end <= visitor.now) {
        ("over", "")
    } else if grant.start > visitor.now {
        ("to come", "")
    } else if grant.away_since.is_some() {
        ("on leave", "warn")
    } else {
        ("running", "good")
    };
    Row {
        id: grant.id.to_string(),
        amount: money(grant.amount, &visitor.currency),
        per: per(&grant.per, &grant.days),
        share: grant.share.clone(),
        guaranteed: grant.guaranteed,
        pool: grant.pool_name.clone(),
        start: day(grant.start, &visitor.zone),
        end: grant.end.map(|end| day(end, &visitor.zone)),
        away_since: grant.away_since.clone(),
        state,
        mark,
    }
}

fn away(absence: Absence) -> Away {
    Away {
        from: absence.from,
        until: absence.until,
        delegate: absence.delegate_name.unwrap_or_else(|| absence.delegate.to_string()),
        now: absence.away_now,
    }
}

/// Who leads the unit that somebody is in, or one above it: by roles for whoever may read those, else by mandates.
async fn leaders(visitor: &Visitor, person: &Person) -> Result<Vec<String>, Problem> {
    let ask = &visitor.ask;
    let Some(unit) = person.unit else { return Ok(Vec::new()) };
    let units: Page<Unit> = ask.get(&to(&["units"])).await?;
    let above = above(unit, &units.items);
    let mut names = Vec::new();
    if visitor.may(Permission::AccessRead) {
        let logins: Page<Login> = ask.get(&to(&["logins"])).await?;
        let leads = |login: &&Login| {
            let given = login.roles.iter().filter(|given| given.role == Role::Manager);
            login.active && given.filter_map(|given| given.unit).any(|unit| above.contains(&unit))
        };
        for login in logins.items.iter().filter(leads).take(LEADERS_MAX) {
            let Some(id) = login.person.filter(|id| *id != person.id) else { continue };
            let leader: Person = ask.get(&to(&["people", &id.to_string()])).await?;
            names.push(name(&leader));
        }
    } else if visitor.may(Permission::MandatesRead) {
        let mandates: Page<Mandate> = ask.get(&to(&["mandates"])).await?;
        let lead = mandates.items.into_iter().filter(|mandate| mandate.active && above.contains(&mandate.unit));
        let others = lead.filter(|mandate| mandate.manager != person.id).take(LEADERS_MAX);
        names.extend(others.map(|mandate| mandate.manager_name.unwrap_or_else(|| mandate.manager.to_string())));
    }
    Ok(names)
}

/// A unit and those above it, the nearest first.
fn above(unit: UnitId, units: &[Unit]) -> Vec<UnitId> {
    let mut found = vec![unit];
    for _ in 0..DEPTH_MAX {
        let last = found.last().copied();
        let parent = units.iter().find(|unit| Some(unit.id) == last).and_then(|unit| unit.parent);
        let Some(parent) = parent else { break };
        found.push(parent);
    }
    found
}

/// Where somebody's page is.
pub(crate) fn address(id: &str) -> String {
    let mut address = "/people/".to_owned();
    escape(id, &mut address);
    address
}
