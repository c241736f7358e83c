//! Where a request becomes an answer: authorise, read, decide, render, note. No sockets and no waiting.

use std::borrow::Cow;
use std::collections::HashSet;
use std::io;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use memchr::memmem;
use parking_lot::Mutex;
use tokio::sync::Semaphore;

use crate::ask::Ask;
use crate::cache::{Cached, Keeping, PromptCache, StoredResponses};
use crate::config::{Owner, StandinConfig};
use crate::dialect::{self, Answer};
use crate::hash::{Hasher, mix};
use crate::head::Head;
use crate::journal::{Credential, Dialect, Journal, ServedCall, ServedUsage};
use crate::plan::{PromptTokens, plan};
use crate::prompt::Prompt;
use crate::reel::Reel;
use crate::reply::{Conduct, Form, Refusal, Reply};
use crate::route::{Call, Route, route};
use crate::script::Script;

/// The state that all connections share.
pub(crate) struct Desk {
    pub(crate) config: StandinConfig,
    pub(crate) journal: Journal,
    keys: HashSet<Credential>,
    cache: PromptCache,
    stored: StoredResponses,
    injected: Mutex<Option<Injected>>,
    /// Saves the lock when nothing is injected, which is nearly always.
    any_injected: AtomicBool,
    answers: AtomicU64,
    /// Answers that wait and may go on.
    pub(crate) may_go_on: Semaphore,
}

struct Injected {
    script: Script,
    /// `None` is until further notice.
    calls_left: Option<u64>,
}

/// A call that is being answered: the id of its answer, and what the journal will say.
struct Begun {
    id: u64,
    note: ServedCall,
}

/// What came of a call that was not refused.
struct Served {
    status: u16,
    conduct: Conduct,
    form: Form,
}

impl Desk {
    pub(crate) fn open(config: StandinConfig) -> io::Result<Self> {
        Ok(Self {
            journal: Journal::open(&config.journal)?,
            keys: config.keys.iter().map(|key| Credential::of(key)).collect(),
            cache: PromptCache::new(config.bounds.cache_pieces_max),
            stored: StoredResponses::new(config.bounds.stored_responses_max),
            injected: Mutex::default(),
            any_injected: AtomicBool::new(false),
            answers: AtomicU64::new(0),
            may_go_on: Semaphore::new(0),
            config,
        })
    }

    /// Answers a request: the body goes into `reel`, all else into the reply.
    pub(crate) fn answer(&self, head: &Head, body: &[u8], reel: &mut Reel) -> Reply {
        reel.clear();
        let created_s = self.config.answers.created_s;
        match route(head) {
            Route::Call(call) => self.call(head, body, call, reel),
            Route::Models(shape) => {
                dialect::models::list(&self.config.models, shape, created_s, reel);
                Reply::json(200)
            }
            Route::Model(shape, id) => {
                if dialect::models::one(&self.config.models, shape, id, created_s, reel) {
                    Reply::json(200)
                } else {
                    not_found(dialect_of(shape), reel)
                }
            }
            Route::Report(report) => self.report_page(head, report, reel),
            Route::Journal => self.journal_page(head, reel),
            Route::Fault => self.fault_page(head, body, reel),
            Route::Health => {
                reel.pen().raw("{}");
                reel.end_frame(0, 0);
                Reply::json(200)
            }
            Route::Unknown(dialect) => not_found(dialect, reel),
        }
    }

    /// Has the next `calls` calls (`None`: all from now on) answered by `script`.
    pub(crate) fn inject(&self, script: Script, calls: Option<u64>) {
        let mut injected = self.injected.lock();
        *injected = (calls != Some(0)).then_some(Injected { script, calls_left: calls });
        self.any_injected.store(injected.is_some(), Ordering::Release);
    }

    /// Forgets prompts and stored responses, as providers do in time.
    pub(crate) fn forget(&self) {
        self.cache.forget();
        self.stored.forget();
    }

