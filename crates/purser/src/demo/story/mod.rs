//! The story: an offer without tokens is flagged, fixed, countered, funded, accepted; its grant opens on the start date;
//! an agent spends it and is stopped at its allowance; the last cent is walked back to the clause that promised it.
//!
//! Everybody acts through the API with a key of their role, the agent through the gateway. The clock is set from the
//! day before the start date to the moment at which all this is played; otherwise nothing is prepared.

mod offer;
mod spend;

use std::net::SocketAddr;
use std::time::Duration;

use jiff::civil::Date;
use purser_control::shape::{
    AcceptOffer, Activation, ApproveOffer, Confidential, FundPool, Key, List, NewActivation, NewKey, NewPool, Offer,
    OfferFinding, Pool, Trace,
};
use purser_control::usage::Wanted;
use purser_control::{Control, Problem};
use purser_core::money::Nano;
use purser_core::role::{ApprovalRule, Duty, PolicyState, PolicyStep, RoleChange, Roles};
use purser_core::time::Instant;
use purser_core::zone::Zone;
use serde::Serialize;
use serde_json::{Value, json};

use self::offer::{ASKED, CANDIDATE, OFFERED, POOL};
use super::clock::StageClock;
use super::desk::Desk;
use crate::failure::Failure;
use crate::output::fold;

/// How long before midnight the offer is accepted.
const LATE: Duration = Duration::from_mins(10);
/// How long before midnight the story begins.
const EARLY: Duration = Duration::from_hours(8);

/// One thing that happened.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Step {
    /// When, on the clock of the demonstration.
    at: Instant,
    /// In a sentence.
    what: String,
    /// What was answered, refused, told.
    told: Vec<String>,
}

impl Step {
    /// For people, in 80 columns.
    pub(crate) fn text(&self, number: usize) -> String {
        let mut text = String::new();
        fold(&mut text, &format!("{number:>2}  "), &self.what);
        for line in &self.told {
            fold(&mut text, "      ", line);
        }
        text
    }
}

/// What came of it.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Story {
    /// In order.
    pub(crate) steps: Vec<Step>,
    /// What the grant released on the day.
    pub(crate) allowance: Nano,
    /// What was spent of it.
    pub(crate) spent: Nano,
    /// What is left.
    pub(crate) left: Nano,
    /// Calls that were answered.
    pub(crate) calls: u64,
    /// Calls that were told that the money is gone.
    pub(crate) denied: u64,
    /// What the last one was told.
    pub(crate) told: String,
    /// The last charge, walked back to its clause.
    pub(crate) trace: Trace,
    /// Went everything as it must?
    pub(crate) good: bool,
}

/// On what it is played.
pub(crate) struct Scenery<'a> {
    pub(crate) control: &'a Control,
    pub(crate) gateway: SocketAddr,
    pub(crate) clock: &'a StageClock,
    pub(crate) zone: &'a Zone,
    /// The start date.
    pub(crate) day: Date,
    /// The moment at which it is played, on that day.
    pub(crate) now: Instant,
}

/// The story while it is told.
struct Telling<'a> {
    scenery: Scenery<'a>,
    tell: &'a dyn Fn(usize, &Step),
    steps: Vec<Step>,
    people: Desk,
    finance: Desk,
    /// Was something other than it must be?
    wrong: Vec<String>,
}

/// When the story begins, on the clock that it sets.
pub(crate) fn beginning(zone: &Zone, day: Date) -> Instant {
    zone.first_instant(day).saturating_sub(EARLY)
}

/// Plays it. `tell` is called with each step as it happens.
///
/// # Errors
/// A service fails, or refuses what it must not.
pub(crate) async fn play(scenery: Scenery<'_>, tell: &dyn Fn(usize, &Step)) -> Result<Story, Failure> {
    let control = scenery.control;
    let people = Desk::of(control, "people partner", "people").await?;
    let finance = Desk::of(control, "finance", "finance").await?;
    let mut telling = Telling { scenery, tell, steps: Vec::new(), people, finance, wrong: Vec::new() };
    telling.rules().await?;
    let offer = telling.flagged().await?;
    telling.fixed(&offer).await?;
    telling.countered(&offer).await?;
    telling.approved(&offer).await?;
    let person = telling.accepted(&offer).await?;
    let key = telling.opened(&person).await?;
    telling.spent(&person, &key, &offer).await
}

