//! Statements.

use serde::Deserialize;

use super::answer::Answer;
use super::ask::{Body, Command, Id, Query, State};
use super::letter::{Accepts, FormName, Paper};
use crate::Control;
use crate::access::Within;
use crate::shape::{
    ClosePeriod, List, Period, PeriodReport, Rewards, Signed, Statement, StatementsKey, WantedRewards, WantedStatement,
};

pub(super) async fn statement(
    State(control): State<Control>,
    within: Within,
    Id(id): Id,
    Query(wanted): Query<WantedStatement>,
) -> Answer<Signed<Statement>> {
    Answer(match control.covered_person(&within, &id) {
        Ok(person) => control.signed_statement(&person.to_string(), &wanted).await,
        Err(error) => Err(error),
    })
}

/// Which statement, as a document.
#[derive(Clone, Debug, Default, Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct WantedStatementDocument {
    /// `2026-11`; the running month where neither it nor a year is named.
    month: Option<String>,
    /// `2026`, in place of a month.
    year: Option<String>,
    /// `html` or `pdf`; what the request accepts where it is missing.
    form: Option<FormName>,
}

pub(super) async fn statement_document(
    State(control): State<Control>,
    within: Within,
    Id(id): Id,
    Query(wanted): Query<WantedStatementDocument>,
    Accepts(accepted): Accepts,
) -> Paper {
    let WantedStatementDocument { month, year, form } = wanted;
    Paper(match control.covered_person(&within, &id) {
        Ok(person) => {
            let (person, wanted) = (person.to_string(), WantedStatement { month, year });
            control.statement_document(&person, &wanted, FormName::or(form, accepted)).await
        }
        Err(error) => Err(error),
    })
}

pub(super) async fn rewards(
    State(control): State<Control>,
    within: Within,
    Id(id): Id,
    Query(wanted): Query<WantedRewards>,
) -> Answer<Signed<Rewards>> {
    Answer(match control.covered_person(&within, &id) {
        Ok(person) => control.rewards(&person.to_string(), &wanted).await,
        Err(error) => Err(error),
    })
}

/// Total rewards of which year, as a document.
#[derive(Clone, Debug, Default, Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct WantedRewardsDocument {
    /// `2026`; the running one where it is missing.
    year: Option<String>,
    /// `html` or `pdf`; what the request accepts where it is missing.
    form: Option<FormName>,
}

pub(super) async fn rewards_document(
    State(control): State<Control>,
    within: Within,
    Id(id): Id,
    Query(wanted): Query<WantedRewardsDocument>,
    Accepts(accepted): Accepts,
) -> Paper {
    let WantedRewardsDocument { year, form } = wanted;
    Paper(match control.covered_person(&within, &id) {
        Ok(person) => {
            let form = FormName::or(form, accepted);
            control.rewards_document(&person.to_string(), &WantedRewards { year }, form).await
        }
        Err(error) => Err(error),
    })
}

pub(super) async fn statements_key(State(control): State<Control>) -> Answer<StatementsKey> {
    Answer(Ok(control.statements_key()))
}

pub(super) async fn periods(State(control): State<Control>) -> Answer<List<Period>> {
    Answer(Ok(control.periods()))
}

pub(super) async fn close_period(
    State(control): State<Control>,
    command: Command,
    Body(close): Body<ClosePeriod>,
) -> Answer<Period> {
    Answer(control.close_period(command.into(), close).await)
}

pub(super) async fn verify_period(State(control): State<Control>, Id(month): Id) -> Answer<PeriodReport> {
    Answer(control.verify_period(&month).await)
}
