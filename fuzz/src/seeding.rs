//! What fuzzing starts from: golden fixtures of the providers, requests as real clients send them, a journal that a
//! ledger wrote. `fuzz/run` has them beside the corpus that is kept.

use std::fs;
use std::path::{Path, PathBuf};

/// Writes all of it into the folder that `SEEDS_INTO` names, a folder per target.
///
/// # Errors
/// The system's, or there is no such variable.
pub fn write() -> std::io::Result<()> {
    let root = PathBuf::from(std::env::var_os("SEEDS_INTO").ok_or(std::io::ErrorKind::NotFound)?);
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/providers/tests/fixtures");
    for (folder, plain, streamed) in
        [("anthropic", 'a', 'a'), ("chat", 'b', 'b'), ("responses", 'c', 'c'), ("gemini", 'e', 'g')]
    {
        for entry in fs::read_dir(fixtures.join(folder))? {
            let path = entry?.path();
            let (bytes, name) = (fs::read(&path)?, path.file_stem().expect("a file").to_string_lossy().into_owned());
            let name = format!("{folder}-{name}");
            if path.extension().is_some_and(|extension| extension == "sse") {
                keep(&root, "stream", &name, &[format!("{streamed}1").as_bytes(), &bytes].concat())?;
                let last = bytes.rsplit(|byte| *byte == b'\n').filter_map(|line| line.strip_prefix(b"data: ")).nth(1);
                keep(&root, "usage", &name, &[plain.to_string().as_bytes(), last.unwrap_or_default()].concat())?;
            } else {
                keep(&root, "usage", &name, &[plain.to_string().as_bytes(), &bytes].concat())?;
                keep(&root, "stream", &name, &[b"f1", &bytes[..]].concat())?;
            }
        }
    }
    let captures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/observed/captures");
    for (folder, history) in [("claude-code-json", "e"), ("codex-json", "f"), ("gemini-cli-json", "g"), ("codex-protobuf", "f")] {
        for entry in fs::read_dir(captures.join(folder))? {
            let path = entry?.path();
            let name = path.file_name().expect("a file").to_string_lossy().into_owned();
            let kind = match (&*name, name.ends_with(".pb")) {
                // Those that are sent packed are too large to begin with.
                (name, _) if name.ends_with(".gz") || name.starts_with("printed") => continue,
                (name, _) if name.starts_with("history") => history,
                (name, false) if name.contains("logs") => "a",
                (name, true) if name.contains("logs") => "b",
                (_, false) => "c",
                (_, true) => "d",
            };
            keep(&root, "telemetry", &format!("{folder}-{name}"), &[kind.as_bytes(), &fs::read(&path)?].concat())?;
        }
    }
    for (number, request) in REQUESTS.iter().enumerate() {
        keep(&root, "request", &format!("written-{number}"), request.as_bytes())?;
    }
    for (number, wire) in WIRES.iter().enumerate() {
        keep(&root, "http1", &format!("written-{number}"), wire.as_bytes())?;
    }
    for (number, report) in REPORTS.iter().enumerate() {
        keep(&root, "bill", &format!("written-{number}"), report.as_bytes())?;
    }
    let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/reference/configuration.md");
    let page = fs::read_to_string(program)?;
    for (number, example) in page.split("```toml\n").skip(1).filter_map(|rest| rest.split("```").next()).enumerate() {
        keep(&root, "config", &format!("reference-{number}"), example.as_bytes())?;
    }
    for (number, file) in FILES.iter().enumerate() {
        keep(&root, "config", &format!("written-{number}"), file.as_bytes())?;
    }
    crate::journal::seeds(&mut |target, name, bytes| keep(&root, target, name, bytes))
}

fn keep(root: &Path, target: &str, name: &str, bytes: &[u8]) -> std::io::Result<()> {
    let folder = root.join(target);
    fs::create_dir_all(&folder)?;
    fs::write(folder.join(name), bytes)
}

