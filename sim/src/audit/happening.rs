//! Events of the journal as the documentation of their form has them. A field or kind that is not known here is an
//! error: whoever adds one tells the auditor what it means.

use std::collections::BTreeSet;

use super::bytes::Read;
use super::calendar::{Often, PLACES, day_in, moment_in};
use super::json::{Fields, Json};

/// 128 bits of an id; which kind it is says its prefix.
pub(super) type Id = u128;

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Happening {
    Founded { place: usize },
    UnitAdded { unit: Id, parent: Option<Id> },
    UnitMoved { unit: Id, parent: Option<Id>, at: i64 },
    UnitClosed { unit: Id, at: i64 },
    PersonAdded { person: Id, unit: Id, place: usize },
    PersonMoved { person: Id, unit: Id, effective: Option<i64>, at: i64 },
    ZoneChanged { person: Id, place: usize, effective: i64, at: i64 },
    PersonRole { person: Id, role: Option<Work> },
    PersonLeft { person: Id, at: i64 },
    GrantMade(Box<Terms>),
    GrantVoided { grant: Id, at: i64 },
    BudgetSet(Budget),
    BudgetEnded { budget: Id, at: i64 },
    KeyIssued { key: Id, person: Id, tool: Option<String>, project: bool },
    KeyRevoked { key: Id, at: i64 },
    Prices { cards: usize },
    Policy { person: Option<Id>, moving: Option<Moving>, desks: Option<Desks>, counts: bool, of_runs: bool },
    Pool(PoolStep),
    Life { grant: Id, command: Id, asked: Asking, at: i64 },
    Offer { offer: Id, step: OfferStep },
    Role(RoleStep),
    Stop(StopStep),
    TopUp(TopUpStep),
    Observed(Box<Sight>),
    Part { change: Id, last: bool, events: Vec<Happening> },
}

/// A family of roles and a level of it.
pub(super) type Work = (String, Option<String>);

/// How much of a period may be moved, in hundredths.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Moving {
    pub(super) advance: i128,
    pub(super) gift: i128,
}

impl Moving {
    pub(super) const USUAL: Self = Self { advance: 50, gift: 0 };
}

/// Up to how much more money managers decide, and finance; and whether policy said so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Desks {
    manager: i128,
    finance: i128,
    said: bool,
}

impl Desks {
    pub(super) const USUAL: Self = Self { manager: 250_000_000_000, finance: 2_500_000_000_000, said: false };

    /// Whose an amount is: a manager's (0), finance's (1), an administrator's (2).
    pub(super) fn of(self, amount: i128) -> usize {
        usize::from(amount > self.manager) + usize::from(amount > self.manager && amount > self.finance)
    }
}

/// What a grant promises.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Terms {
    pub(super) id: Id,
    pub(super) person: Id,
    pub(super) amount: i128,
    pub(super) often: Often,
    pub(super) workdays: bool,
    /// Days that are no workdays, whatever weekday they are; said of a place, or not at all.
    pub(super) holidays: Option<Holidays>,
    /// Ten-thousandths of a whole working time.
    pub(super) share: i128,
    /// At most how much lives on, and for how many periods.
    pub(super) rollover: Option<(i128, i64)>,
    pub(super) remedy: Option<Remedy>,
    pub(super) place: usize,
    pub(super) starts: i64,
    pub(super) ends: Option<i64>,
    pub(super) priority: i128,
    /// Names of the models it pays for; none: all.
    pub(super) only: Vec<String>,
    /// Names of the tools whose calls it pays for; none: all.
    pub(super) tools: Vec<String>,
    pub(super) guaranteed: bool,
    pub(super) pool: Option<Id>,
    pub(super) offer: Option<Id>,
    /// The request for more money that it answers.
    pub(super) top_up: Option<Id>,
    pub(super) created: i64,
}

/// The days of a place's calendar, as it was when something was promised by it.
pub(super) type Holidays = BTreeSet<i64>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Remedy {
    Extends,
    Credits,
}

/// A limit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Budget {
    pub(super) id: Id,
    pub(super) on: On,
    /// The tool that it is for, where it is a person's.
    pub(super) tool: Option<String>,
    pub(super) amount: i128,
    pub(super) often: Often,
    pub(super) workdays: bool,
    pub(super) place: usize,
    pub(super) created: i64,
    pub(super) ended: Option<i64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum On {
    Company,
    Unit(Id),
    Key(Id),
    Person(Id),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum PoolStep {
    Calendar { month: i64 },
    Opened { pool: Id, on: On, manager: Option<Id> },
    Moved { id: Id, from: Option<Id>, to: Option<Id>, year: i64, amount: i128 },
    Committed { offer: Id, unit: Id, terms: Box<Terms> },
    Released { offer: Id },
    Accounted { grant: Id, pool: Id, year: i64, spent: i128, at: i64 },
}

/// What a tool told of calls that did not pass here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Sight {
    pub(super) person: Id,
    pub(super) key: Option<Id>,
    /// The tool's name, and those of models.
    names: Vec<String>,
    /// Of each thing that was seen.
    ids: Vec<Vec<i128>>,
    costs: Vec<i128>,
}

impl Sight {
    /// Could a tool have told that?
    pub(super) fn is_sane(&self) -> bool {
        let words =
            |name: &String| !name.is_empty() && name.len() <= 128 && name.bytes().all(|b| (33..127).contains(&b));
        let all: BTreeSet<i128> = self.ids.iter().flatten().copied().collect();
        let each = self.ids.iter().map(Vec::len);
        (1..=500).contains(&self.ids.len())
            && each.clone().all(|count| (1..=64).contains(&count))
            && all.len() == each.sum::<usize>()
            && self.costs.iter().all(|cost| *cost >= 0)
            && self.names.iter().all(words)
    }
}

