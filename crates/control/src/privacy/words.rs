//! What was asked, in words of those who were looked at.

/// A route's action in words. Changes are told by their own words: `add_grant` is "add grant".
pub(super) fn in_words(action: &str) -> String {
    match question(action) {
        Some(words) => words.to_owned(),
        None => action.replace('_', " "),
    }
}

fn question(action: &str) -> Option<&'static str> {
    Some(match action {
        "people" => "the list of people",
        "person" => "a person's record",
        "statement" | "statement_document" => "a person's statement",
        "person_cost" => "what a person costs",
        "costs" => "what people of each role cost",
        "rewards" | "rewards_document" => "a person's total rewards",
        "periods" => "which months are closed",
        "verify_period" => "whether a closed month still is as it was",
        "export_focus" => "a file of all costs",
        "export_ledger" | "export_parquet" => "a file of charges",
        "export_statements" => "a file of statements",
        "units" => "the list of units",
        "budgets" => "budgets",
        "grants" => "grants",
        "pools" | "pool" => "a pool and what is promised out of it",
        "liability" => "what is owed",
        "remedies" => "days on which a promise could not be used",
        "keys" => "keys and what they are for",
        "activations" => "links for first keys",
        "admin_keys" => "keys for scripts",
        "balances" => "balances",
        "usage_rows" => "usage in sums",
        "usage_history" => "usage over time",
        "charges" => "charges, call by call",
        "denials" => "refused calls",
        "observed" => "what tools told of usage elsewhere",
        "flags" => "what stands out",
        "runs" | "burning" => "runs of agents",
        "run" | "run_timeline" => "one run of an agent",
        "trace" => "where money came from and went",
        "suspense" => "calls whose end is not known",
        "bills" | "reconciliation" | "plan_true_up" | "true_ups" => "providers' bills against the ledger",
        "stops" => "stops in force",
        "top_ups" => "requests for more money",
        "top_up" => "one request for more money, and how the person stands",
        "mandates" => "what managers may give",
        "absences" => "who is away",
        "forecast" | "forecast_test" => "a forecast",
        "alarms" => "alarms",
        "alarm" => "one alarm",
        "mutes" => "muted alarms",
        "outcomes" => "what was achieved",
        "hooks" => "addresses at which systems tell of outcomes",
        "returns" => "what comes of tokens",
        "person_returns" => "whose returns may be seen",
        "boards" | "board" | "board_settings" => "boards",
        "looks" => "who looked at whose data",
        "person_export" => "everything that is kept about a person",
        "logins" => "who signs in",
        "audit" => "the audit trail",
        "verify_audit" => "whether the audit trail is whole",
        "break_glasses" => "rules that were set aside",
        "offers" | "offer_report" => "offers",
        "offer" | "lint_offer" => "one offer",
        "offer_letter" => "the letter of an offer",
        "offer_links" => "links by which a candidate sees an offer",
        "offer_questions" => "what a candidate asked",
        "roles" => "families, bands and policies",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::ENDPOINTS;

    /// Answers of these are about the system, about whoever asks, or prices.
    const NOBODYS: &[&str] = &[
        "openapi",
        "status",
        "statements_key",
        "prices",
        "price",
        "price_history",
        "alarm_rules",
        "privacy",
        "privacy_map",
        "own_looks",
        "own_export",
        "present",
    ];

    #[test]
    fn every_question_that_can_name_people_has_words_and_no_words_are_of_none() {
        for endpoint in ENDPOINTS.iter().filter(|endpoint| endpoint.method == "get") {
            let told = question(endpoint.action).is_some();
            assert_ne!(told, NOBODYS.contains(&endpoint.action), "{}: words, or a place among nobody's", endpoint.path);
        }
        assert_eq!(in_words("add_grant"), "add grant");
    }
}