/// Requests in every dialect, with the fields that decide money.
const REQUESTS: &[&str] = &[
    r#"a{"model":"claude-opus-5-5","max_tokens":1024,"stream":true,"system":[{"type":"text","text":"Be brief.","cache_control":{"type":"ephemeral","ttl":"1h"}}],"messages":[{"role":"user","content":[{"type":"text","text":"Good morning."},{"type":"image","source":{"type":"base64","media_type":"image/png","data":"iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="}}]}]}"#,
    r#"a{"model":"claude-sonnet-5-5","max_tokens":64000,"thinking":{"type":"enabled","budget_tokens":32000},"tools":[{"name":"read","description":"Reads.","input_schema":{"type":"object"}},{"type":"web_search_20250305","name":"web_search","max_uses":3},{"type":"code_execution_20250522","name":"code"}],"messages":[{"role":"user","content":"x"},{"role":"assistant","content":[{"type":"tool_use","id":"t1","name":"read","input":{}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"t1","content":"y"}]}],"metadata":{"user_id":"user_1_session_2"},"service_tier":"auto","speed":"fast","inference_geo":"us"}"#,
    r#"a{"model":"m","max_tokens":9,"messages":[{"role":"user","content":[{"type":"document","source":{"type":"file","file_id":"file_1"}},{"type":"document","source":{"type":"url","url":"https://a/b.pdf"}}]}],"container":"c_1","mcp_servers":[{"url":"https://a"}],"context_management":{"edits":[{"type":"compact_20260112"}]},"fallbacks":[{"model":"n","max_tokens":5}]}"#,
    r#"b{"model":"gpt-5.5","stream":true,"stream_options":{"include_usage":false},"max_completion_tokens":500,"n":2,"messages":[{"role":"system","content":"s"},{"role":"user","content":[{"type":"text","text":"caf\u00e9 \ud83d\ude00"},{"type":"image_url","image_url":{"url":"data:image/png;base64,iVBORw0KGgo=","detail":"low"}},{"type":"input_audio","input_audio":{"data":"AAAA","format":"wav"}},{"type":"file","file":{"file_id":"file-1"}}]}],"tools":[{"type":"function","function":{"name":"f","parameters":{}}}],"prediction":{"type":"content","content":"abc"},"modalities":["text","audio"],"service_tier":"flex","store":true,"web_search_options":{}}"#,
    r#"b{"model":"m","max_tokens":-1,"stream":false,"messages":[]}"#,
    r#"c{"model":"gpt-6.1","stream":true,"max_output_tokens":800,"input":[{"type":"message","role":"user","content":[{"type":"input_text","text":"hi"},{"type":"input_image","image_url":"data:image/jpeg;base64,/9j/4AAQ"}]},{"type":"item_reference","id":"msg_1"}],"previous_response_id":"resp_1","tools":[{"type":"web_search"},{"type":"file_search","vector_store_ids":["vs_1"]},{"type":"mcp","server_url":"https://a"},{"type":"code_interpreter","container":{"type":"auto"}}],"max_tool_calls":4,"background":false,"store":false,"prompt":{"id":"p_1"},"conversation":"conv_1","reasoning":{"effort":"low"},"prompt_cache_retention":"24h"}"#,
    r#"c{"model":"m","input":"hello"}"#,
    r#"d{"model":"text-embedding-3-small","input":["a","b"],"dimensions":256}"#,
    r#"e{"contents":[{"role":"user","parts":[{"text":"Hi"},{"inlineData":{"mimeType":"image/png","data":"iVBORw0KGgo="}},{"fileData":{"fileUri":"https://a/b"}}]}],"generationConfig":{"maxOutputTokens":400,"candidateCount":2,"thinkingConfig":{"thinkingBudget":100},"responseModalities":["TEXT","IMAGE"]},"tools":[{"googleSearch":{}},{"functionDeclarations":[{"name":"f"}]},{"codeExecution":{}},{"urlContext":{}}],"systemInstruction":{"parts":[{"text":"s"}]},"cachedContent":"cachedContents/1"}"#,
    r#"g{"contents":[],"generation_config":{"max_output_tokens":"8000"},"safety_settings":null}"#,
];