/// What was asked to happen to a grant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Asking {
    Share { share: i128, from: i64 },
    Leave { from: i64 },
    Back { on: i64 },
    Extend { days: i64 },
    Credit { amount: i128 },
    Advance { amount: i128 },
    Remedy { day: i64 },
    Give { to: Id, amount: i128 },
    Calendar { holidays: Holidays },
    Observe { amount: i128 },
}

/// What was done to an offer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum OfferStep {
    Drafted { unit: Id, version: Box<Version> },
    Revised { version: Box<Version> },
    Countered { version: Box<Version> },
    Submitted { version: i128, by: Who, needed: Vec<String> },
    Approved { version: i128, by: Who, duty: String },
    Returned { version: i128 },
    Sent { version: i128, expires: i64, at: i64 },
    Viewed { at: i64 },
    Accepted { version: i128, person: Id, grant: Option<Id>, at: i64 },
    Declined,
    Expired { at: i64 },
    Withdrawn,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Version {
    pub(super) number: i128,
    /// `None`: the candidate.
    pub(super) by: Option<Who>,
    pub(super) role: Work,
    /// What a grant of it has, but for whose, when and where it is made.
    pub(super) terms: Option<Terms>,
    /// What a whole period of it is not cut below.
    pub(super) floor: Option<i128>,
    pub(super) at: i64,
}

/// Somebody of the company.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Who {
    pub(super) actor: String,
    pub(super) person: Option<Id>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum StopStep {
    Placed { id: Id, on: StopOn, by_breaker: bool },
    Lifted { id: Id },
}

/// What may make no call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum StopOn {
    Company,
    Unit(Id),
    Person(Id),
    Key(Id),
    Run,
    Model(String),
    Provider(String),
}

/// What happened to requests for more money, and to those who decide.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum TopUpStep {
    Asked { id: Id, person: Id, purpose: Option<String>, amount: i128, until: i64, by: Who, closes: i64, at: i64 },
    Passed { id: Id, to: usize, at: i64 },
    Approved { id: Id, amount: i128, by: Ruling },
    Denied { id: Id, by: Ruling },
    Cancelled { id: Id, at: i64 },
    Expired { id: Id, at: i64 },
    Mandate { manager: Id, unit: Id, month: i128, request: i128, pool: Option<Id> },
    Away { person: Id, delegate: Id, first: i64, last: i64, at: i64 },
    Back { person: Id },
}

/// Who decided, and by what right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Ruling {
    pub(super) by: Who,
    pub(super) desk: usize,
    pub(super) for_absent: Option<Id>,
    pub(super) mandate: Option<Id>,
    pub(super) at: i64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum RoleStep {
    /// With the levels for which runs are limited, and to how much money.
    Family {
        name: String,
        bands: Vec<(i128, i128)>,
        counts: bool,
        runs: Vec<(Option<String>, Option<i128>)>,
    },
    Policy {
        name: String,
        since: i64,
    },
    Place {
        workdays: i128,
    },
    Approvals {
        rules: usize,
    },
}

impl Terms {
    fn names_days_or_tools(&self) -> bool {
        self.holidays.is_some() || !self.tools.is_empty()
    }
}

impl Version {
    fn names_days_or_tools(&self) -> bool {
        self.terms.as_ref().is_some_and(Terms::names_days_or_tools)
    }
}

impl OfferStep {
    /// What is written by it.
    fn version(&self) -> Option<&Version> {
        match self {
            Self::Drafted { version, .. } | Self::Revised { version } | Self::Countered { version } => Some(version),
            _ => None,
        }
    }
}

impl Happening {
    /// Reads an event of the directory.
    pub(super) fn read(bytes: &[u8]) -> Read<Self> {
        let mut stored = Json::read(bytes)?.fields("a stored event")?;
        let version = stored.must("v")?.number()?;
        let event = Self::of(stored.must("event")?)?;
        stored.end()?;
        if version == event.version() {
            Ok(event)
        } else {
            Err(format!("{} is of version {}, not {version}", event.kind(), event.version()))
        }
    }

    /// The earliest version of the form that can say it.
    fn version(&self) -> i128 {
        match self {
            Self::PersonRole { .. } => 9,
            Self::TopUp(_) | Self::Policy { desks: Some(Desks { said: true, .. }), .. } => 8,
            Self::GrantMade(terms) if terms.top_up.is_some() => 8,
            Self::Observed(_)
            | Self::Life { asked: Asking::Observe { .. }, .. }
            | Self::Policy { counts: true, .. }
            | Self::Policy { of_runs: true, .. }
            | Self::Role(RoleStep::Family { counts: true, .. })
            | Self::KeyIssued { project: true, .. }
            | Self::BudgetSet(Budget { tool: Some(_), .. }) => 7,
            Self::Role(RoleStep::Family { runs, .. }) if !runs.is_empty() => 7,
            Self::Stop(StopStep::Placed { by_breaker, on, .. }) if *by_breaker || *on == StopOn::Run => 7,
            Self::GrantMade(terms) | Self::Pool(PoolStep::Committed { terms, .. }) if terms.names_days_or_tools() => 6,
            Self::Offer { step, .. } if step.version().is_some_and(Version::names_days_or_tools) => 6,
            Self::KeyIssued { tool: Some(_), .. } | Self::Life { asked: Asking::Calendar { .. }, .. } => 6,
            Self::Stop(_) => 5,
            Self::PersonMoved { effective: Some(_), .. } => 4,
            Self::Pool(_) | Self::Life { .. } | Self::Offer { .. } | Self::Role(_) => 3,
            Self::GrantMade(terms) => {
                let is_newer = terms.pool.is_some() || terms.rollover.is_some() || terms.remedy.is_some();
                if is_newer || terms.share != 10_000 { 3 } else { 1 }
            }
            Self::Part { events, .. } => events.iter().map(Self::version).fold(2, i128::max),
            _ => 1,
        }
    }

