//! Charges and bounds against arithmetic written for clarity: a price list as nested maps, every rate looked up anew,
//! exact fractions, nothing of the product's but the answer.

use std::collections::BTreeMap;

use purser_core::price::{Bucket, BucketSet, CardSpec, RateCard, Ratio};
use purser_core::rating::{Bounds, Geo, Quote, RatingError, affordable_output, explain, rate, rate_bound};
use purser_core::usage::{Served, Tier, Usage};

use crate::random::{Random, each_case};

const INPUT: [&str; 7] =
    ["input_uncached", "cache_read", "cache_write_5m", "cache_write_1h", "audio_in", "image_in", "audio_cache_read"];
const OUTPUT: [&str; 3] = ["output", "audio_out", "image_out"];
const CALLS: [&str; 3] = ["web_search_calls", "file_search_calls", "code_calls"];
const TIERS: [(&str, Tier); 5] = [
    ("standard", Tier::Standard),
    ("batch", Tier::Batch),
    ("flex", Tier::Flex),
    ("priority", Tier::Priority),
    ("fast", Tier::Fast),
];

/// What a bucket without a price of its own is billed as.
fn next_of_kin(bucket: &str) -> Option<&'static str> {
    match bucket {
        "cache_read" | "cache_write_5m" | "audio_in" | "image_in" => Some("input_uncached"),
        "cache_write_1h" => Some("cache_write_5m"),
        "audio_cache_read" => Some("audio_in"),
        "audio_out" | "image_out" => Some("output"),
        _ => None,
    }
}

/// Nano-units per million, by bucket.
type Prices = BTreeMap<&'static str, u64>;

#[derive(Clone, Debug, Default)]
struct Sheet {
    prices: Prices,
    /// Prices of prompts above so many tokens, rising.
    above: Vec<(u64, Prices)>,
}

#[derive(Clone, Debug)]
enum TierPrice {
    Times(u64, u64),
    Own(Sheet),
}

#[derive(Clone, Debug, Default)]
struct List {
    standard: Sheet,
    tiers: BTreeMap<&'static str, TierPrice>,
    regions: BTreeMap<&'static str, (u64, u64)>,
    /// Per thousand calls.
    fees: Prices,
}

/// An exact amount of nano-units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Exact {
    num: i128,
    den: i128,
}

impl Exact {
    const NOTHING: Self = Self { num: 0, den: 1 };

    fn of(num: u64, den: u64) -> Self {
        Self { num: num.into(), den: den.into() }.lowest()
    }

    fn lowest(self) -> Self {
        let (mut a, mut b) = (self.num, self.den);
        while b != 0 {
            (a, b) = (b, a % b);
        }
        Self { num: self.num / a, den: self.den / a }
    }

    fn times(self, other: Self) -> Self {
        let (left, right) =
            (Self { num: self.num, den: other.den }.lowest(), Self { num: other.num, den: self.den }.lowest());
        Self { num: left.num * right.num, den: left.den * right.den }
    }

    fn plus(self, other: Self) -> Self {
        Self { num: self.num * other.den + other.num * self.den, den: self.den * other.den }.lowest()
    }

    fn is_above(self, other: Self) -> bool {
        self.num * other.den > other.num * self.den
    }

    /// The nearest whole number, of two as near the even one.
    fn rounded(self) -> i128 {
        let below = self.num / self.den;
        let distance = |whole: i128| (self.num - whole * self.den).abs();
        match distance(below).cmp(&distance(below + 1)) {
            std::cmp::Ordering::Less => below,
            std::cmp::Ordering::Greater => below + 1,
            std::cmp::Ordering::Equal => below + below % 2,
        }
    }

    fn rounded_up(self) -> i128 {
        let below = self.num / self.den;
        if below * self.den == self.num { below } else { below + 1 }
    }
}

impl List {
    /// The price of a bucket in a prompt of this size; `None`: it has none.
    fn price(&self, tier: &str, bucket: &'static str, prompt: u64) -> Option<u64> {
        // The latest that was written of a bucket holds: standard, its long prompts, the tier's own, its long prompts.
        let mut written: Vec<&Prices> = Vec::new();
        let sheets = match self.tiers.get(tier) {
            Some(TierPrice::Own(own)) => vec![&self.standard, own],
            _ => vec![&self.standard],
        };
        for sheet in sheets {
            written.push(&sheet.prices);
            written.extend(sheet.above.iter().filter(|(tokens, _)| prompt > *tokens).map(|(_, prices)| prices));
        }
        let mut bucket = Some(bucket);
        while let Some(name) = bucket {
            if let Some(price) = written.iter().rev().find_map(|prices| prices.get(name)) {
                return Some(*price);
            }
            bucket = next_of_kin(name);
        }
        None
    }

