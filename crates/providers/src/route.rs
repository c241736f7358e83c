//! Which call is this? From method, path, query and headers alone.

use std::borrow::Cow;

use http::Method;

use crate::dialect::{Dialect, Family};
use crate::header_list::Headers;
use crate::ids::{IdKind, ProviderId};
use crate::key::{parameters, percent_decoded};

/// What to do with a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Route {
    /// Costs money and can be metered.
    Metered {
        /// The format.
        dialect: Dialect,
        /// The model, where the path names it (Gemini).
        model: Option<String>,
    },
    /// Costs nothing.
    Free {
        /// Whose route it is.
        family: Family,
        /// Which one.
        kind: FreeKind,
    },
    /// Exists at the provider, but cannot be metered, so it is refused.
    Refused {
        /// Whose route it is.
        family: Family,
        /// One sentence for the caller: what, and what to do instead.
        why: &'static str,
    },
    /// No provider has it.
    Unknown {
        /// The family whose error shape suits the caller best.
        family: Family,
    },
}

/// A call that costs nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FreeKind {
    /// Counting tokens: forwarded, never charged, never blocked by a spent budget. Its body may name ids of other
    /// people: read it as this dialect for the fence.
    CountTokens {
        /// The format of the body.
        dialect: Dialect,
        /// The model, where the path names it.
        model: Option<String>,
    },
    /// The list of models, answered by [`crate::models_list`].
    ModelsList,
    /// One model, answered by [`crate::model_get`].
    ModelGet {
        /// Its id.
        id: String,
    },
    /// Claude Code's `HEAD /api/hello`: answer 200 with no body.
    Hello,
    /// Something stored at the provider is read, changed or deleted: forwarded if the caller made every id.
    Stored {
        /// The ids in the path, all of them fenced.
        ids: Vec<ProviderId>,
    },
    /// Something is stored at the provider (`POST /v1/conversations`): forwarded; the answer's id is fenced.
    Store,
}

/// The route of a call. `path_and_query` as in the request line (`/v1/messages?beta=true`).
pub fn route(method: &Method, path_and_query: &str, headers: &Headers) -> Route {
    let (path, query) = path_and_query.split_once('?').unwrap_or((path_and_query, ""));
    let family = caller_family(path, headers);
    let call = Call { method, query, headers, family };
    if path == "/api/hello" {
        return Route::Free { family: Family::Anthropic, kind: FreeKind::Hello };
    }
    // What nearly everybody calls is known at sight.
    let known: Option<&[&str]> = match path {
        "/v1/messages" => Some(&["messages"]),
        "/v1/chat/completions" => Some(&["chat", "completions"]),
        "/v1/responses" => Some(&["responses"]),
        _ => None,
    };
    if let Some(parts) = known {
        return call.route(parts);
    }
    let Some(rest) = ["/v1beta/", "/v1alpha/", "/v1/"].iter().find_map(|version| path.strip_prefix(version)) else {
        return Route::Unknown { family };
    };
    let parts: Vec<Cow<'_, str>> = rest.split('/').map(percent_decoded).collect();
    let parts: Vec<&str> = parts.iter().map(AsRef::as_ref).collect();
    // An empty or relative part can mean another path to the server behind us than to us.
    if parts.iter().any(|part| part.is_empty() || matches!(*part, "." | "..") || part.contains(['/', '\\', '?', '#'])) {
        return Route::Unknown { family };
    }
    call.route(&parts)
}

/// Whose error shape suits the caller: by its headers, else by a path that only one family has.
fn caller_family(path: &str, headers: &Headers) -> Family {
    let agent = headers.text("user-agent").unwrap_or_default();
    let claude = agent.starts_with("claude-code/") || agent.starts_with("claude-cli/");
    if headers.contains("anthropic-version") || claude || path.starts_with("/v1/messages") {
        Family::Anthropic
    } else if headers.contains("x-goog-api-key")
        || headers.contains("x-goog-api-client")
        || path.starts_with("/v1beta")
        || path.starts_with("/v1alpha")
        || path.contains(':')
    {
        Family::Gemini
    } else {
        Family::OpenAi
    }
}

struct Call<'a> {
    method: &'a Method,
    query: &'a str,
    headers: &'a Headers,
    family: Family,
}

