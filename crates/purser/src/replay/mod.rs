//! `purser replay`: a month told again under other rules, through the code that admits and settles calls.
//!
//! **Model.** A *source* gives calls in order of time: what a company's journal was charged, a film, a file from elsewhere.
//! Each of several *worlds* is told every call. A world is a company, a ledger in memory and what a gateway knows: it holds
//! and settles each call, counts it in its run, lets breakers look at it, and refuses what it would have refused. The worlds
//! share the calls and nothing else, so that what they come to can be compared.
//!
//! **Owns** the sources, the order of things, and how the comparison is shown.
//!
//! **Does not own** any decision about a call: those are the gateway's ([`purser_gateway::Rehearsal`]), the ledger's and the
//! domain's.
//!
//! **Invariants.** Nothing is written anywhere. The same calls and policies give the same comparison to the last byte. What a
//! world says it was paid is what its ledger's frames settle; else the command fails.

mod call;
mod clock;
mod comparison;
mod curve;
mod file;
mod film;
mod ground;
mod journal;
mod recorded;
mod tally;
mod text;
mod texts;
mod world;

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::PathBuf;
use std::rc::Rc;

use clap::{ArgGroup, Args};
use jiff::civil::Date;
use purser_control::Past;
use purser_core::directory::Directory;
use purser_core::id::{PersonId, UnitId};
use purser_core::money::{Currency, Nano};
use purser_core::policy::Policy;
use purser_core::price::PriceBook;
use purser_core::time::{Clock as _, Instant};
use purser_core::zone::Zone;
use purser_store::{DataDir, Mode};

use self::call::Call;
use self::comparison::{Comparison, Source, SourceKind, Told};
use self::file::Foreign;
pub(crate) use self::film::Film;
use self::ground::{Allowance, Member};
use self::recorded::{Recording, all_of, exact};
use self::tally::Burn;
use self::world::{Owner, World};
use crate::clock::MachineClock;
use crate::config::{Config, Span};
use crate::engine::store;
use crate::failure::Failure;
use crate::figures::grouped;
use crate::output::{Output, say};
use crate::place::Place;

/// A person's daily allowance where nothing else is said: what is called generous (README).
const DAILY: Nano = Nano::new(100_000_000_000);

#[derive(Debug, Args)]
#[command(group = ArgGroup::new("source").required(true).args(["recorded", "film", "file"]))]
pub(crate) struct Replay {
    /// The calls that this company's journal was charged
    #[arg(long)]
    recorded: bool,
    /// A month that became known, made again call by call
    #[arg(long, value_enum)]
    film: Option<Film>,
    /// A recording from elsewhere: a call on each line, as JSON or (`.csv`) as a spreadsheet
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// First day (UTC) [default: the first that was charged]
    #[arg(long, value_name = "DATE", requires = "recorded")]
    from: Option<Date>,
    /// First day not included (UTC) [default: tomorrow]
    #[arg(long, value_name = "DATE", requires = "recorded")]
    to: Option<Date>,
    /// Only this person's calls (id or name)
    #[arg(long, requires = "recorded")]
    person: Option<String>,
    /// Only calls that were made in this unit or below (id or name)
    #[arg(long, requires = "recorded")]
    unit: Option<String>,
    /// Only so many days of a film, from when it goes astray, or of a file
    #[arg(long, value_name = "N", conflicts_with = "recorded", value_parser = clap::value_parser!(u16).range(1..))]
    days: Option<u16>,
    /// A file with another `[policy]`, as in purser.toml: what it does not name stays as it is there
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// What each person may spend a day: with --recorded in place of grants and budgets [default: 100 without --recorded]
    #[arg(long, value_name = "AMOUNT", value_parser = daily)]
    daily: Option<Nano>,
    /// Budgets alone: no breaker trips
    #[arg(long, conflicts_with = "breakers_only")]
    no_breakers: bool,
    /// Breakers and limits of runs alone: everybody may spend what they like
    #[arg(long, conflicts_with = "daily")]
    breakers_only: bool,
    /// When the owner of a run that a breaker holds back lets it go on: `15m`, or `never`
    #[arg(long, value_name = "TIME", default_value = "never", value_parser = owner)]
    owner_answers: Owner,
}

