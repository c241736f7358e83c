//! A directory as bytes, so that a start need not take in every event again.
//!
//! ```text
//! directory = zones scopes calendars people's-roles grant-terms budget-terms company? policy units people keys pools roles
//!             offers stops reserves top-ups mandates absences
//! ```
//!
//! What a hundred thousand people have in common (zones, scopes, roles, cadences, priorities) stands once, as JSON, and is
//! referred to by number; what they don't is numbers as they are in memory. Little endian; a count or a place in a
//! table is a varint. Every structure is taken apart field by field, so that a new field does not compile until it has
//! its place here and [`STORED_VERSION`] its next number.

use std::collections::HashMap;
use std::sync::Arc;

use jiff::civil::Date;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::offers::Offers;
use super::pools::Pools;
use super::reserves::Reserves;
use super::table::Table;
use super::top_ups::TopUps;
use super::{Company, Directory, Key, Person, SetRole, Unit};
use crate::budget::{Budget, BudgetOn};
use crate::calendar::{Cadence, Days};
use crate::event::KeyHash;
use crate::grant::{Grant, GrantSource, Life, Lived, Priority, WorkShare};
use crate::id::{BudgetId, GrantId, KeyId, MovementId, NoteId, OfferId, PersonId, PoolId, TopUpId, UnitId};
use crate::money::{Currency, Nano};
use crate::offer::Offer;
use crate::policy::Policy;
use crate::pool::{Commitment, CommitmentOf, FiscalYear, Movement, Pool, PoolOn, PoolYear, Share};
use crate::price::PriceBook;
use crate::role::{FixedCalendar, Role};
use crate::scope::Scope;
use crate::stop::Stop;
use crate::time::Instant;
use crate::top_up::{Absence, Mandate};
use crate::zone::{Zone, Zones};

/// The version of the bytes.
pub const STORED_VERSION: u32 = 10;

/// The bytes are not a directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the bytes are not a directory: {0}")]
pub struct StoredError(
    /// What is wrong with them.
    &'static str,
);

/// The moment before all others, at which somebody's first zone holds.
const ALWAYS: Instant = Instant::from_micros(i64::MIN);

/// What many grants have in common.
type GrantTerms = (Cadence, Days, Priority, bool);
/// What many budgets have in common.
type BudgetTerms = (Cadence, Days);

