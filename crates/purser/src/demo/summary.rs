//! What is printed at the end: who used what, the totals, and the proof.

use std::fmt::Write as _;

use purser_core::money::{Currency, Nano};
use purser_core::usage::Usage;
use purser_store::Verified;
use serde::Serialize;

use super::board::Tally;
use super::books::Books;
use super::scene::{Runaway, Scene};
use super::story::Story;
use super::view::{compact, grouped};
use crate::output::Table;

/// The whole summary. As JSON, amounts are exact decimals in texts.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Summary {
    /// The seed of the traffic.
    seed: u64,
    /// How long it ran, in seconds.
    seconds: u64,
    /// The ledger's currency.
    currency: Currency,
    /// The offer that was followed to its last cent.
    story: Story,
    /// Everybody.
    people: Vec<PersonSum>,
    /// Everything together.
    totals: TotalSum,
    /// The agent that nobody watched.
    unattended: UnattendedSum,
    /// Why all this is to be believed.
    proof: Proof,
}

#[derive(Clone, Debug, Serialize)]
struct PersonSum {
    name: String,
    city: String,
    granted: Nano,
    per: String,
    used: Nano,
    left: Nano,
    calls: u64,
    denied: u64,
}

#[derive(Clone, Debug, Serialize)]
struct TotalSum {
    calls: u64,
    paid: u64,
    left_early: u64,
    denied: u64,
    held: u64,
    provider_errors: u64,
    lost: u64,
    usage: Usage,
    charged: Nano,
    overspent: Nano,
}

#[derive(Clone, Debug, Serialize)]
struct UnattendedSum {
    agent: String,
    owner: String,
    model: String,
    budget: Nano,
    spent: Nano,
    stopped: bool,
    ran_ms: u64,
    denied: u64,
    per_hour: Nano,
    saved: Nano,
    per_month_extrapolated: Nano,
    told: String,
}

#[derive(Clone, Debug, Serialize)]
struct Proof {
    verify_good: bool,
    findings: Vec<String>,
    records: u64,
    frames: u64,
    head: String,
    provider_served: u64,
    ledger_charged: u64,
    provider_billed: Nano,
    ledger_posted: Nano,
    differences: Vec<String>,
    good: bool,
}

impl Summary {
    /// Of the last scene and what was found out after it.
    pub(crate) fn new(seed: u64, story: Story, scene: &Scene, books: &Books, verified: &Verified) -> Self {
        let overspent = scene.totals.overspent;
        let lost = scene.totals.tally.lost;
        let journal = verified.journal.as_ref();
        let good = verified.is_good() && books.agree() && overspent.is_zero() && lost == 0 && story.good;
        Self {
            seed,
            seconds: scene.elapsed.as_secs(),
            currency: scene.currency.clone(),
            story,
            people: people(scene),
            totals: totals(scene.totals.tally, books, overspent),
            unattended: unattended(&scene.runaway),
            proof: Proof {
                verify_good: verified.is_good(),
                findings: verified.findings.iter().map(ToString::to_string).collect(),
                records: journal.map_or(0, |journal| journal.records),
                frames: journal.map_or(0, |journal| journal.frames),
                head: journal.map_or_else(String::new, |journal| journal.head.to_string()),
                provider_served: books.served,
                ledger_charged: books.charged,
                provider_billed: books.billed,
                ledger_posted: books.posted,
                differences: books.differences.clone(),
                good,
            },
        }
    }

    /// Is the journal whole, does the ledger equal what was served, and did nobody spend beyond a limit?
    pub(crate) fn is_good(&self) -> bool {
        self.proof.good
    }

