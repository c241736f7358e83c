//! Every table, with its columns, and what of it somebody is given who asks for everything that is kept about them.

/// A table of the database.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Table {
    /// Its name.
    pub(crate) name: &'static str,
    /// The names of its columns, in their order, separated by spaces.
    pub(super) columns: &'static str,
    /// What of it is given.
    pub(crate) given: Given,
}

/// What of a table is given to whom it is about.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Given {
    /// Its rows, as they are.
    Rows {
        /// By which of somebody's ids they are found.
        of: Of,
        /// Which rows: `?1` is the id.
        condition: &'static str,
        /// Columns of which it is told only that there is something in them: what is secret, or packed and told elsewhere.
        withheld: &'static [&'static str],
    },
    /// What its rows have packed or written in another way: records of this name.
    Told(&'static str),
    /// Nothing, and why.
    Nothing(&'static str),
}

/// Which ids of somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Of {
    /// Their own.
    Person,
    /// That, and those of their grants, keys, keys for scripts and budgets, one after the other.
    Thing,
    /// Those of how they sign in.
    Login,
    /// Those of offers that they accepted.
    Offer,
    /// Those of texts: reasons they gave or that were given for what was done with them, words on boards.
    Note,
}

const fn rows(name: &'static str, columns: &'static str, of: Of, condition: &'static str) -> Table {
    without(name, columns, of, condition, &[])
}

const fn without(
    name: &'static str,
    columns: &'static str,
    of: Of,
    condition: &'static str,
    withheld: &'static [&'static str],
) -> Table {
    Table { name, columns, given: Given::Rows { of, condition, withheld } }
}

const fn told(name: &'static str, columns: &'static str, by: &'static str) -> Table {
    Table { name, columns, given: Given::Told(by) }
}

const fn nothing(name: &'static str, columns: &'static str, why: &'static str) -> Table {
    Table { name, columns, given: Given::Nothing(why) }
}

const ACCOUNTS: &str = "account IN (SELECT no FROM account WHERE subject_kind IN (1, 2, 3)
     AND subject IN (SELECT ?1 UNION ALL SELECT run FROM run WHERE person = ?1))";
const OWN_ACCOUNTS: &str =
    "subject_kind IN (1, 2, 3) AND subject IN (SELECT ?1 UNION ALL SELECT run FROM run WHERE person = ?1)";
const RUNS: &str = "run IN (SELECT run FROM run WHERE person = ?1)";
const RUNS_AND_KEYS: &str = "run IN (SELECT run FROM run WHERE person = ?1 UNION ALL SELECT ?1)";
const INDEX: &str = "an index of charges, each of which is given as `charge`";
const SUMS: &str = "sums of charges, each of which is given as `charge`";
const EVERYBODY: &str = "sums of everybody's calls, without anybody in them";
const MACHINE: &str = "how far Purser's own work is; nobody is in it";

/// All tables, by name.
pub(crate) const TABLES: &[Table] = &[
    rows("account", "no subject_kind subject start until opened_lsn closed_lsn limit_nano", Of::Thing, OWN_ACCOUNTS),
    nothing("billed_by_day", "day provider model company sums", EVERYBODY),
    told("charge_block", "first_lsn at bytes", "charge"),
    nothing("charge_by_account", "section account lsns", INDEX),
    nothing("charge_by_hold", "holds section lsns", INDEX),
    nothing("charge_by_person", "section person lsns", INDEX),
    rows("denial", "minute key reason person funded count", Of::Person, "person = ?1"),
    told("event", "lsn at command kind payload", "event"),
    nothing("event_word", "word lsn", "an index of the audit trail, whose entries are given as `event`"),
    rows("flaggable_period", "day account", Of::Thing, ACCOUNTS),
    rows("flaggable_run", "day kind run", Of::Thing, RUNS_AND_KEYS),
    nothing("inexact", "hold day provider model mark nano", "calls by number, without anybody in them; see `charge`"),
    rows("key_of_person", "key person", Of::Person, "person = ?1"),
    rows(
        "label_private",
        "kind id label",
        Of::Thing,
        "id IN (SELECT ?1 UNION ALL SELECT run FROM run WHERE person = ?1)",
    ),
    without("login_private", "login email folded password issuer subject", Of::Login, "login = ?1", &["password"]),
    // Lists that they were on are given as `look`, with who looked by name.
    rows(
        "look_private",
        "id person day actor looker roles action units first last count",
        Of::Person,
        "person = ?1 OR looker = ?1",
    ),
    nothing("looked_through", "id day", MACHINE),
    nothing("migration", "no name", MACHINE),
    rows("note_private", "note text kind at", Of::Note, "note = ?1"),
    rows(
        "observed",
        "person quarter tool session model requests input cache_read cache_write_5m cache_write_1h output charge_nano \
         unpriced claimed_nano",
        Of::Person,
        "person = ?1",
    ),
    rows(
        "observed_counter",
        "session series start time value",
        Of::Person,
        "session IN (SELECT session FROM observed WHERE person = ?1)",
    ),
    nothing("observed_id", "names id lsn", "numbers made of tools' names for things, so that nothing is counted twice"),
    rows(
        "observed_session",
        "session sources",
        Of::Person,
        "session IN (SELECT session FROM observed WHERE person = ?1)",
    ),
    rows("offer_letters_private", "offer number html pdf", Of::Offer, "offer = ?1"),
    rows("offer_notes_private", "note offer text", Of::Offer, "offer = ?1"),
    // With the key of its hash, whoever has the journal could try texts.
    without("offer_versions_private", "offer number key content reason", Of::Offer, "offer = ?1", &["key"]),
    nothing(
        "open_hold",
        "hold ceilings",
        "calls under way at the moment, by number; each is a `charge` when it is over",
    ),
    rows(
        "outcome_back_private",
        "outcome at",
        Of::Person,
        "outcome IN (SELECT outcome FROM outcome_private WHERE person = ?1)",
    ),
    nothing("outcome_moved_private", "moved", MACHINE),
    rows(
        "outcome_private",
        "id outcome person at told kind count value source key run link back",
        Of::Person,
        "person = ?1",
    ),
    rows(
        "outcome_word_private",
        "id word",
        Of::Person,
        "id IN (SELECT kind FROM outcome_private WHERE person = ?1 UNION SELECT source FROM outcome_private WHERE person = ?1)",
    ),
    rows("people_private", "person name email more", Of::Person, "person = ?1"),
    nothing("progress", "id frame lsn hash section_charges", MACHINE),
    rows("run", "run person key unit parent client version project began last spoken", Of::Person, "person = ?1"),
    nothing("secret_private", "name bits", "the keys of Purser's own hashes and signatures"),
    nothing("section", "last_lsn charges", MACHINE),
    without("session_private", "hash login began seen expires", Of::Login, "login = ?1", &["hash"]),
    rows("spent_by_day", "account day nano", Of::Thing, ACCOUNTS),
    rows("spent_by_month", "month grant_id nano", Of::Thing, "grant_id = ?1"),
    told("statements_private", "month person bytes", "statement"),
    rows("suspense", "item hold account", Of::Thing, ACCOUNTS),
    nothing("usage_by_attribution", "kind day name models", EVERYBODY),
    nothing("usage_by_day", "day models", EVERYBODY),
    nothing("usage_by_key", "day person key unit models", SUMS),
    nothing("usage_by_month", "month person key unit models", SUMS),
    without("usage_by_run", "run day models human retried hours squares", Of::Person, RUNS, &["models"]),
];