    /// What it is called in a tally: the names that its form has for it.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Founded { .. } => "event: company_founded",
            Self::UnitAdded { .. } => "event: unit_added",
            Self::UnitMoved { .. } => "event: unit_moved",
            Self::UnitClosed { .. } => "event: unit_closed",
            Self::PersonAdded { .. } => "event: person_added",
            Self::PersonMoved { .. } => "event: person_moved",
            Self::ZoneChanged { .. } => "event: person_zone_changed",
            Self::PersonRole { .. } => "event: person_role_set",
            Self::PersonLeft { .. } => "event: person_left",
            Self::GrantMade(_) => "event: grant_made",
            Self::GrantVoided { .. } => "event: grant_voided",
            Self::BudgetSet(_) => "event: budget_set",
            Self::BudgetEnded { .. } => "event: budget_ended",
            Self::KeyIssued { .. } => "event: key_issued",
            Self::KeyRevoked { .. } => "event: key_revoked",
            Self::Prices { .. } => "event: prices_published",
            Self::Policy { .. } => "event: policy_set",
            Self::Pool(PoolStep::Calendar { .. }) => "event: pool.calendar_set",
            Self::Pool(PoolStep::Opened { .. }) => "event: pool.opened",
            Self::Pool(PoolStep::Moved { .. }) => "event: pool.moved",
            Self::Pool(PoolStep::Committed { .. }) => "event: pool.offer_committed",
            Self::Pool(PoolStep::Released { .. }) => "event: pool.offer_released",
            Self::Pool(PoolStep::Accounted { .. }) => "event: pool.accounted",
            Self::Life { asked, .. } => match asked {
                Asking::Share { .. } => "event: grant.share_set",
                Asking::Leave { .. } => "event: grant.leave_begun",
                Asking::Back { .. } => "event: grant.leave_ended",
                Asking::Extend { .. } => "event: grant.extended",
                Asking::Credit { .. } => "event: grant.credited",
                Asking::Advance { .. } => "event: grant.advanced",
                Asking::Remedy { .. } => "event: grant.remedied",
                Asking::Give { .. } => "event: grant.given",
                Asking::Calendar { .. } => "event: grant.calendar_set",
                Asking::Observe { .. } => "event: grant.observed",
            },
            Self::Offer { step, .. } => match step {
                OfferStep::Drafted { .. } => "event: offer.drafted",
                OfferStep::Revised { .. } => "event: offer.revised",
                OfferStep::Countered { .. } => "event: offer.countered",
                OfferStep::Submitted { .. } => "event: offer.submitted",
                OfferStep::Approved { .. } => "event: offer.approved",
                OfferStep::Returned { .. } => "event: offer.returned",
                OfferStep::Sent { .. } => "event: offer.sent",
                OfferStep::Viewed { .. } => "event: offer.viewed",
                OfferStep::Accepted { .. } => "event: offer.accepted",
                OfferStep::Declined => "event: offer.declined",
                OfferStep::Expired { .. } => "event: offer.expired",
                OfferStep::Withdrawn => "event: offer.withdrawn",
            },
            Self::Role(RoleStep::Family { .. }) => "event: role.family",
            Self::Role(RoleStep::Policy { .. }) => "event: role.policy",
            Self::Role(RoleStep::Place { .. }) => "event: role.place",
            Self::Role(RoleStep::Approvals { .. }) => "event: role.approvals",
            Self::Stop(StopStep::Placed { .. }) => "event: stop.placed",
            Self::Stop(StopStep::Lifted { .. }) => "event: stop.lifted",
            Self::TopUp(step) => match step {
                TopUpStep::Asked { .. } => "event: top_up.asked",
                TopUpStep::Passed { .. } => "event: top_up.passed",
                TopUpStep::Approved { .. } => "event: top_up.approved",
                TopUpStep::Denied { .. } => "event: top_up.denied",
                TopUpStep::Cancelled { .. } => "event: top_up.cancelled",
                TopUpStep::Expired { .. } => "event: top_up.expired",
                TopUpStep::Mandate { .. } => "event: top_up.mandate_set",
                TopUpStep::Away { .. } => "event: top_up.absence_set",
                TopUpStep::Back { .. } => "event: top_up.absence_ended",
            },
            Self::Observed(_) => "event: observed",
            Self::Part { .. } => "event: part",
        }
    }

    fn of(event: Json) -> Read<Self> {
        let (kind, body) = event.kind()?;
        let mut of = match kind.as_str() {
            "pool" => return pool(body).map(Self::Pool),
            "offer" => return offer(body),
            "stop" => return stop(body).map(Self::Stop),
            "top_up" => return top_up(body).map(Self::TopUp),
            _ => body.fields("an event")?,
        };
        let read = match kind.as_str() {
            "company_founded" => {
                of.must("currency")?.text()?;
                of.must("at")?;
                Self::Founded { place: place(of.must("zone")?)? }
            }
            "unit_added" => {
                place(of.must("zone")?)?;
                of.must("at")?;
                Self::UnitAdded { unit: id(of.must("unit")?)?, parent: of.maybe("parent").map(id).transpose()? }
            }
            "unit_moved" => Self::UnitMoved {
                unit: id(of.must("unit")?)?,
                parent: of.maybe("parent").map(id).transpose()?,
                at: at(&mut of)?,
            },
            "unit_closed" => {
                let unit = id(of.must("unit")?)?;
                Self::UnitClosed { unit, at: at(&mut of)? }
            }
            "person_added" => {
                at(&mut of)?;
                let (person, unit) = (id(of.must("person")?)?, id(of.must("unit")?)?);
                Self::PersonAdded { person, unit, place: place(of.must("zone")?)? }
            }
            "person_moved" => {
                let (person, unit) = (id(of.must("person")?)?, id(of.must("unit")?)?);
                Self::PersonMoved {
                    person,
                    unit,
                    effective: of.maybe("effective").map(moment).transpose()?,
                    at: at(&mut of)?,
                }
            }
            "person_zone_changed" => {
                let (person, place) = (id(of.must("person")?)?, place(of.must("zone")?)?);
                Self::ZoneChanged { person, place, effective: moment(of.must("effective")?)?, at: at(&mut of)? }
            }
            "person_role_set" => {
                at(&mut of)?;
                Self::PersonRole { person: id(of.must("person")?)?, role: of.maybe("role").map(work).transpose()? }
            }
            "person_left" => Self::PersonLeft { person: id(of.must("person")?)?, at: at(&mut of)? },
            "grant_made" => Self::GrantMade(Box::new(terms(&mut of)?)),
            "grant_voided" => Self::GrantVoided { grant: id(of.must("grant")?)?, at: at(&mut of)? },
            "budget_set" => Self::BudgetSet(budget(&mut of)?),
            "budget_ended" => Self::BudgetEnded { budget: id(of.must("budget")?)?, at: at(&mut of)? },
            "key_issued" => {
                at(&mut of)?;
                of.must("hash")?.text()?;
                for other in ["agent", "allow", "requests_per_minute", "expires"] {
                    if of.maybe(other).is_some() {
                        return Err(format!("the auditor does not follow `{other}` of a key"));
                    }
                }
                let (key, person) = (id(of.must("key")?)?, id(of.must("person")?)?);
                let project = of.maybe("project").map(Json::text).transpose()?.is_some();
                Self::KeyIssued { key, person, tool: of.maybe("tool").map(Json::text).transpose()?, project }
            }
            "key_revoked" => Self::KeyRevoked { key: id(of.must("key")?)?, at: at(&mut of)? },
            "prices_published" => {
                // What is charged is held to price lists that the auditor was told apart.
                for other in ["id", "published_at", "layer", "discounts", "exchange"] {
                    of.maybe(other);
                }
                Self::Prices { cards: of.must("cards")?.list()?.len() }
            }
            "policy_set" => {
                at(&mut of)?;
                let (on, whose) = of.must("on")?.kind()?;
                let person = if on == "company" { None } else { Some(id(whose)?) };
                let policy = of.maybe("policy").map(policy).transpose()?;
                let (moving, desks) = (policy.as_ref().map(|said| said.moving), policy.as_ref().map(|said| said.desks));
                let (counts, of_runs) = policy.map_or((false, false), |said| (said.counts, said.of_runs));
                Self::Policy { person, moving, desks, counts, of_runs }
            }
            "grant" => {
                let (grant, command) = (id(of.must("grant")?)?, id(of.must("command")?)?);
                Self::Life { grant, command, asked: asking(of.must("change")?)?, at: at(&mut of)? }
            }
            "observed" => Self::Observed(Box::new(sight(&mut of)?)),
            "role" => {
                at(&mut of)?;
                Self::Role(role(of.must("change")?)?)
            }
            "part" => {
                let events = of.must("events")?.list()?.into_iter().map(Self::of).collect::<Read<_>>()?;
                Self::Part { change: id(of.must("change")?)?, last: of.must("last")?.truth()?, events }
            }
            other => return Err(format!("the auditor knows no event `{other}`")),
        };
        of.end()?;
        Ok(read)
    }
}

