//! Each result in one line of text, for clients that show or pass on nothing else.

use std::fmt::Write as _;

use purser_control::shape::{BudgetLeft, Estimated, LimitOn, Outcome, RunCost, TopUp, TopUpState};

/// `12.34 USD can be spent now; …`
pub(crate) fn left(left: &BudgetLeft) -> String {
    let BudgetLeft { currency, spendable, .. } = left;
    if let Some(stopped) = &left.stopped {
        return format!("No call is let through: {stopped}. {spendable} {currency} is left.");
    }
    let mut line = format!("{spendable} {currency} can be spent now");
    for grant in &left.grants {
        _ = write!(line, "; {} of {} per {} is left", grant.left, grant.released, grant.per);
    }
    if let Some(at) = left.refills_at {
        _ = write!(line, "; it refills at {at}");
    }
    if let Some(limit) = left.limits.iter().find(|limit| limit.binds) {
        let on = match limit.on {
            LimitOn::Key => "this key's budget",
            LimitOn::Tools => "a budget for some tools",
            LimitOn::Run => "the run's limit",
            LimitOn::Unit => "a unit's budget",
            LimitOn::Company => "the company's budget",
        };
        _ = write!(line, "; {on} binds");
    }
    line.push('.');
    for asked in &left.top_ups {
        _ = write!(line, " {}", top_up(asked));
    }
    line
}

/// `The plan costs 0.75 USD and fits the 12.34 that is left.`
pub(crate) fn estimated(plan: &Estimated) -> String {
    let Estimated { total, currency, left, .. } = plan;
    let mut line = match (&plan.short, plan.calls.iter().find_map(|call| call.refused.as_ref())) {
        (_, Some(refused)) => format!("The plan would cost {total} {currency}, and is not let through: {refused}"),
        (Some(short), None) => format!("The plan costs {total} {currency}: {short} more than the {left} that is left."),
        (None, None) if plan.fits => format!("The plan costs {total} {currency} and fits the {left} that is left."),
        (None, None) => {
            format!("The plan costs {total} {currency}; of the {left} that is left not all pays for these models.")
        }
    };
    if let Some(cheaper) = plan.cheaper.last() {
        _ = write!(line, " With {} it would cost {}.", cheaper.model, cheaper.total);
    }
    line
}

/// `Run run_… has cost 0.25 USD in 3 calls since …`
pub(crate) fn run(run: &RunCost) -> String {
    let RunCost { cost, currency, calls, began, .. } = run;
    let mut line = format!("This run has cost {cost} {currency} in {calls} calls since {began}");
    if run.children > 0 {
        _ = write!(line, ", {} with the {} it started", run.cost_with_children, run.children);
    }
    if let Some(left) = run.limits.money_left {
        _ = write!(line, "; {left} of its limit is left");
    }
    if let Some(stopped) = &run.stopped {
        _ = write!(line, "; it is {stopped}");
    } else if let Some(warning) = run.warnings.first() {
        _ = write!(line, "; warned at {warning}");
    }
    line.push('.');
    line
}

/// `5.00 is asked for …`
pub(crate) fn top_up(top_up: &TopUp) -> String {
    let TopUp { amount, until, id, .. } = top_up;
    match top_up.state {
        TopUpState::Open => format!(
            "{amount} until {until} is asked for as {id}: a human being decides. Go on with what is left meanwhile."
        ),
        TopUpState::Approved => {
            format!("{} until {until} is granted: the next call can spend it.", top_up.given.unwrap_or(*amount))
        }
        TopUpState::Denied => match &top_up.why {
            Some(why) => format!("{amount} until {until} is denied: {why}"),
            None => format!("{amount} until {until} is denied."),
        },
        TopUpState::Cancelled => format!("The request for {amount} was taken back."),
        TopUpState::Expired => format!("Nobody decided in time about the {amount} that was asked for."),
    }
}

/// `On record: 1 merged_change.`
pub(crate) fn outcome(outcome: &Outcome) -> String {
    let Outcome { count, kind, .. } = outcome;
    let value = outcome.value.map(|value| format!(", worth {value}")).unwrap_or_default();
    let run = outcome.run.map(|run| format!(", in {run}")).unwrap_or_default();
    format!("On record: {count} {kind}{value}{run}.")
}
