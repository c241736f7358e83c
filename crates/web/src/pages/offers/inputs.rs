//! The fields of a version: what each asks for, and what may be chosen.

use crate::form::{Fields, Wrong, beside, tied};
use crate::say::Markup;

/// Fields under one heading.
pub(super) struct Group {
    pub(super) legend: &'static str,
    pub(super) inputs: Vec<Input>,
}

/// One field.
pub(super) struct Input {
    pub(super) name: &'static str,
    pub(super) label: &'static str,
    pub(super) hint: &'static str,
    /// `text`, `decimal`, `date`, `email`, `check`, `select` or `area`.
    pub(super) kind: &'static str,
    pub(super) value: String,
    pub(super) options: Vec<(String, String, bool)>,
    /// A list of what may be meant.
    pub(super) list: Vec<String>,
    /// May a script put a slider beside it?
    pub(super) slides: bool,
    pub(super) tied: Markup,
    pub(super) beside: Markup,
}

/// What a form may choose from: of this company.
#[derive(Debug, Default)]
pub(super) struct Choices {
    pub(super) units: Vec<(String, String)>,
    pub(super) families: Vec<String>,
    pub(super) places: Vec<String>,
    pub(super) pools: Vec<String>,
}

type Row = (&'static str, &'static str, &'static str, &'static str);

const WHO: &[Row] = &[
    ("candidate", "Candidate", "", "text"),
    ("email", "Mail address", "may be empty", "email"),
    ("title", "What the work is called", "may be empty", "text"),
    ("family", "Family", "what it is measured as", "text"),
    ("level", "Level", "L1 to L20; may be empty", "text"),
    ("place", "Place", "for calendar and band; may be empty", "text"),
    ("zone", "Time zone", "where their day begins", "text"),
    ("starts", "First day", "", "date"),
    ("expires", "First day on which it can't be accepted any more", "", "date"),
];
const PAY: &[Row] = &[
    ("currency", "Currency", "three letters", "text"),
    ("rate", "One of it in the ledger's currency", "only where that is another one", "text"),
    ("salary", "Salary a year", "at full working time", "decimal"),
    ("bonus", "Bonus a year", "an amount, or 10 % of the salary", "text"),
    ("equity", "Equity, all of it", "its worth today", "decimal"),
    ("vesting", "Vests over so many months", "", "decimal"),
    ("share", "Working share", "1 for all of one's time", "decimal"),
];
const TOKENS: &[Row] = &[
    ("tokens", "Token budget", "empty for none", "decimal"),
    ("per", "For each", "", "select"),
    ("guaranteed", "Guaranteed: no later cut can eat it", "", "check"),
    ("pool", "Pool that pays for the guarantee", "", "text"),
    ("term", "How long it holds", "24 months, or the first day without", "text"),
    ("floor", "Never below", "in the same steps; may be empty", "decimal"),
    ("remedy", "A day on which it could not be used", "", "select"),
    ("rollover", "What is not used", "", "select"),
    ("sharing", "Whose it is", "", "select"),
    ("purpose", "What it is for", "", "select"),
    ("activation", "Usable", "", "select"),
    ("models", "Models", "names with * and commas; empty for every one", "text"),
    ("tools", "Tools", "the same", "text"),
    ("condition", "They only join with this", "", "check"),
];
const REST: &[Row] = &[
    ("notes", "Anything else that the letter says", "may be empty", "area"),
    ("reason", "Why this version", "colleagues read it; may be empty", "text"),
];
/// Fields that a script may put sliders beside.
const SLIDES: [&str; 4] = ["salary", "equity", "tokens", "floor"];

fn options(name: &str) -> &'static [(&'static str, &'static str)] {
    match name {
        "per" => &[("workday", "workday"), ("month", "month"), ("year", "year"), ("base", "hundred of base salary")],
        "remedy" => {
            &[("", "not said"), ("extends", "the term ends a day later"), ("credits", "its amount is credited")]
        }
        "rollover" => {
            &[("", "not said"), ("lapses", "lapses with its period"), ("carries", "goes on into the next period")]
        }
        "sharing" => &[("own", "theirs alone"), ("shared", "a team's")],
        "purpose" => &[("", "not said"), ("work_tool", "work alone"), ("personal", "a tenth at their own discretion")],
        "activation" => {
            &[("", "not said"), ("start_date", "from the first minute"), ("on_request", "once somebody asked for it")]
        }
        _ => &[],
    }
}

/// The names of all fields.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    [WHO, PAY, TOKENS, REST].into_iter().flatten().map(|(name, ..)| *name).chain(["unit"])
}

/// The form, filled in. The unit is asked for where an offer is new.
pub(super) fn groups(filled: &Fields, wrong: Option<&Wrong>, choices: &Choices, is_new: bool) -> Vec<Group> {
    let input = |(name, label, hint, kind): &Row| {
        let value = filled.text(name).to_owned();
        let mut options: Vec<_> = options(name)
            .iter()
            .map(|(word, label)| ((*word).to_owned(), (*label).to_owned(), *word == value))
            .collect();
        // What the API has and this form does not offer stays as it is.
        if *kind == "select" && !value.is_empty() && options.iter().all(|(_, _, here)| !here) {
            options.push((value.clone(), "as it is".to_owned(), true));
        }
        let list = match *name {
            "family" => choices.families.clone(),
            "place" => choices.places.clone(),
            "pool" => choices.pools.clone(),
            _ => Vec::new(),
        };
        Input {
            name,
            label,
            hint,
            kind,
            value,
            options,
            list,
            slides: SLIDES.contains(name),
            tied: tied(wrong, name),
            beside: beside(wrong, name),
        }
    };
    let mut who: Vec<Input> = WHO.iter().map(input).collect();
    if is_new {
        let mut unit = input(&("unit", "Unit", "", "select"));
        let here = filled.text("unit");
        unit.options = choices.units.iter().map(|(id, name)| (id.clone(), name.clone(), id == here)).collect();
        unit.options.insert(0, (String::new(), "the one of everybody".to_owned(), here.is_empty()));
        who.insert(1, unit);
    }
    let of = |rows: &[Row]| rows.iter().map(input).collect();
    vec![
        Group { legend: "Tokens, the fourth pillar", inputs: of(TOKENS) },
        Group { legend: "Salary, bonus, equity", inputs: of(PAY) },
        Group { legend: "Who and when", inputs: who },
        Group { legend: "Besides", inputs: of(REST) },
    ]
}
