//! `/admin/stop`: what is stopped, and the brake.

use askama::Template;
use axum::http::{Method, StatusCode};
use axum::response::Response;
use purser_control::shape::{Burning, BurningRun, List, NewStop, Stop, StopWhat};
use purser_control::{Permission, Problem};

use crate::ask::to;
use crate::drawer::Rows;
use crate::form::{Asked, Fields, Sent, Wrong};
use crate::frame::Frame;
use crate::pages::me;
use crate::pages::runs::{self, called};
use crate::say::{Markup, money, sentence, when};
use crate::visitor::{Visitor, see};

/// How far back it is looked for what spends most, in minutes.
const MINUTES: u32 = 60;
/// So many runs of them are shown.
const BURNING: usize = 10;

/// What can be stopped: the word of the form, and what to call it.
const KINDS: [(&str, &str); 7] = [
    ("run", "One run"),
    ("key", "One key"),
    ("person", "A person"),
    ("unit", "A unit and all below it"),
    ("model", "A model (* stands for any text)"),
    ("provider", "A provider"),
    ("company", "Every call of the company"),
];

#[derive(Template)]
#[template(path = "admin/stop.html")]
struct Stops {
    frame: Frame,
    open: Rows,
    may_change: bool,
    kinds: Vec<(&'static str, &'static str, bool)>,
    name: String,
    wrong: Option<Wrong>,
    rows: Vec<Row>,
    /// For whoever may see what is spent.
    burning: Option<Vec<Burns>>,
    more_burning: bool,
    json: String,
}

/// A run that is spending.
struct Burns {
    id: String,
    label: String,
    who: String,
    charge: Markup,
    per_minute: Markup,
    last: Markup,
    stopped: bool,
}

struct Row {
    id: String,
    what: String,
    why: Option<String>,
    since: Markup,
    by: Option<String>,
    asked: Option<String>,
}

/// `GET /admin/stop`
pub(crate) async fn show(visitor: Visitor, Asked(asked): Asked) -> Response {
    let mut rows = Rows::of(&visitor.here);
    if let Some(id) = rows.wanted() {
        rows.show(runs::detail(&visitor, id, rows.place(&visitor)).await);
    }
    visitor.answer_with(
        rows.status(),
        look(&visitor, done(asked.text("done"), &rows), rows, &Fields::default(), None).await,
    )
}

/// What was just done, about the run that is open where there is one.
fn done(word: &str, rows: &Rows) -> Option<&'static str> {
    match word {
        _ if rows.wanted().is_some() => me::done(word),
        "stopped" => Some("Stopped: calls under way are cut, and no new one is let through."),
        "resumed" => Some("Lifted: calls are let through again."),
        "waits" => Some("Lifting this stop takes a second person; it was asked for."),
        _ => None,
    }
}

async fn look(
    visitor: &Visitor,
    done: Option<&'static str>,
    open: Rows,
    filled: &Fields,
    wrong: Option<Wrong>,
) -> Result<Stops, Problem> {
    let address = to(&["stops"]);
    let stops: List<Stop> = visitor.ask.get(&address).await?;
    let mut burning = None;
    if visitor.may(Permission::UsageRead) {
        burning = Some(visitor.ask.get::<Burning>(&to(&["runs", "burning"]).with("minutes", MINUTES)).await?.items);
    }
    let kind = filled.text("kind");
    let kinds = KINDS
        .iter()
        .enumerate()
        .map(|(place, (word, label))| (*word, *label, if kind.is_empty() { place == 0 } else { *word == kind }));
    Ok(Stops {
        frame: visitor.frame("Emergency stop").having(done).beside(&open),
        open,
        may_change: visitor.may(Permission::StopsChange),
        kinds: kinds.collect(),
        name: filled.text("name").to_owned(),
        wrong,
        rows: stops.items.iter().map(|stop| row(stop, visitor)).collect(),
        more_burning: burning.as_ref().is_some_and(|runs| runs.len() > BURNING),
        burning: burning.map(|runs| runs.iter().take(BURNING).map(|run| burns(run, visitor)).collect()),
        json: address.link().to_owned(),
    })
}

fn row(stop: &Stop, visitor: &Visitor) -> Row {
    let name = stop.name.as_deref();
    let of = |kind: &str, id: &str| match name {
        Some(name) => format!("{kind} {name} ({id})"),
        None => format!("{kind} {id}"),
    };
    let what = match &stop.on {
        StopWhat::Company => "Every call of the company".to_owned(),
        StopWhat::Unit(id) => of("The unit", id),
        StopWhat::Person(id) => of("The person", id),
        StopWhat::Key(id) => of("A key of", id),
        StopWhat::Run(id) => of("A run of", id),
        StopWhat::Model(model) => format!("The model {model}"),
        StopWhat::Provider(provider) => format!("The provider {provider}"),
    };
    Row {
        id: stop.id.to_string(),
        what,
        why: stop.seen.as_deref().map(sentence),
        since: when(stop.since, &visitor.zone, visitor.now),
        by: stop.by.clone(),
        asked: stop.lift_asked_by.clone(),
    }
}

fn burns(run: &BurningRun, visitor: &Visitor) -> Burns {
    Burns {
        id: run.run.to_string(),
        label: called(&run.tool, run.project.as_deref()),
        who: run.name.clone().unwrap_or_else(|| run.person.to_string()),
        charge: money(run.charge, &visitor.currency),
        per_minute: money(run.per_minute, &visitor.currency),
        last: when(run.last, &visitor.zone, visitor.now),
        stopped: run.stopped,
    }
}

/// `POST /admin/stop`
pub(crate) async fn place(Sent { by, fields, once }: Sent) -> Response {
    if let Err(problem) = by.must(Permission::StopsChange) {
        return by.answer::<Stops>(Err(problem));
    }
    let placed = match wanted(&fields) {
        Ok(on) => {
            let new = NewStop { on };
            by.ask.done::<Stop>(Method::POST, &to(&["stops"]), &once, &new).await.map_err(Wrong::of)
        }
        Err(wrong) => Err(wrong),
    };
    match placed {
        Ok(_) => see("/admin/stop?done=stopped"),
        Err(mut wrong) => {
            if wrong.field.is_empty() && wrong.status() == StatusCode::NOT_FOUND {
                wrong.field = "name";
            }
            let status = wrong.status();
            by.answer_with(status, look(&by, None, Rows::of("/admin/stop"), &fields, Some(wrong)).await)
        }
    }
}

fn wanted(fields: &Fields) -> Result<StopWhat, Wrong> {
    let name = fields.text("name").to_owned();
    let kind = fields.text("kind");
    if name.is_empty() && kind != "company" {
        return Err(Wrong::in_field("name", "say which one is to be stopped", StatusCode::BAD_REQUEST));
    }
    match kind {
        "company" if fields.text("sure") != "yes" => {
            let what = "nothing was stopped: tick the box to stop every call of the company";
            Err(Wrong::in_field("sure", what, StatusCode::BAD_REQUEST))
        }
        "company" => Ok(StopWhat::Company),
        "unit" => Ok(StopWhat::Unit(name)),
        "person" => Ok(StopWhat::Person(name)),
        "key" => Ok(StopWhat::Key(name)),
        "run" => Ok(StopWhat::Run(name)),
        "model" => Ok(StopWhat::Model(name)),
        "provider" => Ok(StopWhat::Provider(name)),
        _ => Err(Wrong::in_field("kind", "say what is to be stopped", StatusCode::BAD_REQUEST)),
    }
}
