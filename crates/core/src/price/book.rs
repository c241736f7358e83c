//! The price book: every rate card ever published, by model and date.

use std::hash::BuildHasherDefault;
use std::sync::Arc;

use rpds::HashTrieMapSync;

use super::card::{CardError, CardVersion, RateCard};
use super::list::{Discount, Exchange, Layer, PriceList};
use super::names;
use super::ratio::Ratio;
use crate::directory::hash::Mix;
use crate::money::Currency;
use crate::time::Instant;

/// Names in it come from price lists alone; strangers only look names up, so none of theirs can collide with many.
type ByName<V> = HashTrieMapSync<Box<str>, V, BuildHasherDefault<Mix>>;

/// All cards, discounts and exchange rates. Cloning is free; publishing a list costs in proportion to the list. A book
/// is never edited: publishing gives another book, and whoever holds the old one keeps charging by it.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct PriceBook {
    shelves: ByName<Shelf>,
    versions: HashTrieMapSync<CardVersion, Arc<RateCard>>,
    exchange: Arc<[Exchange]>,
}

/// One provider's cards.
#[derive(Clone, Default, PartialEq, Eq)]
struct Shelf {
    /// Cards by the model's own id, the one that wins first.
    models: ByName<Arc<[Listed]>>,
    /// Other names, and the models they stand for.
    aliases: ByName<Arc<[Alias]>>,
    discounts: Arc<[Discount]>,
}

/// A card and how it came into the book.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// The card.
    pub card: Arc<RateCard>,
    /// Whose price it is.
    pub layer: Layer,
    /// When its list was published.
    pub published_at: Instant,
}

impl Listed {
    /// First instant at which lookups can meet it. A company's price never reaches back before its publication, so
    /// that what was charged stays what it was; the bundled list brings its history along.
    pub fn effective_from(&self) -> Instant {
        match self.layer {
            Layer::Bundled => self.card.valid_from(),
            Layer::Company => self.card.valid_from().max(self.published_at),
        }
    }

    fn holds_at(&self, at: Instant) -> bool {
        self.effective_from() <= at && self.card.holds_at(at)
    }

    /// Larger wins: the company's price, then a price for certain hours over the plain one, then the newest.
    fn rank(&self) -> (Layer, Instant, bool, Instant) {
        (self.layer, self.effective_from(), !self.card.spec().hours.is_empty(), self.published_at)
    }
}

#[derive(Clone, PartialEq, Eq)]
struct Alias {
    model: Box<str>,
    /// The card that declared it.
    by: Listed,
}

/// The book has no price for what was asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{provider}/{model} has no price{}{}", when(*.not_at), hint(.nearest))]
pub struct NotPriced {
    /// The provider asked for.
    pub provider: String,
    /// The model asked for, shortened when it is overlong.
    pub model: String,
    /// The instant asked for, when the model has a price at others.
    pub not_at: Option<Instant>,
    /// Up to three other priced models with names like it, nearest first.
    pub nearest: Vec<String>,
}

fn when(not_at: Option<Instant>) -> String {
    not_at.map_or_else(String::new, |at| format!(" at {at}, though it has one at other times"))
}

fn hint(nearest: &[String]) -> String {
    if nearest.is_empty() { String::new() } else { format!("; did you mean {}?", nearest.join(" or ")) }
}

/// No exchange rate is known for a provider that bills in another currency.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no exchange rate from {} to {}", of.code(), to.code())]
pub struct NoExchangeRate {
    /// The currency of the card.
    pub of: Currency,
    /// The currency of the ledger.
    pub to: Currency,
}

impl PriceBook {
    /// An empty book: nothing has a price.
    pub fn new() -> Self {
        Self::default()
    }

    /// The card by which a call that starts at `at` is charged.
    ///
    /// A name is the model's own id, an alias of it, or a dated or floating form of either
    /// (`…-20260922`, `…-2026-09-22`, `…@20260922`, `…-latest`). Nothing else is guessed: a new model does not take the
    /// price of an older one whose name it extends.
    ///
    /// Of several cards that hold at `at`, the company's beats the bundled one, then the latest start wins.
    ///
    /// # Errors
    /// [`NotPriced`] names the nearest models that have a price.
    pub fn lookup(&self, provider: &str, model: &str, at: Instant) -> Result<&Arc<RateCard>, NotPriced> {
        let name = names::normal(model);
        let found = (name.len() <= names::NAME_BYTES_MAX)
            .then(|| self.shelves.get(provider).and_then(|shelf| shelf.find(&name, at)))
            .flatten();
        found.ok_or_else(|| self.not_priced(provider, &name, at))
    }

