//! Catalogues in, cards out.

use super::*;

fn options() -> Options {
    Options { from: "2026-11-01T00:00:00Z".parse().unwrap(), provider: None, unlikely: Unlikely::Skip }
}

/// Reads a catalogue; cards as JSON without what every card has, then what was skipped.
fn check(format: Format, text: &str, options: &Options, expect: &[&str]) {
    let imported = read(text, format, options).unwrap();
    let card = |card: &CardSpec| {
        let text = serde_json::to_string(card).unwrap();
        text.replace(r#""from":"2026-11-01","#, "").replace(&format!(r#","source":"{}""#, card.source), "")
    };
    let cards = imported.cards.iter().map(card);
    let got: Vec<String> = cards.chain(imported.skipped.iter().map(ToString::to_string)).collect();
    assert_eq!(got, expect);
}

#[test]
fn litellm_is_read_key_by_key() {
    let text = r#"{
      "sample_spec": {"input_cost_per_token": 0.0},
      "big": {"litellm_provider": "openai", "input_cost_per_token": 4e-06, "output_cost_per_token": 2e-05,
        "cache_read_input_token_cost": 4e-07, "cache_creation_input_token_cost": 5e-06,
        "cache_creation_input_token_cost_above_12hr": 1e-05,
        "input_cost_per_token_above_272k_tokens": 8e-06, "input_cost_per_token_above_272k_tokens_flex": 4e-06,
        "input_cost_per_token_flex": 2e-06, "max_input_tokens": 922000, "max_output_tokens": 128000,
        "regional_processing_uplift_multiplier_eu": 1.1, "mode": "chat", "supports_vision": true,
        "search_context_cost_per_query": {"search_context_size_low": 0.01, "search_context_size_high": 0.025}},
      "gemini/small": {"litellm_provider": "gemini", "input_cost_per_token": 1e-07, "output_cost_per_token": 4e-07,
        "output_cost_per_image": 0.0},
      "painter": {"litellm_provider": "openai", "input_cost_per_token": 1e-06, "output_cost_per_image": 0.04},
      "gift": {"litellm_provider": "openai", "input_cost_per_token": 0.0, "output_cost_per_token": 0.0},
      "nothing": {"litellm_provider": "openai"},
      "slip": {"litellm_provider": "openai", "input_cost_per_token": 3, "output_cost_per_token": 15},
      "odd": 7
    }"#;
    check(
        Format::Litellm,
        text,
        &options(),
        &[
            r#"{"provider":"google","model":"small","rates":{"input_uncached":"0.10","output":"0.40"}}"#,
            r#"{"provider":"openai","model":"big","rates":{"input_uncached":"4","cache_read":"0.40","cache_write_5m":"5","cache_write_1h":"10","output":"20"},"above":[{"tokens":272000,"rates":{"input_uncached":"8"}}],"tiers":{"flex":{"rates":{"input_uncached":"2"},"above":[{"tokens":272000,"rates":{"input_uncached":"4"}}]}},"geo":{"eu":"1.1"},"fees":{"web_search_calls":"25"},"context_window":922000,"max_output":128000}"#,
            "gift: listed at zero",
            "nothing: no price per token",
            "odd: not an object",
            "painter: priced by `output_cost_per_image`, which a card has no place for",
            "slip: input_cost_per_token: 3 per token looks like a per-million price; did you mean 3 per million tokens?",
        ],
    );
    let google = Options { provider: Some("google".to_owned()), ..options() };
    assert_eq!(read(text, Format::Litellm, &google).unwrap().cards.len(), 1);
    let keep = Options { unlikely: Unlikely::Keep, ..options() };
    assert_eq!(read(text, Format::Litellm, &keep).unwrap().cards.len(), 3, "somebody has looked");
}

