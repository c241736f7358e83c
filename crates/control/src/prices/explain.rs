//! The working of a charge, line by line, so that anybody can redo the sum.

use purser_core::money::{NANO_PER_UNIT, Nano};
use purser_core::price::{RateCard, Ratio};
use purser_core::rating::{self, RatingError};
use purser_core::usage::{Served, Usage};

use super::find;
use crate::control::Control;
use crate::error::{Code, Error, Refused};
use crate::shape::{Explain, Explained, ExplainedLine};

/// Decimal places shown of a line before rounding. Rates have at most nine and counts divide by a million.
const PLACES_MAX: usize = 18;

impl Control {
    /// What a call costs, and how that comes about: the same code path as a settlement.
    ///
    /// # Errors
    /// The model has no price, the card has none for something that was used, or there is no exchange rate.
    pub fn explain(&self, question: Explain) -> Result<Explained, Error> {
        let (snapshot, at) = (self.snapshot(), self.at(question.at.as_deref())?);
        let card = find(&snapshot, Some(&question.provider), &question.model, at)?;
        let unpriced = |message: String| Error::from(Refused::new(Code::Unpriced, message));
        let terms = snapshot.prices.terms(card, at, &snapshot.currency).map_err(|error| unpriced(error.to_string()))?;
        let served = Served { model: Some(question.model), tier: question.tier, geo: question.geo };
        let (lines, charge) =
            working(card, &question.usage, &served, terms).map_err(|error| unpriced(error.to_string()))?;
        Ok(Explained {
            version: card.version(),
            source: card.source().to_owned(),
            lines,
            terms: terms.to_string(),
            charge,
        })
    }
}

/// The lines of a charge, and what they come to.
///
/// # Errors
/// As [`rating::explain`].
pub(crate) fn working(
    card: &RateCard,
    usage: &Usage,
    served: &Served,
    terms: Ratio,
) -> Result<(Vec<ExplainedLine>, Nano), RatingError> {
    let charge = rating::explain(card, usage, served, terms)?;
    let lines = charge.working.iter().map(|line| {
        let times: Vec<String> =
            [line.tier, line.geo].iter().filter(|ratio| !ratio.is_one()).map(ToString::to_string).collect();
        ExplainedLine {
            bucket: line.bucket.name().to_owned(),
            count: line.quantity,
            rate: line.rate.to_string(),
            above: line.above,
            times: if times.is_empty() { "1".to_owned() } else { times.join(" x ") },
            amount: line.amount().map_or_else(|| "beyond what can be shown".to_owned(), decimal),
        }
    });
    Ok((lines.collect(), charge.total))
}

/// A fraction of nano-units as a decimal of units; `…` where it does not end within the places shown.
fn decimal((num, den): (i128, i128)) -> String {
    let Some(den) = den.checked_mul(NANO_PER_UNIT.into()).filter(|den| *den > 0) else {
        return format!("{num}/{den} nano");
    };
    let mut text = format!("{}.", num / den);
    let mut rest = num % den;
    for place in 0..PLACES_MAX {
        if rest == 0 && place >= 2 {
            return text;
        }
        // The remainder is below the denominator, which a product of rates and multipliers keeps far below the range.
        let Some(tenfold) = rest.checked_mul(10) else { break };
        text.push_str(&(tenfold / den).to_string());
        rest = tenfold % den;
    }
    if rest != 0 {
        text.push('…');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_shown_exactly_as_far_as_they_end() {
        assert_eq!(decimal((3_703_701_000_000_000, 1_000_000)), "3.703701");
        assert_eq!(decimal((1, 1_000_000)), "0.000000000000001");
        assert_eq!(decimal((2_000_000_000, 3)), "0.666666666666666666…");
        assert_eq!(decimal((5_000_000_000, 1)), "5.00");
    }
}
