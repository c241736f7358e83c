//! `/people/{id}/rewards`: a year's package and what became of its fourth pillar, with the signature below it.

use askama::Template;
use axum::extract::Path;
use axum::response::Response;
use purser_control::Problem;
use purser_control::shape::{Rewards, StatementsKey};
use purser_core::money::{Currency, Nano};

use crate::ask::to;
use crate::chart::{self, Kind, Pillar, Pillars, Spec, Unit};
use crate::form::Asked;
use crate::frame::Frame;
use crate::say::{Markup, day, money, when};
use crate::visitor::Visitor;

/// Years that are one click away: the running one and those before it.
const YEARS: i16 = 3;

#[derive(Template)]
#[template(path = "people/rewards.html")]
struct Statement {
    frame: Frame,
    path: String,
    person: Option<String>,
    year: String,
    years: Vec<(String, bool)>,
    package: Option<Package>,
    redacted: bool,
    version: Option<u32>,
    tokens: Vec<(&'static str, Markup)>,
    from: Markup,
    to: Markup,
    as_of: Markup,
    signature: Option<Signed>,
    pdf: String,
    json: String,
}

struct Package {
    total: Markup,
    without: Option<Markup>,
    shares: Vec<(&'static str, Markup, String)>,
    chart: Markup,
}

struct Signed {
    key: String,
    sha256: String,
    value: String,
    is_ours: bool,
}

/// `GET /me/rewards`
pub(crate) async fn own(visitor: Visitor, Asked(asked): Asked) -> Response {
    let own = visitor.own().map(|person| person.id.to_string());
    let page = match own {
        Ok(id) => look(&visitor, &id, "/me/rewards", asked.some("year")).await,
        Err(problem) => Err(problem),
    };
    visitor.answer(page)
}

/// `GET /people/{id}/rewards`
pub(crate) async fn show(visitor: Visitor, Path(id): Path<String>, Asked(asked): Asked) -> Response {
    let path = format!("{}/rewards", super::one::address(&id));
    visitor.answer(look(&visitor, &id, &path, asked.some("year")).await)
}

async fn look(visitor: &Visitor, id: &str, path: &str, year: Option<String>) -> Result<Statement, Problem> {
    let address = to(&["people", id, "rewards"]);
    let rewards: Rewards = visitor.ask.get(&address.clone().with_some("year", year)).await?;
    let key: StatementsKey = visitor.ask.get(&to(&["statements", "key"])).await?;
    let whose = rewards.name.clone().unwrap_or_else(|| rewards.person.to_string());
    let is_own = visitor.me.person == Some(rewards.person);
    let document = to(&["people", id, "rewards", "document"]);
    let package = package(&rewards);
    Ok(Statement {
        frame: visitor.frame(&if is_own { "Total rewards".to_owned() } else { format!("Total rewards of {whose}") }),
        person: (!is_own).then(|| rewards.person.to_string()),
        years: years(visitor, &rewards.year),
        redacted: package.is_none() && !rewards.pillars.is_empty(),
        version: rewards.version,
        tokens: tokens(&rewards),
        from: day(rewards.from, &visitor.zone),
        to: day(rewards.to, &visitor.zone),
        as_of: when(rewards.as_of, &visitor.zone, visitor.now),
        signature: rewards.signature.as_ref().map(|signature| Signed {
            is_ours: signature.key == key.key,
            key: signature.key.clone(),
            sha256: signature.sha256.clone(),
            value: signature.value.clone(),
        }),
        pdf: document.with("year", &rewards.year).with("form", "pdf").link().to_owned(),
        json: address.with("year", &rewards.year).link().to_owned(),
        path: path.to_owned(),
        year: rewards.year,
        package,
    })
}

fn years(visitor: &Visitor, shown: &str) -> Vec<(String, bool)> {
    let now = visitor.zone.date(visitor.now).year();
    let mut years: Vec<String> = (0..YEARS).map(|back| (now - back).to_string()).collect();
    if !years.iter().any(|year| year == shown) {
        years.push(shown.to_owned());
    }
    years.into_iter().map(|year| (year.clone(), year == shown)).collect()
}

/// What a pillar is called.
fn label(pillar: &str) -> &'static str {
    match pillar {
        "salary" => "Salary",
        "bonus" => "Bonus",
        "equity" => "Equity",
        _ => "Tokens",
    }
}

/// The package, for whoever may see its amounts.
fn package(rewards: &Rewards) -> Option<Package> {
    let currency = Currency::try_new(rewards.currency.as_deref()?)?;
    let total = *rewards.total.as_ref()?.amount()?;
    let mut pillars = Vec::new();
    let mut shares = Vec::new();
    for pillar in &rewards.pillars {
        let amount = *pillar.amount.amount()?;
        let share = pillar.share.as_ref().and_then(|share| share.amount().cloned()).unwrap_or_default();
        let name = label(&pillar.pillar);
        shares.push((name, money(amount, &currency), share));
        pillars.push(Pillar { name: name.to_owned(), amount: amount.get() });
    }
    let kind = Kind::Pillars(Pillars { unit: Unit::Money(currency.clone()), pillars });
    let spec = Spec { id: "pillars".to_owned(), title: format!("The package of {}", rewards.year), kind };
    let without = rewards.without_tokens.as_ref().and_then(|amount| amount.amount().copied());
    Some(Package {
        total: money(total, &currency),
        without: without.map(|amount| money(amount, &currency)),
        shares,
        chart: Markup::new(chart::svg(&spec).html()),
    })
}

/// What became of the fourth pillar: sums of the ledger.
fn tokens(rewards: &Rewards) -> Vec<(&'static str, Markup)> {
    let tokens = &rewards.tokens;
    let ledger = Currency::try_new(&tokens.currency).unwrap_or_else(Currency::usd);
    let amount = |nano: Nano| money(nano, &ledger);
    let of_package = |nano: Nano, share: Option<&String>| match share {
        Some(share) => Markup::new(format!("{} <small>{share} of the package</small>", amount(nano))),
        None => amount(nano),
    };
    let released_share = tokens.released_share.as_ref().and_then(|share| share.amount());
    let used_share = tokens.used_share.as_ref().and_then(|share| share.amount());
    let mut facts = vec![
        ("Released", of_package(tokens.released, released_share)),
        ("Used", of_package(tokens.used, used_share)),
        ("Lapsed unused", amount(tokens.expired)),
        ("Left at the end", amount(tokens.closing)),
    ];
    if let Some(percent) = &tokens.usable.percent {
        let what = format!(
            "{} % of {} calls for which there was money",
            crate::say::escaped(percent.trim_end_matches(['%', ' '])),
            crate::say::count(tokens.usable.served.saturating_add(tokens.usable.denied_funded))
        );
        facts.push(("Could be used", Markup::new(what)));
    }
    facts
}
