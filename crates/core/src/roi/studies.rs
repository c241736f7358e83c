//! Multipliers that others told of, with who told them. None is anybody's default.

use serde::{Deserialize, Serialize};

use crate::package::Exact;

/// How somebody came to a multiplier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum StudyKind {
    /// Work was given out by lot, with and without.
    Trial,
    /// What companies' own records show; those who use more may differ in other ways too.
    Observed,
    /// Said, not measured.
    Asserted,
}

/// A multiplier with its source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Study {
    /// Stable name.
    pub name: &'static str,
    /// In one sentence.
    pub says: &'static str,
    /// How they came to it.
    pub kind: StudyKind,
    /// The multiplier, as a fraction.
    multiplier: (i64, i64),
    /// Who, where, when.
    pub source: &'static str,
}

impl Study {
    /// How much more gets done.
    pub fn multiplier(&self) -> Exact {
        Exact::try_new(i128::from(self.multiplier.0), i128::from(self.multiplier.1)).unwrap_or(Exact::ZERO)
    }
}

/// All of them, the lowest first.
pub const fn studies() -> &'static [Study] {
    &[
        Study {
            name: "metr",
            says: "experienced developers took 19 % longer with assistants, in code that they knew well",
            kind: StudyKind::Trial,
            // The same work in 1.19 of the time.
            multiplier: (100, 119),
            source: "METR, randomised trial with open-source developers, 2025, as reported",
        },
        Study {
            name: "dx",
            says: "pull requests went up by 7.76 % in the median of 400 companies",
            kind: StudyKind::Observed,
            multiplier: (10_776, 10_000),
            source: "DX, 400 companies, 2026, as reported",
        },
        Study {
            name: "jellyfish",
            says: "pull requests went up by 12 %",
            kind: StudyKind::Observed,
            multiplier: (112, 100),
            source: "Jellyfish, 2026, as reported",
        },
        Study {
            name: "nber",
            says: "commits went up by 180 %, releases by 30 %; releases are what is counted here",
            kind: StudyKind::Observed,
            multiplier: (130, 100),
            source: "NBER working paper, 2026, as reported",
        },
        Study {
            name: "threefold",
            says: "an engineer of 500,000 with 100,000 of tokens gets three times as much done; said, not measured",
            kind: StudyKind::Asserted,
            multiplier: (3, 1),
            source: "the economic case made for token budgets in the press, 2026",
        },
    ]
}

/// The lowest and the highest multiplier that somebody measured.
pub fn measured_range() -> (Exact, Exact) {
    let measured = || studies().iter().filter(|study| study.kind != StudyKind::Asserted).map(Study::multiplier);
    let one = Exact::whole(1);
    (measured().min().unwrap_or(one), measured().max().unwrap_or(one))
}
