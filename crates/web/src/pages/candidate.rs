//! `/o/{link}`: an offer as its candidate sees it, and what they say about it.
//!
//! The link's secret is the only right that is asked for, as with a link that makes a key: nothing is fetched from elsewhere,
//! its address is told to no other page, and a change must come from this page. Nothing of the company is shown beyond what
//! the offer says. That somebody looked is noted when a browser says that it shows the page to somebody; programs that make
//! previews of links don't say so.

use askama::Template;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use purser_control::shape::{
    CandidateOffer, CounterOffer, DeclineOffer, OnTheTable, OtherOffer, OtherYear, SignOffer, Stands,
};
use purser_control::{Control, Error, Form, Problem};
use purser_core::money::{Currency, Nano};
use purser_core::offer::DeclineReason;
use purser_core::package::Basis;
use purser_core::zone::Zone;

use super::offers::letter;
use crate::Web;
use crate::chart::{self, Kind, Pillar, Pillars, Spec, Unit};
use crate::form::{Asked, Fields, Open, Wrong};
use crate::page;
use crate::say::{Markup, count, money};
use crate::secure::Refer;
use crate::visitor::see;

/// The reasons for a no, as people say them.
const REASONS: [(&str, &str, DeclineReason); 8] = [
    ("unsaid", "I'd rather not say", DeclineReason::Unsaid),
    ("token_budget", "The token budget", DeclineReason::TokenBudget),
    ("salary", "The salary", DeclineReason::Salary),
    ("equity", "The equity", DeclineReason::Equity),
    ("other_offer", "Another offer", DeclineReason::OtherOffer),
    ("work", "The work", DeclineReason::Work),
    ("timing", "The time", DeclineReason::Timing),
    ("other", "Something else", DeclineReason::Other),
];
/// What a token amount may be for.
const PERS: [(&str, &str); 4] =
    [("workday", "workday"), ("month", "month"), ("year", "year"), ("base", "hundred of the salary")];
/// What another offer is asked for.
const OTHER: [(&str, &str); 4] = [
    ("salary", "Salary a year"),
    ("bonus", "Bonus a year"),
    ("equity", "Equity that vests in a year"),
    ("tokens", "Tokens a year"),
];

#[derive(Template)]
#[template(path = "candidate/offer.html")]
struct Page<'a> {
    here: String,
    offer: &'a CandidateOffer,
    table: Option<Table<'a>>,
    is_open: bool,
    is_signed: bool,
    stands: &'static str,
    done: Option<&'static str>,
    wrong: Option<Wrong>,
    filled: Fields,
    reasons: [(&'static str, &'static str, DeclineReason); 8],
}

/// What is on the table, written out.
struct Table<'a> {
    of: &'a OnTheTable,
    day: Option<Markup>,
    year: Option<Markup>,
    total: Markup,
    pillars: Markup,
    guarantee: &'a str,
    expires: String,
    buys: Vec<(String, Markup, String, Markup, String)>,
    others: Vec<(&'static str, &'static str, String)>,
    compared: Option<Vec<(&'static str, Markup, Markup)>>,
    findings: Vec<(String, String)>,
    /// The token amount as it is offered, and what it may be for.
    asked: String,
    pers: Vec<(&'static str, &'static str, bool)>,
}

type Secret = Result<Path<String>, PathRejection>;

fn text(secret: Secret) -> String {
    secret.map(|Path(secret)| secret).unwrap_or_default()
}

/// `GET /o/{secret}`
pub(crate) async fn show(State(web): State<Web>, secret: Secret, Asked(asked): Asked, headers: HeaderMap) -> Response {
    let secret = text(secret);
    if is_shown_to_somebody(&headers)
        && let Err(error) = web.control.view_by_link(&secret).await
    {
        return refused(&web, &error);
    }
    let done = match asked.text("done") {
        "asked" => Some("Your question is on its way. The answer comes here."),
        "countered" => Some("They have what you ask for instead. The answer comes here."),
        "accepted" => Some("You have accepted. Welcome!"),
        "declined" => Some("You have said no. Thank you for saying so."),
        _ => None,
    };
    look(&web, &secret, StatusCode::OK, done, None, asked).await
}

/// Does a browser say that it opens the page for somebody who asked for it?
fn is_shown_to_somebody(headers: &HeaderMap) -> bool {
    let is = |name: &str, value: &str| headers.get(name).is_some_and(|it| it.as_bytes() == value.as_bytes());
    is("sec-fetch-dest", "document") && !headers.contains_key("sec-purpose")
}

