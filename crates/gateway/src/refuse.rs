//! Saying no: what happened, why, and what to do now, in one line that people read in their own tool.

use std::error::Error;
use std::io;
use std::time::Duration;

use http::{Method, StatusCode};
use purser_core::price::{NoExchangeRate, NotPriced};
use purser_core::rating::RatingError;
use purser_ledger::LedgerError;
use purser_providers::bound::Because;
use purser_providers::{BadRequest, ClientTool, Dialect, Family, Refusal, RefusalKind, Rendered, refusal};

/// The stable code of a refusal.
const CODE: &str = "x-purser-code";

/// A call that is not made, and why. Ordinary: the gateway saying no is not an error of the gateway.
#[derive(Debug)]
pub(crate) struct Refused {
    kind: RefusalKind,
    message: String,
    /// The stable code of the decision, where it says more than the kind.
    code: Option<&'static str>,
    gone: bool,
}

impl Refused {
    fn new(kind: RefusalKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), code: None, gone: false }
    }

    /// A decision about money, in the domain's own words.
    pub(crate) fn decided(kind: RefusalKind, code: &'static str, message: String) -> Self {
        Self { code: Some(code), ..Self::new(kind, message) }
    }

    /// The same with something said before it.
    pub(crate) fn told_first(mut self, told: &str) -> Self {
        self.message.insert_str(0, told);
        self
    }

    /// The stable code.
    pub(crate) fn code(&self) -> &'static str {
        self.code.unwrap_or(self.kind.code())
    }

    /// Is the money there, only set aside by other calls?
    pub(crate) fn is_funded(&self) -> bool {
        matches!(self.kind, RefusalKind::Held { .. })
    }

    /// The sentence.
    pub(crate) fn message(&self) -> &str {
        &self.message
    }

    /// There is nobody left to tell.
    pub(crate) fn is_gone(&self) -> bool {
        self.gone
    }

    /// In the client's dialect. Its header tells the decision's own code, as the record of denials does: several
    /// decisions (no grant, a spent one) are answered in one way.
    pub(crate) fn render(&self, family: Family, tool: &ClientTool, request_id: &str) -> Rendered {
        let mut rendered = refusal(family, tool, &Refusal { kind: self.kind, message: &self.message, request_id });
        rendered.headers.set(CODE, self.code());
        rendered
    }

    pub(crate) fn gone() -> Self {
        Self { gone: true, code: Some("client_gone"), ..Self::new(RefusalKind::BadRequest, "the client hung up") }
    }

    pub(crate) fn bad_key(presented: bool) -> Self {
        let message = if presented {
            "Purser does not know this key, or it was revoked. Ask your Purser admin for a new one (`purser key add`)."
        } else {
            "No Purser key came with this call. Set your Purser key (pk-…) where your tool wants its API key."
        };
        Self::new(RefusalKind::BadKey, message)
    }

    pub(crate) fn unmetered(why: &str) -> Self {
        Self::new(RefusalKind::Unmetered, format!("Purser does not pass this on: {why}"))
    }

    pub(crate) fn unknown_route(method: &Method, target: &str) -> Self {
        let path = target.split('?').next().unwrap_or_default();
        let path: String = path.chars().take(120).collect();
        Self::new(
            RefusalKind::UnknownRoute,
            format!(
                "Purser has no route {method} {path}. It serves /v1/messages, /v1/chat/completions, /v1/responses, /v1/embeddings, /v1/models and Gemini's :generateContent."
            ),
        )
    }

    pub(crate) fn unknown_id(id: &str) -> Self {
        let id: String = id.chars().take(80).collect();
        Self::new(
            RefusalKind::UnknownId,
            format!("There is no `{id}` here. Use ids that were made with your own keys."),
        )
    }

    pub(crate) fn unknown_model(model: &str, provider: &str, why: &NotPriced) -> Self {
        let model: String = model.chars().take(80).collect();
        let near =
            if why.nearest.is_empty() { String::new() } else { format!(" Did you mean {}?", why.nearest.join(" or ")) };
        Self::new(
            RefusalKind::UnknownModel,
            format!(
                "Model `{model}` has no price for {provider}, so Purser can't hold money for it.{near} An admin can add it with `purser price set`."
            ),
        )
    }

    pub(crate) fn nobody_serves(model: &str, dialect: Dialect) -> Self {
        let model: String = model.chars().take(80).collect();
        Self::new(
            RefusalKind::UnknownModel,
            format!(
                "No provider set up here takes model `{model}` in the {dialect} format. An admin can add one under [providers] in purser.toml."
            ),
        )
    }

    pub(crate) fn unpriced(model: &str, why: &NoExchangeRate) -> Self {
        Self::new(
            RefusalKind::UnknownModel,
            format!("The price of `{model}` can't be converted: {why}. An admin can publish an exchange rate."),
        )
    }

    pub(crate) fn unratable(model: &str, why: RatingError) -> Self {
        Self::new(
            RefusalKind::Unmetered,
            format!(
                "Purser can't tell what this call may cost on `{model}`: {why}. Ask for something else of it, or ask an admin to complete the price."
            ),
        )
    }

    pub(crate) fn unbounded(why: Because) -> Self {
        let what = match why {
            Because::UndocumentedLoop => "a hosted tool whose number of passes the provider does not document",
            Because::Loop => "a hosted tool that loops",
            Because::Outside => "something that is not in the request",
            Because::Media => "an image or document whose size in tokens is not documented",
            Because::Text => "text that can't be bounded",
        };
        Self::new(
            RefusalKind::Unmetered,
            format!(
                "Nobody can say beforehand what this call may use: it asks for {what}. Under strict admission it is refused; leave that out, or ask an admin for calibrated admission."
            ),
        )
    }

    pub(crate) fn bad_request(why: &BadRequest) -> Self {
        Self::new(RefusalKind::BadRequest, format!("Purser can't read this request: {why}"))
    }

    pub(crate) fn bad_body(why: &dyn Error) -> Self {
        Self::new(RefusalKind::BadRequest, format!("Purser can't read this request: {why}."))
    }

    pub(crate) fn compressed() -> Self {
        Self::new(
            RefusalKind::BadRequest,
            "Purser does not take compressed request bodies, because it has to read what a call may cost. Send it without content-encoding.",
        )
    }

    pub(crate) fn too_large(why: &dyn Error) -> Self {
        Self::new(RefusalKind::TooLarge, format!("Too large: {why}."))
    }

    pub(crate) fn unknown_parent() -> Self {
        Self::new(
            RefusalKind::BadRequest,
            "The header x-purser-parent-run names no run of yours. Send the id in `x-purser-run` of an answer to the run that starts this one, or any name of your own.",
        )
    }

    pub(crate) fn bad_limit(header: &str, value: &str, want: &str) -> Self {
        let value: String = value.chars().take(40).collect();
        Self::new(RefusalKind::BadRequest, format!("The header {header} says `{value}`; it takes {want}."))
    }

    pub(crate) fn rate_limited(per_minute: u32, wait: Duration) -> Self {
        let retry_after_s = u32::try_from(wait.as_secs()).unwrap_or(60).max(1);
        Self::new(
            RefusalKind::RateLimited { retry_after_s },
            format!(
                "This key may make {per_minute} requests a minute and has made them. Try again in {retry_after_s} s, or ask an admin for a higher limit."
            ),
        )
    }

    pub(crate) fn unreachable(provider: &str, why: &io::Error) -> Self {
        Self::new(
            RefusalKind::Unreachable,
            format!(
                "Purser can't reach {provider} ({why}). Nothing was charged. Try again; if it lasts, ask an admin to look at the provider's address and the network."
            ),
        )
    }

    pub(crate) fn unanswered(provider: &str, why: &io::Error, late: bool) -> Self {
        let kind = if late { RefusalKind::TimedOut } else { RefusalKind::Unreachable };
        Self::new(
            kind,
            format!(
                "{provider} took this call and did not answer ({why}). It may be charged, so Purser counts its input and does not repeat it by itself."
            ),
        )
    }

    pub(crate) fn broken_off(provider: &str, why: &io::Error) -> Self {
        let late = why.kind() == io::ErrorKind::TimedOut;
        Self::new(
            if late { RefusalKind::TimedOut } else { RefusalKind::Unreachable },
            format!("{provider} broke off its answer ({why}). What it may have generated is counted. Try again."),
        )
    }

    pub(crate) fn upstream_status(provider: &str, status: StatusCode) -> Self {
        Self::new(
            RefusalKind::Unreachable,
            format!(
                "{provider} answered {status} and no other provider could take this call. Nothing was charged. Try again."
            ),
        )
    }

    pub(crate) fn busy() -> Self {
        Self::new(
            RefusalKind::Unavailable { retry_after_s: 1 },
            "Purser's journal can't keep up at the moment. Try again in a second.",
        )
    }

    pub(crate) fn internal(why: &dyn Error) -> Self {
        tracing::error!(%why, "a call failed inside the gateway");
        Self::new(
            RefusalKind::Unavailable { retry_after_s: 5 },
            "Purser could not make this call; the reason is in its log. Nothing was charged.",
        )
    }

    #[expect(clippy::needless_pass_by_value, reason = "so that it can stand in map_err")]
    pub(crate) fn ledger(why: LedgerError) -> Self {
        tracing::error!(why = %Chain(&why), "the ledger refused a call");
        Self::new(
            RefusalKind::Unavailable { retry_after_s: 5 },
            "Purser's ledger can't take calls at the moment; the reason is in its log. Nothing was charged. Try again, and tell your admin if it lasts.",
        )
    }

    pub(crate) fn queue_full() -> Self {
        Self::decided(
            RefusalKind::Held { retry_after_s: 2 },
            "budget_held",
            "Other calls of yours are waiting for money that is set aside by calls under way. Try again in a moment."
                .to_owned(),
        )
    }
}

/// An error with its causes, for the log.
struct Chain<'a>(&'a dyn Error);

impl std::fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0)?;
        let mut source = self.0.source();
        while let Some(cause) = source {
            write!(f, ": {cause}")?;
            source = cause.source();
        }
        Ok(())
    }
}
