//! The kinds of data that there are: what each is, why it is kept, where, who may see it, how long it lasts, how it goes.

use crate::access::Permission;
use crate::shape::Retention;

/// A kind of data.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Kind {
    /// Its word.
    pub(crate) word: &'static str,
    /// What it is.
    pub(super) what: &'static str,
    /// Why it is kept.
    pub(super) why: &'static str,
    /// The tables in which it lies.
    pub(crate) tables: &'static [&'static str],
    /// What of it stands in the journal, for good; nothing where none does.
    pub(super) journal: Option<&'static str>,
    /// With which of these rights one sees it, over whatever the right covers.
    pub(super) seen_with: &'static [Permission],
    /// How long it is kept in the tables.
    pub(super) lasts: Lasts,
    /// How it is erased.
    pub(super) erased: &'static str,
}

/// How long something is kept.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Lasts {
    /// As the journal is, of which it is made.
    Journal,
    /// So many months by the setting of this name, for good where there is none.
    Months(&'static str, fn(&Retention) -> Option<u16>),
    /// By `retention.candidate_months` of the configuration, where an offer came to nothing; else for good.
    Candidates,
    /// Otherwise, as this says.
    Else(&'static str),
}

const CHAINED: &str =
    "it is not: the journal is chained, and balances are proved from it; `left_people` takes away the name";

/// All kinds.
pub(crate) const KINDS: &[Kind] = &[
    Kind {
        word: "names",
        what: "what people are called, and their mail addresses",
        why: "to show whom something is about",
        tables: &["people_private"],
        journal: None,
        seen_with: &[Permission::PeopleRead],
        lasts: Lasts::Months("left_people", |retention| retention.left_people),
        erased: "overwritten, so many months after somebody left",
    },
    Kind {
        word: "people",
        what: "when people came, moved, changed zone and left, their grants, keys, stops, requests, alarms and boards, by ids",
        why: "who has which money, and who may spend it",
        tables: &["event", "account", "flaggable_period"],
        journal: Some("an event for each change"),
        seen_with: &[
            Permission::PeopleRead,
            Permission::GrantsRead,
            Permission::KeysRead,
            Permission::StopsRead,
            Permission::TopUpsRead,
            Permission::AlarmsRead,
        ],
        lasts: Lasts::Journal,
        erased: CHAINED,
    },
    Kind {
        word: "labels",
        what: "what units, pools, keys and budgets are called",
        why: "to tell them apart",
        tables: &["label_private"],
        journal: None,
        seen_with: &[Permission::UnitsRead, Permission::KeysRead, Permission::BudgetsRead, Permission::PoolsRead],
        lasts: Lasts::Else("as long as the folder"),
        erased: "overwritten by another label",
    },
    Kind {
        word: "sign-ins",
        what: "mail addresses and password hashes (argon2id) of whoever signs in, and their sessions (hashed)",
        why: "to know who asks",
        tables: &["login_private", "session_private"],
        journal: Some("who has which access roles, by ids"),
        seen_with: &[Permission::AccessRead],
        lasts: Lasts::Months("left_people", |retention| retention.left_people),
        erased: "with the name; a session a day after it began at the latest",
    },
    Kind {
        word: "offers",
        what: "what offers say, salaries included, notes about them, and letters as they were signed",
        why: "to make, approve and keep what was promised",
        tables: &["offer_versions_private", "offer_notes_private", "offer_letters_private"],
        journal: Some("the token line's terms, and a keyed hash of the text"),
        seen_with: &[Permission::OffersRead, Permission::ConfidentialAmounts],
        lasts: Lasts::Candidates,
        erased: "`DELETE /api/v1/offers/{id}`, or by itself where it came to nothing",
    },
    Kind {
        word: "reasons",
        what: "why somebody did something, as they wrote it",
        why: "so that others understand a change later",
        tables: &["note_private"],
        journal: Some("the id of the text, in its entry of the audit trail"),
        seen_with: &[Permission::AuditRead],
        lasts: Lasts::Months("reasons", |retention| retention.reasons),
        erased: "overwritten",
    },
    Kind {
        word: "texts",
        what: "why more money was asked for and denied, words that members chose for boards, the table of costs",
        why: "so that somebody can decide, and boards have no names",
        tables: &["note_private"],
        journal: Some("the id of the text, and a keyed hash"),
        seen_with: &[Permission::TopUpsRead, Permission::CostsRead],
        lasts: Lasts::Else(
            "requests until the person leaves, words until they leave boards, the table of costs for good",
        ),
        erased: "overwritten",
    },
    Kind {
        word: "charges",
        what: "each call: when, by whom, with which key, provider, model and tool, how many tokens, what it cost; no content",
        why: "it is money that was spent",
        tables: &[
            "charge_block",
            "charge_by_person",
            "charge_by_account",
            "charge_by_hold",
            "usage_by_key",
            "usage_by_month",
            "usage_by_day",
            "usage_by_attribution",
            "spent_by_day",
            "spent_by_month",
            "key_of_person",
            "billed_by_day",
            "inexact",
            "open_hold",
            "suspense",
        ],
        journal: Some("a hold before and a settlement after each call"),
        seen_with: &[Permission::UsageRead, Permission::ExportsRead],
        lasts: Lasts::Journal,
        erased: CHAINED,
    },
    Kind {
        word: "runs",
        what: "agents' sessions: whose, by which tool, for which project, when, and what each used by day",
        why: "to find and stop what burns money",
        tables: &["run", "usage_by_run", "flaggable_run"],
        journal: Some("the run in each settlement, as a digest"),
        seen_with: &[Permission::UsageRead],
        lasts: Lasts::Journal,
        erased: CHAINED,
    },
    Kind {
        word: "refusals",
        what: "calls that were refused, by person, key, reason and minute",
        why: "to see whether what was promised could be used",
        tables: &["denial"],
        journal: None,
        seen_with: &[Permission::UsageRead],
        lasts: Lasts::Months("denials", |retention| retention.denials),
        erased: "overwritten",
    },
    Kind {
        word: "observed",
        what: "what tools told of calls that did not pass through Purser, by quarter of an hour",
        why: "to see what is used beside the grants",
        tables: &["observed", "observed_id", "observed_session", "observed_counter"],
        journal: Some("what was told, without tools' own ids"),
        seen_with: &[Permission::UsageRead],
        lasts: Lasts::Journal,
        erased: CHAINED,
    },
    Kind {
        word: "statements",
        what: "what each person was granted, used and had left in a closed month, without a name",
        why: "so that a closed month stays as it is",
        tables: &["statements_private"],
        journal: Some("a hash of all of a month"),
        seen_with: &[Permission::UsageRead],
        lasts: Lasts::Else("as long as the folder"),
        erased: CHAINED,
    },
    Kind {
        word: "outcomes",
        what: "what people achieved, of kinds that the company counts, and links to it",
        why: "to see what comes of tokens",
        tables: &["outcome_private", "outcome_word_private", "outcome_back_private", "outcome_moved_private"],
        journal: Some("that something was told, by a keyed hash"),
        seen_with: &[Permission::OutcomesRead, Permission::ReturnsRead],
        lasts: Lasts::Months("outcome_links", |retention| retention.outcome_links),
        erased: "links by the setting; all of somebody's by `DELETE /api/v1/people/{id}/outcomes`",
    },
    Kind {
        word: "looks",
        what: "who looked at whose data: day, roles, question, how often",
        why: "so that people know who looks at them",
        tables: &["look_private"],
        journal: None,
        seen_with: &[Permission::AuditRead],
        lasts: Lasts::Months("looks", |retention| retention.looks),
        erased: "overwritten; whoever was looked at sees it until then",
    },
    Kind {
        word: "trail",
        what: "who did, tried or saw what: ids and keyed hashes",
        why: "to hold somebody answerable for each change",
        tables: &["event", "event_word"],
        journal: Some("an entry before each change"),
        seen_with: &[Permission::AuditRead],
        lasts: Lasts::Journal,
        erased: CHAINED,
    },
    Kind {
        word: "machinery",
        what: "how far Purser's own work is, and the keys of its hashes and signatures; nobody is in it",
        why: "to go on after a restart",
        tables: &["progress", "section", "looked_through", "migration", "secret_private"],
        journal: None,
        seen_with: &[],
        lasts: Lasts::Else("as long as the folder"),
        erased: "with the folder",
    },
];
