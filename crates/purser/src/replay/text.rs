//! The comparison for people: eighty columns, plain characters.

use std::fmt::Write as _;

use purser_core::breaker::Act;
use purser_core::money::Nano;
use purser_core::time::Instant;

use super::comparison::{Around, Comparison, Source, SourceKind, Telling, TripShown, name_of};
use super::curve::{Days, Grain};
use crate::cli::second;
use crate::figures::{compact, grouped};
use crate::output::{Table, fold};

/// How wide a bar is.
const BAR: usize = 34;

/// Everything, to be read from top to bottom.
pub(super) fn shown(comparison: &Comparison) -> String {
    let mut text = String::new();
    head(&mut text, &comparison.source);
    text.push('\n');
    sums(&mut text, comparison);
    let said = comparison.tellings.iter().map(|telling| stops(telling, &comparison.source));
    sections(&mut text, "", &comparison.tellings, said);
    burn(&mut text, &comparison.burn);
    // Of many people's money a minute says nothing about the one who was stopped.
    let few = comparison.source.kind != SourceKind::Recorded;
    if let Some(around) = comparison.around_stop.as_ref().filter(|_| few) {
        minutes(&mut text, around);
    }
    let said = comparison.tellings.iter().map(|telling| details(telling, comparison.source.kind));
    sections(&mut text, "What it did, ", &comparison.tellings, said);
    text.push_str("\nAssumed\n");
    for assumed in &comparison.assumptions {
        fold(&mut text, "  - ", assumed);
    }
    text
}

/// A section for each telling that something is said of; where that is the same as of the one before, both share it.
fn sections(text: &mut String, head: &str, tellings: &[Telling], said: impl Iterator<Item = String>) {
    let mut before: Option<(String, String)> = None;
    for (telling, said) in tellings.iter().zip(said) {
        before = match before {
            Some((names, same)) if same == said => Some((format!("{names}; {}", telling.name), said)),
            Some((names, other)) => {
                section(text, &format!("{head}{names}"), &other);
                Some((telling.name.clone(), said))
            }
            None => Some((telling.name.clone(), said)),
        };
    }
    if let Some((names, said)) = before {
        section(text, &format!("{head}{names}"), &said);
    }
}

fn section(text: &mut String, head: &str, said: &str) {
    if !said.is_empty() {
        let _ = write!(text, "\n{head}\n{said}");
    }
}

fn head(text: &mut String, source: &Source) {
    let name = match source.kind {
        SourceKind::Film => format!("Film {}: ", source.name),
        SourceKind::File => format!("Recording {}: ", source.name),
        SourceKind::Recorded => format!("Recorded in {}: ", source.name),
    };
    let span = source
        .first
        .zip(source.last)
        .map_or_else(|| "no calls".to_owned(), |(first, last)| format!("{} to {}", second(first), second(last)));
    fold(text, "", &format!("{name}{span}"));
    for said in [&source.what, &source.from].into_iter().flatten() {
        fold(text, "  ", said);
    }
    let figures = format!(
        "{} calls, {} tokens ({}), {}",
        grouped(source.calls),
        grouped(source.tokens),
        compact(source.tokens),
        cents(source.cost)
    );
    fold(text, "  ", &figures);
    let Some(recorded) = &source.recorded else { return };
    for (what, sum) in [
        ("corrections and what came out of suspense", &recorded.corrections),
        ("charges that say nothing of their call", &recorded.untold),
    ] {
        if sum.calls > 0 {
            let line = format!("beside them {} {what}, {}: not told again", grouped(sum.calls), cents(sum.amount));
            fold(text, "  ", &line);
        }
    }
    if recorded.unrated + recorded.guessed > 0 {
        let line = format!(
            "{} charges follow from their cards, {} do not, {} were never exact: each is told as it was posted",
            grouped(recorded.rated),
            grouped(recorded.unrated),
            grouped(recorded.guessed)
        );
        fold(text, "  ", &line);
    }
}

fn sums(text: &mut String, comparison: &Comparison) {
    let mut table = Table::new(&["", ">spent", ">saved", ">calls made", ">refused"]);
    if comparison.source.kind == SourceKind::Recorded {
        let Source { cost, calls, .. } = &comparison.source;
        table.row(["as it was".to_owned(), cents(*cost), "-".to_owned(), grouped(*calls), "-".to_owned()]);
    }
    for telling in &comparison.tellings {
        table.row([
            telling.name.clone(),
            cents(telling.spent),
            cents(telling.saved),
            grouped(telling.made),
            grouped(telling.refused.calls),
        ]);
    }
    let _ = write!(text, "{table}");
}

