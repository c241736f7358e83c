//! `/offers/new` and `/offers/{id}`: a version in a form, what it would mean, and what an offer came through.

use askama::Template;
use axum::extract::Path;
use axum::http::{Method, StatusCode};
use axum::response::Response;
use purser_control::shape::{
    List, NewOfferLink, Offer, OfferLink, OfferPreview, OfferQuestion, OfferVersion, Page, Pool, Unit,
};
use purser_control::{Code, Permission, Problem, Role};
use purser_core::role::{Duty, Roles};
use serde_json::{Value, json};

use super::fill;
use super::inputs::{Choices, Group, groups, names};
use super::meaning::{Found, Meaning};
use crate::ask::to;
use crate::form::{Asked, Fields, Sent, Wrong};
use crate::frame::Frame;
use crate::say::{Markup, span, when};
use crate::visitor::{Visitor, see};

#[derive(Template)]
#[template(path = "offers/one.html")]
struct One {
    frame: Frame,
    id: Option<String>,
    head: Option<Head>,
    /// The form's address, where there is a form.
    action: Option<String>,
    groups: Vec<Group>,
    wrong: Option<Wrong>,
    meaning: Option<Meaning>,
    findings: Vec<Found>,
    link: Option<Result<String, &'static str>>,
    history: Option<History>,
}

/// How an offer stands, and what may be done with it now.
#[expect(clippy::struct_excessive_bools, reason = "which buttons there are, each by itself")]
struct Head {
    state: &'static str,
    mark: &'static str,
    since: String,
    version: u32,
    unit: String,
    expires: Option<Markup>,
    may_submit: bool,
    duties: Vec<&'static str>,
    may_return: bool,
    may_send: bool,
    may_withdraw: bool,
    may_link: bool,
    has_link: bool,
    missing: Vec<&'static str>,
    person: Option<String>,
    grant: Option<String>,
    note: Option<String>,
    has_letter: bool,
}

