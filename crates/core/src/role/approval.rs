//! Who must approve an offer, by where its token budget stands and how much it is.

use serde::{Deserialize, Serialize};

use super::Standing;
use crate::money::Nano;

/// In which capacity somebody approves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Duty {
    /// For the people partners.
    People,
    /// For finance.
    Finance,
}

impl Duty {
    /// Both, in order.
    pub const ALL: [Self; 2] = [Self::People, Self::Finance];

    /// Its word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::People => "people",
            Self::Finance => "finance",
        }
    }
}

/// One rule: whoever it fits needs these approvals. Several that fit add up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ApprovalRule {
    /// Where the token budget stands; empty for wherever.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub standing: Vec<Standing>,
    /// Only above so much for each year, in the ledger's currency.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub year_above: Option<Nano>,
    /// Only guaranteed ones.
    #[serde(default, skip_serializing_if = "crate::grant::is_default")]
    pub guaranteed: bool,
    /// Who approves.
    pub by: Vec<Duty>,
}

/// What approval rules look at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asked {
    /// Where the token budget stands.
    pub standing: Standing,
    /// How much it is for each year, in the ledger's currency.
    pub year: Nano,
    /// A commitment that no later cut can eat?
    pub guaranteed: bool,
}

impl ApprovalRule {
    /// Does it fit?
    pub fn fits(&self, asked: &Asked) -> bool {
        (self.standing.is_empty() || self.standing.contains(&asked.standing))
            && self.year_above.is_none_or(|above| asked.year > above)
            && (asked.guaranteed || !self.guaranteed)
    }
}

/// Everybody who must approve, each once, in order.
pub fn needed(rules: &[ApprovalRule], asked: &Asked) -> Vec<Duty> {
    let fitting = || rules.iter().filter(|rule| rule.fits(asked));
    Duty::ALL.into_iter().filter(|duty| fitting().any(|rule| rule.by.contains(duty))).collect()
}

/// What a company starts with: what is unusual needs the people partners, what is above its band or large and
/// guaranteed needs finance as well. What lies within its band needs nobody.
pub fn usual() -> Vec<ApprovalRule> {
    let everything = ApprovalRule { standing: Vec::new(), year_above: None, guaranteed: false, by: Vec::new() };
    vec![
        ApprovalRule {
            standing: vec![
                Standing::MissingRequired,
                Standing::MissingStandard,
                Standing::Below,
                Standing::Above,
                Standing::NoBand,
            ],
            by: vec![Duty::People],
            ..everything.clone()
        },
        ApprovalRule { standing: vec![Standing::Above], by: vec![Duty::Finance], ..everything.clone() },
        ApprovalRule {
            year_above: Nano::try_from_units(150_000),
            guaranteed: true,
            by: vec![Duty::Finance],
            ..everything
        },
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(standing: Standing, year: i64, guaranteed: bool, by: &[Duty]) {
        let asked = Asked { standing, year: Nano::try_from_units(year).unwrap(), guaranteed };
        assert_eq!(needed(&usual(), &asked), by, "{asked:?}");
    }

    #[test]
    fn who_approves_depends_on_band_amount_and_guarantee() {
        check(Standing::Within, 130_000, true, &[]);
        check(Standing::Within, 150_000, true, &[]);
        check(Standing::Within, 150_001, true, &[Duty::Finance]);
        check(Standing::Within, 150_001, false, &[]);
        check(Standing::Above, 140_000, false, &[Duty::People, Duty::Finance]);
        check(Standing::Below, 1, false, &[Duty::People]);
        check(Standing::MissingRequired, 0, false, &[Duty::People]);
        check(Standing::Missing, 0, false, &[]);
        let asked = Asked { standing: Standing::Above, year: Nano::MAX, guaranteed: true };
        assert_eq!(needed(&[], &asked), [], "no rules, nobody");
    }
}