fn at(of: &mut Fields) -> Read<i64> {
    moment(of.must("at")?)
}

fn moment(value: Json) -> Read<i64> {
    moment_in(&value.text()?)
}

fn day(value: Json) -> Read<i64> {
    day_in(&value.text()?)
}

fn place(value: Json) -> Read<usize> {
    let name = value.text()?;
    PLACES.iter().position(|place| place.name == name).ok_or_else(|| format!("nobody lives in {name}"))
}

/// A prefix, and 26 digits of five bits each: the figures and the letters without i, l, o and u.
fn id(value: Json) -> Read<Id> {
    let text = value.text()?;
    let (_, digits) = text.split_once('_').ok_or_else(|| format!("`{text}` is no id"))?;
    let digit = |c: char| "0123456789abcdefghjkmnpqrstvwxyz".find(c).map(|place| place as u128);
    let bits = digits.chars().try_fold(0_u128, |bits, c| Some(bits << 5 | digit(c)?));
    bits.filter(|_| digits.len() == 26).ok_or_else(|| format!("`{text}` is no id"))
}

/// A decimal number as billionths.
fn money(value: Json) -> Read<i128> {
    let text = value.text()?;
    let (sign, digits) = text.strip_prefix('-').map_or((1, text.as_str()), |digits| (-1, digits));
    let (whole, places) = digits.split_once('.').unwrap_or((digits, ""));
    let nano = format!("{whole}{places:0<9}").parse::<i128>().ok().filter(|_| places.len() <= 9);
    nano.map(|nano| sign * nano).ok_or_else(|| format!("`{text}` is no amount"))
}

fn often(value: Json) -> Read<Often> {
    Ok(match value.text()?.as_str() {
        "day" => Often::Daily,
        "week" => Often::Weekly,
        "month" => Often::Monthly,
        "quarter" => Often::Quarterly,
        "year" => Often::Yearly,
        "once" => Often::Once,
        other => return Err(format!("`{other}` is not how often money comes")),
    })
}

fn workdays(of: &mut Fields) -> Read<bool> {
    match of.maybe("days").map(Json::text).transpose()?.as_deref() {
        None | Some("all") => Ok(false),
        Some("workdays") => Ok(true),
        Some(other) => Err(format!("`{other}` are no days")),
    }
}

