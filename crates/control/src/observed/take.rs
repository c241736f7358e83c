//! Taking in what a tool told.

use std::collections::{BTreeMap, HashSet};
use std::ops::Range;

use purser_core::event::Event;
use purser_core::id::{KeyId, PersonId};
use purser_core::money::Nano;
use purser_core::observed::{COST_MAX, COUNT_MAX, Observation, SEEN_MAX, Seen, Source, session_of};
use purser_core::price::CardVersion;
use purser_core::rating;
use purser_core::snapshot::Snapshot;
use purser_core::time::Instant;
use purser_core::usage::{Served, Tier, Usage};
use purser_observed::{Point, Request, Tool, growth};
use purser_store::KnownSession;

use super::{Passed, count};
use crate::control::{Control, Inner, stored};
use crate::error::Error;
use crate::shape::Taken;

/// Bytes of one record at most, give or take one thing seen.
const RECORD_BYTES: usize = 64 * 1024;

/// What a tool told of one person's usage.
#[derive(Clone, Debug, Default)]
pub(crate) struct Told {
    pub(crate) requests: Vec<Request>,
    pub(crate) points: Vec<Point>,
}

/// What one source told of one session.
#[derive(Default)]
struct Session<'a> {
    requests: Vec<&'a Request>,
    points: Vec<&'a Point>,
}

impl Control {
    /// Takes in what was told of a person's usage, with the key that it came with. Told again, it changes nothing more.
    ///
    /// # Errors
    /// The projection or the journal. What was written stays, and is known when it is told again.
    pub(crate) async fn take_told(&self, person: PersonId, key: Option<KeyId>, told: Told) -> Result<Taken, Error> {
        let control = self.clone();
        // It runs to its end although the sender hangs up: whoever sends it again must find it or nothing of it.
        let task = tokio::spawn(async move {
            let _one_at_a_time = control.inner.observing.of(person).lock().await;
            let (observations, taken) = control.report(move |inner| inner.look_at(person, key, &told)).await?;
            if observations.is_empty() {
                return Ok(taken);
            }
            control
                .change(None, move |turn| {
                    for observation in &observations {
                        turn.commit(&Event::Observed(observation.clone()))?;
                    }
                    count::keep(turn, person, &observations)?;
                    Ok(taken)
                })
                .await
        });
        task.await.map_err(|error| Error::failed("taking in telemetry ended in a panic", error))?
    }
}

impl Inner {
    /// What of it is new, as it will stand in the journal.
    fn look_at(&self, person: PersonId, key: Option<KeyId>, told: &Told) -> Result<(Vec<Observation>, Taken), Error> {
        let (snapshot, now) = (self.snapshot.load_full(), self.clock.now());
        let mut looking = Looking {
            inner: self,
            snapshot,
            now,
            person,
            key,
            told: HashSet::new(),
            passed: None,
            taken: Taken::default(),
        };
        let mut sessions: BTreeMap<(Tool, &str, Source), Session<'_>> = BTreeMap::new();
        for request in &told.requests {
            let key = (request.tool, &*request.session, request.source);
            sessions.entry(key).or_default().requests.push(request);
        }
        for point in &told.points {
            let key = (point.tool, &*point.session, Source::Counters);
            sessions.entry(key).or_default().points.push(point);
        }
        let span = span(told, now);
        let mut observations: Vec<Observation> = Vec::new();
        for ((tool, session, source), of) in sessions {
            let before = observations.iter().filter(|known| known.session == session_of(person, tool.name(), session));
            let before = before.map(|known| known.source).collect::<Vec<_>>();
            observations.extend(looking.session((tool, session, source), &of, &before, &span)?);
        }
        Ok((observations, looking.taken))
    }
}

/// The look at one telling.
struct Looking<'a> {
    inner: &'a Inner,
    snapshot: std::sync::Arc<Snapshot>,
    now: Instant,
    person: PersonId,
    key: Option<KeyId>,
    /// Names of this telling, with what they are names in: a session that goes on from another repeats it.
    told: HashSet<(u64, u64)>,
    /// Looked up when it is first asked for.
    passed: Option<Passed>,
    taken: Taken,
}

