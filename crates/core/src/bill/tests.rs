//! Reports as providers send them, and what comes of holding a ledger against them.

use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::price::{CardSpec, RateCard, Ratio};
use crate::rating;

const DAY: i64 = 20_760; // 2026-11-03

fn check(format: Format, text: &str) -> Result<Report, String> {
    if format != Format::Csv {
        assert_eq!(Format::of(text).unwrap_or(format), format, "the form tells itself");
    }
    read(format, None, text).map_err(|mistake| mistake.to_string())
}

const MESSAGES: &str = r#"{"data":[{"starting_at":"2026-11-03T00:00:00Z","ending_at":"2026-11-04T00:00:00Z","results":[
  {"uncached_input_tokens":1500,"cache_creation":{"ephemeral_1h_input_tokens":1000,"ephemeral_5m_input_tokens":500},
   "cache_read_input_tokens":200,"output_tokens":500,"server_tool_use":{"web_search_requests":10},
   "api_key_id":"apikey_1","workspace_id":null,"model":"claude-sonnet-4-5","service_tier":"standard","context_window":"0-200k"},
  {"uncached_input_tokens":7,"output_tokens":3,"api_key_id":null,"workspace_id":null,"model":"claude-sonnet-4-5"}]}],
  "has_more":false,"next_page":null}"#;

#[test]
fn a_usage_report_of_messages_is_disjoint_already_and_null_is_the_console() {
    let report = check(Format::AnthropicUsage, MESSAGES).unwrap();
    let day = &report.usage[&("messages".to_owned(), DAY)];
    assert!(day.is_whole());
    let [console, own] = day.lines.as_slice() else { panic!("{day:?}") };
    assert_eq!((&console.key, console.usage.input_uncached), (&ApiKey::Console, 7));
    assert_eq!(own.key, ApiKey::Id("apikey_1".to_owned()));
    let Usage { input_uncached, cache_read, cache_write_5m, cache_write_1h, output, web_search_calls, .. } = own.usage;
    assert_eq!(
        (input_uncached, cache_read, cache_write_5m, cache_write_1h, output, web_search_calls),
        (1500, 200, 500, 1000, 500, 10)
    );
    let not_by_key = MESSAGES.replace("\"apikey_1\"", "null");
    let report = check(Format::AnthropicUsage, &not_by_key).unwrap();
    assert_eq!(report.usage[&("messages".to_owned(), DAY)].lines.len(), 1, "null tells nothing where all are null");
}

#[test]
fn costs_of_messages_are_cents_as_text() {
    let text = r#"{"data":[{"starting_at":"2026-11-03T00:00:00Z","ending_at":"2026-11-04T00:00:00Z","results":[
      {"currency":"USD","amount":"123.78912","workspace_id":null,"description":"Usage - Input Tokens","cost_type":"tokens",
       "model":"claude-sonnet-4-5","token_type":"uncached_input_tokens","service_tier":"standard"},
      {"currency":"USD","amount":"12.345","description":"Web Search Usage","cost_type":"web_search","model":null},
      {"currency":"USD","amount":"-50.00","description":"Promotional credit","cost_type":null}]}],"has_more":false}"#;
    let lines = &check(Format::AnthropicCost, text).unwrap().costs[&DAY].lines;
    let told: Vec<_> = lines.iter().map(|line| (line.kind, line.bucket, line.amount.to_string())).collect();
    assert_eq!(
        told,
        [
            (CostKind::Usage, Some(Bucket::WebSearchCalls), "0.12345".to_owned()),
            (CostKind::Usage, Some(Bucket::InputUncached), "1.2378912".to_owned()),
            (CostKind::Credit, None, "-0.50".to_owned()),
        ]
    );
    let dear = text.replace("\"123.78912\"", "\"a lot\"");
    let mistake = check(Format::AnthropicCost, &dear).unwrap_err();
    assert_eq!(mistake, "data[0].results[0].amount: `a lot` is not an amount in cents");
}

