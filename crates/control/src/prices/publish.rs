//! Publishing prices: one model's, a file's, and those that come with Purser.

use purser_core::event::Event;
use purser_core::id::PriceListId;
use purser_core::price::{
    Bucket, CardSpec, Discount, Exchange, Kind, Layer, PriceList, RateCard, RateMap, parse_price_as_typed,
};
use purser_core::snapshot::Snapshot;
use purser_core::time::Instant;

use super::{find, show};
use crate::change::{CommandName, Turn};
use crate::control::Control;
use crate::dates;
use crate::error::{Code, Error, Refused};
use crate::shape::{ImportPrices, ImportReport, Price, PriceChange, SetPrice};

/// What stands in the place of a price that is not there.
const NONE: &str = "-";

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
            let from = import.from.as_deref().map_or(Ok(turn.now), dates::instant)?;
            let file = read(&import.text, from)?;
            let snapshot = turn.snapshot();
            let mut changes = Vec::new();
            let mut cards = Vec::new();
            for card in &file.cards {
                let rates = compare(&snapshot, card)?;
                if !rates.is_empty() {
                    changes.push(PriceChange { provider: card.provider.clone(), model: card.model.clone(), rates });
                    cards.push(card.clone());
                }
            }
            let report = ImportReport {
                format: file.format.to_owned(),
                published: !import.dry_run,
                unchanged: file.cards.len() - cards.len(),
                changes,
                skipped: file.skipped,
                discounts: file.discounts.clone(),
                exchange: file.exchange.clone(),
            };
            if !import.dry_run {
                let File { discounts, exchange, .. } = file;
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
        currency: purser_core::money::Currency::usd(),
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
        let rate = parse_price_as_typed(&point.price, purser_core::price::PriceUnit::default()).map_err(invalid)?;
        let rates = if bucket.kind() == Kind::Call { &mut card.fees } else { &mut card.rates };
        rates.insert(bucket, rate);
    }
    set.source.as_deref().unwrap_or("set by the company").clone_into(&mut card.source);
    Ok(card)
}

/// What a card changes: bucket, the price in force when it takes over, its own. Everything else of the card (tiers,
/// limits, long prompts) is one line, because a difference there is no less a difference.
fn compare(snapshot: &Snapshot, card: &CardSpec) -> Result<Vec<(String, String, String)>, Error> {
    let checked = RateCard::try_from(card.clone()).map_err(invalid)?;
    let known = snapshot.prices.lookup(&card.provider, &card.model, card.from).ok().map(|known| known.spec());
    if snapshot.prices.version(checked.version()).is_some() {
        return Ok(Vec::new());
    }
    let mut changes = Vec::new();
    for bucket in Bucket::ALL {
        let of = |card: &CardSpec| card.rates.get(&bucket).or_else(|| card.fees.get(&bucket)).copied();
        let (was, is) = (known.and_then(of), of(card));
        if was != is {
            let text =
                |rate: Option<purser_core::price::Rate>| rate.map_or_else(|| NONE.to_owned(), |rate| rate.to_string());
            changes.push((bucket.name().to_owned(), text(was), text(is)));
        }
    }
    let rest = |card: &CardSpec| {
        (
            card.above.clone(),
            card.tiers.clone(),
            card.geo.clone(),
            card.hours.clone(),
            card.context_window,
            card.max_output,
        )
    };
    if known.is_none_or(|known| rest(known) != rest(card)) && changes.is_empty() {
        changes.push(("tiers, long prompts, limits".to_owned(), "other".to_owned(), "as in the file".to_owned()));
    }
    Ok(changes)
}

/// A file of prices, understood.
struct File {
    format: &'static str,
    cards: Vec<CardSpec>,
    discounts: Vec<Discount>,
    exchange: Vec<Exchange>,
    skipped: Vec<String>,
}

/// Our own form: an array of cards, or an object with cards, discounts and exchange rates.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Own {
    #[serde(default)]
    cards: Vec<CardSpec>,
    #[serde(default)]
    discounts: Vec<Discount>,
    #[serde(default)]
    exchange: Vec<Exchange>,
}

fn read(text: &str, _from: Instant) -> Result<File, Error> {
    let text = text.trim_start();
    let own = if text.starts_with('[') {
        serde_json::from_str(text).map(|cards| Own { cards, discounts: Vec::new(), exchange: Vec::new() })
    } else {
        serde_json::from_str(text)
    };
    let own: Own = own.map_err(|error| {
        Refused::new(Code::Invalid, format!("the file is not understood: {error}"))
            .hint("it is JSON: an array of rate cards, as `purser price show MODEL --json` writes one")
    })?;
    Ok(File {
        format: "rate cards",
        cards: own.cards,
        discounts: own.discounts,
        exchange: own.exchange,
        skipped: Vec::new(),
    })
}

fn invalid(error: impl std::fmt::Display) -> Error {
    Refused::new(Code::Invalid, error.to_string()).into()
}