impl Looking<'_> {
    fn session(
        &mut self,
        (tool, session, source): (Tool, &str, Source),
        of: &Session<'_>,
        before: &[Source],
        span: &Range<Instant>,
    ) -> Result<Vec<Observation>, Error> {
        let empty = Observation {
            person: self.person,
            key: self.key,
            tool: tool.name().to_owned(),
            session: session_of(self.person, tool.name(), session),
            source,
            seen: Vec::new(),
            at: self.now,
        };
        let known = self.known(&empty, of)?;
        let count = |things: usize| u64::try_from(things).unwrap_or(u64::MAX);
        let all = count(of.requests.len().saturating_add(of.points.len()));
        let sources = before.iter().fold(known.sources, |all, source| all.with(*source));
        if !sources.admit(source) {
            self.taken.told_otherwise = self.taken.told_otherwise.saturating_add(all);
            return Ok(Vec::new());
        }
        // Asked before anything else, and for what is known too: most of what is told goes through the gateway or not at all.
        if self.passed(span)?.has_session(session) {
            self.taken.passed = self.taken.passed.saturating_add(all);
            return Ok(Vec::new());
        }
        let seen = if source == Source::Counters {
            self.counters(tool, of, &known, span)?
        } else {
            self.requests(tool, of, (empty.names_in(), &known.ids), span)?
        };
        self.taken.recorded = self.taken.recorded.saturating_add(count(seen.len()));
        Ok(cut(&empty, seen))
    }

    fn known(&self, of: &Observation, told: &Session<'_>) -> Result<KnownSession, Error> {
        let names = of.names_in();
        let mut ids = told.requests.iter().map(|request| request.id).chain(told.points.iter().map(|point| point.id()));
        let mut series = told.points.iter().filter(|point| point.cumulative).map(|point| point.series);
        let mut ids = ids.by_ref().map(|id| (names, id));
        self.inner.reader.observed_session(of.session, &mut ids, &mut series).map_err(stored)
    }

    fn passed(&mut self, span: &Range<Instant>) -> Result<&Passed, Error> {
        if self.passed.is_none() {
            let passed = Passed::about(&self.inner.reader, &self.snapshot.directory, self.person, span, self.now)?;
            self.passed = Some(passed);
        }
        Ok(self.passed.get_or_insert_default())
    }

    fn requests(
        &mut self,
        tool: Tool,
        of: &Session<'_>,
        (names, known): (u64, &HashSet<u64>),
        span: &Range<Instant>,
    ) -> Result<Vec<Seen>, Error> {
        let mut all = Vec::new();
        for request in &of.requests {
            if known.contains(&request.id) || !self.told.insert((names, request.id)) {
                self.taken.known = self.taken.known.saturating_add(1);
                continue;
            }
            let alike = |passed: &Passed| passed.has_call(tool, &request.model, &request.usage, request.used_at);
            if !tool.names_sessions() && alike(self.passed(span)?) {
                self.taken.passed = self.taken.passed.saturating_add(1);
                continue;
            }
            let ids = vec![request.id];
            let Request { used_at, model, usage, tier, claimed, .. } = request;
            all.extend(self.priced(
                tool,
                1,
                Priced {
                    ids,
                    used_at: *used_at,
                    model: model.clone(),
                    usage: *usage,
                    tier: *tier,
                    claimed: *claimed,
                    counters: Vec::new(),
                },
            ));
        }
        Ok(all)
    }

    fn counters(
        &mut self,
        tool: Tool,
        of: &Session<'_>,
        known: &KnownSession,
        span: &Range<Instant>,
    ) -> Result<Vec<Seen>, Error> {
        let (new, old): (Vec<&Point>, Vec<&Point>) =
            of.points.iter().copied().partition(|point| !known.ids.contains(&point.id()));
        self.taken.known = self.taken.known.saturating_add(u64::try_from(old.len()).unwrap_or(u64::MAX));
        let mut all = Vec::new();
        for grown in growth::of(&new, &known.counters) {
            let growth::Growth { ids, used_at, model, usage, claimed, counters } = grown;
            let began = of.points.iter().filter(|point| ids.contains(&point.id())).map(|point| point.start).min();
            let began = began.map_or(used_at, |nanos| {
                Instant::from_micros(i64::try_from(nanos / 1_000).unwrap_or(i64::MAX)).min(used_at)
            });
            if !tool.names_sessions() && self.passed(span)?.has_any(tool, &(began..used_at)) {
                self.taken.passed = self.taken.passed.saturating_add(1);
                continue;
            }
            let tier = Tier::Standard;
            all.extend(self.priced(tool, 0, Priced { ids, used_at, model, usage, tier, claimed, counters }));
        }
        Ok(all)
    }

    /// With its price; `None`, and counted as such, where it is more than anything can be.
    fn priced(&mut self, tool: Tool, requests: u64, of: Priced) -> Option<Seen> {
        let Priced { ids, used_at, model, usage, tier, claimed, counters } = of;
        let used_at = used_at.min(self.now);
        let is_sane = usage.used().all(|(_, count)| count <= COUNT_MAX) && claimed.is_none_or(|cost| cost <= COST_MAX);
        if !is_sane {
            self.taken.unreadable = self.taken.unreadable.saturating_add(1);
            return None;
        }
        let priced = if usage.is_empty() { None } else { self.price(tool, &model, used_at, &usage, tier) };
        let (charge, card) = priced.filter(|(charge, _)| *charge <= COST_MAX).unzip();
        // Views of what is counted are not kept.
        let usage = Usage { reasoning: 0, ..usage };
        Some(Seen { ids, used_at, model, requests, usage, tier, charge, card, claimed, counters })
    }

    /// What it costs by the price book: the call, had it passed here.
    fn price(&self, tool: Tool, model: &str, at: Instant, usage: &Usage, tier: Tier) -> Option<(Nano, CardVersion)> {
        let prices = self.snapshot.directory.prices();
        let card = prices.lookup(tool.provider(), model, at).ok()?;
        let terms = prices.terms(card, at, &self.snapshot.currency).ok()?;
        let served = Served { model: None, tier, geo: None };
        let charge = rating::rate(card, usage, &served, terms).ok()?;
        Some((charge, card.version()))
    }
}

