//! Who works here: units, roles, their budgets, and what each of them uses models for.
//!
//! Roles, not people: nobody here has a name. Amounts are small enough that minutes of work move them, and every model
//! has a public price in the bundled price book.

use super::traffic::Dialect;

/// The company as a whole.
pub(crate) const COMPANY_BUDGET: &str = "40000/month";
/// Where its months begin.
pub(crate) const COMPANY_ZONE: &str = "Europe/Berlin";

/// A unit and its budget.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Unit {
    pub(crate) name: &'static str,
    pub(crate) parent: Option<&'static str>,
    pub(crate) zone: &'static str,
    pub(crate) budget: &'static str,
}

const fn unit(name: &'static str, parent: Option<&'static str>, zone: &'static str, budget: &'static str) -> Unit {
    Unit { name, parent, zone, budget }
}

/// All units, each after the one above it.
pub(crate) const UNITS: &[Unit] = &[
    unit("Engineering", None, "America/Los_Angeles", "25000/month"),
    unit("Platform", Some("Engineering"), "America/Los_Angeles", "12000/month"),
    unit("Research", Some("Engineering"), "Europe/Zurich", "12000/month"),
    unit("Product", None, "Europe/Stockholm", "5000/month"),
    unit("Finance", None, "Europe/Berlin", "3000/month"),
    unit("Support", None, "Asia/Manila", "1500/month"),
    unit("People", None, "America/New_York", "800/month"),
];

/// Somebody's place in the company.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Role {
    /// What they do.
    pub(crate) title: &'static str,
    /// The unit.
    pub(crate) unit: &'static str,
    /// The city, for reading.
    pub(crate) city: &'static str,
    /// The zone of their days.
    pub(crate) zone: &'static str,
    /// What they were granted.
    pub(crate) grant: &'static str,
    /// What they used this morning, about: it is made good at full speed when the demonstration begins.
    pub(crate) morning: &'static str,
    /// What they and their agents do all day.
    pub(crate) work: &'static [Work],
}

impl Role {
    /// `Analyst, Finance, Berlin`
    pub(crate) fn name(&self) -> String {
        format!("{}, {}, {}", self.title, self.unit, self.city)
    }

    /// `Analyst, Finance`
    pub(crate) fn short(&self) -> String {
        format!("{}, {}", self.title, self.unit)
    }
}

/// One use of a model: by hand, or by an agent with a key of its own.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Work {
    /// The agent; `None` when it is done by hand.
    pub(crate) agent: Option<&'static str>,
    /// The API it speaks.
    pub(crate) dialect: Dialect,
    /// The model it asks for.
    pub(crate) model: &'static str,
    /// How it goes about it.
    pub(crate) manner: Manner,
}

/// How calls are shaped.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Manner {
    /// As a stream?
    pub(crate) stream: bool,
    /// With tools to call?
    pub(crate) tools: bool,
    /// What every call begins with: instructions, tools, files. Bytes.
    pub(crate) context: usize,
    /// What a turn adds. Bytes.
    pub(crate) turn: usize,
    /// The longest answer that is asked for. Tokens.
    pub(crate) output_max: u64,
    /// Milliseconds between an answer and the next question, least and most.
    pub(crate) pause: (u64, u64),
    /// Turns until a new conversation is begun.
    pub(crate) turns: usize,
}

/// A coding agent: a large cached context, tools, hardly a pause.
const AGENT: Manner =
    Manner { stream: true, tools: true, context: 48_000, turn: 1_200, output_max: 8_192, pause: (100, 500), turns: 24 };
/// Somebody asking one thing after another.
const ASSISTANT: Manner =
    Manner { stream: true, tools: false, context: 6_000, turn: 500, output_max: 6_144, pause: (400, 1_600), turns: 10 };
/// A program that asks short questions and waits for whole answers.
const PROGRAM: Manner =
    Manner { stream: false, tools: true, context: 4_500, turn: 300, output_max: 4_096, pause: (300, 1_200), turns: 6 };
/// A program that turns texts into vectors.
const INDEXER: Manner =
    Manner { stream: false, tools: false, context: 0, turn: 8_000, output_max: 0, pause: (500, 1_200), turns: 1 };

const fn by_hand(dialect: Dialect, model: &'static str, manner: Manner) -> Work {
    Work { agent: None, dialect, model, manner }
}

const fn by(agent: &'static str, dialect: Dialect, model: &'static str, manner: Manner) -> Work {
    Work { agent: Some(agent), dialect, model, manner }
}

