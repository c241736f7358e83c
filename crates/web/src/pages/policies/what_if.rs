//! One change of roles, as a form has it.

use axum::http::StatusCode;
use jiff::civil::Date;
use purser_core::money::Nano;
use purser_core::role::{Band, Family, FamilyTerms, Level, Place, PolicyState, PolicyStep, RoleChange, Roles};

use crate::form::{Fields, Wrong};

/// What may be asked of offers: words of addresses and of people.
pub(super) const STATES: [(&str, &str, PolicyState); 3] = [
    ("experiment", "are tried out", PolicyState::Experiment),
    ("standard", "are usual: an offer without one is asked about", PolicyState::Standard),
    ("required", "are required: no offer goes out without one", PolicyState::Required),
];

/// The change that somebody asks about; none where the address says nothing.
pub(super) fn change(fields: &Fields, is: &Roles) -> Option<Result<RoleChange, Wrong>> {
    match fields.text("what") {
        "band" => Some(band(fields, is)),
        "policy" => Some(policy(fields)),
        _ => None,
    }
}

fn wrong(field: &'static str, what: &str) -> Wrong {
    Wrong::in_field(field, what, StatusCode::BAD_REQUEST)
}

fn family(fields: &Fields) -> Result<Family, Wrong> {
    fields.text("family").parse().map_err(|error: purser_core::role::NameError| wrong("family", &error.to_string()))
}

fn amount(fields: &Fields, name: &'static str) -> Result<Nano, Wrong> {
    let text = fields.text(name).replace(',', "");
    text.parse().map_err(|_| wrong(name, "an amount is a number, such as 25 or 12.50"))
}

/// The family's terms with one band anew. Its policy stays, and is no part of them.
fn band(fields: &Fields, is: &Roles) -> Result<RoleChange, Wrong> {
    let family = family(fields)?;
    let known: Option<&FamilyTerms> = is.families.get(&family);
    let known = known.ok_or_else(|| wrong("family", "there is no such family; `purser role set` makes one"))?;
    let level: Option<Level> = fields
        .some("level")
        .map(|text| text.parse())
        .transpose()
        .map_err(|error: purser_core::role::NameError| wrong("level", &error.to_string()))?;
    let place: Option<Place> = fields
        .some("place")
        .map(|text| text.parse())
        .transpose()
        .map_err(|error: purser_core::role::NameError| wrong("place", &error.to_string()))?;
    let (low, high) = (amount(fields, "low")?, amount(fields, "high")?);
    let mut terms = FamilyTerms { policy: Vec::new(), ..known.clone() };
    if let Some(band) = terms.bands.iter_mut().find(|band| band.level == level && band.place == place) {
        (band.low, band.high) = (low, high);
    } else {
        let source = "set on the page of policies".to_owned();
        terms.bands.push(Band { level, place, low, high, low_of_base: None, high_of_base: None, source });
    }
    Ok(RoleChange::Family { family, terms })
}

fn policy(fields: &Fields) -> Result<RoleChange, Wrong> {
    let state = STATES.into_iter().find(|(word, ..)| *word == fields.text("state"));
    let (.., state) = state.ok_or_else(|| wrong("state", "say what is asked of offers"))?;
    let since: Date = fields.text("since").parse().map_err(|_| wrong("since", "a day is written like 2027-01-31"))?;
    Ok(RoleChange::Policy { family: family(fields)?, step: PolicyStep { since, state } })
}