    fn multiplier(&self, tier: &str) -> Exact {
        match self.tiers.get(tier) {
            Some(TierPrice::Times(num, den)) => Exact::of(*num, *den),
            _ => Exact::of(1, 1),
        }
    }

    /// A faster tier must be priced; a slower one costs at most what standard does.
    fn has(&self, tier: &str) -> bool {
        !matches!(tier, "priority" | "fast") || self.tiers.contains_key(tier)
    }

    fn region(&self, region: Option<&str>) -> Exact {
        let found = region.and_then(|name| self.regions.get(name));
        found.map_or(Exact::of(1, 1), |(num, den)| Exact::of(*num, *den))
    }

    /// `None`: something used has no price.
    fn charge(
        &self,
        used: &BTreeMap<&'static str, u64>,
        tier: &str,
        region: Option<&str>,
        terms: Exact,
    ) -> Option<Exact> {
        let prompt = INPUT.iter().filter_map(|bucket| used.get(bucket)).sum();
        let mut sum = Exact::NOTHING;
        for (bucket, count) in used {
            if *count == 0 {
                continue;
            }
            let line = if CALLS.contains(bucket) {
                Exact::of(*self.fees.get(bucket)?, 1_000).times(Exact::of(*count, 1))
            } else {
                let price = Exact::of(self.price(tier, bucket, prompt)?, 1_000_000).times(Exact::of(*count, 1));
                price.times(self.multiplier(tier)).times(self.region(region))
            };
            sum = sum.plus(line.times(terms));
        }
        Some(sum)
    }

    /// The dearest call: every token at the dearest price that any prompt up to the largest can meet, in each tier that
    /// it can be served at.
    fn bound(&self, asked: &Asked, terms: Exact) -> Option<Exact> {
        let tiers: &[&str] = if matches!(asked.tier, "priority" | "fast") {
            &["standard", "batch", "flex", "priority", "fast"]
        } else {
            &["standard", "batch", "flex"]
        };
        let region = match asked.region {
            Some(region) => self.region(Some(region)),
            None => self.regions.keys().fold(Exact::of(1, 1), |most, name| {
                let this = self.region(Some(name));
                if this.is_above(most) { this } else { most }
            }),
        };
        let mut most = Exact::NOTHING;
        for tier in tiers.iter().filter(|tier| self.has(tier)) {
            let mut sum = Exact::NOTHING;
            for (buckets, count) in [(&INPUT[..], asked.input), (&OUTPUT[..], asked.output * asked.answers)] {
                if count > 0 {
                    let dearest = self.dearest(tier, buckets, asked)?;
                    sum = sum.plus(Exact::of(dearest, 1_000_000).times(Exact::of(count, 1)));
                }
            }
            sum = sum.times(self.multiplier(tier)).times(region);
            for (bucket, count) in CALLS.into_iter().zip(asked.calls) {
                if count > 0 {
                    sum = sum.plus(Exact::of(*self.fees.get(bucket)?, 1_000).times(Exact::of(count, 1)));
                }
            }
            sum = sum.times(terms);
            if sum.is_above(most) {
                most = sum;
            }
        }
        Some(most)
    }

