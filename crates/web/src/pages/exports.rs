//! `/exports`: files of everything that was charged. What is asked for stands in the address, and in the file itself.

use askama::Template;
use axum::response::Response;
use purser_control::{Permission, Problem};

use crate::ask::{To, to};
use crate::form::{Asked, Fields};
use crate::frame::Frame;
use crate::visitor::Visitor;

#[derive(Template)]
#[template(path = "exports/show.html")]
struct Exports {
    frame: Frame,
    filled: Fields,
    names: bool,
    range: String,
    only: Vec<(&'static str, String)>,
    focus: String,
    csv: String,
    lines: String,
}

/// `GET /exports`
pub(crate) async fn show(visitor: Visitor, Asked(asked): Asked) -> Response {
    let page: Result<Exports, Problem> = visitor.must(Permission::ExportsRead).map(|()| page(&visitor, asked));
    visitor.answer(page)
}

fn page(visitor: &Visitor, asked: Fields) -> Exports {
    let names = asked.text("names") == "true";
    let with = |to: To, fields: &[&str]| {
        let to = fields.iter().fold(to, |to, name| to.with_some(name, asked.some(name)));
        to.with_some("names", names.then_some(true))
    };
    let focus = with(to(&["exports", "focus"]), &["from", "to"]);
    let ledger = with(to(&["exports", "ledger"]), &["from", "to", "person", "unit", "model"]);
    let range = match (asked.some("from"), asked.some("to")) {
        (None, None) => "of the running month".to_owned(),
        (Some(from), None) => format!("from {from} until today"),
        (None, Some(to)) => format!("from the first of the running month until before {to}"),
        (Some(from), Some(to)) => format!("from {from} until before {to}"),
    };
    let only = ["person", "unit", "model"].into_iter().filter_map(|name| Some((name, asked.some(name)?)));
    Exports {
        frame: visitor.frame("Exports"),
        names,
        range,
        only: only.collect(),
        focus: focus.link().to_owned(),
        csv: ledger.link().to_owned(),
        lines: ledger.with("format", "jsonl").link().to_owned(),
        filled: asked,
    }
}