    fn call(&self, head: &Head, body: &[u8], call: Call<'_>, reel: &mut Reel) -> Reply {
        let id = mix(self.config.seed, self.answers.fetch_add(1, Ordering::Relaxed) + 1);
        let note = ServedCall {
            seq: 0,
            dialect: call.dialect(),
            path: head.path.as_str().into(),
            credential: head.credential.unwrap_or_else(|| Credential::of("")),
            model: "".into(),
            served_model: "".into(),
            tier: "".into(),
            stream: false,
            status: 0,
            usage: ServedUsage::default(),
            told: None,
            events: 0,
            ended: false,
            completed: false,
        };
        let mut begun = Begun { id, note };
        let served = self.authorise(head).and_then(|()| {
            let ask = call.read(body).map_err(|_| Refusal::new(400, "the body is not a JSON object"))?;
            let (model, script) = self.script(head, body, &ask)?;
            begun.note.model = model.into();
            begun.note.stream = ask.stream;
            required(&ask, model)?;
            self.serve(&ask, model, &script, &mut begun, reel)
        });
        let mut note = begun.note;
        let Served { status, conduct, form } = served.unwrap_or_else(|refusal| {
            error(note.dialect, &refusal, id, reel);
            Served { status: refusal.status, conduct: Conduct::plain(), form: Form::Plain }
        });
        note.status = status;
        Reply::call(note, conduct, form, id)
    }

    fn authorise(&self, head: &Head) -> Result<(), Refusal> {
        match head.credential {
            None => Err(Refusal::new(401, "no credential")),
            Some(key) if self.keys.is_empty() || self.keys.contains(&key) => Ok(()),
            Some(_) => Err(Refusal::new(401, "unknown credential")),
        }
    }

    fn serve(
        &self,
        ask: &Ask<'_>,
        model: &str,
        script: &Script,
        begun: &mut Begun,
        reel: &mut Reel,
    ) -> Result<Served, Refusal> {
        let Begun { id, note } = begun;
        let id = *id;
        let conduct = Conduct::of(script, &self.config.pacing);
        if script.refuse {
            return Ok(Served { status: 0, conduct, form: Form::Plain });
        }
        if let Some(status) = script.status {
            error(note.dialect, &Refusal::new(status, "a fault asked of the stand-in"), id, reel);
            return Ok(Served { status, conduct, form: Form::Plain });
        }
        let prompt = Prompt::read(&ask.prompt, self.config.seed);
        if ask.counting {
            count(ask.dialect, self.prompt_tokens(&prompt, Cached::default(), 0).whole, reel);
            return Ok(Served { status: 200, conduct, form: Form::Plain });
        }

        let elsewhere = match ask.previous {
            None => 0,
            Some(previous) => self
                .stored
                .tokens(note.credential, previous)
                .ok_or_else(|| Refusal::new(400, "no response of that id is stored for this credential"))?,
        };
        let cached = self.visit_cache(note.credential, model, ask, &prompt);
        let tokens = self.prompt_tokens(&prompt, cached, elsewhere);
        let plan = plan(ask, script, &self.config.answers, &tokens, prompt.hash, model);
        if ask.dialect == Dialect::Responses && ask.store {
            self.stored.store(note.credential, &format!("resp_{id:016x}"), plan.usage.input() + plan.usage.output);
        }
        let answer = Answer {
            ask,
            plan: &plan,
            id,
            telling: script.telling,
            created_s: self.config.answers.created_s,
            bytes_per_token: self.config.answers.bytes_per_token,
            tokens_per_event: self.config.pacing.tokens_per_event,
        };
        answer.render(reel);
        note.served_model = plan.model.into();
        note.tier = plan.tier.into();
        note.usage = plan.usage;
        let form = match (ask.stream, ask.json_array) {
            (false, _) => Form::Plain,
            (true, false) => Form::Events,
            (true, true) => Form::Array,
        };
        Ok(Served { status: 200, conduct, form })
    }

