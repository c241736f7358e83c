//! What the account's administrator is told: usage and costs of every call that was served, by day, model and key, in pages, in
//! the shapes of Anthropic's and OpenAI's reports. All calls are of the day of [`Answers::created_s`](crate::Answers::created_s).

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::desk::Desk;
use crate::head::{Head, percent_decoded, query_value};
use crate::journal::{Credential, Dialect, ServedCall, ServedUsage};
use crate::reel::Reel;
use crate::reply::Reply;

/// Seconds of a day.
const DAY_S: i64 = 86_400;
/// Who may see reports, and what things cost there.
#[derive(Clone, Debug, Default)]
pub struct Reports {
    /// The administrator's key; where it is empty there are no reports.
    pub admin_key: String,
    /// What models cost, by the beginning of their name; the first that fits. What no line fits costs nothing.
    pub prices: Vec<ReportPrice>,
    /// The most days of a page, whatever is asked for. At least 1 is used.
    pub page_days: usize,
}

/// What tokens of a model cost, in billionths of a dollar per million.
#[derive(Clone, Debug, Default)]
pub struct ReportPrice {
    /// The beginning of the model's name.
    pub model: String,
    /// Of input that no cache was involved in.
    pub input: u64,
    /// Read from a cache.
    pub cache_read: u64,
    /// Written to a short-lived one.
    pub cache_write_short: u64,
    /// Written to a long-lived one.
    pub cache_write_long: u64,
    /// Of output.
    pub output: u64,
}

/// Which report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Report {
    AnthropicUsage,
    AnthropicCost,
    OpenAiUsage(Dialect),
    OpenAiCosts,
}

impl Report {
    /// The report of a path.
    pub(crate) fn of(path: &str) -> Option<Self> {
        match path {
            "/v1/organizations/usage_report/messages" => Some(Self::AnthropicUsage),
            "/v1/organizations/cost_report" => Some(Self::AnthropicCost),
            "/v1/organization/usage/completions" => Some(Self::OpenAiUsage(Dialect::Chat)),
            "/v1/organization/usage/embeddings" => Some(Self::OpenAiUsage(Dialect::Embeddings)),
            "/v1/organization/costs" => Some(Self::OpenAiCosts),
            _ => None,
        }
    }

    const fn is_anthropic(self) -> bool {
        matches!(self, Self::AnthropicUsage | Self::AnthropicCost)
    }

    fn covers(self, call: &ServedCall) -> bool {
        match (self, call.dialect) {
            (Self::AnthropicUsage | Self::AnthropicCost, dialect) => dialect == Dialect::Messages,
            (Self::OpenAiUsage(Dialect::Embeddings), dialect) => dialect == Dialect::Embeddings,
            (Self::OpenAiUsage(_), dialect) => matches!(dialect, Dialect::Chat | Dialect::Responses),
            (Self::OpenAiCosts, dialect) => {
                matches!(dialect, Dialect::Chat | Dialect::Responses | Dialect::Embeddings)
            }
        }
    }
}

impl Desk {
    /// A page of a report.
    pub(crate) fn report_page(&self, head: &Head, report: Report, reel: &mut Reel) -> Reply {
        let reports = &self.config.reports;
        let known = !reports.admin_key.is_empty() && head.credential == Some(Credential::of(&reports.admin_key));
        let (status, page) = if known {
            self.page(head, report)
                .map_or((400, json!({ "error": "a query that is not understood" })), |page| (200, page))
        } else {
            (401, json!({ "error": "an administrator's key is asked for" }))
        };
        reel.pen().raw(&page.to_string());
        reel.end_frame(0, 0);
        Reply::json(status)
    }

    fn page(&self, head: &Head, report: Report) -> Option<Value> {
        let (from, to) = if report.is_anthropic() { ("starting_at", "ending_at") } else { ("start_time", "end_time") };
        let day = |name: &str| day_of(&percent_decoded(query_value(&head.query, name)?));
        let (first, end) = (day(from)?, day(to)?);
        let asked = query_value(&head.query, "limit").and_then(|limit| limit.parse().ok()).unwrap_or(7_usize);
        let size = i64::try_from(asked.min(self.config.reports.page_days.max(1)).max(1)).ok()?;
        let start = match query_value(&head.query, "page") {
            None => first,
            Some(page) => page.strip_prefix("page_")?.parse().ok()?,
        };
        let last = (start + size).min(end);
        let data: Vec<Value> = (start..last).map(|day| self.bucket(report, day)).collect();
        let more = last < end;
        Some(json!({
            "data": data,
            "has_more": more,
            "next_page": more.then(|| format!("page_{last}")),
        }))
    }

    fn bucket(&self, report: Report, day: i64) -> Value {
        let today = i64::try_from(self.config.answers.created_s).unwrap_or(0).div_euclid(DAY_S);
        let calls = if day == today { self.journal.calls_since(0) } else { Vec::new() };
        let mut sums = BTreeMap::<(String, Credential), (u64, ServedUsage)>::new();
        for call in calls.iter().filter(|call| call.ended && report.covers(call)) {
            let (count, sum) = sums.entry((call.served_model.to_string(), call.credential)).or_default();
            *count += 1;
            sum.add(&call.usage);
        }
        sums.retain(|_, (_, usage)| *usage != ServedUsage::default());
        let results: Vec<Value> = match report {
            Report::AnthropicUsage => {
                sums.iter().map(|((model, key), (_, usage))| messages(model, *key, usage)).collect()
            }
            Report::OpenAiUsage(dialect) => sums
                .iter()
                .map(|((model, key), (count, usage))| completions(dialect, (model, *key), *count, usage))
                .collect(),
            Report::AnthropicCost | Report::OpenAiCosts => {
                self.costs(report, sums.into_iter().map(|((model, _), (_, usage))| (model, usage)))
            }
        };
        if report.is_anthropic() {
            json!({ "starting_at": start_of(day), "ending_at": start_of(day + 1), "results": results })
        } else {
            json!({ "object": "bucket", "start_time": day * DAY_S, "end_time": (day + 1) * DAY_S, "results": results })
        }
    }

