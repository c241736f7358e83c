//! What holds whatever the figures are.

use jiff::civil::{Date, date};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use purser_web::chart::{
    Band, Bar, BurnDown, Calendar, Day, Distribution, Figure, Gain, Kind, Left, Measured, Outlook, Part, Pillar,
    Pillars, RunsOut, Spec, Stacked, Step, Stopped, Stretch, Timeline, Unit, Waterfall, svg,
};

use crate::read::{check, elements, tenths, value};
use crate::samples::{all, money, one};

/// Draws it, and holds the figure against what must hold of every one.
fn checked(kind: Kind) -> Figure {
    let figure = svg(&Spec { id: "it".to_owned(), title: "It".to_owned(), kind });
    if figure.wide.is_empty() {
        assert!(figure.narrow.is_empty() && figure.table.rows.is_empty() && !figure.caption.is_empty());
    } else {
        check(&figure.wide);
        check(&figure.narrow);
    }
    for cells in figure.table.rows.iter().chain(&figure.table.foot) {
        assert_eq!(cells.len(), figure.table.head.len(), "a head for each cell");
    }
    elements(&figure.html());
    figure
}

/// `−1,234` as it was.
fn read(text: &str) -> i128 {
    text.replace(',', "").replace('−', "-").parse().unwrap()
}

/// Figures of any size, those that break things more often.
fn figure() -> impl Strategy<Value = i64> {
    prop_oneof![
        4 => 0_i64..1_000_000_000_000,
        1 => any::<i64>(),
        1 => prop_oneof![Just(0), Just(1), Just(-1), Just(i64::MAX), Just(i64::MIN), Just(210_000_000_000)],
    ]
}

fn day() -> impl Strategy<Value = Date> {
    (0_i64..800).prop_map(|days| date(2025, 6, 1).checked_add(jiff::Span::new().days(days)).unwrap())
}

fn unit() -> impl Strategy<Value = Unit> {
    prop_oneof![Just(money()), Just(Unit::Tokens), Just(Unit::Requests)]
}

prop_compose! {
    fn burn_down()(
        unit in unit(), starts in day(), ends in day(), released in figure(), floor in option::of(figure()),
        left in vec((day(), figure()), 0..40), forecast in vec((day(), figure(), figure(), figure()), 0..30),
        within in 0_u8..=100, out in option::of((day(), any::<u16>())),
    ) -> BurnDown {
        BurnDown {
            unit, starts, ends, released, floor, within,
            left: left.into_iter().map(|(date, left)| Left { date, left }).collect(),
            forecast: forecast.into_iter().map(|(date, low, middle, high)| Outlook { date, low, middle, high }).collect(),
            runs_out: out.map(|(date, minute)| RunsOut { date, minute }),
        }
    }
}