fn stops(telling: &Telling, source: &Source) -> String {
    let mut text = String::new();
    let since = |at: Instant| {
        let began = source.astray.filter(|astray| *astray <= at);
        began.map_or_else(String::new, |began| format!(", {} after it began", span(at.since(began))))
    };
    if let Some(warned) = &telling.first_warning {
        let line = format!("{}{} by {}: {}", second(warned.at), since(warned.at), name_of(warned.breaker), warned.seen);
        fold(&mut text, "  first warned   ", &line);
    }
    if let Some(stop) = &telling.first_stop {
        let line = format!("{}{} by {}, after {}", second(stop.at), since(stop.at), stop.by, cents(stop.spent));
        fold(&mut text, "  first stopped  ", &line);
        fold(&mut text, "                 ", &stop.sentence);
    }
    text
}

fn burn(text: &mut String, days: &Days) {
    let Some(((first, last), grain)) = ends(days).zip(Some(days.grain)) else { return };
    let each = match grain {
        Grain::Day => "day",
        Grain::Week => "week",
        Grain::Month => "month",
    };
    let _ = writeln!(text, "\nMoney by the {each}: # {last}, - {first}");
    let most = days.rows.iter().filter_map(|row| row.spent.iter().max()).max().copied().unwrap_or(Nano::ZERO);
    for row in &days.rows {
        let (without, with) = (row.spent.first().copied(), row.spent.last().copied());
        let (without, with) = (without.unwrap_or(Nano::ZERO), with.unwrap_or(Nano::ZERO));
        let line = format!("  {}  {}  {:>13}  {:>13}", row.day, bar(without, with, most), cents(without), cents(with));
        let _ = writeln!(text, "{}", line.trim_end());
    }
}

/// The first and the last telling, where there are two.
fn ends(days: &Days) -> Option<(&str, &str)> {
    match days.of.as_slice() {
        [first, .., last] if !days.rows.is_empty() => Some((first, last)),
        _ => None,
    }
}

/// What went with the rules as `#`, what went without them as `-` behind it.
fn bar(without: Nano, with: Nano, most: Nano) -> String {
    let long = |amount: Nano| {
        let cells = i128::from(amount.get().max(0)) * i128::try_from(BAR).unwrap_or(0);
        let cells = usize::try_from(cells / i128::from(most.get().max(1))).unwrap_or(0);
        if cells == 0 && amount.is_positive() { 1 } else { cells.min(BAR) }
    };
    let (with, without) = (long(with), long(without));
    let rest = without.saturating_sub(with);
    format!("{}{}{}", "#".repeat(with), "-".repeat(rest), " ".repeat(BAR - with - rest))
}

fn minutes(text: &mut String, around: &Around) {
    let _ = writeln!(text, "\nThe minutes around the first stop, {}", around.telling);
    let most = around.minutes.iter().map(|minute| minute.without.max(minute.with)).max().unwrap_or(Nano::ZERO);
    for minute in &around.minutes {
        let at = second(minute.at);
        let clock = at.get(11..16).unwrap_or("");
        let (without, with) = (cents(minute.without), cents(minute.with));
        let bar = bar(minute.without, minute.with, most);
        let _ = writeln!(text, "  {clock}       {bar}  {without:>13}  {with:>13}");
        for event in &minute.events {
            fold(text, "               ", event);
        }
    }
}

