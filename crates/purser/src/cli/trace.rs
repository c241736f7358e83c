//! `purser trace`: a cent from the clause that promised it to the call that it paid, and back.

use std::fmt::Write as _;

use clap::Args;
use purser_control::shape::{
    Confidential, Trace as Chain, TraceCheck, TraceOf, TracedCharge, TracedClause, TracedGrant, TracedOffer,
    TracedPart, TracedPeriod,
};
use purser_core::time::Instant;

use super::{money, or_dash};
use crate::client::{Client, path};
use crate::failure::Failure;
use crate::output::{Output, Table, fold};

/// Comparisons that are listed one by one; of more, only what differs.
const LISTED_MAX: usize = 12;
/// Periods of a grant that are listed.
const PERIODS_SHOWN: usize = 5;
/// What stands where whoever asks may not see an amount.
const HIDDEN: &str = "confidential, not for your role";

#[derive(Debug, Args)]
pub(crate) struct Trace {
    /// A charge (`hld_…` or `entry 17`), a grant, an offer, or a person (id or name)
    pub(crate) what: String,
    /// How many charges to show of each grant
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u16).range(0..=1000))]
    pub(crate) charges: u16,
}

impl Trace {
    pub(crate) async fn run(self, client: &mut Client, out: Output) -> Result<(), Failure> {
        let path = path(["trace", &self.what]).with("charges", Some(&self.charges.to_string()));
        let chain: Chain = client.get(path).await?;
        out.show(&chain, text);
        if chain.is_good() {
            return Ok(());
        }
        Err(Failure::new(
            "figures that must be equal differ",
            "`purser verify` says whether the journal is whole; keep the data folder",
        ))
    }
}

/// The chain for people, in 80 columns.
pub(crate) fn text(chain: &Chain) -> String {
    let mut text = String::new();
    let kind = match chain.kind {
        TraceOf::Charge => "charge",
        TraceOf::Grant => "grant",
        TraceOf::Offer => "offer",
        TraceOf::Person => "person",
    };
    let name = chain.person_name.as_deref().filter(|name| *name != chain.of);
    let whose = name.map_or_else(String::new, |name| format!(", {name}"));
    // Writing to a text does not fail.
    let _ = writeln!(text, "{kind} {}{whose}; amounts in {}\n", chain.of, chain.currency.code());
    for offer in &chain.offers {
        shown_offer(&mut text, offer);
        for grant in chain.grants.iter().filter(|grant| grant.offer == Some(offer.id)) {
            shown_grant(&mut text, grant, chain.charge.as_ref());
        }
    }
    let is_promised = |grant: &TracedGrant| chain.offers.iter().any(|offer| grant.offer == Some(offer.id));
    for grant in chain.grants.iter().filter(|grant| !is_promised(grant)) {
        shown_grant(&mut text, grant, chain.charge.as_ref());
    }
    if let Some(charge) = &chain.charge {
        shown_charge(&mut text, charge);
    }
    checks(&mut text, &chain.checks);
    text
}

fn shown_offer(text: &mut String, offer: &TracedOffer) {
    let TracedOffer { id, state, since, version, versions, by, written, hash, .. } = offer;
    let _ = writeln!(text, "offer      {id}, {state} {}", moment(offer.accepted.unwrap_or(*since)));
    let _ = writeln!(text, "  version  {version} of {versions}, by {by}, {}", moment(*written));
    if let Some(reason) = offer.reason.as_ref().and_then(Confidential::amount) {
        fold(text, "  because  ", reason);
    }
    let _ = writeln!(text, "  hash     {hash}");
    if let Some(letter) = &offer.letter {
        let _ = writeln!(text, "  signed   {letter}");
    }
    match &offer.clause {
        None => text.push_str("  clause   none: it has no token budget\n"),
        Some(clause) => shown_clause(text, clause),
    }
    match offer.package.as_ref().map(|package| package.amount()) {
        None => {}
        Some(None) => {
            let _ = writeln!(text, "  package  {HIDDEN}");
        }
        Some(Some(package)) => {
            let share =
                package.share.as_deref().map_or_else(String::new, |share| format!(", tokens are {share} of it"));
            let line = format!(
                "{} a year in {}: salary {}, bonus {}, equity {}, tokens {}{share}",
                money(
                    [package.salary, package.bonus, package.equity, package.tokens]
                        .into_iter()
                        .fold(purser_core::money::Nano::ZERO, purser_core::money::Nano::saturating_add)
                ),
                package.currency.code(),
                money(package.salary),
                money(package.bonus),
                money(package.equity),
                money(package.tokens)
            );
            fold(text, "  package  ", &line);
        }
    }
}

