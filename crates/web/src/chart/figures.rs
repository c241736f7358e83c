//! How charts write figures: short on axes and marks, whole in tables.

use jiff::civil::Date;
use purser_core::money::{Currency, Nano};

/// What figures count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Nano-units of a currency.
    Money(Currency),
    /// LLM tokens.
    Tokens,
    /// Calls.
    Requests,
}

const STEPS: [(u128, &str); 5] =
    [(1_000_000_000_000_000, "Q"), (1_000_000_000_000, "T"), (1_000_000_000, "B"), (1_000_000, "M"), (1_000, "k")];
const NANO: u128 = 1_000_000_000;

impl Unit {
    /// `$1.2k`, `−$3.50`, `210B`: three figures that count, cut.
    pub(super) fn short(&self, value: impl Into<i128>) -> String {
        let value = value.into();
        let (sign, amount) = (if value < 0 { "−" } else { "" }, value.unsigned_abs());
        match self {
            Self::Money(currency) => {
                let symbol = currency.symbol();
                let text = match amount {
                    0 => "0".to_owned(),
                    1..99_999 => return format!("{sign}<{symbol}0.0001"),
                    99_999..NANO => {
                        let text = format!("0.{:04}", amount / 100_000);
                        let kept = text.trim_end_matches('0').len().max(4);
                        text.chars().take(kept).collect()
                    }
                    _ if amount < 1_000 * NANO => match amount % NANO / 10_000_000 {
                        0 => (amount / NANO).to_string(),
                        cents => format!("{}.{cents:02}", amount / NANO),
                    },
                    _ => shortened(amount / NANO),
                };
                format!("{sign}{symbol}{text}")
            }
            Self::Tokens | Self::Requests => format!("{sign}{}", shortened(amount)),
        }
    }

    /// With its word where it needs one: `210B tokens`.
    pub(super) fn said(&self, value: impl Into<i128>) -> String {
        let value = value.into();
        match self {
            Self::Money(_) => self.short(value),
            Self::Tokens => format!("{} tokens", self.short(value)),
            Self::Requests => format!("{} calls", self.short(value)),
        }
    }

    /// The whole figure: `$1,234.500000001`, `210,000,000,000`.
    pub(super) fn exact(&self, value: impl Into<i128>) -> String {
        let value = value.into();
        let (sign, amount) = (if value < 0 { "−" } else { "" }, value.unsigned_abs());
        match self {
            Self::Money(currency) => {
                let rest = Nano::new(i64::try_from(amount % NANO).unwrap_or(0)).to_string();
                let rest = rest.split_once('.').map_or("00", |(_, places)| places);
                format!("{sign}{}{}.{rest}", currency.symbol(), grouped(amount / NANO))
            }
            Self::Tokens | Self::Requests => format!("{sign}{}", grouped(amount)),
        }
    }

    /// With a sign even above zero: `+$1.2k`.
    pub(super) fn change(&self, value: impl Into<i128>) -> String {
        let value = value.into();
        if value > 0 { format!("+{}", self.short(value)) } else { self.short(value) }
    }

    /// What a column of it is called.
    pub(super) fn column(&self) -> String {
        match self {
            Self::Money(currency) => currency.code().to_owned(),
            Self::Tokens => "tokens".to_owned(),
            Self::Requests => "calls".to_owned(),
        }
    }
}

fn shortened(amount: u128) -> String {
    let Some((step, letter)) = STEPS.into_iter().find(|(step, _)| amount >= *step) else { return amount.to_string() };
    let whole = amount / step;
    let text = match whole {
        100.. => grouped(whole),
        10..=99 => decimal(&format!("{whole}.{}", amount * 10 / step % 10)),
        _ => decimal(&format!("{whole}.{:02}", amount * 100 / step % 100)),
    };
    format!("{text}{letter}")
}

fn decimal(text: &str) -> String {
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn grouped(number: u128) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() * 2);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `1.2`, `1.25` from thousandths.
pub(super) fn thousandths(value: i64) -> String {
    let (sign, value) = (if value < 0 { "−" } else { "" }, value.unsigned_abs());
    format!("{sign}{}", decimal(&format!("{}.{:03}", value / 1_000, value % 1_000)))
}

/// `37.5 %`: how much of `whole` `part` is, in tenths, cut.
pub(super) fn percent(part: i128, whole: i128) -> String {
    if whole <= 0 {
        return "0 %".to_owned();
    }
    let tenths = part * 1_000 / whole;
    format!("{} %", decimal(&format!("{}.{}", tenths / 10, tenths % 10)))
}

/// `3 Dec`.
pub(super) fn day(date: Date) -> String {
    date.strftime("%-d %b").to_string()
}

/// `3 Dec 2026`.
pub(super) fn whole_day(date: Date) -> String {
    date.strftime("%-d %b %Y").to_string()
}

/// Days since 1 January 1970.
pub(super) fn number_of(date: Date) -> i64 {
    let epoch = jiff::civil::date(1970, 1, 1);
    i64::from(epoch.until(date).map_or(0, |span| span.get_days()))
}

/// `1 person`, `2 people`.
pub(super) fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{} {}", grouped(count as u128), if count == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_short_on_axes_and_whole_in_tables() {
        let money = Unit::Money(Currency::usd());
        let shorts: Vec<String> =
            [0_i64, 42_000, 4_200_000, 250_000_000, 12_500_000_000, 1_240_000_000_000, -3_000_000_000_000_000]
                .map(|nano| money.short(nano))
                .into();
        assert_eq!(shorts, ["$0", "<$0.0001", "$0.0042", "$0.25", "$12.50", "$1.24k", "−$3M"]);
        assert_eq!(money.exact(1_234_500_000_001_i64), "$1,234.500000001");
        assert_eq!(money.exact(-5_000_000_000_i64), "−$5.00");
        assert_eq!(Unit::Tokens.said(210_000_000_000_i64), "210B tokens");
        assert_eq!(Unit::Tokens.exact(i64::MIN), "−9,223,372,036,854,775,808");
        assert_eq!(thousandths(1_200), "1.2");
        assert_eq!(percent(3, 8), "37.5 %");
    }
}
