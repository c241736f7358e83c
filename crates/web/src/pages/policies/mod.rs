//! Policies: families of roles, their bands, what is asked of offers to them, and what a change of that would do.

pub(crate) mod show;
mod what_if;

use purser_core::role::{PolicyState, Standing};

/// A policy in words.
const fn policy(state: PolicyState) -> (&'static str, &'static str) {
    match state {
        PolicyState::Experiment => ("tried out", ""),
        PolicyState::Standard => ("usual", "warn"),
        PolicyState::Required => ("required", "good"),
    }
}

/// How a token budget stands, in words.
const fn standing(standing: Standing) -> &'static str {
    match standing {
        Standing::MissingRequired => "missing, although required",
        Standing::MissingStandard => "missing, although usual",
        Standing::Missing => "none, and nobody asks for one",
        Standing::Below => "below its band",
        Standing::Within => "within its band",
        Standing::Above => "above its band",
        Standing::NoBand => "without a band",
    }
}
