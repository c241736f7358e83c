//! A difference in words.

use std::fmt::Write as _;

use purser_core::bill::{ApiKey, Cause, Found};
use purser_core::money::{Currency, Nano};

/// A difference in words.
pub(super) fn sentence(provider: &str, of: &Found, currency: &Currency) -> String {
    let model = of.model.as_deref().filter(|model| *model != "*").unwrap_or("all models together");
    let shown = |amount: Nano| amount.for_people(currency);
    let mut text = match of.cause {
        Cause::ShadowKey => match &of.key {
            Some(ApiKey::Console) => format!("{model} was used in {provider}'s console, past Purser"),
            Some(ApiKey::Id(key)) => format!("{model} was used with the key {key}, past Purser"),
            _ => format!("{provider} reports usage of {model}, and no call of that day went through Purser"),
        },
        Cause::PriceDrift => format!("the quantity of {model} is explained, and its price is another"),
        Cause::Estimates => {
            let inexact = of.inexact;
            let kinds =
                [(inexact.estimated, "estimated"), (inexact.presumed, "presumed"), (inexact.disputed, "disputed")];
            let said: Vec<String> = kinds
                .into_iter()
                .filter(|(count, _)| *count > 0)
                .map(|(count, word)| format!("{count} {word}"))
                .collect();
            format!("{model} has calls that are not exact ({})", said.join(", "))
        }
        Cause::Suspense => format!("{model} was used more, and calls of that day are in suspense"),
        Cause::Timing => {
            format!("the report does not cover the day of {model} yet, or has its usage on a day beside it")
        }
        Cause::Rounding => format!("{model} differs by roundings"),
        Cause::Apart => format!("{model} was used in the priority tier, whose costs are not in this report"),
        Cause::Unexplained if of.differences.is_empty() => {
            format!("the cost of {model} differs, and no usage report tells why")
        }
        Cause::Unexplained => format!("the quantity of {model} differs, and nothing known explains it"),
    };
    match of.amount {
        Some(amount) if amount.is_negative() => {
            let less = Nano::ZERO.saturating_sub(amount);
            let _ = write!(text, ": the bill has {} less than the ledger", shown(less));
        }
        Some(amount) => {
            let _ = write!(text, ": the bill has {} more than the ledger", shown(amount));
        }
        None => text.push_str("; there is no price for it"),
    }
    for (bucket, listed, implied) in &of.implied {
        let _ = match bucket {
            Some(bucket) => write!(text, "; {bucket} costs {implied} a million instead of {listed}"),
            None => write!(text, "; it costs {implied} instead of {listed}"),
        };
    }
    text
}
