//! `/admin/audit`: who did, tried or looked at what, and whether the trail is whole.

use askama::Template;
use axum::response::Response;
use purser_control::Problem;
use purser_control::audit::Outcome;
use purser_control::shape::{AuditEntry, AuditPage, AuditReport};

use super::entry;
use crate::ask::{escape, to};
use crate::drawer::Rows;
use crate::form::{Asked, Fields};
use crate::frame::Frame;
use crate::say::{Markup, count, when};
use crate::visitor::Visitor;

/// What may be asked for, by the API's own words.
const FIELDS: [&str; 6] = ["actor", "action", "target", "outcome", "from", "to"];

/// Ids that are shown of one entry; the API has all.
const TARGETS: usize = 2;

#[derive(Template)]
#[template(path = "admin/audit.html")]
struct Audit {
    frame: Frame,
    asked: Fields,
    open: Rows,
    rows: Vec<Row>,
    next: Option<String>,
    json: String,
    verify: String,
    report: Option<Report>,
}

struct Row {
    at: Markup,
    who: String,
    action: String,
    word: String,
    outcome: &'static str,
    mark: &'static str,
    targets: Vec<String>,
    more: usize,
    why: Option<String>,
    entry: u64,
    id: String,
}

struct Report {
    good: bool,
    figures: Vec<(&'static str, String)>,
    findings: Vec<String>,
}

/// `GET /admin/audit`
pub(crate) async fn show(visitor: Visitor, Asked(asked): Asked) -> Response {
    // That the trail is whole is held against the whole journal.
    let mut rows = Rows::of(&visitor.here).without("verify");
    if let Some(id) = rows.wanted() {
        rows.show(entry::detail(&visitor, id, rows.place(&visitor)).await);
    }
    visitor.answer_with(rows.status(), look(&visitor, asked, rows).await)
}

async fn look(visitor: &Visitor, asked: Fields, open: Rows) -> Result<Audit, Problem> {
    let address = FIELDS.iter().fold(to(&["audit"]), |address, name| address.with_some(name, asked.some(name)));
    let page: AuditPage = visitor.ask.get(&address.clone().with_some("before", asked.some("before"))).await?;
    let report = if asked.text("verify") == "yes" {
        Some(report(visitor.ask.get(&to(&["audit", "verify"])).await?))
    } else {
        None
    };
    Ok(Audit {
        frame: visitor.frame("Audit trail").beside(&open),
        open,
        rows: page.items.iter().map(|entry| row(entry, visitor)).collect(),
        next: page.next.map(|next| here(&asked, &[("before", &next.to_string())])),
        json: address.link().to_owned(),
        verify: here(&asked, &[("verify", "yes")]),
        report,
        asked,
    })
}

/// This page with the same filters, and something more.
fn here(asked: &Fields, more: &[(&str, &str)]) -> String {
    let own = FIELDS.iter().filter_map(|name| Some((*name, asked.some(name)?)));
    let more = more.iter().map(|(name, value)| (*name, (*value).to_owned()));
    own.chain(more).enumerate().fold("/admin/audit".to_owned(), |mut address, (place, (name, value))| {
        address.push(if place == 0 { '?' } else { '&' });
        address.push_str(name);
        address.push('=');
        escape(&value, &mut address);
        address
    })
}

/// What became of something, in words.
pub(super) const fn became(outcome: Outcome) -> (&'static str, &'static str) {
    match outcome {
        Outcome::Made => ("done", "good"),
        Outcome::Denied => ("refused", "bad"),
        Outcome::Read => ("looked", "warn"),
    }
}

fn row(entry: &AuditEntry, visitor: &Visitor) -> Row {
    let (outcome, mark) = became(entry.outcome);
    Row {
        at: when(entry.at, &visitor.zone, visitor.now),
        who: entry.actor_name.clone().unwrap_or_else(|| entry.actor.clone()),
        action: entry.action.replace('_', " "),
        word: entry.action.clone(),
        outcome,
        mark,
        more: entry.targets.len().saturating_sub(TARGETS),
        targets: entry.targets.iter().take(TARGETS).cloned().collect(),
        why: entry.reason.clone(),
        entry: entry.entry,
        id: entry.entry.to_string(),
    }
}

fn report(report: AuditReport) -> Report {
    Report {
        good: report.good,
        figures: vec![
            ("Entries", count(report.entries)),
            ("Events of the journal that belong to one", count(report.covered)),
            ("Events from before the trail began", count(report.earlier)),
            ("Events that belong to none", count(report.uncovered)),
            ("Entries that can't be read", count(report.unreadable)),
        ],
        findings: report.findings,
    }
}
