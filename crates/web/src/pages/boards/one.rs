//! `/boards/{id}`: one month's board: places and figures under names that are nobody's.

use askama::Template;
use axum::extract::Path;
use axum::response::Response;
use purser_control::Problem;
use purser_control::shape::Board;
use purser_core::board::Why;

use super::{figure, label};
use crate::ask::{escape, to};
use crate::form::Asked;
use crate::frame::Frame;
use crate::say::{Markup, when};
use crate::visitor::Visitor;

/// Rows of a page.
const ROWS: usize = 50;

#[derive(Template)]
#[template(path = "boards/one.html")]
struct One {
    frame: Frame,
    month: String,
    counted: Markup,
    figure: &'static str,
    hidden: bool,
    rows: Vec<(usize, String, String, bool)>,
    you: Option<(String, Option<&'static str>)>,
    total: usize,
    more: Option<String>,
    json: String,
}

/// `GET /boards/{id}`
pub(crate) async fn show(visitor: Visitor, Path(id): Path<String>, Asked(asked): Asked) -> Response {
    visitor.answer(look(&visitor, &id, asked.some("after")).await)
}

async fn look(visitor: &Visitor, id: &str, after: Option<String>) -> Result<One, Problem> {
    let address = to(&["boards", id]);
    let board: Board = visitor.ask.get(&address.clone().with("limit", ROWS).with_some("after", after)).await?;
    let more = board.next.as_deref().map(|next| {
        let mut more = "/boards/".to_owned();
        escape(&board.id, &mut more);
        more.push_str("?after=");
        escape(next, &mut more);
        more
    });
    Ok(One {
        frame: visitor.frame(label(board.of, board.metric)),
        month: board.month,
        counted: when(board.counted, &visitor.zone, visitor.now),
        figure: figure(board.metric),
        hidden: board.hidden,
        rows: board.items.into_iter().map(|row| (row.rank, row.name, row.figure, row.you)).collect(),
        you: board.you.map(|you| (you.name, you.not_ranked.map(why))),
        total: board.total,
        more,
        json: address.link().to_owned(),
    })
}

const fn why(why: Why) -> &'static str {
    match why {
        Why::Flagged => "more than a fifth of the month looks like load for show",
        Why::TooLittle => "too little was spent, or on too few days, to say anything",
        Why::NoOutcomes => "no outcome was logged",
    }
}
