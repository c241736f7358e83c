//! Publishing prices: one model's, a file's, and those that come with Purser.

use purser_core::event::Event;
use purser_core::id::PriceListId;
use purser_core::money::Currency;
use purser_core::price::diff::{CardDiff, Change, diff};
use purser_core::price::{
    Bucket, CardSpec, Kind, Layer, PriceList, PriceUnit, RateCard, RateMap, parse_price_as_typed,
};
use purser_core::time::Instant;

use super::{file, find, show};
use crate::change::{CommandName, Turn};
use crate::control::Control;
use crate::dates;
use crate::error::{Code, Error, Refused};
use crate::shape::{ImportPrices, ImportReport, Price, PriceChange, RateChange, SetPrice};

impl Control {
    /// Publishes rates of one model, on top of the card in force where there is one.
    ///
    /// # Errors
    /// A bucket or price that can't be, or the journal.
    pub async fn set_price(&self, name: Option<CommandName>, set: SetPrice) -> Result<Price, Error> {
        self.change(name, move |turn| {
            let snapshot = turn.snapshot();
            let from = set.from.as_deref().map_or(Ok(turn.now), dates::instant)?;
            let provider = set.provider.trim().to_lowercase();
            let card = match find(&snapshot, Some(&provider), &set.model, from.max(turn.now)) {
                Ok(known) => CardSpec { from, to: None, hours: Vec::new(), ..known.spec().clone() },
                Err(_) => new_card(&provider, &set.model, from),
            };
            let card = with_rates(card, &set)?;
            let version = RateCard::try_from(card.clone()).map_err(invalid)?.version();
            if snapshot.prices.version(version).is_none() {
                let list = PriceList { cards: vec![card], ..company_list(turn) };
                publish(turn, list)?;
            }
            let snapshot = turn.snapshot();
            let published =
                snapshot.prices.version(version).expect("a card that was published just now is in the book");
            Ok(show(&snapshot, published))
        })
        .await
    }

    /// Publishes a file of prices, or says what that would change.
    ///
    /// # Errors
    /// The file is not understood, a card can't be charged by, or the journal.
    pub async fn import_prices(&self, name: Option<CommandName>, import: ImportPrices) -> Result<ImportReport, Error> {
        self.change(name, move |turn| {
            let file = file::read(&import, turn.now)?;
            let snapshot = turn.snapshot();
            let mut report = ImportReport {
                format: file.format.to_owned(),
                published: !import.dry_run,
                changes: Vec::new(),
                unchanged: 0,
                skipped: file.skipped,
                discounts: file.discounts.clone(),
                exchange: file.exchange.clone(),
            };
            let mut cards = Vec::new();
            let differences = diff(&snapshot.prices, &file.cards, turn.now);
            for (card, difference) in file.cards.into_iter().zip(differences) {
                RateCard::try_from(card.clone()).map_err(invalid)?;
                if difference.change == Change::Same {
                    report.unchanged += 1;
                } else {
                    report.changes.push(show_change(difference));
                    cards.push(card);
                }
            }
            if !import.dry_run {
                let (discounts, exchange) = (file.discounts, file.exchange);
                let list = PriceList { cards, discounts, exchange, ..company_list(turn) };
                publish(turn, list)?;
            }
            Ok(report)
        })
        .await
    }

    /// Puts the list that comes with this version into the journal as far as it is not there yet, so that every charge
    /// can be recomputed from the journal alone, by whatever version reads it later.
    pub(crate) async fn publish_bundled(&self) -> Result<(), Error> {
        self.change(None, move |turn| {
            let snapshot = turn.snapshot();
            let bundled = PriceList::bundled();
            let mut missing = Vec::new();
            for card in bundled.cards {
                let version = RateCard::try_from(card.clone()).map_err(invalid)?.version();
                if snapshot.prices.version(version).is_none() {
                    missing.push(card);
                }
            }
            let (layer, published_at) = (Layer::Bundled, bundled.published_at);
            let list = PriceList { layer, published_at, cards: missing, ..company_list(turn) };
            publish(turn, list)
        })
        .await
    }
}

/// Writes a list to the journal, in as many parts as the size of an event asks for.
fn publish(turn: &mut Turn<'_>, list: PriceList) -> Result<(), Error> {
    // Half of what an event may have, because a card is measured by itself, without what is around it.
    let room = purser_ledger::EVENT_MAX / 2;
    let PriceList { id, published_at, layer, cards, mut discounts, mut exchange } = list;
    let mut cards = cards.into_iter().peekable();
    while cards.peek().is_some() || !discounts.is_empty() || !exchange.is_empty() {
        let mut part = Vec::new();
        let mut bytes = 0;
        while let Some(card) = cards.next_if(|card| part.is_empty() || bytes + size(card) <= room) {
            bytes += size(&card);
            part.push(card);
        }
        turn.commit(&Event::PricesPublished(PriceList {
            id,
            published_at,
            layer,
            cards: part,
            discounts: std::mem::take(&mut discounts),
            exchange: std::mem::take(&mut exchange),
        }))?;
    }
    Ok(())
}

/// A list of the company's, published now, with nothing in it yet.
fn company_list(turn: &Turn<'_>) -> PriceList {
    PriceList {
        id: PriceListId::new(turn.command.get()),
        published_at: turn.now,
        layer: Layer::Company,
        cards: Vec::new(),
        discounts: Vec::new(),
        exchange: Vec::new(),
    }
}

fn show_change(difference: CardDiff) -> PriceChange {
    let rates = match difference.change {
        Change::Changed(changes) => changes,
        Change::New | Change::Same => Vec::new(),
    };
    let rates = rates.into_iter().map(|change| RateChange { what: change.what, was: change.before, is: change.after });
    PriceChange {
        provider: difference.provider,
        model: difference.model,
        from: difference.from,
        rates: rates.collect(),
        warnings: difference.warnings,
    }
}

fn size(card: &CardSpec) -> usize {
    serde_json::to_vec(card).map_or(0, |bytes| bytes.len())
}

fn new_card(provider: &str, model: &str, from: Instant) -> CardSpec {
    CardSpec {
        provider: provider.to_owned(),
        model: model.trim().to_lowercase(),
        aliases: Vec::new(),
        from,
        to: None,
        hours: Vec::new(),
        currency: Currency::usd(),
        rates: RateMap::new(),
        above: Vec::new(),
        tiers: std::collections::BTreeMap::new(),
        geo: std::collections::BTreeMap::new(),
        fees: RateMap::new(),
        context_window: None,
        max_output: None,
        flags: std::collections::BTreeMap::new(),
        source: String::new(),
    }
}

fn with_rates(mut card: CardSpec, set: &SetPrice) -> Result<CardSpec, Error> {
    for point in &set.rates {
        let bucket = Bucket::from_name(&point.bucket).ok_or_else(|| {
            let names: Vec<&str> = Bucket::ALL.iter().map(|bucket| bucket.name()).collect();
            Refused::new(Code::Invalid, format!("`{}` is nothing that has a price", point.bucket))
                .hint(format!("one of {}", names.join(", ")))
        })?;
        let rate = parse_price_as_typed(&point.price, PriceUnit::default()).map_err(invalid)?;
        let rates = if bucket.kind() == Kind::Call { &mut card.fees } else { &mut card.rates };
        rates.insert(bucket, rate);
    }
    set.source.as_deref().unwrap_or("set by the company").clone_into(&mut card.source);
    Ok(card)
}

fn invalid(error: impl std::fmt::Display) -> Error {
    Refused::new(Code::Invalid, error.to_string()).into()
}
