//! Which card a name and an instant lead to.

use super::*;
use crate::id::PriceListId;
use crate::money::Currency;
use crate::time::Instant;
use crate::usage::Tier;

/// A list from lines of `model[,alias…] from[..to] input-price`.
fn list(layer: Layer, published: &str, lines: &[&str]) -> PriceList {
    let card = |line: &&str| {
        let [names, span, price] = line.split_whitespace().collect::<Vec<_>>()[..] else { panic!("{line}") };
        let mut names = names.split(',').map(str::to_owned);
        let (from, to) = span.split_once("..").unwrap_or((span, ""));
        let day = |text: &str| format!("{text}T00:00:00Z").parse().unwrap();
        CardSpec {
            model: names.next().unwrap(),
            aliases: names.collect(),
            from: day(from),
            to: (!to.is_empty()).then(|| day(to)),
            rates: [(Bucket::InputUncached, price.parse().unwrap())].into(),
            ..serde_json::from_str(r#"{"provider":"p","model":"m","rates":{}}"#).unwrap()
        }
    };
    PriceList {
        id: PriceListId::new(1),
        published_at: format!("{published}T00:00:00Z").parse().unwrap(),
        layer,
        cards: lines.iter().map(card).collect(),
        discounts: Vec::new(),
        exchange: Vec::new(),
    }
}

fn bundled() -> PriceBook {
    let lines = [
        "gpt-9,gpt-9-turbo,ft:gpt-9: 2026-01-01 4",
        "gpt-9 2026-06-01 2",
        "gpt-9-mini 2026-01-01..2026-09-01 1",
        "gpt-9-2026-02-02 2026-01-01 7",
    ];
    PriceBook::new().publish(&list(Layer::Bundled, "2026-10-01", &lines)).unwrap()
}

/// The price that the name leads to, or the error's text.
fn check(book: &PriceBook, name: &str, day: &str, expect: &str) {
    let at: Instant = format!("{day}T00:00:00Z").parse().unwrap();
    let got = match book.lookup("p", name, at) {
        Ok(card) => card.spec().rates[&Bucket::InputUncached].to_string(),
        Err(error) => error.to_string(),
    };
    assert_eq!(got, expect, "{name} on {day}");
}

#[test]
fn a_price_holds_from_its_day_until_the_next() {
    let book = bundled();
    check(&book, "gpt-9", "2026-01-01", "4");
    check(&book, "gpt-9", "2026-05-31", "4");
    check(&book, "gpt-9", "2026-06-01", "2");
    check(&book, "gpt-9-mini", "2026-08-31", "1");
    check(
        &book,
        "gpt-9-mini",
        "2026-09-01",
        "p/gpt-9-mini has no price at 2026-09-01T00:00:00Z, though it has one at other times; did you mean gpt-9 or gpt-9-2026-02-02?",
    );
    check(
        &book,
        "gpt-9",
        "2025-12-31",
        "p/gpt-9 has no price at 2025-12-31T00:00:00Z, though it has one at other times; did you mean gpt-9-mini or gpt-9-2026-02-02?",
    );
}

#[test]
fn names_are_the_id_an_alias_or_a_date_of_either() {
    let book = bundled();
    for name in ["gpt-9", "GPT-9", "models/gpt-9", "gpt-9-turbo", "gpt-9-2026-03-03", "gpt-9@20260303", "gpt-9-latest"]
    {
        check(&book, name, "2026-07-01", "2");
    }
    check(&book, "gpt-9-turbo-20260303", "2026-07-01", "2");
    check(&book, "ft:gpt-9:acme::x1", "2026-07-01", "2");
    check(&book, "gpt-9-2026-02-02", "2026-07-01", "7");
}

#[test]
fn a_new_model_never_takes_an_old_price() {
    let book = bundled();
    for name in ["gpt-9.1", "gpt-9-pro", "gpt-90", "gpt-9-0303", "xgpt-9", "ft:gpt-9x:acme", "gpt-9-mini-x", "gpt", ""]
    {
        let at = "2026-07-01T00:00:00Z".parse().unwrap();
        assert!(book.lookup("p", name, at).is_err(), "{name}");
    }
    check(
        &book,
        "gpt-9-pro",
        "2026-07-01",
        "p/gpt-9-pro has no price; did you mean gpt-9-mini or gpt-9 or gpt-9-2026-02-02?",
    );
    check(&book, "zzz", "2026-07-01", "p/zzz has no price");
    let elsewhere = book.lookup("q", "gpt-9", "2026-07-01T00:00:00Z".parse().unwrap()).unwrap_err();
    assert_eq!(elsewhere.nearest, ["p/gpt-9"], "the right model at another provider");
    let long = "x".repeat(100_000);
    assert_eq!(book.lookup("p", &long, Instant::EPOCH).unwrap_err().model.len(), 200);
}

#[test]
fn the_companys_price_wins_from_its_publication_on() {
    let before = bundled();
    let ours = list(Layer::Company, "2026-10-15", &["gpt-9 2026-01-01 3"]);
    let book = before.publish(&ours).unwrap();
    check(&book, "gpt-9", "2026-10-14", "2");
    check(&book, "gpt-9", "2026-10-15", "3");
    check(&book, "gpt-9-turbo", "2026-10-15", "3");
    check(&book, "gpt-9-2026-03-03", "2026-10-15", "3");
    check(&book, "gpt-9-2026-02-02", "2026-10-15", "7");
    // A newer bundled list does not push the company's price aside.
    let book = book.publish(&list(Layer::Bundled, "2026-11-01", &["gpt-9 2026-11-01 9"])).unwrap();
    check(&book, "gpt-9", "2026-11-02", "3");
    assert_eq!(book.history("p", "gpt-9").len(), 4);
    check(&before, "gpt-9", "2026-11-02", "2");
}

#[test]
fn of_two_lists_for_one_day_the_later_wins() {
    let book = bundled().publish(&list(Layer::Bundled, "2026-11-01", &["gpt-9 2026-06-01 8"])).unwrap();
    check(&book, "gpt-9", "2026-07-01", "8");
}

#[test]
fn an_old_version_is_always_found() {
    let book = bundled();
    let at = "2026-02-01T00:00:00Z".parse().unwrap();
    let version = book.lookup("p", "gpt-9", at).unwrap().version();
    let book = book.publish(&list(Layer::Company, "2026-10-15", &["gpt-9 2026-01-01 3"])).unwrap();
    assert_eq!(book.version(version).unwrap().spec().rates[&Bucket::InputUncached].to_string(), "4");
}

#[test]
fn versions_tell_prices_apart_and_nothing_else() {
    let card = |line: &str| RateCard::try_from(list(Layer::Bundled, "2026-10-01", &[line]).cards.remove(0)).unwrap();
    let version = card("gpt-9 2026-01-01 4").version();
    assert_eq!(version.to_string(), "fc25628628b3e483", "part of every charge recorded: never changes");
    assert_eq!(card("gpt-9,alias 2026-01-01 4").version(), version);
    assert_ne!(card("gpt-9 2026-01-01 4.000000001").version(), version);
    assert_ne!(card("gpt-9 2026-01-02 4").version(), version);
    assert_ne!(card("gpt-9x 2026-01-01 4").version(), version);
}

#[test]
fn a_bad_card_keeps_the_whole_list_out() {
    let mut ours = list(Layer::Company, "2026-10-15", &["a 2026-01-01 3", "b 2026-02-01..2026-01-01 3"]);
    let error = bundled().publish(&ours).unwrap_err();
    assert_eq!(
        error.to_string(),
        "p/b from 2026-02-01T00:00:00Z: it ends at 2026-01-01T00:00:00Z, not after its start"
    );
    ours.cards.truncate(1);
    ours.cards[0].aliases.push("Not Lower".to_owned());
    assert!(matches!(bundled().publish(&ours).unwrap_err().problem, CardProblem::BadName(_)));
}

#[test]
fn terms_are_discount_times_exchange_rate() {
    let at = |day: &str| -> Instant { format!("{day}T00:00:00Z").parse().unwrap() };
    let euro = Currency::try_new("EUR").unwrap();
    let ours = PriceList {
        discounts: vec![
            Discount {
                provider: "p".to_owned(),
                times: "0.9".parse().unwrap(),
                from: at("2026-10-15"),
                to: Some(at("2026-12-01")),
            },
            Discount { provider: "p".to_owned(), times: "0.8".parse().unwrap(), from: at("2026-11-01"), to: None },
        ],
        exchange: vec![Exchange {
            of: Currency::usd(),
            to: euro.clone(),
            times: "0.86".parse().unwrap(),
            from: at("2026-11-01"),
        }],
        ..list(Layer::Company, "2026-10-15", &[])
    };
    let book = bundled().publish(&ours).unwrap();
    let card = book.lookup("p", "gpt-9", at("2026-11-02")).unwrap();
    let terms = |day: &str, currency: &Currency| book.terms(card, at(day), currency).map(|terms| terms.to_string());
    assert_eq!(terms("2026-10-14", &Currency::usd()), Ok("1".to_owned()));
    assert_eq!(terms("2026-10-31", &Currency::usd()), Ok("0.9".to_owned()));
    assert_eq!(terms("2026-11-01", &Currency::usd()), Ok("0.8".to_owned()));
    assert_eq!(terms("2026-11-01", &euro), Ok("0.688".to_owned()));
    // A discount that ended, and money that comes from, or goes to, somewhere else, or is of a later day.
    assert_eq!(book.discount("p", at("2026-11-30")).to_string(), "0.8");
    let krona = Currency::try_new("SEK").unwrap();
    let row = |of: &Currency, to: &Currency, times: &str, from| Exchange {
        of: of.clone(),
        to: to.clone(),
        times: times.parse().unwrap(),
        from: at(from),
    };
    let exchange = vec![
        row(&krona, &euro, "0.09", "2026-11-02"),
        row(&Currency::usd(), &krona, "9.5", "2026-11-02"),
        row(&Currency::usd(), &euro, "0.5", "2026-11-04"),
    ];
    let half = Discount { times: "0.5".parse().unwrap(), to: Some(at("2026-11-03")), ..ours.discounts[1].clone() };
    let ours = PriceList { exchange, discounts: vec![half], ..list(Layer::Company, "2026-10-16", &[]) };
    let more = book.publish(&ours).unwrap();
    let euros = |day: &str| more.terms(card, at(day), &euro).unwrap().to_string();
    assert_eq!([euros("2026-11-01"), euros("2026-11-02")], ["0.43", "0.43"], "half of 0.86");
    assert_eq!([euros("2026-11-03"), euros("2026-11-04")], ["0.688", "0.4"]);
    let missing = terms("2026-10-31", &euro).unwrap_err();
    assert_eq!(missing.to_string(), "no exchange rate from USD to EUR");
}

#[test]
fn the_same_model_elsewhere_is_named_up_to_three_times_in_order() {
    let of = |provider: &str| {
        let mut list = list(Layer::Bundled, "2026-10-01", &["zeta 2026-01-01 1"]);
        list.cards[0].provider = provider.to_owned();
        list
    };
    let book =
        ["s", "q", "t", "r"].into_iter().fold(PriceBook::new(), |book, of_whom| book.publish(&of(of_whom)).unwrap());
    let ask = |provider: &str, day: &str| {
        let error = book.lookup(provider, "zeta", format!("{day}T00:00:00Z").parse().unwrap()).unwrap_err();
        (error.nearest, error.not_at.is_some())
    };
    let named = ["q/zeta", "r/zeta", "s/zeta"].map(str::to_owned).to_vec();
    assert_eq!(ask("p", "2026-10-01"), (named, false));
    assert_eq!(ask("q", "2025-10-01"), (Vec::new(), true), "it has one itself, at other times");
}

#[test]
fn what_is_in_a_book_is_listed_in_order() {
    let at = |day: &str| -> Instant { format!("{day}T00:00:00Z").parse().unwrap() };
    let mut ours = list(
        Layer::Bundled,
        "2026-10-01",
        &["c 2026-01-01 1", "a 2026-01-01 1", "d 2026-01-01..2026-02-01 1", "b 2026-01-01 1", "e 2026-01-01 1"],
    );
    let whose = ["p", "s", "q", "r", "t"];
    let mut more = ours.clone();
    more.cards.iter_mut().zip(whose).for_each(|(card, provider)| card.provider = provider.to_owned());
    ours.cards.iter_mut().for_each(|card| card.provider = "p".to_owned());
    let book = PriceBook::new().publish(&ours).unwrap().publish(&more).unwrap();
    assert_eq!(book.providers(), ["p", "q", "r", "s", "t"]);
    let models = |day: &str| book.models("p", at(day)).iter().map(|card| card.model().to_owned()).collect::<Vec<_>>();
    assert_eq!(models("2026-01-31"), ["a", "b", "c", "d", "e"]);
    assert_eq!(models("2026-02-01"), ["a", "b", "c", "e"], "what has ended has no price");
    assert!(book.models("nobody", at("2026-01-31")).is_empty());
    assert!(PriceBook::new().is_empty() && !book.is_empty());
    assert!(PriceBook::new().providers().is_empty());
}

#[test]
fn of_two_prices_alike_in_all_but_their_place_the_last_one_wins() {
    let ours = list(Layer::Company, "2026-10-15", &["gpt-9 2026-01-01 3", "gpt-9 2026-01-01 5"]);
    check(&PriceBook::new().publish(&ours).unwrap(), "gpt-9", "2026-10-15", "5");
}

#[test]
fn the_longest_name_is_found_and_one_that_hardly_begins_alike_is_not_meant() {
    let longest = "x".repeat(200);
    let line = format!("{longest} 2026-01-01 6");
    let book =
        PriceBook::new().publish(&list(Layer::Bundled, "2026-10-01", &[&line, "abcdefgh1 2026-01-01 1"])).unwrap();
    check(&book, &longest, "2026-10-15", "6");
    // Eight letters alike and no part in common; nine are near enough.
    check(&book, "abcdefgh2", "2026-10-15", "p/abcdefgh2 has no price");
    check(&book, "abcdefgh12", "2026-10-15", "p/abcdefgh12 has no price; did you mean abcdefgh1?");
}

#[test]
fn a_card_says_what_is_known_of_its_model() {
    let card = |more: &str| {
        let text = format!(
            r#"{{"provider":"p","model":"m","rates":{{"input_uncached":"3","output":"9"}},"fees":{{"web_search_calls":"10"}}{more}}}"#
        );
        RateCard::try_from(serde_json::from_str::<CardSpec>(&text).unwrap()).unwrap()
    };
    let plain = card("");
    let known = card(
        r#","above":[{"tokens":100,"rates":{"input_uncached":"6"}}],"tiers":{"batch":"0.5"},
           "flags":{"max_field":"max_tokens"},"source":"the price page","currency":"EUR""#,
    );
    assert_eq!((known.flag("max_field"), known.flag("other")), (Some("max_tokens"), None));
    assert_eq!((known.source(), plain.source()), ("the price page", ""));
    let rate = |bucket, prompt| known.rate(bucket, prompt).map(|rate| rate.to_string());
    assert_eq!(rate(Bucket::InputUncached, 100).as_deref(), Some("3"));
    assert_eq!(rate(Bucket::InputUncached, 101).as_deref(), Some("6"));
    assert_eq!(rate(Bucket::AudioOut, 100).as_deref(), Some("9"), "as its next of kin");
    assert_eq!(rate(Bucket::WebSearchCalls, 100).as_deref(), Some("10000"), "per million calls");
    assert_eq!(rate(Bucket::CodeCalls, 100), None);
    assert!(known.has_tier(Tier::Standard) && known.has_tier(Tier::Batch) && !known.has_tier(Tier::Fast));
    assert!(!plain.has_tier(Tier::Batch));
    let own = |rates: &str| card(&format!(r#","tiers":{{"flex":"0.5","priority":{rates}}}"#));
    assert!(known.has_long_prompt_rates() && !plain.has_long_prompt_rates());
    assert!(card(r#","above":[{"tokens":100,"rates":{"input_uncached":"6"}}]"#).has_long_prompt_rates());
    assert!(!own(r#"{"rates":{"output":"18"}}"#).has_long_prompt_rates());
    assert!(own(r#"{"rates":{},"above":[{"tokens":50,"rates":{"output":"20"}}]}"#).has_long_prompt_rates());
    let written = |card: &RateCard| serde_json::to_value(card.spec()).unwrap();
    assert_eq!(written(&known)["currency"], "EUR");
    assert_eq!(written(&plain).get("currency"), None, "dollars go without saying");
}