impl Call<'_> {
    fn route(&self, parts: &[&str]) -> Route {
        match parts {
            ["messages", rest @ ..] => self.messages(rest),
            ["chat", "completions", rest @ ..] => self.chat(rest),
            ["responses", rest @ ..] => self.responses(rest),
            ["conversations", rest @ ..] => self.conversations(rest),
            ["embeddings"] => self.post(Route::Metered { dialect: Dialect::OpenAiEmbeddings, model: None }),
            ["models", rest @ ..] => self.models(rest),
            ["tunedModels", name] => self.model_method("tunedModels/", name),
            [first, ..] => REFUSED.iter().find(|(name, ..)| name == first).map_or(
                Route::Unknown { family: self.family },
                |(_, family, why)| Route::Refused { family: family.unwrap_or(self.family), why },
            ),
            [] => Route::Unknown { family: self.family },
        }
    }

    /// `route` for a POST, unknown for anything else.
    fn post(&self, route: Route) -> Route {
        if self.method == Method::POST { route } else { Route::Unknown { family: self.family } }
    }

    fn free(&self, kind: FreeKind) -> Route {
        Route::Free { family: self.family, kind }
    }

    fn reads(&self) -> bool {
        self.method == Method::GET || self.method == Method::HEAD
    }

    fn messages(&self, rest: &[&str]) -> Route {
        let dialect = Dialect::AnthropicMessages;
        match rest {
            [] => self.post(Route::Metered { dialect, model: None }),
            ["count_tokens"] => self.post(self.free(FreeKind::CountTokens { dialect, model: None })),
            ["batches", ..] => Route::Refused { family: Family::Anthropic, why: BATCHES },
            _ => Route::Unknown { family: self.family },
        }
    }

    fn chat(&self, rest: &[&str]) -> Route {
        match rest {
            [] if self.method == Method::POST => Route::Metered { dialect: Dialect::OpenAiChat, model: None },
            _ => Route::Refused {
                family: Family::OpenAi,
                why: "Stored chat completions are not passed on, because the account is shared: they would show \
                      everybody's. Use /v1/responses with stored responses instead.",
            },
        }
    }

    fn responses(&self, rest: &[&str]) -> Route {
        let dialect = Dialect::OpenAiResponses;
        match rest {
            // A websocket at the same path carries calls that nobody could count.
            [] if self.headers.contains("upgrade") => Route::Refused {
                family: Family::OpenAi,
                why: "Responses over a websocket are not metered yet. Use HTTP requests to /v1/responses.",
            },
            [] => self.post(Route::Metered { dialect, model: None }),
            ["input_tokens"] => self.post(self.free(FreeKind::CountTokens { dialect, model: None })),
            ["compact"] => Route::Refused {
                family: Family::OpenAi,
                why: "Compaction as a call of its own is not metered yet. Let the client compact its own context.",
            },
            [id] if self.reads() || self.method == Method::DELETE => self.stored(&[(IdKind::Response, id)]),
            [id, "input_items"] if self.reads() => self.stored(&[(IdKind::Response, id)]),
            [id, "cancel"] => self.post(self.stored(&[(IdKind::Response, id)])),
            _ => Route::Unknown { family: self.family },
        }
    }

    fn conversations(&self, rest: &[&str]) -> Route {
        match rest {
            [] => self.post(self.free(FreeKind::Store)),
            [id] | [id, "items"] => self.stored(&[(IdKind::Conversation, id)]),
            [id, "items", item] => self.stored(&[(IdKind::Conversation, id), (IdKind::Item, item)]),
            _ => Route::Unknown { family: self.family },
        }
    }

    fn stored(&self, ids: &[(IdKind, &&str)]) -> Route {
        let ids = ids.iter().map(|(kind, id)| ProviderId { kind: *kind, id: (**id).to_owned() }).collect();
        self.free(FreeKind::Stored { ids })
    }

    fn models(&self, rest: &[&str]) -> Route {
        match rest {
            [] if self.reads() => self.free(FreeKind::ModelsList),
            [name] if self.reads() && !name.contains(':') => self.free(FreeKind::ModelGet { id: (*name).to_owned() }),
            [name] if self.method == Method::POST => self.model_method("", name),
            // Names with a slash in them (`google/gemma`), as compatible servers have.
            [..] if self.reads() => self.free(FreeKind::ModelGet { id: rest.join("/") }),
            _ => Route::Unknown { family: self.family },
        }
    }

    /// `M:generateContent` and its like.
    fn model_method(&self, prefix: &str, name: &str) -> Route {
        let Some((model, method)) = name.rsplit_once(':').filter(|(model, _)| !model.is_empty()) else {
            return Route::Unknown { family: self.family };
        };
        let model = Some(format!("{prefix}{model}"));
        let family = Family::Gemini;
        let generate = |stream| Dialect::GeminiGenerate { stream, sse: stream && self.asks_for_events() };
        self.post(match method {
            "generateContent" => Route::Metered { dialect: generate(false), model },
            "streamGenerateContent" => Route::Metered { dialect: generate(true), model },
            "countTokens" => Route::Free { family, kind: FreeKind::CountTokens { dialect: generate(false), model } },
            "batchGenerateContent" | "asyncBatchEmbedContent" => Route::Refused { family, why: BATCHES },
            "embedContent" | "batchEmbedContents" => Route::Refused {
                family,
                why: "Gemini's embeddings report no usage, so they are not metered yet. Use /v1/embeddings.",
            },
            "predict" | "predictLongRunning" => Route::Refused {
                family,
                why: "Images and videos by prediction are not metered yet. Use generateContent.",
            },
            _ => Route::Refused { family, why: "This method is not metered yet. Use generateContent." },
        })
    }

    /// `alt=sse`, which Google also takes as `$alt`.
    fn asks_for_events(&self) -> bool {
        parameters(self.query).any(|(name, value)| name.trim_start_matches('$') == "alt" && value.starts_with("sse"))
    }
}

