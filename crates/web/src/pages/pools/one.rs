//! `/pools/{id}`: one of them, year by year, and what is set aside from it for whom.

use askama::Template;
use axum::extract::Path;
use axum::response::Response;
use purser_control::Problem;
use purser_control::shape::{PoolCommitment, PoolDetail};

use super::{YearLine, name, owner, year_line};
use crate::ask::{escape, to};
use crate::form::Asked;
use crate::frame::Frame;
use crate::say::{Markup, money};
use crate::visitor::Visitor;

/// Rows of a page.
const ROWS: usize = 50;

#[derive(Template)]
#[template(path = "pools/one.html")]
struct One {
    frame: Frame,
    owner: String,
    years: Vec<YearLine>,
    next: (i16, Markup),
    rows: Vec<Row>,
    first: Option<String>,
    more: Option<String>,
    json: String,
}

struct Row {
    year: i16,
    who: String,
    person: String,
    grant: Option<String>,
    offer: Option<String>,
    amount: Option<Markup>,
    accounted: bool,
}

/// `GET /pools/{id}`
pub(crate) async fn show(visitor: Visitor, Path(id): Path<String>, Asked(asked): Asked) -> Response {
    visitor.answer(look(&visitor, &id, asked.some("after")).await)
}

async fn look(visitor: &Visitor, id: &str, after: Option<String>) -> Result<One, Problem> {
    let address = to(&["pools", id]);
    let some = address.clone().with("limit", ROWS).with_some("after", after.as_ref());
    let PoolDetail { pool, commitments, next } = visitor.ask.get(&some).await?;
    let mut own = "/pools/".to_owned();
    escape(&pool.id.to_string(), &mut own);
    let more = next.map(|next| {
        let mut more = format!("{own}?after=");
        escape(&next, &mut more);
        more
    });
    Ok(One {
        frame: visitor.frame(&name(&pool)),
        owner: owner(&pool),
        years: pool.years.iter().map(|year| year_line(year, visitor)).collect(),
        next: (pool.next.year, money(pool.next.needed, &visitor.currency)),
        rows: commitments.into_iter().map(|commitment| row(commitment, visitor)).collect(),
        first: after.map(|_| own),
        more,
        json: address.link().to_owned(),
    })
}

fn row(commitment: PoolCommitment, visitor: &Visitor) -> Row {
    let amount = commitment.amount.amount().copied();
    Row {
        year: commitment.year,
        who: commitment.person_name.unwrap_or_else(|| commitment.person.to_string()),
        person: commitment.person.to_string(),
        grant: commitment.grant.map(|grant| grant.to_string()),
        offer: commitment.offer.map(|offer| offer.to_string()),
        amount: amount.map(|amount| money(amount, &visitor.currency)),
        accounted: commitment.accounted,
    }
}
