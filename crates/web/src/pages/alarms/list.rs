//! `/alarms`: what somebody should look at, with words that help; saying that one has looked, and muting.

use askama::Template;
use axum::extract::Path;
use axum::http::{Method, StatusCode};
use axum::response::Response;
use purser_control::shape::{Alarm, AlarmState, Mute, NewMute, Page};
use purser_control::{Code, Permission, Problem};
use purser_core::alarm::{AlarmKind, Level};
use purser_core::id::{AlarmId, MuteId};

use super::label;
use super::one;
use crate::ask::to;
use crate::drawer::{OPEN, Rows, sent_from};
use crate::form::{Asked, Fields, Sent, Wrong};
use crate::frame::Frame;
use crate::say::{Markup, Pager, sentence, when};
use crate::visitor::{Visitor, see};

/// Rows of a page.
const ROWS: usize = 25;

#[derive(Template)]
#[template(path = "alarms/list.html")]
struct Alarms {
    frame: Frame,
    kinds: Vec<(&'static str, &'static str, bool)>,
    all: bool,
    person: Option<String>,
    open: Rows,
    rows: Vec<Row>,
    pager: Pager,
    may_acknowledge: bool,
    may_mute: bool,
    mutes: Vec<Muted>,
    wrong: Option<Wrong>,
}

/// An alarm, in its list and at the right of it.
pub(super) struct Row {
    pub(super) id: String,
    pub(super) kind: &'static str,
    pub(super) level: &'static str,
    pub(super) mark: &'static str,
    pub(super) state: &'static str,
    pub(super) is_open: bool,
    pub(super) is_own: bool,
    pub(super) asks_for_more: bool,
    pub(super) name: String,
    pub(super) seen: String,
    pub(super) hint: String,
    pub(super) raised: Markup,
    pub(super) looked: Vec<String>,
}

struct Muted {
    id: String,
    name: String,
    kinds: String,
    until: Markup,
}

fn done(word: &str) -> Option<&'static str> {
    match word {
        "looked" => Some("Noted that you have looked."),
        "muted" => Some("Muted: these alarms are not raised until that day. What is still so then is told then."),
        "unmuted" => Some("The mute is over."),
        _ => None,
    }
}

/// `GET /alarms`
pub(crate) async fn show(visitor: Visitor, Asked(asked): Asked) -> Response {
    answer(&visitor, &asked, Rows::of(&visitor.here), None).await
}

/// The list, with what is open and what was wrong with a form of it.
async fn answer(visitor: &Visitor, asked: &Fields, mut rows: Rows, mut wrong: Option<Wrong>) -> Response {
    let refused = wrong.as_ref().map(Wrong::status);
    if let Some(id) = rows.wanted() {
        // It is said where the form stands.
        rows.show(one::detail(visitor, id, rows.place(visitor), wrong.take()).await);
    }
    let status = refused.unwrap_or(rows.status());
    visitor.answer_with(status, look(visitor, asked, rows, wrong).await)
}

async fn look(visitor: &Visitor, asked: &Fields, open: Rows, wrong: Option<Wrong>) -> Result<Alarms, Problem> {
    let (kind, person, all) = (asked.some("kind"), asked.some("person"), asked.text("all") == "true");
    let wanted = to(&["alarms"])
        .with_some("kind", kind.as_ref().filter(|kind| AlarmKind::ALL.iter().any(|known| known.word() == **kind)))
        .with_some("person", person.as_ref())
        .with_some("all", all.then_some(true));
    let some = wanted.clone().with("limit", ROWS).with_some("after", asked.some("after"));
    let page: Page<Alarm> = visitor.ask.get(&some).await?;
    let mutes: Page<Mute> = visitor.ask.get(&to(&["alarms", "mutes"])).await?;
    let mut query = vec![("kind", kind.clone().unwrap_or_default())];
    query.extend(person.clone().map(|person| ("person", person)));
    query.extend(all.then(|| ("all", "true".to_owned())));
    Ok(Alarms {
        frame: visitor.frame("Alarms").having(done(asked.text("done"))).beside(&open),
        open,
        kinds: AlarmKind::ALL.map(|known| (known.word(), label(known), kind.as_deref() == Some(known.word()))).to_vec(),
        all,
        person,
        rows: page.items.iter().map(|alarm| row(alarm, visitor)).collect(),
        pager: Pager::new("/alarms", &query, &page, asked.some("after").is_some(), wanted.link()),
        may_acknowledge: visitor.may(Permission::AlarmsAcknowledge),
        may_mute: visitor.may(Permission::AlarmsMute),
        mutes: mutes.items.into_iter().map(|mute| muted(mute, visitor)).collect(),
        wrong,
    })
}