/// Something seen, before it has a price.
struct Priced {
    ids: Vec<u64>,
    used_at: Instant,
    model: String,
    usage: Usage,
    tier: Tier,
    claimed: Option<Nano>,
    counters: Vec<purser_core::observed::Counter>,
}

/// The time of what is told: its first and last use.
fn span(told: &Told, now: Instant) -> Range<Instant> {
    let of_points =
        told.points.iter().map(|point| Instant::from_micros(i64::try_from(point.time / 1_000).unwrap_or(i64::MAX)));
    let mut all = told.requests.iter().map(|request| request.used_at).chain(of_points).map(|at| at.min(now));
    let first = all.next().unwrap_or(now);
    all.fold(first..first, |span, at| span.start.min(at)..span.end.max(at))
}

/// In as many observations as fit a record each.
fn cut(empty: &Observation, seen: Vec<Seen>) -> Vec<Observation> {
    let mut all: Vec<Observation> = Vec::new();
    let mut bytes = 0_usize;
    for seen in seen {
        // A name or a counter has at most 20 digits a number.
        let more = 400_usize
            .saturating_add(seen.ids.len().saturating_mul(21))
            .saturating_add(seen.counters.len().saturating_mul(130));
        let last = all.last_mut();
        if let Some(last) = last.filter(|last| last.seen.len() < SEEN_MAX && bytes.saturating_add(more) <= RECORD_BYTES)
        {
            last.seen.push(seen);
            bytes = bytes.saturating_add(more);
        } else {
            all.push(Observation { seen: vec![seen], ..empty.clone() });
            bytes = more;
        }
    }
    all
}
