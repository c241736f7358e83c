//! The report over all offers: how many have a token pillar, by family and over time.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::Serialize;

use crate::package::{Exact, Share};
use crate::role::Family;

/// What the report looks at of one offer. Days are civil days of the company.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// Of which family.
    pub family: Family,
    /// Does its version on the table have a token pillar?
    pub has_tokens: bool,
    /// The day it was drafted.
    pub opened: Date,
    /// The day it ended; `None` while it is open.
    pub ended: Option<Date>,
}

/// So many offers, so many of them with a token pillar.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Row {
    /// Offers.
    pub offers: u32,
    /// Those with a token pillar.
    pub with_tokens: u32,
}

impl Row {
    /// The part that has one; `None` without offers.
    pub fn share(self) -> Option<Share> {
        Share::of(Exact::whole(i128::from(self.with_tokens)), Exact::whole(i128::from(self.offers)))
    }

    fn count(&mut self, told: &Told) {
        self.offers = self.offers.saturating_add(1);
        self.with_tokens = self.with_tokens.saturating_add(u32::from(told.has_tokens));
    }
}

/// A month.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Month {
    /// Its year.
    pub year: i16,
    /// From 1 to 12.
    pub month: i8,
}

/// The report.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Portfolio {
    /// Open offers on the day, by family.
    pub families: BTreeMap<Family, Row>,
    /// All of them: the sum of the families.
    pub open: Row,
    /// Offers that were open at any time of a month, from the first offer's month to the day's.
    pub months: BTreeMap<Month, Row>,
}

/// The report on a day. Offers drafted later are not in it.
pub fn portfolio<'a>(offers: impl IntoIterator<Item = &'a Told>, on: Date) -> Portfolio {
    let mut report = Portfolio::default();
    for told in offers {
        if told.opened > on {
            continue;
        }
        let until = told.ended.map_or(on, |ended| ended.min(on));
        if told.ended.is_none_or(|ended| ended > on) {
            report.open.count(told);
            report.families.entry(told.family.clone()).or_default().count(told);
        }
        let (mut month, last) = (month_of(told.opened), month_of(until));
        while month <= last {
            report.months.entry(month).or_default().count(told);
            month = month.next();
        }
    }
    // A month without offers is a month too.
    if let Some(first) = report.months.keys().next().copied() {
        let mut month = first;
        while month <= month_of(on) {
            report.months.entry(month).or_default();
            month = month.next();
        }
    }
    report
}

fn month_of(date: Date) -> Month {
    Month { year: date.year(), month: date.month() }
}

impl Month {
    fn next(self) -> Self {
        if self.month >= 12 {
            Self { year: self.year.saturating_add(1), month: 1 }
        } else {
            Self { month: self.month.saturating_add(1), ..self }
        }
    }
}
