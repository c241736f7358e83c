//! `/admin/providers`: where calls go: what stands still, what was called and billed, what models have a price.

use std::collections::BTreeMap;

use askama::Template;
use axum::response::Response;
use purser_control::shape::{Bills, DenialPage, List, Price, Reconciliation, Stop, StopWhat};
use purser_control::{Permission, Problem};

use crate::ask::{escape, to};
use crate::frame::Frame;
use crate::pages::finance::home::{ProviderLine, provider_line};
use crate::say::count;
use crate::visitor::Visitor;

/// Denials that are counted by their reason: the latest ones.
const DENIALS: usize = 1_000;

#[derive(Template)]
#[template(path = "admin/providers.html")]
struct Providers {
    frame: Frame,
    gateway: Option<String>,
    rows: Vec<Row>,
    reasons: Vec<(String, String)>,
    stopped_models: Vec<String>,
    may_stop: bool,
}

struct Row {
    name: String,
    prices: String,
    models: usize,
    stopped: bool,
    pulls: bool,
    keys: Option<usize>,
    billed: Option<ProviderLine>,
}

/// `GET /admin/providers`
pub(crate) async fn show(visitor: Visitor) -> Response {
    visitor.answer(look(&visitor).await)
}

async fn look(visitor: &Visitor) -> Result<Providers, Problem> {
    let ask = &visitor.ask;
    let bills: Bills = ask.get(&to(&["bills"]).with("limit", 1)).await?;
    let month: Reconciliation = ask.get(&to(&["bills", "reconciliation"]).with("limit", 1)).await?;
    let prices: List<Price> = ask.get(&to(&["prices"])).await?;
    let stops: List<Stop> = ask.get(&to(&["stops"])).await?;
    let denials: DenialPage = ask.get(&to(&["denials"]).with("limit", DENIALS)).await?;
    let mut models: BTreeMap<&str, usize> = BTreeMap::new();
    for price in &prices.items {
        let known = models.entry(&price.card.provider).or_default();
        *known = known.saturating_add(1);
    }
    let is_stopped =
        |name: &str| stops.items.iter().any(|stop| matches!(&stop.on, StopWhat::Provider(on) if on == name));
    // Called or billed this month, or told to Purser in another way; the hundreds that merely have a price are not.
    let mut names: Vec<String> = month.providers.iter().map(|one| one.provider.clone()).collect();
    names.extend(bills.pulls.iter().cloned());
    names.extend(bills.keys.iter().map(|keys| keys.provider.clone()));
    names.extend(stops.items.iter().filter_map(|stop| match &stop.on {
        StopWhat::Provider(on) => Some(on.clone()),
        _ => None,
    }));
    names.sort_unstable();
    names.dedup();
    let mut reasons: BTreeMap<String, u64> = BTreeMap::new();
    for denied in denials.items {
        let known = reasons.entry(denied.reason).or_default();
        *known = known.saturating_add(denied.count);
    }
    let mut reasons: Vec<_> = reasons.into_iter().collect();
    reasons.sort_by_key(|(_, calls)| std::cmp::Reverse(*calls));
    let rows = names.into_iter().map(|name| Row {
        prices: priced(&name),
        models: models.get(name.as_str()).copied().unwrap_or(0),
        stopped: is_stopped(&name),
        pulls: bills.pulls.contains(&name),
        keys: bills.keys.iter().find(|keys| keys.provider == name).map(|keys| keys.keys.len()),
        billed: month.providers.iter().find(|one| one.provider == name).map(|one| provider_line(one, visitor)),
        name,
    });
    let rows = rows.collect();
    let stopped_models = stops.items.iter().filter_map(|stop| match &stop.on {
        StopWhat::Model(model) => Some(model.clone()),
        _ => None,
    });
    Ok(Providers {
        frame: visitor.frame("Providers and models"),
        gateway: visitor.status.gateway.clone(),
        rows,
        reasons: reasons.into_iter().map(|(reason, calls)| (reason.replace('_', " "), count(calls))).collect(),
        stopped_models: stopped_models.collect(),
        may_stop: visitor.may(Permission::StopsChange),
    })
}

fn priced(provider: &str) -> String {
    let mut address = "/prices?provider=".to_owned();
    escape(provider, &mut address);
    address
}