pub(super) fn write(directory: &Directory) -> Vec<u8> {
    let Directory {
        company,
        policy,
        prices: _,
        units,
        people,
        keys,
        key_ids: _,
        grants: _,
        budgets: _,
        pools,
        offers,
        stops,
        top_ups,
        reserves,
        zones,
        scopes,
        begun: _,
    } = directory;
    let mut out = Writer::default();
    // Also those that nobody has any more; they come first in their table, before those of units and grants.
    out.count(zones.values().count());
    for (zone, _) in zones.iter() {
        out.zones.place(zone);
    }
    for (scope, _) in scopes.iter() {
        out.scopes.place(scope);
    }
    out.option(company.as_ref(), |out, company| {
        let Company { currency, zone, founded_at, budgets } = &**company;
        out.json(currency);
        out.zone(zone);
        out.instant(*founded_at);
        out.budgets(budgets);
    });
    out.json(&**policy);
    let numbers: HashMap<UnitId, usize> = units.values().enumerate().map(|(place, unit)| (unit.id, place)).collect();
    out.list(units.values(), |out, unit| {
        let Unit { id, parent, zone, added_at, closed_at, people, units, budgets } = &**unit;
        out.bits(id.get());
        out.option(parent.as_ref(), |out, parent| out.bits(parent.get()));
        out.zone(zone);
        out.instant(*added_at);
        out.option(closed_at.as_ref(), |out, at| out.instant(*at));
        out.number(u64::from(*people));
        out.number(u64::from(*units));
        out.budgets(budgets);
    });
    out.list(people.values(), |out, person| {
        let Person { id, unit, zones, added_at, left_at, policy, role, grants, budgets } = &**person;
        out.bits(id.get());
        // A person's unit is always one of the units.
        out.count(numbers.get(unit).copied().unwrap_or_default());
        out.zone(zones.at(ALWAYS));
        out.list(zones.after(ALWAYS).iter(), |out, change| {
            out.instant(change.from);
            out.zone(&change.zone);
        });
        out.instant(*added_at);
        out.option(left_at.as_ref(), |out, at| out.instant(*at));
        out.option(policy.as_deref(), Writer::json);
        out.option(role.as_ref(), |out, SetRole { role, at }| {
            let place = out.roles.place(&**role);
            out.count(place);
            out.instant(*at);
        });
        out.list(grants.iter(), |out, grant| out.grant(grant));
        out.budgets(budgets);
    });
    out.list(keys.values(), |out, key| {
        let Key { id, hash, person, agent, allow, tool, project, .. } = &**key;
        let Key { requests_per_minute, issued_at, expires, revoked_at, budgets, .. } = &**key;
        out.bits(id.get());
        out.bytes.extend_from_slice(&hash.0);
        out.bits(person.get());
        out.option(agent.as_deref(), Writer::text);
        out.scope(allow);
        out.option(tool.as_deref(), Writer::text);
        out.option(project.as_deref(), Writer::text);
        out.option(requests_per_minute.as_ref(), |out, rpm| out.number(u64::from(*rpm)));
        out.instant(*issued_at);
        out.option(expires.as_ref(), |out, at| out.instant(*at));
        out.option(revoked_at.as_ref(), |out, at| out.instant(*at));
        out.budgets(budgets);
    });
    out.pools(pools);
    // Who has accepted which is read from the offers again.
    let Offers { by_id: offers, accepted: _, roles } = offers;
    out.json(&**roles);
    out.list(offers.values(), |out, offer| out.json(&**offer));
    out.list(stops.values(), Writer::json);
    out.reserves(reserves);
    // Who is open is said by each, and no change ends with a grant whose decision is missing.
    let TopUps { by_id, open: _, mandates, absences, made: _ } = top_ups;
    out.list(by_id.values(), |out, top_up| out.json(&**top_up));
    out.list(mandates.values(), |out, mandate| out.json(&**mandate));
    out.list(absences.values(), |out, absence| out.json(&**absence));
    out.finish()
}

pub(super) fn read(bytes: &[u8], prices: PriceBook) -> Result<Directory, StoredError> {
    let mut from = Reader { rest: bytes, ..Reader::default() };
    from.zones = from.list(Reader::json)?;
    from.scopes = from.list(|from| from.json().map(Arc::new))?;
    from.calendars = from.list(|from| from.json().map(Arc::new))?;
    from.roles = from.list(|from| from.json().map(Arc::new))?;
    from.grant_terms = from.list(Reader::json)?;
    from.budget_terms = from.list(Reader::json)?;
    let mut directory = Directory { prices, ..Directory::default() };
    let shared = from.number()?;
    for (_, zone) in (0..shared).zip(&from.zones) {
        directory.zones.insert_mut(zone.clone(), Arc::new(Zones::new(zone.clone())));
    }
    for scope in &from.scopes {
        directory.scopes.insert_mut(Scope::clone(scope), Arc::clone(scope));
    }
    directory.company = from.option(|from| {
        let currency: Currency = from.json()?;
        let (zone, founded_at) = (from.zone()?, from.instant()?);
        let budgets = from.budgets(BudgetOn::Company, &mut directory.budgets)?;
        Ok(Arc::new(Company { currency, zone, founded_at, budgets }))
    })?;
    directory.policy = Arc::new(from.json::<Policy>()?);
    let numbers = from.list(|from| {
        let id = UnitId::new(from.bits()?);
        let unit = Unit {
            id,
            parent: from.option(|from| from.bits().map(UnitId::new))?,
            zone: from.zone()?,
            added_at: from.instant()?,
            closed_at: from.option(Reader::instant)?,
            people: from.small()?,
            units: from.small()?,
            budgets: from.budgets(BudgetOn::Unit(id), &mut directory.budgets)?,
        };
        directory.units.insert_mut(id, Arc::new(unit));
        Ok(id)
    })?;
    from.list(|from| {
        let id = PersonId::new(from.bits()?);
        let person = Person {
            id,
            unit: *from.one_of(&numbers)?,
            zones: from.zones(&directory.zones)?,
            added_at: from.instant()?,
            left_at: from.option(Reader::instant)?,
            policy: from.option(|from| from.json().map(Arc::new))?,
            role: from.option(|from| {
                let place = usize::try_from(from.number()?).ok();
                let role = place.and_then(|place| from.roles.get(place)).map(Arc::clone);
                let role = role.ok_or(StoredError("it refers to a role that is not there"))?;
                Ok(SetRole { role, at: from.instant()? })
            })?,
            grants: from.list(|from| from.grant(id).map(Arc::new))?.into_boxed_slice(),
            budgets: from.budgets(BudgetOn::Person(id), &mut directory.budgets)?,
        };
        for grant in &person.grants {
            directory.grants.insert_mut(grant.id, Arc::clone(grant));
        }
        directory.people.insert_mut(id, Arc::new(person));
        Ok(())
    })?;
    from.list(|from| {
        let id = KeyId::new(from.bits()?);
        let key = Arc::new(Key {
            id,
            hash: KeyHash(from.array()?),
            person: PersonId::new(from.bits()?),
            agent: from.option(|from| from.text().map(Box::from))?,
            allow: from.scope()?,
            tool: from.option(|from| from.text().map(Box::from))?,
            project: from.option(|from| from.text().map(Box::from))?,
            requests_per_minute: from.option(Reader::small)?,
            issued_at: from.instant()?,
            expires: from.option(Reader::instant)?,
            revoked_at: from.option(Reader::instant)?,
            budgets: from.budgets(BudgetOn::Key(id), &mut directory.budgets)?,
        });
        directory.key_ids.insert_mut(id, Arc::clone(&key));
        directory.keys.insert_mut(key.hash, key);
        Ok(())
    })?;
    directory.pools = from.pools(&directory.grants)?;
    directory.offers.roles = Arc::new(from.json()?);
    from.list(|from| {
        let offer: Offer = from.json()?;
        directory.offers.insert(Arc::new(offer));
        Ok(())
    })?;
    from.list(|from| {
        let stop: Stop = from.json()?;
        directory.stops.insert(stop);
        Ok(())
    })?;
    directory.reserves = from.reserves()?;
    directory.top_ups = from.top_ups()?;
    if from.rest.is_empty() { Ok(directory) } else { Err(StoredError("there are bytes behind its end")) }
}