#[test]
fn models_dev_is_read_per_million() {
    check(
        Format::ModelsDev,
        r#"{"anthropic": {"id": "anthropic", "name": "A", "models": {
          "claude-x": {"id": "claude-x", "cost": {"input": 3, "output": 15, "cache_read": 0.3, "cache_write": 3.75,
            "context_over_200k": {"input": 6, "output": 22.5}}, "limit": {"context": 200000, "output": 64000}},
          "slip": {"cost": {"input": 0.000003, "output": 0.000015}},
          "thinker": {"cost": {"input": 1, "output": 2, "reasoning": 3}},
          "plain": {"cost": {"input": 1, "output": 2, "reasoning": 2, "cache_read": 0}},
          "open": {}}}}"#,
        &options(),
        &[
            r#"{"provider":"anthropic","model":"claude-x","rates":{"input_uncached":"3","cache_read":"0.30","cache_write_5m":"3.75","output":"15"},"above":[{"tokens":200000,"rates":{"input_uncached":"6","output":"22.50"}}],"context_window":200000,"max_output":64000}"#,
            r#"{"provider":"anthropic","model":"plain","rates":{"input_uncached":"1","output":"2"}}"#,
            "anthropic/open: no price per token",
            "anthropic/slip: input: 0.000003 per million looks like a per-token price; did you mean 3 per million tokens?",
            "anthropic/thinker: priced by `reasoning`, which a card has no place for",
        ],
    );
}

#[test]
fn openrouter_is_read_per_token() {
    check(
        Format::Openrouter,
        r#"{"data": [
          {"id": "Vendor/Model-1", "context_length": 131072, "top_provider": {"max_completion_tokens": 8192},
           "pricing": {"prompt": "0.0000025", "completion": "0.00001", "input_cache_read": "0.00000125",
                       "web_search": "0.01", "request": "0", "image": "0"}},
          {"id": "vendor/asker", "pricing": {"prompt": "0.000001", "completion": "0.000001", "request": "0.005"}},
          {"id": "vendor/auto", "pricing": {"prompt": "-1", "completion": "-1"}},
          {"id": "vendor/x:free", "pricing": {"prompt": "0", "completion": "0"}}]}"#,
        &options(),
        &[
            r#"{"provider":"openrouter","model":"vendor/model-1","rates":{"input_uncached":"2.50","cache_read":"1.25","output":"10"},"fees":{"web_search_calls":"10"},"context_window":131072,"max_output":8192}"#,
            "vendor/asker: priced by `request`, which a card has no place for",
            "vendor/auto: completion: `-1` is not a price; write it like 3, 0.075 or 3e-06",
            "vendor/x:free: listed at zero",
        ],
    );
}

#[test]
fn spreadsheets_are_read_by_their_header() {
    let text = "\u{feff}Provider,Model,Aliases,From,Unit,input,output,cache_write,web_search_calls,max_output,source\r\n\
        acme,A-1,\"a1; a-one\",2026-12-01,,3,15,3.75,10,4096,\"a \"\"signed\"\" offer,\nof two lines\"\r\n\
        acme,a-2,,,per_token,0.000003,0.000015,,,,\r\n\
        \r\n\
        acme,a-3,,,,0.000003,15,,,,\n\
        acme,a-4,,,per_glass,3,15,,,,\n\
        acme,a-5\n\
        acme,a-6,,soon,,3,15,,,,";
    check(
        Format::Csv,
        text,
        &options(),
        &[
            "{\"provider\":\"acme\",\"model\":\"a-1\",\"aliases\":[\"a1\",\"a-one\"],\"from\":\"2026-12-01\",\"rates\":{\"input_uncached\":\"3\",\"cache_write_5m\":\"3.75\",\"output\":\"15\"},\"fees\":{\"web_search_calls\":\"10\"},\"max_output\":4096,\"source\":\"a \\\"signed\\\" offer,\\nof two lines\"}",
            r#"{"provider":"acme","model":"a-2","rates":{"input_uncached":"3","output":"15"}}"#,
            "line 6: input_uncached: 0.000003 per million looks like a per-token price; did you mean 3 per million tokens?",
            "line 7: `per_glass` is not a unit: per_million, per_thousand or per_token",
            "line 8: 2 cells under 11 columns",
            "line 9: `soon` is not a day like 2026-11-01",
        ],
    );
}

#[test]
fn what_is_no_catalogue_is_refused() {
    for format in [Format::Litellm, Format::ModelsDev, Format::Openrouter] {
        assert!(matches!(read("[1]", format, &options()), Err(ImportError::NotJson { .. })));
    }
    for text in ["", "provider,input\n", "provider,model,prize\n"] {
        assert!(matches!(read(text, Format::Csv, &options()), Err(ImportError::Header(_))), "{text:?}");
    }
}

proptest::proptest! {
    #[test]
    fn strange_texts_do_no_harm(text in ".{0,200}", head in "(provider,model,input\n)?") {
        for format in [Format::Litellm, Format::ModelsDev, Format::Openrouter, Format::Csv] {
            let _ = read(&format!("{head}{text}"), format, &options());
        }
    }
}
