//! Fetching reports from the provider, where the program gave a way to.

use std::fmt::Write as _;
use std::pin::Pin;
use std::sync::Arc;

use purser_core::bill::{self, Format, MoreIn, Report, day_of_text, day_text};
use purser_core::time::Instant;
use purser_core::zone::Zone;

use super::import::checked_provider;
use crate::change::CommandName;
use crate::control::Control;
use crate::error::{Code, Error, Refused};
use crate::shape::{BillImport, PullBill};

/// The most days that are fetched at once, and the most pages of one report.
const DAYS_MAX: i64 = 400;
const PAGES_MAX: usize = 500;
/// Days that one request may ask for: both providers give a month of usage at most, OpenAI half a year of costs.
const MONTH: i64 = 31;
const HALF_YEAR: i64 = 180;

/// Whose reports they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PullFrom {
    /// Anthropic's.
    Anthropic,
    /// OpenAI's.
    OpenAi,
}

/// The body of a page, or a sentence about why there is none.
pub(crate) type Fetched = Pin<Box<dyn Future<Output = Result<String, String>> + Send>>;

/// The way to the providers' reports. What it fetches with the company's administrator key it fetches from the configured
/// host alone, and follows no redirect.
pub trait BillPort: Send + Sync {
    /// The providers that it reaches.
    fn providers(&self) -> Vec<String>;

    /// Whose reports a provider has; `None` for one that it does not reach.
    fn kind(&self, provider: &str) -> Option<PullFrom>;

    /// Asks for a path with its query.
    fn fetch(&self, provider: &str, target: &str) -> Fetched;
}

/// One report to be asked for.
struct Wanted {
    format: Format,
    part: Option<&'static str>,
    path: &'static str,
    group_by: &'static [&'static str],
    days_at_once: i64,
}

const ANTHROPIC: &[Wanted] = &[
    Wanted {
        format: Format::AnthropicUsage,
        part: None,
        path: "/v1/organizations/usage_report/messages",
        group_by: &["api_key_id", "model", "service_tier"],
        days_at_once: MONTH,
    },
    Wanted {
        format: Format::AnthropicCost,
        part: None,
        path: "/v1/organizations/cost_report",
        group_by: &["description"],
        days_at_once: MONTH,
    },
];

const OPENAI: &[Wanted] = &[
    Wanted {
        format: Format::OpenaiUsage,
        part: Some("completions"),
        path: "/v1/organization/usage/completions",
        group_by: &["api_key_id", "model", "batch"],
        days_at_once: MONTH,
    },
    Wanted {
        format: Format::OpenaiUsage,
        part: Some("embeddings"),
        path: "/v1/organization/usage/embeddings",
        group_by: &["api_key_id", "model"],
        days_at_once: MONTH,
    },
    Wanted {
        format: Format::OpenaiCosts,
        part: None,
        path: "/v1/organization/costs",
        group_by: &["line_item"],
        days_at_once: HALF_YEAR,
    },
];

impl Control {
    /// Gives the way to the providers' reports.
    pub fn tell_bills(&self, port: Arc<dyn BillPort>) {
        *self.inner.bills.write() = Some(port);
    }

