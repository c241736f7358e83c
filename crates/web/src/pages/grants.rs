//! One grant: the clause that promised it, what was set aside, each period, and the charges that it paid.

use askama::Template;
use axum::extract::Path;
use axum::response::Response;
use purser_control::shape::{Trace, TracedClause, TracedOffer};
use purser_control::{Permission, Problem};

use crate::ask::to;
use crate::frame::Frame;
use crate::say::{self, Markup, day, money, when};
use crate::visitor::Visitor;

/// Charges that are shown.
const CHARGES: usize = 25;

#[derive(Template)]
#[template(path = "grants/grant.html")]
struct GrantPage {
    frame: Frame,
    id: String,
    whose: Option<String>,
    amount: Markup,
    per: String,
    promise: Option<Promise>,
    enforced: Vec<(&'static str, Markup)>,
    commitments: Vec<(String, i16, Markup)>,
    sums: Vec<(&'static str, Markup)>,
    periods: Vec<Period>,
    charges: Vec<Paid>,
    checks: Vec<Check>,
    all_hold: bool,
    json: String,
}

struct Promise {
    /// The page of the offer, for whoever may see it.
    offer: Option<String>,
    number: String,
    guarantee: String,
    written: Option<String>,
    accepted: Option<Markup>,
    version: u32,
    starts: String,
    ends: Option<String>,
    guaranteed: bool,
}

struct Period {
    from: Markup,
    released: Markup,
    spent: Markup,
    left: Markup,
    charges: String,
}

struct Paid {
    at: Markup,
    model: String,
    amount: Markup,
    entry: u64,
}

struct Check {
    what: String,
    found: String,
    expected: String,
    holds: bool,
}

/// `GET /grants/{id}`
pub(crate) async fn show(visitor: Visitor, Path(id): Path<String>) -> Response {
    visitor.answer(look(&visitor, &id).await)
}

async fn look(visitor: &Visitor, id: &str) -> Result<GrantPage, Problem> {
    let address = to(&["trace", id]);
    let trace: Trace = visitor.ask.get(&address.clone().with("charges", CHARGES)).await?;
    let all_hold = trace.is_good();
    let Trace { person, person_name, offers, grants, checks, .. } = trace;
    let nothing = || Problem {
        code: purser_control::Code::NotFound,
        message: "this is no grant".to_owned(),
        hint: Some("your grants are listed under “My budget”".to_owned()),
    };
    let found = grants.into_iter().find(|grant| grant.grant.id.to_string() == id).ok_or_else(nothing)?;
    let (grant, sums, currency) = (&found.grant, &found.sums, &visitor.currency);
    let is_own = visitor.me.person.is_some() && visitor.me.person == person;
    let offer = offers.into_iter().find(|offer| Some(offer.id) == found.offer);
    let mut enforced = vec![
        ("From", day(grant.start, &visitor.zone)),
        ("Until", grant.end.map_or_else(|| Markup::new("open-ended"), |end| day(end, &visitor.zone))),
        ("Guaranteed", Markup::new(if grant.guaranteed { "yes: no later cut can eat it" } else { "no" })),
    ];
    if let Some(floor) = grant.floor {
        enforced.push(("Not cut below", money(floor, currency)));
    }
    Ok(GrantPage {
        frame: visitor.frame("A grant, to the last cent"),
        id: id.to_owned(),
        whose: person_name.filter(|_| !is_own),
        amount: money(grant.amount, currency),
        per: say::per(&grant.per, &grant.days),
        promise: offer.and_then(|offer| promise(offer, visitor)),
        enforced,
        commitments: found
            .commitments
            .iter()
            .map(|made| (made.pool_name.clone().unwrap_or_default(), made.year, money(made.amount, currency)))
            .collect(),
        sums: vec![
            ("Released so far", money(sums.released, currency)),
            ("Spent", money(sums.spent, currency)),
            ("Set aside for calls under way", money(sums.held, currency)),
            ("In doubt", money(sums.suspense, currency)),
            ("Left now", money(sums.left, currency)),
            ("Lapsed unused", money(sums.lapsed, currency)),
            ("Charges", Markup::new(say::count(sums.charges))),
        ],
        periods: found
            .periods
            .iter()
            .map(|period| Period {
                from: day(period.from, &visitor.zone),
                released: money(period.funds.limit, currency),
                spent: money(period.funds.posted, currency),
                left: money(period.funds.available, currency),
                charges: say::count(period.charges),
            })
            .collect(),
        charges: found
            .paid
            .iter()
            .map(|paid| Paid {
                at: when(paid.at, &visitor.zone, visitor.now),
                model: paid.model.clone(),
                amount: money(paid.amount, currency),
                entry: paid.entry,
            })
            .collect(),
        checks: checks
            .into_iter()
            .map(|check| Check { what: check.what, found: check.found, expected: check.expected, holds: check.holds })
            .collect(),
        all_hold,
        json: address.link().to_owned(),
    })
}

fn promise(offer: TracedOffer, visitor: &Visitor) -> Option<Promise> {
    let to_offer = visitor.may(Permission::OffersRead).then(|| format!("/offers/{}", offer.id));
    let TracedClause { number, guarantee, written, starts, ends, guaranteed, .. } = offer.clause?;
    Some(Promise {
        offer: to_offer,
        number,
        guarantee,
        written: written.amount().cloned(),
        accepted: offer.accepted.map(|at| day(at, &visitor.zone)),
        version: offer.version,
        starts,
        ends,
        guaranteed,
    })
}