/// `100`, `$100`
fn daily(text: &str) -> Result<Nano, String> {
    let amount = text.trim().trim_start_matches('$').parse::<Nano>().ok().filter(|amount| !amount.is_negative());
    amount.ok_or_else(|| format!("`{text}` is no amount; write it like 100 or 62.50"))
}

fn owner(text: &str) -> Result<Owner, String> {
    match text.trim() {
        "never" => Ok(Owner::Away),
        span => span.parse::<Span>().map(|span| Owner::Answers(span.0)),
    }
}

/// A world that is told everything, and what it is called.
struct Teller {
    name: String,
    world: World,
}

impl Replay {
    /// Tells the calls again and shows what came of it. Opens files to read only, beside a running Purser or without one.
    ///
    /// # Errors
    /// A source that can't be read, a policy with a mistake.
    pub(crate) fn run(&self, config: &Config, place: &Place, out: Output) -> Result<(), Failure> {
        // How long it took depends on the machine, so it is told beside the comparison and not in it.
        let began = MachineClock.now();
        let comparison = match (self.film, &self.file) {
            (Some(film), _) => self.film(film, config)?,
            (None, Some(file)) => self.file(file, config)?,
            (None, None) => self.recorded(config, place)?,
        };
        let took = MachineClock.now().since(began);
        out.show(&comparison, text::shown);
        let told = comparison.source.calls * u64::try_from(comparison.tellings.len()).unwrap_or(u64::MAX);
        let each_second = u128::from(told) * 1_000 / took.as_millis().max(1);
        let each_second = u64::try_from(each_second).unwrap_or(u64::MAX);
        say(format_args!(
            "{} calls told in {}.{} s, {} a second",
            grouped(told),
            took.as_secs(),
            took.subsec_millis() / 100,
            grouped(each_second)
        ));
        Ok(())
    }

    /// The policy that is asked about, where one is.
    fn asked_policy(&self, config: &Config) -> Result<Policy, Failure> {
        Ok(match &self.policy {
            Some(path) => config.policy_with(path)?,
            None => config.policy()?,
        })
    }

    fn film(&self, film: Film, config: &Config) -> Result<Comparison, Failure> {
        let credits = film.credits();
        let tellers = self.made_up(&[Member::made_up(0)], config, credits.begins())?;
        let source = Source {
            kind: SourceKind::Film,
            name: credits.name.to_owned(),
            what: Some(credits.what.to_owned()),
            from: Some(credits.from.to_owned()),
            astray: Some(credits.goes_astray()),
            ..Source::default()
        };
        let mut telling = Telling::new(tellers);
        let until = self.until(credits.goes_astray());
        for call in film.calls()? {
            let call = call?;
            if call.starts >= until {
                break;
            }
            telling.call(&call)?;
        }
        let names = BTreeMap::from([(Member::made_up(0).person, "the one person".to_owned())]);
        telling.end(source, &names, self)
    }

    fn file(&self, path: &std::path::Path, config: &Config) -> Result<Comparison, Failure> {
        let foreign = Foreign::read(path, &PriceBook::bundled(), &Currency::usd())?;
        let first = foreign.calls.first().map_or(Instant::from_micros(0), |call| call.starts);
        let tellers = self.made_up(&foreign.members(), config, first)?;
        let source = Source { kind: SourceKind::File, name: path.display().to_string(), ..Source::default() };
        let mut telling = Telling::new(tellers);
        let until = self.until(first);
        let mut calls = foreign.calls.iter().take_while(|call| call.starts < until);
        calls.try_for_each(|call| telling.call(call))?;
        telling.end(source, &foreign.names(), self)
    }

    /// When a film or a file ends, where it is cut.
    fn until(&self, from: Instant) -> Instant {
        let days = self.days.map(|days| std::time::Duration::from_hours(24 * u64::from(days)));
        days.map_or(Instant::FAR_FUTURE, |days| from.saturating_add(days))
    }

