//! Requests for more money in the last weeks of the history: approved by hand and by a mandate, denied, passed on, expired, and
//! two that wait.

use purser_control::Control;
use purser_control::shape::{ApproveTopUp, AskTopUp, DenyTopUp, Mandate, NewAdminKey, SetMandate, TopUp};
use purser_core::money::Nano;

use super::offers::Desks;
use crate::failure::Failure;

/// Whole units of the currency.
fn units(amount: i64) -> Nano {
    Nano::try_from_units(amount).unwrap_or_default()
}

impl Desks {
    /// Somebody leads their unit, and gives its people small amounts without being asked.
    pub(crate) async fn mandate(&self, control: &Control, lead: &str, unit: &str) -> Result<(), Failure> {
        let label = format!("lead of {unit}");
        let new = NewAdminKey { label, roles: vec![format!("manager:{unit}")], person: Some(lead.to_owned()) };
        control.add_admin_key(None, new).await?;
        let set = SetMandate {
            manager: lead.to_owned(),
            unit: Some(unit.to_owned()),
            per_month: units(100),
            per_request: Some(units(20)),
            pool: None,
        };
        let _: Mandate = self.finance.done(&["mandates"], &set).await?;
        Ok(())
    }

    async fn ask(&self, person: &str, amount: i64, reason: &str, purpose: &str) -> Result<TopUp, Failure> {
        let new = AskTopUp {
            person: Some(person.to_owned()),
            amount: units(amount),
            reason: reason.to_owned(),
            until: None,
            purpose: Some(purpose.to_owned()),
        };
        self.people.done(&["top-ups"], &new).await
    }

    /// Decided: what a mandate covers, a part, all of it from a pool, and a no.
    pub(crate) async fn decided_top_ups(&self, of: &[String; 3], pool: &str) -> Result<(), Failure> {
        let [one, other, third] = of;
        self.ask(one, 15, "the tests of the release take one more evening", "release").await?;
        let large = self.ask(other, 180, "the old service moves to the new store", "migration").await?;
        let part =
            ApproveTopUp { amount: Some(units(120)), reason: Some("the rest next month".to_owned()), pool: None };
        let _: TopUp = self.finance.done(&["top-ups", &large.id.to_string(), "approve"], &part).await?;
        let funded = self.ask(one, 300, "an outage to be looked into, night and day", "outage").await?;
        let whole = ApproveTopUp { pool: Some(pool.to_owned()), ..ApproveTopUp::default() };
        let _: TopUp = self.finance.done(&["top-ups", &funded.id.to_string(), "approve"], &whole).await?;
        let no = self.ask(third, 400, "a second opinion on every answer", "comparison").await?;
        let why = DenyTopUp { reason: "the cheaper model does that".to_owned() };
        let _: TopUp = self.finance.done(&["top-ups", &no.id.to_string(), "deny"], &why).await?;
        Ok(())
    }

    /// Nobody answers: passed on and passed on, and expired after a week.
    pub(crate) async fn unanswered_top_up(&self, person: &str) -> Result<(), Failure> {
        self.ask(person, 60, "a report for the board, with more sources", "report").await.map(drop)
    }

    /// Two that wait at the end, one of them passed on by then.
    pub(crate) async fn open_top_up(&self, person: &str, amount: i64) -> Result<(), Failure> {
        self.ask(person, amount, "month-end closing with two entities more", "closing").await.map(drop)
    }
}
