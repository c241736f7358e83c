//! The price book: shown, extended, explained. Nothing in it is ever edited; a later price takes over.

mod explain;
mod file;
mod publish;

pub(crate) use explain::working;

use purser_core::price::{Layer, Listed, RateCard};
use purser_core::snapshot::Snapshot;
use purser_core::time::Instant;

use crate::control::Control;
use crate::dates;
use crate::error::{Code, Error, Refused};
use crate::shape::{List, Price};

impl Control {
    /// Every price in force at a day or instant (now, where none is given), by provider and model.
    ///
    /// # Errors
    /// The instant can't be read.
    pub fn prices(&self, provider: Option<&str>, at: Option<&str>) -> Result<List<Price>, Error> {
        let (snapshot, at) = (self.snapshot(), self.at(at)?);
        let book = &snapshot.prices;
        let wanted = |name: &&str| provider.is_none_or(|provider| provider.eq_ignore_ascii_case(name));
        let mut items = Vec::new();
        for name in book.providers().into_iter().filter(wanted) {
            items.extend(book.models(name, at).into_iter().map(|card| show(&snapshot, card)));
        }
        Ok(List { items })
    }

    /// The prices of a model in force at a day or instant: one for each provider that has it.
    ///
    /// # Errors
    /// No provider has such a price.
    pub fn price(&self, model: &str, provider: Option<&str>, at: Option<&str>) -> Result<List<Price>, Error> {
        let (snapshot, at) = (self.snapshot(), self.at(at)?);
        let cards = match provider {
            Some(_) => vec![find(&snapshot, provider, model, at)?],
            None => find_all(&snapshot, model, at)?,
        };
        Ok(List { items: cards.into_iter().map(|card| show(&snapshot, card)).collect() })
    }

    /// Every price a model has had, the one that wins first.
    ///
    /// # Errors
    /// No such model.
    pub fn price_history(&self, model: &str, provider: Option<&str>) -> Result<List<Price>, Error> {
        let snapshot = self.snapshot();
        let provider = match provider {
            Some(provider) => provider.to_lowercase(),
            None => find(&snapshot, None, model, self.inner.clock.now())?.provider().to_owned(),
        };
        let listed = snapshot.prices.history(&provider, model);
        if listed.is_empty() {
            return Err(Refused::new(Code::Unpriced, format!("{provider}/{model} has no price"))
                .hint("`purser price list` shows the models that have one, by their own names")
                .into());
        }
        Ok(List { items: listed.iter().map(show_listed).collect() })
    }

    /// The instant that a text stands for; now, where there is none.
    fn at(&self, text: Option<&str>) -> Result<Instant, Error> {
        text.map_or_else(|| Ok(self.inner.clock.now()), dates::instant)
    }
}

/// The card of a model, at the provider that was named or the only one that has it.
fn find<'a>(snapshot: &'a Snapshot, provider: Option<&str>, model: &str, at: Instant) -> Result<&'a RateCard, Error> {
    let book = &snapshot.prices;
    if let Some(provider) = provider {
        let found = book.lookup(&provider.to_lowercase(), model, at);
        return found.map(|card| &**card).map_err(|error| Refused::new(Code::Unpriced, error.to_string()).into());
    }
    match find_all(snapshot, model, at)?.as_slice() {
        [only] => Ok(only),
        several => {
            let names: Vec<&str> = several.iter().map(|card| card.provider()).collect();
            Err(Refused::new(Code::Ambiguous, format!("`{model}` is served by {}", names.join(", ")))
                .hint("name one with --provider")
                .into())
        }
    }
}

/// The cards of a model at every provider that has it; at least one.
pub(crate) fn find_all<'a>(snapshot: &'a Snapshot, model: &str, at: Instant) -> Result<Vec<&'a RateCard>, Error> {
    let book = &snapshot.prices;
    let providers = book.providers();
    let found: Vec<&RateCard> =
        providers.iter().filter_map(|provider| book.lookup(provider, model, at).ok()).map(|card| &**card).collect();
    if found.is_empty() {
        return Err(Refused::new(Code::Unpriced, format!("no provider has a price for `{model}`"))
            .hint("`purser price list` shows the models that have one; with --provider the nearest names are told")
            .into());
    }
    Ok(found)
}

fn show(snapshot: &Snapshot, card: &RateCard) -> Price {
    let listed = snapshot.prices.history(card.provider(), card.model());
    match listed.iter().find(|listed| listed.card.version() == card.version()) {
        Some(listed) => show_listed(listed),
        // Every card of the book is in its model's history; this is for the type's sake.
        None => Price {
            version: card.version(),
            layer: Layer::Bundled,
            published_at: card.valid_from(),
            effective_from: card.valid_from(),
            card: card.spec().clone(),
        },
    }
}

fn show_listed(listed: &Listed) -> Price {
    Price {
        version: listed.card.version(),
        layer: listed.layer,
        published_at: listed.published_at,
        effective_from: listed.effective_from(),
        card: listed.card.spec().clone(),
    }
}
