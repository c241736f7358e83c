//! Charges worked by hand, and the promise that a bound is never below a charge.

use std::sync::LazyLock;

use proptest::prelude::*;

use super::*;
use crate::money::Nano;
use crate::price::{AboveSpec, Bucket, BucketSet, CardSpec, Kind, PriceBook, Rate, RateCard, RateMap, Ratio, TierSpec};
use crate::usage::{Served, Tier, Usage};

static BOOK: LazyLock<PriceBook> = LazyLock::new(PriceBook::bundled);

/// What was served: a tier and a region.
type As = (Tier, Option<&'static str>);
const PLAIN: As = (Tier::Standard, None);

fn used(buckets: &[(Bucket, u64)]) -> Usage {
    let mut usage = Usage::default();
    for (bucket, count) in buckets {
        *bucket.of_mut(&mut usage) = *count;
    }
    usage
}

/// Rates by the bundled list; the total, the same through [`explain`], and the sum of its lines must be `expect`.
fn check((provider, model, at): (&str, &str, &str), buckets: &[(Bucket, u64)], (tier, geo): As, expect: &str) {
    let card = BOOK.lookup(provider, model, format!("{at}T12:00:00Z").parse().unwrap()).unwrap();
    let served = Served { model: None, tier, geo: geo.map(str::to_owned) };
    let charge = explain(card, &used(buckets), &served, Ratio::ONE).unwrap();
    assert_eq!(charge.total.to_string(), expect, "{model} at {at}: {:?}", charge.working);
    assert_eq!(rate(card, &used(buckets), &served, Ratio::ONE), Ok(charge.total));
    assert_eq!(charge.working.len(), buckets.len(), "a line for each bucket");
}

use Bucket::{
    AudioCacheRead, AudioIn, AudioOut, CacheRead, CacheWrite1h, CacheWrite5m, CodeCalls, FileSearchCalls, ImageIn,
    InputUncached, Output, WebSearchCalls,
};

// Every figure below: price page of the provider (see `source` of the card) × tokens, worked by hand.

#[test]
fn anthropic_by_hand() {
    // Before 30 April 2026, when it stopped taking more than 200,000 tokens.
    let sonnet45 = ("anthropic", "claude-sonnet-4-5", "2026-04-01");
    // 1,234,567 × $3/M would be above 200,000 tokens, so the long-prompt $6/M holds: 7.407402.
    check(sonnet45, &[(InputUncached, 1_234_567)], PLAIN, "7.407402");
    // 200,000 is not above 200,000: 200,000 × $3/M.
    check(sonnet45, &[(InputUncached, 200_000)], PLAIN, "0.60");
    // One token more, and all are dearer: 200,001 × $6/M.
    check(sonnet45, &[(InputUncached, 200_001)], PLAIN, "1.200006");
    // The threshold counts cached tokens: 1 × $6 + 200,000 × $0.60 + 1,000 × $22.50 per M = 0.000006 + 0.12 + 0.0225.
    check(sonnet45, &[(InputUncached, 1), (CacheRead, 200_000), (Output, 1_000)], PLAIN, "0.142506");
    // The five-minute cache at 1.25 × $3 and the hour's at 2 × $3: 1,000 × 3.75 + 1,000 × 6 = 9,750 per M.
    check(sonnet45, &[(CacheWrite5m, 1_000), (CacheWrite1h, 1_000)], PLAIN, "0.00975");
    // Batch halves it all: (10,000 × 3 + 2,000 × 0.30 + 3,000 × 15) / 2 = 37,800 per M.
    let batch = (Tier::Batch, None);
    check(sonnet45, &[(InputUncached, 10_000), (CacheRead, 2_000), (Output, 3_000)], batch, "0.0378");
    // An odd token of a halved price: 1 × 0.30 / 2 = 0.15 per M = 150 nano exactly.
    check(sonnet45, &[(CacheRead, 1)], batch, "0.00000015");
    // Searches are $10 per thousand and batch leaves them alone: 3 × 0.01 + 100 × 3 / 2 per M.
    check(sonnet45, &[(InputUncached, 100), (WebSearchCalls, 3)], batch, "0.03015");

    let opus = ("anthropic", "claude-opus-5-5", "2026-11-01");
    // An agent's turn: 12 × 4 + 184,000 × 0.20 + 2,311 × 5 + 950 × 20 = 48 + 36,800 + 11,555 + 19,000 per M.
    let turn = [(InputUncached, 12), (CacheRead, 184_000), (CacheWrite5m, 2_311), (Output, 950)];
    check(opus, &turn, PLAIN, "0.067403");
    // Served in the US: × 1.1 = 0.0741433.
    check(opus, &turn, (Tier::Standard, Some("us")), "0.0741433");
    // `global` is no uplift.
    check(opus, &turn, (Tier::Standard, Some("global")), "0.067403");
    // Fast mode doubles, and in the US: × 2 × 1.1 = 0.1482866.
    check(opus, &turn, (Tier::Fast, Some("us")), "0.1482866");
    // A cache read of Fable 5.1 is 0.025 of $10: 1,000,000 × 0.25.
    check(("anthropic", "claude-fable-5-1", "2026-11-01"), &[(CacheRead, 1_000_000)], PLAIN, "0.25");
    // Haiku 5.5 above 100,000: five times: 100,001 × 0.50 + 1,000 × 2.50 = 50,000.5 + 2,500 per M.
    let haiku = ("anthropic", "claude-haiku-5-5", "2026-11-01");
    check(haiku, &[(InputUncached, 100_001), (Output, 1_000)], PLAIN, "0.0525005");
    // The same in batch, US: 52,500.5 × 0.5 × 1.1 = 28,875.275 per M.
    check(haiku, &[(InputUncached, 100_001), (Output, 1_000)], (Tier::Batch, Some("us")), "0.028875275");
}

#[test]
fn openai_by_hand() {
    let sol = |at| ("openai", "gpt-5.6-sol", at);
    // The day before the cut: 10,000 × 5 + 1,000 × 30 = 80,000 per M; on the day: 10,000 × 4 + 1,000 × 20 = 60,000.
    check(sol("2026-08-20"), &[(InputUncached, 10_000), (Output, 1_000)], PLAIN, "0.08");
    check(sol("2026-08-21"), &[(InputUncached, 10_000), (Output, 1_000)], PLAIN, "0.06");
    // Writes for 30 minutes at 1.25 × 4, for 12 hours at 2.5 × 4: 1,000 × 5 + 1,000 × 10.
    check(sol("2026-11-01"), &[(CacheWrite5m, 1_000), (CacheWrite1h, 1_000)], PLAIN, "0.015");
    // Above 272,000, priority: 272,001 × 8 × 2 + 10 × 30 × 2 = 4,352,016 + 600 per M.
    check(sol("2026-11-01"), &[(InputUncached, 272_001), (Output, 10)], (Tier::Priority, None), "4.352616");
    let gpt55 = ("openai", "gpt-5.5", "2026-11-01");
    // Priority is 2.5 times and flat: 300,000 × 12.50 + 1,000 × 75 = 3,750,000 + 75,000 per M.
    check(gpt55, &[(InputUncached, 300_000), (Output, 1_000)], (Tier::Priority, None), "3.825");
    // Flex halves, long prompts too: 300,000 × 5 + 100,000 × 0.50 + 1,000 × 22.50 = 1,500,000 + 50,000 + 22,500.
    let long = [(InputUncached, 300_000), (CacheRead, 100_000), (Output, 1_000)];
    check(gpt55, &long, (Tier::Flex, None), "1.5725");
    // Data residency: (1,000 × 5 + 100 × 30) × 1.1 = 8,800 per M.
    check(gpt55, &[(InputUncached, 1_000), (Output, 100)], (Tier::Standard, Some("eu")), "0.0088");
    // Cached input of o3 is not halved in batch: 1,000 × 1 + 1,000 × 0.50 + 100 × 4 = 1,900 per M.
    let o3 = ("openai", "o3", "2026-11-01");
    check(o3, &[(InputUncached, 1_000), (CacheRead, 1_000), (Output, 100)], (Tier::Batch, None), "0.0019");
    // Tools: 2 searches at $10, 3 file searches at $2.50 per thousand, 1 container at $0.03, and 100 × 2 per M.
    let tools = [(InputUncached, 100), (WebSearchCalls, 2), (FileSearchCalls, 3), (CodeCalls, 1)];
    check(o3, &tools, PLAIN, "0.0577");
    // Speech: 1,000 × 2.50 + 2,000 × 32 + 100 × 10 + 500 × 64 = 2,500 + 64,000 + 1,000 + 32,000 per M.
    let speech = [(InputUncached, 1_000), (Output, 100), (AudioIn, 2_000), (AudioOut, 500)];
    check(("openai", "gpt-audio", "2026-11-01"), &speech, PLAIN, "0.0995");
    // An image read: 1,000 × 5 + 2,000 × 8 + 4,160 × 30 = 5,000 + 16,000 + 124,800 per M.
    let image = [(InputUncached, 1_000), (Output, 4_160), (ImageIn, 2_000)];
    check(("openai", "gpt-image-2", "2026-11-01"), &image, PLAIN, "0.1458");
    // An embedding: 7 × 0.02 per M = 140 nano.
    check(("openai", "text-embedding-3-small", "2026-11-01"), &[(InputUncached, 7)], PLAIN, "0.00000014");
}

#[test]
fn others_by_hand() {
    let pro = ("google", "gemini-2.5-pro", "2026-11-01");
    // Above 200,000: 250,000 × 2.50 + 10,000 × 15 = 625,000 + 150,000 per M.
    check(pro, &[(InputUncached, 250_000), (Output, 10_000)], PLAIN, "0.775");
    // Batch halves input and output; the cache keeps its price, the long prompt's: 150,000 × 1.25 + 100,000 × 0.25
    // + 1,000 × 7.50 = 187,500 + 25,000 + 7,500 per M.
    let long = [(InputUncached, 150_000), (CacheRead, 100_000), (Output, 1_000)];
    check(pro, &long, (Tier::Batch, None), "0.22");
    // Audio in Flash at $1, cached at $0.10: 1,000 × 1 + 1,000 × 0.10 + 100 × 2.50 per M.
    let flash = ("google", "gemini-2.5-flash", "2026-11-01");
    check(flash, &[(Output, 100), (AudioIn, 1_000), (AudioCacheRead, 1_000)], PLAIN, "0.00135");
    // The introductory price ends with the year: 1,000 × 0.75 + 1,000 × 3.75, then twice that.
    let new = |at| ("google", "gemini-3.8-flash", at);
    check(new("2026-12-31"), &[(InputUncached, 1_000), (Output, 1_000)], PLAIN, "0.0045");
    check(new("2027-01-01"), &[(InputUncached, 1_000), (Output, 1_000)], PLAIN, "0.009");
    // A cache read of DeepSeek's V4 Pro before August: 1,000,001 × 0.003625 per M = 0.003625003625, rounded once.
    check(("deepseek", "deepseek-v4-pro", "2026-08-01"), &[(CacheRead, 1_000_001)], PLAIN, "0.003625004");
}

#[test]
fn the_golden_charge() {
    let spec = r#"{"provider":"p","model":"m","rates":{"input_uncached":"3","output":"15"}}"#;
    let card = RateCard::try_from(serde_json::from_str::<CardSpec>(spec).unwrap()).unwrap();
    let usage = used(&[(InputUncached, 1_234_567)]);
    // 1,234,567 × 3 / 1,000,000.
    assert_eq!(rate(&card, &usage, &Served::default(), Ratio::ONE).unwrap().to_string(), "3.703701");
    // Ten per cent off: 3.3333309.
    let terms = Ratio::try_new(9, 10).unwrap();
    assert_eq!(rate(&card, &usage, &Served::default(), terms).unwrap().to_string(), "3.3333309");
}

#[test]
fn peak_hours_have_a_price_of_their_own() {
    let at =
        |text: &str| BOOK.lookup("deepseek", "deepseek-v4-pro", text.parse().unwrap()).unwrap().spec().rates[&Output];
    // 2026-08-31 is a Monday.
    assert_eq!(at("2026-08-31T00:59:59Z").to_string(), "1.98");
    assert_eq!(at("2026-08-31T01:00:00Z").to_string(), "3.96");
    assert_eq!(at("2026-08-31T09:59:59Z").to_string(), "3.96");
    assert_eq!(at("2026-08-30T09:59:59Z").to_string(), "1.98", "not on a Sunday");
}

#[test]
fn what_has_no_price_is_an_error() {
    let spec = r#"{"provider":"p","model":"m","rates":{"input_uncached":"3"}}"#;
    let card = RateCard::try_from(serde_json::from_str::<CardSpec>(spec).unwrap()).unwrap();
    let charge = |buckets: &[(Bucket, u64)], tier| {
        rate(&card, &used(buckets), &Served { tier, ..Served::default() }, Ratio::ONE)
    };
    assert_eq!(charge(&[(Output, 1)], Tier::Standard), Err(RatingError::NoRate(Output)));
    assert_eq!(charge(&[(WebSearchCalls, 1)], Tier::Standard), Err(RatingError::NoRate(WebSearchCalls)));
    assert_eq!(charge(&[(InputUncached, 1)], Tier::Priority), Err(RatingError::NoTier(Tier::Priority)));
    assert_eq!(charge(&[(InputUncached, 1)], Tier::Flex), Ok(Nano::new(3_000)), "slower costs no more than standard");
    assert_eq!(charge(&[(InputUncached, u64::MAX)], Tier::Standard), Err(RatingError::Overflow));
    assert_eq!(charge(&[(CacheWrite1h, 1)], Tier::Standard), Ok(Nano::new(3_000)), "billed as input");
    let embedding = Bounds { input_tokens: 1_000, ..Bounds::default() };
    assert_eq!(rate_bound(&card, &embedding, Ratio::ONE), Ok(Nano::new(3_000_000)), "no output, no output price");
    let bound = |bounds: Bounds<'_>| rate_bound(&card, &bounds, Ratio::ONE);
    assert_eq!(bound(Bounds { output_tokens: 1, ..embedding }), Err(RatingError::NoRate(Output)));
    assert_eq!(bound(Bounds { tier: Tier::Fast, ..embedding }), Err(RatingError::NoTier(Tier::Fast)));
    assert_eq!(bound(Bounds { code_calls: 1, ..embedding }), Err(RatingError::NoRate(CodeCalls)));
    assert_eq!(bound(Bounds { input_tokens: u64::MAX, ..embedding }), Err(RatingError::Overflow));
}

#[test]
fn a_bound_is_the_dearest_that_can_happen() {
    let at = "2026-11-01T00:00:00Z".parse().unwrap();
    let check = |model: &str, bounds: Bounds<'_>, expect: &str| {
        let card = BOOK.lookup("anthropic", model, at).unwrap();
        let bound = rate_bound(card, &bounds, Ratio::ONE).unwrap();
        assert_eq!(bound.to_string(), expect);
        let longest = affordable_output(card, bound, &bounds, Ratio::ONE).unwrap().unwrap();
        assert!(longest >= bounds.output_tokens, "the bound affords what it was made for");
        let short = affordable_output(card, Nano::new(bound.get() - 1), &bounds, Ratio::ONE).unwrap();
        assert!(short.is_none_or(|tokens| tokens < bounds.output_tokens), "one nano less does not");
    };
    let plain = Bounds { input_tokens: 10_000, output_tokens: 1_000, ..Bounds::default() };
    // The hour's cache write at $8, in the US: (10,000 × 8 + 1,000 × 20) × 1.1 = 110,000 per M.
    check("claude-opus-5-5", plain, "0.11");
    // Known to be global, and to write only for five minutes: 10,000 × 5 + 1,000 × 20.
    let known = Bounds { geo: Geo::Only("global"), buckets: BucketSet::ALL.without(CacheWrite1h), ..plain };
    check("claude-opus-5-5", known, "0.07");
    // Three answers: 50,000 + 3 × 20,000.
    check("claude-opus-5-5", Bounds { answers: 3, ..known }, "0.11");
    // Fast can be served fast: twice.
    check("claude-opus-5-5", Bounds { tier: Tier::Fast, ..known }, "0.14");
    // Batch can be served as standard.
    check("claude-opus-5-5", Bounds { tier: Tier::Batch, ..known }, "0.07");
    // 100,000 tokens of Haiku 5.5 can't be above 100,000; one more can: 100,000 × 0.20 × 1.1, 100,001 × 1 × 1.1.
    check("claude-haiku-5-5", Bounds { input_tokens: 100_000, ..Bounds::default() }, "0.022");
    check("claude-haiku-5-5", Bounds { input_tokens: 100_001, ..Bounds::default() }, "0.1100011");
    // Five searches: 5 × $0.01 more.
    check("claude-opus-5-5", Bounds { web_search_calls: 5, ..known }, "0.12");
}