const BATCHES: &str = "Batches finish hours later and are not metered yet. Send the calls one by one.";

/// Routes that exist at a provider and cannot be metered. `None`: several families have it.
const REFUSED: &[(&str, Option<Family>, &str)] = &[
    ("batches", None, BATCHES),
    ("completions", Some(Family::OpenAi), "Legacy completions are not metered. Use /v1/chat/completions."),
    ("complete", Some(Family::Anthropic), "Legacy text completions are not metered. Use /v1/messages."),
    ("realtime", Some(Family::OpenAi), "Realtime sessions are not metered yet. Use /v1/responses."),
    ("audio", Some(Family::OpenAi), "Speech and transcription are not metered yet."),
    ("images", Some(Family::OpenAi), "Image generation is not metered yet."),
    ("videos", Some(Family::OpenAi), "Video generation is not metered yet."),
    ("moderations", Some(Family::OpenAi), "Moderation is not passed on yet."),
    ("assistants", Some(Family::OpenAi), "Assistants are not metered. Use /v1/responses."),
    ("threads", None, "Threads are not metered. Use /v1/responses or /v1/messages."),
    ("fine_tuning", Some(Family::OpenAi), "Fine-tuning is not metered yet."),
    ("vector_stores", Some(Family::OpenAi), "Vector stores are billed by the day and are not metered yet."),
    ("containers", Some(Family::OpenAi), "Containers are not passed on yet."),
    ("uploads", Some(Family::OpenAi), "Uploads are not passed on yet. Send files inside the request."),
    (
        "files",
        None,
        "Stored files are not passed on yet, because the account is shared. Send files inside the request.",
    ),
    ("evals", Some(Family::OpenAi), "Evaluations are not metered yet."),
    ("organization", Some(Family::OpenAi), "Administration of the provider's account is not passed on."),
    ("organizations", Some(Family::Anthropic), "Administration of the provider's account is not passed on."),
    ("skills", None, "Skills are not passed on yet."),
    ("agents", Some(Family::Anthropic), "Hosted agents are not metered yet. Use /v1/messages."),
    ("sessions", Some(Family::Anthropic), "Hosted agent sessions are not metered yet. Use /v1/messages."),
    ("environments", Some(Family::Anthropic), "Hosted environments are not metered yet."),
    ("memory_stores", Some(Family::Anthropic), "Hosted memory is not passed on yet."),
    ("interactions", Some(Family::Gemini), "Interactions are not metered yet. Use generateContent."),
    ("cachedContents", Some(Family::Gemini), "Explicit caches are billed by the hour and are not metered yet."),
    ("fileSearchStores", Some(Family::Gemini), "File search stores are not passed on yet."),
    ("corpora", Some(Family::Gemini), "Corpora are not passed on yet."),
    ("tunedModels", Some(Family::Gemini), "Tuning is not metered yet."),
    ("operations", Some(Family::Gemini), "Long-running operations are not metered yet."),
];

#[cfg(test)]
mod tests;
