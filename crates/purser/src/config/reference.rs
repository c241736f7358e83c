//! The reference page of the configuration, made from this table. A test holds `docs/reference/configuration.md` to it,
//! and the table to the fields that exist.

/// One field of `purser.toml`.
struct Field {
    /// Where it stands: `listen.gateway`.
    path: &'static str,
    /// Its default as it would be written, or what happens without it.
    default: &'static str,
    /// What it does.
    text: &'static str,
}

const fn field(path: &'static str, default: &'static str, text: &'static str) -> Field {
    Field { path, default, text }
}

/// Every field, in the order of the page.
const FIELDS: &[Field] = &[
    field("version", "`1`", "The form of this file. A newer one than this Purser knows is refused."),
    field(
        "data",
        "`\"purser-data\"`",
        "The data folder, relative to this file. `--data` and `PURSER_DATA` win over it.",
    ),
    field(
        "currency",
        "`\"USD\"`",
        "Currency of the ledger, an ISO 4217 code. Used once, when the data folder is made; after that the ledger keeps its own.",
    ),
    field(
        "zone",
        "`\"UTC\"`",
        "Where the company's periods begin and end, an IANA name. Used once, like `currency`; units and people have zones of their own.",
    ),
    field("listen.gateway", "`\"127.0.0.1:4141\"`", "Where model calls come in."),
    field(
        "listen.control",
        "`\"127.0.0.1:4142\"`",
        "Where the control API and the pages are. Commands on the same machine use the socket in the data folder instead.",
    ),
    field(
        "listen.tls",
        "none",
        "`{ cert = \"chain.pem\", key = \"key.pem\" }`: TLS on both listeners. An address that other machines can reach needs this or `behind_proxy`.",
    ),
    field(
        "listen.behind_proxy",
        "`false`",
        "A proxy in front does the TLS, so that plain HTTP may be listened to on any address.",
    ),
    field(
        "listen.gateway_url",
        "the address listened on",
        "Where people's tools reach the gateway: `https://ai.example.com`. It is what they are told to set.",
    ),
    field(
        "listen.control_url",
        "the address listened on",
        "Where people reach the pages: `https://purser.example.com`. Links that are handed out begin with it.",
    ),
    field("listen.threads", "`0`", "Threads of the gateway; 0 for one per core."),
    field(
        "ledger.journal",
        "`\"log\"`",
        "How the journal of a new data folder is kept. `log`: a write-ahead log in `journal/`. `sqlite`: a database, `journal.db`, slower by a factor and readable with SQLite's own tools. A folder keeps what it was made with.",
    ),
    field("limits.connections", "`20000`", "Open client connections at the gateway."),
    field("limits.head", "`\"64KiB\"`", "A request's head."),
    field("limits.body", "`\"64MiB\"`", "A request's body."),
    field("limits.answer", "`\"64MiB\"`", "An answer that is not a stream."),
    field("limits.head_time", "`\"20s\"`", "From the first byte of a request's head to its last."),
    field("limits.body_stall", "`\"30s\"`", "Between two reads of a request's body."),
    field("limits.idle", "`\"2m\"`", "An idle client connection."),
    field("limits.connect", "`\"10s\"`", "Connecting to a provider, TLS included."),
    field("limits.first_byte", "`\"10m\"`", "From a request's last byte to its answer's first."),
    field("limits.answer_stall", "`\"5m\"`", "Between two reads of an answer."),
    field("limits.write_stall", "`\"1m\"`", "A write to a client that does not read."),
    field("limits.drain", "`\"1m\"`", "How long running calls may go on when `purser serve` is told to end."),
    field(
        "limits.restart_drain",
        "`\"10s\"`",
        "How long running calls may go on at a restart (`purser restart`, SIGHUP). New calls wait meanwhile. A stream that takes longer is closed in order and charged as far as it came.",
    ),
    field(
        "retention.candidate_months",
        "none",
        "Months after which what an offer said that came to nothing (declined, expired, withdrawn) is forgotten: name, amounts, notes, letters. Its events and keyed hashes stay, and the audit trail says that it was done. Without it nothing is forgotten until somebody asks (`purser offer erase`).",
    ),
    field(
        "policy.admission",
        "`\"strict\"`",
        "How much a call sets aside before it goes out. `strict`: the most it can cost. `calibrated`: what is learned about such calls, growing while the answer streams; the overrun is bounded by one call.",
    ),
    field("policy.unknown_model", "`\"refuse\"`", "A model without a price: `refuse` it, or charge it by a `ceiling`."),
    field("policy.unknown_model_card", "none", "The ceiling: a rate card as `purser price import` takes it."),
    field(
        "policy.useful_floor_tokens",
        "`4096`",
        "The least output that a call is cut down to when money runs short; below it the call is not made.",
    ),
    field("policy.park.wait", "`\"30s\"`", "How long a call waits for money that other calls have set aside."),
    field("policy.park.calls", "`64`", "How many calls of one person wait at once."),
    field(
        "policy.drain.time",
        "`\"1m\"`",
        "How long an answer is read on after its client hung up, to learn its exact cost.",
    ),
    field("policy.drain.money", "`\"0.25\"`", "How much reading on may cost."),
    field(
        "policy.wait_for_disk",
        "`false`",
        "Wait until each hold is on disk before its call goes out. Costs every call the time of a disk sync.",
    ),
    field(
        "policy.resolve_suspense_after_days",
        "`7`",
        "After how many days money in suspense moves off the person to the company's `unaccounted` account.",
    ),
    field(
        "policy.advance_percent",
        "`50`",
        "How much of what a grant's next period releases may be advanced into the running one, in hundredths.",
    ),
    field(
        "policy.gift_percent",
        "`0`",
        "How much of what a grant's running period releases may be given to somebody else's grant, in hundredths.",
    ),
    field(
        "policy.observed",
        "`\"beside\"`",
        "What becomes of usage that did not pass through the gateway: `beside` grants it changes nothing, or it `counts` and \
         the running period of the grant releases so much less. What a family of roles says goes before.",
    ),
    field("policy.top_ups.manager_max", "`\"250\"`", "Requests for more money up to this are a manager's to decide."),
    field(
        "policy.top_ups.finance_max",
        "`\"2500\"`",
        "Above that and up to this they are finance's, above it an administrator's.",
    ),
    field(
        "policy.top_ups.answer_hours",
        "`24`",
        "Hours without an answer after which a request is passed on to the next.",
    ),
    field("policy.top_ups.closes_hours", "`168`", "Hours after which a request closes without a decision."),
    field(
        "policy.top_ups.hold",
        "`\"0s\"`",
        "How long a call whose money is gone waits while a request of its person is open, up to `10m`. Off with `0s`.",
    ),
    field("policy.ask_more", "none", "Whom to ask for more: a team or an address. Every denial says it."),
    field(
        "policy.runs.money",
        "none",
        "What one agent's session may cost. Requests can lower it (`x-purser-run-budget`), never raise it; so with the other limits of runs.",
    ),
    field("policy.runs.tokens", "none", "Tokens, in and out, of one session."),
    field("policy.runs.requests", "none", "Calls of one session."),
    field("policy.runs.minutes", "none", "Minutes from a session's first call to its last."),
    field("policy.runs.depth", "none", "Levels of sessions that one may have below it."),
    field("policy.runs.children", "none", "Sessions that one may start itself."),
    field(
        "policy.breakers.off",
        "`[]`",
        "Breakers that are switched off: `spend`, `repeat`, `errors`, `growth`, `unattended`. What each looks at: [Breakers](breakers.md).",
    ),
    field(
        "policy.breakers.spend.tenths_of_most",
        "`30`",
        "Trips above so many tenths of a person's own most in ten minutes.",
    ),
    field("policy.breakers.spend.at_least", "`\"15\"`", "Never trips below this much in ten minutes."),
    field("policy.breakers.spend.ceiling", "`\"150\"`", "Always trips above this much in ten minutes."),
    field("policy.breakers.spend.newcomer", "`\"30\"`", "What trips whose own most is not known yet."),
    field(
        "policy.breakers.spend.warn_percent",
        "`20`",
        "Warns once two minutes cost so much of what trips in ten, in percent.",
    ),
    field(
        "policy.breakers.spend.act",
        "`\"pause\"`",
        "What the breaker does: `warn`, `hold`, `pause` or `stop`; so with the others.",
    ),
    field("policy.breakers.repeat.rounds", "`3`", "How often a circle is gone round again."),
    field("policy.breakers.repeat.steps", "`9`", "How many steps that takes at least."),
    field("policy.breakers.repeat.cost", "`\"0.75\"`", "What they have cost at least."),
    field(
        "policy.breakers.repeat.waiting_seconds",
        "`5`",
        "Who lets so many seconds pass between an answer and the next call, on average, waits for something, as for a build.",
    ),
    field("policy.breakers.repeat.waiting_cost", "`\"10\"`", "Then they may cost this much."),
    field("policy.breakers.repeat.act", "`\"pause\"`", "What the breaker does."),
    field("policy.breakers.errors.in_a_row", "`40`", "Errors in a row that trip."),
    field("policy.breakers.errors.cost", "`\"0.75\"`", "What they have cost at least."),
    field("policy.breakers.errors.act", "`\"pause\"`", "What the breaker does."),
    field("policy.breakers.growth.in_a_row", "`60`", "Calls in a row with more and more going in."),
    field("policy.breakers.growth.output_each", "`24`", "Tokens that come out of each at most, on average."),
    field("policy.breakers.growth.cost", "`\"3\"`", "What they have cost at least."),
    field("policy.breakers.growth.act", "`\"pause\"`", "What the breaker does."),
    field(
        "policy.breakers.unattended.warn_after_minutes",
        "`240`",
        "Minutes without a human being's word after which it warns.",
    ),
    field("policy.breakers.unattended.after_minutes", "`720`", "Minutes after which it trips."),
    field("policy.breakers.unattended.cost", "`\"20\"`", "What was spent since at least."),
    field("policy.breakers.unattended.act", "`\"pause\"`", "What the breaker does."),
    field(
        "policy.switch",
        "none",
        "`{ from_percent = 80, models = [{ from = \"claude-opus-*\", to = \"claude-sonnet-5-5\" }] }`: once so much of the period's money is used, calls go out with the cheaper model. The client is told (`x-purser-switched`), the charge keeps the model that was asked for.",
    ),
    field("providers.NAME.kind", "required", "`anthropic`, `openai`, `gemini` or `openai-compatible`."),
    field("providers.NAME.base_url", "the kind's public address", "Where it is. `openai-compatible` needs one."),
    field(
        "providers.NAME.api_key_env",
        "`ANTHROPIC_API_KEY`, `OPENAI_API_KEY`, `GEMINI_API_KEY` by kind; none for `openai-compatible`",
        "The environment variable that the provider's key is in. The key itself never stands in this file.",
    ),
    field("providers.NAME.api_key_file", "none", "The file that the provider's key is in, instead of a variable."),
    field(
        "providers.NAME.admin_key_env",
        "none",
        "The environment variable with an administrator's key of the account: reports for its bill are fetched with it ([bills](bills.md)).",
    ),
    field("providers.NAME.admin_key_file", "none", "The file that it is in, instead of a variable."),
    field(
        "providers.NAME.models",
        "every model of its kind",
        "Patterns of the models that go there: `[\"claude-*\"]`.",
    ),
    field(
        "providers.NAME.fallback",
        "none",
        "Names of providers to try when this one can't be reached or answers with an error of its own before any output.",
    ),
    field(
        "providers.NAME.prices",
        "`anthropic`, `openai`, `google` by kind; else the provider's name",
        "The provider whose prices in the price book apply.",
    ),
];