prop_compose! {
    /// Some rates of tokens, always with input and output.
    fn rates()(input in 0_u64..1 << 40, output in 0_u64..1 << 40,
               more in proptest::collection::btree_map(0..10_usize, 0_u64..1 << 40, 0..6)) -> RateMap {
        let named = [(InputUncached, Rate::new(input)), (Output, Rate::new(output))];
        let more = more.into_iter().map(|(place, rate)| (Bucket::ALL[place], Rate::new(rate)));
        more.chain(named).collect()
    }
}

fn above() -> impl Strategy<Value = Vec<AboveSpec>> {
    proptest::collection::btree_map(1_u64..5_000, rates(), 0..3)
        .prop_map(|above| above.into_iter().map(|(tokens, rates)| AboveSpec { tokens, rates }).collect())
}

fn ratio() -> impl Strategy<Value = Ratio> {
    (0_u64..5_000, 1_u64..1_000).prop_map(|(num, den)| Ratio::try_new(num, den).unwrap())
}

fn tier_price() -> impl Strategy<Value = TierSpec> {
    prop_oneof![
        ratio().prop_map(TierSpec::Times),
        (rates(), above()).prop_map(|(rates, above)| TierSpec::Own { rates, above }),
    ]
}

const TIERS: [Tier; 5] = [Tier::Standard, Tier::Batch, Tier::Flex, Tier::Priority, Tier::Fast];

