//! Taking reports in. The same report twice changes nothing; another one of the same day replaces the first.

use std::collections::BTreeSet;

use purser_core::bill::{self, Format, NAME_MAX, Report, day_text};
use purser_core::time::Instant;
use purser_ledger::EVENT_MAX;

use super::{BillBook, BillEvent, COSTS, Kept, hash_of, look};
use crate::access::Party;
use crate::admins::AdminEvent;
use crate::change::{CommandName, Turn};
use crate::control::Control;
use crate::error::{Code, Error, Refused};
use crate::shape::{BillDay, BillDayState, BillImport, BillKeys, ImportBill};

/// The most keys of an account.
const KEYS_MAX: usize = 1_000;

impl Control {
    /// Imports a report.
    ///
    /// # Errors
    /// [`Code::Invalid`] with the mistake in the report and its place, or a name that can't be; the journal.
    pub async fn import_bill(&self, name: Option<CommandName>, new: ImportBill) -> Result<BillImport, Error> {
        let ImportBill { provider, format, part, text, preview } = new;
        let read = move || {
            let unknown = || {
                Refused::new(Code::Invalid, "nothing in the report tells its form")
                    .hint(format!("say which it is: {}", Format::ALL.map(Format::name).join(", ")))
            };
            let format = format.or_else(|| Format::of(&text)).ok_or_else(unknown)?;
            let no_name = || {
                Refused::new(Code::Invalid, "a spreadsheet does not say whose bill it is")
                    .hint("name the provider as in the configuration")
            };
            let provider = provider.as_deref().or_else(|| format.provider()).ok_or_else(no_name)?;
            let provider = checked_provider(provider)?;
            let report = bill::read(format, part.as_deref(), &text).map_err(|mistake| {
                Refused::new(Code::Invalid, format!("the report has a mistake, {mistake}"))
                    .hint("nothing of it was imported")
            })?;
            Ok::<_, Refused>((provider, report))
        };
        let (provider, report) = tokio::task::spawn_blocking(read)
            .await
            .map_err(|error| Error::failed("reading a report ended in a panic", error))??;
        self.take_report(name, provider, report, (false, preview)).await
    }

    /// Takes in what was read.
    pub(super) async fn take_report(
        &self,
        name: Option<CommandName>,
        provider: String,
        report: Report,
        (pulled, preview): (bool, bool),
    ) -> Result<BillImport, Error> {
        self.change(name, move |turn| {
            let (by, at) = (turn.acting().party(), turn.now);
            let (mut days, mut events) = (Vec::new(), Vec::new());
            {
                let admins = turn.control().admins.read();
                for ((part, day), data) in report.usage {
                    let known = usage(&admins.bills, &provider, &part, day);
                    let state = state_of(known, &data);
                    let kept = kept_now(known, &data, (pulled, by, at), state);
                    days.push(look::usage_day((&provider, &part, day), &kept, state));
                    let provider = provider.clone();
                    let event = BillEvent::Usage { provider, part, day, data, pulled, by, at };
                    events.extend((state != BillDayState::Unchanged).then_some(event));
                }
                for (day, data) in report.costs {
                    let known = admins.bills.costs.get(&provider).and_then(|days| days.get(&day));
                    let state = state_of(known, &data);
                    let kept = kept_now(known, &data, (pulled, by, at), state);
                    days.push(look::costs_day((&provider, day), &kept, state));
                    let provider = provider.clone();
                    let event = BillEvent::Costs { provider, day, data, pulled, by, at };
                    events.extend((state != BillDayState::Unchanged).then_some(event));
                }
            }
            if days.is_empty() {
                return Err(Refused::new(Code::Invalid, "the report has no day").into());
            }
            days.sort_by(|a: &BillDay, b| (&a.day, &a.report).cmp(&(&b.day, &b.report)));
            if preview {
                return Ok(BillImport { provider, written: false, days });
            }
            let written = !events.is_empty();
            write_all(turn, events)?;
            Ok(BillImport { provider, written, days })
        })
        .await
    }