/// Things that stand once, in the order in which they were first needed.
struct Shared<T> {
    places: HashMap<String, usize>,
    texts: Vec<String>,
    of: std::marker::PhantomData<T>,
}

impl<T> Default for Shared<T> {
    fn default() -> Self {
        Self { places: HashMap::new(), texts: Vec::new(), of: std::marker::PhantomData }
    }
}

impl<T: Serialize> Shared<T> {
    fn place(&mut self, thing: &T) -> usize {
        let text = to_json(thing);
        if let Some(place) = self.places.get(&text) {
            return *place;
        }
        let place = self.texts.len();
        self.texts.push(text.clone());
        self.places.insert(text, place);
        place
    }
}

#[derive(Default)]
struct Writer {
    zones: Shared<Zone>,
    scopes: Shared<Scope>,
    calendars: Shared<FixedCalendar>,
    roles: Shared<Role>,
    grant_terms: Shared<GrantTerms>,
    budget_terms: Shared<BudgetTerms>,
    bytes: Vec<u8>,
}

impl Writer {
    /// The tables, then what refers to them.
    fn finish(self) -> Vec<u8> {
        let Self { zones, scopes, calendars, roles, grant_terms, budget_terms, bytes } = self;
        let mut front = Self::default();
        let tables = [zones.texts, scopes.texts, calendars.texts, roles.texts, grant_terms.texts, budget_terms.texts];
        for texts in tables {
            front.list(texts.iter(), |front, text| front.text(text));
        }
        front.bytes.extend_from_slice(&bytes);
        front.bytes
    }

    fn number(&mut self, mut number: u64) {
        loop {
            let [low, ..] = number.to_le_bytes();
            number >>= 7;
            if number == 0 {
                return self.bytes.push(low & 0x7f);
            }
            self.bytes.push(low | 0x80);
        }
    }

    fn count(&mut self, count: usize) {
        self.number(u64::try_from(count).unwrap_or(u64::MAX));
    }

    fn bits(&mut self, bits: u128) {
        self.bytes.extend_from_slice(&bits.to_le_bytes());
    }

    fn instant(&mut self, at: Instant) {
        self.bytes.extend_from_slice(&at.as_micros().to_le_bytes());
    }