    /// Fetches a provider's reports of some days and imports them. The running day is never whole, so it is not asked for
    /// unless it is named.
    ///
    /// # Errors
    /// [`Code::NotFound`] where there is no way to the provider's reports, [`Code::Unavailable`] where it does not answer as
    /// it should, [`Code::Invalid`] for days or an answer that can't be; the journal.
    pub async fn pull_bill(&self, name: Option<CommandName>, what: PullBill) -> Result<BillImport, Error> {
        let provider = checked_provider(&what.provider)?;
        let port = self.inner.bills.read().clone();
        let reached = port.and_then(|port| port.kind(&provider).map(|kind| (port, kind)));
        let Some((port, kind)) = reached else {
            return Err(Refused::new(Code::NotFound, format!("reports of `{provider}` can't be fetched"))
                .hint("set admin_key_env or admin_key_file of the provider in purser.toml, and ask the Purser that serves")
                .into());
        };
        let today = day_number(self.inner.clock.now());
        let day = |text: &Option<String>, usual: i64| match text {
            None => Ok(usual),
            Some(text) => day_of_text(text).ok_or_else(|| {
                Refused::new(Code::Invalid, format!("`{text}` is not a day")).hint("write it like 2026-11-24")
            }),
        };
        let to = day(&what.to, today)?;
        let from = day(&what.from, to.saturating_sub(7))?;
        if to <= from || to.saturating_sub(from) > DAYS_MAX {
            return Err(Refused::new(Code::Invalid, format!("from 1 to {DAYS_MAX} days are fetched at once"))
                .hint("`to` is the first day that is not included")
                .into());
        }
        let wanted = match kind {
            PullFrom::Anthropic => ANTHROPIC,
            PullFrom::OpenAi => OPENAI,
        };
        let mut all = Report::default();
        for wanted in wanted {
            let mut start = from;
            while start < to {
                let end = start.saturating_add(wanted.days_at_once).min(to);
                let text = pages(&*port, &provider, wanted, (start, end)).await?;
                let report = bill::read(wanted.format, wanted.part, &text).map_err(|mistake| {
                    Refused::new(Code::Invalid, format!("{} of {provider} has a mistake, {mistake}", wanted.path))
                })?;
                let Report { usage, costs } = report;
                let asked = start..end;
                all.usage.extend(usage.into_iter().filter(|((_, day), _)| asked.contains(day)));
                all.costs.extend(costs.into_iter().filter(|(day, _)| asked.contains(day)));
                start = end;
            }
        }
        self.take_report(name, provider, all, (true, false)).await
    }
}

/// The day of an instant.
pub(super) fn day_number(at: Instant) -> i64 {
    at.as_secs().div_euclid(86_400)
}

/// All pages of a report of some days.
async fn pages(
    port: &dyn BillPort,
    provider: &str,
    wanted: &Wanted,
    (start, end): (i64, i64),
) -> Result<String, Error> {
    let anthropic = matches!(wanted.format, Format::AnthropicUsage | Format::AnthropicCost);
    let instant = |day: i64| {
        let at = Zone::UTC.first_instant(day_text(day).parse().unwrap_or_default());
        if anthropic { encoded(&at.to_string()) } else { at.as_secs().to_string() }
    };
    let (from, to, group) =
        if anthropic { ("starting_at", "ending_at", "group_by%5B%5D") } else { ("start_time", "end_time", "group_by") };
    let limit = end.saturating_sub(start);
    let mut target =
        format!("{}?{from}={}&{to}={}&bucket_width=1d&limit={limit}", wanted.path, instant(start), instant(end));
    for by in wanted.group_by {
        // Writing into a text can't fail.
        let _ = write!(target, "&{group}={by}");
    }
    let (mut all, mut page) = (String::new(), None::<String>);
    for _ in 0..PAGES_MAX {
        let asked = page.as_ref().map_or_else(|| target.clone(), |page| format!("{target}&page={}", encoded(page)));
        let body = port.fetch(provider, &asked).await.map_err(|why| {
            Refused::new(Code::Unavailable, format!("{provider} gave no report: {why}"))
                .hint("is the key an administrator's of the account, and the address the provider's?")
        })?;
        let more = bill::more_in(&body)
            .map_err(|mistake| Refused::new(Code::Invalid, format!("{} of {provider}: {mistake}", wanted.path)))?;
        all.push_str(&body);
        all.push('\n');
        match more {
            MoreIn::Nothing => return Ok(all),
            MoreIn::Page(next) if page.as_ref() == Some(&next) => break,
            MoreIn::Page(next) => page = Some(next),
        }
    }
    Err(Refused::new(Code::Invalid, format!("{} of {provider} has no last page", wanted.path)).into())
}

/// A text as it may stand in a query.
fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~') {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}
