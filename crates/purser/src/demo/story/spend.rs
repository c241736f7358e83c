//! The new colleague's agent: it spends as fast as it can, several calls at once, until it is told to stop. First with
//! long answers; told no, with ever smaller questions, so that what is left in the end is less than the smallest costs.

use std::net::SocketAddr;

use purser_core::money::Nano;
use serde_json::json;
use tokio::task::JoinSet;

use crate::demo::traffic::{Dialect, Heard, Reply, Request, Wire};
use crate::failure::Failure;

/// What it asks for.
const MODEL: &str = "claude-fable-5-2";
/// Calls at once.
const LANES: u64 = 6;
/// Calls of one lane; more than the allowance pays for.
const CALLS_MAX: u32 = 400;
/// Answers from long to short: tokens asked for, at most.
const SIZES: [u64; 3] = [16_000, 400, 16];

/// What came of it.
#[derive(Debug, Default)]
pub(super) struct Spent {
    /// Calls that were answered.
    pub(super) calls: u64,
    /// Calls that were told that the money is gone.
    pub(super) denied: u64,
    /// Calls that were told that the money is only set aside by others.
    pub(super) held: u64,
    /// What the last denial said.
    pub(super) told: String,
    /// Anything else that happened.
    pub(super) odd: Vec<String>,
}

/// One short call. The answer, or what it was told.
pub(super) async fn once(gateway: SocketAddr, key: &str) -> Result<Result<Reply, String>, Failure> {
    let reply = Wire::new(gateway).exchange(call(key, 64)).await;
    let reply =
        reply.map_err(|why| Failure::new(format!("a call got no answer: {why}"), "run it again with --keep"))?;
    if reply.status == 200 { Ok(Ok(reply)) } else { Ok(Err(Heard::refusal(&reply.body))) }
}

/// All of it.
pub(super) async fn all(gateway: SocketAddr, key: &str) -> Result<Spent, Failure> {
    let mut lanes = JoinSet::new();
    for _ in 0..LANES {
        lanes.spawn(lane(gateway, key.to_owned()));
    }
    let mut sum = Spent::default();
    while let Some(lane) = lanes.join_next().await {
        let spent = lane.map_err(|error| Failure::from_error("the agent ended in a panic", &error))?;
        sum.calls += spent.calls;
        sum.denied += spent.denied;
        sum.held += spent.held;
        sum.odd.extend(spent.odd);
        if !spent.told.is_empty() {
            sum.told = spent.told;
        }
    }
    Ok(sum)
}

async fn lane(gateway: SocketAddr, key: String) -> Spent {
    let (mut wire, mut spent, mut size) = (Wire::new(gateway), Spent::default(), 0);
    for _ in 0..CALLS_MAX {
        let Some(tokens) = SIZES.get(size) else { break };
        match wire.exchange(call(&key, *tokens)).await {
            Ok(reply) if reply.status == 200 => spent.calls += 1,
            Ok(reply) => match reply.header("x-purser-code") {
                // Set aside by the other lanes: it may be free again in a moment.
                Some("budget_held") => spent.held += 1,
                Some(_) => {
                    spent.denied += 1;
                    spent.told = Heard::refusal(&reply.body);
                    size += 1;
                }
                None => spent.odd.push(format!("the provider answered {}", reply.status)),
            },
            Err(why) => spent.odd.push(why.to_string()),
        }
        if spent.odd.len() > 3 {
            break;
        }
    }
    spent
}

fn call(key: &str, tokens: u64) -> Request {
    let text = format!("[[standin output={tokens}+first-byte=40]] Which invoices are still open?");
    let body = json!({
        "model": MODEL, "max_tokens": tokens, "messages": [{"role": "user", "content": text}],
    });
    Request {
        path: Dialect::Messages.path(MODEL, false),
        credential: Dialect::Messages.credential(key),
        body: body.to_string().into_bytes(),
        hang_up_after: None,
    }
}

/// An amount that a reply tells.
pub(super) fn charge_of(reply: &Reply) -> Nano {
    reply.amount("x-purser-charge").unwrap_or_default()
}