async fn look(
    web: &Web,
    secret: &str,
    status: StatusCode,
    done: Option<&'static str>,
    wrong: Option<Wrong>,
    filled: Fields,
) -> Response {
    let offer = match web.control.offer_by_link(secret).await {
        Ok(offer) => offer,
        Err(error) => return refused(web, &error),
    };
    let mut wrong = wrong;
    let mut compared = None;
    if offer.table.is_some() && OTHER.iter().any(|(name, _)| filled.some(&format!("other-{name}")).is_some()) {
        let beside = match other(&filled) {
            Ok(other) => {
                web.control.compare_by_link(secret, other).await.map_err(|error| Wrong::of(Problem::from(&error)))
            }
            Err(wrong) => Err(wrong),
        };
        match beside {
            Ok(beside) => compared = Some(beside),
            Err(mut mistake) => {
                mistake.field = "other";
                wrong = Some(mistake);
            }
        }
    }
    let mut here = "/o/".to_owned();
    crate::ask::escape(secret, &mut here);
    let table = offer.table.as_ref().map(|table| written(table, &web.control, &filled, compared.as_ref()));
    let whole = Page {
        here,
        table,
        is_open: offer.stands == Stands::Open,
        is_signed: offer.stands == Stands::Accepted,
        stands: stands(offer.stands),
        done,
        wrong,
        filled,
        reasons: REASONS,
        offer: &offer,
    };
    let title = match &offer.title {
        Some(title) => format!("{title}: an offer to {}", offer.candidate),
        None => format!("An offer to {}", offer.candidate),
    };
    match whole.render() {
        Ok(body) => page::of(web, status, &title, body),
        Err(error) => {
            tracing::error!(%error, "a page could not be written");
            page::of(web, StatusCode::INTERNAL_SERVER_ERROR, "Purser can't answer now", String::new())
        }
    }
}

const fn stands(stands: Stands) -> &'static str {
    match stands {
        Stands::Open => "This is for you to answer.",
        Stands::Countered => "You asked for something else. They have not answered yet; this is what was offered.",
        Stands::Written => "Another version is being written. Come back: it will be here, behind the same link.",
        Stands::Accepted => "You have accepted this offer.",
        Stands::Declined => "You have said no to this offer.",
        Stands::Expired => "The time for this offer is over. Ask whoever sent it to you for another.",
        Stands::Withdrawn => "This offer was taken back.",
    }
}

fn written<'a>(table: &'a OnTheTable, control: &Control, filled: &Fields, compared: Option<&OtherYear>) -> Table<'a> {
    let currency = &table.currency;
    let ledger = control.snapshot().currency.clone();
    let year = &table.year;
    let pillars = [("Salary", year.salary), ("Bonus", year.bonus), ("Equity", year.equity), ("Tokens", year.tokens)];
    let chart = Pillars {
        unit: Unit::Money(currency.clone()),
        pillars: pillars.map(|(name, amount)| Pillar { name: name.to_owned(), amount: amount.get() }).into(),
    };
    let chart =
        Spec { id: "pillars".to_owned(), title: "The package for a year".to_owned(), kind: Kind::Pillars(chart) };
    let (asked, per) = table.amount.map_or((String::new(), "workday".to_owned()), parts);
    let is_guarantee = |title: &str| title == "Guarantee";
    Table {
        of: table,
        day: table.tokens.as_ref().map(|tokens| money(tokens.workday, currency)),
        year: table.tokens.as_ref().map(|tokens| money(tokens.year, currency)),
        total: money(year.total, currency),
        pillars: Markup::new(chart::svg(&chart).html()),
        guarantee: table.clauses.iter().find(|clause| is_guarantee(clause.title)).map_or("", |clause| &clause.text),
        expires: Zone::UTC.wall(table.expires).strftime("%-d %B %Y, %H:%M UTC").to_string(),
        buys: table
            .buys
            .iter()
            .map(|buys| {
                let hours = format!("{}.{}", count(buys.tenths_of_hours / 10), buys.tenths_of_hours % 10);
                let (hour, question) = (money(buys.hour, &ledger), money(buys.question, &ledger));
                (buys.model.clone(), hour, hours, question, count(buys.questions))
            })
            .collect(),
        others: OTHER.map(|(name, label)| (name, label, filled.text(&format!("other-{name}")).to_owned())).into(),
        compared: compared.map(|other| rows(table, other, currency)),
        findings: compared.map(|other| other.findings.clone()).unwrap_or_default(),
        asked,
        pers: PERS.map(|(word, label)| (word, label, word == per)).into(),
    }
}

/// Both offers, pillar by pillar.
fn rows(table: &OnTheTable, other: &OtherYear, currency: &Currency) -> Vec<(&'static str, Markup, Markup)> {
    let (ours, theirs) = (&table.year, &other.year);
    let workday = table.tokens.as_ref().map_or(Nano::ZERO, |tokens| tokens.workday);
    [
        ("Salary", ours.salary, theirs.salary),
        ("Bonus", ours.bonus, theirs.bonus),
        ("Equity", ours.equity, theirs.equity),
        ("Tokens", ours.tokens, theirs.tokens),
        ("In all for a year", ours.total, theirs.total),
        ("Without tokens", ours.without_tokens, theirs.without_tokens),
        ("Tokens for a workday", workday, other.workday),
    ]
    .map(|(name, ours, theirs)| (name, money(ours, currency), money(theirs, currency)))
    .into()
}

/// `300.00/workday` as its amount and what it is for.
fn parts(amount: Basis) -> (String, String) {
    let text = amount.to_string();
    match text.split_once('/') {
        Some((amount, per)) => (amount.strip_suffix(".00").unwrap_or(amount).to_owned(), per.to_owned()),
        None => (text.split('%').next().unwrap_or_default().to_owned(), "base".to_owned()),
    }
}

