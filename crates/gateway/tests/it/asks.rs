//! Requests in every dialect.

use crate::company::{ANALYST_KEY, METERED};

/// A way of asking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Talk {
    Messages,
    Chat,
    Responses,
    Embeddings,
    /// Streams are events.
    Gemini,
    /// Streams are one JSON array.
    GeminiArray,
}

impl Talk {
    /// The ways that answer in text.
    pub(crate) const TEXT: [Self; 5] = [Self::Messages, Self::Chat, Self::Responses, Self::Gemini, Self::GeminiArray];

    /// The provider that a rig sends it to.
    pub(crate) fn provider(self) -> &'static str {
        match self {
            Self::Messages => "anthropic",
            Self::Chat | Self::Responses | Self::Embeddings => "openai",
            Self::Gemini | Self::GeminiArray => "google",
        }
    }
}

/// What is asked for.
#[derive(Clone, Debug)]
pub(crate) struct Want<'a> {
    pub(crate) model: &'a str,
    pub(crate) stream: bool,
    /// The most tokens of the answer; `None` leaves it open, except where the dialect demands one.
    pub(crate) max: Option<u64>,
    /// How the stand-in answers.
    pub(crate) script: &'a str,
    pub(crate) prompt: &'a str,
    /// More fields of the body, each with a comma at its end.
    pub(crate) more: &'a str,
}

impl Default for Want<'_> {
    fn default() -> Self {
        Self { model: METERED, stream: false, max: Some(500), script: "", prompt: "Good morning.", more: "" }
    }
}

/// A request, before it becomes bytes.
#[derive(Clone, Debug)]
pub(crate) struct Ask {
    pub(crate) method: &'static str,
    pub(crate) target: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Ask {
    /// Without a body.
    pub(crate) fn of(method: &'static str, target: &str) -> Self {
        Self { method, target: target.to_owned(), headers: Vec::new(), body: String::new() }
    }

    /// With a JSON body and no key.
    pub(crate) fn post(target: &str, body: &str) -> Self {
        let ask = Self { body: body.to_owned(), ..Self::of("POST", target) };
        ask.with("content-type", "application/json")
    }

    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// With a key where most clients put it.
    pub(crate) fn key(self, secret: &str) -> Self {
        self.with("authorization", &format!("Bearer {secret}"))
    }

    pub(crate) fn head(&self) -> String {
        let mut head = format!("{} {} HTTP/1.1\r\nhost: gateway\r\n", self.method, self.target);
        for (name, value) in &self.headers {
            head.extend([name, ": ", value, "\r\n"]);
        }
        if !self.body.is_empty() {
            head.extend(["content-length: ", &self.body.len().to_string(), "\r\n"]);
        }
        head + "\r\n"
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        (self.head() + &self.body).into_bytes()
    }
}

/// A request of the analyst's.
pub(crate) fn ask(talk: Talk, want: &Want<'_>) -> Ask {
    ask_unsigned(talk, want).key(ANALYST_KEY)
}

/// A request without a key.
pub(crate) fn ask_unsigned(talk: Talk, want: &Want<'_>) -> Ask {
    let Want { model, stream, max, script, prompt, more } = want;
    let content = if script.is_empty() { (*prompt).to_owned() } else { format!("{prompt} [[standin {script}]]") };
    let max = |field: &str| max.map_or(String::new(), |max| format!(r#""{field}":{max},"#));
    match talk {
        Talk::Messages => {
            let max = if max("max_tokens").is_empty() { r#""max_tokens":8192,"#.to_owned() } else { max("max_tokens") };
            let body = format!(
                r#"{{"model":"{model}",{max}{more}"stream":{stream},"messages":[{{"role":"user","content":"{content}"}}]}}"#
            );
            Ask::post("/v1/messages", &body).with("anthropic-version", "2023-06-01")
        }
        Talk::Chat => {
            let max = max("max_tokens");
            let body = format!(
                r#"{{"model":"{model}",{max}{more}"stream":{stream},"messages":[{{"role":"user","content":"{content}"}}]}}"#
            );
            Ask::post("/v1/chat/completions", &body)
        }
        Talk::Responses => {
            let max = max("max_output_tokens");
            let body = format!(r#"{{"model":"{model}",{max}{more}"stream":{stream},"input":"{content}"}}"#);
            Ask::post("/v1/responses", &body)
        }
        Talk::Embeddings => Ask::post("/v1/embeddings", &format!(r#"{{"model":"{model}",{more}"input":"{content}"}}"#)),
        Talk::Gemini | Talk::GeminiArray => {
            let config = max("maxOutputTokens");
            let config = if config.is_empty() {
                String::new()
            } else {
                format!(r#""generationConfig":{{{}}},"#, config.trim_end_matches(','))
            };
            let body = format!(r#"{{{config}{more}"contents":[{{"role":"user","parts":[{{"text":"{content}"}}]}}]}}"#);
            let method = match (stream, talk) {
                (false, _) => "generateContent",
                (true, Talk::Gemini) => "streamGenerateContent?alt=sse",
                (true, _) => "streamGenerateContent",
            };
            Ask::post(&format!("/v1beta/models/{model}:{method}"), &body)
        }
    }
}