pub(super) fn row(alarm: &Alarm, visitor: &Visitor) -> Row {
    let (level, mark) = match alarm.level {
        Level::Note => ("good to know", ""),
        Level::Warn => ("worth a look", "warn"),
        Level::Critical => ("look at it", "bad"),
    };
    let state = match alarm.state {
        AlarmState::Open => "open",
        AlarmState::Acknowledged => "looked at",
        AlarmState::Muted => "muted",
        AlarmState::Past => "past",
    };
    let is_own = alarm.person.is_some() && alarm.person == visitor.me.person;
    let is_open = alarm.state == AlarmState::Open;
    let nobody = || "The company".to_owned();
    Row {
        id: alarm.id.to_string(),
        kind: label(alarm.kind),
        level,
        mark,
        state,
        is_open,
        is_own,
        asks_for_more: is_own && matches!(alarm.kind, AlarmKind::Used | AlarmKind::RunsOut),
        name: alarm.name.clone().or_else(|| alarm.person.map(|person| person.to_string())).unwrap_or_else(nobody),
        seen: sentence(&alarm.seen),
        hint: sentence(&alarm.hint),
        raised: when(alarm.raised, &visitor.zone, visitor.now),
        looked: alarm.acknowledged.iter().map(|look| look.name.clone().unwrap_or_else(|| look.by.clone())).collect(),
    }
}

fn muted(mute: Mute, visitor: &Visitor) -> Muted {
    let kinds: Vec<&str> = mute.kinds.iter().map(|kind| label(*kind)).collect();
    Muted {
        id: mute.id.to_string(),
        name: mute.name.unwrap_or_else(|| "everybody".to_owned()),
        kinds: kinds.join(", "),
        until: when(mute.until, &visitor.zone, visitor.now),
    }
}

/// `POST /alarms/{id}/acknowledge`
pub(crate) async fn acknowledge(Path(id): Path<String>, Sent { by, fields, once }: Sent) -> Response {
    if let Err(problem) = by.must(Permission::AlarmsAcknowledge).and_then(|()| known::<AlarmId>(&id, "alarm")) {
        return by.answer::<Alarms>(Err(problem));
    }
    let address = to(&["alarms", &id, "acknowledge"]);
    match by.ask.done::<Alarm>(Method::POST, &address, &once, &()).await {
        // It leaves the list of what is to be looked at.
        Ok(_) => see(&sent_from(fields.text("back"), "/alarms", "looked").without(OPEN).to_string()),
        Err(problem) => by.answer::<Alarms>(Err(problem)),
    }
}

/// `POST /alarms/mutes`
pub(crate) async fn mute(Sent { by, fields, once }: Sent) -> Response {
    if let Err(problem) = by.must(Permission::AlarmsMute) {
        return by.answer::<Alarms>(Err(problem));
    }
    let muted = match fields.some("until") {
        None => Err(Wrong::in_field("", "say until when they are not to be raised", StatusCode::BAD_REQUEST)),
        Some(until) => {
            let kind = AlarmKind::ALL.into_iter().find(|kind| kind.word() == fields.text("kind"));
            let new = NewMute { person: fields.some("person"), unit: fields.some("unit"), kind, until };
            by.ask.done::<Mute>(Method::POST, &to(&["alarms", "mutes"]), &once, &new).await.map_err(Wrong::of)
        }
    };
    match muted {
        Ok(_) => see(&sent_from(fields.text("back"), "/alarms", "muted").without(OPEN).to_string()),
        Err(wrong) => {
            let rows = Rows::sent_from(fields.text("back"), "/alarms");
            answer(&by, &rows.asked(), rows, Some(wrong)).await
        }
    }
}

/// `POST /alarms/mutes/{id}/end`
pub(crate) async fn end(Path(id): Path<String>, Sent { by, fields, once }: Sent) -> Response {
    if let Err(problem) = by.must(Permission::AlarmsMute).and_then(|()| known::<MuteId>(&id, "mute")) {
        return by.answer::<Alarms>(Err(problem));
    }
    match by.ask.done::<Mute>(Method::DELETE, &to(&["alarms", "mutes", &id]), &once, &()).await {
        Ok(_) => see(&sent_from(fields.text("back"), "/alarms", "unmuted").to_string()),
        Err(problem) => by.answer::<Alarms>(Err(problem)),
    }
}

/// An address of a page is typed by hand; what can't be an id is nobody's.
fn known<T: std::str::FromStr>(id: &str, what: &str) -> Result<(), Problem> {
    let gone = |_| Problem { code: Code::NotFound, message: format!("there is no such {what}"), hint: None };
    id.parse::<T>().map(|_| ()).map_err(gone)
}