    /// Companies of people who have nothing but a daily allowance.
    fn made_up(&self, members: &[Member], config: &Config, first: Instant) -> Result<Vec<Teller>, Failure> {
        let policy = self.asked_policy(config)?;
        let prices = PriceBook::bundled();
        let amount = Allowance::Daily(self.daily.unwrap_or(DAILY));
        let all = [
            ("without Purser", Allowance::Unlimited, ground::without_limits(&policy), true),
            ("budget only", amount, ground::without_breakers(&policy), !self.breakers_only),
            ("breakers only", Allowance::Unlimited, policy.clone(), !self.no_breakers),
            ("budget + breakers", amount, policy.clone(), !self.no_breakers && !self.breakers_only),
        ];
        let mut tellers = Vec::new();
        for (name, allowance, policy, wanted) in all {
            if wanted {
                let company = ground::made_up(members, Currency::usd(), allowance, policy, first)?;
                let world = World::new(company, &prices, self.owner_answers, before(first))?;
                tellers.push(Teller { name: name.to_owned(), world });
            }
        }
        Ok(tellers)
    }

    fn recorded(&self, config: &Config, place: &Place) -> Result<Comparison, Failure> {
        if !place.exists() {
            return Err(Failure::new(
                format!("there is no Purser in {}", place.data.display()),
                "name its data folder with --data, or try a film: purser replay --film bill-150k",
            ));
        }
        let dir = DataDir::open(&place.data, Mode::ReadOnly).map_err(|error| store(&error))?;
        let past = Past::read(&dir)?;
        let Some(company) = past.directory.company() else {
            return Err(Failure::new("nothing was ever charged here", "try a film: purser replay --film bill-150k"));
        };
        let founded = company.founded_at;
        let range = self.range(founded)?;
        let whose = (self.person_of(&past)?, self.unit_of(&past)?);
        let names = past.people.clone();
        let recording = Recording::new(past, range, whose)?;
        let from = recording.range.start;
        let (name, directory) = self.rules(&recording.past.directory, config, from)?;
        let world = World::new(directory.clone(), recording.past.directory.prices(), self.owner_answers, before(from))?;
        if let Some(rule) = &directory.policy().breakers.spend {
            for (person, pace) in recording.paces(rule)? {
                world.remember(person, &pace);
            }
        }
        let mut telling = Telling::new(vec![Teller { name, world }]);
        let mut burn = Burn::default();
        let noted = recording.tell(&mut |call| {
            burn.add(call.ends, call.charge);
            telling.call(call)
        })?;
        let spent = exact(all_of(&noted, &telling.count))?;
        let source = Source {
            kind: SourceKind::Recorded,
            name: place.data.display().to_string(),
            recorded: Some(comparison::Recorded::of(&noted, spent)?),
            ..Source::default()
        };
        telling.baseline = Some(burn);
        telling.end(source, &names, self)
    }

    /// The rules that the recorded calls are told under, and what they are called.
    fn rules(&self, present: &Directory, config: &Config, from: Instant) -> Result<(String, Directory), Failure> {
        let asked = self.policy.as_ref().map(|path| config.policy_with(path)).transpose()?;
        let rules = self.policy.as_ref().map_or("the company's rules".to_owned(), |path| path.display().to_string());
        let policy = asked.as_ref().unwrap_or(present.policy());
        let allowance = match self.daily {
            Some(amount) => Some((Allowance::Daily(amount), format!("{amount} a day each"))),
            None => self.breakers_only.then(|| (Allowance::Unlimited, "breakers only".to_owned())),
        };
        if let Some((allowance, said)) = allowance {
            let mut name = if self.policy.is_some() { format!("{said}, {rules}") } else { said };
            let policy = if self.no_breakers {
                name.push_str(", no breakers");
                ground::without_breakers(policy)
            } else {
                policy.clone()
            };
            let members = ground::members(present, from);
            let currency = present.company().map_or_else(Currency::usd, |company| company.currency.clone());
            let company = ground::made_up(&members, currency, allowance, policy, from)?;
            return Ok((name, company));
        }
        let mut name = rules;
        let mut directory = ground::going_on(present, from)?;
        if let Some(asked) = &asked {
            directory = ground::with_policy(&directory, from, &|_| asked.clone())?;
        }
        if self.no_breakers {
            name.push_str(", no breakers");
            directory = ground::with_policy(&directory, from, &ground::without_breakers)?;
        }
        Ok((name, directory))
    }

