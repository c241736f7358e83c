//! Offers of the history: those that people came with, and those that are on the table at its end, one in every state.

use jiff::Span;
use jiff::civil::Date;
use purser_control::Problem;
use purser_control::shape::{AcceptOffer, ApproveOffer, Offer};
use purser_core::offer::DeclineReason;
use purser_core::role::Duty;
use serde_json::{Value, json};

use super::staff::{FAMILIES, Family, Member};
use crate::demo::desk::Desk;
use crate::failure::Failure;

/// The company's pool.
pub(crate) const POOL: &str = "Token promises";
/// The pool of the unit that promises most.
pub(crate) const ENGINEERING: &str = "Engineering promises";
/// A pool with nothing in it.
pub(crate) const EMPTY: &str = "Next year's growth";

/// What offers are written in: currency, units of the ledger's currency for one of it.
const CURRENCIES: &[(&str, &str)] = &[("USD", "1"), ("EUR", "1.0837"), ("GBP", "1.2731")];

/// Those who write and approve.
pub(crate) struct Desks {
    pub(crate) people: Desk,
    /// Another people partner: nobody approves their own.
    pub(crate) second: Desk,
    pub(crate) finance: Desk,
}

/// What an offer is about.
pub(crate) struct Draft<'a> {
    pub(crate) who: String,
    pub(crate) family: &'a Family,
    pub(crate) zone: &'a str,
    /// The day on which it is written.
    pub(crate) on: Date,
    pub(crate) starts: Date,
    pub(crate) expires: Date,
    /// `40/workday` in the package's currency; `None`: no token line.
    pub(crate) tokens: Option<String>,
    pub(crate) pool: &'a str,
    /// Picks the currency.
    pub(crate) number: usize,
}

impl Draft<'_> {
    fn content(&self) -> Value {
        let (currency, rate) = CURRENCIES.get(self.number % CURRENCIES.len()).copied().unwrap_or(("USD", "1"));
        let salary = 60_000 + 9_000 * (self.number % 12);
        let mut package = json!({"currency": currency, "salary": salary.to_string(), "bonus": {"of_base": "10"}});
        if currency != "USD" {
            package["rate"] = json!({"to": "USD", "rate": rate, "on": self.on, "source": "treasury"});
        }
        if let Some(amount) = &self.tokens {
            package["tokens"] = json!({
                "amount": amount, "guaranteed": true, "floor": amount, "term": "12 months", "remedy": "extends",
                "sharing": "own", "rollover": "lapses", "purpose": "work_tool", "activation": "start_date",
                "pool": self.pool,
            });
        }
        json!({
            "candidate": {"name": self.who}, "role": {"family": self.family.word}, "zone": self.zone,
            "starts": self.starts, "expires": self.expires, "package": package,
        })
    }
}

impl Desks {
    pub(crate) async fn draft(&self, draft: &Draft<'_>) -> Result<String, Failure> {
        let body = json!({"unit": draft.family.unit, "content": draft.content()});
        let offer: Offer = self.people.done(&["offers"], &body).await?;
        Ok(offer.row.id.to_string())
    }

    /// Submitted, and approved by finance where that is asked for.
    pub(crate) async fn approve(&self, id: &str) -> Result<Offer, Failure> {
        let mut offer: Offer = self.people.done(&["offers", id, "submit"], &()).await?;
        for duty in offer.missing.clone() {
            let by = if duty == Duty::Finance { &self.finance } else { &self.second };
            offer = by.done(&["offers", id, "approve"], &ApproveOffer { duty }).await?;
        }
        Ok(offer)
    }

    pub(crate) async fn send(&self, id: &str) -> Result<(), Failure> {
        self.approve(id).await?;
        let _: Offer = self.people.done(&["offers", id, "send"], &()).await?;
        Ok(())
    }

    /// Somebody is hired. Gives who they are.
    pub(crate) async fn hire(&self, member: &Member, on: Date, starts: Date) -> Result<String, Failure> {
        let draft = Draft {
            who: member.name(),
            family: member.family,
            zone: member.zone,
            on,
            starts,
            expires: starts,
            tokens: Some(member.family.grant.to_owned()),
            pool: POOL,
            number: member.number,
        };
        let id = self.draft(&draft).await?;
        self.send(&id).await?;
        let _: Offer = self.people.done(&["offers", &id, "view"], &()).await?;
        let yes = AcceptOffer { version: 1, signed: member.name() };
        let offer: Offer = self.people.done(&["offers", &id, "accept"], &yes).await?;
        offer
            .person
            .map(|person| person.to_string())
            .ok_or_else(|| Failure::new("an accepted offer made nobody", "this is a defect of Purser; keep the folder"))
    }

    /// Offers that came to nothing along the way, and those that are open at the end. `on` is the day it is.
    pub(crate) async fn open_ones(&self, on: Date) -> Result<(), Failure> {
        let day = |days: i64| on.checked_add(Span::new().days(days)).unwrap_or(on);
        let draft = |number: usize, tokens: Option<&str>, pool: &'static str, expires: i64| Draft {
            who: format!("Candidate {number}"),
            family: FAMILIES.get(number % FAMILIES.len()).unwrap_or(&FAMILIES[0]),
            zone: "Europe/Berlin",
            on,
            starts: day(45),
            expires: day(expires),
            tokens: tokens.map(str::to_owned),
            pool,
            number,
        };
        // A draft without its fourth pillar; one above its band, waiting for finance; one that no pool pays for.
        self.draft(&draft(1, None, POOL, 30)).await?;
        let above = self.draft(&draft(6, Some("900/workday"), POOL, 30)).await?;
        let _: Offer = self.people.done(&["offers", &above, "submit"], &()).await?;
        let unfunded = self.draft(&draft(12, Some("30/workday"), EMPTY, 30)).await?;
        self.approve(&unfunded).await?;
        let refused: Result<Offer, Problem> = self.people.post(&["offers", &unfunded, "send"], &()).await?;
        if refused.is_ok() {
            return Err(Failure::new("an offer that no pool pays for went out", "this is a defect of Purser"));
        }
        for (number, step) in [(2, "sent"), (3, "view"), (4, "counter"), (5, "decline"), (8, "withdraw")] {
            let offer = draft(number, Some("25/workday"), POOL, 30);
            let id = self.draft(&offer).await?;
            self.send(&id).await?;
            let body = match step {
                "counter" => {
                    let asked = Draft { tokens: Some("35/workday".to_owned()), ..offer };
                    json!({"content": asked.content(), "reason": "I only join with this"})
                }
                "decline" => json!({"reason": DeclineReason::TokenBudget, "note": "half of what I have now"}),
                "withdraw" => json!({"note": "the position is gone"}),
                _ => Value::Null,
            };
            if step != "sent" {
                let _: Offer = if body.is_null() {
                    self.people.done(&["offers", &id, step], &()).await?
                } else {
                    self.people.done(&["offers", &id, step], &body).await?
                };
            }
        }
        Ok(())
    }

    /// One that nobody answers: it expires after a week.
    pub(crate) async fn unanswered(&self, on: Date) -> Result<(), Failure> {
        let day = |days: i64| on.checked_add(Span::new().days(days)).unwrap_or(on);
        let draft = Draft {
            who: "Candidate 9".to_owned(),
            family: &FAMILIES[4],
            zone: "Europe/London",
            on,
            starts: day(40),
            expires: day(7),
            tokens: Some("20/workday".to_owned()),
            pool: POOL,
            number: 9,
        };
        let id = self.draft(&draft).await?;
        self.send(&id).await
    }
}
