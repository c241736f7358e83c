//! `/reconcile`: the ledger held against the bill, each difference, and what would make them equal.

use askama::Template;
use axum::extract::Path;
use axum::http::Method;
use axum::response::Response;
use jiff::civil::Date;
use purser_control::shape::{Difference, InvoiceChecked, Page, Reconciliation, TrueUp, WantedTrueUp};
use purser_control::{Code, Permission, Problem};
use purser_core::zone::Zone;

use super::difference;
use super::home::{ProviderLine, provider_line};
use crate::ask::{To, to};
use crate::drawer::{Detail, Place, Rows, sent_from};
use crate::form::{Asked, Fields, Sent};
use crate::frame::Frame;
use crate::say::{Markup, Pager, count, money, when};
use crate::visitor::{Visitor, see};

/// Rows of a page.
const ROWS: usize = 25;

#[derive(Template)]
#[template(path = "finance/reconcile.html")]
struct Reconcile {
    frame: Frame,
    open: Rows,
    from: String,
    to: String,
    providers: Vec<ProviderLine>,
    invoices: Vec<InvoiceLine>,
    differences: Vec<DifferenceLine>,
    pager: Pager,
    true_ups: Vec<TrueUpLine>,
    may_propose: bool,
    may_approve: bool,
}

struct InvoiceLine {
    number: String,
    provider: String,
    days: String,
    total: Markup,
    reported: Markup,
    difference: Markup,
    agrees: bool,
    missing: usize,
}

struct DifferenceLine {
    id: String,
    day: String,
    provider: String,
    model: String,
    amount: Option<Markup>,
    sentence: String,
}

struct TrueUpLine {
    id: String,
    provider: String,
    days: String,
    amount: Markup,
    entries: String,
    proposed: Markup,
    made: Option<Markup>,
}

/// `GET /reconcile`
pub(crate) async fn show(visitor: Visitor, Asked(asked): Asked) -> Response {
    let compared = match compared(&visitor, &asked).await {
        Ok(compared) => compared,
        Err(problem) => return visitor.refuse(problem),
    };
    let mut rows = Rows::of(&visitor.here);
    if let Some(id) = rows.wanted() {
        rows.show(compared.one(&visitor, id, rows.place(&visitor)).await);
    }
    visitor.answer_with(rows.status(), look(&visitor, &asked, compared, rows).await)
}

