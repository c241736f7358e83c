//! `purser mcp`: messages from standard input to `/mcp` and the answers to standard output, one on each line.
//!
//! It understands no tool and keeps nothing: what it can't bring to Purser it answers in the protocol's own form, so that
//! whoever waits for an answer gets one, and says on standard error.

mod message;
mod reach;

use clap::Args;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};

use self::message::Message;
use self::reach::{Reach, Reply};
use crate::failure::Failure;
use crate::output::say;
use crate::place::Place;

/// The longest line taken: as long as `/mcp` takes.
const LINE_MAX: usize = 256 << 10;

/// Where it leads, and as whom.
#[derive(Debug, Args)]
pub(crate) struct Mcp {
    /// The control address, `https://purser.example:4142` [default: the `purser serve` of the data folder]
    #[arg(long, env = "PURSER_URL", value_name = "URL")]
    pub(crate) url: Option<String>,
    /// The environment variable that has the Purser key
    #[arg(long, default_value = "PURSER_KEY", value_name = "NAME")]
    pub(crate) key_env: String,
}

/// Carries messages until standard input ends.
///
/// # Errors
/// There is no key in the environment, the address is none, nobody answers there at first, or standard output is gone.
pub(crate) async fn mcp(mcp: &Mcp, place: &Place) -> Result<(), Failure> {
    let key = std::env::var(&mcp.key_env).ok().filter(|key| !key.trim().is_empty()).ok_or_else(|| {
        Failure::new(
            format!("there is no Purser key in the environment variable {}", mcp.key_env),
            "set it to the key that the agent's calls are made with (pk-…), or name another with --key-env",
        )
    })?;
    let mut reach = Reach::new(mcp.url.as_deref(), place, key.trim())?;
    reach.connect().await?;
    let mut input = BufReader::new(tokio::io::stdin());
    let mut output = tokio::io::stdout();
    // What a client must say of the protocol's version with every request over HTTP: agreed upon in the first answer.
    let mut agreed = None;
    while let Some(line) = next_line(&mut input).await? {
        let Ok(line) = line else {
            let answer = message::failed(None, "the message is too long");
            write(&mut output, &answer).await?;
            continue;
        };
        if line.trim_ascii().is_empty() {
            continue;
        }
        let message = Message::read(&line);
        let answer = match reach.send(&message, agreed.as_deref(), line).await {
            Ok(Reply::Accepted) => continue,
            Ok(Reply::Message(answer)) => answer,
            Err(failure) => {
                failure.report();
                match &message.id {
                    Some(id) => {
                        message::failed(Some(id), failure.to_string().trim_start_matches("error: ")).into_bytes()
                    }
                    None => continue,
                }
            }
        };
        if message.method.as_deref() == Some("initialize") {
            agreed = message::version_of(&answer);
        }
        write(&mut output, std::str::from_utf8(&answer).unwrap_or_default()).await?;
    }
    Ok(())
}

/// The next line, `Err` inside for one that was too long and is skipped.
async fn next_line(input: &mut BufReader<tokio::io::Stdin>) -> Result<Option<Result<Vec<u8>, ()>>, Failure> {
    let (mut line, mut long) = (Vec::new(), false);
    loop {
        let read = input.fill_buf().await;
        let some = read.map_err(|error| Failure::from_error("standard input can't be read", &error))?;
        if some.is_empty() {
            return Ok((!line.is_empty() && !long).then_some(Ok(line)));
        }
        let end = some.iter().position(|byte| *byte == b'\n');
        let taken = end.map_or(some.len(), |end| end + 1);
        long |= line.len().saturating_add(taken) > LINE_MAX;
        if !long {
            line.extend_from_slice(some.get(..taken).unwrap_or_default());
        }
        input.consume(taken);
        if end.is_some() {
            if long {
                say(format_args!("a message of more than {LINE_MAX} bytes is not taken"));
                return Ok(Some(Err(())));
            }
            return Ok(Some(Ok(line)));
        }
    }
}

async fn write(output: &mut tokio::io::Stdout, message: &str) -> Result<(), Failure> {
    let lost = |error: std::io::Error| Failure::from_error("standard output is gone", &error);
    // A message is one line: JSON has no line ends within it but between its parts.
    let line = message.replace(['\n', '\r'], "");
    output.write_all(line.as_bytes()).await.map_err(lost)?;
    output.write_all(b"\n").await.map_err(lost)?;
    output.flush().await.map_err(lost)
}