/// The models and the tools of a scope.
fn scope(of: &mut Fields) -> Read<(Vec<String>, Vec<String>)> {
    let Some(scope) = of.maybe("scope") else { return Ok((Vec::new(), Vec::new())) };
    let mut scope = scope.fields("a scope")?;
    let mut names = |side: &str| -> Read<Vec<String>> {
        scope.maybe(side).map_or(Ok(Vec::new()), Json::list)?.into_iter().map(Json::text).collect()
    };
    let (models, providers, tools) = (names("models")?, names("providers")?, names("tools")?);
    if providers.is_empty() {
        scope.end()?;
        return Ok((models, tools));
    }
    Err("the auditor does not follow providers of a scope".to_owned())
}

fn holidays(value: Json) -> Read<Holidays> {
    let mut of = value.fields("a calendar that holds")?;
    of.must("place")?.text()?;
    of.must("version")?.number()?;
    let holidays = of.must("holidays")?.list()?.into_iter().map(day).collect();
    of.end()?;
    holidays
}

fn remedy(of: &mut Fields) -> Read<Option<Remedy>> {
    Ok(match of.maybe("remedy").map(Json::text).transpose()?.as_deref() {
        None => None,
        Some("extends") => Some(Remedy::Extends),
        Some("credits") => Some(Remedy::Credits),
        Some(other) => return Err(format!("`{other}` is no remedy")),
    })
}

/// The fields that a grant and the token line of an offer have in common.
fn promised(of: &mut Fields) -> Read<Terms> {
    let (only, tools) = scope(of)?;
    Ok(Terms {
        id: 0,
        person: 0,
        amount: money(of.must("amount")?)?,
        often: often(of.must("cadence")?)?,
        workdays: workdays(of)?,
        holidays: of.maybe("calendar").map(holidays).transpose()?,
        share: 10_000,
        rollover: None,
        remedy: remedy(of)?,
        place: place(of.must("zone")?)?,
        starts: day(of.must("starts")?)?,
        ends: of.maybe("ends").map(day).transpose()?,
        priority: of.maybe("priority").map_or(Ok(10), Json::number)?,
        only,
        tools,
        guaranteed: of.maybe("guaranteed").map_or(Ok(false), Json::truth)?,
        pool: of.maybe("pool").map(id).transpose()?,
        offer: None,
        top_up: None,
        created: 0,
    })
}

fn terms(of: &mut Fields) -> Read<Terms> {
    let promised = promised(of)?;
    let rollover = of.maybe("rollover").map(|value| {
        let mut of = value.fields("a rollover")?;
        let rollover = (money(of.must("max")?)?, small(of.must("periods")?)?);
        of.end().map(|()| rollover)
    });
    let source = of.must("source")?.kind()?;
    of.maybe("note");
    if of.maybe("voided_at").is_some() {
        return Err("a grant is made and voided at once".to_owned());
    }
    Ok(Terms {
        id: id(of.must("id")?)?,
        person: id(of.must("person")?)?,
        share: of.maybe("share").map_or(Ok(10_000), Json::number)?,
        rollover: rollover.transpose()?,
        offer: if source.0 == "offer" { Some(id(source.1.clone())?) } else { None },
        top_up: if source.0 == "top_up" { Some(id(source.1)?) } else { None },
        created: moment(of.must("created_at")?)?,
        ..promised
    })
}

fn small(value: Json) -> Read<i64> {
    i64::try_from(value.number()?).map_err(|_| "a number is out of range".to_owned())
}

fn budget(of: &mut Fields) -> Read<Budget> {
    Ok(Budget {
        id: id(of.must("id")?)?,
        on: on(of.must("on")?)?,
        tool: of.maybe("tools").map(Json::text).transpose()?,
        amount: money(of.must("amount")?)?,
        often: often(of.must("cadence")?)?,
        workdays: workdays(of)?,
        place: place(of.must("zone")?)?,
        created: moment(of.must("created_at")?)?,
        ended: of.maybe("ended_at").map(moment).transpose()?,
    })
}

fn on(value: Json) -> Read<On> {
    let (kind, whose) = value.kind()?;
    match kind.as_str() {
        "company" => Ok(On::Company),
        "unit" => id(whose).map(On::Unit),
        "key" => id(whose).map(On::Key),
        "person" => id(whose).map(On::Person),
        other => Err(format!("`{other}` has no funds and no limits")),
    }
}

/// Of a policy only what says how grants live; the rest is the gateway's.
/// What policy says of what was observed: nothing, that it stands beside, that it counts. Only what counts needs the form
/// of version 7 of a policy; of a family everything that is said does.
fn counts(of: &mut Fields) -> Read<Option<bool>> {
    Ok(match of.maybe("observed").map(Json::text).transpose()?.as_deref() {
        None => None,
        Some("beside") => Some(false),
        Some("counts") => Some(true),
        Some(other) => return Err(format!("`{other}` is nothing that becomes of what was observed")),
    })
}

/// What a policy says here.
struct Said {
    moving: Moving,
    desks: Desks,
    counts: bool,
    of_runs: bool,
}

fn policy(value: Json) -> Read<Said> {
    let mut of = value.fields("a policy")?;
    let gateway = [
        "admission",
        "unknown_model",
        "useful_floor_tokens",
        "park",
        "drain",
        "wait_for_disk",
        "resolve_suspense_after_days",
        "ask_more",
    ];
    for other in gateway {
        of.maybe(other);
    }
    let mut of_runs = false;
    for other in ["runs", "breakers", "switch"] {
        of_runs |= of.maybe(other).is_some();
    }
    let moving = match of.maybe("moving") {
        None => Moving::USUAL,
        Some(moving) => {
            let mut of = moving.fields("what may be moved")?;
            let moving =
                Moving { advance: of.must("advance_percent")?.number()?, gift: of.must("gift_percent")?.number()? };
            of.end()?;
            moving
        }
    };
    let desks = match of.maybe("top_ups") {
        None => Desks::USUAL,
        Some(said) => {
            let mut of = said.fields("who decides about more money")?;
            let (manager, finance) = (money(of.must("manager_max")?)?, money(of.must("finance_max")?)?);
            for other in ["answer_hours", "closes_hours", "hold_ms"] {
                of.must(other)?.number()?;
            }
            of.end()?;
            Desks { manager, finance, said: true }
        }
    };
    let counts = counts(&mut of)?.unwrap_or(false);
    of.end()?;
    Ok(Said { moving, desks, counts, of_runs })
}