fn shown_clause(text: &mut String, clause: &TracedClause) {
    let amount = clause.amount.amount().map_or_else(|| HIDDEN.to_owned(), |amount| money(*amount));
    let mut line = match clause.written.amount() {
        Some(written) => {
            format!("\"{written}\": {} a {}", amount, period_word(&clause.per, &clause.days))
        }
        None => format!("{} a {} (as written: {HIDDEN})", amount, period_word(&clause.per, &clause.days)),
    };
    let firmly = if clause.guaranteed { "guaranteed" } else { "not guaranteed" };
    let _ = write!(line, ", {firmly} ({}), from {}", clause.guarantee, clause.starts);
    if let Some(ends) = &clause.ends {
        let _ = write!(line, " until {ends}");
    }
    if let Some(pool) = &clause.pool_name {
        let _ = write!(line, ", paid from the pool {pool}");
    }
    fold(text, &format!("  {:<7}  ", format!("cl. {}", clause.number)), &line);
}

fn shown_grant(text: &mut String, traced: &TracedGrant, charge: Option<&TracedCharge>) {
    let TracedGrant { grant, commitments, sums, periods, paid, .. } = traced;
    let _ = writeln!(text, "grant      {}", grant.id);
    let mut terms = format!("{} a {}", money(grant.amount), period_word(&grant.per, &grant.days));
    terms.push_str(if grant.guaranteed { ", guaranteed" } else { ", not guaranteed" });
    if traced.offer.is_none() {
        terms.push_str(", made by hand");
    }
    if let Some(voided) = grant.voided {
        let _ = write!(terms, ", voided {}", moment(voided));
    }
    fold(text, "           ", &terms);
    for share in commitments {
        let pool = or_dash(share.pool_name.as_deref());
        let _ = writeln!(text, "  pool     {pool}: {} set aside in {}", money(share.amount), share.year);
    }
    let until_now = format!(
        "{} released in {} = {} spent + {} held + {} in suspense + {} left + {} lapsed",
        money(sums.released),
        counted(sums.periods, "period"),
        money(sums.spent),
        money(sums.held),
        money(sums.suspense),
        money(sums.left),
        money(sums.lapsed)
    );
    fold(text, "  so far   ", &until_now);
    allowances(text, periods, charge.is_some());
    for leg in charge.iter().flat_map(|charge| &charge.legs).filter(|leg| leg.grant == grant.id) {
        let held = leg.held.map_or_else(String::new, |held| format!(" of {} set aside", money(held)));
        fold(text, "  paid     ", &format!("{}{held}, from what lapses {}", money(leg.paid), moment(leg.to)));
    }
    parts(text, paid, sums.charges);
    text.push('\n');
}

/// The periods that something was drawn in: the one that paid a charge, else the last ones.
fn allowances(text: &mut String, periods: &[TracedPeriod], of_charge: bool) {
    if of_charge {
        for period in periods {
            let funds = &period.funds;
            let line = format!(
                "{}: {} released, {} spent, {} held, {} left; {}",
                period.first_day,
                money(funds.limit),
                money(funds.posted),
                money(funds.held.saturating_add(funds.suspense)),
                money(funds.available),
                counted(period.charges, "charge")
            );
            fold(text, "allowance  ", &line);
        }
        return;
    }
    if periods.is_empty() {
        return;
    }
    let mut table = Table::new(&["allowance from", ">released", ">spent", ">held", ">left", ">charges"]);
    for period in periods.iter().take(PERIODS_SHOWN) {
        let funds = &period.funds;
        let held = funds.held.saturating_add(funds.suspense);
        let amounts = [funds.limit, funds.posted, held, funds.available].map(money);
        // The part of a period that lapses later than the rest of it.
        let lives_on = periods.iter().any(|other| other.from == period.from && other.to < period.to);
        let from = if lives_on { format!("{}, lives on", period.first_day) } else { period.first_day.clone() };
        table.row([from].into_iter().chain(amounts).chain([period.charges.to_string()]));
    }
    for line in table.to_string().lines() {
        let _ = writeln!(text, "  {line}");
    }
    let more = periods.len().saturating_sub(PERIODS_SHOWN);
    if more > 0 {
        let _ = writeln!(text, "  … and {} before them with charges", counted(to_u64(more), "period"));
    }
}