#[test]
fn openai_includes_what_was_cached_and_its_numbers_are_read_as_text() {
    let text = r#"{"object":"page","data":[{"object":"bucket","start_time":1793664000,"end_time":1793750400,"results":[
      {"object":"organization.usage.completions.result","input_tokens":1000,"output_tokens":500,"input_cached_tokens":800,
       "input_audio_tokens":0,"output_audio_tokens":0,"num_model_requests":5,"project_id":null,"user_id":null,
       "api_key_id":"key_1","model":"gpt-5.6-2026-03-05","batch":false}]}],"has_more":false,"next_page":null}"#;
    let report = check(Format::OpenaiUsage, text).unwrap();
    let line = &report.usage[&("completions".to_owned(), DAY)].lines[0];
    assert_eq!(
        (line.usage.input_uncached, line.usage.cache_read, line.usage.output, line.requests),
        (200, 800, 500, 5)
    );
    let mistake = check(Format::OpenaiUsage, &text.replace("800", "1001")).unwrap_err();
    assert!(mistake.starts_with("data[0].results[0].input_cached_tokens: 1001 cached tokens"), "{mistake}");

    let costs = r#"{"object":"page","data":[{"object":"bucket","start_time":1793664000,"end_time":1793750400,"results":[
      {"object":"organization.costs.result","amount":{"value":0.060000000000000005,"currency":"usd"},
       "line_item":"gpt-5.6-2026-03-05, cached input","project_id":null},
      {"object":"organization.costs.result","amount":{"value":1.5e-05,"currency":"usd"},"line_item":"Sales tax"}]}]}"#;
    let lines = &check(Format::OpenaiCosts, costs).unwrap().costs[&DAY].lines;
    assert_eq!((lines[0].bucket, lines[0].amount.to_string()), (Some(Bucket::CacheRead), "0.06".to_owned()));
    assert_eq!(lines[0].model.as_deref(), Some("gpt-5.6-2026-03-05"));
    assert_eq!((lines[1].kind, lines[1].amount.to_string()), (CostKind::Tax, "0.000015".to_owned()));
}

#[test]
fn pages_belong_together_and_a_missing_one_is_told() {
    let first = MESSAGES.replace("\"has_more\":false,\"next_page\":null", "\"has_more\":true,\"next_page\":\"page_2\"");
    assert_eq!(more_in(&first), Ok(MoreIn::Page("page_2".to_owned())));
    assert_eq!(more_in(MESSAGES), Ok(MoreIn::Nothing));
    let mistake = check(Format::AnthropicUsage, &first).unwrap_err();
    assert!(mistake.starts_with("page 1: the last page says that there are more"), "{mistake}");
    let second = MESSAGES.replace("-11-04", "-11-05").replace("-11-03", "-11-04");
    let both = check(Format::AnthropicUsage, &format!("{first}\n{second}")).unwrap();
    assert_eq!(both.usage.len(), 2);
    assert_eq!(check(Format::AnthropicUsage, &format!("[{first},{second}]")).unwrap(), both);
    let hours = MESSAGES.replace("2026-11-04T00:00:00Z", "2026-11-03T01:00:00Z");
    assert!(!check(Format::AnthropicUsage, &hours).unwrap().usage.values().next().unwrap().is_whole());
    let long = MESSAGES.replace("2026-11-04T00:00:00Z", "2026-11-05T00:00:00Z");
    assert!(check(Format::AnthropicUsage, &long).unwrap_err().contains("is not within one day of UTC"));
}

#[test]
fn a_spreadsheet_has_usage_costs_or_both() {
    let text = "day;model;input_uncached;output;amount;currency;kind\n2026-11-03;llama;1000;20;0.5;eur;\n\
                2026-11-03;;;;0.10;EUR;tax\n";
    let report = check(Format::Csv, text).unwrap();
    assert_eq!(report.usage[&("csv".to_owned(), DAY)].lines[0].usage.output, 20);
    let kinds: Vec<_> = report.costs[&DAY].lines.iter().map(|line| (line.kind, line.amount.to_string())).collect();
    assert_eq!(kinds, [(CostKind::Usage, "0.50".to_owned()), (CostKind::Tax, "0.10".to_owned())]);
    for (bad, why) in [
        ("day,tokens\n", "line 1: `tokens` is not a column of bills"),
        ("model,output\n", "line 1: there is no column `day`"),
        ("day,output\n2026-11-03,1.5\n", "line 2: `1.5` in column output is not a whole number"),
        ("day,output\n03.11.2026,1\n", "line 2: `03.11.2026` in column day is not a day"),
        ("day,amount\n2026-11-03,1\n", "line 2: `` in column currency is no currency"),
    ] {
        let mistake = check(Format::Csv, bad).unwrap_err();
        assert!(mistake.starts_with(why), "{mistake}");
    }
}

