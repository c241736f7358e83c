//! What a company starts with: eight families, and the public figures that bands are measured by.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::{Band, Family, FamilyTerms, Place, Roles, WorkCalendar};
use crate::money::Nano;
use crate::package::{Percent, WORKDAYS_PER_YEAR};

/// A public figure with who said it, where and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Benchmark {
    /// Stable name.
    pub name: &'static str,
    /// In one sentence.
    pub says: &'static str,
    /// For each workday, from and (where there is one) up to, in US dollars.
    pub workday: Option<(Nano, Option<Nano>)>,
    /// As a part of base salary.
    pub of_base: Option<Percent>,
    /// Speaker, place and date.
    pub source: &'static str,
}

const LAMANNA: &str = "Charles Lamanna, executive vice president at Microsoft, Agents of Transformation (GeekWire), \
                       Seattle, 2026, as reported";
const HUANG: &str = "Jensen Huang, chief executive of NVIDIA, GTC, 2026-03-16, as reported";
const OWN: &str = "no public figure for this family: a starting value below the public one for engineers, to be edited";

const fn dollars(units: i64) -> Nano {
    match Nano::try_from_units(units) {
        Some(amount) => amount,
        None => Nano::MAX,
    }
}

/// Every public figure that the presets stand on.
pub fn benchmarks() -> Vec<Benchmark> {
    vec![
        Benchmark {
            name: "generous",
            says: "a generous budget is 100 to several hundred dollars for each employee and day",
            workday: Some((dollars(100), Some(dollars(500)))),
            of_base: None,
            source: LAMANNA,
        },
        Benchmark {
            name: "half-of-base",
            says: "about half of an engineer's base salary, on top of it",
            workday: None,
            of_base: Some(Percent::whole(50)),
            source: HUANG,
        },
    ]
}

/// A family as it comes: name, title, band in dollars for each workday, tools, outcomes.
type Preset = (&'static str, &'static str, (i64, i64), &'static [&'static str], &'static [&'static str]);

const FAMILIES: &[Preset] = &[
    (
        "engineering",
        "Engineering",
        (100, 500),
        &["claude-code", "codex", "gemini-cli", "agent-*"],
        &["merged_change", "release", "incident_resolved"],
    ),
    ("research", "Research", (100, 500), &["notebook", "agent-*"], &["experiment", "report"]),
    ("finance", "Finance", (30, 150), &["spreadsheet", "agent-*"], &["month_close", "forecast", "reconciliation"]),
    ("operations", "Operations", (30, 150), &["spreadsheet", "agent-*"], &["process_run", "order_fulfilled"]),
    ("sales", "Sales", (20, 120), &["mail", "crm", "agent-*"], &["proposal", "qualified_lead"]),
    ("support", "Support", (20, 120), &["help-desk", "agent-*"], &["ticket_resolved", "article_published"]),
    ("legal", "Legal", (30, 150), &["documents", "agent-*"], &["contract_review", "filing"]),
    ("design", "Design", (40, 200), &["canvas", "agent-*"], &["design_delivered", "study"]),
];

/// Families, bands and a calendar to start from. The amounts are US dollars: a ledger in another currency sets its own.
pub fn presets() -> Roles {
    let family = |(name, title, (low, high), tools, outcomes): &Preset| {
        let is_public = matches!(*name, "engineering" | "research");
        let band = Band {
            level: None,
            place: None,
            low: dollars(*low),
            high: dollars(*high),
            low_of_base: None,
            high_of_base: is_public.then(|| Percent::whole(50)),
            source: if is_public { format!("{LAMANNA}; {HUANG}") } else { OWN.to_owned() },
        };
        let terms = FamilyTerms {
            title: (*title).to_owned(),
            bands: vec![band],
            models: Vec::new(),
            tools: tools.iter().filter_map(|tool| tool.parse().ok()).collect(),
            outcomes: outcomes.iter().map(|outcome| (*outcome).to_owned()).collect(),
            runs: Vec::new(),
            observed: None,
            policy: Vec::new(),
        };
        Some((name.parse::<Family>().ok()?, terms))
    };
    Roles { families: FAMILIES.iter().filter_map(family).collect(), places: places(), approvals: super::usual() }
}

/// The United States with its federal holidays of 2026 and 2027; other places are added as they are needed.
fn places() -> BTreeMap<Place, WorkCalendar> {
    /// Month and day, as observed.
    const DAYS: &[(i16, &[(i8, i8)])] = &[
        (2026, &[(1, 1), (1, 19), (2, 16), (5, 25), (6, 19), (7, 3), (9, 7), (10, 12), (11, 11), (11, 26), (12, 25)]),
        (2027, &[(1, 1), (1, 18), (2, 15), (5, 31), (6, 18), (7, 5), (9, 6), (10, 11), (11, 11), (11, 25), (12, 24)]),
    ];
    let date = |year: i16| move |(month, day): &(i8, i8)| Date::new(year, *month, *day).ok();
    let holidays = DAYS.iter().flat_map(|(year, days)| days.iter().filter_map(date(*year))).collect();
    let us = WorkCalendar {
        workdays_per_year: WORKDAYS_PER_YEAR,
        holidays,
        source: "federal holidays, US Office of Personnel Management, as observed".to_owned(),
        version: 0,
    };
    "us".parse().ok().map(|place| (place, us)).into_iter().collect()
}