    /// The model that is meant, and how the call is to be answered; the order is that of the script module's text.
    fn script<'a>(&'a self, head: &Head, body: &[u8], ask: &Ask<'a>) -> Result<(&'a str, Cow<'a, Script>), Refusal> {
        let suffix = ask.model.rsplit_once('@').and_then(|(model, text)| Some((model, text.parse().ok()?)));
        let (model, suffix) = suffix.map_or((ask.model, None), |(model, script)| (model, Some(script)));
        let written = head.script.as_deref().or_else(|| marked(body));
        let script = match written.map(str::parse).transpose() {
            Err(error) => return Err(Refusal::new(400, format!("{error}"))),
            Ok(Some(script)) => Cow::Owned(script),
            Ok(None) => match suffix.or_else(|| self.take_injected()) {
                Some(script) => Cow::Owned(script),
                None => Cow::Borrowed(&self.config.script),
            },
        };
        Ok((model, script))
    }

    fn take_injected(&self) -> Option<Script> {
        if !self.any_injected.load(Ordering::Acquire) {
            return None;
        }
        let mut injected = self.injected.lock();
        let current = injected.as_mut()?;
        let script = current.script.clone();
        if let Some(left) = &mut current.calls_left {
            *left = left.saturating_sub(1);
            if *left == 0 {
                *injected = None;
                self.any_injected.store(false, Ordering::Release);
            }
        }
        Some(script)
    }

    fn visit_cache(&self, who: Credential, model: &str, ask: &Ask<'_>, prompt: &Prompt) -> Cached {
        let keeping = match ask.dialect {
            Dialect::Embeddings => return Cached::default(),
            Dialect::Messages => Keeping::Marked,
            Dialect::Chat | Dialect::Responses if bills_writes(model) => Keeping::Automatic,
            Dialect::Chat | Dialect::Responses | Dialect::Gemini => Keeping::AutomaticFree,
        };
        let mut shelf = Hasher::new(0);
        shelf.update(model.as_bytes());
        let tokens_min = usize::try_from(self.config.answers.cache_min_tokens).unwrap_or(usize::MAX);
        let bytes_min = tokens_min.saturating_mul(self.config.answers.bytes_per_token.max(1));
        self.cache.visit((who, shelf.value()), prompt, keeping, bytes_min)
    }

    fn prompt_tokens(&self, prompt: &Prompt, cached: Cached, elsewhere: u64) -> PromptTokens {
        PromptTokens::new(prompt.bytes, cached, elsewhere, self.config.answers.bytes_per_token)
    }
}

/// Refuses what every provider refuses.
fn required(ask: &Ask<'_>, model: &str) -> Result<(), Refusal> {
    if model.is_empty() {
        return Err(Refusal::new(400, "model: field required"));
    }
    // It is repeated in the answer as it came.
    if model.bytes().any(|byte| byte == b'"' || byte == b'\\' || byte < b' ') {
        return Err(Refusal::new(404, "no such model"));
    }
    let [.., messages] = ask.prompt;
    if messages.is_empty() && ask.previous.is_none() {
        return Err(Refusal::new(400, "the field with the prompt is required"));
    }
    if ask.dialect == Dialect::Messages && !ask.counting && ask.limit.is_none() {
        return Err(Refusal::new(400, "max_tokens: field required"));
    }
    Ok(())
}

/// OpenAI bills cache writes from GPT-5.6 on.
fn bills_writes(model: &str) -> bool {
    let Some(version) = model.strip_prefix("gpt-") else { return false };
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let (major, rest) = version.split_at(digits(version));
    let minor = rest.strip_prefix('.').map_or("", |rest| rest.split_at(digits(rest)).0);
    let number = |text: &str| text.parse().unwrap_or(0);
    (number(major), number(minor)) >= (5_u32, 6_u32)
}

/// The script in the last `[[standin …]]` of a body.
fn marked(body: &[u8]) -> Option<&str> {
    static OPENING: LazyLock<memmem::Finder<'static>> = LazyLock::new(|| memmem::Finder::new("[[standin"));
    let rest = body.get(OPENING.find_iter(body).last()?.checked_add(OPENING.needle().len())?..)?;
    let to = memmem::find(rest, b"]]")?;
    str::from_utf8(rest.get(..to)?).ok()
}

fn count(dialect: Dialect, tokens: u64, reel: &mut Reel) {
    if dialect == Dialect::Gemini {
        dialect::gemini::count(tokens, reel);
    } else {
        dialect::anthropic::count(tokens, reel);
    }
}

fn error(dialect: Dialect, refusal: &Refusal, id: u64, reel: &mut Reel) {
    reel.clear();
    reel.pen().raw(&dialect::fault::body(dialect, refusal.status, &refusal.message, id));
    reel.end_frame(0, 0);
}

fn not_found(dialect: Dialect, reel: &mut Reel) -> Reply {
    error(dialect, &Refusal::new(404, "the stand-in does not serve this"), 0, reel);
    Reply::json(404)
}

fn dialect_of(shape: Owner) -> Dialect {
    match shape {
        Owner::Anthropic => Dialect::Messages,
        Owner::OpenAi => Dialect::Chat,
        Owner::Google => Dialect::Gemini,
    }
}