/// A dollar for a million in, ten for a million out.
struct Flat(RateCard);

impl Prices for Flat {
    fn value(&self, _day: i64, _model: &str, differences: &BTreeMap<Bucket, i64>) -> Option<Nano> {
        rating::value(&self.0, differences.iter().map(|(b, c)| (*b, *c)), Ratio::ONE).ok()
    }
}

fn prices() -> Flat {
    let spec: CardSpec = serde_json::from_str(
        r#"{"provider":"example","model":"m","from":"2026-01-01","rates":{"input_uncached":"1","output":"10"}}"#,
    )
    .unwrap();
    Flat(RateCard::try_from(spec).unwrap())
}

fn counts(input: i64, output: i64) -> BTreeMap<Bucket, i64> {
    BTreeMap::from([(Bucket::InputUncached, input), (Bucket::Output, output)])
}

fn line(key: &str, input: u64, output: u64) -> UsageLine {
    let usage = Usage { input_uncached: input, output, ..Usage::default() };
    let key = ApiKey::Id(key.to_owned());
    UsageLine { model: Some("m".to_owned()), key, tier: Tier::Standard, requests: 0, usage }
}

fn cost(bucket: Bucket, amount: &str) -> CostLine {
    CostLine {
        kind: CostKind::Usage,
        model: Some("m".to_owned()),
        bucket: Some(bucket),
        description: String::new(),
        currency: Currency::usd(),
        amount: amount.parse().unwrap(),
        grain: Nano::ZERO,
    }
}

/// A million in and a tenth out on the ledger: $2.
fn day(inexact: u64, usage: Vec<UsageLine>, costs: Vec<CostLine>) -> ReportedDay {
    let inexact = Inexact { estimated: inexact, ..Inexact::default() };
    let calls = Calls {
        calls: 100,
        charge: "2".parse().unwrap(),
        counts: counts(1_000_000, 100_000),
        inexact,
        ..Calls::default()
    };
    ReportedDay {
        day: DAY,
        ledger: BTreeMap::from([("m".to_owned(), calls)]),
        usage: Some(Day { covered_s: DAY_S, lines: usage }),
        costs: Some(Day { covered_s: DAY_S, lines: costs }),
        ..ReportedDay::default()
    }
}

fn causes(days: &[ReportedDay], keys: &[&str]) -> Vec<(Cause, bool, Option<String>)> {
    let keys: BTreeSet<String> = keys.iter().map(|key| (*key).to_owned()).collect();
    let found = compare(days, &keys, &prices());
    found.into_iter().map(|found| (found.cause, found.of_cost, found.amount.map(|amount| amount.to_string()))).collect()
}

fn all_is_well() -> (Vec<UsageLine>, Vec<CostLine>) {
    (vec![line("own", 1_000_000, 100_000)], vec![cost(Bucket::InputUncached, "1"), cost(Bucket::Output, "1")])
}