impl Telling<'_> {
    fn step(&mut self, what: impl Into<String>, told: Vec<String>) {
        use purser_core::time::Clock as _;
        let step = Step { at: self.scenery.clock.now(), what: what.into(), told };
        (self.tell)(self.steps.len() + 1, &step);
        self.steps.push(step);
    }

    fn expect(&mut self, holds: bool, what: &str) {
        if !holds {
            self.wrong.push(what.to_owned());
        }
    }

    /// Exactly.
    fn money(&self, amount: Nano) -> String {
        format!("{}{amount}", self.scenery.control.snapshot().currency.symbol())
    }

    /// In round figures.
    fn about(&self, amount: Nano) -> String {
        amount.for_people(&self.scenery.control.snapshot().currency)
    }

    /// Families and bands; tokens are required in finance, and finance approves whatever is guaranteed.
    async fn rules(&mut self) -> Result<(), Failure> {
        let _: Roles = self.people.done(&["roles", "presets"], &json!({})).await?;
        let family =
            "finance".parse().map_err(|_| Failure::new("there is no family finance", "look at the presets"))?;
        let step = PolicyStep { since: self.scenery.day.first_of_year(), state: PolicyState::Required };
        let _: Roles = self.people.done(&["roles"], &RoleChange::Policy { family, step }).await?;
        let all = ApprovalRule { standing: Vec::new(), year_above: None, guaranteed: true, by: vec![Duty::Finance] };
        let _: Roles = self.people.done(&["roles"], &RoleChange::Approvals { rules: vec![all] }).await?;
        let pool = NewPool { name: POOL.to_owned(), owner: "company".to_owned(), manager: None };
        let _: Pool = self.finance.done(&["pools"], &pool).await?;
        Ok(())
    }

    /// The offer as it is drafted, and why it does not go out.
    async fn flagged(&mut self) -> Result<String, Failure> {
        let content = offer::without_tokens(self.scenery.day);
        let draft: Offer = self.people.done(&["offers"], &json!({"content": content})).await?;
        let id = draft.row.id.to_string();
        let mut told = findings(&draft.findings, "error");
        let submitted: Result<Offer, Problem> = self.people.post(&["offers", &id, "submit"], &()).await?;
        self.expect(draft.findings.iter().any(|it| it.code == "TOK001"), "the missing pillar was not flagged");
        match submitted {
            Err(problem) => told.push(format!("Submitted all the same: refused ({}).", code(&problem))),
            Ok(_) => self.wrong.push("an offer without its fourth pillar went on".to_owned()),
        }
        self.step("An analyst is made an offer: salary, bonus, equity. No tokens.", told);
        Ok(id)
    }

    async fn fixed(&mut self, id: &str) -> Result<(), Failure> {
        let content = offer::with_tokens(self.scenery.day, OFFERED, false);
        let body = json!({"content": content, "reason": "the fourth pillar was missing"});
        let fixed: Offer = self.people.done(&["offers", id, "versions"], &body).await?;
        let mut told = findings(&fixed.findings, "error");
        self.expect(fixed.findings.iter().any(|it| it.code == "TOK006"), "the empty pool was not flagged");
        let amount: Nano = Nano::try_from_units(12_000).unwrap_or_default();
        let fund = FundPool { amount, year: Some(self.scenery.day.year()) };
        let pool: Pool = self.finance.done(&["pools", POOL, "funds"], &fund).await?;
        told.push(format!(
            "Finance funds the pool {POOL}: {} for the year.",
            self.about(year(&pool, |year| year.funded))
        ));
        let lint: List<OfferFinding> = self.people.get(&["offers", id, "findings"]).await?;
        let errors = lint.items.iter().filter(|it| it.severity == "error").count();
        self.expect(errors == 0, "the fixed offer has errors");
        told.push(format!("Linted again: {errors} errors."));
        self.step(format!("Version 2 has them: {OFFERED}, guaranteed for 12 months, from a pool."), told);
        self.approve(id, &mut Vec::new()).await?;
        Ok(())
    }

    /// Submitted, approved by finance, sent, looked at.
    async fn approve(&mut self, id: &str, told: &mut Vec<String>) -> Result<Offer, Failure> {
        let submitted: Offer = self.people.done(&["offers", id, "submit"], &()).await?;
        let missing: Vec<&str> = submitted.missing.iter().map(|duty| duty.word()).collect();
        told.push(format!("Submitted: it needs an approval for {}.", missing.join(" and ")));
        let approve = ApproveOffer { duty: Duty::Finance };
        let own: Result<Offer, Problem> = self.people.post(&["offers", id, "approve"], &approve).await?;
        match own {
            Err(problem) => told.push(format!("Approved by whoever submitted it: refused ({}).", code(&problem))),
            Ok(_) => self.wrong.push("somebody approved their own offer".to_owned()),
        }
        let _: Offer = self.finance.done(&["offers", id, "approve"], &approve).await?;
        told.push("Approved by finance.".to_owned());
        let sent: Offer = self.people.done(&["offers", id, "send"], &()).await?;
        let pool: Pool = pool_of(&self.finance).await?;
        told.push(format!(
            "Sent: {} of {} in the pool are set aside, {} are free.",
            self.about(year(&pool, |year| year.committed)),
            self.about(year(&pool, |year| year.funded)),
            self.about(year(&pool, |year| year.free))
        ));
        let _: Offer = self.people.done(&["offers", id, "view"], &()).await?;
        Ok(sent)
    }

    async fn countered(&mut self, id: &str) -> Result<(), Failure> {
        let content = offer::with_tokens(self.scenery.day, ASKED, true);
        let body = json!({"content": content, "reason": "I only join with this"});
        let countered: Offer = self.people.done(&["offers", id, "counter"], &body).await?;
        let changes = countered.versions.last().map(|version| version.changes.as_slice()).unwrap_or_default();
        let told = changes
            .iter()
            .map(|change| {
                format!(
                    "{}: {} → {}",
                    change.field,
                    side(change.before.as_ref().and_then(Confidential::amount)),
                    side(change.after.as_ref().and_then(Confidential::amount))
                )
            })
            .collect();
        self.step("The candidate counters: \"I only join with this.\"", told);
        Ok(())
    }

    async fn approved(&mut self, id: &str) -> Result<(), Failure> {
        let mut told = Vec::new();
        self.approve(id, &mut told).await?;
        self.step("Version 3 is taken up.", told);
        Ok(())
    }

    /// Late on the day before. Gives the person's id.
    async fn accepted(&mut self, id: &str) -> Result<String, Failure> {
        let Scenery { clock, zone, day, .. } = &self.scenery;
        clock.set(zone.first_instant(*day).saturating_sub(LATE));
        let yes = AcceptOffer { version: 3, signed: CANDIDATE.to_owned() };
        let accepted: Offer = self.people.done(&["offers", id, "accept"], &yes).await?;
        let (Some(person), Some(grant)) = (accepted.person, accepted.grant) else {
            return Err(Failure::new("an accepted offer made no grant", "this is a defect of Purser; keep the folder"));
        };
        let wall = self.wall();
        self.step(
            format!("{wall}, the evening before the start date: accepted."),
            vec![format!("In one change: {person},"), format!("{grant}, and its part of the pool.")],
        );
        Ok(person.to_string())
    }

    fn wall(&self) -> String {
        use purser_core::time::Clock as _;
        let Scenery { clock, zone, .. } = &self.scenery;
        format!("{} in {}", zone.wall(clock.now()).strftime("%-d %b %H:%M"), zone.name())
    }

    /// A key; refused today, answered tomorrow.
    async fn opened(&mut self, person: &str) -> Result<String, Failure> {
        let new = NewKey {
            person: person.to_owned(),
            agent: Some("month-end agent".to_owned()),
            models: Vec::new(),
            providers: Vec::new(),
            tools: Vec::new(),
            tool: None,
            project: None,
            rpm: None,
            expires: None,
        };
        let key: Key = self.people.done(&["keys"], &new).await?;
        let key = key.key.ok_or_else(|| Failure::new("a new key has no secret", "it was made before"))?;
        let early = spend::once(self.scenery.gateway, &key).await?;
        self.expect(early.is_err(), "the grant paid before its start date");
        let mut told: Vec<String> =
            early.err().map(|told| format!("A call now: refused. \"{told}\"")).into_iter().collect();
        let link: Activation =
            self.people.done(&["activations"], &NewActivation { person: person.to_owned(), until: None }).await?;
        let secret = link.link.as_deref().and_then(|link| link.rsplit('/').next()).unwrap_or_default().to_owned();
        let early = self.scenery.control.activate(secret.clone()).await;
        self.expect(early.is_err(), "the link made a key before the start date");
        self.scenery.clock.set(self.scenery.now.max(self.scenery.zone.first_instant(self.scenery.day)));
        let wall = self.wall();
        match spend::once(self.scenery.gateway, &key).await? {
            Ok(reply) => {
                told.push(format!("{wall}: the same call is answered, for {}.", self.money(spend::charge_of(&reply))));
            }
            Err(sentence) => self.wrong.push(format!("the grant did not open: {sentence}")),
        }
        let own = self.scenery.control.activate(secret.clone()).await?.key;
        self.expect(own.active && link.person == own.person, "the link made no key of its person's");
        told.push(
            "The link handed out with the letter makes the colleague's own key; until now it made none.".to_owned(),
        );
        self.step("The grant opens with the first minute of the start date.", told);
        Ok(key)
    }

    async fn spent(mut self, person: &str, key: &str, offer: &str) -> Result<Story, Failure> {
        let spent = spend::all(self.scenery.gateway, key).await?;
        for odd in &spent.odd {
            self.wrong.push(odd.clone());
        }
        let balances = self.scenery.control.balances(Some(person))?.items;
        let funds = balances.first().map(|balance| balance.funds).unwrap_or_default();
        let charges =
            self.scenery.control.charges(Wanted { person: Some(person.to_owned()), ..Wanted::default() }).await?;
        let last = charges.items.first().map(|charge| charge.id.clone());
        let last = last.ok_or_else(|| Failure::new("nothing was charged", "this is a defect of Purser"))?;
        let trace = self.scenery.control.trace(&last, None).await?;
        self.expect(trace.is_good(), "the trace does not add up");
        self.expect(trace.offers.iter().any(|link| link.id.to_string() == offer), "the cent leads to no offer");
        self.expect(spent.denied > 0 && !spent.told.is_empty(), "the agent was not stopped");
        self.expect(funds.posted <= funds.limit && funds.held.is_zero(), "the allowance was overspent");
        self.step(
            "The agent spends, six calls at once, until it is told to stop.",
            vec![
                format!(
                    "{} calls were answered: {} of {} spent, {} left, nothing beyond.",
                    spent.calls + 1,
                    self.money(funds.posted),
                    self.money(funds.limit),
                    self.money(funds.available)
                ),
                format!("\"{}\"", spent.told),
            ],
        );
        self.step("The last cent, walked back to the clause that promised it (`purser trace`):", Vec::new());
        for wrong in &self.wrong {
            crate::output::say(format_args!("not as it must be: {wrong}"));
        }
        Ok(Story {
            allowance: funds.limit,
            spent: funds.posted,
            left: funds.available,
            calls: spent.calls + 1,
            denied: spent.denied,
            told: spent.told,
            trace,
            good: self.wrong.is_empty(),
            steps: self.steps,
        })
    }
}

async fn pool_of(desk: &Desk) -> Result<Pool, Failure> {
    let detail: purser_control::shape::PoolDetail = desk.get(&["pools", POOL]).await?;
    Ok(detail.pool)
}

fn year(pool: &Pool, of: impl Fn(&purser_control::shape::PoolYear) -> Nano) -> Nano {
    pool.years.iter().map(of).fold(Nano::ZERO, Nano::saturating_add)
}

/// What the linter says, of one severity.
fn findings(findings: &[OfferFinding], severity: &str) -> Vec<String> {
    let of = findings.iter().filter(|it| it.severity == severity);
    of.flat_map(|it| [format!("{} {}: {}", it.code, it.severity, said(&it.message)), format!("  {}", said(&it.fix))])
        .collect()
}

fn said(text: &Confidential<String>) -> &str {
    text.amount().map_or("hidden", String::as_str)
}

fn code(problem: &Problem) -> String {
    serde_json::to_value(problem.code).ok().and_then(|code| code.as_str().map(str::to_owned)).unwrap_or_default()
}

fn side(value: Option<&Value>) -> String {
    match value {
        None => "-".to_owned(),
        Some(Value::String(text)) => text.clone(),
        Some(value) => value.to_string(),
    }
}
