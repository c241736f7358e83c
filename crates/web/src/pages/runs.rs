//! One run: what it used of what, what it may use, what it started, and the brake.

use askama::Template;
use axum::extract::Path;
use axum::http::Method;
use axum::response::Response;
use purser_control::shape::{NewStop, Run, RunTimeline, RunTree, Stop, StopWhat};
use purser_control::{Permission, Problem};
use purser_core::run::RunLimits;

use crate::ask::{escape, to};
use crate::csv;
use crate::drawer::{Detail, DetailPage, Place, sent_from};
use crate::form::{Asked, Sent};
use crate::say::{self, Markup, money, percent, span, tokens, when};
use crate::visitor::{Visitor, see};

#[derive(Template)]
#[template(path = "runs/detail.html")]
struct RunDetail {
    place: Place,
    id: String,
    whose: Option<String>,
    tool: String,
    facts: Vec<(&'static str, Markup)>,
    cost: Markup,
    tree_cost: Option<Markup>,
    course: Markup,
    course_file: String,
    not_exact: Option<Markup>,
    active: bool,
    may_stop: bool,
    may_confirm: bool,
    stop: Option<Held>,
    budget: Option<Budget>,
    limits: Vec<(&'static str, Markup)>,
    flags: Vec<(String, String, Markup)>,
    models: Vec<Model>,
    below: Vec<RunLine>,
    json: String,
}

struct Held {
    id: String,
    sentence: String,
    since: Markup,
    is_own: bool,
    asked: Option<String>,
}

struct Budget {
    left: Markup,
    limit: Markup,
    used_percent: u8,
}

struct Model {
    name: String,
    calls: String,
    input: Markup,
    cached: Markup,
    output: Markup,
    charge: Markup,
}

/// A run in a table.
pub(crate) struct RunLine {
    pub(crate) id: String,
    pub(crate) label: String,
    pub(crate) began: Markup,
    pub(crate) last: Markup,
    pub(crate) calls: String,
    pub(crate) attended: u64,
    pub(crate) tokens: Markup,
    pub(crate) charge: Markup,
    pub(crate) state: &'static str,
    pub(crate) mark: &'static str,
}

impl RunLine {
    /// Of a run.
    pub(crate) fn new(run: &Run, visitor: &Visitor) -> Self {
        let (zone, now) = (&visitor.zone, visitor.now);
        let (state, mark) = match (&run.stop, run.active) {
            (Some(stop), _) if stop.seen.is_some() => ("held back", "warn"),
            (Some(_), _) => ("stopped", "bad"),
            (None, true) => ("running", "good"),
            (None, false) => ("over", ""),
        };
        Self {
            id: run.id.to_string(),
            label: label(run),
            began: when(run.began, zone, now),
            last: when(run.last, zone, now),
            calls: say::count(run.calls),
            attended: run.attended_percent,
            tokens: tokens(run.input_tokens.saturating_add(run.output_tokens)),
            charge: money(run.charge, &visitor.currency),
            state,
            mark,
        }
    }
}

/// What a run is called: its tool, and what it is for.
pub(crate) fn label(run: &Run) -> String {
    called(&run.tool, run.project.as_deref())
}

/// The same of what is known of it.
pub(crate) fn called(client: &str, project: Option<&str>) -> String {
    let tool = tool(client);
    project.map_or_else(|| tool.to_owned(), |project| format!("{tool}, {project}"))
}

/// The program that called; many don't say which they are.
fn tool(client: &str) -> &str {
    if matches!(client, "" | "other") { "Unnamed tool" } else { client }
}

/// `GET /runs/{id}`
pub(crate) async fn show(visitor: Visitor, Path(id): Path<String>, Asked(asked): Asked) -> Response {
    let found = detail(&visitor, &id, Place::page(&visitor, &address(&id))).await;
    visitor.answer(found.map(|detail| detail.page(&visitor, super::me::done(asked.text("done")))))
}

/// Where a run's page is.
pub(crate) fn address(id: &str) -> String {
    let mut address = "/runs/".to_owned();
    escape(id, &mut address);
    address
}

/// What there is to know of a run.
///
/// # Errors
/// What the API says.
pub(crate) async fn detail(visitor: &Visitor, id: &str, place: Place) -> Result<Detail, Problem> {
    let asked = to(&["runs", id]);
    let RunTree { run, below, limits, flags, tree_charge, .. } = visitor.ask.get(&asked).await?;
    let by_time = to(&["runs", id, "timeline"]);
    let course: RunTimeline = visitor.ask.get(&by_time).await?;
    let (currency, zone, now) = (&visitor.currency, &visitor.zone, visitor.now);
    let is_own = visitor.me.person == Some(run.person);
    let mut facts = vec![
        ("Began", when(run.began, zone, now)),
        ("Last call", Markup::new(format!("{} ({} ago)", when(run.last, zone, now), span(run.last, now)))),
        ("Calls", Markup::new(say::count(run.calls))),
        ("Asked by a human being", Markup::new(format!("{} % of its calls", run.attended_percent))),
        ("Made again by the client", Markup::new(say::count(run.retried_calls))),
        (
            "Prompt tokens",
            Markup::new(format!("{}, {} % of them from a cache", tokens(run.input_tokens), run.cached_percent)),
        ),
        ("Answer tokens", tokens(run.output_tokens)),
    ];
    if let Some(spoken) = run.spoken {
        facts.push(("Last word of a human being", when(spoken, zone, now)));
    }
    if let Some(confirmed) = run.confirmed {
        facts.push(("Last said to be watched over", when(confirmed, zone, now)));
    }
    let body = RunDetail {
        place,
        id: run.id.to_string(),
        whose: (!is_own).then(|| run.name.clone()).flatten(),
        tool: run
            .version
            .as_ref()
            .map_or_else(|| tool(&run.tool).to_owned(), |version| format!("{} {version}", tool(&run.tool))),
        facts,
        cost: money(run.charge, currency),
        course: super::course::drawn(&course, visitor),
        course_file: csv::link(&by_time),
        tree_cost: (tree_charge != run.charge).then(|| money(tree_charge, currency)),
        not_exact: run.not_exact.is_positive().then(|| money(run.not_exact, currency)),
        active: run.active,
        may_stop: visitor.may(Permission::StopsChange),
        may_confirm: visitor.may(Permission::RunsConfirm),
        stop: run.stop.as_ref().map(|stop| held(stop, visitor)),
        budget: run.budget.map(|funds| Budget {
            left: money(funds.available, currency),
            limit: money(funds.limit, currency),
            used_percent: percent(funds.posted.saturating_add(funds.held), funds.limit),
        }),
        limits: told(&limits, visitor),
        flags: flags.iter().map(|flag| (flag.seen.clone(), flag.hint.clone(), money(flag.cost, currency))).collect(),
        models: run
            .models
            .iter()
            .map(|model| Model {
                name: model.model.clone(),
                calls: say::count(model.calls),
                input: tokens(model.input_tokens),
                cached: tokens(model.cached_tokens),
                output: tokens(model.output_tokens),
                charge: money(model.charge, currency),
            })
            .collect(),
        below: below.iter().map(|run| RunLine::new(run, visitor)).collect(),
        json: asked.link().to_owned(),
    };
    Detail::try_new(label(&run), Some(address(&body.id)), &body)
}

fn held(stop: &Stop, visitor: &Visitor) -> Held {
    let on = match &stop.on {
        StopWhat::Run(_) => "This run, or one above it, is stopped",
        StopWhat::Key(_) => "Its key is stopped",
        StopWhat::Person(_) => "Every call of its person is stopped",
        StopWhat::Unit(_) => "Its person's unit is stopped",
        StopWhat::Company => "Every call of the company is stopped",
        StopWhat::Model(_) | StopWhat::Provider(_) => "Its model or provider is stopped",
    };
    Held {
        id: stop.id.to_string(),
        sentence: stop.seen.as_ref().map_or_else(|| say::sentence(on), |seen| format!("{on}: {}", say::sentence(seen))),
        since: when(stop.since, &visitor.zone, visitor.now),
        is_own: matches!(stop.on, StopWhat::Run(_)),
        asked: stop.lift_asked_by.clone(),
    }
}

fn told(limits: &RunLimits, visitor: &Visitor) -> Vec<(&'static str, Markup)> {
    let plain = |number: Option<u64>| number.map(|number| Markup::new(say::count(number)));
    let all = [
        ("Money", limits.money.map(|amount| money(amount, &visitor.currency))),
        ("Tokens", limits.tokens.map(tokens)),
        ("Calls", plain(limits.requests)),
        ("Minutes", plain(limits.minutes)),
        ("Levels of runs below it", plain(limits.depth.map(u64::from))),
        ("Runs it may start", plain(limits.children)),
    ];
    all.into_iter().filter_map(|(name, limit)| Some((name, limit?))).collect()
}

/// `POST /runs/{id}/stop`
pub(crate) async fn stop(Path(id): Path<String>, Sent { by, fields, once }: Sent) -> Response {
    let new = NewStop { on: StopWhat::Run(id.clone()) };
    let placed: Result<Stop, Problem> = by.ask.done(Method::POST, &to(&["stops"]), &once, &new).await;
    back(&by, &id, fields.text("back"), placed.map(|_| "stopped"))
}

/// `POST /runs/{id}/confirm`
pub(crate) async fn confirm(Path(id): Path<String>, Sent { by, fields, once }: Sent) -> Response {
    let said: Result<RunTree, Problem> = by.ask.done(Method::POST, &to(&["runs", &id, "confirm"]), &once, &()).await;
    back(&by, &id, fields.text("back"), said.map(|_| "confirmed"))
}

fn back(by: &Visitor, id: &str, wanted: &str, done: Result<&'static str, Problem>) -> Response {
    match done {
        Ok(word) => see(&sent_from(wanted, &address(id), word).to_string()),
        Err(problem) => by.answer::<DetailPage>(Err(problem)),
    }
}
