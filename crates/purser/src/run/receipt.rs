//! What a run cost, and what is left.

use purser_control::shape::{Balance, Charge, ChargePage, Denied, List};
use purser_core::money::Nano;
use purser_core::time::Instant;
use purser_core::usage::Usage;
use purser_core::zone::Zone;

use super::purse::Purse;
use crate::client::{Client, path};
use crate::failure::Failure;
use crate::output::say;

/// Pages of charges looked at, at most: with a thousand or more a page, more than anybody's run of a day.
const PAGES_MAX: usize = 100;

/// Tells it on standard error. `since` is when the run began.
///
/// # Errors
/// The reports can't be read.
pub(crate) async fn tell(client: &mut Client, purse: &Purse, since: Instant) -> Result<(), Failure> {
    let id = purse.person.id.to_string();
    let charges = charges(client, purse, since).await?;
    let denied = denied(client, purse, since).await?;
    let cost = charges.iter().fold(Nano::ZERO, |sum, charge| sum.saturating_add(charge.charge));
    let cost = cost.for_people(&purse.currency);
    let calls = format!("{}{}", number(charges.len(), "call", "calls"), denials(&denied));
    say(format_args!("purser: this run cost {cost}, {calls}"));
    if !charges.is_empty() {
        say(format_args!("purser: tokens {}", tokens(&charges)));
    }
    let balances: Vec<Balance> = client.list(path(["balances"]).with("person", Some(&id))).await?;
    if let Some(balance) = balances.first() {
        let (left, limit) =
            (balance.spendable.for_people(&purse.currency), balance.funds.limit.for_people(&purse.currency));
        let zone = Zone::try_new(&purse.person.zone).unwrap_or(Zone::UTC);
        let refills = balance.resets_at.map_or_else(String::new, |at| {
            format!(", refills {} ({})", zone.wall(at).strftime("%-d %b %H:%M"), zone.name())
        });
        let this = if purse.this.is_empty() { String::new() } else { format!(" {}", purse.this) };
        say(format_args!("purser: {left} of {limit} left{this}{refills}"));
    }
    if denied.others > 0 && purse.personal {
        say(format_args!("purser: for more, run it with another --budget, such as 50/day"));
    }
    Ok(())
}

/// Everything charged to this run's key, once all that was written is in the reports.
async fn charges(client: &mut Client, purse: &Purse, since: Instant) -> Result<Vec<Charge>, Failure> {
    let (id, since) = (purse.person.id.to_string(), since.to_string());
    let (mut found, mut before) = (Vec::new(), None::<String>);
    for _ in 0..PAGES_MAX {
        let asked = path(["charges"]).with("person", Some(&id)).with("from", Some(&since));
        let page: ChargePage = client.get(asked.with("before", before.as_deref())).await?;
        found.extend(page.items.into_iter().filter(|charge| charge.key == Some(purse.key.id)));
        match page.next {
            Some(next) => before = Some(next.to_string()),
            None => break,
        }
    }
    Ok(found)
}

/// What this run's key was denied: told to wait, and for good.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Denials {
    held: u64,
    others: u64,
}

async fn denied(client: &mut Client, purse: &Purse, since: Instant) -> Result<Denials, Failure> {
    let (id, since) = (purse.person.id.to_string(), since.to_string());
    let rows: List<Denied> = client.get(path(["denials"]).with("person", Some(&id)).with("from", Some(&since))).await?;
    let mut sum = Denials::default();
    for row in rows.items.into_iter().filter(|row| row.key == purse.key.id) {
        if row.funded {
            sum.held += row.count;
        } else {
            sum.others += row.count;
        }
    }
    Ok(sum)
}

fn denials(denied: &Denials) -> String {
    let told = |count: u64, what: &str| if count > 0 { format!(", {count} {what}") } else { String::new() };
    format!("{}{}", told(denied.others, "denied"), told(denied.held, "told to wait"))
}

/// By kind, those that were used.
fn tokens(charges: &[Charge]) -> String {
    let sum = |of: fn(&Usage) -> u64| charges.iter().map(|charge| of(&charge.usage)).fold(0, u64::saturating_add);
    let kinds = [
        (sum(|usage| usage.input_uncached), "uncached in"),
        (sum(|usage| usage.cache_read), "from caches"),
        (sum(|usage| usage.cache_write_5m.saturating_add(usage.cache_write_1h)), "to caches"),
        (
            sum(|usage| usage.audio_in.saturating_add(usage.audio_cache_read).saturating_add(usage.image_in)),
            "of media in",
        ),
        (sum(Usage::output_tokens), "out"),
        (sum(|usage| usage.reasoning), "of them reasoning"),
    ];
    let told: Vec<String> =
        kinds.into_iter().filter(|(count, _)| *count > 0).map(|(count, kind)| format!("{count} {kind}")).collect();
    if told.is_empty() { "none".to_owned() } else { told.join(", ") }
}

fn number(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_did_not_happen_is_not_told() {
        assert_eq!(denials(&Denials::default()), "");
        assert_eq!(denials(&Denials { held: 0, others: 2 }), ", 2 denied");
        assert_eq!(denials(&Denials { held: 1, others: 2 }), ", 2 denied, 1 told to wait");
        assert_eq!(number(1, "call", "calls"), "1 call");
    }
}
