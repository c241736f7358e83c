//! Amounts, percentages and spans of time in running text.

use crate::money::{Currency, Nano};

/// An amount as it stands in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Amount {
    /// How much.
    pub(super) money: Nano,
    /// The currency, where a sign or code stands beside it.
    pub(super) currency: Option<Currency>,
    /// How often.
    pub(super) per: Option<Per>,
}

/// How often an amount comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Per {
    Workday,
    Month,
    Year,
}

/// Signs and codes that stand beside amounts.
const CURRENCIES: &[(&str, &str)] = &[
    ("$", "USD"),
    ("€", "EUR"),
    ("£", "GBP"),
    ("usd", "USD"),
    ("eur", "EUR"),
    ("gbp", "GBP"),
    ("chf", "CHF"),
    ("cad", "CAD"),
    ("inr", "INR"),
    ("jpy", "JPY"),
];

/// A number as it stands, and the text before and after it. Small letters only.
struct Number<'a> {
    before: &'a str,
    digits: &'a str,
    after: &'a str,
}

impl Number<'_> {
    /// With a dot for its decimals and nothing between its thousands: `300,000`, `300.000` and `2.500,50` are money, in
    /// which three digits behind a sign are never decimals. Before a factor they are: `1.125 million`.
    fn plain(&self, has_factor: bool) -> String {
        let digits = self.digits.replace('_', "");
        let Some(last) = digits.rfind(['.', ',']) else { return digits };
        let (whole, decimals) = digits.split_at(last);
        let sign = decimals.get(..1).unwrap_or(".");
        let other = if sign == "." { ',' } else { '.' };
        let groups = decimals.len() == 4 && !has_factor && !whole.contains(other) || whole.contains(sign);
        let whole = whole.replace(['.', ','], "");
        let decimals = decimals.trim_start_matches(['.', ',']);
        if groups { format!("{whole}{decimals}") } else { format!("{whole}.{decimals}") }
    }
}

fn numbers(text: &str) -> impl Iterator<Item = Number<'_>> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let rest = text.get(at..)?;
        let start = at.checked_add(rest.find(|c: char| c.is_ascii_digit())?)?;
        let tail = text.get(start..)?;
        let is_part = |c: char| c.is_ascii_digit() || matches!(c, ',' | '.' | '_');
        let length = tail.find(|c: char| !is_part(c)).unwrap_or(tail.len());
        // A dot or comma that ends a sentence is no part of the number.
        let number = tail.get(..length)?.trim_end_matches([',', '.', '_']);
        let end = start.checked_add(number.len())?;
        at = end.max(start.saturating_add(1));
        Some(Number { before: text.get(..start)?, digits: number, after: text.get(end..)? })
    })
}

/// The first amount of money in a text: with a sign or code beside it, or how often, or a factor, or large by itself.
pub(super) fn amount(text: &str) -> Option<Amount> {
    numbers(text).find_map(|number| {
        let before = number.before.trim_end();
        let (factor, after) = factor(number.after);
        if after.trim_start().starts_with('%') || after.trim_start().starts_with("percent") {
            return None;
        }
        let code_before = CURRENCIES.iter().find(|(sign, _)| before.ends_with(sign));
        let code_after = CURRENCIES.iter().find(|(sign, _)| after.trim_start().starts_with(sign));
        let currency = code_before.or(code_after).and_then(|(_, code)| Currency::try_new(code));
        let per = per(after);
        let amount: Nano = number.plain(factor > 1).parse().ok()?;
        let amount = Nano::new(amount.get().checked_mul(factor)?);
        let large = Nano::try_from_units(1_000).is_some_and(|thousand| amount >= thousand);
        let is_year = factor == 1 && number.digits.len() == 4 && number.digits.starts_with("20") && currency.is_none();
        let is_money = currency.is_some() || factor > 1 || (large && !is_year) || (per.is_some() && !is_span(after));
        is_money.then_some(Amount { money: amount, currency, per })
    })
}

/// `k`, `thousand`, `m` and `million` behind a number.
fn factor(after: &str) -> (i64, &str) {
    let words = [("thousand", 1_000), ("million", 1_000_000), ("k", 1_000), ("m", 1_000_000)];
    let trimmed = after.trim_start();
    for (word, factor) in words {
        // One letter counts only right behind the number and not as the start of a word.
        let text = if word.len() == 1 { after } else { trimmed };
        if let Some(rest) = text.strip_prefix(word)
            && !rest.starts_with(char::is_alphabetic)
        {
            return (factor, rest);
        }
    }
    (1, after)
}

/// A number of months or years is no amount per month or year.
fn is_span(after: &str) -> bool {
    let word = after.trim_start();
    word.starts_with("month") || word.starts_with("year") || word.starts_with("day")
}