    /// The card of a version, however old: how a charge is recomputed.
    pub fn version(&self, version: CardVersion) -> Option<&Arc<RateCard>> {
        self.versions.get(&version)
    }

    /// What the ledger pays for one unit of the card's price at `at`: the negotiated discount times the exchange rate.
    ///
    /// # Errors
    /// [`NoExchangeRate`] when the card is in another currency and no rate is known (or the product does not fit).
    pub fn terms(&self, card: &RateCard, at: Instant, ledger: &Currency) -> Result<Ratio, NoExchangeRate> {
        let discount = self.discount(card.provider(), at);
        if card.currency() == ledger {
            return Ok(discount);
        }
        self.exchange(card.currency(), ledger, at)
            .and_then(|times| times.checked_mul(discount))
            .ok_or_else(|| NoExchangeRate { of: card.currency().clone(), to: ledger.clone() })
    }

    /// What one unit of a currency is in another at `at`, by the dated rates; `None` where none is known.
    pub fn exchange(&self, of: &Currency, to: &Currency, at: Instant) -> Option<Ratio> {
        if of == to {
            return Some(Ratio::ONE);
        }
        let rows = self.exchange.iter().filter(|row| row.of == *of && row.to == *to && row.from <= at);
        rows.max_by_key(|row| row.from).map(|row| row.times)
    }

    /// The negotiated multiplier on a provider's prices at `at`; one when there is none.
    pub fn discount(&self, provider: &str, at: Instant) -> Ratio {
        let rows = self.shelves.get(provider).into_iter().flat_map(|shelf| shelf.discounts.iter());
        rows.filter(|row| row.from <= at && row.to.is_none_or(|to| at < to))
            .max_by_key(|row| row.from)
            .map_or(Ratio::ONE, |row| row.times)
    }

    /// The book with a list added. All or nothing.
    ///
    /// # Errors
    /// The first card that can't be charged by.
    pub fn publish(&self, list: &PriceList) -> Result<Self, CardError> {
        let cards = list.cards.iter().cloned().map(RateCard::try_from).collect::<Result<Vec<_>, _>>()?;
        Ok(self.with_cards(cards, list))
    }

    /// The book with checked cards and the rest of their list added.
    pub(super) fn with_cards(&self, cards: Vec<RateCard>, list: &PriceList) -> Self {
        let mut book = self.clone();
        for card in cards {
            let card = Arc::new(card);
            let listed = Listed { card: Arc::clone(&card), layer: list.layer, published_at: list.published_at };
            book.versions.insert_mut(card.version(), Arc::clone(&card));
            book.shelf_mut(card.provider(), |shelf| shelf.add(&listed));
        }
        for discount in &list.discounts {
            book.shelf_mut(&discount.provider, |shelf| {
                // Of two rows from the same instant, the one published later comes later and wins.
                shelf.discounts = shelf.discounts.iter().chain([discount]).cloned().collect();
            });
        }
        if !list.exchange.is_empty() {
            book.exchange = book.exchange.iter().chain(&list.exchange).cloned().collect();
        }
        book
    }

    fn shelf_mut(&mut self, provider: &str, change: impl FnOnce(&mut Shelf)) {
        if !self.shelves.contains_key(provider) {
            self.shelves.insert_mut(provider.into(), Shelf::default());
        }
        change(self.shelves.get_mut(provider).expect("the shelf was put there just now"));
    }

    /// Every card of a model's own id, the one that wins first: its history.
    pub fn history(&self, provider: &str, model: &str) -> &[Listed] {
        let name = names::normal(model);
        let listed = self.shelves.get(provider).and_then(|shelf| shelf.models.get(name.as_ref()));
        listed.map_or(&[], |listed| &**listed)
    }

    /// Every provider that has a card, in order of name.
    pub fn providers(&self) -> Vec<&str> {
        let mut providers: Vec<&str> = self.shelves.keys().map(AsRef::as_ref).collect();
        providers.sort_unstable();
        providers
    }

    /// Every model of a provider that has a price at `at`, by its own id, in order of name.
    pub fn models(&self, provider: &str, at: Instant) -> Vec<&Arc<RateCard>> {
        let cards = self.shelves.get(provider).into_iter().flat_map(|shelf| shelf.models.values());
        let mut cards: Vec<_> = cards.filter_map(|listed| valid(listed, at)).collect();
        cards.sort_unstable_by_key(|card| card.model());
        cards
    }