/// What comes off connections.
const WIRES: &[&str] = &[
    "q1POST /v1/messages?beta=true HTTP/1.1\r\nhost: a\r\ncontent-length: 2\r\nx-api-key: k\r\n\r\n{}GET /v1/models HTTP/1.1\r\nHost: a\r\n\r\n",
    "q2POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n5;x=\"y\"\r\nhello\r\n0\r\nt: v\r\n\r\nGET http://a/b HTTP/1.1\r\nhost: a\r\n\r\n",
    "q3GET / HTTP/1.0\r\nconnection: keep-alive\r\n\r\n",
    "q4POST / HTTP/1.1\r\nhost: a\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "q5POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 1, 1\r\n x: y\r\n\r\nz",
    "a1HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\na\r\ndata: {}\n\n\r\n0\r\n\r\n",
    "a2HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 429 Too Many\r\nretry-after: 7\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}",
    "a3HTTP/1.0 200 OK\r\n\r\nuntil the end",
    "h4HTTP/1.1 204 No Content\r\ncontent-length: 9\r\n\r\n",
];

/// Reports about bills, in every form.
const REPORTS: &[&str] = &[
    r#"a{"data":[{"starting_at":"2026-11-03T00:00:00Z","ending_at":"2026-11-04T00:00:00Z","results":[{"uncached_input_tokens":1500,"cache_creation":{"ephemeral_1h_input_tokens":1000,"ephemeral_5m_input_tokens":500},"cache_read_input_tokens":200,"output_tokens":500,"server_tool_use":{"web_search_requests":10},"api_key_id":"apikey_1","model":"claude-sonnet-4-5","service_tier":"priority"},{"output_tokens":1,"api_key_id":null}]}],"has_more":false,"next_page":null}"#,
    r#"b{"data":[{"starting_at":"2026-11-03T00:00:00Z","ending_at":"2026-11-04T00:00:00Z","results":[{"currency":"USD","amount":"123.78912","description":"Input","cost_type":"tokens","model":"claude-sonnet-4-5","token_type":"uncached_input_tokens"},{"currency":"usd","amount":-1e-3,"description":"Tax"}]}],"has_more":true,"next_page":"page_2"}{"data":[],"has_more":false}"#,
    r#"c[{"object":"page","data":[{"start_time":1793664000,"end_time":1793750400,"results":[{"object":"organization.usage.completions.result","input_tokens":1000,"output_tokens":500,"input_cached_tokens":800,"num_model_requests":5,"api_key_id":"key_1","model":"gpt-5.6","batch":true}]}],"has_more":false}]"#,
    r#"d{"object":"page","data":[{"start_time":1793664000,"end_time":1793750400,"result":[{"amount":{"value":0.060000000000000005,"currency":"usd"},"line_item":"gpt-5.6, cached input"},{"amount":{"value":"1.5e-05","currency":"usd"},"line_item":"Credits"}]}]}"#,
    "eday;model;api_key;tier;requests;input_uncached;output;amount;currency;kind;bucket;description\n2026-11-03;llama;console;batch;7;1000;20;0.5;eur;usage;output;\"a;b\"\n2026-11-03;;;;;;;-0.10;EUR;credit;;\n",
];

/// Files with every kind of mistake near.
const FILES: &[&str] = &[
    "data = \"d\"\ncurrency = \"EUR\"\nzone = \"Europe/Berlin\"\n[listen]\ngateway = \"127.0.0.1:1\"\nbehind_proxy = true\n[providers.anthropic]\nkind = \"anthropic\"\nmodels = [\"claude-*\"]\nfallback = [\"b\"]\n[providers.b]\nkind = \"openai-compatible\"\nbase_url = \"https://[::1]:8443/prefix/\"\napi_key_env = \"B_KEY\"\n",
    "[limits]\nbody = \"32MiB\"\nhead_time = \"250ms\"\n[policy]\nadmission = \"strict\"\npark_time = \"30s\"\n",
    "zonne = \"UTC\"\n",
    "[listen]\ngateway = \"0.0.0.0:4141\"\n",
];