/// How often, as said close behind an amount.
fn per(after: &str) -> Option<Per> {
    let near: String = after.chars().take(40).collect();
    let words = near.replace(['/', '(', ')', '.', ','], " ");
    let words: Vec<&str> = words.split_whitespace().collect();
    let unit = |word: &str| match word {
        "workday" | "day" | "working" | "business" | "workdays" => Some(Per::Workday),
        "month" => Some(Per::Month),
        "year" | "annum" => Some(Per::Year),
        _ => None,
    };
    let slash = near.trim_start().strip_prefix('/').map(str::trim_start);
    if let Some(found) = slash.and_then(|text| text.split(|c: char| !c.is_alphabetic()).next()).and_then(unit) {
        return Some(found);
    }
    for (word, next) in words.iter().zip(words.iter().skip(1).map(Some).chain([None])) {
        match *word {
            "annually" | "yearly" | "annual" | "p.a" => return Some(Per::Year),
            "monthly" => return Some(Per::Month),
            "daily" => return Some(Per::Workday),
            "per" | "a" | "each" | "every" => {
                if let Some(found) = next.and_then(|next| unit(next)) {
                    return Some(found);
                }
            }
            _ => {}
        }
    }
    None
}

/// The first percentage: `50%`, `50 percent`; half of something is fifty.
pub(super) fn percent(text: &str) -> Option<String> {
    let written = numbers(text).find(|number| {
        let after = number.after.trim_start();
        after.starts_with('%') || after.starts_with("percent") || after.starts_with("per cent")
    });
    written.map(|number| number.digits.replace(',', ".")).or_else(|| text.contains("half of").then(|| "50".to_owned()))
}

/// The first span in months: `24 months`, `four years`, `2-year`.
pub(super) fn months(text: &str) -> Option<u16> {
    const WORDS: &[(&str, u16)] =
        &[("one", 1), ("two", 2), ("three", 3), ("four", 4), ("five", 5), ("six", 6), ("twelve", 12), ("eighteen", 18)];
    let words: Vec<&str> = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    words.iter().zip(words.iter().skip(1)).find_map(|(number, unit)| {
        let known = WORDS.iter().find(|(word, _)| word == number).map(|(_, value)| *value);
        let number: u16 = known.or_else(|| number.parse().ok())?;
        let each: u16 = match *unit {
            "month" | "months" => 1,
            "quarter" | "quarters" => 3,
            "year" | "years" => 12,
            _ => return None,
        };
        number.checked_mul(each).filter(|months| *months > 0)
    })
}

/// A number of people: `12 people`, `team of 12`.
pub(super) fn people(text: &str) -> Option<u32> {
    numbers(text).find_map(|number| {
        let after = number.after.trim_start();
        let counts = number.before.trim_end().ends_with("team of")
            || ["people", "engineers", "members", "colleagues"].iter().any(|word| after.starts_with(word));
        counts.then(|| number.digits.parse().ok()).flatten()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, shown: &str) {
        let told = amount(text).map_or_else(
            || "nothing".to_owned(),
            |found| {
                let code = found.currency.as_ref().map_or("?", Currency::code).to_owned();
                format!("{} {code} {:?}", found.money, found.per)
            },
        );
        assert_eq!(told, shown, "{text:?}");
    }

    #[test]
    fn amounts_are_found_in_running_text() {
        check("your base salary will be $300,000 per year", "300000.00 USD Some(Year)");
        check("tokens: 300/workday", "300.00 ? Some(Workday)");
        check("€2.500,50 pro monat", "2500.50 EUR None");
        check("300.000 eur per year", "300000.00 EUR Some(Year)");
        check("1,234,567.89 usd", "1234567.89 USD None");
        check("1.125 million usd", "1125000.00 USD None");
        check("$12.5", "12.50 USD None");
        check("a budget of usd 150k annually.", "150000.00 USD Some(Year)");
        check("$1.5 million over four years", "1500000.00 USD None");
        check("$100 per employee per day", "100.00 USD Some(Workday)");
        check("250,000 chf", "250000.00 CHF None");
        check("10% of base", "nothing");
        check("starts on 2027-01-04", "nothing");
        check("for 24 months", "nothing");
        check("in 2027", "nothing");
        check("£99999999999999999999", "nothing");
        check("", "nothing");
    }

    #[test]
    fn spans_and_percentages_too() {
        assert_eq!(months("vesting over four years"), Some(48));
        assert_eq!(months("a 24-month term"), Some(24));
        assert_eq!(months("two quarters"), Some(6));
        assert_eq!(months("5 minutes, 65535 years"), None);
        assert_eq!(percent("a bonus of 12.5 % of base").as_deref(), Some("12.5"));
        assert_eq!(percent("half of your base salary").as_deref(), Some("50"));
        assert_eq!(percent("none"), None);
        assert_eq!(people("shared by a team of 12"), Some(12));
        assert_eq!(people("with 7 people"), Some(7));
        assert_eq!(people("7"), None);
    }
}
