//! Guaranteed grants under budgets that others empty.

use purser_core::account::Subject;
use purser_core::budget::BudgetOn;
use purser_core::event::Event;
use purser_core::grant::Priority;
use purser_core::id::{BudgetId, GrantId};
use purser_core::money::Nano;
use purser_ledger::Balance;

use crate::asks::{Ask, Talk, Want, ask, ask_unsigned};
use crate::company::{ANALYST, DIVISION, ENGINEER, ENGINEER_KEY, TEAM, tokens};
use crate::money::{refused, simple, small_floor};
use crate::rig::Rig;

fn balance(rig: &Rig, subject: Subject) -> Balance {
    let all = rig.ledger.balances();
    *all.iter().find(|balance| balance.key.subject == subject).unwrap_or_else(|| panic!("{subject:?} in {all:?}"))
}

fn own(output: u64) -> Ask {
    ask(Talk::Chat, &Want { script: &format!("output={output}"), ..simple(output) })
}

fn attack(output: u64) -> Ask {
    ask_unsigned(Talk::Chat, &Want { script: &format!("output={output}"), ..simple(output) }).key(ENGINEER_KEY)
}

/// The analyst has 500 tokens a day for good, the engineer as much as the budgets above leave. The company allows 1,000,
/// the division 900, the team 800.
struct Scene {
    rig: Rig,
    promised: GrantId,
    budgets: [(BudgetId, i64); 3],
}

impl Scene {
    fn set(threads: usize) -> Self {
        let (mut promised, mut budgets) = (None, Vec::new());
        let rig = Rig::bare(|setup| {
            small_floor(&mut setup.company);
            setup.company.policy(|policy| policy.useful_floor_tokens = 1);
            setup.threads = threads;
            promised = Some(setup.company.grant(ANALYST, tokens(500), |grant| grant.guaranteed = true));
            setup.company.grant(ENGINEER, tokens(1_000_000), |_| {});
            for (on, most) in [(BudgetOn::Company, 1_000), (BudgetOn::Unit(DIVISION), 900), (BudgetOn::Unit(TEAM), 800)]
            {
                budgets.push((setup.company.budget(on, tokens(most)), most));
            }
        });
        Self { rig, promised: promised.unwrap(), budgets: budgets.try_into().unwrap() }
    }

    /// Nobody has more than is allowed, and others leave what is kept.
    fn holds(&self) {
        for (budget, most) in self.budgets {
            let b = balance(&self.rig, Subject::Budget(budget));
            assert!(b.limit == tokens(most) && b.reserve == tokens(500), "{b:?}");
            assert!(b.room() >= Nano::ZERO && b.available() >= Nano::ZERO && b.overrun.is_zero(), "{b:?}");
        }
    }
}

#[test]
fn a_guarantee_under_attack_works_to_its_last_cent() {
    let scene = Scene::set(2);
    let rig = &scene.rig;
    // The first call opens the accounts that are looked at meanwhile.
    assert_eq!(rig.call(&attack(1)).status(), 200);
    std::thread::scope(|scope| {
        for attacker in 0..4_u64 {
            scope.spawn(move || {
                for round in 0..12_u64 {
                    // Two at a time each, of sizes that never fit together.
                    let calls: Vec<_> =
                        (0..2).map(|more| rig.begin(&attack(7 + 13 * attacker + 5 * round + 31 * more))).collect();
                    for mut call in calls {
                        let answer = call.answer();
                        assert!(matches!(answer.status(), 200 | 429), "{}", answer.text());
                    }
                }
            });
        }
        for _ in 0..2 {
            scope.spawn(|| {
                for _ in 0..10 {
                    let answer = rig.call(&own(25));
                    assert_eq!(answer.status(), 200, "a guaranteed call is refused: {}", answer.text());
                    assert_eq!(answer.header("x-purser-max-output"), "", "nor made smaller");
                }
            });
        }
        for _ in 0..20 {
            scene.holds();
            std::thread::yield_now();
        }
    });
    rig.quiet();
    scene.holds();
    let promised = balance(rig, Subject::Grant(scene.promised));
    assert_eq!((promised.spent, promised.available()), (tokens(500), Nano::ZERO), "to its last cent");
    // What was left for others was theirs to the last token too.
    let text = refused(rig, &rig.call(&attack(1)), 429, "budget_exhausted");
    assert_eq!(text.matches("team").count(), 1);
    assert!(!text.contains("is kept"), "nothing is kept any more: {text}");
    let team = balance(rig, Subject::Budget(scene.budgets[2].0));
    assert_eq!((team.spent, team.guaranteed.spent), (tokens(800), tokens(500)));
    refused(rig, &rig.call(&own(1)), 429, "budget_exhausted");
}

#[test]
fn what_others_took_first_does_not_matter() {
    let scene = Scene::set(1);
    let rig = &scene.rig;
    assert_eq!(rig.call(&attack(300)).status(), 200);
    let text = refused(rig, &rig.call(&attack(1)), 429, "budget_exhausted");
    assert!(text.contains("more is kept for what is guaranteed to others"), "{text}");
    for _ in 0..10 {
        assert_eq!(rig.call(&own(50)).status(), 200);
        scene.holds();
    }
    refused(rig, &rig.call(&own(1)), 429, "budget_exhausted");
}

#[test]
fn one_call_draws_on_both_kinds_and_only_one_part_is_limited_above() {
    let scene = Scene::set(1);
    let rig = &scene.rig;
    let other = rig.change(|company| company.grant(ANALYST, tokens(10_000), |grant| grant.priority = Priority::FIRST));
    // The other grant burns first: 300 of it, which is what the team has for it, then the guaranteed one.
    assert_eq!(rig.call(&own(400)).status(), 200);
    rig.quiet();
    let spent = |grant| balance(rig, Subject::Grant(grant)).spent;
    assert_eq!((spent(other), spent(scene.promised)), (tokens(300), tokens(100)));
    assert_eq!(rig.call(&own(400)).status(), 200);
    rig.quiet();
    assert_eq!((spent(other), spent(scene.promised)), (tokens(300), tokens(500)));
    scene.holds();
    refused(rig, &rig.call(&own(1)), 429, "budget_exhausted");
}

#[test]
fn a_guarantee_made_in_the_middle_of_the_day_is_kept_from_then_on() {
    let scene = Scene::set(1);
    let rig = &scene.rig;
    assert_eq!(rig.call(&attack(100)).status(), 200);
    let later = rig.change(|company| {
        company.grant(ENGINEER, tokens(150), |grant| {
            grant.guaranteed = true;
            grant.priority = Priority::LAST;
        })
    });
    // 50 are left for others; what the engineer takes above it is guaranteed by now.
    assert_eq!(rig.call(&attack(120)).status(), 200);
    rig.quiet();
    assert_eq!(balance(rig, Subject::Grant(later)).spent, tokens(70));
    assert_eq!(rig.call(&own(500)).status(), 200);
    assert_eq!(rig.call(&attack(80)).status(), 200);
    rig.quiet();
    let team = balance(rig, Subject::Budget(scene.budgets[2].0));
    assert_eq!((team.spent, team.guaranteed.spent, team.reserve), (tokens(800), tokens(650), tokens(650)));
    rig.change(|company| company.take(&Event::GrantVoided { grant: later, at: crate::company::noon() }));
    refused(rig, &rig.call(&attack(1)), 429, "budget_exhausted");
}