/// What a tool told.
fn sight(of: &mut Fields) -> Read<Sight> {
    at(of)?;
    let person = id(of.must("person")?)?;
    let key = of.maybe("key").map(id).transpose()?;
    let mut names = vec![of.must("tool")?.text()?];
    of.must("session")?.number()?;
    let source = of.must("source")?.text()?;
    if !["requests", "events", "counters", "history"].contains(&source.as_str()) {
        return Err(format!("`{source}` tells nothing"));
    }
    let (mut ids, mut costs) = (Vec::new(), Vec::new());
    for seen in of.must("seen")?.list()? {
        let mut of = seen.fields("what was seen")?;
        ids.push(of.must("ids")?.list()?.into_iter().map(Json::number).collect::<Read<_>>()?);
        moment(of.must("used_at")?)?;
        names.push(of.must("model")?.text()?);
        of.maybe("requests").map(Json::number).transpose()?;
        of.maybe("usage").map(|usage| usage.fields("buckets")).transpose()?;
        for cost in ["charge", "claimed"] {
            costs.extend(of.maybe(cost).map(money).transpose()?);
        }
        for other in ["card", "counters", "tier"] {
            if of.maybe(other).is_some() {
                return Err(format!("the auditor does not follow `{other}` of what was seen"));
            }
        }
        of.end()?;
    }
    Ok(Sight { person, key, names, ids, costs })
}

fn pool(body: Json) -> Read<PoolStep> {
    let (kind, body) = body.kind()?;
    let mut of = body.fields("an event of pools")?;
    let step = match kind.as_str() {
        "calendar_set" => {
            at(&mut of)?;
            PoolStep::Calendar { month: small(of.must("month")?)? }
        }
        "opened" => {
            at(&mut of)?;
            let manager = of.maybe("manager").map(id).transpose()?;
            PoolStep::Opened { pool: id(of.must("pool")?)?, on: on(of.must("on")?)?, manager }
        }
        "moved" => {
            at(&mut of)?;
            PoolStep::Moved {
                id: id(of.must("id")?)?,
                from: of.maybe("from").map(id).transpose()?,
                to: of.maybe("to").map(id).transpose()?,
                year: small(of.must("year")?)?,
                amount: money(of.must("amount")?)?,
            }
        }
        "offer_committed" => {
            at(&mut of)?;
            let mut granted = of.must("terms")?.fields("terms")?;
            let terms = Box::new(terms(&mut granted)?);
            granted.end()?;
            PoolStep::Committed { offer: id(of.must("offer")?)?, unit: id(of.must("unit")?)?, terms }
        }
        "offer_released" => {
            at(&mut of)?;
            PoolStep::Released { offer: id(of.must("offer")?)? }
        }
        "accounted" => PoolStep::Accounted {
            grant: id(of.must("grant")?)?,
            pool: id(of.must("pool")?)?,
            year: small(of.must("year")?)?,
            spent: money(of.must("spent")?)?,
            at: at(&mut of)?,
        },
        other => return Err(format!("the auditor knows no event `{other}` of pools")),
    };
    of.end()?;
    Ok(step)
}

/// Which breaker placed a stop, where one did: five there are, and each says what it saw.
fn tripped(of: &mut Fields) -> Read<bool> {
    let Some(tripped) = of.maybe("tripped") else { return Ok(false) };
    let mut tripped = tripped.fields("why a breaker tripped")?;
    let breaker = tripped.must("breaker")?.text()?;
    if !["spend", "repeat", "errors", "growth", "unattended"].contains(&breaker.as_str()) {
        return Err(format!("the auditor knows no breaker `{breaker}`"));
    }
    tripped.must("seen")?.text()?;
    tripped.end().map(|()| true)
}

fn stop(body: Json) -> Read<StopStep> {
    let (kind, body) = body.kind()?;
    let mut of = body.fields("an event of stops")?;
    at(&mut of)?;
    let step = match kind.as_str() {
        "placed" => {
            let (on, whose) = of.must("on")?.kind()?;
            let on = match on.as_str() {
                "company" => StopOn::Company,
                "unit" => StopOn::Unit(id(whose)?),
                "person" => StopOn::Person(id(whose)?),
                "key" => StopOn::Key(id(whose)?),
                "run" => StopOn::Run,
                "model" => StopOn::Model(whose.text()?),
                "provider" => StopOn::Provider(whose.text()?),
                other => return Err(format!("the auditor does not know how `{other}` is stopped")),
            };
            let by_breaker = tripped(&mut of)?;
            StopStep::Placed { id: id(of.must("id")?)?, on, by_breaker }
        }
        "lifted" => StopStep::Lifted { id: id(of.must("stop")?)? },
        other => return Err(format!("the auditor knows no event `{other}` of stops")),
    };
    of.end()?;
    Ok(step)
}

fn desk(value: Json) -> Read<usize> {
    let word = value.text()?;
    let desks = ["manager", "finance", "admin"];
    desks.iter().position(|desk| *desk == word).ok_or_else(|| format!("`{word}` decides nothing"))
}