    fn money(&mut self, amount: Nano) {
        self.bytes.extend_from_slice(&amount.get().to_le_bytes());
    }

    fn date(&mut self, date: Date) {
        self.bytes.extend_from_slice(&date.year().to_le_bytes());
        self.bytes.extend_from_slice(&date.month().to_le_bytes());
        self.bytes.extend_from_slice(&date.day().to_le_bytes());
    }

    fn text(&mut self, text: &str) {
        self.count(text.len());
        self.bytes.extend_from_slice(text.as_bytes());
    }

    fn json<T: Serialize>(&mut self, thing: &T) {
        self.text(&to_json(thing));
    }

    fn option<T>(&mut self, thing: Option<T>, some: impl FnOnce(&mut Self, T)) {
        self.bytes.push(u8::from(thing.is_some()));
        if let Some(thing) = thing {
            some(self, thing);
        }
    }

    fn list<T>(&mut self, things: impl Iterator<Item = T> + Clone, mut each: impl FnMut(&mut Self, T)) {
        self.count(things.clone().count());
        things.for_each(|thing| each(self, thing));
    }

    fn zone(&mut self, zone: &Zone) {
        let place = self.zones.place(zone);
        self.count(place);
    }

    fn scope(&mut self, scope: &Scope) {
        let place = self.scopes.place(scope);
        self.count(place);
    }

    fn grant(&mut self, grant: &Grant) {
        let Grant {
            id,
            person: _,
            amount,
            cadence,
            share,
            rollover,
            remedy,
            days,
            calendar,
            zone,
            starts,
            ends,
            priority,
            scope,
            guaranteed,
            pool,
            source,
            note,
            created_at,
            voided_at,
            life,
        } = grant;
        let terms = self.grant_terms.place(&(*cadence, *days, *priority, *guaranteed));
        self.bits(id.get());
        self.money(*amount);
        self.count(terms);
        self.zone(zone);
        self.date(*starts);
        self.option(*ends, Self::date);
        self.scope(scope);
        self.option(pool.map(PoolId::get), Self::bits);
        match source {
            GrantSource::Manual => self.number(0),
            GrantSource::Offer(offer) => {
                self.number(1);
                self.bits(offer.get());
            }
            // It has the grant's own bits.
            GrantSource::TopUp(_) => self.number(2),
        }
        self.option(note.map(NoteId::get), Self::bits);
        self.instant(*created_at);
        self.option(*voided_at, Self::instant);
        self.number(u64::from(share.get()));
        // Few have any.
        self.option(calendar.as_deref(), |out, calendar| {
            let place = out.calendars.place(calendar);
            out.count(place);
        });
        self.option(remedy.as_ref(), Self::json);
        self.option(rollover.as_ref(), Self::json);
        self.option(life.as_ref(), |out, life| out.json(&life.changes()));
    }

    fn reserves(&mut self, reserves: &Reserves) {
        self.list(reserves.people.iter(), |out, (person, moves)| {
            out.bits(person.get());
            out.list(moves.iter(), |out, (unit, at)| {
                out.bits(unit.get());
                out.instant(*at);
            });
        });
        self.list(reserves.units.iter(), |out, (unit, moves)| {
            out.bits(unit.get());
            out.list(moves.iter(), |out, (parent, at)| {
                out.option(parent.map(UnitId::get), Self::bits);
                out.instant(*at);
            });
        });
    }