const HEAD: &str = "# Configuration\n\
\n\
`purser.toml` in the working folder, or the file that `--config` or `PURSER_CONFIG` names. Every field may be left out;\n\
without a file Purser listens on loopback and uses each public provider whose usual variable is set. Durations are\n\
written with their unit (`250ms`, `30s`, `5m`, `2h`, `7d`), sizes too (`64KiB`, `32MiB`), amounts as text (`\"0.25\"`).\n\
\n\
The order of the `[providers.…]` tables is the order of preference where several take a model.\n\
\n\
```toml\n\
[providers.anthropic]\n\
kind = \"anthropic\"\n\
\n\
[providers.local]\n\
kind = \"openai-compatible\"\n\
base_url = \"http://127.0.0.1:8080\"\n\
models = [\"qwen*\"]\n\
```\n\
\n\
| field | default | meaning |\n\
|---|---|---|\n";

/// The page.
fn page() -> String {
    let mut page = HEAD.to_owned();
    for Field { path, default, text } in FIELDS {
        page = format!("{page}| `{path}` | {default} | {text} |\n");
    }
    page
}

/// Where the page is, seen from this crate.
const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/reference/configuration.md");

/// The fields that a table in the file has, as the reader itself names them when it meets a stranger.
fn fields_of(table: &str) -> Vec<String> {
    let text = if table.is_empty() { "stranger = 0".to_owned() } else { format!("[{table}]\nstranger = 0\n") };
    let error = toml::from_str::<super::file::File>(&text).expect_err("a stranger is refused");
    let mut names: Vec<String> = error.message().split('`').skip(1).step_by(2).skip(1).map(str::to_owned).collect();
    names.sort();
    names
}