struct History {
    versions: Vec<VersionRow>,
    approvals: Vec<(&'static str, String, Markup)>,
    links: Vec<(String, &'static str, bool, Markup)>,
    questions: Vec<QuestionRow>,
    may_answer: bool,
}

struct VersionRow {
    number: u32,
    by: String,
    at: Markup,
    reason: Option<String>,
    hash: String,
    changes: Vec<(String, String, String)>,
}

struct QuestionRow {
    id: String,
    question: String,
    asked: Markup,
    answer: Option<String>,
}

/// What the page is about beside the offer itself.
#[derive(Default)]
pub(super) struct With {
    pub(super) filled: Option<Fields>,
    pub(super) wrong: Option<Wrong>,
    pub(super) done: Option<&'static str>,
    pub(super) link: Option<OfferLink>,
}

/// `GET /offers/new`
pub(crate) async fn fresh(visitor: Visitor) -> Response {
    visitor.answer(draft(&visitor, With::default()).await)
}

async fn draft(visitor: &Visitor, with: With) -> Result<One, Problem> {
    visitor.must(Permission::OffersChange)?;
    let choices = choices(visitor, true).await?;
    let is_shown = with.filled.is_some();
    let filled = with.filled.unwrap_or_else(|| {
        let usual = [
            ("currency", visitor.currency.code()),
            ("zone", visitor.zone.name()),
            ("per", "workday"),
            ("vesting", "48"),
            ("share", "1"),
            ("sharing", "own"),
        ];
        Fields::holding(usual.map(|(name, value)| (name.to_owned(), value.to_owned())))
    });
    let meaning = if is_shown && with.wrong.is_none() {
        Some(meaning(visitor, None, &content(visitor, &Value::Null, &filled)).await?)
    } else {
        None
    };
    Ok(One {
        frame: visitor.frame("A new offer"),
        id: None,
        head: None,
        action: Some("/offers/new".to_owned()),
        groups: groups(&filled, with.wrong.as_ref(), &choices, true),
        wrong: with.wrong,
        meaning,
        findings: Vec::new(),
        link: None,
        history: None,
    })
}

/// `GET /offers/{id}`
pub(crate) async fn show(visitor: Visitor, Path(id): Path<String>, Asked(asked): Asked) -> Response {
    let done = super::done(asked.text("done"));
    visitor.answer(look(&visitor, &id, With { done, ..With::default() }).await)
}

/// The page of an offer.
///
/// # Errors
/// What the API says.
pub(super) async fn page(visitor: &Visitor, id: &str, status: StatusCode, with: With) -> Response {
    visitor.answer_with(status, look(visitor, id, with).await)
}

async fn look(visitor: &Visitor, id: &str, with: With) -> Result<One, Problem> {
    let offer: Offer = visitor.ask.get(&to(&["offers", id])).await?;
    let latest = offer.versions.last().and_then(|version| version.content.as_ref()?.amount().cloned());
    let before = latest.clone().unwrap_or(Value::Null);
    let may_write = visitor.may(Permission::OffersChange) && !is_over(&offer) && latest.is_some();
    let choices = if may_write { choices(visitor, false).await? } else { Choices::default() };
    let is_filled = with.filled.is_some();
    let filled = with.filled.unwrap_or_else(|| fill::fields(&before));
    let meaning = match &with.wrong {
        // Of what can't be read nothing can be said, and amounts are for those who may see them.
        _ if latest.is_none() || !visitor.may(Permission::OffersPreview) => None,
        Some(_) if is_filled => None,
        // What is written is shown as it is written, however the form would write it.
        _ if !is_filled => Some(meaning(visitor, Some(id), &Ok(before)).await?),
        _ => Some(meaning(visitor, Some(id), &content(visitor, &before, &filled)).await?),
    };
    let history = history(&offer, visitor).await?;
    let who = offer.row.candidate.clone().unwrap_or_else(|| "somebody whose offer was erased".to_owned());
    let id = offer.row.id.to_string();
    Ok(One {
        frame: visitor.frame(&format!("Offer to {who}")).having(with.done),
        head: Some(Head { has_link: !history.links.is_empty(), ..head(&offer, visitor, latest.is_some()) }),
        action: may_write.then(|| format!("/offers/{id}")),
        groups: if may_write { groups(&filled, with.wrong.as_ref(), &choices, false) } else { Vec::new() },
        wrong: with.wrong,
        findings: if meaning.is_some() { Vec::new() } else { offer.findings.iter().map(Found::of).collect() },
        meaning,
        link: with.link.map(|made| made.link.ok_or("This link was shown when it was made, and only then.")),
        history: Some(history),
        id: Some(id),
    })
}

fn is_over(offer: &Offer) -> bool {
    matches!(offer.row.state.as_str(), "accepted" | "declined" | "expired" | "withdrawn")
}

fn content(visitor: &Visitor, before: &Value, filled: &Fields) -> Result<Value, Wrong> {
    let today = visitor.zone.date(visitor.now).to_string();
    fill::content(before, filled, &visitor.currency, &today)
}

async fn meaning(visitor: &Visitor, offer: Option<&str>, content: &Result<Value, Wrong>) -> Result<Meaning, Problem> {
    let content = match content {
        Ok(content) => content,
        Err(wrong) => return Ok(Meaning { problem: Some(wrong.sentence.clone()), ..Meaning::default() }),
    };
    let asked = json!({ "content": content, "offer": offer });
    match visitor.ask.reckoned::<OfferPreview>(&to(&["offers", "preview"]), &asked).await {
        Ok(preview) => Ok(Meaning::of(&preview, visitor)),
        Err(problem) if matches!(problem.code, Code::Invalid | Code::NotFound | Code::Ambiguous) => {
            Ok(Meaning::not(&problem))
        }
        Err(problem) => Err(problem),
    }
}

async fn choices(visitor: &Visitor, with_units: bool) -> Result<Choices, Problem> {
    let roles: Roles = visitor.ask.get(&to(&["roles"])).await?;
    let pools: Page<Pool> = visitor.ask.get(&to(&["pools"])).await?;
    let mut units = Vec::new();
    if with_units {
        let all: Page<Unit> = visitor.ask.get(&to(&["units"])).await?;
        let named = |unit: Unit| (unit.id.to_string(), unit.name.unwrap_or_else(|| unit.id.to_string()));
        units = all.items.into_iter().map(named).collect();
        units.sort_by(|a, b| a.1.cmp(&b.1));
    }
    Ok(Choices {
        units,
        families: roles.families.keys().map(ToString::to_string).collect(),
        places: roles.places.keys().map(ToString::to_string).collect(),
        pools: pools.items.into_iter().filter_map(|pool| pool.name).collect(),
    })
}

fn head(offer: &Offer, visitor: &Visitor, is_known: bool) -> Head {
    let (state, mark) = super::state(&offer.row.state);
    let word = offer.row.state.as_str();
    let (writes, approves) = (visitor.may(Permission::OffersChange), visitor.may(Permission::OffersApprove));
    let has = |role: Role| visitor.me.roles.iter().any(|given| given.role == role);
    let theirs = |duty: &&Duty| match duty {
        Duty::People => has(Role::People),
        Duty::Finance => has(Role::Finance),
    };
    let waits = word == "approval";
    Head {
        state,
        mark,
        since: span(offer.row.since, visitor.now),
        version: offer.row.version,
        unit: offer.row.unit_name.clone().unwrap_or_else(|| offer.row.unit.to_string()),
        expires: offer.row.expires.map(|expires| when(expires, &visitor.zone, visitor.now)),
        may_submit: writes && matches!(word, "draft" | "countered"),
        duties: if waits && approves {
            offer.missing.iter().filter(theirs).map(|duty| duty.word()).collect()
        } else {
            Vec::new()
        },
        may_return: waits && approves,
        may_send: writes && word == "approved",
        may_withdraw: writes && !is_over(offer),
        may_link: writes && (!is_over(offer) || word == "accepted"),
        has_link: false,
        missing: offer.missing.iter().map(|duty| duty.word()).collect(),
        person: offer.person.map(|person| person.to_string()),
        grant: offer.grant.map(|grant| grant.to_string()),
        note: offer.note.as_ref().and_then(|note| note.amount().cloned()),
        has_letter: is_known,
    }
}

async fn history(offer: &Offer, visitor: &Visitor) -> Result<History, Problem> {
    let id = offer.row.id.to_string();
    let links: List<OfferLink> = visitor.ask.get(&to(&["offers", &id, "links"])).await?;
    let questions: List<OfferQuestion> = visitor.ask.get(&to(&["offers", &id, "questions"])).await?;
    let at = |at| when(at, &visitor.zone, visitor.now);
    let text = |text: &Option<purser_control::shape::Confidential<String>>| {
        text.as_ref().and_then(|text| text.amount().cloned())
    };
    Ok(History {
        versions: offer.versions.iter().rev().map(|version| version_row(version, visitor)).collect(),
        approvals: offer.approvals.iter().map(|it| (it.duty.word(), it.by.clone(), at(it.at))).collect(),
        links: links
            .items
            .iter()
            .map(|link| {
                let (word, is_open) = match link.state {
                    purser_control::shape::OfferLinkState::Open => ("works", true),
                    purser_control::shape::OfferLinkState::Expired => ("is over", false),
                    purser_control::shape::OfferLinkState::Revoked => ("was stopped", false),
                };
                (link.id.to_string(), word, is_open, at(link.until))
            })
            .collect(),
        questions: questions
            .items
            .iter()
            .map(|asked| QuestionRow {
                id: asked.id.to_string(),
                question: text(&asked.question).unwrap_or_else(|| "erased".to_owned()),
                asked: at(asked.asked),
                answer: text(&asked.answer),
            })
            .collect(),
        may_answer: visitor.may(Permission::OffersChange),
    })
}

fn version_row(version: &OfferVersion, visitor: &Visitor) -> VersionRow {
    let said =
        |value: &Option<purser_control::shape::Confidential<Value>>| match value.as_ref().and_then(|it| it.amount()) {
            None | Some(Value::Null) => "nothing".to_owned(),
            Some(Value::String(text)) => text.clone(),
            Some(Value::Bool(true)) => "yes".to_owned(),
            Some(Value::Bool(false)) => "no".to_owned(),
            Some(other) => other.to_string(),
        };
    VersionRow {
        number: version.number,
        by: if version.by == "candidate" { "the candidate".to_owned() } else { version.by.clone() },
        at: when(version.at, &visitor.zone, visitor.now),
        reason: version.reason.as_ref().and_then(|reason| reason.amount().cloned()),
        hash: version.hash.clone(),
        changes: version
            .changes
            .iter()
            .map(|change| {
                let field = change.field.trim_start_matches("package.").replace(['.', '_'], " ");
                (field, said(&change.before), said(&change.after))
            })
            .collect(),
    }
}

/// What was wrong, at one of this form's own fields or at none.
fn at_home(problem: Problem) -> Wrong {
    const NAMED: [(&str, &str); 7] = [
        ("candidate's name", "candidate"),
        ("salary", "salary"),
        ("floor", "floor"),
        ("pool", "pool"),
        ("dated rate", "rate"),
        ("token budget", "tokens"),
        ("unit", "unit"),
    ];
    let named = NAMED.iter().find(|(word, _)| problem.message.contains(word)).map_or("", |(_, field)| field);
    let mut wrong = Wrong::of(problem);
    wrong.field = named;
    wrong
}

/// `POST /offers/new`
pub(crate) async fn make(Sent { by, fields, once }: Sent) -> Response {
    if let Err(problem) = by.must(Permission::OffersChange) {
        return by.answer::<One>(Err(problem));
    }
    let filled = Some(fields.clone());
    if fields.some("show").is_some() {
        return by.answer(draft(&by, With { filled, ..With::default() }).await);
    }
    let made = match content(&by, &Value::Null, &fields) {
        Ok(content) => {
            let body = json!({ "unit": fields.some("unit"), "content": content, "reason": fields.some("reason") });
            by.ask.done::<Offer>(Method::POST, &to(&["offers"]), &once, &body).await.map_err(at_home)
        }
        Err(wrong) => Err(wrong),
    };
    match made {
        Ok(offer) => see(&format!("/offers/{}?done=drafted", offer.row.id)),
        Err(wrong) => {
            let status = wrong.status();
            let wrong = Some(wrong).filter(|wrong| wrong.field.is_empty() || names().any(|name| name == wrong.field));
            by.answer_with(status, draft(&by, With { filled, wrong, ..With::default() }).await)
        }
    }
}

/// `POST /offers/{id}`
pub(crate) async fn save(Path(id): Path<String>, Sent { by, fields, once }: Sent) -> Response {
    if let Err(problem) = by.must(Permission::OffersChange) {
        return by.answer::<One>(Err(problem));
    }
    let filled = Some(fields.clone());
    if fields.some("show").is_some() {
        return page(&by, &id, StatusCode::OK, With { filled, ..With::default() }).await;
    }
    let offer: Offer = match by.ask.get(&to(&["offers", &id])).await {
        Ok(offer) => offer,
        Err(problem) => return by.answer::<One>(Err(problem)),
    };
    let before = offer.versions.last().and_then(|version| version.content.as_ref()?.amount().cloned());
    let saved = match content(&by, &before.unwrap_or(Value::Null), &fields) {
        Ok(content) => {
            let body = json!({ "content": content, "reason": fields.some("reason") });
            by.ask.done::<Offer>(Method::POST, &to(&["offers", &id, "versions"]), &once, &body).await.map_err(at_home)
        }
        Err(wrong) => Err(wrong),
    };
    match saved {
        Ok(_) => see(&format!("/offers/{}?done=saved", offer.row.id)),
        Err(wrong) => {
            let status = wrong.status();
            page(&by, &id, status, With { filled, wrong: Some(wrong), ..With::default() }).await
        }
    }
}

/// `POST /offers/{id}/links`
pub(crate) async fn link(Path(id): Path<String>, Sent { by, fields, once }: Sent) -> Response {
    let new = NewOfferLink { until: fields.some("until") };
    let made = by.ask.done::<OfferLink>(Method::POST, &to(&["offers", &id, "links"]), &once, &new).await;
    match made {
        Ok(link) => page(&by, &id, StatusCode::OK, With { link: Some(link), ..With::default() }).await,
        Err(problem) if problem.code == Code::Forbidden => by.answer::<One>(Err(problem)),
        Err(problem) => {
            let mut wrong = Wrong::of(problem);
            wrong.field = "";
            let status = wrong.status();
            page(&by, &id, status, With { wrong: Some(wrong), ..With::default() }).await
        }
    }
}