    fn pools(&mut self, pools: &Pools) {
        let Pools { calendar, by_id, movements, commitments } = pools;
        self.json(calendar);
        self.list(by_id.values(), |out, pool| {
            let Pool { id, on, manager, opened_at, years } = &**pool;
            out.bits(id.get());
            let unit = match on {
                PoolOn::Company => None,
                PoolOn::Unit(unit) => Some(unit.get()),
            };
            out.option(unit, Self::bits);
            out.option(manager.map(PersonId::get), Self::bits);
            out.instant(*opened_at);
            out.list(years.iter(), |out, year| {
                let PoolYear { year, funded, committed } = year;
                out.year(*year);
                out.money(*funded);
                out.money(*committed);
            });
        });
        self.list(movements.values(), |out, movement| {
            let Movement { id, from, to, year, amount, at } = movement;
            out.bits(id.get());
            out.option(from.map(PoolId::get), Self::bits);
            out.option(to.map(PoolId::get), Self::bits);
            out.year(*year);
            out.money(*amount);
            out.instant(*at);
        });
        self.list(commitments.values(), |out, commitment| {
            let Commitment { of, terms, shares } = &**commitment;
            match of {
                // Its terms are the grant's own.
                CommitmentOf::Grant(grant) => {
                    out.option(None, Self::bits);
                    out.bits(grant.get());
                }
                CommitmentOf::Offer(offer) => {
                    out.option(Some(offer.get()), Self::bits);
                    out.bits(terms.person.get());
                    out.grant(terms);
                }
            }
            out.list(shares.iter(), |out, share| {
                let Share { pool, year, amount, accounted } = share;
                out.bits(pool.get());
                out.year(*year);
                out.money(*amount);
                out.number(u64::from(*accounted));
            });
        });
    }

    fn year(&mut self, year: FiscalYear) {
        self.bytes.extend_from_slice(&year.0.to_le_bytes());
    }

    fn budgets(&mut self, budgets: &[Arc<Budget>]) {
        self.list(budgets.iter(), |out, budget| {
            let Budget { id, on: _, tools, amount, cadence, days, zone, created_at, ended_at } = &**budget;
            let terms = out.budget_terms.place(&(*cadence, *days));
            out.bits(id.get());
            out.money(*amount);
            out.count(terms);
            out.zone(zone);
            out.instant(*created_at);
            out.option(*ended_at, Self::instant);
            out.option(tools.as_ref(), Self::json);
        });
    }
}

fn to_json<T: Serialize>(thing: &T) -> String {
    // Words, integers and lists of texts, which is what JSON takes.
    serde_json::to_string(thing).expect("parts of a directory can be written as JSON")
}

#[derive(Default)]
struct Reader<'a> {
    rest: &'a [u8],
    zones: Vec<Zone>,
    scopes: Vec<Arc<Scope>>,
    calendars: Vec<Arc<FixedCalendar>>,
    roles: Vec<Arc<Role>>,
    grant_terms: Vec<GrantTerms>,
    budget_terms: Vec<BudgetTerms>,
}

const SHORT: StoredError = StoredError("they end early");

impl<'a> Reader<'a> {
    fn array<const N: usize>(&mut self) -> Result<[u8; N], StoredError> {
        let (first, rest) = self.rest.split_first_chunk().ok_or(SHORT)?;
        self.rest = rest;
        Ok(*first)
    }