prop_compose! {
    fn card()(rates in rates(), above in above(),
              tiers in proptest::collection::btree_map(1..5_usize, tier_price(), 0..5),
              geo in proptest::collection::btree_map("[a-c]", ratio(), 0..3),
              fees in proptest::collection::vec(0_u64..1 << 40, 3)) -> RateCard {
        let calls = [WebSearchCalls, FileSearchCalls, CodeCalls];
        let spec = CardSpec {
            rates,
            above,
            tiers: tiers.into_iter().map(|(place, price)| (TIERS[place], price)).collect(),
            geo,
            fees: calls.into_iter().zip(fees.into_iter().map(Rate::new)).collect(),
            ..serde_json::from_str(r#"{"provider":"p","model":"m","rates":{}}"#).unwrap()
        };
        RateCard::try_from(spec).unwrap()
    }
}

prop_compose! {
    fn usage()(counts in proptest::collection::vec(prop_oneof![Just(0_u64), 0_u64..3_000], 13)) -> Usage {
        used(&Bucket::ALL.into_iter().zip(counts).collect::<Vec<_>>())
    }
}

proptest! {
    /// Whatever was used, within the bounds, at whichever tier and place they allow: charge ≤ bound.
    #[test]
    fn no_charge_is_above_its_bound(
        card in card(), usage in usage(), slack in (0_u64..500, 0_u64..500), answers in 1_u32..4,
        asked in 0..5_usize, served in 0..5_usize, place in proptest::option::of("[a-d]"), named in any::<bool>(),
        terms in ratio(), narrow in any::<bool>(),
    ) {
        let (asked, served) = (TIERS[asked], TIERS[served]);
        let slow = !matches!(served, Tier::Priority | Tier::Fast);
        prop_assume!(slow || matches!(asked, Tier::Priority | Tier::Fast));
        let within = if narrow {
            Bucket::ALL.into_iter().filter(|b| b.of(&usage) > 0).fold(BucketSet::NONE, BucketSet::with)
        } else {
            BucketSet::ALL
        };
        let bounds = Bounds {
            input_tokens: usage.prompt_tokens() + slack.0,
            output_tokens: usage.output_tokens().div_ceil(answers.into()) + slack.1,
            answers,
            tier: asked,
            geo: match &place { Some(place) if named => Geo::Only(place), _ => Geo::Any },
            buckets: within,
            web_search_calls: usage.web_search_calls,
            file_search_calls: usage.file_search_calls,
            code_calls: usage.code_calls + slack.0,
        };
        // Nothing of the kind may be used at all, but room for it is kept: the bound then needs the plain kind.
        let bounds = Bounds { buckets: bounds.buckets.with(InputUncached).with(Output), ..bounds };
        let served = Served { model: None, tier: served, geo: place.clone() };
        let bound = match rate_bound(&card, &bounds, terms) {
            Ok(bound) => bound,
            Err(RatingError::NoTier(tier)) => {
                prop_assert_eq!(tier, asked);
                return Ok(());
            }
            Err(other) => return Err(TestCaseError::fail(other.to_string())),
        };
        match rate(&card, &usage, &served, terms) {
            Ok(charge) => prop_assert!(charge <= bound, "{charge} > {bound}"),
            Err(error) => prop_assert_eq!(error, RatingError::NoTier(served.tier)),
        }
        // The inverse: what the bound affords is at least what it was made for, and no token more fits.
        let longest = affordable_output(&card, bound, &bounds, terms).unwrap().unwrap();
        prop_assert!(longest >= bounds.output_tokens);
        let with = |output_tokens| rate_bound(&card, &Bounds { output_tokens, ..bounds }, terms);
        if longest < u64::MAX / u64::from(answers) {
            prop_assert!(with(longest).unwrap() <= bound);
            prop_assert!(with(longest + 1).is_ok_and(|more| more > bound));
        }
    }

    /// The working adds up to the total.
    #[test]
    fn the_lines_add_up(card in card(), usage in usage(), place in proptest::option::of("[a-d]"), terms in ratio()) {
        let served = Served { model: None, tier: Tier::Standard, geo: place };
        let charge = explain(&card, &usage, &served, terms).unwrap();
        prop_assert_eq!(rate(&card, &usage, &served, terms), Ok(charge.total));
        let mut exact = (0_i128, 1_i128);
        for line in &charge.working {
            let (num, den) = line.amount().unwrap();
            let common = exact.1 * (den / gcd(exact.1, den));
            exact = (exact.0 * (common / exact.1) + num * (common / den), common);
        }
        let twice_off = (exact.0 - i128::from(charge.total.get()) * exact.1).abs() * 2;
        prop_assert!(twice_off <= exact.1, "no integer is nearer than the total");
        prop_assert_eq!(charge.working.iter().filter(|line| line.bucket.kind() != Kind::Call).any(|line| line.tier != Ratio::ONE), false);
    }
}

fn gcd(a: i128, b: i128) -> i128 {
    if b == 0 { a } else { gcd(b, a % b) }
}

#[test]
fn a_call_without_a_prompt_needs_no_price_for_one() {
    let text = r#"{"provider":"p","model":"m","rates":{"output":"9"}}"#;
    let card = RateCard::try_from(serde_json::from_str::<CardSpec>(text).unwrap()).unwrap();
    let buckets = BucketSet::NONE.with(InputUncached).with(Output);
    let bounds = Bounds { output_tokens: 1_000_000, buckets, ..Bounds::default() };
    assert_eq!(rate_bound(&card, &bounds, Ratio::ONE).map(|bound| bound.to_string()), Ok("9.00".to_owned()));
    let asked = Bounds { input_tokens: 1, ..bounds };
    assert_eq!(rate_bound(&card, &asked, Ratio::ONE), Err(RatingError::NoRate(InputUncached)));
}
