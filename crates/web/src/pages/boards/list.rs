//! `/boards`: whether there are any, joining and leaving, and the months that can be looked at.

use askama::Template;
use axum::http::Method;
use axum::response::Response;
use purser_control::shape::{BoardMember, BoardSettings, Boards, JoinBoards, Page, SetBoards, Unit};
use purser_control::{Permission, Problem};

use super::label;
use crate::ask::to;
use crate::form::{Asked, Sent, Wrong};
use crate::frame::Frame;
use crate::say::{Markup, day};
use crate::visitor::{Visitor, see};

#[derive(Template)]
#[template(path = "boards/list.html")]
struct BoardsPage {
    frame: Frame,
    on: bool,
    without: Vec<String>,
    may_join: bool,
    joined: Option<Markup>,
    months: Vec<Month>,
    may_change: bool,
    units: Vec<(String, String, bool)>,
    words: String,
    wrong: Option<Wrong>,
}

struct Month {
    month: String,
    boards: Vec<(String, &'static str)>,
}

fn done(word: &str) -> Option<&'static str> {
    match word {
        "joined" => Some("You are on boards from this month on, under a name that nobody else knows."),
        "left" => Some("You are off all boards, those of past months too, and your words are forgotten."),
        "on" => Some("There are boards now. Nobody is on one until they join."),
        "off" => Some("There are no boards any more, and every membership has ended."),
        _ => None,
    }
}

/// `GET /boards`
pub(crate) async fn show(visitor: Visitor, Asked(asked): Asked) -> Response {
    visitor.answer(look(&visitor, asked.text("done"), "", None).await)
}

async fn look(visitor: &Visitor, word: &str, words: &str, wrong: Option<Wrong>) -> Result<BoardsPage, Problem> {
    let ask = &visitor.ask;
    let settings: BoardSettings = ask.get(&to(&["boards", "settings"])).await?;
    let (may_read, may_change) = (visitor.may(Permission::BoardsRead), visitor.may(Permission::BoardsChange));
    let mut joined = None;
    let mut months: Vec<Month> = Vec::new();
    if may_read {
        let boards: Boards = ask.get(&to(&["boards"])).await?;
        joined = boards.joined.map(|at| day(at, &visitor.zone));
        for board in boards.items {
            let one = (board.id, label(board.of, board.metric));
            match months.last_mut().filter(|last| last.month == board.month) {
                Some(last) => last.boards.push(one),
                None => months.push(Month { month: board.month, boards: vec![one] }),
            }
        }
    }
    let mut units = Vec::new();
    if may_change {
        let all: Page<Unit> = ask.get(&to(&["units"])).await?;
        let is_without = |unit: &Unit| settings.without.iter().any(|one| one.unit == unit.id);
        units = all
            .items
            .iter()
            .filter_map(|unit| Some((unit.id.to_string(), unit.name.clone()?, is_without(unit))))
            .collect();
    }
    Ok(BoardsPage {
        frame: visitor.frame("Boards").having(done(word)),
        on: settings.on,
        without: settings.without.iter().map(|one| one.name.clone().unwrap_or_else(|| one.unit.to_string())).collect(),
        may_join: may_read && visitor.me.person.is_some(),
        joined,
        months,
        may_change,
        units,
        words: words.to_owned(),
        wrong,
    })
}

/// `POST /boards/join`
pub(crate) async fn join(Sent { by, fields, once }: Sent) -> Response {
    if let Err(problem) = by.own() {
        return by.answer::<BoardsPage>(Err(problem));
    }
    let join = JoinBoards { words: fields.some("words"), person: None };
    match by.ask.done::<BoardMember>(Method::POST, &to(&["boards", "membership"]), &once, &join).await {
        Ok(_) => see("/boards?done=joined"),
        Err(problem) => {
            let mut wrong = Wrong::of(problem);
            if fields.some("words").is_some() {
                wrong.field = "words";
            }
            let status = wrong.status();
            by.answer_with(status, look(&by, "", fields.text("words"), Some(wrong)).await)
        }
    }
}

/// `POST /boards/leave`
pub(crate) async fn leave(Sent { by, once, .. }: Sent) -> Response {
    if let Err(problem) = by.own() {
        return by.answer::<BoardsPage>(Err(problem));
    }
    match by.ask.done::<BoardMember>(Method::DELETE, &to(&["boards", "membership"]), &once, &()).await {
        Ok(_) => see("/boards?done=left"),
        Err(problem) => by.answer::<BoardsPage>(Err(problem)),
    }
}

/// `POST /boards/settings`
pub(crate) async fn set(Sent { by, fields, once }: Sent) -> Response {
    if let Err(problem) = by.must(Permission::BoardsChange) {
        return by.answer::<BoardsPage>(Err(problem));
    }
    let set = match by.ask.get::<Page<Unit>>(&to(&["units"])).await {
        Ok(units) => {
            let ids = units.items.iter().map(|unit| unit.id.to_string());
            let without = ids.filter(|id| fields.text(&format!("without-{id}")) == "yes").collect();
            let set = SetBoards { on: fields.text("on") == "yes", without: Some(without) };
            by.ask.done::<BoardSettings>(Method::PUT, &to(&["boards", "settings"]), &once, &set).await
        }
        Err(problem) => Err(problem),
    };
    match set {
        Ok(set) if set.on => see("/boards?done=on"),
        Ok(_) => see("/boards?done=off"),
        Err(problem) => by.answer::<BoardsPage>(Err(problem)),
    }
}