#[test]
fn what_agrees_is_silent_and_each_cause_has_its_name() {
    let (usage, costs) = all_is_well();
    assert_eq!(causes(&[day(0, usage.clone(), costs.clone())], &["own"]), []);

    let with_shadow = [usage.clone(), vec![line("theirs", 500_000, 0)]].concat();
    let dearer = vec![cost(Bucket::InputUncached, "1.5"), cost(Bucket::Output, "1")];
    let shadow = [(Cause::ShadowKey, false, Some("0.50".to_owned()))];
    assert_eq!(causes(&[day(0, with_shadow.clone(), dearer.clone())], &["own"]), shadow);
    assert_eq!(causes(&[day(0, with_shadow, dearer)], &[]), shadow, "it shows without being told whose keys are whose");

    let drifted = vec![cost(Bucket::InputUncached, "1.1"), cost(Bucket::Output, "1")];
    assert_eq!(
        causes(&[day(0, usage.clone(), drifted.clone())], &[]),
        [(Cause::PriceDrift, true, Some("0.10".into()))]
    );
    let found = compare(&[day(0, usage.clone(), drifted)], &BTreeSet::new(), &prices());
    let implied: Vec<_> =
        found[0].implied.iter().map(|(b, listed, told)| (*b, listed.to_string(), told.to_string())).collect();
    assert_eq!(implied, [(Some(Bucket::InputUncached), "1.00".to_owned(), "1.10".to_owned())]);

    let fewer = vec![line("own", 1_000_000, 90_000)];
    let cheaper = vec![cost(Bucket::InputUncached, "1"), cost(Bucket::Output, "0.9")];
    assert_eq!(
        causes(&[day(3, fewer.clone(), cheaper.clone())], &[]),
        [(Cause::Estimates, false, Some("-0.10".into()))]
    );
    assert_eq!(causes(&[day(0, fewer, cheaper)], &[]), [(Cause::Unexplained, false, Some("-0.10".into()))]);
    let rounded = vec![cost(Bucket::InputUncached, "1.000000003"), cost(Bucket::Output, "1")];
    assert_eq!(causes(&[day(0, usage, rounded)], &[]), [(Cause::Rounding, true, Some("0.000000003".into()))]);
}

#[test]
fn what_the_company_bears_already_is_no_difference_any_more() {
    let usage = vec![line("own", 1_000_000, 110_000), line("theirs", 500_000, 0)];
    let mut of = day(2, usage, Vec::new());
    of.costs = None;
    assert_eq!(causes(std::slice::from_ref(&of), &["own"]).len(), 2);
    of.ledger.get_mut("m").unwrap().booked = counts(500_000, 10_000);
    assert_eq!(causes(std::slice::from_ref(&of), &["own"]), []);
    of.ledger.get_mut("m").unwrap().booked = counts(400_000, 10_000);
    assert_eq!(causes(&[of], &["own"]), [(Cause::ShadowKey, false, Some("0.10".into()))]);
}

#[test]
fn usage_that_is_a_day_late_is_timing() {
    let late = vec![line("own", 1_000_000, 90_000)];
    let early = vec![line("own", 1_000_000, 110_000)];
    let mut days = [day(0, late, Vec::new()), day(0, early, Vec::new())];
    days[1].day = DAY + 1;
    for day in &mut days {
        day.costs = None;
    }
    let found = causes(&days, &[]);
    assert_eq!(found, [(Cause::Timing, false, Some("-0.10".into())), (Cause::Timing, false, Some("0.10".into()))]);
}

#[test]
fn parts_add_up_and_are_none_above_its_weight() {
    assert_eq!(spread(10, &[1, 1, 1]), [3, 3, 4]);
    assert_eq!(spread(3, &[0, 5, 0, 1]), [0, 2, 0, 1]);
    assert_eq!(spread(u64::MAX, &[u64::MAX]), [u64::MAX]);
    assert_eq!(spread(5, &[]), [0; 0]);
}

#[test]
fn an_invoice_is_its_days_costs_and_what_it_says_itself() {
    let costs = Day { covered_s: DAY_S, lines: all_is_well().1 };
    let invoice = Invoice {
        number: "INV-1".to_owned(),
        from: DAY,
        to: DAY + 2,
        currency: Currency::usd(),
        total: "4.38".parse().unwrap(),
        tax: "0.38".parse().unwrap(),
        credit: Nano::ZERO,
    };
    let check = check_invoice(&invoice, |_| Some(&costs));
    assert_eq!((check.difference, check.missing.len()), (Nano::ZERO, 0));
    let check = check_invoice(&invoice, |day| (day == DAY).then_some(&costs));
    assert_eq!((check.difference.to_string(), check.missing), ("2.00".to_owned(), vec!["2026-11-04".to_owned()]));
}
