//! `/prices/publish`: a list of prices, first what it would change, then published.

use askama::Template;
use axum::http::{Method, StatusCode};
use axum::response::Response;
use purser_control::shape::{ImportPrices, ImportReport};
use purser_control::{Permission, Problem};

use super::one::address;
use crate::ask::to;
use crate::form::{Fields, Sent, Wrong};
use crate::frame::Frame;
use crate::say::{Markup, day, sentence};
use crate::visitor::Visitor;

/// Rows of a report here: a catalogue changes hundreds, and each has a page of its own afterwards.
const ROWS: usize = 100;

#[derive(Template)]
#[template(path = "prices/publish.html")]
struct Publish {
    frame: Frame,
    text: String,
    from: String,
    report: Option<Report>,
    wrong: Option<Wrong>,
}

struct Report {
    published: bool,
    format: String,
    unchanged: usize,
    changes: usize,
    warnings: usize,
    rows: Vec<Row>,
    skipped: Vec<String>,
    others: usize,
}

struct Row {
    address: String,
    name: String,
    from: Markup,
    rates: Vec<(String, String, String)>,
    is_new: bool,
    warnings: Vec<String>,
}

/// `GET /prices/publish`
pub(crate) async fn show(visitor: Visitor) -> Response {
    let page = visitor.must(Permission::PricesChange).map(|()| page(&visitor, &Fields::default(), None, None));
    visitor.answer(page)
}

fn page(visitor: &Visitor, fields: &Fields, report: Option<Report>, wrong: Option<Wrong>) -> Publish {
    Publish {
        frame: visitor.frame("Publish prices"),
        text: fields.text("text").to_owned(),
        from: fields.text("from").to_owned(),
        report,
        wrong,
    }
}

/// `POST /prices/publish`: publishes where the form says so, and previews otherwise.
pub(crate) async fn send(Sent { by, fields, once }: Sent) -> Response {
    if let Err(problem) = by.must(Permission::PricesChange) {
        return by.answer::<Publish>(Err(problem));
    }
    match import(&by, &fields, &once).await {
        Ok(report) => by.answer(Ok::<_, Problem>(page(&by, &fields, Some(report), None))),
        Err(wrong) => {
            let status = wrong.status();
            by.answer_with(status, Ok::<_, Problem>(page(&by, &fields, None, Some(wrong))))
        }
    }
}

async fn import(by: &Visitor, fields: &Fields, once: &str) -> Result<Report, Wrong> {
    if fields.text("text").is_empty() {
        let what = "paste a list of prices: cards, a spreadsheet or a public catalogue";
        return Err(Wrong::in_field("text", what, StatusCode::BAD_REQUEST));
    }
    let import = ImportPrices {
        text: fields.text("text").to_owned(),
        from: fields.some("from"),
        dry_run: fields.text("publish") != "yes",
        ..ImportPrices::default()
    };
    let address = to(&["prices", "import"]);
    let report = if import.dry_run {
        by.ask.reckoned::<ImportReport>(&address, &import).await
    } else {
        by.ask.done::<ImportReport>(Method::POST, &address, once, &import).await
    };
    report.map(|report| shown(report, by)).map_err(Wrong::of)
}

fn shown(report: ImportReport, visitor: &Visitor) -> Report {
    let warnings = report.changes.iter().map(|change| change.warnings.len()).sum();
    let changes = report.changes.len();
    let rows = report.changes.into_iter().take(ROWS).map(|change| Row {
        address: address(&change.provider, &change.model),
        name: format!("{} {}", change.provider, change.model),
        from: day(change.from, &visitor.zone),
        is_new: change.rates.is_empty(),
        rates: change
            .rates
            .into_iter()
            .map(|rate| {
                let none = || "none".to_owned();
                (rate.what, rate.was.unwrap_or_else(none), rate.is.unwrap_or_else(none))
            })
            .collect(),
        warnings: change.warnings.iter().map(|warning| sentence(warning)).collect(),
    });
    Report {
        published: report.published,
        format: report.format,
        unchanged: report.unchanged,
        changes,
        warnings,
        rows: rows.collect(),
        skipped: report.skipped,
        others: report.discounts.len().saturating_add(report.exchange.len()),
    }
}