fn ruling(value: Json) -> Read<Ruling> {
    let mut of = value.fields("a decision")?;
    of.maybe("note");
    let ruling = Ruling {
        by: who(of.must("by")?)?,
        desk: desk(of.must("desk")?)?,
        for_absent: of.maybe("for_absent").map(id).transpose()?,
        mandate: of.maybe("mandate").map(id).transpose()?,
        at: at(&mut of)?,
    };
    of.end()?;
    Ok(ruling)
}

fn top_up(body: Json) -> Read<TopUpStep> {
    let (kind, body) = body.kind()?;
    let mut of = body.fields("an event of top-ups")?;
    let which = |of: &mut Fields| id(of.must("top_up")?);
    let step = match kind.as_str() {
        "asked" => {
            of.maybe("run").map(id).transpose()?;
            TopUpStep::Asked {
                id: which(&mut of)?,
                person: id(of.must("person")?)?,
                purpose: of.maybe("purpose").map(Json::text).transpose()?,
                amount: money(of.must("amount")?)?,
                until: day(of.must("until")?)?,
                by: who(of.must("by")?)?,
                closes: moment(of.must("closes")?)?,
                at: at(&mut of)?,
            }
        }
        "passed" => TopUpStep::Passed { id: which(&mut of)?, to: desk(of.must("to")?)?, at: at(&mut of)? },
        "approved" => TopUpStep::Approved {
            id: which(&mut of)?,
            amount: money(of.must("amount")?)?,
            by: ruling(of.must("decision")?)?,
        },
        "denied" => TopUpStep::Denied { id: which(&mut of)?, by: ruling(of.must("decision")?)? },
        "cancelled" => {
            who(of.must("by")?)?;
            TopUpStep::Cancelled { id: which(&mut of)?, at: at(&mut of)? }
        }
        "expired" => TopUpStep::Expired { id: which(&mut of)?, at: at(&mut of)? },
        "mandate_set" => {
            at(&mut of)?;
            TopUpStep::Mandate {
                manager: id(of.must("manager")?)?,
                unit: id(of.must("unit")?)?,
                month: money(of.must("month")?)?,
                request: money(of.must("request")?)?,
                pool: of.maybe("pool").map(id).transpose()?,
            }
        }
        "absence_set" => {
            let mut away = of.must("absence")?.fields("an absence")?;
            let (person, delegate) = (id(away.must("person")?)?, id(away.must("delegate")?)?);
            let (first, last) = (day(away.must("first")?)?, day(away.must("last")?)?);
            away.end()?;
            TopUpStep::Away { person, delegate, first, last, at: at(&mut of)? }
        }
        "absence_ended" => {
            at(&mut of)?;
            TopUpStep::Back { person: id(of.must("person")?)? }
        }
        other => return Err(format!("the auditor knows no event `{other}` of top-ups")),
    };
    of.end()?;
    Ok(step)
}

fn asking(change: Json) -> Read<Asking> {
    let (kind, body) = change.kind()?;
    let mut of = body.fields("a change of a grant")?;
    let asked = match kind.as_str() {
        "share_set" => Asking::Share { share: of.must("share")?.number()?, from: day(of.must("from")?)? },
        "leave_begun" => Asking::Leave { from: day(of.must("from")?)? },
        "leave_ended" => Asking::Back { on: day(of.must("on")?)? },
        "extended" => Asking::Extend { days: small(of.must("days")?)? },
        "credited" => Asking::Credit { amount: money(of.must("amount")?)? },
        "advanced" => Asking::Advance { amount: money(of.must("amount")?)? },
        "remedied" => Asking::Remedy { day: day(of.must("day")?)? },
        "calendar_set" => Asking::Calendar { holidays: holidays(of.must("calendar")?)? },
        "observed" => Asking::Observe { amount: money(of.must("amount")?)? },
        "given" => Asking::Give { to: id(of.must("to")?)?, amount: money(of.must("amount")?)? },
        other => return Err(format!("the auditor does not know that a grant can be `{other}`")),
    };
    of.end()?;
    Ok(asked)
}

fn who(value: Json) -> Read<Who> {
    let mut of = value.fields("somebody")?;
    let who = Who { actor: of.must("actor")?.text()?, person: of.maybe("person").map(id).transpose()? };
    of.end()?;
    Ok(who)
}

fn work(value: Json) -> Read<Work> {
    let mut of = value.fields("a role")?;
    let work = (of.must("family")?.text()?, of.maybe("level").map(Json::text).transpose()?);
    of.end()?;
    Ok(work)
}

fn version(value: Json) -> Read<Box<Version>> {
    let mut of = value.fields("a version")?;
    let (by, company) = of.must("by")?.kind()?;
    let by = match by.as_str() {
        "candidate" => None,
        "company" => Some(who(company)?),
        other => return Err(format!("`{other}` writes no versions")),
    };
    if of.must("content")?.text()?.len() != 64 {
        return Err("what a version says has a hash of 64 digits".to_owned());
    }
    let role = work(of.must("role")?)?;
    of.maybe("place");
    of.maybe("reason");
    let (terms, floor) = of.maybe("tokens").map(tokens).transpose()?.unzip();
    let (number, floor) = (of.must("number")?.number()?, floor.flatten());
    let version = Version { number, by, role, terms, floor, at: at(&mut of)? };
    of.end()?;
    Ok(Box::new(version))
}

