//! The report over all offers.

use purser_core::offer::{Row, Told, portfolio};

use super::look::company_day;
use crate::control::Control;
use crate::dates;
use crate::error::Error;
use crate::shape::{OfferReport, OfferShare};

impl Control {
    /// How many open offers have a token pillar, by family and over time, on a day (today where none is named).
    ///
    /// # Errors
    /// The day is not one.
    pub fn offer_report(&self, on: Option<&str>) -> Result<OfferReport, Error> {
        let snapshot = self.snapshot();
        let directory = &snapshot.directory;
        let today = company_day(directory, self.inner.clock.now());
        let on = on.map_or(Ok(today), dates::day)?;
        let told: Vec<Told> = directory
            .offers()
            .filter_map(|offer| {
                let latest = offer.latest()?;
                Some(Told {
                    family: latest.role.family.clone(),
                    has_tokens: latest.tokens.is_some(),
                    opened: company_day(directory, offer.created_at()),
                    ended: offer.state.is_ended().then(|| company_day(directory, offer.since)),
                })
            })
            .collect();
        let report = portfolio(&told, on);
        let row = |of: String, row: Row| OfferShare {
            of,
            offers: row.offers,
            with_tokens: row.with_tokens,
            share: row.share().map(|share| share.to_string()),
        };
        let month = |month: &purser_core::offer::Month| format!("{:04}-{:02}", month.year, month.month);
        Ok(OfferReport {
            open: row("all".to_owned(), report.open),
            families: report.families.iter().map(|(family, of)| row(family.to_string(), *of)).collect(),
            months: report.months.iter().map(|(of, counts)| row(month(of), *counts)).collect(),
        })
    }
}
