//! The tables of `purser.db`.
//!
//! Everything except the tables named `*_private` and `denial` can be derived from the journal again. Amounts are
//! nano-units, instants microseconds since 1970, days whole days since 1970 in UTC, ids 16 bytes.

use crate::migrate::Migration;

/// Steps of `purser.db`.
pub(crate) const PURSER: &[Migration] = &[
    Migration { name: "first tables", sql: FIRST },
    Migration { name: "charges packed into blocks and closed by sections; projected anew", sql: PACKED },
    Migration { name: "who signs in, their sessions, reasons of changes", sql: ACCESS },
    Migration { name: "what versions of offers say", sql: OFFERS },
    Migration { name: "letters as they were signed", sql: LETTERS },
    Migration { name: "sums by month, unit and grant, words of the audit trail; projected anew", sql: REPORTS },
    Migration { name: "runs", sql: RUNS },
    Migration { name: "usage seen beside the grants", sql: OBSERVED },
    Migration { name: "sums by tool and project; projected anew", sql: ATTRIBUTED },
    Migration { name: "when somebody last spoke in a run, what its days were like; projected anew", sql: SPOKEN },
    Migration { name: "days and periods that may be flagged; projected anew", sql: FLAGGABLE },
    Migration { name: "statements of closed months", sql: STATEMENTS },
    Migration { name: "what was achieved", sql: OUTCOMES },
    Migration { name: "sums to hold a provider's bill against; projected anew", sql: BILLED },
    Migration { name: "who looked at whose data", sql: LOOKS },
    Migration { name: "when reasons were given", sql: REASONS },
    Migration { name: "the last runs without looking up each", sql: RUNS_BY_LAST },
];

const FIRST: &str = "
-- How far the journal is projected. One row, written in the transaction that projects.
CREATE TABLE progress (
    id    INTEGER PRIMARY KEY CHECK (id = 1),
    frame INTEGER NOT NULL,
    lsn   INTEGER NOT NULL,
    hash  BLOB NOT NULL
) STRICT;
INSERT INTO progress (id, frame, lsn, hash) VALUES (1, 0, 0, zeroblob(32));

