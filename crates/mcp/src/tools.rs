//! The tools, with what models are told about them.

use axum::http::request::Parts;
use purser_control::shape::{BudgetLeft, Estimate, Estimated, NewOutcome, NewTopUp, OfRun, Outcome, RunCost, TopUp};
use purser_control::{Agent, Error, Problem};
use rmcp::handler::server::tool::{Extension, schema_for_output};
use rmcp::handler::server::wrapper::Parameters;
use rmcp::model::{CallToolResult, ContentBlock, Implementation, ServerCapabilities, ServerConfig};
use rmcp::{ErrorData, ServerHandler, tool, tool_handler, tool_router};
use serde::Serialize;

use crate::say;

/// What an agent is told before it uses any of them.
const INSTRUCTIONS: &str = "Purser holds the AI budget that you are spending: every model call of yours is paid from it, \
     exactly, and a call that does not fit is refused. Before a long or costly task call `estimate` with your plan and \
     `budget_left`; choose a cheaper model or a smaller plan when it does not fit. While you work, `run_cost` says what \
     this run has cost. When the budget is too small for something worth doing, `request_top_up` asks a human being; \
     don't wait for the answer in a loop. When something is done, `log_outcome` puts it on record. Amounts are decimal \
     strings in the currency that each answer names.";

/// The server. Whose request it is comes with each request.
#[derive(Clone, Debug)]
pub(crate) struct Tools;

#[tool_router]
impl Tools {
    #[tool(
        title = "What is left of my AI budget",
        description = "Says how much AI budget is left now for the key you are using: `spendable` is the most that your \
            next calls can cost in all; `grants` say what was released, spent, set aside and left, and when each \
            refills; `limits` say which further limits apply (this key, this run, unit, company) and which one binds. \
            Call it before starting something long, and when a call was refused for want of money.",
        output_schema = schema_for_output::<BudgetLeft>(),
        annotations(read_only_hint = true, idempotent_hint = true, open_world_hint = false)
    )]
    async fn budget_left(&self, Extension(parts): Extension<Parts>) -> Result<CallToolResult, ErrorData> {
        answer(agent(&parts)?.budget_left().await, say::left)
    }

    #[tool(
        title = "What calls would cost",
        description = "Says what model calls would cost before you make them, exactly, by the company's price book, and \
            whether that fits what is left (`fits`, `left`, `short`). Give one entry for each kind of call: the model, \
            the tokens of its whole prompt, those of them that a cache will serve, the tokens of its answer, and how \
            many times. `cheaper` lists models of the same family with what the same plan would cost with them. Your \
            prompt grows with every turn of an agent: count it for each turn.",
        output_schema = schema_for_output::<Estimated>(),
        annotations(read_only_hint = true, idempotent_hint = true, open_world_hint = false)
    )]
    async fn estimate(
        &self,
        Extension(parts): Extension<Parts>,
        Parameters(plan): Parameters<Estimate>,
    ) -> Result<CallToolResult, ErrorData> {
        answer(agent(&parts)?.estimate(plan).await, say::estimated)
    }

    #[tool(
        title = "What this run has cost",
        description = "Says what an agent run has cost so far: money, calls, tokens by kind, models, since when, the runs \
            it started, the limits that it has, and what it was warned of. Without `run` it is the one that this key \
            was last active in, which is nearly always the one you are in. A call counts once its answer has ended.",
        output_schema = schema_for_output::<RunCost>(),
        annotations(read_only_hint = true, idempotent_hint = true, open_world_hint = false)
    )]
    async fn run_cost(
        &self,
        Extension(parts): Extension<Parts>,
        Parameters(of): Parameters<OfRun>,
    ) -> Result<CallToolResult, ErrorData> {
        answer(agent(&parts)?.run_cost(of).await, say::run)
    }

    #[tool(
        title = "Ask for more budget",
        description = "Asks a human being for more AI budget: an amount, what it is for in a sentence or two, and the \
            last day on which it is to be spent. Nothing is granted by asking. When it is approved the money is there \
            with the next call. Ask once, with an amount from `estimate`, only for something that the person you work \
            for wants done.",
        output_schema = schema_for_output::<TopUp>(),
        annotations(read_only_hint = false, destructive_hint = false, idempotent_hint = false, open_world_hint = false)
    )]
    async fn request_top_up(
        &self,
        Extension(parts): Extension<Parts>,
        Parameters(new): Parameters<NewTopUp>,
    ) -> Result<CallToolResult, ErrorData> {
        answer(agent(&parts)?.request_top_up(new).await, say::top_up)
    }

    #[tool(
        title = "Log what was achieved",
        description = "Puts on record what was achieved, so that money can be held against results: what kind of thing \
            (`merged_change`, `ticket_resolved`, `month_close`, `report`; an unknown kind is answered with those that \
            count), how many or what they are worth, where to look, and in which run. Log what is done and can be \
            looked at, once; not what was tried.",
        output_schema = schema_for_output::<Outcome>(),
        annotations(read_only_hint = false, destructive_hint = false, idempotent_hint = false, open_world_hint = false)
    )]
    async fn log_outcome(
        &self,
        Extension(parts): Extension<Parts>,
        Parameters(new): Parameters<NewOutcome>,
    ) -> Result<CallToolResult, ErrorData> {
        answer(agent(&parts)?.log_outcome(new).await, say::outcome)
    }
}

#[tool_handler]
impl ServerHandler for Tools {
    fn get_info(&self) -> ServerConfig {
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
            .with_server_info(Implementation::new("purser", env!("CARGO_PKG_VERSION")).with_title("Purser"))
            .with_instructions(INSTRUCTIONS)
    }
}

/// The agent that the gate has put beside the request.
fn agent(parts: &Parts) -> Result<Agent, ErrorData> {
    parts.extensions.get::<Agent>().cloned().ok_or_else(|| ErrorData::internal_error("nobody is known here", None))
}

/// A result with its line of text; a refusal as one that the model can read, a failure as an error of the protocol.
fn answer<T: Serialize>(got: Result<T, Error>, line: fn(&T) -> String) -> Result<CallToolResult, ErrorData> {
    match got {
        Ok(value) => {
            let structured = serde_json::to_value(&value)
                .map_err(|error| ErrorData::internal_error(format!("the answer can't be written: {error}"), None))?;
            let mut result = CallToolResult::structured(structured);
            result.content = vec![ContentBlock::text(line(&value))];
            Ok(result)
        }
        Err(error @ Error::Failed { .. }) => {
            tracing::error!(%error, "a tool failed");
            Err(ErrorData::internal_error("something failed on Purser's side; its log says what", None))
        }
        Err(error) => {
            let problem = Problem::from(&error);
            let hint = problem.hint.map(|hint| format!(": {hint}")).unwrap_or_default();
            Ok(CallToolResult::error(vec![ContentBlock::text(format!("{}{hint}.", problem.message))]))
        }
    }
}
