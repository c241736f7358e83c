use super::*;
use crate::money::Nano;

fn units(amount: &str) -> Exact {
    Exact::of(amount.parse::<Nano>().unwrap())
}

fn number(num: i128, den: i128) -> Exact {
    Exact::try_new(num, den).unwrap()
}

fn shown(exact: Exact) -> String {
    exact.round().unwrap().to_string()
}

/// Value, total cost, net, gain, gain less tokens; gross and net for each unit of tokens; change of the unit cost.
fn check(case: &Case, multiplier: Exact, amounts: [&str; 5], per_unit: [&str; 3]) {
    let got = case.at(multiplier).unwrap();
    assert_eq!([got.value, got.total_cost, got.net, got.gain, got.gain_net].map(shown), amounts.map(str::to_owned));
    let pure = [got.gross_per_token_unit, got.net_per_token_unit, got.unit_cost_change];
    assert_eq!(pure.map(|it| decimal(it.unwrap(), 2).unwrap()), per_unit.map(str::to_owned));
}

#[test]
fn an_engineer_with_tokens_who_does_three_times_as_much() {
    let case = Case::worth_its_cost(units("500000"), units("100000"));
    let amounts = ["1500000.00", "600000.00", "900000.00", "1000000.00", "900000.00"];
    check(&case, number(3, 1), amounts, ["10.00", "9.00", "-0.60"]);
    assert_eq!(case.break_even().and_then(|at| decimal(at, 2)).as_deref(), Some("1.20"));
}

#[test]
fn a_gain_of_less_than_the_tokens_cost_is_a_loss_and_shown_as_one() {
    let case = Case::worth_its_cost(units("500000"), units("100000"));
    let amounts = ["540000.00", "600000.00", "-60000.00", "40000.00", "-60000.00"];
    check(&case, number(108, 100), amounts, ["0.40", "-0.60", "0.11"]);
    // Less gets done than without.
    let amounts = ["420168.067226891", "600000.00", "-179831.932773109", "-79831.932773109", "-179831.932773109"];
    check(&case, number(100, 119), amounts, ["-0.80", "-1.80", "0.43"]);
    let even = case.at(case.break_even().unwrap()).unwrap();
    assert!(even.gain_net.is_zero() && even.net_per_token_unit.unwrap().is_zero(), "that is what break-even means");
}

#[test]
fn without_tokens_or_without_output_some_figures_are_none() {
    let free = Case::worth_its_cost(units("500000"), Exact::ZERO);
    let got = free.at(number(1, 1)).unwrap();
    assert_eq!((got.gross_per_token_unit, got.net_per_token_unit), (None, None));
    assert_eq!(free.break_even(), Some(number(1, 1)));
    let idle = Case { output: Exact::ZERO, ..Case::worth_its_cost(units("500000"), units("1")) };
    assert_eq!(idle.break_even(), None, "no multiplier makes something of nothing");
    assert_eq!(idle.at(Exact::ZERO).unwrap().unit_cost_change, None);
    assert_eq!(Case::worth_its_cost(Exact::whole(i128::MAX), units("1")).at(number(3, 1)), None, "too large");
}

#[test]
fn studies_are_in_order_with_their_sources_and_the_asserted_case_is_in_no_range() {
    assert!(studies().is_sorted_by_key(Study::multiplier));
    assert!(studies().iter().all(|study| !study.source.is_empty() && study.multiplier().is_positive()));
    let (low, high) = measured_range();
    assert_eq!((decimal(low, 3), decimal(high, 3)), (Some("0.840".to_owned()), Some("1.300".to_owned())));
}

#[test]
fn numbers_are_rounded_half_to_even() {
    for (num, den, places, text) in [
        (5, 4, 1, "1.2"),
        (-5, 4, 1, "-1.2"),
        (27, 20, 1, "1.4"),
        (-1, 1000, 2, "0.00"),
        (7, 2, 0, "4"),
        (1, 3, 3, "0.333"),
    ] {
        assert_eq!(decimal(number(num, den), places).as_deref(), Some(text), "{num}/{den}");
    }
}

fn counted(outcomes: u64, days: u64) -> Counted {
    Counted { outcomes, days }
}

fn pair(before: u64, after: u64) -> Pair {
    Pair { before: counted(before, 90), after: counted(after, 90) }
}

#[test]
fn too_few_are_told_as_too_few() {
    let few = before_after(&vec![pair(10, 11); CLUSTERS_MIN - 1], 1);
    assert_eq!(few.ratio, Err(TooFew::Clusters(7)));
    let rare = before_after(&[pair(1, 1); 9], 1);
    assert_eq!(rare.ratio, Err(TooFew::Outcomes(18)));
    let new = before_after(&[pair(0, 5); 20], 1);
    assert_eq!((new.ratio, new.after), (Err(TooFew::Nothing), counted(100, 1800)));
    assert_eq!(with_without(&[counted(3, 90); 20], &[], 1).ratio, Err(TooFew::Clusters(0)));
}

#[test]
fn the_same_seed_gives_the_same_interval_and_the_ratio_lies_in_it() {
    let pairs: Vec<Pair> = (0..40).map(|at| pair(10 + at % 7, 11 + at % 5)).collect();
    let first = before_after(&pairs, 7);
    assert_eq!(first, before_after(&pairs, 7));
    let interval = first.ratio.unwrap();
    assert!(interval.low < interval.ratio && interval.ratio < interval.high);
    assert_eq!(first.clusters, 40);
    // Everybody alike: nothing is uncertain, and the ratio is exact.
    let alike = before_after(&[Pair { before: counted(10, 90), after: counted(12, 100) }; 30], 7).ratio.unwrap();
    assert_eq!((alike.ratio, alike.low, alike.high), (number(108, 100), number(108, 100), number(108, 100)));
}

/// Numbers for the made people below.
struct Made(u64);

impl Made {
    fn unit(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        f64::from(u32::try_from(self.0 >> 32).unwrap()) / f64::from(u32::MAX)
    }

    /// Knuth's way of drawing from a Poisson distribution.
    fn poisson(&mut self, mean: f64) -> u64 {
        let (limit, mut product, mut count) = ((-mean).exp(), self.unit(), 0);
        while product > limit {
            product *= self.unit();
            count += 1;
        }
        count
    }
}

/// Made people who differ from each other and from one time to the other: of so many intervals, how many hold the truth?
#[test]
fn nineteen_of_twenty_intervals_hold_the_true_ratio() {
    for (people, worlds, at_least) in [(10_u64, 300_u32, 0.92), (40, 300, 0.93), (1_000, 100, 0.90)] {
        let truth = number(130, 100);
        let mut made = Made(people);
        let mut held = 0;
        for world in 0..worlds {
            let pairs: Vec<Pair> = (0..people)
                .map(|_| {
                    let pace = 4.0 + 16.0 * made.unit();
                    // What changes for one changes by its own factor, 1.3 on average.
                    let own = 0.6 + 0.8 * made.unit();
                    pair(made.poisson(pace), made.poisson(pace * 1.3 * own))
                })
                .collect();
            let interval = before_after(&pairs, u64::from(world)).ratio.unwrap();
            held += u32::from(interval.low <= truth && truth <= interval.high);
        }
        let part = f64::from(held) / f64::from(worlds);
        assert!(part >= at_least, "{people} people: {held} of {worlds}");
        assert!(part < 0.995 || worlds < 300, "{people} people: so wide that it says nothing");
    }
}