/// The fields that the page has for a table.
fn described(table: &str) -> Vec<String> {
    let prefix = if table.is_empty() { String::new() } else { format!("{table}.") };
    let mut names: Vec<String> = FIELDS
        .iter()
        .filter_map(|field| field.path.strip_prefix(&prefix))
        .map(|rest| rest.split('.').next().unwrap_or(rest).to_owned())
        .collect();
    names.sort();
    names.dedup();
    names
}

#[test]
fn every_field_is_described_and_nothing_else() {
    let breakers = ["spend", "repeat", "errors", "growth", "unattended"].map(|rule| format!("policy.breakers.{rule}"));
    let tables =
        ["", "listen", "ledger", "limits", "retention", "policy", "policy.park", "policy.drain", "policy.runs"];
    for table in
        tables.into_iter().chain(breakers.iter().map(|table| &**table)).chain(["policy.breakers", "providers.NAME"])
    {
        assert_eq!(described(table), fields_of(table), "[{table}]");
    }
}

#[test]
fn the_defaults_described_are_the_defaults() {
    let mut text = String::new();
    for field in FIELDS.iter().filter(|field| !field.path.contains("NAME")) {
        if let Some(value) = field.default.strip_prefix('`').and_then(|rest| rest.strip_suffix('`')) {
            // The folder has a default of its own, which the file's absence is not.
            if field.path != "data" {
                text = format!("{text}{} = {value}\n", field.path);
            }
        }
    }
    let written: super::file::File = toml::from_str(&text).expect("the defaults can be written");
    assert_eq!(format!("{written:?}"), format!("{:?}", super::file::File::default()));
}

/// `PURSER_WRITE_REFERENCE=1 cargo test -p purser` writes the page.
#[test]
fn the_page_is_up_to_date() {
    if std::env::var_os("PURSER_WRITE_REFERENCE").is_some() {
        std::fs::write(PAGE, page()).expect("the page can be written");
    }
    let kept = std::fs::read_to_string(PAGE).expect("the page is there");
    assert_eq!(kept, page(), "run PURSER_WRITE_REFERENCE=1 cargo test -p purser");
}
