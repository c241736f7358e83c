//! `/pools`: all of them in one fiscal year; opening one, putting funds in, moving free ones.

use askama::Template;
use axum::http::{Method, StatusCode};
use axum::response::Response;
use purser_control::shape::{FundPool, Liability, NewPool, Page, Pool, TransferPool, Unit};
use purser_control::{Permission, Problem};
use purser_core::money::Nano;
use serde::Serialize;

use super::{YearLine, name, owner, year_line};
use crate::ask::{To, to};
use crate::form::{Asked, Fields, Sent, Wrong};
use crate::frame::Frame;
use crate::say::{Markup, Pager, money, percent};
use crate::visitor::{Visitor, see};

/// Rows of a page.
const ROWS: usize = 50;

#[derive(Template)]
#[template(path = "pools/list.html")]
struct PoolsPage {
    frame: Frame,
    year: i16,
    years: Vec<(i16, bool)>,
    totals: Totals,
    rows: Vec<Row>,
    pager: Pager,
    may_change: bool,
    /// Id and name of every pool on the page.
    pools: Vec<(String, String)>,
    units: Vec<(String, String)>,
    form: &'static str,
    wrong: Option<Wrong>,
    filled: Fields,
}

/// Sums over the pools of this page, and what was promised in the year.
struct Totals {
    free: Markup,
    funded: Markup,
    committed: Markup,
    committed_percent: u8,
    outstanding: Markup,
    unfunded: Option<Markup>,
}

struct Row {
    id: String,
    name: String,
    owner: String,
    year: Option<YearLine>,
    needed: Option<Markup>,
}

fn done(word: &str) -> Option<&'static str> {
    match word {
        "opened" => Some("The pool is open. Put funds in, and grants can be paid from it."),
        "funded" => Some("The pool's funds are changed."),
        "moved" => Some("The money is moved."),
        _ => None,
    }
}

/// `GET /pools`
pub(crate) async fn show(visitor: Visitor, Asked(asked): Asked) -> Response {
    visitor.answer(look(&visitor, &asked, "", None, Fields::default()).await)
}

async fn look(
    visitor: &Visitor,
    asked: &Fields,
    form: &'static str,
    wrong: Option<Wrong>,
    filled: Fields,
) -> Result<PoolsPage, Problem> {
    let ask = &visitor.ask;
    let all = to(&["pools"]);
    let page: Page<Pool> = ask.get(&all.clone().with("limit", ROWS).with_some("after", asked.some("after"))).await?;
    let wanted: Option<i16> = asked.text("year").parse().ok();
    let owed: Liability = ask.get(&to(&["pools", "liability"]).with("limit", 1).with_some("year", wanted)).await?;
    let year = owed.year;
    let may_change = visitor.may(Permission::PoolsChange);
    let mut units = Vec::new();
    if may_change {
        let all: Page<Unit> = ask.get(&to(&["units"])).await?;
        units = all.items.into_iter().filter_map(|unit| Some((unit.id.to_string(), unit.name?))).collect();
    }
    let amount = |nano: Nano| money(nano, &visitor.currency);
    let of_year = |pool: &Pool| pool.years.iter().find(|one| one.year == year).cloned();
    let shown: Vec<_> = page.items.iter().filter_map(of_year).collect();
    let sum = |of: fn(&purser_control::shape::PoolYear) -> Nano| {
        shown.iter().fold(Nano::ZERO, |sum, year| sum.saturating_add(of(year)))
    };
    let (funded, committed, free) = (sum(|year| year.funded), sum(|year| year.committed), sum(|year| year.free));
    Ok(PoolsPage {
        frame: visitor.frame("Pools").having(done(asked.text("done"))),
        year,
        years: years(&page.items, year),
        totals: Totals {
            free: amount(free),
            funded: amount(funded),
            committed: amount(committed),
            committed_percent: percent(committed, funded),
            outstanding: amount(owed.total.outstanding),
            unfunded: owed.unfunded.outstanding.is_positive().then(|| amount(owed.unfunded.outstanding)),
        },
        rows: page
            .items
            .iter()
            .map(|pool| Row {
                id: pool.id.to_string(),
                name: name(pool),
                owner: owner(pool),
                year: of_year(pool).map(|one| year_line(&one, visitor)),
                needed: (pool.next.year == year).then(|| amount(pool.next.needed)),
            })
            .collect(),
        pools: page.items.iter().map(|pool| (pool.id.to_string(), name(pool))).collect(),
        pager: Pager::new("/pools", &[("year", year.to_string())], &page, asked.some("after").is_some(), all.link()),
        may_change,
        units,
        form,
        wrong,
        filled,
    })
}

