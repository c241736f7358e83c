//! Every code has an offer that brings it about and one that does not; letters are read as people write them.

use super::*;
use crate::role::{PolicyState, PolicyStep, RoleChange, presets};

fn date(text: &str) -> Date {
    text.parse().unwrap()
}

/// An offer that nobody can say anything against.
const CLEAN: &str = r#"{"currency":"USD","salary":"300000","tokens":{"amount":"300/workday","guaranteed":true,
    "floor":"300/workday","term":"24 months","remedy":"extends","rollover":{"carries":{"cap":"100","periods":1}},
    "purpose":"work_tool","activation":"start_date","pool":"research","condition_precedent":true}}"#;

struct Case {
    package: Package,
    role: Option<Role>,
    starts: Option<Date>,
    expires: Option<Date>,
    funding: Funding,
    roles: Roles,
    currency: Currency,
    asking: Asking,
}

fn case(package: &str) -> Case {
    Case {
        package: serde_json::from_str(package).unwrap(),
        role: Some(Role { family: "engineering".parse().unwrap(), level: None }),
        starts: Some(date("2027-01-04")),
        expires: Some(date("2026-12-10")),
        funding: Funding::Funded,
        roles: presets(),
        currency: Currency::usd(),
        asking: Asking::Company,
    }
}

impl Case {
    fn findings(&self) -> Findings {
        lint(&Question {
            package: &self.package,
            role: self.role.as_ref(),
            place: None,
            starts: self.starts,
            expires: self.expires,
            funding: self.funding,
            roles: &self.roles,
            currency: &self.currency,
            asking: self.asking,
            today: date("2026-11-26"),
        })
    }

    /// The codes with their severities, in order.
    fn check(&self, expected: &[(&str, Severity)]) {
        let found = self.findings();
        let codes: Vec<(String, Severity)> = found.iter().map(|it| (it.code.to_string(), it.severity)).collect();
        let expected: Vec<(String, Severity)> = expected.iter().map(|(code, how)| ((*code).to_owned(), *how)).collect();
        assert_eq!(codes, expected, "{found:#?}");
        for finding in found.iter() {
            assert!(!finding.message.is_empty() && !finding.source.is_empty() && !finding.fix.is_empty());
        }
    }
}

/// The clean offer with one field of its token line set anew (`null` takes it out).
fn with(field: &str, value: &str) -> Case {
    let mut package: serde_json::Value = serde_json::from_str(CLEAN).unwrap();
    let line = package["tokens"].as_object_mut().unwrap();
    match serde_json::from_str(value).unwrap() {
        serde_json::Value::Null => drop(line.remove(field)),
        value => drop(line.insert(field.to_owned(), value)),
    }
    case(&package.to_string())
}

use Severity::{Error, Note, Warning};

#[test]
fn a_clean_offer_has_no_findings() {
    case(CLEAN).check(&[]);
    assert_eq!(case(CLEAN).findings().worst(), None);
}

