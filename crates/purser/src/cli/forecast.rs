//! `purser forecast`

use std::fmt::Write as _;

use clap::{Args, ValueEnum};
use purser_control::shape::{Forecast, ForecastBy, ForecastTest};
use purser_core::money::Nano;

use super::{money, or_dash, second};
use crate::client::{Client, path};
use crate::failure::Failure;
use crate::output::{Output, Table};

/// What is going to be spent if things go on as they did, and whether the money lasts.
#[derive(Debug, Args)]
pub(crate) struct Forecasts {
    /// Only this person's (id or name)
    #[arg(long, conflicts_with = "unit")]
    pub(crate) person: Option<String>,
    /// Only this unit's, with all below it (id or name)
    #[arg(long)]
    pub(crate) unit: Option<String>,
    /// Each person's, each unit's, each pool's, or the company's [default: the company's]
    #[arg(long)]
    pub(crate) by: Option<By>,
    /// Show instead how often the bounds of earlier forecasts held, each made from the weeks before it alone
    #[arg(long, conflicts_with_all = ["unit", "by"])]
    pub(crate) back_test: bool,
    /// How many days back that is looked at [default: 182]
    #[arg(long, requires = "back_test", value_name = "DAYS")]
    pub(crate) days: Option<u16>,
}

/// Whose.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum By {
    /// Each person's
    Person,
    /// Each unit's
    Unit,
    /// Each pool's
    Pool,
    /// The company's
    Company,
}

impl Forecasts {
    pub(crate) async fn run(self, client: &mut Client, out: Output) -> Result<(), Failure> {
        if self.back_test {
            let days = self.days.map(|days| days.to_string());
            let wanted = path(["forecast", "back-test"]).with("person", self.person.as_deref());
            let test: ForecastTest = client.get(wanted.with("days", days.as_deref())).await?;
            out.show(&test, tested);
            return Ok(());
        }
        let by = self.by.map(|by| match by {
            By::Person => "person",
            By::Unit => "unit",
            By::Pool => "pool",
            By::Company => "company",
        });
        let wanted = path(["forecast"]).with("person", self.person.as_deref()).with("unit", self.unit.as_deref());
        let list: Vec<Forecast> = client.list(wanted.with("by", by)).await?;
        out.show(&list, |list| match list.as_slice() {
            [only] => told(only),
            several => table(several),
        });
        Ok(())
    }
}

/// Between what and what, where that is known.
fn between(low: Option<Nano>, high: Option<Nano>, percent: u8) -> String {
    match (low, high) {
        (Some(low), Some(high)) => format!(", {percent}% of the time between {low} and {high}"),
        _ => ", from too few weeks to say how exactly".to_owned(),
    }
}

fn told(one: &Forecast) -> String {
    let mut text = String::new();
    let mut line = |what: &str, said: String| _ = writeln!(text, "{what:<18}{said}");
    let whose = match one.of {
        ForecastBy::Company => "the company".to_owned(),
        _ => or_dash(one.name.as_deref().or(one.id.as_deref())),
    };
    line("forecast of", whose);
    line("learned from", format!("{} days (UTC) before {}", one.days, second(one.at)));
    line("a working day", format!("{}; a day off {}", one.workday, one.day_off));
    let month = &one.month;
    let bounds = between(month.low, month.high, one.within_percent);
    line(&month.month, format!("{} so far, {} in the end{bounds}", month.spent, month.expected));
    match &one.period {
        None => line("money", "no period of a week or longer runs".to_owned()),
        Some(period) => {
            let comes =
                if period.comes.is_positive() { format!(" and {} to come", period.comes) } else { String::new() };
            line("money", format!("{} left{comes} until {}", period.left, second(period.ends)));
            let bounds = between(period.low, period.high, one.within_percent);
            line("until then", format!("{} will be spent{bounds}", period.expected));
            line("it ends", period.gone.map_or_else(|| "not before then".to_owned(), second));
        }
    }
    text
}