/// Years that some pool has, the next one that can be opened, and the one that is looked at.
fn years(pools: &[Pool], shown: i16) -> Vec<(i16, bool)> {
    let mut years: Vec<i16> =
        pools.iter().flat_map(|pool| pool.years.iter().map(|one| one.year).chain([pool.next.year])).collect();
    years.push(shown);
    years.sort_unstable();
    years.dedup();
    years.into_iter().map(|year| (year, year == shown)).collect()
}

/// `POST /pools`
pub(crate) async fn open(Sent { by, fields, once }: Sent) -> Response {
    let new = NewPool {
        name: fields.text("name").to_owned(),
        owner: fields.some("owner").unwrap_or_else(|| "company".to_owned()),
        manager: fields.some("manager"),
    };
    change(by, "open", &to(&["pools"]), &once, Ok(new), fields).await
}

/// `POST /pools/funds`
pub(crate) async fn fund(Sent { by, fields, once }: Sent) -> Response {
    let year = fields.text("year").parse().ok();
    let funds = amount(&fields, "funds").map(|amount| FundPool { amount, year });
    let address = to(&["pools", fields.text("pool"), "funds"]);
    change(by, "fund", &address, &once, funds, fields).await
}

/// `POST /pools/transfers`
pub(crate) async fn transfer(Sent { by, fields, once }: Sent) -> Response {
    let year = fields.text("year").parse().ok();
    let moved = amount(&fields, "amount");
    let moved = moved.map(|amount| TransferPool { to: fields.text("to").to_owned(), amount, year });
    let address = to(&["pools", fields.text("from"), "transfers"]);
    change(by, "transfer", &address, &once, moved, fields).await
}

fn amount(fields: &Fields, name: &'static str) -> Result<Nano, Wrong> {
    let text = fields.text(name).replace(',', "").replace('−', "-");
    let what = "an amount is a number, such as 2500 or 12.50";
    text.parse().map_err(|_| Wrong::in_field(name, what, StatusCode::BAD_REQUEST))
}

async fn change(
    by: Visitor,
    form: &'static str,
    address: &To,
    once: &str,
    body: Result<impl Serialize, Wrong>,
    fields: Fields,
) -> Response {
    if let Err(problem) = by.must(Permission::PoolsChange) {
        return by.answer::<PoolsPage>(Err(problem));
    }
    let changed = match body {
        Ok(body) => by.ask.done::<Pool>(Method::POST, address, once, &body).await.map_err(Wrong::of),
        Err(wrong) => Err(wrong),
    };
    match changed {
        Ok(_) => {
            let word = match form {
                "open" => "opened",
                "fund" => "funded",
                _ => "moved",
            };
            let year = fields.text("year").parse::<i16>().map(|year| format!("&year={year}")).unwrap_or_default();
            see(&format!("/pools?done={word}{year}"))
        }
        Err(mut wrong) => {
            wrong.field = match (form, wrong.field) {
                ("transfer", "amount") => "amount",
                ("fund", "amount" | "funds") => "funds",
                _ => "",
            };
            let status = wrong.status();
            by.answer_with(status, look(&by, &fields, form, Some(wrong), fields.clone()).await)
        }
    }
}