/// A token line: a grant in waiting, and its floor.
fn tokens(value: Json) -> Read<(Terms, Option<i128>)> {
    let mut of = value.fields("a token line")?;
    let mut terms = promised(&mut of)?;
    for figure in ["year", "workday"] {
        money(of.must(figure)?)?;
    }
    let floor = of.maybe("floor").map(money).transpose()?;
    for other in ["sharing", "activation", "condition_precedent"] {
        of.maybe(other);
    }
    if let Some(rollover) = of.maybe("rollover") {
        let (kind, body) = rollover.kind()?;
        if kind != "lapses" {
            let mut of = body.fields("what lives on")?;
            let percent = of.maybe("cap").map_or(Ok("100".to_owned()), Json::text)?;
            let percent: i128 =
                percent.parse().map_err(|_| format!("the auditor reads whole percents, not {percent}"))?;
            let (whole, rest) = ((terms.amount * percent) / 100, (terms.amount * percent) % 100);
            // To the nearest, a tie to the even one.
            let up = rest > 50 || (rest == 50 && whole % 2 == 1);
            terms.rollover = Some((whole + i128::from(up), small(of.must("periods")?)?));
            of.end()?;
        }
    }
    of.end()?;
    Ok((terms, floor))
}

fn offer(body: Json) -> Read<Happening> {
    let (kind, body) = body.kind()?;
    let mut of = body.fields("an event of offers")?;
    let offer = id(of.must("offer")?)?;
    // A version has its own moment.
    let at = of.maybe("at").map(moment).transpose()?;
    let told = at.ok_or_else(|| "nobody says when".to_owned());
    let number = |of: &mut Fields| of.must("version")?.number();
    let step = match kind.as_str() {
        "drafted" => OfferStep::Drafted { unit: id(of.must("unit")?)?, version: version(of.must("version")?)? },
        "revised" => OfferStep::Revised { version: version(of.must("version")?)? },
        "countered" => OfferStep::Countered { version: version(of.must("version")?)? },
        "submitted" => OfferStep::Submitted {
            version: number(&mut of)?,
            by: who(of.must("by")?)?,
            needed: duties(of.maybe("needed"))?,
        },
        "approved" => {
            OfferStep::Approved { version: number(&mut of)?, by: who(of.must("by")?)?, duty: of.must("duty")?.text()? }
        }
        "returned" => {
            who(of.must("by")?)?;
            of.maybe("note");
            OfferStep::Returned { version: number(&mut of)? }
        }
        "sent" => {
            who(of.must("by")?)?;
            OfferStep::Sent { version: number(&mut of)?, expires: moment(of.must("expires")?)?, at: told? }
        }
        "viewed" => OfferStep::Viewed { at: told? },
        "accepted" => {
            of.maybe("letter");
            of.maybe("signature");
            OfferStep::Accepted {
                version: number(&mut of)?,
                person: id(of.must("person")?)?,
                grant: of.maybe("grant").map(id).transpose()?,
                at: told?,
            }
        }
        "declined" => {
            of.must("reason")?.text()?;
            of.maybe("note");
            OfferStep::Declined
        }
        "expired" => OfferStep::Expired { at: told? },
        "withdrawn" => {
            who(of.must("by")?)?;
            of.maybe("note");
            OfferStep::Withdrawn
        }
        other => return Err(format!("the auditor knows no event `{other}` of offers")),
    };
    of.end()?;
    Ok(Happening::Offer { offer, step })
}

fn duties(value: Option<Json>) -> Read<Vec<String>> {
    value.map_or(Ok(Vec::new()), Json::list)?.into_iter().map(Json::text).collect()
}

/// For which level runs are limited, and to how much money; the other limits are the gateway's.
fn runs_of_a_level(value: Json) -> Read<(Option<String>, Option<i128>)> {
    let mut of = value.fields("limits of a level's runs")?;
    let level = of.maybe("level").map(Json::text).transpose()?;
    let mut limits = of.must("limits")?.fields("limits of runs")?;
    for other in ["tokens", "requests", "minutes", "depth", "children"] {
        limits.maybe(other).map(Json::number).transpose()?;
    }
    let most = limits.maybe("money").map(money).transpose()?;
    limits.end()?;
    of.end().map(|()| (level, most))
}

fn role(change: Json) -> Read<RoleStep> {
    let (kind, body) = change.kind()?;
    let mut of = body.fields("a change of roles")?;
    let step = match kind.as_str() {
        "family" => {
            let mut terms = of.must("terms")?.fields("what is set for a family")?;
            for other in ["title", "models", "tools", "outcomes"] {
                terms.maybe(other);
            }
            let counts = counts(&mut terms)?.is_some();
            let band = |band: Json| {
                let mut of = band.fields("a band")?;
                for other in ["level", "place", "low_of_base", "high_of_base", "source"] {
                    of.maybe(other);
                }
                let ends = (money(of.must("low")?)?, money(of.must("high")?)?);
                of.end().map(|()| ends)
            };
            let bands = terms.must("bands")?.list()?.into_iter().map(band).collect::<Read<_>>()?;
            let runs = terms.maybe("runs").map_or(Ok(Vec::new()), Json::list)?;
            let runs = runs.into_iter().map(runs_of_a_level).collect::<Read<_>>()?;
            terms.end()?;
            RoleStep::Family { name: of.must("family")?.text()?, bands, counts, runs }
        }
        "policy" => {
            let mut step = of.must("step")?.fields("a step of policy")?;
            step.must("state")?.text()?;
            let since = day(step.must("since")?)?;
            step.end()?;
            RoleStep::Policy { name: of.must("family")?.text()?, since }
        }
        "place" => {
            of.must("place")?.text()?;
            let mut calendar = of.must("calendar")?.fields("a calendar")?;
            calendar.maybe("holidays");
            calendar.maybe("source");
            calendar.maybe("version");
            let workdays = calendar.must("workdays_per_year")?.number()?;
            calendar.end()?;
            RoleStep::Place { workdays }
        }
        "approvals" => RoleStep::Approvals { rules: of.must("rules")?.list()?.len() },
        other => return Err(format!("the auditor knows no change `{other}` of roles")),
    };
    of.end()?;
    Ok(step)
}