fn number(fields: &Fields, name: &str, field: &'static str) -> Result<Option<Nano>, Wrong> {
    let Some(text) = fields.some(name) else { return Ok(None) };
    let wrong = |_| Wrong::in_field(field, "write a number, such as 300 or 12.50", StatusCode::BAD_REQUEST);
    text.replace(',', "").parse().map(Some).map_err(wrong)
}

fn other(fields: &Fields) -> Result<OtherOffer, Wrong> {
    let amount = |name: &str| number(fields, name, "other").map(Option::unwrap_or_default);
    Ok(OtherOffer {
        salary: amount("other-salary")?,
        bonus: amount("other-bonus")?,
        equity: amount("other-equity")?,
        tokens: amount("other-tokens")?,
    })
}

fn refused(web: &Web, error: &Error) -> Response {
    let problem = Problem::from(error);
    let status = StatusCode::from_u16(problem.code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    page::said(web, status, "There is no offer to see", &problem)
}

/// `GET /o/{secret}/letter.pdf`
pub(crate) async fn pdf(State(web): State<Web>, secret: Secret) -> Response {
    match web.control.letter_by_link(&text(secret), Form::Pdf).await {
        Ok(document) => letter::pdf(document.bytes, Refer::Nobody),
        Err(error) => refused(&web, &error),
    }
}

/// `POST /o/{secret}/accept`
pub(crate) async fn accept(State(web): State<Web>, secret: Secret, Open(fields): Open) -> Response {
    let sign = SignOffer {
        version: fields.text("version").parse().unwrap_or_default(),
        letter: fields.text("letter").to_owned(),
        signed: fields.text("signed").to_owned(),
    };
    let secret = text(secret);
    let done = web.control.accept_by_link(&secret, sign).await.map_err(|error| mistake(&error, "signed"));
    answered(&web, &secret, done, "accepted", fields).await
}

/// `POST /o/{secret}/counter`
pub(crate) async fn counter(State(web): State<Web>, secret: Secret, Open(fields): Open) -> Response {
    let secret = text(secret);
    let done = match asked_for(&fields) {
        Ok(counter) => web.control.counter_by_link(&secret, counter).await.map_err(|error| mistake(&error, "tokens")),
        Err(wrong) => Err(wrong),
    };
    answered(&web, &secret, done, "countered", fields).await
}

fn asked_for(fields: &Fields) -> Result<CounterOffer, Wrong> {
    let wrong = || Wrong::in_field("tokens", "write a number, such as 300 or 12.50", StatusCode::BAD_REQUEST);
    let per = fields.text("per");
    let tokens = fields.some("tokens").map(|amount| amount.replace(',', "")).map(|amount| {
        let basis = if per == "base" { format!("{amount}% of base") } else { format!("{amount}/{per}") };
        basis.parse::<Basis>().map_err(|_| wrong())
    });
    Ok(CounterOffer {
        tokens: tokens.transpose()?,
        guaranteed: fields.some("guaranteed").is_some(),
        salary: number(fields, "salary", "salary")?,
        reason: fields.some("reason"),
    })
}

/// `POST /o/{secret}/ask`
pub(crate) async fn ask(State(web): State<Web>, secret: Secret, Open(fields): Open) -> Response {
    let secret = text(secret);
    let question = fields.text("question").to_owned();
    let done = web.control.ask_by_link(&secret, question).await.map_err(|error| mistake(&error, "question"));
    answered(&web, &secret, done, "asked", fields).await
}

/// `POST /o/{secret}/decline`
pub(crate) async fn decline(State(web): State<Web>, secret: Secret, Open(fields): Open) -> Response {
    let secret = text(secret);
    let word = fields.text("why");
    let reason =
        REASONS.iter().find(|(known, ..)| *known == word).map_or(DeclineReason::Unsaid, |(.., reason)| *reason);
    let why = DeclineOffer { reason, note: fields.some("note") };
    let done = web.control.decline_by_link(&secret, why).await.map_err(|error| mistake(&error, ""));
    answered(&web, &secret, done, "declined", fields).await
}

/// What was wrong, at a field where it is about what stood there.
fn mistake(error: &Error, field: &'static str) -> Wrong {
    let problem = Problem::from(error);
    let is_input = problem.code == purser_control::Code::Invalid;
    let mut wrong = Wrong::of(problem);
    wrong.field = if is_input { field } else { "" };
    wrong
}

async fn answered(web: &Web, secret: &str, done: Result<(), Wrong>, word: &str, fields: Fields) -> Response {
    match done {
        Ok(()) => {
            let mut address = "/o/".to_owned();
            crate::ask::escape(secret, &mut address);
            let mut response = see(&format!("{address}?done={word}"));
            // The address is the secret: it goes along with nothing.
            crate::secure::protect(response.headers_mut(), "none", Refer::Nobody);
            response
        }
        Err(wrong) => {
            let status = wrong.status();
            look(web, secret, status, None, Some(wrong), fields).await
        }
    }
}