/// Everybody.
pub(crate) const ROLES: &[Role] = &[
    Role {
        title: "Staff engineer",
        unit: "Platform",
        city: "San Francisco",
        zone: "America/Los_Angeles",
        grant: "100/day",
        morning: "31",
        work: &[
            by("coding agent", Dialect::Messages, "claude-opus-5-5", AGENT),
            by("pull request reviewer", Dialect::Responses, "gpt-5.5", AGENT),
        ],
    },
    Role {
        title: "Reliability engineer",
        unit: "Platform",
        city: "Dublin",
        zone: "Europe/Dublin",
        grant: "60/day",
        morning: "22",
        work: &[by("incident helper", Dialect::Messages, "claude-sonnet-5-5", AGENT)],
    },
    Role {
        title: "Data engineer",
        unit: "Platform",
        city: "Bengaluru",
        zone: "Asia/Kolkata",
        grant: "40/day",
        morning: "9",
        work: &[by_hand(Dialect::Messages, "claude-opus-5-5", ASSISTANT)],
    },
    Role {
        title: "ML engineer",
        unit: "Research",
        city: "Toronto",
        zone: "America/Toronto",
        grant: "100/day",
        morning: "17",
        work: &[by("experiment runner", Dialect::Gemini, "gemini-2.5-pro", AGENT)],
    },
    Role {
        title: "Research scientist",
        unit: "Research",
        city: "Zurich",
        zone: "Europe/Zurich",
        grant: "900/month",
        morning: "18",
        work: &[by_hand(Dialect::Responses, "gpt-5.5", ASSISTANT)],
    },
    Role {
        title: "Product manager",
        unit: "Product",
        city: "Tokyo",
        zone: "Asia/Tokyo",
        grant: "30/day",
        morning: "9",
        work: &[by_hand(Dialect::Chat, "gpt-5.5", ASSISTANT)],
    },
    Role {
        title: "Designer",
        unit: "Product",
        city: "Stockholm",
        zone: "Europe/Stockholm",
        grant: "25/day",
        morning: "14",
        work: &[by_hand(Dialect::Gemini, "gemini-2.5-pro", ASSISTANT)],
    },
    Role {
        title: "Intern",
        unit: "Product",
        city: "Nairobi",
        zone: "Africa/Nairobi",
        grant: "2/day",
        morning: "1.93",
        work: &[by_hand(Dialect::Messages, "claude-sonnet-5-5", ASSISTANT)],
    },
    Role {
        title: "Analyst",
        unit: "Finance",
        city: "Berlin",
        zone: "Europe/Berlin",
        grant: "20/day",
        morning: "13",
        work: &[by_hand(Dialect::Chat, "gpt-5.5", PROGRAM)],
    },
    Role {
        title: "Controller",
        unit: "Finance",
        city: "London",
        zone: "Europe/London",
        grant: "300/month",
        morning: "8",
        work: &[by_hand(Dialect::Messages, "claude-sonnet-5-5", ASSISTANT)],
    },
    Role {
        title: "Support lead",
        unit: "Support",
        city: "Manila",
        zone: "Asia/Manila",
        grant: "4/day",
        morning: "1.20",
        work: &[
            by_hand(Dialect::Chat, "gpt-5-mini", PROGRAM),
            by("knowledge index", Dialect::Embeddings, "text-embedding-3-small", INDEXER),
        ],
    },
    Role {
        title: "Recruiter",
        unit: "People",
        city: "New York",
        zone: "America/New_York",
        grant: "6/day",
        morning: "1.50",
        work: &[by_hand(Dialect::Gemini, "gemini-2.5-flash", ASSISTANT)],
    },
];

/// The agent that nobody watches: it begins again as soon as it has finished, several times over, on an expensive model.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Unattended {
    /// Whose it is: a place in [`ROLES`].
    pub(crate) owner: usize,
    /// What it is called.
    pub(crate) agent: &'static str,
    /// What it asks for.
    pub(crate) model: &'static str,
    /// What its key may spend.
    pub(crate) budget: &'static str,
    /// How many of it run at once.
    pub(crate) lanes: u64,
    /// The longest answer that it asks for. Tokens.
    pub(crate) output_max: u64,
    /// For the stand-in, in every question: how long its answers are and how fast they come.
    pub(crate) note: &'static str,
}

/// The one of this company.
pub(crate) const RUNAWAY: Unattended = Unattended {
    owner: 2,
    agent: "nightly evaluation",
    model: "claude-fable-5-2",
    budget: "1/day",
    lanes: 6,
    output_max: 1_500,
    note: "[[standin first-byte=80+output=1100+pace=1200]] ",
};

#[cfg(test)]
mod tests {
    use purser_core::grant::Release;
    use purser_core::money::Nano;
    use purser_core::zone::Zone;

    use super::*;

    #[test]
    fn everybody_has_a_unit_a_zone_and_amounts_that_read() {
        for unit in UNITS {
            assert!(Zone::try_new(unit.zone).is_ok(), "{}", unit.zone);
            assert!(unit.budget.parse::<Release>().is_ok(), "{}", unit.budget);
            assert!(unit.parent.is_none_or(|parent| UNITS.iter().any(|other| other.name == parent)));
        }
        for role in ROLES {
            assert!(Zone::try_new(role.zone).is_ok(), "{}", role.zone);
            assert!(UNITS.iter().any(|unit| unit.name == role.unit), "{}", role.unit);
            let (grant, morning): (Release, Nano) = (role.grant.parse().unwrap(), role.morning.parse().unwrap());
            assert!(morning < grant.amount, "{}", role.name());
            assert!(role.short().chars().count() <= 31, "{} has to fit its column", role.short());
        }
        assert!(RUNAWAY.owner < ROLES.len());
    }

    #[test]
    fn every_model_has_a_public_price() {
        let book = purser_core::price::PriceBook::bundled();
        let now = purser_core::time::Instant::FAR_FUTURE;
        let models = ROLES.iter().flat_map(|role| role.work).map(|work| (work.dialect, work.model));
        for (dialect, model) in models.chain([(Dialect::Messages, RUNAWAY.model)]) {
            let list = match dialect {
                Dialect::Messages => "anthropic",
                Dialect::Chat | Dialect::Responses | Dialect::Embeddings => "openai",
                Dialect::Gemini => "google",
            };
            assert!(book.lookup(list, model, now).is_ok(), "{list} {model}");
        }
    }
}