prop_compose! {
    fn stacked()(series in 0_usize..12)(
        unit in Just(Unit::Tokens),
        bars in vec((".{0,12}", vec((figure(), figure()), series)), 0..40),
        series in vec(".{0,30}", series),
    ) -> Stacked {
        let bars = bars.into_iter().map(|(label, parts)| Bar {
            label,
            parts: parts.into_iter().map(|(all, cached)| Part { all, cached }).collect(),
        });
        Stacked { unit, bars: bars.collect(), series, per: "day" }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn burn_downs_stay_in_their_frame(chart in burn_down()) {
        let rows = chart.left.len() + chart.forecast.len();
        let figure = checked(Kind::BurnDown(chart));
        prop_assert!(figure.wide.is_empty() || figure.table.rows.len() == rows);
    }

    #[test]
    fn stacked_parts_are_the_total(chart in stacked()) {
        let whole: i128 = chart.bars.iter().flat_map(|bar| &bar.parts).map(|part| i128::from(part.all.max(0))).sum();
        let figure = checked(Kind::Stacked(chart));
        prop_assert_eq!(figure.wide.is_empty(), whole == 0);
        for row in figure.table.rows.iter().chain(&figure.table.foot).filter(|_| whole > 0) {
            let numbers: Vec<i128> = row[1..].iter().map(|cell| read(cell)).collect();
            let parts = &numbers[1..numbers.len() - 1];
            prop_assert!(parts.len() <= 7, "six and the others");
            prop_assert_eq!(parts.iter().sum::<i128>(), numbers[0]);
            prop_assert!(numbers[numbers.len() - 1] <= numbers[0]);
        }
        if whole > 0 {
            prop_assert_eq!(read(&figure.table.foot.unwrap()[1]), whole);
        }
    }

    #[test]
    fn calendars_count_each_day_once(until in day(), days in vec((day(), figure(), any::<bool>()), 0..400)) {
        let days = days.into_iter().map(|(date, value, is_leave)| Day { date, value, is_leave });
        let figure = checked(Kind::Calendar(Calendar { unit: Unit::Tokens, until, days: days.collect() }));
        if let Some(foot) = figure.table.foot {
            let sum: i128 = figure.table.rows.iter().map(|row| read(&row[1])).sum();
            prop_assert_eq!(sum, read(&foot[1]));
        }
    }

    #[test]
    fn everybody_is_in_one_bin(unit in unit(), values in vec(figure(), 0..200), is_log in any::<bool>()) {
        let people = values.len();
        let figure = checked(Kind::Distribution(Distribution { unit, values, is_log }));
        if !figure.wide.is_empty() {
            let sum: usize = figure.table.rows.iter().map(|row| row[2].parse::<usize>().unwrap()).sum();
            prop_assert_eq!(sum, people);
        }
    }

    #[test]
    fn bands_stay_in_their_frame(
        unit in unit(), least in figure(), middle in figure(), most in figure(), at in figure(), percentile in option::of(0_u8..100),
    ) {
        checked(Kind::Band(Band { unit, least, middle, most, at, percentile }));
    }

    #[test]
    fn pillars_are_the_package(amounts in vec(figure(), 0..7)) {
        let whole: i128 = amounts.iter().take(4).map(|amount| i128::from((*amount).max(0))).sum();
        let pillars = amounts.into_iter().map(|amount| Pillar { name: format!("<{amount}>"), amount });
        let figure = checked(Kind::Pillars(Pillars { unit: Unit::Tokens, pillars: pillars.collect() }));
        if let Some(foot) = figure.table.foot {
            prop_assert_eq!(read(&foot[1]), whole);
            prop_assert_eq!(figure.table.rows.iter().map(|row| read(&row[1])).sum::<i128>(), whole);
        }
    }

    #[test]
    fn waterfalls_end_where_their_steps_lead(first in figure(), changes in vec(figure(), 0..9)) {
        let last = changes.iter().fold(i128::from(first), |sum, change| sum + i128::from(*change));
        let steps = changes.into_iter().map(|change| Step { name: "cause".to_owned(), change });
        let chart = Waterfall { unit: Unit::Tokens, from: "a".into(), first, steps: steps.collect(), to: "b".into() };
        if let Some(foot) = checked(Kind::Waterfall(chart)).table.foot {
            prop_assert_eq!(read(&foot[2]), last);
        }
    }

    #[test]
    fn gains_stay_in_their_frame(
        points in vec((0_i64..1_000_000, figure()), 0..30), break_even in option::of(any::<i64>()),
        measured in option::of((any::<i64>(), any::<i64>(), any::<i64>(), figure())),
    ) {
        let measured = measured.map(|(at, low, high, gain)| Measured { at, low, high, gain });
        checked(Kind::Gain(Gain { unit: money(), points, break_even, measured }));
    }

    #[test]
    fn timelines_stay_in_their_frame(
        spent in vec((figure(), figure()), 0..300), limit in option::of(figure()),
        stopped_after in option::of(0_usize..400), per in ".{0,20}",
    ) {
        let stretches = spent.into_iter().zip(0..).map(|((own, below), at)| Stretch { label: format!("{at}"), own, below });
        let stopped = stopped_after.map(|after| Stopped { after, at: "noon".to_owned() });
        let stretches: Vec<Stretch> = stretches.collect();
        let sum = stretches.iter().map(|one| i128::from(one.own.max(0)) + i128::from(one.below.max(0))).sum::<i128>();
        let chart = Timeline { unit: Unit::Tokens, stretches, per, until: "last".to_owned(), limit, stopped };
        if let Some(foot) = checked(Kind::Timeline(chart)).table.foot {
            prop_assert_eq!(read(&foot[3]), sum, "the last of the sums is the sum");
            prop_assert_eq!(read(&foot[1]) + read(&foot[2]), sum);
        }
    }
}

#[test]
fn a_bar_is_as_high_as_its_parts() {
    let figure = svg(&one("stacked"));
    let Kind::Stacked(chart) = one("stacked").kind else { panic!("a stacked chart") };
    let totals: Vec<i64> = chart.bars.iter().map(|bar| bar.parts.iter().map(|part| part.all).sum()).collect();
    let marks = elements(&figure.wide).into_iter().filter(|element| element.0 == "rect");
    let mut bars = std::collections::BTreeMap::<i64, (i64, i64)>::new();
    let fills = ["c-1", "c-2", "c-3", "c-4", "c-5", "c-6", "c-other"];
    for mark in marks.filter(|mark| value(mark, "class").is_some_and(|class| fills.contains(&class))) {
        let number = |name: &str| tenths(value(&mark, name).unwrap());
        if number("height") == 100 && number("width") == 100 {
            continue; // the legend's
        }
        let reach = bars.entry(number("x")).or_insert((i64::MAX, 0));
        *reach = (reach.0.min(number("y")), reach.1.max(number("y") + number("height")));
    }
    let heights: Vec<i64> = bars.values().map(|(top, bottom)| bottom - top).collect();
    assert_eq!(heights.len(), totals.len());
    let (most, high) = (totals.iter().max().unwrap(), heights.iter().max().unwrap());
    for (height, total) in heights.iter().zip(&totals) {
        let expected = i64::try_from(i128::from(*total) * i128::from(*high) / i128::from(*most)).unwrap();
        assert!((expected - height).abs() <= 20, "{height} where {expected} is in proportion");
    }
}

#[test]
fn what_people_wrote_is_text() {
    let nasty = "\"><script>alert(1)</script>'&\u{202e}\u{0}\u{ffff}";
    let bar = |value| Bar { label: nasty.to_owned(), parts: vec![Part { all: value, cached: value / 2 }] };
    let stacked = Stacked { unit: money(), series: vec![nasty.to_owned()], bars: vec![bar(5), bar(9)], per: "day" };
    let step = Step { name: nasty.to_owned(), change: 7 };
    let waterfall =
        Waterfall { unit: money(), from: nasty.to_owned(), first: 5, steps: vec![step], to: nasty.to_owned() };
    let pillar = Pillar { name: nasty.to_owned(), amount: 5 };
    let timeline = Timeline {
        unit: money(),
        stretches: vec![Stretch { label: nasty.to_owned(), own: 1, below: 2 }],
        per: nasty.to_owned(),
        until: nasty.to_owned(),
        limit: Some(9),
        stopped: Some(Stopped { after: 1, at: nasty.to_owned() }),
    };
    let pillars = Pillars { unit: money(), pillars: vec![pillar] };
    for kind in [Kind::Stacked(stacked), Kind::Waterfall(waterfall), Kind::Pillars(pillars), Kind::Timeline(timeline)] {
        let html = svg(&Spec { id: nasty.to_owned(), title: nasty.to_owned(), kind }).html();
        elements(&html);
        assert!(!html.contains("<script"), "{html}");
        assert!(!html.contains(['\u{202e}', '\u{0}', '\u{ffff}']));
    }
}

#[test]
fn samples_hold_what_every_chart_holds() {
    for spec in all() {
        let figure = checked(spec.kind);
        assert!(!figure.wide.is_empty());
        assert!(figure.wide.len() < 120_000, "{} bytes", figure.wide.len());
    }
}

#[test]
fn one_point_is_a_chart_and_none_is_a_sentence() {
    let today = date(2026, 11, 27);
    let bar = Bar { label: "27 Nov".to_owned(), parts: vec![Part { all: 5, cached: 0 }] };
    let day = Day { date: today, value: 210_000_000_000, is_leave: false };
    let stacked =
        |bars| Kind::Stacked(Stacked { unit: Unit::Requests, series: vec!["m".to_owned()], bars, per: "day" });
    let calendar = |days| Kind::Calendar(Calendar { unit: Unit::Tokens, until: today, days });
    let distribution = |values| Kind::Distribution(Distribution { unit: Unit::Tokens, values, is_log: true });
    assert!(checked(stacked(vec![])).wide.is_empty());
    assert!(checked(calendar(vec![])).wide.is_empty());
    assert!(checked(distribution(vec![])).wide.is_empty());
    assert_eq!(checked(stacked(vec![bar])).caption, "5 calls in all, 100 % of it m.");
    let caption = checked(calendar(vec![day])).caption;
    assert!(caption.starts_with("210B tokens on 1 day of the 53 weeks to 27 Nov 2026."), "{caption}");
    assert!(checked(distribution(vec![7])).caption.starts_with("Of 1 person, half used at most 7,"));
}

#[test]
fn one_who_uses_a_thousand_times_as_much_does_not_make_the_others_one_bar() {
    let counted = |id| {
        let figure = svg(&one(id));
        figure.table.rows.iter().filter(|row| row[2] != "0").count()
    };
    assert_eq!(counted("distribution"), 2);
    assert!(counted("distribution-log") > 6);
}
