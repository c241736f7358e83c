//! `/me/runs`: one's runs of late, a page of them at a time.

use askama::Template;
use axum::response::Response;
use purser_control::Problem;
use purser_control::shape::{Page, Run};

use crate::ask::to;
use crate::drawer::Rows;
use crate::form::{Asked, Fields};
use crate::frame::Frame;
use crate::pages::runs::{self, RunLine};
use crate::say::{Markup, Pager};
use crate::visitor::Visitor;

/// Rows of a page.
const ROWS: usize = 25;
/// What may be looked back at, in days.
const RANGES: [(&str, u64); 4] = [("A day", 1), ("A week", 7), ("30 days", 30), ("A year", 365)];

#[derive(Template)]
#[template(path = "me/runs.html")]
struct Runs {
    frame: Frame,
    open: Rows,
    rows: Vec<RunLine>,
    ranges: Vec<(&'static str, u64, bool)>,
    pager: Pager,
    page_cost: Markup,
}

/// `GET /me/runs`
pub(crate) async fn show(visitor: Visitor, Asked(asked): Asked) -> Response {
    let mut open = Rows::of(&visitor.here);
    if let Some(id) = open.wanted() {
        open.show(runs::detail(&visitor, id, open.place(&visitor)).await);
    }
    visitor.answer_with(open.status(), look(&visitor, &asked, open).await)
}

async fn look(visitor: &Visitor, asked: &Fields, open: Rows) -> Result<Runs, Problem> {
    let person = visitor.own()?.id.to_string();
    let days = asked.text("days").parse().ok().filter(|days| RANGES.iter().any(|(_, range)| range == days));
    let days = days.unwrap_or(7);
    let since = visitor.now.saturating_sub(std::time::Duration::from_hours(24 * days));
    let all = to(&["runs"]).with("person", &person).with("since", since);
    let page: Page<Run> =
        visitor.ask.get(&all.clone().with("limit", ROWS).with_some("after", asked.some("after"))).await?;
    let cost = page.items.iter().fold(purser_core::money::Nano::default(), |sum, run| sum.saturating_add(run.charge));
    Ok(Runs {
        frame: visitor.frame("Your runs").having(super::done(asked.text("done"))).beside(&open),
        rows: page.items.iter().map(|run| RunLine::new(run, visitor)).collect(),
        ranges: RANGES.map(|(label, range)| (label, range, range == days)).to_vec(),
        pager: Pager::new("/me/runs", &[("days", days.to_string())], &page, asked.some("after").is_some(), all.link()),
        open,
        page_cost: crate::say::money(cost, &visitor.currency),
    })
}