    /// Says which of an account's API keys are Purser's.
    ///
    /// # Errors
    /// Names that can't be, or the journal.
    pub async fn set_bill_keys(&self, name: Option<CommandName>, set: BillKeys) -> Result<BillKeys, Error> {
        let provider = checked_provider(&set.provider)?;
        let mut keys = BTreeSet::new();
        for key in set.keys {
            let key = key.trim().to_owned();
            let fits = !key.is_empty() && key.len() <= NAME_MAX && key.bytes().all(|byte| byte.is_ascii_graphic());
            // Somebody pastes the secret where its id is asked for: it must not get into the journal.
            if !fits || key.starts_with("sk-") {
                return Err(Refused::new(Code::Invalid, "a key's id at the provider is a word like `apikey_01…`")
                    .hint("the provider's console and its usage report show ids; never give the key itself")
                    .into());
            }
            keys.insert(key);
        }
        if keys.len() > KEYS_MAX {
            return Err(Refused::new(Code::Invalid, format!("at most {KEYS_MAX} keys are taken")).into());
        }
        self.change(name, move |turn| {
            let known = turn.control().admins.read().bills.keys.get(&provider).cloned();
            let shown = BillKeys { provider: provider.clone(), keys: keys.iter().cloned().collect() };
            if known.as_ref() != Some(&keys) {
                let at = turn.now;
                turn.commit_admin(&AdminEvent::Bill(BillEvent::Keys {
                    provider: provider.clone(),
                    keys: keys.clone(),
                    at,
                }))?;
            }
            Ok(shown)
        })
        .await
    }
}

/// A provider's name as configurations have it.
pub(super) fn checked_provider(name: &str) -> Result<String, Refused> {
    let name = name.trim();
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    if name.is_empty() || name.len() > 64 || !name.bytes().all(fits) {
        return Err(Refused::new(Code::Invalid, "a provider is named as in the configuration")
            .hint("letters, digits, dashes, dots and underscores, at most 64 of them"));
    }
    Ok(name.to_owned())
}

fn usage<'a>(book: &'a BillBook, provider: &str, part: &str, day: i64) -> Option<&'a Kept<bill::Day<bill::UsageLine>>> {
    book.usage.get(provider)?.get(&day)?.get(part)
}

fn state_of<T: serde::Serialize>(known: Option<&Kept<T>>, data: &T) -> BillDayState {
    match known {
        None => BillDayState::New,
        Some(known) if known.hash == hash_of(data) => BillDayState::Unchanged,
        Some(_) => BillDayState::Replaced,
    }
}

fn kept_now<T: Clone + serde::Serialize>(
    known: Option<&Kept<T>>,
    data: &T,
    how: (bool, Party, Instant),
    state: BillDayState,
) -> Kept<T> {
    match known {
        Some(known) if state == BillDayState::Unchanged => known.clone(),
        known => Kept::of(data, how, known.cloned()),
    }
}

/// All of them or, where one is too large, none.
fn write_all(turn: &mut Turn<'_>, events: Vec<BillEvent>) -> Result<(), Error> {
    let mut targets = BTreeSet::new();
    let events: Vec<AdminEvent> = events
        .into_iter()
        .map(|event| {
            match &event {
                BillEvent::Usage { provider, part, .. } => targets.insert(format!("{provider}/{part}")),
                BillEvent::Costs { provider, .. } => targets.insert(format!("{provider}/{COSTS}")),
                _ => false,
            };
            AdminEvent::Bill(event)
        })
        .collect();
    for event in &events {
        if event.to_bytes().len() > EVENT_MAX {
            let AdminEvent::Bill(BillEvent::Usage { day, .. } | BillEvent::Costs { day, .. }) = event else { continue };
            let what = format!("the report of {} has more than a record of the journal takes", day_text(*day));
            return Err(Refused::new(Code::Invalid, what).hint("group it by model and API key alone").into());
        }
    }
    events.iter().try_for_each(|event| turn.commit_admin(event))
}