#[test]
fn each_code_is_found_where_it_belongs() {
    with("amount", "\"0/workday\"").check(&[("TOK002", Error)]);
    with("amount", "\"0% of base\"").check(&[("TOK002", Error)]);
    let mut low = with("amount", "\"99/workday\"");
    low.package.tokens.as_mut().unwrap().floor = Some("99/workday".parse().unwrap());
    low.check(&[("TOK003", Warning), ("TOK022", Note)]);
    with("amount", "\"501/workday\"").check(&[]);
    with("amount", "\"600/workday\"").check(&[("TOK004", Note)]);
    with("condition_precedent", "null").check(&[]);
    with("floor", "null").check(&[("TOK012", Warning)]);
    with("floor", "\"301/workday\"").check(&[("TOK020", Error)]);
    with("floor", "\"78001/year\"").check(&[("TOK020", Error)]);
    with("floor", "\"78000/year\"").check(&[]);
    with("term", "null").check(&[("TOK013", Warning)]);
    with("term", "\"2027-01-04\"").check(&[("TOK010", Error)]);
    with("remedy", "null").check(&[("TOK014", Note)]);
    with("rollover", "null").check(&[("TOK008", Warning)]);
    with("rollover", "\"lapses\"").check(&[]);
    with("rollover", r#"{"carries":{}}"#).check(&[("TOK023", Note)]);
    with("rollover", r#"{"carries":{"periods":1}}"#).check(&[]);
    with("rollover", r#"{"carries":{"cap":"101","periods":1}}"#).check(&[("TOK026", Note)]);
    with("rollover", r#"{"carries":{"cap":"50","periods":2}}"#).check(&[]);
    with("rollover", r#"{"carries":{"cap":"50","periods":3}}"#).check(&[("TOK026", Note)]);
    with("purpose", "null").check(&[("TOK015", Note)]);
    with("purpose", r#"{"personal_share":"10"}"#).check(&[("TOK016", Note)]);
    with("purpose", r#"{"personal_share":"0"}"#).check(&[]);
    with("activation", "null").check(&[("TOK009", Warning)]);
    with("activation", "\"on_request\"").check(&[("TOK009", Warning)]);
    with("sharing", r#"{"shared":{"people":12}}"#).check(&[("TOK007", Warning)]);
    with("guaranteed", "false").check(&[("TOK005", Warning), ("TOK017", Error)]);
}

#[test]
fn half_of_base_lies_within_the_band_whatever_the_base() {
    with("amount", "\"50% of base\"").check(&[]);
    with("amount", "\"51% of base\"").check(&[("TOK004", Note)]);
}

#[test]
fn a_missing_pillar_is_an_error_where_policy_requires_it_and_for_a_candidate() {
    let without = r#"{"currency":"USD","salary":"300000"}"#;
    case(without).check(&[("TOK001", Warning)]);
    let mut required = case(without);
    let step = PolicyStep { since: date("2026-11-26"), state: PolicyState::Required };
    required.roles.apply(&RoleChange::Policy { family: "engineering".parse().unwrap(), step }).unwrap();
    required.check(&[("TOK001", Error)]);
    let mut later = case(without);
    let step = PolicyStep { since: date("2026-11-27"), state: PolicyState::Required };
    later.roles.apply(&RoleChange::Policy { family: "engineering".parse().unwrap(), step }).unwrap();
    later.check(&[("TOK001", Warning)]);
    let mut candidate = case(without);
    candidate.asking = Asking::Candidate;
    candidate.check(&[("TOK001", Error)]);
}

#[test]
fn a_guarantee_needs_money_behind_it() {
    let mut short = case(CLEAN);
    short.funding = Funding::Short("12.50".parse().unwrap());
    short.check(&[("TOK006", Error)]);
    let finding = short.findings().into_iter().next().unwrap();
    assert_eq!(finding.message, "the pool that pays for the guarantee lacks 12.50");
    short.funding = Funding::NoPool;
    short.check(&[("TOK006", Error)]);
    let mut outside = with("pool", "null");
    outside.funding = Funding::Unknown;
    outside.check(&[("TOK006", Warning)]);
    let mut named = case(CLEAN);
    named.funding = Funding::Unknown;
    named.check(&[]);
}

#[test]
fn dates_of_the_offer_make_sense() {
    let expiring = |expires: &str| Case { expires: Some(date(expires)), ..case(CLEAN) };
    expiring("2026-11-26").check(&[("TOK011", Error)]);
    expiring("2026-11-27").check(&[]);
    expiring("2027-01-04").check(&[]);
    expiring("2027-01-05").check(&[("TOK011", Warning)]);
}

#[test]
fn currencies_need_a_fresh_rate() {
    let euro = CLEAN.replace("USD", "EUR");
    case(&euro).check(&[("TOK018", Error)]);
    let mut outside = case(&euro);
    outside.asking = Asking::Candidate;
    outside.check(&[("TOK018", Warning)]);
    let rated = |on: &str| euro.replacen('{', &format!(r#"{{"rate":{{"to":"USD","rate":"1.08","on":"{on}"}},"#), 1);
    case(&rated("2026-11-20")).check(&[]);
    case(&rated("2026-10-20")).check(&[("TOK019", Warning)]);
}

#[test]
fn models_and_bands_of_the_family_are_looked_at() {
    let mut elsewhere = case(CLEAN);
    elsewhere.role = Some(Role { family: "juggling".parse().unwrap(), level: None });
    elsewhere.check(&[("TOK025", Note)]);
    let mut scoped = with("scope", r#"{"models":["claude-*","gpt-5"]}"#);
    scoped.check(&[]);
    let family = "engineering".parse().unwrap();
    let mut terms = scoped.roles.families.remove(&family).unwrap();
    terms.models = vec!["claude-*".parse().unwrap()];
    scoped.roles.families.insert(family, terms);
    scoped.check(&[("TOK021", Warning)]);
    assert_eq!(scoped.findings().iter().next().unwrap().message, "the family may not use gpt-5");
}

#[test]
fn amounts_that_make_no_sense_are_told_first() {
    case(r#"{"currency":"USD","salary":"-1"}"#).check(&[("TOK024", Error)]);
    case(r#"{"currency":"USD","tokens":{"amount":"50% of base"}}"#).check(&[("TOK024", Error)]);
}

#[test]
fn codes_are_numbered_once_and_in_order() {
    let numbers: Vec<u16> = Code::ALL.iter().map(|code| code.number()).collect();
    assert_eq!(numbers, (1..=26).collect::<Vec<_>>());
    assert_eq!(Code::Missing.to_string(), "TOK001");
    assert!(Code::ALL.iter().all(|code| !code.short().is_empty()));
}

fn letter(text: &str) -> outside::Read {
    outside::read(text).unwrap().remove(0)
}

#[test]
fn what_a_letter_names_without_a_value_is_said_to_be_unknown() {
    let unknown = |text: &str| -> Vec<String> {
        let said = letter(text).understood.into_iter().filter(|it| it.means.contains("of unknown value"));
        said.map(|it| it.means.split(" of unknown").next().unwrap().to_owned()).collect()
    };
    let salary = "We offer a base salary of $300,000 per year";
    assert_eq!(
        unknown(&format!("{salary}, 12 000 stock options and a generous AI budget.")),
        ["equity", "token budget"]
    );
    assert_eq!(unknown(&format!("{salary} and a discretionary bonus.")), ["bonus"]);
    assert_eq!(unknown(&format!("{salary}. There is no bonus. Equity: none.")), [""; 0]);
    assert_eq!(unknown(&format!("{salary}. Token budget\n$2,000 per month of tokens")), [""; 0], "said further down");
    assert_eq!(unknown("Token budget: $2,000 per month. Salary: as agreed."), ["salary"]);
}

#[test]
fn a_letter_is_read_as_it_is_written() {
    let read = letter(
        "Company: Example One\nFamily: engineering\nLevel: L5\nWe are glad to offer you a base salary of $300,000 per \
         year, a bonus of 10% of base and equity worth $400,000 vesting over four years with a one year cliff.\n\
         Your AI token budget is 50% of base salary per year. It is guaranteed for 24 months and rolls over for one \
         month. The budget is available from day one. Days on which it can't be used because of an outage extend it.\n\
         Your start date is 2027-01-04. This offer expires on 2026-12-10.",
    );
    let offer = &read.offer;
    assert_eq!(offer.company.as_deref(), Some("Example One"));
    assert_eq!((offer.starts, offer.expires), (Some(date("2027-01-04")), Some(date("2026-12-10"))));
    assert_eq!(offer.role.as_ref().unwrap().level.unwrap().get(), 5);
    let line = offer.package.tokens.as_ref().unwrap();
    assert_eq!((line.amount.to_string().as_str(), line.guaranteed), ("50% of base", true));
    assert_eq!(line.term.unwrap().to_string(), "24 months");
    assert_eq!(line.rollover, Some(crate::package::Rollover::Carries { cap: None, periods: Some(1) }));
    assert_eq!(line.remedy, Some(crate::package::Remedy::Extends));
    let annual = offer.package.annual().unwrap();
    let figures = [annual.salary, annual.bonus, annual.equity, annual.tokens].map(|it| it.round().unwrap().to_string());
    assert_eq!(figures, ["300000.00", "30000.00", "100000.00", "150000.00"].map(str::to_owned));
    assert!(read.understood.len() > 8, "{:#?}", read.understood);
}

#[test]
fn labels_are_read_too_and_silence_is_silence() {
    let read =
        letter("salary: 120k EUR\ntokens: 2000/month, shared by a team of 12, not guaranteed, use it or lose it");
    assert_eq!(read.offer.package.currency.code(), "EUR");
    assert_eq!(read.offer.package.salary, Some("120000".parse().unwrap()));
    let line = read.offer.package.tokens.unwrap();
    assert_eq!(line.amount.to_string(), "2000.00/month");
    assert_eq!(line.sharing, crate::package::Sharing::Shared { people: Some(12) });
    assert_eq!(line.rollover, Some(crate::package::Rollover::Lapses));
    assert!(!line.guaranteed && line.activation.is_none() && line.purpose.is_none());
    let none = letter("Salary: $250,000 per year. There is no token budget.");
    assert_eq!(none.offer.package.tokens, None);
    assert!(matches!(outside::read("Dear candidate"), Err(outside::OutsideError::Nothing)));
    assert!(matches!(outside::read(""), Err(outside::OutsideError::Nothing)));
}

#[test]
fn json_is_taken_at_its_word() {
    let one = r#"{"company":"Example","package":{"currency":"USD","salary":"1"}}"#;
    assert_eq!(outside::read(one).unwrap().len(), 1);
    assert_eq!(outside::read(&format!("[{one},{one}]")).unwrap().len(), 2);
    let typo = outside::read(r#"{"package":{"currency":"USD","salery":"1"}}"#).unwrap_err().to_string();
    assert!(typo.starts_with("the JSON is not an offer: unknown field `salery`"), "{typo}");
    assert!(matches!(outside::read(&" ".repeat(outside::BYTES_MAX + 1)), Err(outside::OutsideError::TooLong)));
}

proptest::proptest! {
    #[test]
    fn no_text_makes_the_reader_panic(text in "\\PC{0,200}") {
        let _ = outside::read(&text);
    }

    #[test]
    fn nor_does_a_text_of_its_own_words(words in proptest::collection::vec(proptest::sample::select(vec![
        "salary", "$300,000", "token budget", "50%", "of base", "per", "year", "guaranteed", "for", "24 months", ", ", ". ",
        "equity", "four years", "cliff", "99999999999999999999", "k", "million", "€", "/", "rolls over", "\n", "1.2.3", "%",
    ]), 0..30)) {
        let text = words.join(" ");
        if let Ok(read) = outside::read(&text) {
            let _ = read[0].offer.package.annual();
        }
    }
}

#[test]
fn offers_are_compared_by_the_day_the_year_and_the_share() {
    let package = |text: &str| serde_json::from_str::<Package>(text).unwrap();
    let one = package(r#"{"currency":"USD","salary":"375000","tokens":{"amount":"100000/year","guaranteed":true}}"#);
    let two = package(
        r#"{"currency":"EUR","rate":{"to":"USD","rate":"1.1","on":"2026-11-20"},"salary":"200000",
        "tokens":{"amount":"500/workday","sharing":{"shared":{"people":3}}}}"#,
    );
    let none = package(r#"{"currency":"USD","salary":"400000"}"#);
    let rows = compare(&[&none, &one, &two], &Currency::usd()).unwrap();
    let told: Vec<(usize, String, String, String, String)> = rows
        .iter()
        .map(|row| {
            let share = row.tokens_share.unwrap().to_string();
            (
                row.place,
                row.tokens_year.to_string(),
                row.tokens_workday.to_string(),
                share,
                row.promised_year.to_string(),
            )
        })
        .collect();
    let expect = |place, year: &str, day: &str, share: &str, promised: &str| {
        (place, year.to_owned(), day.to_owned(), share.to_owned(), promised.to_owned())
    };
    assert_eq!(
        told,
        [
            expect(2, "143000.00", "550.00", "39.4 %", "0.00"),
            expect(1, "100000.00", "384.615384615", "21.1 %", "100000.00"),
            expect(0, "0.00", "0.00", "0.0 %", "0.00"),
        ]
    );
    let euro = Currency::try_new("EUR").unwrap();
    let error = compare(&[&two, &one], &euro).unwrap_err().to_string();
    assert_eq!(
        error,
        "offer 2 is in USD and has no dated rate to EUR; add one to it, or name the currency to compare in"
    );
}
