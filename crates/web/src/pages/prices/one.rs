//! `/prices/{id}`: one model's prices, row by date, each beside the one before it.

use askama::Template;
use axum::extract::Path;
use axum::response::Response;
use purser_control::Problem;
use purser_control::shape::{List, Price};
use purser_core::price::Bucket;

use super::{label, layer, rate};
use crate::ask::{escape, to};
use crate::form::Asked;
use crate::frame::Frame;
use crate::say::{Markup, count, day, when};
use crate::visitor::Visitor;

#[derive(Template)]
#[template(path = "prices/one.html")]
struct One {
    frame: Frame,
    provider: String,
    rows: Vec<Row>,
    buckets: Vec<&'static str>,
    facts: Vec<(&'static str, Markup)>,
    json: String,
}

struct Row {
    from: Option<Markup>,
    layer: &'static str,
    holds: bool,
    /// Each with whether it differs from the row below, which is the one before it.
    rates: Vec<(Option<Markup>, bool)>,
    others: Vec<&'static str>,
    published: Markup,
    version: String,
    source: String,
}

/// `GET /prices/{id}`
pub(crate) async fn show(visitor: Visitor, Path(id): Path<String>, Asked(asked): Asked) -> Response {
    visitor.answer(look(&visitor, &id, asked.some("provider")).await)
}

async fn look(visitor: &Visitor, id: &str, provider: Option<String>) -> Result<One, Problem> {
    let address = to(&["prices", id, "history"]).with_some("provider", provider.as_ref());
    let mut history: List<Price> = visitor.ask.get(&address).await?;
    history.items.sort_by_key(|price| std::cmp::Reverse((price.effective_from, price.published_at)));
    let now = to(&["prices", id]).with_some("provider", provider);
    let holds = match visitor.ask.get::<List<Price>>(&now).await {
        Ok(now) => now.items.into_iter().next().map(|price| price.version),
        Err(_) => None,
    };
    let has = |bucket: &Bucket| history.items.iter().any(|price| rate(price, *bucket).is_some());
    let buckets: Vec<Bucket> = Bucket::ALL.into_iter().filter(has).collect();
    let rows = history.items.iter().enumerate().map(|(at, price)| {
        let before = history.items.get(at.saturating_add(1));
        let of = |bucket: Bucket| {
            let is = rate(price, bucket);
            let differs = before.is_some_and(|before| rate(before, bucket) != is);
            (is, differs)
        };
        Row {
            from: (price.effective_from.as_millis() > 0).then(|| day(price.effective_from, &visitor.zone)),
            layer: layer(price.layer),
            holds: holds == Some(price.version),
            rates: buckets.iter().map(|bucket| of(*bucket)).collect(),
            others: others(price),
            published: when(price.published_at, &visitor.zone, visitor.now),
            version: price.version.to_string(),
            source: price.card.source.clone(),
        }
    });
    let first = history.items.first();
    Ok(One {
        frame: visitor.frame(first.map_or(id, |price| &price.card.model)),
        provider: first.map(|price| price.card.provider.clone()).unwrap_or_default(),
        rows: rows.collect(),
        buckets: buckets.iter().map(|bucket| label(*bucket)).collect(),
        facts: first.map(facts).unwrap_or_default(),
        json: address.link().to_owned(),
    })
}

/// What a card has beside its rates.
fn others(price: &Price) -> Vec<&'static str> {
    let card = &price.card;
    let parts = [
        (!card.above.is_empty(), "long prompts"),
        (!card.tiers.is_empty(), "tiers"),
        (!card.geo.is_empty(), "regions"),
        (!card.hours.is_empty(), "hours"),
    ];
    parts.into_iter().filter(|(has, _)| *has).map(|(_, label)| label).collect()
}

fn facts(price: &Price) -> Vec<(&'static str, Markup)> {
    let card = &price.card;
    let mut facts = Vec::new();
    if let Some(tokens) = card.context_window {
        facts.push(("Prompt and answer together", Markup::new(format!("{} tokens", count(tokens)))));
    }
    if let Some(tokens) = card.max_output {
        facts.push(("Longest answer", Markup::new(format!("{} tokens", count(tokens)))));
    }
    if !card.aliases.is_empty() {
        facts.push(("Also called", Markup::new(crate::say::escaped(&card.aliases.join(", ")))));
    }
    facts
}

/// Where a model's prices are.
pub(super) fn address(provider: &str, model: &str) -> String {
    let mut address = "/prices/".to_owned();
    escape(model, &mut address);
    address.push_str("?provider=");
    escape(provider, &mut address);
    address
}
