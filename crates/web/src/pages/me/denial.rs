//! Why a call was refused, for whoever made it: what it means and what to do. The code is the gateway's own.

/// What a code means, and what helps.
pub(super) struct Why {
    /// What happened.
    pub(super) what: &'static str,
    /// What to do now.
    pub(super) next: &'static str,
    /// Would more money help?
    pub(super) is_money: bool,
}

const fn why(what: &'static str, next: &'static str) -> Why {
    Why { what, next, is_money: false }
}

const fn money(what: &'static str, next: &'static str) -> Why {
    Why { what, next, is_money: true }
}

/// The meaning of a code.
pub(super) fn of(code: &str) -> Why {
    match code {
        "budget_exhausted" => money(
            "A limit that applies to you had too little left for the call.",
            "It fits again when your money is released anew, or when you are given more.",
        ),
        "budget_held" => why(
            "The money was there, but other calls had set it aside at that moment.",
            "Try again: what they don't use comes back within seconds.",
        ),
        "no_grant" => money("Nobody has granted you anything yet.", "Ask for a first grant."),
        "grant_not_started" => why("Your grant had not begun.", "It works from its first day on, in your zone."),
        "grant_ended" => money("Your last grant was over.", "Ask for another one."),
        "not_covered" => money(
            "None of your grants pays for that model.",
            "Use a model that they pay for, or ask for money for this one.",
        ),
        "tool_not_covered" => {
            why("Your grants pay for other tools.", "Use one of those, or ask whoever made the grant.")
        }
        "key_revoked" | "key_expired" => why("The key no longer works.", "Make another one under “Connect a tool”."),
        "key_unknown" => why("The key is not one of Purser's.", "Look whether it was copied whole."),
        "provider_not_allowed" => why("The key may not use that provider.", "Use another key, or another provider."),
        "model_not_allowed" => why("The key may not ask for that model.", "Use another key, or another model."),
        "tool_not_allowed" => why("The key may not be used with that tool.", "Make a key for the tool."),
        "unknown_model" => why(
            "The model has no price, so no money could be set aside for it.",
            "Look for a slip in its name, or ask finance to give it a price.",
        ),
        "unmetered" => why(
            "The call asked for something whose cost can't be bounded.",
            "Leave it out, or ask an administrator which way is metered.",
        ),
        "stopped" => why("A stop was in force.", "Whoever placed it can lift it; your own stops are under Runs."),
        "run_limit" => why("The run had met one of its limits.", "Begin a new run, or ask for a wider limit."),
        "run_paused" => why("A breaker held the run back.", "Look at the run, and let it go on if it is right."),
        "rate_limited" => why("The key had made all requests that it may make in a minute.", "Go slower."),
        "person_left" => why("Your purse was closed.", "Ask whoever looks after people."),
        _ => why("Purser did not let the call through.", "The answer in your tool says why."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_of_the_gateway_is_explained() {
        // As `core`'s decisions have them; a new one falls back to a sentence that explains nothing.
        let source = include_str!("../../../../core/src/decision/mod.rs");
        let codes = source.split("=> \"").skip(1).filter_map(|rest| rest.split('"').next());
        let codes: Vec<_> = codes.filter(|code| !matches!(*code, "allowed")).collect();
        assert!(codes.len() >= 20, "{codes:?}");
        let unknown = of("").what;
        let dumb: Vec<_> = codes.into_iter().filter(|code| of(code).what == unknown).collect();
        assert!(dumb.is_empty(), "{dumb:?}");
    }
}
