//! `/policies`: what is set, and what one change would do. What is tried stands in the address.

use askama::Template;
use axum::http::Method;
use axum::response::Response;
use purser_control::shape::{PreviewRoles, RolesImpact};
use purser_control::{Permission, Problem};
use purser_core::role::{ApprovalRule, Band, Family, FamilyTerms, Roles};

use super::what_if::{STATES, change};
use super::{policy, standing};
use crate::ask::to;
use crate::form::{Asked, Fields, Sent, Wrong};
use crate::frame::Frame;
use crate::say::{Markup, money};
use crate::visitor::{Visitor, see};

/// Offers and grants of a preview that are named.
const MOVED: usize = 100;

#[derive(Template)]
#[template(path = "policies/show.html")]
struct Policies {
    frame: Frame,
    families: Vec<FamilyRow>,
    places: Vec<(String, u16, usize, u32)>,
    approvals: Vec<(String, String)>,
    may_preview: bool,
    may_change: bool,
    preview: Option<Impact>,
    /// What stands in the form, to be sent again as a change.
    tried: Vec<(&'static str, String)>,
    states: Vec<(&'static str, &'static str, bool)>,
    filled: Fields,
    today: String,
    wrong: Option<Wrong>,
    json: String,
}

struct FamilyRow {
    name: String,
    title: String,
    state: &'static str,
    mark: &'static str,
    next: Option<(String, &'static str)>,
    bands: Vec<BandRow>,
    models: String,
    tools: String,
    outcomes: String,
}

struct BandRow {
    who: String,
    low: Markup,
    high: Markup,
    of_base: Option<String>,
    source: String,
}

struct Impact {
    looked_at: usize,
    moved: usize,
    rows: Vec<(String, Option<String>, &'static str, &'static str)>,
    after: Vec<(&'static str, usize)>,
}

/// `GET /policies`
pub(crate) async fn show(visitor: Visitor, Asked(asked): Asked) -> Response {
    visitor.answer(look(&visitor, asked, None).await)
}

async fn look(visitor: &Visitor, asked: Fields, wrong: Option<Wrong>) -> Result<Policies, Problem> {
    let address = to(&["roles"]);
    let roles: Roles = visitor.ask.get(&address).await?;
    let may_preview = visitor.may(Permission::RolesPreview);
    let (mut preview, mut wrong) = (None, wrong);
    if may_preview && wrong.is_none() {
        match change(&asked, &roles) {
            Some(Ok(change)) => {
                let ask = PreviewRoles { changes: vec![change], on: asked.some("since") };
                match visitor.ask.reckoned::<RolesImpact>(&to(&["roles", "preview"]), &ask).await {
                    Ok(found) => preview = Some(impact(found)),
                    Err(problem) => wrong = Some(Wrong::of(problem)),
                }
            }
            Some(Err(not)) => wrong = Some(not),
            None => {}
        }
    }
    let names = ["what", "family", "level", "place", "low", "high", "state", "since"];
    let today = visitor.zone.date(visitor.now);
    Ok(Policies {
        frame: visitor.frame("Policies and bands").having(match asked.text("done") {
            "set" => Some("The change is made: offers are measured by it from now on."),
            _ => None,
        }),
        families: roles.families.iter().map(|(name, terms)| family_row(name, terms, visitor)).collect(),
        places: roles
            .places
            .iter()
            .map(|(place, calendar)| {
                (place.to_string(), calendar.workdays_per_year, calendar.holidays.len(), calendar.version)
            })
            .collect(),
        approvals: roles.approvals.iter().map(|rule| approval(rule, visitor)).collect(),
        may_preview,
        may_change: visitor.may(Permission::RolesChange),
        preview,
        tried: names.into_iter().filter_map(|name| Some((name, asked.some(name)?))).collect(),
        states: STATES.map(|(word, label, _)| (word, label, word == asked.text("state"))).to_vec(),
        today: today.to_string(),
        filled: asked,
        wrong,
        json: address.link().to_owned(),
    })
}

fn family_row(name: &Family, terms: &FamilyTerms, visitor: &Visitor) -> FamilyRow {
    let today = visitor.zone.date(visitor.now);
    let (state, mark) = policy(terms.policy_on(today));
    let next = terms.policy.iter().find(|step| step.since > today);
    let all = |names: Vec<String>, every: &str| if names.is_empty() { every.to_owned() } else { names.join(", ") };
    FamilyRow {
        name: name.to_string(),
        title: if terms.title.is_empty() { name.to_string() } else { terms.title.clone() },
        state,
        mark,
        next: next.map(|step| (step.since.to_string(), policy(step.state).0)),
        bands: terms.bands.iter().map(|band| band_row(band, visitor)).collect(),
        models: all(terms.models.iter().map(ToString::to_string).collect(), "every model"),
        tools: all(terms.tools.iter().map(ToString::to_string).collect(), "every tool"),
        outcomes: all(terms.outcomes.clone(), "none"),
    }
}

fn band_row(band: &Band, visitor: &Visitor) -> BandRow {
    let who = match (band.level, &band.place) {
        (None, None) => "everybody".to_owned(),
        (Some(level), None) => level.to_string(),
        (None, Some(place)) => format!("everybody in {place}"),
        (Some(level), Some(place)) => format!("{level} in {place}"),
    };
    let of_base = match (band.low_of_base, band.high_of_base) {
        (None, None) => None,
        (low, high) => {
            let text =
                |part: Option<purser_core::package::Percent>| part.map_or("…".to_owned(), |part| part.to_string());
            Some(format!("{} to {} % of base", text(low), text(high)))
        }
    };
    BandRow {
        who,
        low: money(band.low, &visitor.currency),
        high: money(band.high, &visitor.currency),
        of_base,
        source: band.source.clone(),
    }
}

/// A rule of approval: whom it fits, and who approves.
fn approval(rule: &ApprovalRule, visitor: &Visitor) -> (String, String) {
    let mut parts = Vec::new();
    if !rule.standing.is_empty() {
        parts.push(rule.standing.iter().map(|one| standing(*one)).collect::<Vec<_>>().join(" or "));
    }
    if let Some(above) = rule.year_above {
        parts.push(format!("above {} {above} a year", visitor.currency.code()));
    }
    if rule.guaranteed {
        parts.push("guaranteed".to_owned());
    }
    let fits = if parts.is_empty() { "every offer".to_owned() } else { parts.join(", ") };
    let by: Vec<&str> = rule.by.iter().map(|duty| duty.word()).collect();
    (fits, by.join(" and "))
}

fn impact(found: RolesImpact) -> Impact {
    let rows = found.moved.iter().take(MOVED).map(|moved| {
        let grant = moved.id.starts_with(purser_core::id::GrantId::PREFIX);
        (moved.id.clone(), grant.then(|| moved.id.clone()), standing(moved.before), standing(moved.after))
    });
    Impact {
        looked_at: found.looked_at,
        moved: found.moved.len(),
        rows: rows.collect(),
        after: found.after.into_iter().map(|(one, count)| (standing(one), count)).collect(),
    }
}

/// `POST /policies`
pub(crate) async fn set(Sent { by, fields, once }: Sent) -> Response {
    if let Err(problem) = by.must(Permission::RolesChange) {
        return by.answer::<Policies>(Err(problem));
    }
    let address = to(&["roles"]);
    let set = match by.ask.get::<Roles>(&address).await.map_err(Wrong::of) {
        Ok(roles) => match change(&fields, &roles) {
            Some(Ok(change)) => {
                let made = by.ask.done::<Roles>(Method::POST, &address, &once, &change).await;
                made.map(|_| ()).map_err(Wrong::of)
            }
            Some(Err(wrong)) => Err(wrong),
            None => {
                let what = "say what is to be changed: a band or a policy";
                Err(Wrong::in_field("", what, axum::http::StatusCode::BAD_REQUEST))
            }
        },
        Err(wrong) => Err(wrong),
    };
    match set {
        Ok(()) => see("/policies?done=set"),
        Err(wrong) => {
            let status = wrong.status();
            by.answer_with(status, look(&by, fields, Some(wrong)).await)
        }
    }
}
