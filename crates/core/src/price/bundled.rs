//! The public list prices that come with Purser.

use super::PriceBook;
use super::list::PriceList;

/// One line a card, made by `scripts/prices/build.py`.
const LIST: &str = include_str!("../../data/prices.json");

impl PriceList {
    /// The list that comes with this version of Purser. Reads about 250 kB of text: keep the result.
    pub fn bundled() -> Self {
        serde_json::from_str(LIST).expect("the bundled list is read by a test of every build")
    }
}

impl PriceBook {
    /// A book of the bundled list.
    pub fn bundled() -> Self {
        Self::new().publish(&PriceList::bundled()).expect("the bundled cards are checked by a test of every build")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::price::{CardProblem, CardSpec, RateCard};
    use crate::time::Instant;

    #[test]
    fn every_card_of_the_list_can_be_charged_by() {
        let list = PriceList::bundled();
        let book = PriceBook::bundled();
        assert_eq!(book.len(), list.cards.len(), "every card has a version of its own");
        let models: std::collections::BTreeSet<_> =
            list.cards.iter().map(|card| (&card.provider, &card.model)).collect();
        assert!(models.len() >= 200, "{} models", models.len());
        for spec in &list.cards {
            let card = RateCard::try_from(spec.clone()).unwrap();
            assert_eq!(book.version(card.version()).unwrap().spec(), spec);
        }
    }

    #[test]
    fn every_name_of_the_list_is_found_and_means_one_model() {
        let list = PriceList::bundled();
        let book = PriceBook::bundled();
        for spec in &list.cards {
            let last = |to: Instant| Instant::from_micros(to.as_micros() - 1);
            let at = spec.to.map_or(spec.from.max(list.published_at), last);
            let found = book.lookup(&spec.provider, &spec.model, at).unwrap();
            assert_eq!(found.model(), spec.model);
            for alias in &spec.aliases {
                let full = if alias.ends_with([':', '@']) { format!("{alias}x") } else { alias.clone() };
                assert_eq!(book.lookup(&spec.provider, &full, at).unwrap().model(), spec.model, "{alias}");
            }
        }
    }

    #[test]
    fn the_list_writes_back_to_the_same_bytes() {
        // The script and the program agree on one form, so that a diff of the file shows prices and nothing else.
        let list = PriceList::bundled();
        let lines: Vec<&str> = LIST.lines().filter(|line| line.starts_with("{\"provider\"")).collect();
        assert_eq!(lines.len(), list.cards.len());
        for (line, spec) in lines.iter().zip(&list.cards) {
            assert_eq!(serde_json::to_string(spec).unwrap(), line.trim_end_matches(','));
        }
    }

    #[test]
    fn a_card_without_prices_is_refused() {
        let spec: CardSpec = serde_json::from_str(r#"{"provider":"p","model":"m","rates":{}}"#).unwrap();
        assert_eq!(spec.from, Instant::EPOCH);
        assert_eq!(RateCard::try_from(spec).unwrap_err().problem, CardProblem::NoRates);
    }
}