    /// For people.
    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        let people = self.people_table();
        // Writing to a text does not fail.
        let _ = write!(
            text,
            "A company at work for {} s: {} roles, seed {}\n\n{people}\n{}\n{}\n{}",
            self.seconds,
            self.people.len(),
            self.seed,
            self.totals_text(),
            self.unattended_text(),
            self.proof_text()
        );
        text
    }

    fn people_table(&self) -> Table {
        let money = |amount: Nano| amount.for_people(&self.currency);
        let mut table = Table::new(&["who", ">granted", ">used", ">left", ">calls", ">denied"]);
        for person in &self.people {
            table.row([
                person.name.clone(),
                format!("{}/{}", money(person.granted).trim_end_matches(".00"), person.per),
                money(person.used),
                money(person.left),
                person.calls.to_string(),
                person.denied.to_string(),
            ]);
        }
        table
    }

    fn totals_text(&self) -> String {
        let TotalSum { calls, paid, left_early, denied, held, provider_errors, usage, charged, overspent, .. } =
            &self.totals;
        let symbol = self.currency.symbol();
        format!(
            "calls       {}: {} answered, {} denied, {} told to wait,\n\
             \x20           {} hung up on, {} errors\n\
             tokens      {} uncached, {} from caches, {} to caches in; {} out\n\
             charged     {symbol}{charged}\n\
             overspend   {symbol}{overspent}\n",
            grouped(*calls),
            grouped(*paid),
            grouped(*denied),
            grouped(*held),
            grouped(*left_early),
            grouped(*provider_errors),
            compact(usage.input_uncached),
            compact(usage.cache_read),
            compact(usage.cache_write_5m + usage.cache_write_1h),
            compact(usage.output),
        )
    }

    fn unattended_text(&self) -> String {
        let money = |amount: Nano| amount.for_people(&self.currency);
        let agent = &self.unattended;
        let head = format!("unattended  {} of {}, {}", agent.agent, agent.owner, agent.model);
        if !agent.stopped {
            return format!(
                "{head}\n            still within its {}: {} used\n",
                money(agent.budget),
                money(agent.spent)
            );
        }
        format!(
            "{head}\n\
             \x20           stopped after {}.{} s at {} of {}; {} more tries denied\n\
             \x20           would have spent {}/h: {} saved so far,\n\
             \x20           {} in a month without a pause (extrapolated)\n\
             \x20           such a month, call by call: purser replay --film bill-150k\n",
            agent.ran_ms / 1000,
            agent.ran_ms % 1000 / 100,
            money(agent.spent),
            money(agent.budget),
            grouped(agent.denied),
            money(agent.per_hour),
            money(agent.saved),
            money(agent.per_month_extrapolated),
        )
    }

    fn proof_text(&self) -> String {
        let proof = &self.proof;
        let verify = if proof.verify_good {
            format!("good: {} records in {} frames", grouped(proof.records), grouped(proof.frames))
        } else {
            proof.findings.join("; ")
        };
        let equal = if proof.differences.is_empty() && proof.provider_billed == proof.ledger_posted {
            "equal, call by call"
        } else {
            "NOT EQUAL"
        };
        let symbol = self.currency.symbol();
        let mut text = format!(
            "verify      {verify}\nhead        {}\n\
             provider    served {} calls worth {symbol}{}\n\
             ledger      charged {} calls, {symbol}{}: {equal}\n",
            proof.head,
            grouped(proof.provider_served),
            proof.provider_billed,
            grouped(proof.ledger_charged),
            proof.ledger_posted,
        );
        for difference in &proof.differences {
            let _ = writeln!(text, "            {difference}");
        }
        if self.totals.lost > 0 {
            let _ = writeln!(text, "            {} calls got no answer", self.totals.lost);
        }
        text
    }
}

fn people(scene: &Scene) -> Vec<PersonSum> {
    let sums = scene.people.iter().map(|person| PersonSum {
        name: person.short.clone(),
        city: person.city.clone(),
        granted: person.purse.limit,
        per: person.per.clone(),
        used: person.purse.spent,
        left: person.purse.left(),
        calls: person.tally.all(),
        denied: person.tally.denied,
    });
    sums.collect()
}

fn totals(tally: Tally, books: &Books, overspent: Nano) -> TotalSum {
    TotalSum {
        calls: tally.all(),
        paid: tally.paid,
        left_early: tally.hung_up,
        denied: tally.denied,
        held: tally.held,
        provider_errors: tally.faults,
        lost: tally.lost,
        usage: books.usage,
        charged: books.posted,
        overspent,
    }
}

fn unattended(runaway: &Runaway) -> UnattendedSum {
    UnattendedSum {
        agent: runaway.agent.clone(),
        owner: runaway.owner.clone(),
        model: runaway.model.clone(),
        budget: runaway.purse.limit,
        spent: runaway.purse.spent,
        stopped: runaway.stopped.is_some(),
        ran_ms: u64::try_from(runaway.ran.as_millis()).unwrap_or(u64::MAX),
        denied: runaway.denied,
        per_hour: runaway.per_hour(),
        saved: runaway.saved(),
        per_month_extrapolated: runaway.per_month(),
        told: runaway.sentence.clone(),
    }
}
