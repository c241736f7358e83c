//! What a run cost, and what is left.

use purser_control::shape::{Balance, Charge, ChargePage, Key, List, Person};
use purser_core::money::{Currency, Nano};
use purser_core::zone::Zone;

use crate::client::{Client, path};
use crate::failure::Failure;
use crate::output::say;

/// Pages of charges looked at, at most: with a thousand or more a page, more than anybody's run of a day.
const PAGES_MAX: usize = 100;

/// Tells it on standard error.
///
/// # Errors
/// The reports can't be read.
pub(crate) async fn tell(client: &mut Client, person: &Person, key: &Key) -> Result<(), Failure> {
    let charges = charges(client, person, key).await?;
    let cost = charges.iter().fold(Nano::ZERO, |sum, charge| sum.saturating_add(charge.charge));
    let (mut put_in, mut cached, mut out) = (0_u64, 0_u64, 0_u64);
    for charge in &charges {
        put_in = put_in.saturating_add(charge.usage.prompt_tokens());
        cached = cached.saturating_add(charge.usage.cache_read);
        out = out.saturating_add(charge.usage.output_tokens());
    }
    let currency = Currency::usd();
    let calls = if charges.len() == 1 { "1 call".to_owned() } else { format!("{} calls", charges.len()) };
    say(format_args!(
        "purser: this run cost {} in {calls} ({put_in} tokens in, {cached} of them cached, {out} out)",
        cost.for_people(&currency)
    ));
    let id = person.id.to_string();
    let balances: List<Balance> = client.get(path(["balances"]).with("person", Some(&id))).await?;
    if let Some(balance) = balances.items.first() {
        let (left, limit) = (balance.spendable.for_people(&currency), balance.funds.limit.for_people(&currency));
        let zone = Zone::try_new(&person.zone).unwrap_or(Zone::UTC);
        let reset = balance.resets_at.map_or_else(String::new, |at| {
            format!(", resets {} ({})", zone.wall(at).strftime("%-d %b %H:%M"), zone.name())
        });
        say(format_args!("purser: {left} of {limit} left{reset}"));
    }
    Ok(())
}

/// Everything charged to this run's key, once all that was written is in the reports.
async fn charges(client: &mut Client, person: &Person, key: &Key) -> Result<Vec<Charge>, Failure> {
    let id = person.id.to_string();
    let asked = path(["charges"]).with("person", Some(&id));
    let (mut found, mut before) = (Vec::new(), None::<String>);
    for _ in 0..PAGES_MAX {
        let page: ChargePage = client.get(asked.clone().with("before", before.as_deref())).await?;
        found.extend(page.items.into_iter().filter(|charge| charge.key == Some(key.id)));
        match page.next {
            Some(next) => before = Some(next.to_string()),
            None => break,
        }
    }
    Ok(found)
}