fn parts(text: &mut String, paid: &[TracedPart], charges: u64) {
    if paid.is_empty() {
        return;
    }
    let mut table = Table::new(&["charge", ">entry", "when", "model", ">paid"]);
    for part in paid {
        let when = moment(part.at).trim_end_matches(" UTC").to_owned();
        table.row([part.charge.clone(), part.entry.to_string(), when, part.model.clone(), money(part.amount)]);
    }
    for line in table.to_string().lines() {
        let _ = writeln!(text, "  {line}");
    }
    let more = charges.saturating_sub(to_u64(paid.len()));
    if more > 0 {
        let _ = writeln!(text, "  … and {} before them (--charges N)", counted(more, "charge"));
    }
}

fn shown_charge(text: &mut String, charge: &TracedCharge) {
    if let Some(hold) = &charge.hold {
        let grown = if hold.grown.is_zero() {
            String::new()
        } else {
            format!(", {} more while it streamed", money(hold.grown))
        };
        let _ = writeln!(
            text,
            "hold       {} set aside {}, entry {}{grown}",
            money(hold.amount),
            moment(hold.at),
            hold.entry
        );
    }
    for posting in &charge.postings {
        let _ = writeln!(
            text,
            "charge     {} {} {}, entry {}, {}",
            money(posting.charge),
            posting.kind,
            moment(posting.at),
            posting.entry,
            posting.mark
        );
    }
    for line in &charge.working {
        let times = if line.times == "1" { String::new() } else { format!(" x {}", line.times) };
        let _ = writeln!(
            text,
            "           {:>9} {:<16} at {:>8} per million{times} = {}",
            line.count, line.bucket, line.rate, line.amount
        );
    }
    if let Some(card) = &charge.card {
        fold(text, "  card     ", &format!("{}, {}", card.version, card.source));
    }
    if !charge.overrun.is_zero() {
        let _ = writeln!(text, "  overrun  {} that the grants did not have", money(charge.overrun));
    }
    if !charge.limits.is_empty() {
        let limits: Vec<String> =
            charge.limits.iter().map(|limit| format!("{} from {}", limit.on, day(limit.from))).collect();
        fold(text, "  counts   ", &format!("against {}", limits.join(", ")));
    }
    if let Some(month) = &charge.statement {
        let _ = writeln!(text, "statement  {month}");
    }
    if let Some(first) = charge.postings.first() {
        let served = first.served_model.as_deref().map_or_else(String::new, |model| format!(", answered by {model}"));
        let by = charge.agent.as_deref().map_or_else(String::new, |agent| format!(", asked by {agent}"));
        let attempt = if first.attempt == 0 { String::new() } else { format!(", attempt {}", first.attempt + 1) };
        fold(text, "provider   ", &format!("{}: {}{served}{attempt}{by}", first.provider, first.model));
    }
    text.push('\n');
}

fn checks(text: &mut String, checks: &[TraceCheck]) {
    let wrong = checks.iter().filter(|check| !check.holds).count();
    let said = if wrong == 0 { "all equal".to_owned() } else { format!("{wrong} DIFFER") };
    let _ = writeln!(text, "compared   {}, {said}", counted(to_u64(checks.len()), "figure"));
    let list_all = checks.len() <= LISTED_MAX;
    for check in checks.iter().filter(|check| list_all || !check.holds) {
        let TraceCheck { what, found, expected, holds } = check;
        if *holds {
            fold(text, "  equal    ", &format!("{what}: {}", shortened(found)));
        } else {
            fold(text, "  DIFFER   ", &format!("{what}: {found} is not {expected}"));
        }
    }
}

/// `2026-11-26 18:04:11 UTC`
fn moment(at: Instant) -> String {
    let text = at.to_string();
    let text = text.split(['.', 'Z']).next().unwrap_or_default();
    format!("{} UTC", text.replace('T', " "))
}

fn day(at: Instant) -> String {
    at.to_string().chars().take(10).collect()
}

fn period_word(per: &str, days: &str) -> String {
    if (per, days) == ("day", "workdays") { "workday".to_owned() } else { per.to_owned() }
}

fn counted(number: u64, what: &str) -> String {
    if number == 1 { format!("1 {what}") } else { format!("{number} {what}s") }
}

fn to_u64(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}

/// A hash by its beginning.
fn shortened(text: &str) -> String {
    if text.chars().count() > 24 {
        format!("{}…", text.chars().take(16).collect::<String>())
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_and_hashes_are_short() {
        assert_eq!(moment("2026-11-26T18:04:11.25Z".parse().unwrap()), "2026-11-26 18:04:11 UTC");
        assert_eq!(shortened(&"ab".repeat(32)), "abababababababab…");
        assert_eq!(counted(1, "charge"), "1 charge");
    }
}
