//! The provider's bill of each month, as finance takes it in before the month is closed. It says what the ledger says, but
//! for the last one: somebody used a key that is not Purser's, and one model costs more than its list price.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use jiff::civil::Date;
use purser_control::shape::{BillImport, BillKeys, ImportBill};
use purser_core::bill::Format;
use purser_core::money::Nano;
use purser_core::usage::Usage;

use super::calls::Call;
use super::{CLOSES_ON, Life};
use crate::failure::Failure;

/// The id of Purser's key in the provider's reports.
const KEY: &str = "apikey_purser";
/// The key that is not: in a script on somebody's machine.
const SHADOW: &str = "apikey_script";
/// From which day of the month on what costs more, and by how many hundredths.
const DEARER: (i8, &str, i64) = (20, "claude-sonnet-5", 5);
/// The days of the month on which the other key was used, and the model.
const SHADOWED: ([i8; 3], &str) = ([11, 12, 14], "claude-opus-4-8");

/// What was paid for in a month that is not over yet, by day and model.
#[derive(Debug, Default)]
pub(super) struct Paid(BTreeMap<(Date, &'static str), Sum>);

#[derive(Debug, Default)]
struct Sum {
    calls: u64,
    usage: Usage,
    charge: Nano,
}

impl Paid {
    pub(super) fn add(&mut self, day: Date, call: &Call, charge: Nano) {
        let sum = self.0.entry((day, call.model)).or_default();
        sum.calls = sum.calls.saturating_add(1);
        sum.usage.input_uncached = sum.usage.input_uncached.saturating_add(call.usage.input_uncached);
        sum.usage.cache_read = sum.usage.cache_read.saturating_add(call.usage.cache_read);
        sum.usage.cache_write_5m = sum.usage.cache_write_5m.saturating_add(call.usage.cache_write_5m);
        sum.usage.output = sum.usage.output.saturating_add(call.usage.output);
        sum.charge = sum.charge.saturating_add(charge);
    }

    /// Takes out everything before a day.
    fn before(&mut self, day: Date) -> BTreeMap<(Date, &'static str), Sum> {
        let rest = self.0.split_off(&(day, ""));
        std::mem::replace(&mut self.0, rest)
    }
}

impl Life {
    /// On the day on which a month is closed, before that: the bill of it.
    pub(super) async fn bill(&self, day: Date, paid: &mut Paid) -> Result<(), Failure> {
        if day.day() != CLOSES_ON {
            return Ok(());
        }
        let billed = paid.before(day.first_of_month());
        if billed.is_empty() {
            return Ok(());
        }
        let is_last = last(self.until).is_some_and(|(_, next)| next == day.first_of_month());
        let provider = Some("anthropic".to_owned());
        let text = spreadsheet(&billed, is_last);
        let import = ImportBill { provider, format: Some(Format::Csv), part: None, text, preview: false };
        let keys = BillKeys { provider: "anthropic".to_owned(), keys: vec![KEY.to_owned()] };
        let _: BillKeys = self.desks.finance.set(&["bills", "keys"], &keys).await?;
        let _: BillImport = self.desks.finance.done(&["bills", "import"], &import).await?;
        Ok(())
    }
}

/// The last month that is billed in a history until a day: its first day, and the next month's.
pub(super) fn last(until: Date) -> Option<(Date, Date)> {
    let day = until.yesterday().ok()?;
    let before = |first: Date| first.yesterday().ok().map(Date::first_of_month);
    let closes_in = if day.day() >= CLOSES_ON { day.first_of_month() } else { before(day.first_of_month())? };
    Some((before(closes_in)?, closes_in))
}

fn spreadsheet(billed: &BTreeMap<(Date, &'static str), Sum>, is_last: bool) -> String {
    let mut text =
        "day,model,api_key,requests,input_uncached,cache_read,cache_write_5m,output,amount,currency\n".to_owned();
    let mut line = |day: &Date, model: &str, key: &str, sum: &Sum, charge: Nano| {
        let Sum { calls, usage, .. } = sum;
        let Usage { input_uncached, cache_read, cache_write_5m, output, .. } = usage;
        let counts = format!("{calls},{input_uncached},{cache_read},{cache_write_5m},{output}");
        let _ = writeln!(text, "{day},{model},{key},{counts},{charge},USD");
    };
    let (from, dearer, hundredths) = DEARER;
    for ((day, model), sum) in billed {
        let rises = is_last && *model == dearer && day.day() >= from;
        let more = if rises { sum.charge.get().saturating_mul(hundredths) / 100 } else { 0 };
        line(day, model, KEY, sum, sum.charge.saturating_add(Nano::new(more)));
        // As much again on three days, with the other key.
        if is_last && *model == SHADOWED.1 && SHADOWED.0.contains(&day.day()) {
            line(day, model, SHADOW, sum, sum.charge);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn the_last_month_billed_is_the_last_one_closed() {
        let check = |until: Date, first: Date| assert_eq!(last(until).unwrap().0, first, "{until}");
        check(date(2026, 11, 26), date(2026, 10, 1));
        check(date(2026, 11, 10), date(2026, 10, 1));
        check(date(2026, 11, 9), date(2026, 9, 1));
        check(date(2026, 1, 5), date(2025, 11, 1));
    }
}