/// The ledger held against the bill: what was asked for, and what came.
struct Compared {
    days: [(&'static str, Option<String>); 2],
    all: To,
    found: Reconciliation,
}

impl Compared {
    /// What there is to know of one difference, on whichever page of the list it is.
    async fn one(&self, visitor: &Visitor, id: &str, place: Place) -> Result<Detail, Problem> {
        let days = (self.found.from.as_str(), self.found.to.as_str());
        let find = |items: &[Difference]| items.iter().find(|one| one.id == id).cloned();
        let mut one = find(&self.found.items);
        if one.is_none() {
            one = find(&visitor.ask.get::<Reconciliation>(&self.all).await?.items);
        }
        let one = one.ok_or_else(|| Problem {
            code: Code::NotFound,
            message: "there is no such difference in these days".to_owned(),
            hint: Some("a report that came, or a true-up, may have explained it since".to_owned()),
        })?;
        difference::detail(visitor, &one, days, place)
    }
}

async fn compared(visitor: &Visitor, asked: &Fields) -> Result<Compared, Problem> {
    let mut days = [("from", asked.some("from")), ("to", asked.some("to"))];
    let mut all = to(&["bills", "reconciliation"]);
    for (name, day) in &days {
        all = all.with_some(name, day.clone());
    }
    let part = |all: &To| all.clone().with("limit", ROWS).with_some("after", asked.some("after"));
    let mut found: Reconciliation = visitor.ask.get(&part(&all)).await?;
    // A bill comes when its month is over: until there is one of the running month, the one before is what can be compared.
    let is_billed = found.providers.iter().any(|provider| provider.cost_days > 0);
    if !is_billed && days.iter().all(|(_, day)| day.is_none()) {
        let first = Zone::UTC.date(visitor.now).first_of_month();
        let before = first.yesterday().map_or(first, Date::first_of_month);
        let earlier = all.clone().with("from", before).with("to", first);
        let of_before: Reconciliation = visitor.ask.get(&part(&earlier)).await?;
        if of_before.providers.iter().any(|provider| provider.cost_days > 0) {
            days = [("from", Some(before.to_string())), ("to", Some(first.to_string()))];
            (all, found) = (earlier, of_before);
        }
    }
    Ok(Compared { days, all, found })
}

async fn look(visitor: &Visitor, asked: &Fields, compared: Compared, open: Rows) -> Result<Reconcile, Problem> {
    let Compared { days, all, found } = compared;
    let true_ups: Page<TrueUp> = visitor.ask.get(&to(&["bills", "true-ups"]).with("limit", ROWS)).await?;
    let query: Vec<(&str, String)> = days.into_iter().filter_map(|(name, day)| Some((name, day?))).collect();
    let Reconciliation { from, to: until, providers, invoices, items, next, total } = found;
    let page = Page { items, next, total };
    let done = (asked.text("done") == "proposed").then_some("The true-up is proposed. Somebody else approves it.");
    let made = (asked.text("done") == "made").then_some("The true-up is made: its entries stand in the ledger.");
    Ok(Reconcile {
        frame: visitor.frame("Ledger and bill").having(done.or(made)).beside(&open),
        open,
        from,
        to: until,
        providers: providers.iter().map(|provider| provider_line(provider, visitor)).collect(),
        invoices: invoices.iter().map(invoice_line).collect(),
        differences: page.items.iter().map(|difference| difference_line(difference, visitor)).collect(),
        pager: Pager::new("/reconcile", &query, &page, asked.some("after").is_some(), all.link()),
        true_ups: true_ups.items.iter().map(|true_up| true_up_line(true_up, visitor)).collect(),
        may_propose: visitor.may(Permission::BillsChange),
        may_approve: visitor.may(Permission::BillsApprove),
    })
}

fn invoice_line(invoice: &InvoiceChecked) -> InvoiceLine {
    InvoiceLine {
        number: invoice.number.clone(),
        provider: invoice.provider.clone(),
        days: format!("{} to {}", invoice.from, invoice.to),
        total: money(invoice.total, &invoice.currency),
        reported: money(invoice.reported, &invoice.currency),
        difference: money(invoice.difference, &invoice.currency),
        agrees: invoice.agrees,
        missing: invoice.missing.len(),
    }
}

fn difference_line(difference: &Difference, visitor: &Visitor) -> DifferenceLine {
    DifferenceLine {
        id: difference.id.clone(),
        day: difference.day.clone(),
        provider: difference.provider.clone(),
        model: difference.model.clone().unwrap_or_default(),
        amount: difference.amount.map(|amount| money(amount, &visitor.currency)),
        sentence: crate::say::sentence(&difference.sentence),
    }
}

fn true_up_line(true_up: &TrueUp, visitor: &Visitor) -> TrueUpLine {
    TrueUpLine {
        id: true_up.id.to_string(),
        provider: true_up.provider.clone(),
        days: format!("{} to {}", true_up.from, true_up.to),
        amount: money(true_up.amount, &visitor.currency),
        entries: count(true_up.entries),
        proposed: when(true_up.proposed, &visitor.zone, visitor.now),
        made: true_up.made.map(|made| when(made, &visitor.zone, visitor.now)),
    }
}

/// `POST /reconcile/propose`
pub(crate) async fn propose(Sent { by, fields, once }: Sent) -> Response {
    let wanted = WantedTrueUp { provider: fields.some("provider"), from: fields.some("from"), to: fields.some("to") };
    match by.ask.done::<TrueUp>(Method::POST, &to(&["bills", "true-ups"]), &once, &wanted).await {
        Ok(_) => see(&sent_from(fields.text("back"), "/reconcile", "proposed").to_string()),
        Err(problem) => by.answer::<Reconcile>(Err(problem)),
    }
}

/// `POST /reconcile/{id}/approve`
pub(crate) async fn approve(Path(id): Path<String>, Sent { by, fields, once }: Sent) -> Response {
    let address = to(&["bills", "true-ups", &id, "approve"]);
    match by.ask.done::<TrueUp>(Method::POST, &address, &once, &()).await {
        Ok(_) => see(&sent_from(fields.text("back"), "/reconcile", "made").to_string()),
        Err(problem) => by.answer::<Reconcile>(Err(problem)),
    }
}