-- One row per account ever opened: what its number means, and what was posted on it.
CREATE TABLE account (
    no           INTEGER PRIMARY KEY,
    subject_kind INTEGER NOT NULL,
    subject      BLOB NOT NULL,
    start        INTEGER NOT NULL,
    until        INTEGER NOT NULL,
    opened_lsn   INTEGER NOT NULL,
    closed_lsn   INTEGER,
    limit_nano   INTEGER NOT NULL DEFAULT 0,
    spent_nano   INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX account_by_subject ON account (subject_kind, subject, start);

-- Which limits a hold that is not settled counts against; its settlement does not repeat them.
CREATE TABLE open_hold (
    hold     INTEGER PRIMARY KEY,
    ceilings BLOB NOT NULL
) STRICT;

-- Items of suspense: a hold's, or the unaccounted part of a slice on one account.
CREATE TABLE suspense (
    item    INTEGER PRIMARY KEY,
    hold    INTEGER,
    account INTEGER
) STRICT;

-- Every posting of a charge. Rows of one hold add up: an adjustment holds differences, a reversal the opposite.
CREATE TABLE charge (
    lsn              INTEGER PRIMARY KEY,
    kind             INTEGER NOT NULL,
    hold             INTEGER,
    at               INTEGER NOT NULL,
    person           BLOB,
    key              BLOB,
    provider         TEXT NOT NULL,
    model            TEXT NOT NULL,
    served_model     TEXT,
    input_uncached   INTEGER NOT NULL,
    cache_read       INTEGER NOT NULL,
    cache_write_5m   INTEGER NOT NULL,
    cache_write_1h   INTEGER NOT NULL,
    output           INTEGER NOT NULL,
    audio_in         INTEGER NOT NULL,
    audio_out        INTEGER NOT NULL,
    image_in         INTEGER NOT NULL,
    image_out        INTEGER NOT NULL,
    audio_cache_read INTEGER NOT NULL,
    web_search_calls INTEGER NOT NULL,
    file_search_calls INTEGER NOT NULL,
    code_calls       INTEGER NOT NULL,
    reasoning        INTEGER NOT NULL,
    charge_nano      INTEGER NOT NULL,
    overrun_nano     INTEGER NOT NULL,
    mark             INTEGER NOT NULL,
    legs             BLOB NOT NULL,
    ceilings         BLOB NOT NULL,
    detail           BLOB NOT NULL
) STRICT;
CREATE INDEX charge_by_person ON charge (person, lsn) WHERE person IS NOT NULL;
CREATE INDEX charge_by_hold ON charge (hold, lsn) WHERE hold IS NOT NULL;
CREATE INDEX charge_by_time ON charge (at, lsn);

-- Which charges a grant's account paid: the way from a grant to its cents.
CREATE TABLE posting (
    account     INTEGER NOT NULL,
    lsn         INTEGER NOT NULL,
    amount_nano INTEGER NOT NULL,
    PRIMARY KEY (account, lsn)
) STRICT, WITHOUT ROWID;

-- Sums at the grains the questions use, each keyed so that the filter is a prefix.
CREATE TABLE usage_by_person (
    person BLOB NOT NULL, day INTEGER NOT NULL, model TEXT NOT NULL,
    calls INTEGER NOT NULL, input INTEGER NOT NULL, cache_read INTEGER NOT NULL, output INTEGER NOT NULL,
    charge_nano INTEGER NOT NULL,
    PRIMARY KEY (person, day, model)
) STRICT, WITHOUT ROWID;
CREATE TABLE usage_by_day (
    day INTEGER NOT NULL, model TEXT NOT NULL,
    calls INTEGER NOT NULL, input INTEGER NOT NULL, cache_read INTEGER NOT NULL, output INTEGER NOT NULL,
    charge_nano INTEGER NOT NULL,
    PRIMARY KEY (day, model)
) STRICT, WITHOUT ROWID;
CREATE TABLE usage_by_person_day (
    day INTEGER NOT NULL, person BLOB NOT NULL,
    calls INTEGER NOT NULL, input INTEGER NOT NULL, cache_read INTEGER NOT NULL, output INTEGER NOT NULL,
    charge_nano INTEGER NOT NULL,
    PRIMARY KEY (day, person)
) STRICT, WITHOUT ROWID;
CREATE TABLE usage_by_key_day (
    day INTEGER NOT NULL, key BLOB NOT NULL,
    calls INTEGER NOT NULL, input INTEGER NOT NULL, cache_read INTEGER NOT NULL, output INTEGER NOT NULL,
    charge_nano INTEGER NOT NULL,
    PRIMARY KEY (day, key)
) STRICT, WITHOUT ROWID;
CREATE TABLE usage_by_key (
    key BLOB NOT NULL, day INTEGER NOT NULL, model TEXT NOT NULL,
    calls INTEGER NOT NULL, input INTEGER NOT NULL, cache_read INTEGER NOT NULL, output INTEGER NOT NULL,
    charge_nano INTEGER NOT NULL,
    PRIMARY KEY (key, day, model)
) STRICT, WITHOUT ROWID;
CREATE TABLE usage_by_subject (
    subject_kind INTEGER NOT NULL, subject BLOB NOT NULL, day INTEGER NOT NULL,
    calls INTEGER NOT NULL, charge_nano INTEGER NOT NULL,
    PRIMARY KEY (subject_kind, subject, day)
) STRICT, WITHOUT ROWID;

-- The control plane's events, apart from the frames, so that a start reads only these.
CREATE TABLE event (
    lsn     INTEGER PRIMARY KEY,
    at      INTEGER NOT NULL,
    command BLOB NOT NULL,
    kind    INTEGER NOT NULL,
    payload BLOB NOT NULL
) STRICT;
CREATE INDEX event_by_kind ON event (kind, lsn);

-- Denials, coalesced per key, reason and minute. Not in the journal: nothing is owed for them.
CREATE TABLE denial (
    minute INTEGER NOT NULL,
    key    BLOB NOT NULL,
    reason TEXT NOT NULL,
    person BLOB NOT NULL,
    funded INTEGER NOT NULL,
    count  INTEGER NOT NULL,
    PRIMARY KEY (minute, key, reason, person, funded)
) STRICT, WITHOUT ROWID;
CREATE INDEX denial_by_person ON denial (person, minute);

-- Personal fields: written before the event that refers to them, erasable (see `private`).
CREATE TABLE people_private (
    person BLOB PRIMARY KEY,
    name   TEXT NOT NULL,
    email  TEXT,
    more   TEXT
) STRICT, WITHOUT ROWID;
CREATE TABLE label_private (
    kind  INTEGER NOT NULL,
    id    BLOB NOT NULL,
    label TEXT NOT NULL,
    PRIMARY KEY (kind, id)
) STRICT, WITHOUT ROWID;
";

/// Everything derived is dropped: the projector makes it again from the journal.
const PACKED: &str = "
DROP TABLE charge;
DROP TABLE posting;
DROP TABLE usage_by_person;
DROP TABLE usage_by_day;
DROP TABLE usage_by_person_day;
DROP TABLE usage_by_key_day;
DROP TABLE usage_by_key;
DROP TABLE usage_by_subject;
DELETE FROM account;
ALTER TABLE account DROP COLUMN spent_nano;
DELETE FROM open_hold;
DELETE FROM suspense;
DELETE FROM event;
UPDATE progress SET frame = 0, lsn = 0, hash = zeroblob(32) WHERE id = 1;

-- How many charges fill a section. A change takes effect when the projection is opened.
ALTER TABLE progress ADD COLUMN section_charges INTEGER NOT NULL DEFAULT 32768 CHECK (section_charges > 0);

-- Every posting of a charge, packed (see projector/packed.rs). Postings of one hold add up: an adjustment holds
-- differences, a reversal the opposite. Appended to, but for the last row, which is written until it is full.
CREATE TABLE charge_block (
    first_lsn INTEGER PRIMARY KEY,
    at        INTEGER NOT NULL,
    bytes     BLOB NOT NULL
) STRICT;
CREATE INDEX charge_block_by_time ON charge_block (at);

-- Runs of charges that are in the indexes and sums below; charges after the last one are in none yet.
CREATE TABLE section (
    last_lsn INTEGER PRIMARY KEY,
    charges  INTEGER NOT NULL
) STRICT;

-- Which charges concern whom, one row per section: a section's rows stand together, so closing it appends.
CREATE TABLE charge_by_person (
    section INTEGER NOT NULL, person BLOB NOT NULL, lsns BLOB NOT NULL,
    PRIMARY KEY (section, person)
) STRICT, WITHOUT ROWID;
CREATE TABLE charge_by_account (
    section INTEGER NOT NULL, account INTEGER NOT NULL, lsns BLOB NOT NULL,
    PRIMARY KEY (section, account)
) STRICT, WITHOUT ROWID;
-- The other way round: a hold's charges may be in any section. A row is of 256 neighbouring holds.
CREATE TABLE charge_by_hold (
    holds INTEGER NOT NULL, section INTEGER NOT NULL, lsns BLOB NOT NULL,
    PRIMARY KEY (holds, section)
) STRICT, WITHOUT ROWID;

-- Sums over closed sections (see projector/sums.rs). By day first: what changes stands together.
CREATE TABLE usage_by_day (
    day    INTEGER PRIMARY KEY,
    models BLOB NOT NULL
) STRICT;
CREATE TABLE usage_by_key (
    day INTEGER NOT NULL, person BLOB NOT NULL, key BLOB NOT NULL, models BLOB NOT NULL,
    PRIMARY KEY (day, person, key)
) STRICT, WITHOUT ROWID;
-- What was counted on each account.
CREATE TABLE spent_by_day (
    account INTEGER NOT NULL, day INTEGER NOT NULL, nano INTEGER NOT NULL,
    PRIMARY KEY (account, day)
) STRICT, WITHOUT ROWID;
-- Whose calls came with a key.
CREATE TABLE key_of_person (
    key BLOB NOT NULL, person BLOB NOT NULL,
    PRIMARY KEY (key, person)
) STRICT, WITHOUT ROWID;
";

/// Who may do what is in the journal; what is personal or secret about it is here.
const ACCESS: &str = "
-- How somebody signs in: by a password (argon2id, in PHC form), or as a subject of an issuer.
CREATE TABLE login_private (
    login    BLOB PRIMARY KEY,
    email    TEXT NOT NULL,
    folded   TEXT NOT NULL UNIQUE,
    password TEXT,
    issuer   TEXT,
    subject  TEXT,
    UNIQUE (issuer, subject)
) STRICT, WITHOUT ROWID;
-- Sessions by the SHA-256 of their secret.
CREATE TABLE session_private (
    hash    BLOB PRIMARY KEY,
    login   BLOB NOT NULL,
    began   INTEGER NOT NULL,
    seen    INTEGER NOT NULL,
    expires INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX session_private_by_login ON session_private (login);
-- Texts that entries of the audit trail refer to: why somebody did something.
CREATE TABLE note_private (
    note BLOB PRIMARY KEY,
    text TEXT NOT NULL
) STRICT, WITHOUT ROWID;
-- Keys of keyed hashes, by what they are for.
CREATE TABLE secret_private (
    name TEXT PRIMARY KEY,
    bits BLOB NOT NULL
) STRICT, WITHOUT ROWID;
";

/// What offers say, beside their events in the journal.
const OFFERS: &str = "
-- A version's text with the key of its hash, erased together: nobody can find the text by trying hashes then.
CREATE TABLE offer_versions_private (
    offer   BLOB NOT NULL,
    number  INTEGER NOT NULL,
    key     BLOB NOT NULL,
    content TEXT NOT NULL,
    reason  TEXT,
    PRIMARY KEY (offer, number)
) STRICT, WITHOUT ROWID;
-- Why an offer was returned, declined or withdrawn; the record of a signature.
CREATE TABLE offer_notes_private (
    note  BLOB PRIMARY KEY,
    offer BLOB NOT NULL,
    text  TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX offer_notes_private_by_offer ON offer_notes_private (offer);
";

/// Letters as they were signed: whatever a later Purser would render, these are the bytes whose hash is in the journal.
const LETTERS: &str = "
CREATE TABLE offer_letters_private (
    offer  BLOB NOT NULL,
    number INTEGER NOT NULL,
    html   BLOB NOT NULL,
    pdf    BLOB,
    PRIMARY KEY (offer, number)
) STRICT, WITHOUT ROWID;
";

/// Everything derived is dropped: the projector makes it again from the journal.
const REPORTS: &str = "
DROP TABLE usage_by_key;
DELETE FROM account;
DELETE FROM open_hold;
DELETE FROM suspense;
DELETE FROM charge_block;
DELETE FROM section;
DELETE FROM charge_by_person;
DELETE FROM charge_by_account;
DELETE FROM charge_by_hold;
DELETE FROM usage_by_day;
DELETE FROM spent_by_day;
DELETE FROM key_of_person;
DELETE FROM event;
UPDATE progress SET frame = 0, lsn = 0, hash = zeroblob(32) WHERE id = 1;

-- As before, with the unit that people were in (16 zeros where the settlement did not say).
CREATE TABLE usage_by_key (
    day INTEGER NOT NULL, person BLOB NOT NULL, key BLOB NOT NULL, unit BLOB NOT NULL, models BLOB NOT NULL,
    PRIMARY KEY (day, person, key, unit)
) STRICT, WITHOUT ROWID;
-- The same by month, named by its first day: a question about years goes through a twentieth of the rows.
CREATE TABLE usage_by_month (
    month INTEGER NOT NULL, person BLOB NOT NULL, key BLOB NOT NULL, unit BLOB NOT NULL, models BLOB NOT NULL,
    PRIMARY KEY (month, person, key, unit)
) STRICT, WITHOUT ROWID;
-- What grants paid, by the month (UTC, its first day) in which the period began.
CREATE TABLE spent_by_month (
    month INTEGER NOT NULL, grant_id BLOB NOT NULL, nano INTEGER NOT NULL,
    PRIMARY KEY (month, grant_id)
) STRICT, WITHOUT ROWID;
-- For periods that begin about a given instant.
CREATE INDEX account_by_start ON account (start) WHERE subject_kind = 1;
CREATE INDEX event_by_time ON event (at, lsn);
-- By which words an entry of the audit trail is found (see projector/words.rs).
CREATE TABLE event_word (
    word INTEGER NOT NULL, lsn INTEGER NOT NULL,
    PRIMARY KEY (word, lsn)
) STRICT, WITHOUT ROWID;
";

/// Charges before this one name no run, so there is nothing to project anew.
const RUNS: &str = "
-- Agents' sessions of closed sections, and what each used by day.
CREATE TABLE run (
    run     BLOB PRIMARY KEY,
    person  BLOB NOT NULL,
    key     BLOB NOT NULL,
    unit    BLOB NOT NULL,
    parent  BLOB,
    client  TEXT NOT NULL,
    version TEXT,
    project TEXT,
    began   INTEGER NOT NULL,
    last    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX run_by_last ON run (last);
CREATE INDEX run_by_person ON run (person, last);
CREATE INDEX run_by_parent ON run (parent) WHERE parent IS NOT NULL;
CREATE TABLE usage_by_run (
    run     BLOB NOT NULL,
    day     INTEGER NOT NULL,
    models  BLOB NOT NULL,
    human   INTEGER NOT NULL,
    retried INTEGER NOT NULL,
    PRIMARY KEY (run, day)
) STRICT, WITHOUT ROWID;
CREATE INDEX usage_by_run_by_day ON usage_by_run (day);
";

/// No journal of before has any of it, so nothing is projected anew.
const OBSERVED: &str = "
-- What tools told of calls that did not pass here, by quarter of an hour since 1970 (see projector/observed.rs).
CREATE TABLE observed (
    person BLOB NOT NULL, quarter INTEGER NOT NULL, tool TEXT NOT NULL, session INTEGER NOT NULL, model TEXT NOT NULL,
    requests INTEGER NOT NULL, input INTEGER NOT NULL, cache_read INTEGER NOT NULL,
    cache_write_5m INTEGER NOT NULL, cache_write_1h INTEGER NOT NULL, output INTEGER NOT NULL,
    charge_nano INTEGER NOT NULL, unpriced INTEGER NOT NULL, claimed_nano INTEGER NOT NULL,
    PRIMARY KEY (person, quarter, tool, session, model)
) STRICT, WITHOUT ROWID;
CREATE INDEX observed_by_time ON observed (quarter);
-- The names of what was seen, within what they are names, with the record that told it first.
CREATE TABLE observed_id (
    names INTEGER NOT NULL, id INTEGER NOT NULL, lsn INTEGER NOT NULL,
    PRIMARY KEY (names, id)
) STRICT, WITHOUT ROWID;
-- Who told of a session.
CREATE TABLE observed_session (
    session INTEGER PRIMARY KEY, sources INTEGER NOT NULL
) STRICT;
-- The last points of a session's growing counters.
CREATE TABLE observed_counter (
    session INTEGER NOT NULL, series INTEGER NOT NULL,
    start INTEGER NOT NULL, time INTEGER NOT NULL, value INTEGER NOT NULL,
    PRIMARY KEY (session, series)
) STRICT, WITHOUT ROWID;
";

/// Lets go of everything that was derived by the steps up to [`OBSERVED`], so that it is made again from the journal.
macro_rules! forget_all {
    () => {
        "
DELETE FROM account;
DELETE FROM open_hold;
DELETE FROM suspense;
DELETE FROM charge_block;
DELETE FROM section;
DELETE FROM charge_by_person;
DELETE FROM charge_by_account;
DELETE FROM charge_by_hold;
DELETE FROM usage_by_day;
DELETE FROM usage_by_key;
DELETE FROM usage_by_month;
DELETE FROM usage_by_run;
DELETE FROM spent_by_day;
DELETE FROM spent_by_month;
DELETE FROM key_of_person;
DELETE FROM run;
DELETE FROM observed;
DELETE FROM observed_id;
DELETE FROM observed_session;
DELETE FROM observed_counter;
DELETE FROM event;
DELETE FROM event_word;
UPDATE progress SET frame = 0, lsn = 0, hash = zeroblob(32) WHERE id = 1;
"
    };
}

/// Everything derived is dropped: the projector makes it again from the journal.
const ATTRIBUTED: &str = concat!(
    forget_all!(),
    "
-- What runs used by day, by the tool (kind 1) or the project (kind 2) that they name; empty where they name none.
CREATE TABLE usage_by_attribution (
    kind INTEGER NOT NULL, day INTEGER NOT NULL, name TEXT NOT NULL, models BLOB NOT NULL,
    PRIMARY KEY (kind, day, name)
) STRICT, WITHOUT ROWID;
"
);

/// Everything derived is dropped: the projector makes it again from the journal.
const SPOKEN: &str = concat!(
    forget_all!(),
    "
DELETE FROM usage_by_attribution;

-- The last call that a human being asked for.
ALTER TABLE run ADD COLUMN spoken INTEGER;
-- The hours (UTC) of the day in which there were calls, a bit each.
ALTER TABLE usage_by_run ADD COLUMN hours INTEGER NOT NULL DEFAULT 0;
-- The squares of its calls' prompt tokens, added up.
ALTER TABLE usage_by_run ADD COLUMN squares INTEGER NOT NULL DEFAULT 0;
"
);

/// Everything derived is dropped: the projector makes it again from the journal.
const FLAGGABLE: &str = concat!(
    forget_all!(),
    "
DELETE FROM usage_by_attribution;

-- What runs used on days that may be flagged for a run and those below it (kind 1) or for a key (kind 2), by days that
-- are over (see projector/flaggable.rs).
CREATE TABLE flaggable_run (
    day INTEGER NOT NULL, kind INTEGER NOT NULL, run BLOB NOT NULL,
    PRIMARY KEY (day, kind, run)
) STRICT, WITHOUT ROWID;
-- Accounts of grants that may have been burnt at the end of their period, by the period's last day.
CREATE TABLE flaggable_period (
    day INTEGER NOT NULL, account INTEGER NOT NULL,
    PRIMARY KEY (day, account)
) STRICT, WITHOUT ROWID;
-- The day of the last charge in closed sections. One row, once there is one.
CREATE TABLE looked_through (
    id  INTEGER PRIMARY KEY CHECK (id = 1),
    day INTEGER NOT NULL
) STRICT;
-- Periods long enough to have an end that is worth waiting for: 27 days and more.
CREATE INDEX account_by_end ON account (until) WHERE subject_kind = 1 AND until - start >= 2332800000000;
"
);
/// Figures by person, without names. Whatever a later Purser would compute, these are the bytes whose hash is in the journal.
const STATEMENTS: &str = "
CREATE TABLE statements_private (
    month  TEXT NOT NULL,
    person BLOB NOT NULL,
    bytes  BLOB NOT NULL,
    PRIMARY KEY (month, person)
) STRICT, WITHOUT ROWID;
";

/// Not derived: agents, scripts and other systems tell of it, and it is erased with whoever achieved it.
const OUTCOMES: &str = "
CREATE TABLE outcome_private (
    id      INTEGER PRIMARY KEY,
    outcome BLOB NOT NULL UNIQUE,
    person  BLOB NOT NULL,
    -- When it was achieved, and when it was told of.
    at      INTEGER NOT NULL,
    told    INTEGER NOT NULL,
    kind    INTEGER NOT NULL,
    count   INTEGER NOT NULL,
    value   INTEGER,
    source  INTEGER NOT NULL,
    key     BLOB,
    run     BLOB,
    link    TEXT,
    -- When it was taken back.
    back    INTEGER
) STRICT;
CREATE INDEX outcome_private_by_time ON outcome_private (at, outcome);
CREATE INDEX outcome_private_by_person ON outcome_private (person, at, outcome);
-- Kinds and sources.
CREATE TABLE outcome_word_private (
    id   INTEGER PRIMARY KEY,
    word TEXT NOT NULL UNIQUE
) STRICT;
-- What was taken back, known or not yet.
CREATE TABLE outcome_back_private (
    outcome BLOB PRIMARY KEY,
    at      INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
-- How many of those that older versions had in the journal were moved here.
CREATE TABLE outcome_moved_private (
    moved INTEGER NOT NULL
) STRICT;
INSERT INTO outcome_moved_private (moved) VALUES (0);
";

/// Everything derived is dropped: the projector makes it again from the journal.
const BILLED: &str = concat!(
    forget_all!(),
    "
DELETE FROM usage_by_attribution;
DELETE FROM flaggable_run;
DELETE FROM flaggable_period;
DELETE FROM looked_through;

-- What a provider should have billed for a day (UTC), by the model that served: corrections are of the day of their call.
-- What the company bears of bills (`company` = 1) is apart from calls.
CREATE TABLE billed_by_day (
    day INTEGER NOT NULL, provider TEXT NOT NULL, model TEXT NOT NULL, company INTEGER NOT NULL, sums BLOB NOT NULL,
    PRIMARY KEY (day, provider, model, company)
) STRICT, WITHOUT ROWID;
-- Calls whose charge is not the provider's own figure, as long as it is not (see projector/billed.rs).
CREATE TABLE inexact (
    hold INTEGER PRIMARY KEY, day INTEGER NOT NULL, provider TEXT NOT NULL, model TEXT NOT NULL,
    mark INTEGER NOT NULL, nano INTEGER NOT NULL
) STRICT;
CREATE INDEX inexact_by_day ON inexact (day);
"
);

/// Not derived, and not in the journal: it says who works with whose data, and has to be erasable.
const LOOKS: &str = "
-- Who was shown whose data on which day, and how often. No person: a list of too many to name each of them, of everybody
-- or of the people of units.
CREATE TABLE look_private (
    id     INTEGER PRIMARY KEY,
    person BLOB,
    day    TEXT NOT NULL,
    actor  TEXT NOT NULL,
    looker BLOB,
    roles  TEXT NOT NULL,
    action TEXT NOT NULL,
    units  TEXT NOT NULL,
    first  INTEGER NOT NULL,
    last   INTEGER NOT NULL,
    count  INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX look_private_once ON look_private (ifnull(person, x''), day, actor, action, units);
CREATE INDEX look_private_by_day ON look_private (day);
";

/// So that reasons can be erased by their age, apart from the other texts beside them.
const REASONS: &str = "
-- What a text is: 0 written before that was said, 1 a reason in the audit trail, 2 another one. Of a reason, when it was
-- given.
ALTER TABLE note_private ADD COLUMN kind INTEGER NOT NULL DEFAULT 0;
ALTER TABLE note_private ADD COLUMN at INTEGER;
CREATE INDEX note_private_by_time ON note_private (at) WHERE kind = 1;
CREATE INDEX note_private_undated ON note_private (kind) WHERE kind = 0;
";

/// Ids of runs say nothing about when they were: looked up one by one, the last ten thousand are ten thousand pages.
const RUNS_BY_LAST: &str = "
DROP INDEX run_by_last;
CREATE INDEX run_by_last ON run (last, person, key, unit, parent, client, version, project, began, spoken);
";
