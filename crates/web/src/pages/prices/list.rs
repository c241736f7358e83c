//! `/prices`: every price that holds on a day, by provider and model.

use askama::Template;
use axum::response::Response;
use purser_control::shape::{List, Price};
use purser_control::{Permission, Problem};
use purser_core::price::Bucket;

use super::{layer, rate};
use crate::ask::{escape, to};
use crate::form::{Asked, Fields};
use crate::frame::Frame;
use crate::say::{Markup, count, day};
use crate::visitor::Visitor;

/// Rows of a page.
const ROWS: usize = 50;

#[derive(Template)]
#[template(path = "prices/list.html")]
struct Prices {
    frame: Frame,
    providers: Vec<(String, bool)>,
    find: String,
    at: String,
    rows: Vec<Row>,
    total: String,
    first: Option<String>,
    next: Option<String>,
    may_change: bool,
    json: String,
}

struct Row {
    address: String,
    model: String,
    provider: String,
    input: Option<Markup>,
    cached: Option<Markup>,
    output: Option<Markup>,
    from: Option<Markup>,
    layer: &'static str,
}

/// `GET /prices`
pub(crate) async fn show(visitor: Visitor, Asked(asked): Asked) -> Response {
    visitor.answer(look(&visitor, &asked).await)
}

async fn look(visitor: &Visitor, asked: &Fields) -> Result<Prices, Problem> {
    let address = to(&["prices"]).with_some("at", asked.some("at"));
    let all: List<Price> = visitor.ask.get(&address).await?;
    let (provider, find) = (asked.text("provider"), asked.text("find").to_lowercase());
    let mut providers: Vec<(String, bool)> = Vec::new();
    for price in &all.items {
        if providers.last().is_none_or(|(last, _)| *last != price.card.provider) {
            providers.push((price.card.provider.clone(), price.card.provider == provider));
        }
    }
    let wanted: Vec<&Price> = all
        .items
        .iter()
        .filter(|price| provider.is_empty() || price.card.provider == provider)
        .filter(|price| find.is_empty() || is_called(price, &find))
        .collect();
    // The book is a list of a few hundred, whole in every answer: pages are cut here, by a row's number.
    let skip: usize = asked.text("after").parse().unwrap_or(0);
    let shown = wanted.iter().skip(skip).take(ROWS);
    let behind = skip.saturating_add(ROWS);
    let page = |after: usize| {
        let mut page = "/prices?after=".to_owned();
        page.push_str(&after.to_string());
        for name in ["provider", "find", "at"] {
            if let Some(text) = asked.some(name) {
                page.push('&');
                page.push_str(name);
                page.push('=');
                escape(&text, &mut page);
            }
        }
        page
    };
    let number = |number: usize| count(u64::try_from(number).unwrap_or(u64::MAX));
    Ok(Prices {
        frame: visitor.frame("Prices"),
        find: asked.text("find").to_owned(),
        at: asked.text("at").to_owned(),
        rows: shown.map(|price| row(price, visitor)).collect(),
        total: number(wanted.len()),
        first: (skip > 0).then(|| page(0)),
        next: (behind < wanted.len()).then(|| page(behind)),
        may_change: visitor.may(Permission::PricesChange),
        json: address.with_some("provider", asked.some("provider")).link().to_owned(),
        providers,
    })
}

fn is_called(price: &Price, find: &str) -> bool {
    price.card.model.contains(find) || price.card.aliases.iter().any(|alias| alias.contains(find))
}

fn row(price: &Price, visitor: &Visitor) -> Row {
    let has_beginning = price.effective_from.as_millis() > 0;
    Row {
        address: super::one::address(&price.card.provider, &price.card.model),
        model: price.card.model.clone(),
        provider: price.card.provider.clone(),
        input: rate(price, Bucket::InputUncached),
        cached: rate(price, Bucket::CacheRead),
        output: rate(price, Bucket::Output),
        from: has_beginning.then(|| day(price.effective_from, &visitor.zone)),
        layer: layer(price.layer),
    }
}