    fn number(&mut self) -> Result<u64, StoredError> {
        let mut number = 0_u64;
        for shift in (0..u64::BITS).step_by(7) {
            let [byte] = self.array()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok(number);
            }
        }
        Err(StoredError("a number is too long"))
    }

    fn small(&mut self) -> Result<u32, StoredError> {
        u32::try_from(self.number()?).map_err(|_| StoredError("a number is too large"))
    }

    fn bits(&mut self) -> Result<u128, StoredError> {
        self.array().map(u128::from_le_bytes)
    }

    fn instant(&mut self) -> Result<Instant, StoredError> {
        self.array().map(|bytes| Instant::from_micros(i64::from_le_bytes(bytes)))
    }

    fn money(&mut self) -> Result<Nano, StoredError> {
        self.array().map(|bytes| Nano::new(i64::from_le_bytes(bytes)))
    }

    fn date(&mut self) -> Result<Date, StoredError> {
        let year = i16::from_le_bytes(self.array()?);
        let (month, day) = (i8::from_le_bytes(self.array()?), i8::from_le_bytes(self.array()?));
        Date::new(year, month, day).map_err(|_| StoredError("a date is none"))
    }

    fn text(&mut self) -> Result<&'a str, StoredError> {
        let length = usize::try_from(self.number()?).map_err(|_| SHORT)?;
        let (text, rest) = self.rest.split_at_checked(length).ok_or(SHORT)?;
        self.rest = rest;
        std::str::from_utf8(text).map_err(|_| StoredError("a text is none"))
    }

    fn json<T: DeserializeOwned>(&mut self) -> Result<T, StoredError> {
        serde_json::from_str(self.text()?).map_err(|_| StoredError("a part in JSON is not what it should be"))
    }

    fn option<T>(&mut self, some: impl FnOnce(&mut Self) -> Result<T, StoredError>) -> Result<Option<T>, StoredError> {
        match self.array()? {
            [0] => Ok(None),
            [1] => some(self).map(Some),
            _ => Err(StoredError("a mark is neither there nor missing")),
        }
    }

    fn list<T>(&mut self, mut each: impl FnMut(&mut Self) -> Result<T, StoredError>) -> Result<Vec<T>, StoredError> {
        let count = self.number()?;
        // Grown as the bytes go, so that a damaged count reserves nothing.
        let mut list = Vec::new();
        for _ in 0..count {
            list.push(each(self)?);
        }
        list.shrink_to_fit();
        Ok(list)
    }

    fn one_of<'t, T>(&mut self, table: &'t [T]) -> Result<&'t T, StoredError> {
        let place = usize::try_from(self.number()?).unwrap_or(usize::MAX);
        table.get(place).ok_or(StoredError("it refers to what is not there"))
    }

    fn zone(&mut self) -> Result<Zone, StoredError> {
        let place = self.number()?;
        usize::try_from(place)
            .ok()
            .and_then(|place| self.zones.get(place))
            .cloned()
            .ok_or(StoredError("it refers to a zone that is not there"))
    }

    fn zones(&mut self, shared: &Table<Zone, Arc<Zones>>) -> Result<Arc<Zones>, StoredError> {
        let first = self.zone()?;
        let changes = self.list(|from| Ok((from.instant()?, from.zone()?)))?;
        if changes.is_empty()
            && let Some(zones) = shared.get(&first)
        {
            return Ok(Arc::clone(zones));
        }
        let zones = changes.into_iter().try_fold(Zones::new(first), |zones, (from, zone)| zones.with(from, zone));
        zones.map(Arc::new).ok_or(StoredError("changes of zone are out of order"))
    }

    fn scope(&mut self) -> Result<Arc<Scope>, StoredError> {
        let place = usize::try_from(self.number()?).unwrap_or(usize::MAX);
        self.scopes.get(place).map(Arc::clone).ok_or(StoredError("it refers to a scope that is not there"))
    }

    fn grant(&mut self, person: PersonId) -> Result<Grant, StoredError> {
        let (id, amount) = (GrantId::new(self.bits()?), self.money()?);
        let terms = usize::try_from(self.number()?).unwrap_or(usize::MAX);
        let terms = self.grant_terms.get(terms).ok_or(StoredError("it refers to terms that are not there"))?;
        let (cadence, days, priority, guaranteed) = *terms;
        Ok(Grant {
            id,
            person,
            amount,
            cadence,
            days,
            zone: self.zone()?,
            starts: self.date()?,
            ends: self.option(Self::date)?,
            priority,
            scope: self.scope()?,
            guaranteed,
            pool: self.option(Self::bits)?.map(PoolId::new),
            source: match self.number()? {
                0 => GrantSource::Manual,
                1 => GrantSource::Offer(OfferId::new(self.bits()?)),
                2 => GrantSource::TopUp(TopUpId::new(id.get())),
                _ => return Err(StoredError("a grant comes from nowhere")),
            },
            note: self.option(Self::bits)?.map(NoteId::new),
            created_at: self.instant()?,
            voided_at: self.option(Self::instant)?,
            share: {
                let parts = u16::try_from(self.number()?).ok().and_then(WorkShare::try_new);
                parts.ok_or(StoredError("a working share is none"))?
            },
            calendar: self.option(|from| {
                let place = usize::try_from(from.number()?).ok();
                let found = place.and_then(|place| from.calendars.get(place)).map(Arc::clone);
                found.ok_or(StoredError("a calendar is none of its own"))
            })?,
            remedy: self.option(Self::json)?,
            rollover: self.option(Self::json)?,
            life: self.option(|from| {
                let changes: Vec<Lived> = from.json()?;
                Ok(Arc::new(changes.into_iter().fold(Life::default(), |life, lived| life.with(lived))))
            })?,
        })
    }

    fn reserves(&mut self) -> Result<Reserves, StoredError> {
        let mut reserves = Reserves::default();
        self.list(|from| {
            let person = PersonId::new(from.bits()?);
            let moves = from.list(|from| Ok((UnitId::new(from.bits()?), from.instant()?)))?;
            reserves.people.insert_mut(person, moves.into());
            Ok(())
        })?;
        self.list(|from| {
            let unit = UnitId::new(from.bits()?);
            let moves = from.list(|from| Ok((from.option(Self::bits)?.map(UnitId::new), from.instant()?)))?;
            reserves.units.insert_mut(unit, moves.into());
            Ok(())
        })?;
        Ok(reserves)
    }

    fn pools(&mut self, grants: &Table<GrantId, Arc<Grant>>) -> Result<Pools, StoredError> {
        let mut pools = Pools { calendar: self.json()?, ..Pools::default() };
        self.list(|from| {
            let id = PoolId::new(from.bits()?);
            let pool = Pool {
                id,
                on: from.option(Self::bits)?.map_or(PoolOn::Company, |unit| PoolOn::Unit(UnitId::new(unit))),
                manager: from.option(Self::bits)?.map(PersonId::new),
                opened_at: from.instant()?,
                years: from
                    .list(|from| Ok(PoolYear { year: from.year()?, funded: from.money()?, committed: from.money()? }))?
                    .into_boxed_slice(),
            };
            pools.by_id.insert_mut(id, Arc::new(pool));
            Ok(())
        })?;
        self.list(|from| {
            let movement = Movement {
                id: MovementId::new(from.bits()?),
                from: from.option(Self::bits)?.map(PoolId::new),
                to: from.option(Self::bits)?.map(PoolId::new),
                year: from.year()?,
                amount: from.money()?,
                at: from.instant()?,
            };
            pools.movements.insert_mut(movement.id, movement);
            Ok(())
        })?;
        self.list(|from| {
            let (of, terms) = match from.option(Self::bits)? {
                None => {
                    let grant = GrantId::new(from.bits()?);
                    let terms = grants.get(&grant).ok_or(StoredError("it refers to a grant that is not there"))?;
                    (CommitmentOf::Grant(grant), Arc::clone(terms))
                }
                Some(offer) => {
                    let person = PersonId::new(from.bits()?);
                    (CommitmentOf::Offer(OfferId::new(offer)), Arc::new(from.grant(person)?))
                }
            };
            let shares = from.list(|from| {
                let (pool, year) = (PoolId::new(from.bits()?), from.year()?);
                Ok(Share { pool, year, amount: from.money()?, accounted: from.number()? != 0 })
            })?;
            let shares = shares.into_boxed_slice();
            pools.commitments.insert_mut(of, Arc::new(Commitment { of, terms, shares }));
            Ok(())
        })?;
        Ok(pools)
    }

    fn top_ups(&mut self) -> Result<TopUps, StoredError> {
        let mut top_ups = TopUps::default();
        self.list(|from| {
            top_ups.insert(from.json()?);
            Ok(())
        })?;
        self.list(|from| {
            let mandate: Mandate = from.json()?;
            top_ups.mandates.insert_mut(mandate.manager, Arc::new(mandate));
            Ok(())
        })?;
        self.list(|from| {
            let absence: Absence = from.json()?;
            top_ups.absences.insert_mut(absence.person, Arc::new(absence));
            Ok(())
        })?;
        Ok(top_ups)
    }

    fn year(&mut self) -> Result<FiscalYear, StoredError> {
        self.array().map(|bytes| FiscalYear(i16::from_le_bytes(bytes)))
    }

    fn budgets(
        &mut self,
        on: BudgetOn,
        all: &mut Table<BudgetId, Arc<Budget>>,
    ) -> Result<Box<[Arc<Budget>]>, StoredError> {
        let budgets = self.list(|from| {
            let (id, amount) = (BudgetId::new(from.bits()?), from.money()?);
            let terms = usize::try_from(from.number()?).unwrap_or(usize::MAX);
            let terms = from.budget_terms.get(terms).ok_or(StoredError("it refers to terms that are not there"))?;
            let (cadence, days) = *terms;
            let (zone, created_at, ended_at) = (from.zone()?, from.instant()?, from.option(Self::instant)?);
            let tools = from.option(Self::json)?;
            Ok(Arc::new(Budget { id, on, tools, amount, cadence, days, zone, created_at, ended_at }))
        })?;
        for budget in &budgets {
            all.insert_mut(budget.id, Arc::clone(budget));
        }
        Ok(budgets.into_boxed_slice())
    }
}