fn details(telling: &Telling, kind: SourceKind) -> String {
    let mut text = String::new();
    if telling.refusals.is_empty() && telling.breakers.is_empty() && kind == SourceKind::Recorded {
        text.push_str("  it would have refused nobody and warned of nothing\n");
    }
    for refused in &telling.refusals {
        let of_people = if refused.people == 1 { String::new() } else { format!(" of {} people", refused.people) };
        let line = format!(
            "{} calls{of_people} for {} by {}, first {} to {}:",
            grouped(refused.calls),
            cents(refused.amount),
            refused.code,
            second(refused.first),
            refused.person
        );
        fold(&mut text, "  refused  ", &line);
        fold(&mut text, "           ", &refused.sentence);
        if refused.people > 1 {
            let most = refused.most.iter().map(|of| format!("{} {}", of.person, cents(of.sum.amount)));
            fold(&mut text, "    most   ", &most.collect::<Vec<_>>().join(", "));
        }
    }
    for (what, sum) in [
        ("answers ended where the money did", &telling.clamped),
        ("calls went out with a cheaper model", &telling.switched),
    ] {
        if sum.calls > 0 {
            fold(&mut text, "  saved    ", &format!("{} {what}: {} less", grouped(sum.calls), cents(sum.amount)));
        }
    }
    if telling.parked > 0 {
        let line = format!("{} calls, for money that others had set aside", grouped(telling.parked));
        fold(&mut text, "  waited   ", &line);
    }
    if !telling.breakers.is_empty() {
        let mut table = Table::new(&["  breaker", "did", ">times", ">runs", ">people", ">not gone on with", ">calls"]);
        for of in &telling.breakers {
            table.row([
                format!("  {}", name_of(of.breaker)),
                act(of.act).to_owned(),
                grouped(of.times),
                of.runs.to_string(),
                of.people.to_string(),
                if of.act > Act::Warn { cents(of.beyond.amount) } else { "-".to_owned() },
                if of.act > Act::Warn { grouped(of.beyond.calls) } else { "-".to_owned() },
            ]);
        }
        let _ = write!(text, "\n{table}");
    }
    if !telling.held_back.is_empty() {
        text.push_str("\n  The largest runs that were held back, by what they went on with\n");
        for trip in &telling.held_back {
            held_back(&mut text, trip);
        }
    }
    text
}

fn held_back(text: &mut String, trip: &TripShown) {
    let line = format!("{} {} {}: {}", second(trip.at), trip.person, name_of(trip.breaker), trip.seen);
    fold(text, "  - ", &line);
    let mut went_on = match trip.beyond_until {
        None => "called no more".to_owned(),
        Some(until) => {
            let (calls, amount) = (grouped(trip.beyond.calls), cents(trip.beyond.amount));
            format!("went on with {amount} more in {calls} calls over {}", span(until.since(trip.at)))
        }
    };
    if let Some(lifted) = trip.lifted {
        let _ = write!(went_on, " until its owner let it go on at {}", second(lifted));
    }
    fold(text, "    ", &format!("{} had cost {}, and {went_on}", trip.run, cents(trip.cost)));
}

const fn act(act: Act) -> &'static str {
    match act {
        Act::Warn => "warned",
        Act::Hold => "held",
        Act::Pause => "paused",
        Act::Stop => "stopped",
    }
}

/// `4 min 30 s`, `11 d 2 h`
fn span(time: std::time::Duration) -> String {
    let s = time.as_secs();
    match s {
        0..60 => format!("{s} s"),
        60..3_600 => format!("{} min {} s", s / 60, s % 60),
        3_600..86_400 => format!("{} h {} min", s / 3_600, s % 3_600 / 60),
        _ => format!("{} d {} h", s / 86_400, s % 86_400 / 3_600),
    }
}

/// `150,000.12`: to the cent, half to even. The exact figure is in `--json`.
fn cents(amount: Nano) -> String {
    const CENT: i64 = 10_000_000;
    let nano = amount.get();
    let (whole, rest) = (nano.div_euclid(CENT), nano.rem_euclid(CENT));
    let up = rest > CENT / 2 || (rest == CENT / 2 && whole % 2 != 0);
    let cents = whole + i64::from(up);
    let sign = if cents < 0 { "-" } else { "" };
    format!("{sign}{}.{:02}", grouped(cents.unsigned_abs() / 100), cents.unsigned_abs() % 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_rounded_to_the_cent() {
        let check = |nano: i64, shown: &str| assert_eq!(cents(Nano::new(nano)), shown, "{nano}");
        check(0, "0.00");
        check(150_000_123_000_000, "150,000.12");
        check(5_000_000, "0.00");
        check(15_000_000, "0.02");
        check(5_000_001, "0.01");
        check(-1_230_000_000, "-1.23");
    }

    #[test]
    fn bars_fit() {
        let check = |without: i64, with: i64, expected: (usize, usize)| {
            let bar = bar(Nano::new(without), Nano::new(with), Nano::new(100));
            assert_eq!(bar.chars().count(), BAR, "{bar}");
            assert_eq!((bar.matches('#').count(), bar.matches('-').count()), expected, "{bar}");
        };
        check(100, 0, (0, BAR));
        check(100, 100, (BAR, 0));
        check(50, 1, (1, BAR / 2 - 1));
        check(0, 0, (0, 0));
    }

    #[test]
    fn times_are_told_in_two_units() {
        for (s, told) in [(59, "59 s"), (270, "4 min 30 s"), (7_260, "2 h 1 min"), (954_000, "11 d 1 h")] {
            assert_eq!(span(std::time::Duration::from_secs(s)), told);
        }
    }
}
