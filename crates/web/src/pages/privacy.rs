//! `/privacy`: which profile holds, who looked at one's own data, how long what is kept.

use askama::Template;
use axum::http::{Method, StatusCode};
use axum::response::Response;
use purser_control::shape::{Look, LookPage, PrivacySettings, Retention, SetProfile};
use purser_control::{Permission, Problem, Profile};

use crate::ask::to;
use crate::form::{Asked, Fields, Sent, Wrong};
use crate::frame::Frame;
use crate::say::{Markup, when};
use crate::visitor::{Visitor, see};

/// What is kept for a time: the field of the form, what it is, and what is gone afterwards.
const KEPT: [(&str, &str, &str); 5] = [
    ("left_people", "Names and mail addresses of those who left", "nothing leads from an id to a human being any more"),
    ("outcome_links", "Where outcomes can be looked at", "an outcome counts, and leads nowhere"),
    ("denials", "Calls that were refused, by person and minute", "how often what was refused is not known any more"),
    ("looks", "Who looked at whose data", "nobody knows who looked then"),
    ("reasons", "Why somebody did something, as they wrote it", "the trail has the change without its reason"),
];

/// Looks that are shown; all of them are a click away.
const LOOKS: usize = 50;

#[derive(Template)]
#[template(path = "privacy/show.html")]
struct Privacy {
    frame: Frame,
    council: bool,
    since: Option<Markup>,
    kept: Vec<Kept>,
    candidates: Option<u16>,
    may_change: bool,
    /// For somebody with a purse.
    looks: Option<Vec<Looked>>,
    more_looks: bool,
    wrong: Option<Wrong>,
    json: String,
}

struct Kept {
    field: &'static str,
    what: &'static str,
    after: &'static str,
    months: Option<u16>,
    typed: String,
}

struct Looked {
    day: String,
    who: String,
    roles: String,
    what: String,
    in_a_list: bool,
    times: u64,
    last: Markup,
}

/// `GET /privacy`
pub(crate) async fn show(visitor: Visitor, Asked(asked): Asked) -> Response {
    visitor.answer(look(&visitor, asked.text("done"), &Fields::default(), None).await)
}

async fn look(visitor: &Visitor, done: &str, filled: &Fields, wrong: Option<Wrong>) -> Result<Privacy, Problem> {
    let address = to(&["privacy"]);
    let settings: PrivacySettings = visitor.ask.get(&address).await?;
    let (mut looks, mut more_looks) = (None, false);
    if visitor.me.person.is_some() {
        let page: LookPage = visitor.ask.get(&to(&["me", "looks"])).await?;
        more_looks = page.items.len() > LOOKS;
        looks = Some(page.items.into_iter().take(LOOKS).map(|look| looked(look, visitor)).collect());
    }
    let Retention { left_people, outcome_links, denials, looks: looks_kept, reasons } = settings.retention;
    let kept = KEPT.into_iter().zip([left_people, outcome_links, denials, looks_kept, reasons]).map(
        |((field, what, after), months)| Kept {
            field,
            what,
            after,
            months,
            typed: filled.some(field).or_else(|| months.map(|months| months.to_string())).unwrap_or_default(),
        },
    );
    Ok(Privacy {
        frame: visitor.frame("Privacy").having(match done {
            "profile" => Some("The profile holds from now on, in every answer of the API and on every page."),
            "kept" => Some("What is older is forgotten with the next sweep."),
            _ => None,
        }),
        council: settings.profile == Profile::WorksCouncil,
        since: settings.since.map(|at| when(at, &visitor.zone, visitor.now)),
        kept: kept.collect(),
        candidates: settings.candidate_months,
        may_change: visitor.may(Permission::PrivacyChange),
        looks,
        more_looks,
        wrong,
        json: address.link().to_owned(),
    })
}

fn looked(look: Look, visitor: &Visitor) -> Looked {
    Looked {
        day: look.day.to_string(),
        who: look.name.unwrap_or(look.actor),
        roles: look.roles.join(", "),
        what: look.what,
        in_a_list: look.person.is_none(),
        times: look.times,
        last: when(look.last, &visitor.zone, visitor.now),
    }
}

/// `POST /privacy/profile`
pub(crate) async fn set_profile(Sent { by, fields, once }: Sent) -> Response {
    if let Err(problem) = by.must(Permission::PrivacyChange) {
        return by.answer::<Privacy>(Err(problem));
    }
    let profile = match fields.text("profile") {
        "works-council" => Ok(Profile::WorksCouncil),
        "standard" => Ok(Profile::Standard),
        _ => Err(Wrong::in_field("", "say which profile is to hold", StatusCode::BAD_REQUEST)),
    };
    let set = match profile {
        Ok(profile) => {
            let address = to(&["privacy", "profile"]);
            let set = by.ask.done::<PrivacySettings>(Method::PUT, &address, &once, &SetProfile { profile }).await;
            set.map_err(Wrong::of)
        }
        Err(wrong) => Err(wrong),
    };
    answer(&by, "profile", set, &fields).await
}

/// `POST /privacy/retention`
pub(crate) async fn set_retention(Sent { by, fields, once }: Sent) -> Response {
    if let Err(problem) = by.must(Permission::PrivacyChange) {
        return by.answer::<Privacy>(Err(problem));
    }
    let set = match retention(&fields) {
        Ok(retention) => {
            let address = to(&["privacy", "retention"]);
            by.ask.done::<PrivacySettings>(Method::PUT, &address, &once, &retention).await.map_err(Wrong::of)
        }
        Err(wrong) => Err(wrong),
    };
    answer(&by, "kept", set, &fields).await
}

fn retention(fields: &Fields) -> Result<Retention, Wrong> {
    let months = |(field, ..): (&'static str, &str, &str)| {
        let what = "this is a number of months; empty where it is kept for good";
        let months = fields.some(field).map(|text| text.parse::<u16>());
        months.transpose().map_err(|_| Wrong::in_field(field, what, StatusCode::BAD_REQUEST))
    };
    let [left, links, denials, looks, reasons] = KEPT;
    Ok(Retention {
        left_people: months(left)?,
        outcome_links: months(links)?,
        denials: months(denials)?,
        looks: months(looks)?,
        reasons: months(reasons)?,
    })
}

async fn answer(by: &Visitor, word: &'static str, set: Result<PrivacySettings, Wrong>, fields: &Fields) -> Response {
    match set {
        Ok(_) => see(&format!("/privacy?done={word}")),
        Err(wrong) => {
            let status = wrong.status();
            by.answer_with(status, look(by, "", fields, Some(wrong)).await)
        }
    }
}