fn table(list: &[Forecast]) -> String {
    let mut table = Table::new(&["who", ">so far", ">in the end", ">low", ">high", ">left", "until", "it ends"]);
    for one in list {
        let (month, period) = (&one.month, one.period.as_ref());
        table.row([
            or_dash(one.name.as_deref().or(one.id.as_deref())),
            money(month.spent),
            money(month.expected),
            or_dash(month.low.map(money).as_deref()),
            or_dash(month.high.map(money).as_deref()),
            or_dash(period.map(|period| money(period.left)).as_deref()),
            or_dash(period.map(|period| second(period.ends)).as_deref()),
            or_dash(period.and_then(|period| period.gone).map(second).as_deref()),
        ]);
    }
    table.or("nobody is there whose spending could be forecast\n")
}

fn tested(test: &ForecastTest) -> String {
    let mut text = format!(
        "Forecasts as they would have been made from {} to {}, of {} people; {}% of what came should lie between the bounds.\n",
        test.from, test.to, test.people, test.within_percent
    );
    let mut table =
        Table::new(&[">days ahead", ">forecasts", ">between", ">below", ">above", ">expected off", ">bounds widened"]);
    let tenths = |per_mille: i64| {
        let (sign, part) = (if per_mille < 0 { "-" } else { "" }, per_mille.unsigned_abs());
        format!("{sign}{}.{}%", part / 10, part % 10)
    };
    let part =
        |per_mille: Option<u64>| or_dash(per_mille.and_then(|part| i64::try_from(part).ok()).map(tenths).as_deref());
    for row in &test.items {
        table.row([
            row.days.to_string(),
            row.forecasts.to_string(),
            part(row.within_per_mille),
            part(row.below_per_mille),
            part(row.above_per_mille),
            or_dash(row.expected_off_per_mille.map(tenths).as_deref()),
            tenths(i64::from(row.widened_per_mille)),
        ]);
    }
    text.push_str(&table.to_string());
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use purser_control::shape::{ForecastMonth, ForecastPeriod, ForecastTestRow};

    fn nano(text: &str) -> Nano {
        text.parse().unwrap()
    }

    #[test]
    fn a_forecast_reads_as_sentences() {
        let one = Forecast {
            of: ForecastBy::Person,
            id: None,
            name: Some("The analyst".to_owned()),
            at: "2026-11-10T12:00:00Z".parse().unwrap(),
            days: 56,
            workday: nano("25"),
            day_off: nano("1.50"),
            today: nano("4"),
            within_percent: 80,
            month: ForecastMonth {
                month: "2026-11".to_owned(),
                spent: nano("250"),
                expected: nano("575"),
                low: Some(nano("520")),
                high: Some(nano("630")),
            },
            period: Some(ForecastPeriod {
                starts: "2026-11-01T00:00:00Z".parse().unwrap(),
                ends: "2026-12-01T00:00:00Z".parse().unwrap(),
                left: nano("190"),
                comes: nano("20"),
                expected: nano("325"),
                low: None,
                high: None,
                gone: Some("2026-11-19T09:00:00Z".parse().unwrap()),
            }),
        };
        insta::assert_snapshot!(told(&one), @r"
        forecast of       The analyst
        learned from      56 days (UTC) before 2026-11-10T12:00:00Z
        a working day     25.00; a day off 1.50
        2026-11           250.00 so far, 575.00 in the end, 80% of the time between 520.00 and 630.00
        money             190.00 left and 20.00 to come until 2026-12-01T00:00:00Z
        until then        325.00 will be spent, from too few weeks to say how exactly
        it ends           2026-11-19T09:00:00Z
        ");
    }

    #[test]
    fn a_back_test_says_how_often_the_bounds_held() {
        let row = ForecastTestRow {
            days: 7,
            forecasts: 1_200,
            within_per_mille: Some(804),
            below_per_mille: Some(95),
            above_per_mille: Some(101),
            expected_off_per_mille: Some(-12),
            widened_per_mille: 1_040,
        };
        let (from, to) = ("2026-05-01".to_owned(), "2026-10-30".to_owned());
        let test = ForecastTest { from, to, people: 60, within_percent: 80, items: vec![row] };
        insta::assert_snapshot!(tested(&test), @r"
        Forecasts as they would have been made from 2026-05-01 to 2026-10-30, of 60 people; 80% of what came should lie between the bounds.
        days ahead  forecasts  between  below  above  expected off  bounds widened
                 7       1200    80.4%   9.5%  10.1%         -1.2%          104.0%
        ");
    }
}
