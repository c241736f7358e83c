//! A chart of each kind with figures as a company has them.

use jiff::civil::{Date, date};
use purser_core::money::Currency;
use purser_web::chart::{
    Band, Bar, BurnDown, Calendar, Day, Distribution, Gain, Kind, Left, Measured, Outlook, Part, Pillar, Pillars,
    RunsOut, Spec, Stacked, Step, Stopped, Stretch, Timeline, Unit, Waterfall,
};

/// Whole dollars.
pub(crate) const UNIT: i64 = 1_000_000_000;

pub(crate) fn money() -> Unit {
    Unit::Money(Currency::usd())
}

/// Even-looking noise that is the same every time: 0 up to 99.
pub(crate) fn noise(at: i64) -> i64 {
    at.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407).rotate_left(23).rem_euclid(100)
}

fn nth(start: Date, days: i64) -> Date {
    start.checked_add(jiff::Span::new().days(days)).unwrap()
}

fn burn_down() -> BurnDown {
    let starts = date(2026, 11, 1);
    let mut left = 2_000 * UNIT;
    let days = (0..19).map(|at| {
        let date = nth(starts, at);
        if date.weekday().to_monday_zero_offset() < 5 {
            left -= (60 + noise(at)) * UNIT;
        }
        Left { date, left }
    });
    let days: Vec<Left> = days.collect();
    let now = days[18].left;
    let forecast = (19..30).map(|at| {
        let gone = (at - 18) * 82 * UNIT;
        let wide = (at - 18) * 24 * UNIT;
        Outlook {
            date: nth(starts, at),
            low: (now - gone - wide).max(0),
            middle: (now - gone).max(0),
            high: (now - gone + wide).max(0),
        }
    });
    BurnDown {
        unit: money(),
        starts,
        ends: date(2026, 11, 30),
        released: 2_000 * UNIT,
        floor: Some(500 * UNIT),
        left: days,
        forecast: forecast.collect(),
        within: 80,
        runs_out: Some(RunsOut { date: date(2026, 11, 26), minute: 14 * 60 + 20 }),
    }
}

fn stacked() -> Stacked {
    let names = [
        "claude-opus-5",
        "gpt-6",
        "claude-sonnet-5",
        "gemini-4-pro",
        "gpt-6-mini",
        "mistral-large-4",
        "llama-5-70b",
        "command-r4",
    ];
    let bars = (0..30).map(|day| {
        let date = nth(date(2026, 10, 29), day);
        let rest = if date.weekday().to_monday_zero_offset() < 5 { 1 } else { 8 };
        let parts = (0..8).map(|model| {
            let all = (900 - model * 100) * (40 + noise(day * 8 + model)) * UNIT / 100 / rest;
            Part { all, cached: all * noise(day + model * 31) / 200 }
        });
        Bar { label: date.strftime("%-d %b").to_string(), parts: parts.collect() }
    });
    Stacked { unit: money(), series: names.map(str::to_owned).into(), bars: bars.collect(), per: "day" }
}

fn calendar() -> Calendar {
    let until = date(2026, 11, 27);
    let days = (0..400).filter_map(|back| {
        let date = nth(until, -back);
        let weekend = date.weekday().to_monday_zero_offset() >= 5;
        let is_leave = (140..152).contains(&back) && !weekend;
        let value =
            if is_leave || (weekend && noise(back) < 80) { 0 } else { (noise(back) * noise(back + 7) / 20 + 3) * UNIT };
        (value > 0 || is_leave).then_some(Day { date, value, is_leave })
    });
    Calendar { unit: money(), until, days: days.collect() }
}

fn distribution(is_log: bool) -> Distribution {
    let mut values: Vec<i64> = (0..119)
        .map(|at| {
            let size = noise(at) * noise(at + 40) * noise(at + 80) / 30 + 20;
            size * 100_000
        })
        .collect();
    values.push(210_000_000_000);
    Distribution { unit: Unit::Tokens, values, is_log }
}

fn timeline() -> Timeline {
    let spent =
        (0..48).map(|at| (if at < 30 { 12 + noise(at) / 5 } else { 30 + (at - 30) * 9 + noise(at) / 4 }) * UNIT / 100);
    let label = |minute: i64| format!("{:02}:{:02}", (832 + minute) / 60, (832 + minute) % 60);
    let stretches = spent.zip(0..).map(|(own, at)| Stretch {
        label: label(at),
        own,
        below: if (20..26).contains(&at) { noise(at + 7) * UNIT / 100 } else { 0 },
    });
    Timeline {
        unit: money(),
        stretches: stretches.collect(),
        per: "minute".to_owned(),
        until: label(48),
        limit: Some(50 * UNIT),
        stopped: Some(Stopped { after: 48, at: label(47) }),
    }
}

/// A chart of each kind.
pub(crate) fn all() -> Vec<Spec> {
    let pillar = |name: &str, amount: i64| Pillar { name: name.to_owned(), amount: amount * UNIT };
    let step = |name: &str, change: i64| Step { name: name.to_owned(), change: change * UNIT };
    let kinds = [
        ("burn-down", "Your November", Kind::BurnDown(burn_down())),
        ("stacked", "Spending by model", Kind::Stacked(stacked())),
        ("calendar", "A year of days", Kind::Calendar(calendar())),
        ("distribution-log", "Tokens per person, by steps", Kind::Distribution(distribution(true))),
        ("distribution", "Tokens per person", Kind::Distribution(distribution(false))),
        (
            "band",
            "The token line in its band",
            Kind::Band(Band {
                unit: money(),
                least: 18_000 * UNIT,
                middle: 24_000 * UNIT,
                most: 30_000 * UNIT,
                at: 26_500 * UNIT,
                percentile: Some(68),
            }),
        ),
        (
            "pillars",
            "The package",
            Kind::Pillars(Pillars {
                unit: money(),
                pillars: vec![
                    pillar("Salary", 182_000),
                    pillar("Bonus", 27_300),
                    pillar("Equity", 64_000),
                    pillar("Tokens", 36_500),
                ],
            }),
        ),
        (
            "waterfall",
            "From October to November",
            Kind::Waterfall(Waterfall {
                unit: money(),
                from: "October".to_owned(),
                first: 48_200 * UNIT,
                steps: vec![
                    step("New people", 6_400),
                    step("Volume", 5_150),
                    step("Price", -7_900),
                    step("Mix", 1_720),
                ],
                to: "November".to_owned(),
            }),
        ),
        (
            "gain",
            "What comes back",
            Kind::Gain(Gain {
                unit: money(),
                points: (8..=20).map(|tenth| (tenth * 100, (tenth - 12) * 25_000 * UNIT)).collect(),
                break_even: Some(1_200),
                measured: Some(Measured { at: 1_120, low: 1_020, high: 1_240, gain: -20_000 * UNIT }),
            }),
        ),
        ("timeline", "The run that looped", Kind::Timeline(timeline())),
    ];
    kinds.into_iter().map(|(id, title, kind)| Spec { id: id.to_owned(), title: title.to_owned(), kind }).collect()
}

/// The sample of this name.
pub(crate) fn one(id: &str) -> Spec {
    all().into_iter().find(|spec| spec.id == id).expect("there is a sample of that name")
}