    fn dearest(&self, tier: &str, buckets: &[&'static str], asked: &Asked) -> Option<u64> {
        let sheets = [
            Some(&self.standard),
            match self.tiers.get(tier) {
                Some(TierPrice::Own(own)) => Some(own),
                _ => None,
            },
        ];
        let sizes = sheets.into_iter().flatten().flat_map(|sheet| sheet.above.iter().map(|(tokens, _)| tokens + 1));
        let sizes: Vec<u64> = sizes.chain([0]).filter(|size| *size <= asked.input).collect();
        let mut dearest = 0;
        for bucket in buckets.iter().filter(|bucket| asked.buckets.contains(bucket)) {
            for size in &sizes {
                dearest = dearest.max(self.price(tier, bucket, *size)?);
            }
        }
        Some(dearest)
    }

    /// As it is written in a file.
    fn card(&self) -> RateCard {
        let decimal = |nano: u64| serde_json::json!(format!("{}.{:09}", nano / 1_000_000_000, nano % 1_000_000_000));
        let prices = |prices: &Prices| -> serde_json::Value {
            prices
                .iter()
                .map(|(bucket, nano)| ((*bucket).to_owned(), decimal(*nano)))
                .collect::<serde_json::Map<_, _>>()
                .into()
        };
        let above = |sheet: &Sheet| -> serde_json::Value {
            sheet
                .above
                .iter()
                .map(|(tokens, rates)| serde_json::json!({"tokens": tokens, "rates": prices(rates)}))
                .collect()
        };
        let ratio = |(num, den): (u64, u64)| serde_json::json!(format!("{num}/{den}"));
        let tiers: serde_json::Map<String, serde_json::Value> = self
            .tiers
            .iter()
            .map(|(tier, price)| {
                let price = match price {
                    TierPrice::Times(num, den) => ratio((*num, *den)),
                    TierPrice::Own(own) => serde_json::json!({"rates": prices(&own.prices), "above": above(own)}),
                };
                ((*tier).to_owned(), price)
            })
            .collect();
        let geo: serde_json::Map<String, serde_json::Value> =
            self.regions.iter().map(|(name, times)| ((*name).to_owned(), ratio(*times))).collect();
        let spec = serde_json::json!({
            "provider": "p", "model": "m", "rates": prices(&self.standard.prices), "above": above(&self.standard),
            "tiers": tiers, "geo": geo, "fees": prices(&self.fees),
        });
        RateCard::try_from(serde_json::from_value::<CardSpec>(spec).unwrap()).unwrap()
    }
}

struct Asked {
    tier: &'static str,
    region: Option<&'static str>,
    input: u64,
    output: u64,
    answers: u64,
    calls: [u64; 3],
    buckets: Vec<&'static str>,
}

fn some_prices(random: &mut Random, at_least_one: bool) -> Prices {
    let mut prices = Prices::new();
    for bucket in INPUT.into_iter().chain(OUTPUT) {
        if random.one_in(3) {
            prices.insert(bucket, random.sized(40));
        }
    }
    if at_least_one {
        let named: &&'static str = random.pick(&["input_uncached", "output"]);
        prices.insert(*named, random.sized(40));
    }
    prices
}

fn some_sheet(random: &mut Random, standard: bool) -> Sheet {
    let mut sheet = Sheet { prices: some_prices(random, standard), above: Vec::new() };
    if standard && !random.one_in(4) {
        sheet.prices.insert("input_uncached", random.sized(40));
        sheet.prices.insert("output", random.sized(40));
    }
    let mut tokens = 0;
    for _ in 0..random.below(3) {
        tokens += 1 + random.below(2_000);
        sheet.above.push((tokens, some_prices(random, false)));
    }
    sheet
}

fn some_ratio(random: &mut Random) -> (u64, u64) {
    match random.below(4) {
        0 => (1, 2),
        1 => (11, 10),
        _ => (random.below(3_000), 1 + random.below(300)),
    }
}

fn some_list(random: &mut Random) -> List {
    let mut list = List { standard: some_sheet(random, true), ..List::default() };
    for (tier, _) in &TIERS[1..] {
        match random.below(3) {
            0 => {}
            1 => {
                let (num, den) = some_ratio(random);
                list.tiers.insert(tier, TierPrice::Times(num, den));
            }
            _ => drop(list.tiers.insert(tier, TierPrice::Own(some_sheet(random, false)))),
        }
    }
    for region in ["eu", "us"] {
        if random.one_in(2) {
            list.regions.insert(region, some_ratio(random));
        }
    }
    for call in CALLS {
        if !random.one_in(4) {
            list.fees.insert(call, random.sized(30));
        }
    }
    list
}

fn bucket(name: &str) -> Bucket {
    Bucket::from_name(name).unwrap()
}

/// What was asked, and something that was used within it.
fn check(case: u64, random: &mut Random) {
    let list = some_list(random);
    let card = list.card();
    let (num, den) = some_ratio(random);
    let (terms, exact_terms) = (Ratio::try_new(num, den).unwrap(), Exact::of(num, den));

    let mut used: BTreeMap<&'static str, u64> = BTreeMap::new();
    for bucket in INPUT.into_iter().chain(OUTPUT) {
        if random.one_in(3) {
            used.insert(bucket, random.sized(24));
        }
    }
    for call in CALLS {
        if random.one_in(5) {
            used.insert(call, random.below(9));
        }
    }
    // Long prompts begin where they are said to, not one token before or after.
    if let Some((tokens, _)) = list.standard.above.first().filter(|_| random.one_in(3)) {
        used.retain(|bucket, _| !INPUT.contains(bucket));
        used.insert("cache_read", *tokens);
        used.insert("input_uncached", random.below(2));
    }
    let mut usage = Usage::default();
    for (name, count) in &used {
        *bucket(name).of_mut(&mut usage) = *count;
    }
    let (tier_name, tier) = *random.pick(&TIERS);
    let region = *random.pick(&[None, Some("eu"), Some("us"), Some("elsewhere")]);
    let served = Served { model: None, tier, geo: region.map(str::to_owned) };

    let expected = list.charge(&used, tier_name, region, exact_terms);
    let found = rate(&card, &usage, &served, terms);
    match expected {
        _ if !list.has(tier_name) => assert_eq!(found, Err(RatingError::NoTier(tier)), "case {case}"),
        None => assert!(matches!(found, Err(RatingError::NoRate(_))), "case {case}: {found:?}"),
        Some(exact) => {
            let charge = found.unwrap_or_else(|error| panic!("case {case}: {error}"));
            assert_eq!(i128::from(charge.get()), exact.rounded(), "case {case}: {exact:?}");
            let explained = explain(&card, &usage, &served, terms).unwrap();
            assert_eq!(explained.total, charge, "case {case}");
            let sum = explained.working.iter().fold(Exact::NOTHING, |sum, line| {
                let (num, den) = line.amount().unwrap();
                sum.plus(Exact { num, den }.lowest())
            });
            assert_eq!(sum, exact.lowest(), "case {case}: the lines add up");
            let calls = explained.working.iter().filter(|line| CALLS.contains(&line.bucket.name()));
            assert!(calls.into_iter().all(|line| line.above.is_none()), "case {case}: tools know no long prompts");
        }
    }
    check_bound(case, random, &list, &card, (terms, exact_terms));
}

fn check_bound(case: u64, random: &mut Random, list: &List, card: &RateCard, (terms, exact_terms): (Ratio, Exact)) {
    let (tier_name, tier) = *random.pick(&TIERS);
    let all: Vec<&'static str> = INPUT.into_iter().chain(OUTPUT).collect();
    let buckets: Vec<&'static str> =
        if random.one_in(2) { all } else { all.into_iter().filter(|_| !random.one_in(3)).collect() };
    let asked = Asked {
        tier: tier_name,
        region: *random.pick(&[None, Some("eu"), Some("elsewhere")]),
        input: if random.one_in(2) { random.below(5_000) } else { random.sized(24) },
        output: random.sized(20),
        answers: 1 + random.below(3),
        calls: [0, 1, 2].map(|_| if random.one_in(4) { random.below(5) } else { 0 }),
        buckets,
    };
    let bounds = Bounds {
        input_tokens: asked.input,
        output_tokens: asked.output,
        answers: u32::try_from(asked.answers).unwrap(),
        tier,
        geo: asked.region.map_or(Geo::Any, Geo::Only),
        buckets: asked.buckets.iter().fold(BucketSet::NONE, |set, name| set.with(bucket(name))),
        web_search_calls: asked.calls[0],
        file_search_calls: asked.calls[1],
        code_calls: asked.calls[2],
    };
    let found = rate_bound(card, &bounds, terms);
    match list.bound(&asked, exact_terms) {
        _ if !list.has(tier_name) => assert_eq!(found, Err(RatingError::NoTier(tier)), "case {case}"),
        None => assert!(matches!(found, Err(RatingError::NoRate(_))), "case {case}: {found:?}"),
        Some(exact) => {
            let bound = found.unwrap_or_else(|error| panic!("case {case}: {error}"));
            assert_eq!(i128::from(bound.get()), exact.rounded_up(), "case {case}: {exact:?}");
            let quote = Quote::of(card, &bounds, terms).unwrap();
            assert_eq!(quote.cost(asked.output), Ok(bound), "case {case}");
            // What this money can pay for: so many tokens and not one more, found by asking the slow bound.
            let fits = |output: u64| {
                list.bound(&Asked { output, ..asked.clone_of() }, exact_terms)
                    .is_some_and(|exact| exact.rounded_up() <= i128::from(bound.get()))
            };
            match affordable_output(card, bound, &bounds, terms) {
                Ok(Some(longest)) => {
                    assert!(longest >= asked.output, "case {case}");
                    if longest < 1 << 40 {
                        assert!(fits(longest) && !fits(longest + 1), "case {case}: {longest}");
                    }
                }
                Ok(None) => panic!("case {case}: a bound affords what it was made for"),
                // Output has no price, and none was asked for.
                Err(error) => {
                    assert!(asked.output == 0 && matches!(error, RatingError::NoRate(_)), "case {case}: {error}");
                }
            }
        }
    }
}

impl Asked {
    fn clone_of(&self) -> Self {
        Self { buckets: self.buckets.clone(), ..*self }
    }
}

#[test]
fn charges_and_bounds_agree_with_slow_arithmetic() {
    each_case(20_000, check);
}