    fn costs(&self, report: Report, used: impl Iterator<Item = (String, ServedUsage)>) -> Vec<Value> {
        let mut models = BTreeMap::<String, ServedUsage>::new();
        used.for_each(|(model, usage)| models.entry(model).or_default().add(&usage));
        let mut lines = Vec::new();
        for (model, usage) in &models {
            let price = self.config.reports.prices.iter().find(|price| model.starts_with(&price.model));
            let Some(price) = price else { continue };
            for (count, rate, anthropic, openai) in [
                (usage.input_uncached, price.input, "uncached_input_tokens", "input"),
                (usage.cache_read, price.cache_read, "cache_read_input_tokens", "cached input"),
                (
                    usage.cache_write_short,
                    price.cache_write_short,
                    "cache_creation.ephemeral_5m_input_tokens",
                    "cache write",
                ),
                (
                    usage.cache_write_long,
                    price.cache_write_long,
                    "cache_creation.ephemeral_1h_input_tokens",
                    "cache write",
                ),
                (usage.output, price.output, "output_tokens", "output"),
            ] {
                if count == 0 {
                    continue;
                }
                // Billionths of a dollar per million tokens, times tokens: 10^-15 dollars.
                let amount = u128::from(count) * u128::from(rate);
                lines.push(if report.is_anthropic() {
                    json!({
                        "currency": "USD", "amount": decimal(amount, 13), "workspace_id": null,
                        "description": format!("{model} usage - {anthropic}"), "cost_type": "tokens", "model": model,
                        "token_type": anthropic, "service_tier": "standard", "context_window": "0-200k",
                    })
                } else {
                    let value: serde_json::Number = serde_json::from_str(&decimal(amount, 15)).unwrap_or(0.into());
                    json!({
                        "object": "organization.costs.result", "amount": { "value": value, "currency": "usd" },
                        "line_item": format!("{model}, {openai}"), "project_id": null,
                    })
                });
            }
        }
        lines
    }
}

fn messages(model: &str, key: Credential, usage: &ServedUsage) -> Value {
    json!({
        "uncached_input_tokens": usage.input_uncached,
        "cache_creation": {
            "ephemeral_1h_input_tokens": usage.cache_write_long,
            "ephemeral_5m_input_tokens": usage.cache_write_short,
        },
        "cache_read_input_tokens": usage.cache_read,
        "output_tokens": usage.output,
        "server_tool_use": { "web_search_requests": usage.searches },
        "api_key_id": key_id(key), "workspace_id": null, "model": model, "service_tier": "standard",
        "context_window": null, "inference_geo": null,
    })
}

fn completions(dialect: Dialect, (model, key): (&str, Credential), count: u64, usage: &ServedUsage) -> Value {
    let name = if dialect == Dialect::Embeddings { "embeddings" } else { "completions" };
    json!({
        "object": format!("organization.usage.{name}.result"),
        "input_tokens": usage.input(), "input_cached_tokens": usage.cache_read,
        "input_cache_write_tokens": usage.cache_write_short + usage.cache_write_long,
        "output_tokens": usage.output, "input_audio_tokens": 0, "output_audio_tokens": 0,
        "num_model_requests": count, "project_id": null, "user_id": null, "api_key_id": key_id(key),
        "model": model, "batch": false,
    })
}

/// A key's id in reports.
fn key_id(key: Credential) -> String {
    format!("apikey_{key}")
}

/// `amount / 10^places`, exactly.
fn decimal(amount: u128, places: u32) -> String {
    let whole = 10_u128.pow(places);
    let width = usize::try_from(places).unwrap_or(0);
    format!("{}.{:0width$}", amount / whole, amount % whole)
}

/// Whole days since 1970, from seconds or from the date that an instant begins with.
fn day_of(text: &str) -> Option<i64> {
    if let Ok(seconds) = text.parse::<i64>() {
        return Some(seconds.div_euclid(DAY_S));
    }
    let mut parts = text.get(..10)?.split('-').map(|part| part.parse::<i64>().ok());
    let (year, month, day) = (parts.next()??, parts.next()??, parts.next()??);
    // Years begin in March, so that the leap day is the last of one.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days = 365 * year + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    Some(days + (153 * month + 2) / 5 + day - 1 - 719_468)
}

/// A day's first instant.
fn start_of(day: i64) -> String {
    let since = day + 719_468;
    let (era, of_era) = (since.div_euclid(146_097), since.rem_euclid(146_097));
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let (year, month) = (year + era * 400, if month < 10 { month + 3 } else { month - 9 });
    format!("{:04}-{month:02}-{day:02}T00:00:00Z", year + i64::from(month < 3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_their_names_belong_together() {
        for (day, text) in [(0, "1970-01-01"), (20_760, "2026-11-03"), (19_782, "2024-02-29"), (-1, "1969-12-31")] {
            assert_eq!(start_of(day), format!("{text}T00:00:00Z"));
            assert_eq!((day_of(&start_of(day)), day_of(&(day * DAY_S).to_string())), (Some(day), Some(day)));
        }
        assert_eq!(decimal(123_450_000_000_000, 13), "12.3450000000000");
        assert_eq!((day_of("soon"), day_of("2026-11")), (None, None));
    }
}