    /// How many cards there are, old ones included.
    pub fn len(&self) -> usize {
        self.versions.size()
    }

    /// Has nothing a price?
    pub fn is_empty(&self) -> bool {
        self.versions.is_empty()
    }

    fn not_priced(&self, provider: &str, name: &str, at: Instant) -> NotPriced {
        let short: String = name.chars().take(names::NAME_BYTES_MAX).collect();
        let shelf = self.shelves.get(provider);
        let known = shelf.is_some_and(|shelf| shelf.models.contains_key(short.as_str()));
        let models = shelf.into_iter().flat_map(|shelf| shelf.models.keys()).filter(|model| ***model != *short);
        let mut near: Vec<(usize, &str)> =
            models.map(|known| (names::likeness(&short, known), known.as_ref())).collect();
        // A name that shares no part and hardly its beginning is no help.
        near.retain(|(likeness, _)| *likeness > 8);
        near.sort_unstable_by(|(a, a_name), (b, b_name)| b.cmp(a).then(a_name.cmp(b_name)));
        let mut nearest: Vec<String> = near.into_iter().take(3).map(|(_, name)| name.to_owned()).collect();
        if nearest.is_empty() && !known {
            // The right model at the wrong provider is the commonest mistake after a typing error.
            let mut elsewhere: Vec<String> = self
                .shelves
                .iter()
                .filter(|(_, shelf)| shelf.models.contains_key(short.as_str()))
                .map(|(other, _)| format!("{other}/{short}"))
                .collect();
            elsewhere.sort_unstable();
            elsewhere.truncate(3);
            nearest = elsewhere;
        }
        NotPriced {
            provider: provider.chars().take(names::NAME_BYTES_MAX).collect(),
            model: short,
            not_at: known.then_some(at),
            nearest,
        }
    }
}

impl Shelf {
    fn find(&self, name: &str, at: Instant) -> Option<&Arc<RateCard>> {
        self.named(name, at)
            .or_else(|| names::undated(name).and_then(|base| self.named(base, at)))
            .or_else(|| names::beginnings(name).find_map(|beginning| self.aliased(beginning, at)))
    }

    fn named(&self, name: &str, at: Instant) -> Option<&Arc<RateCard>> {
        self.models.get(name).and_then(|listed| valid(listed, at)).or_else(|| self.aliased(name, at))
    }

    fn aliased(&self, name: &str, at: Instant) -> Option<&Arc<RateCard>> {
        let alias = self.aliases.get(name)?.iter().find(|alias| alias.by.holds_at(at))?;
        // The alias names the model; which of the model's cards holds is a question of its own, because a company's
        // price for the model need not repeat the aliases.
        valid(self.models.get(&alias.model)?, at)
    }

    fn add(&mut self, listed: &Listed) {
        let model = listed.card.model();
        for alias in &listed.card.spec().aliases {
            let entry = Alias { model: model.into(), by: listed.clone() };
            let known = self.aliases.get(alias.as_str()).map_or(&[][..], |known| &**known);
            let sorted = with_ranked(known, entry, |alias| alias.by.rank());
            self.aliases.insert_mut(alias.as_str().into(), sorted);
        }
        let known = self.models.get(model).map_or(&[][..], |known| &**known);
        let sorted = with_ranked(known, listed.clone(), Listed::rank);
        self.models.insert_mut(model.into(), sorted);
    }
}

/// The first card of a ranked list that holds.
fn valid(listed: &[Listed], at: Instant) -> Option<&Arc<RateCard>> {
    listed.iter().find(|listed| listed.holds_at(at)).map(|listed| &listed.card)
}

/// The list with one more, highest rank first; of equals the newcomer comes first, because it was published later.
fn with_ranked<T: Clone, R: Ord>(known: &[T], newcomer: T, rank: impl Fn(&T) -> R) -> Arc<[T]> {
    let at = known.partition_point(|item| rank(item) > rank(&newcomer));
    let (before, after) = known.split_at(at);
    before.iter().cloned().chain([newcomer]).chain(after.iter().cloned()).collect()
}

impl std::fmt::Debug for PriceBook {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PriceBook")
            .field("providers", &self.shelves.size())
            .field("cards", &self.len())
            .finish_non_exhaustive()
    }
}
