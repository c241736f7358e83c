use std::time::Duration;

use purser_core::money::{Currency, Nano};
use ratatui::Terminal;
use ratatui::backend::TestBackend;

use super::*;
use crate::demo::board::Tally;
use crate::demo::company::{ROLES, RUNAWAY, UNITS};
use crate::demo::scene::{
    BudgetLine, DecisionLine, JournalLine, Kind, PersonLine, Purse, Runaway, StatementLines, Totals,
};

fn money(text: &str) -> Nano {
    text.parse().unwrap()
}

fn scene() -> Scene {
    let people = ROLES.iter().enumerate().map(|(place, role)| {
        let (amount, per) = role.grant.split_once('/').unwrap();
        let out = role.title == "Intern";
        PersonLine {
            short: role.short(),
            city: role.city.to_owned(),
            purse: Purse {
                limit: money(amount),
                spent: money(role.morning),
                held: money(if place % 3 == 0 { "0.42" } else { "0" }),
            },
            per: per.to_owned(),
            per_hour: money(if place % 2 == 0 { "12.3456" } else { "0.0001" }),
            tally: Tally { paid: 40 + u64::try_from(place).unwrap(), denied: u64::from(out) * 17, ..Tally::default() },
            out,
        }
    });
    let budgets = UNITS.iter().map(|unit| BudgetLine {
        name: unit.name.to_owned(),
        purse: Purse { limit: money(unit.budget.split('/').next().unwrap()), spent: money("421.50"), held: Nano::ZERO },
        per: "month".to_owned(),
    });
    let sentence =
        "The budget of this key is exhausted: $1.43 of $1.50 used today, resets 26 Nov 00:00 (Asia/Kolkata).";
    Scene {
        currency: Currency::usd(),
        gateway: "http://127.0.0.1:41234".to_owned(),
        elapsed: Duration::from_secs(12),
        paused: false,
        morning: false,
        people: people.collect(),
        budgets: budgets.collect(),
        journal: JournalLine { frames: 231, hash: "3f9ac2d4e5b60718".to_owned(), durable: 1_902, projected: 1_900 },
        decisions: vec![
            DecisionLine {
                at: Duration::from_secs(12),
                who: "Staff engineer's coding agent".to_owned(),
                kind: Kind::Paid,
                text: "$0.021340 for claude-opus-5-5".to_owned(),
            },
            DecisionLine {
                at: Duration::from_secs(11),
                who: "Data engineer's nightly evaluation".to_owned(),
                kind: Kind::Denied,
                text: format!("{sentence} (x 31)"),
            },
            DecisionLine {
                at: Duration::from_secs(11),
                who: "Designer".to_owned(),
                kind: Kind::Fault,
                text: "529 of the provider, nothing charged".to_owned(),
            },
        ],
        totals: Totals {
            tally: Tally { paid: 612, hung_up: 4, denied: 48, held: 2, faults: 5, lost: 0 },
            input: 12_345_678,
            cached: 9_876_543,
            output: 2_345_678,
            charged: money("123.456789012"),
            overspent: Nano::ZERO,
        },
        runaway: Runaway {
            agent: RUNAWAY.agent.to_owned(),
            owner: "Data engineer".to_owned(),
            model: RUNAWAY.model.to_owned(),
            purse: Purse { limit: money("1.50"), spent: money("1.43"), held: Nano::ZERO },
            ran: Duration::from_millis(5_200),
            stopped: Some(Duration::from_millis(6_800)),
            denied: 31,
            sentence: sentence.to_owned(),
        },
        statement: None,
    }
}

fn drawn(scene: &Scene, selected: Option<usize>, (wide, high): (u16, u16)) -> String {
    let mut terminal = Terminal::new(TestBackend::new(wide, high)).unwrap();
    terminal.draw(|frame| draw(frame, scene, selected, Theme::PLAIN)).unwrap();
    let shown = terminal.backend().to_string();
    // The backend puts quotes around its lines.
    shown.lines().map(|line| line.trim_matches('"').trim_end()).collect::<Vec<_>>().join("\n")
}

#[test]
fn at_80_by_24() {
    insta::assert_snapshot!(drawn(&scene(), None, (80, 24)));
}

#[test]
fn at_120_by_40() {
    insta::assert_snapshot!(drawn(&scene(), None, (120, 40)));
}

#[test]
fn a_statement_at_80_by_24() {
    let statement = StatementLines {
        place: 8,
        title: "Analyst, Finance, Berlin, 2026-11".to_owned(),
        sums: vec![
            ("granted".to_owned(), "$40.00".to_owned()),
            ("used".to_owned(), "$13.21".to_owned()),
            ("held".to_owned(), "$0.42".to_owned()),
        ],
        models: vec![("gpt-5.5".to_owned(), 48, money("13.21"))],
    };
    let scene = Scene { statement: Some(statement), paused: true, ..scene() };
    insta::assert_snapshot!(drawn(&scene, Some(8), (80, 24)));
    assert!(drawn(&scene, Some(3), (80, 24)).contains("one moment"), "never somebody else's statement");
}

#[test]
fn while_it_runs_the_pace_is_shown_and_nothing_is_called_saved() {
    let mut scene = scene();
    scene.runaway.stopped = None;
    let shown = drawn(&scene, None, (80, 24));
    assert!(shown.contains("RUNS for 5.2 s: $1.43 of $1.50"), "{shown}");
    assert!(!shown.contains("saved"), "{shown}");
}

#[test]
fn every_size_is_drawn() {
    for size in [(1, 1), (59, 30), (60, 20), (79, 23), (81, 25), (109, 24), (110, 24), (300, 100)] {
        drawn(&scene(), None, size);
        drawn(&scene(), Some(99), size);
    }
}
