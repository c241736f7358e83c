//! `/exports`: files of everything that was charged, and of everybody's statements. What is asked for stands in the address,
//! and in the file itself.

use askama::Template;
use axum::response::Response;
use jiff::civil::Date;
use purser_control::{Permission, Problem};
use purser_core::zone::Zone;

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
    /// Of days that are over; nothing where none of them is.
    parquet: Option<Parquet>,
    /// The month or year of the statements, in words.
    span: String,
    statements: String,
    statement_lines: String,
}

struct Parquet {
    link: String,
    range: String,
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
    let history = |to: To| with(to, &["person", "unit", "model"]).link().to_owned();
    let parquet = over(asked.text("from"), asked.text("to"), Zone::UTC.date(visitor.now)).map(|over| Parquet {
        link: history(to(&["exports", "parquet"]).with_some("from", over.from).with("to", over.to)),
        range: match over.from {
            Some(from) => format!("from {from} until before {}", over.to),
            None => format!("from the first of the month until before {}", over.to),
        },
    });
    let span = asked.text("span").to_owned();
    let year = !span.is_empty() && span.bytes().all(|letter| letter.is_ascii_digit());
    let statements = with(to(&["exports", "statements"]), &["person", "unit"]);
    let statements = match (span.is_empty(), year) {
        (true, _) => statements,
        (false, true) => statements.with("year", &span),
        (false, false) => statements.with("month", &span),
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
        parquet,
        span: if span.is_empty() { "the running month".to_owned() } else { span },
        statements: statements.link().to_owned(),
        statement_lines: statements.with("format", "jsonl").link().to_owned(),
        filled: asked,
    }
}

/// Those of some days that are over.
#[derive(Debug, PartialEq, Eq)]
struct Over {
    /// The first of them, where one was named.
    from: Option<Date>,
    /// The first that is not one of them.
    to: Date,
}

/// What of the days that were asked for is over. What can't be read as a day is as if it were not there; the other files say
/// what is wrong with it.
fn over(from: &str, to: &str, today: Date) -> Option<Over> {
    let from = from.parse::<Date>().ok();
    let to = to.parse::<Date>().map_or(today, |to| to.min(today));
    from.is_none_or(|from| from < to).then_some(Over { from, to })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parquet_is_of_days_that_are_over() {
        let date = |text: &str| text.parse::<Date>().unwrap();
        let today = date("2026-11-28");
        let check = |from, to, expected: Option<(Option<&str>, &str)>| {
            let expected = expected.map(|(from, to)| Over { from: from.map(date), to: date(to) });
            assert_eq!(over(from, to, today), expected, "{from} {to}");
        };
        check("", "", Some((None, "2026-11-28")));
        check("2026-01-01", "2026-07-01", Some((Some("2026-01-01"), "2026-07-01")));
        check("2026-11-01", "2026-12-01", Some((Some("2026-11-01"), "2026-11-28")));
        check("2026-11-28", "", None);
        check("2027-01-01", "2027-02-01", None);
    }
}
