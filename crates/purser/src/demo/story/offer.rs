//! What the offer of the story says, version by version. Amounts only; nobody here has a name.

use jiff::civil::Date;
use serde_json::{Value, json};

use crate::demo::company::COMPANY_ZONE;

/// The pool that pays for promises.
pub(super) const POOL: &str = "Token promises";
/// What the company offers first, once somebody has noticed.
pub(super) const OFFERED: &str = "30/workday";
/// What the candidate asks for.
pub(super) const ASKED: &str = "45/workday";
/// Who is to be hired.
pub(super) const CANDIDATE: &str = "Candidate 3";

/// Salary, bonus, equity; no tokens.
pub(super) fn without_tokens(starts: Date) -> Value {
    json!({
        "candidate": {"name": CANDIDATE},
        "title": "Financial planning analyst",
        "role": {"family": "finance"},
        "zone": COMPANY_ZONE,
        "starts": starts,
        "expires": starts,
        "package": {
            "currency": "USD", "salary": "120000", "bonus": {"of_base": "10"}, "equity": {"value": "80000"},
        },
    })
}

/// The same with a token line that leaves nothing open.
pub(super) fn with_tokens(starts: Date, amount: &str, condition: bool) -> Value {
    let mut offer = without_tokens(starts);
    offer["package"]["tokens"] = json!({
        "amount": amount,
        "guaranteed": true,
        "floor": amount,
        "term": "12 months",
        "remedy": "extends",
        "sharing": "own",
        "rollover": "lapses",
        "purpose": "work_tool",
        "activation": "start_date",
        "condition_precedent": condition,
        "pool": POOL,
    });
    offer
}

#[cfg(test)]
mod tests {
    use purser_core::offer::Content;

    use super::*;

    #[test]
    fn every_version_is_one_that_can_be_offered() {
        let starts: Date = "2026-11-26".parse().unwrap();
        for version in [without_tokens(starts), with_tokens(starts, OFFERED, false), with_tokens(starts, ASKED, true)] {
            serde_json::from_value::<Content>(version).unwrap().check().unwrap();
        }
    }
}