    fn range(&self, founded: Instant) -> Result<Range<Instant>, Failure> {
        let from = self.from.map_or(founded, |day| Zone::UTC.first_instant(day));
        let to = self.to.map_or(Instant::FAR_FUTURE, |day| Zone::UTC.first_instant(day));
        if to <= from {
            return Err(Failure::usage("--to is not after --from", "--to is the first day that is not told any more"));
        }
        Ok(from..to)
    }

    fn person_of(&self, past: &Past) -> Result<Option<PersonId>, Failure> {
        let Some(text) = &self.person else { return Ok(None) };
        let known = |id: PersonId| past.directory.person(id).is_some();
        let (parsed, called) = (text.parse().ok().filter(|id| known(*id)), named(&past.people, text));
        one_of("person", text, parsed, &called).map(Some)
    }

    fn unit_of(&self, past: &Past) -> Result<Option<UnitId>, Failure> {
        let Some(text) = &self.unit else { return Ok(None) };
        let known = |id: UnitId| past.directory.unit(id).is_some();
        let (parsed, called) = (text.parse().ok().filter(|id| known(*id)), named(&past.units, text));
        one_of("unit", text, parsed, &called).map(Some)
    }
}

/// Whoever is called this, in any case.
fn named<I: Copy>(names: &BTreeMap<I, String>, text: &str) -> Vec<I> {
    let wanted = text.trim().to_lowercase();
    names.iter().filter(|(_, name)| name.trim().to_lowercase() == wanted).map(|(id, _)| *id).collect()
}

fn one_of<I: Copy>(what: &str, text: &str, parsed: Option<I>, called: &[I]) -> Result<I, Failure> {
    match (parsed, called) {
        (Some(id), _) => Ok(id),
        (None, [id]) => Ok(*id),
        (None, []) => Err(Failure::new(format!("there is no {what} `{text}`"), format!("see `purser {what} list`"))),
        (None, _) => Err(Failure::new(
            format!("{} of the {what} names are `{text}`", called.len()),
            format!("name it by its id; see `purser {what} list`"),
        )),
    }
}

fn before(at: Instant) -> Instant {
    at.saturating_sub(std::time::Duration::from_micros(1))
}

/// Calls on their way to every world.
struct Telling {
    tellers: Vec<Teller>,
    count: tally::Count,
    tokens: u128,
    first: Option<Instant>,
    last: Option<Instant>,
    /// What was charged as it was; else that of the first world.
    baseline: Option<Burn>,
}

impl Telling {
    fn new(tellers: Vec<Teller>) -> Self {
        Self { tellers, count: tally::Count::default(), tokens: 0, first: None, last: None, baseline: None }
    }

    fn call(&mut self, call: &Rc<Call>) -> Result<(), Failure> {
        self.count.add(call.charge);
        self.tokens += u128::from(call.usage.prompt_tokens()) + u128::from(call.usage.output_tokens());
        self.first.get_or_insert(call.starts);
        self.last = self.last.max(Some(call.ends));
        self.tellers.iter_mut().try_for_each(|teller| teller.world.offer(call))
    }

    fn end(self, source: Source, names: &BTreeMap<PersonId, String>, asked: &Replay) -> Result<Comparison, Failure> {
        let source = Source {
            calls: self.count.calls,
            tokens: u64::try_from(self.tokens).unwrap_or(u64::MAX),
            cost: exact(self.count.nano)?,
            first: self.first,
            last: self.last,
            ..source
        };
        let mut told = Vec::new();
        for Teller { name, world } in self.tellers {
            told.push(Told { name, tally: world.end()? });
        }
        Comparison::of(source, &told, self.baseline.as_ref(), names, asked.owner_answers)
    }
}
