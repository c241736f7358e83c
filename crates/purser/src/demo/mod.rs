//! `purser demo`: a company at work in one command, without a key and without the internet.
//!
//! **Story.** First an offer is followed from its draft to the last cent that its grant paid (`story`); then the company
//! goes to work.
//!
//! **Model.** A stand-in for the providers, a real Purser in a folder of its own, and a company that sends real calls
//! through the real gateway. What is shown comes from the services and the journal, what the clients saw from a board
//! that they write on. At the end the provider's own record is held against the ledger, call by call.
//!
//! **Invariants.** Nothing leaves the machine. The folder is gone afterwards unless it was asked for. Success means that
//! the journal verifies, both books are equal, and nobody spent beyond a limit.

mod board;
mod books;
mod clock;
mod company;
mod crew;
mod desk;
mod history;
mod observer;
mod scene;
mod scratch;
mod screen;
mod show;
mod staff;
mod stage;
mod story;
mod summary;
mod traffic;
mod view;

use std::io::IsTerminal;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::{Args, Subcommand};
use purser_store::{DataDir, Mode};

use self::crew::Crew;
pub(crate) use self::history::{Mark, wipe};
use self::observer::Observer;
use self::scratch::Scratch;
use self::show::Show;
use self::stage::Stage;
use self::summary::Summary;
pub(crate) use self::traffic::Dice;
use self::view::Theme;
use crate::engine::store;
use crate::failure::Failure;
use crate::output::{Output, say, tell};
use crate::place::Place;

/// How long a demonstration without a view runs, where nothing else is said.
const USUAL: Duration = Duration::from_secs(8);

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Demo {
    #[command(subcommand)]
    other: Option<Other>,
    /// Show no live view: run for a while, print one summary, leave
    #[arg(long)]
    once: bool,
    /// How long to run [default: 8 without the live view, with it until q]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=86_400))]
    seconds: Option<u64>,
    /// Chooses who asks what; the same seed asks the same
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Keep the data folder: DIR, which must be new or empty
    #[arg(long, value_name = "DIR")]
    keep: Option<PathBuf>,
}

/// Made-up companies that stay.
#[derive(Debug, Subcommand)]
pub(crate) enum Other {
    /// Make a company of 120 people with fourteen months behind it, in a new data folder (--data)
    ///
    /// Offers in every state, pools by fiscal year, guaranteed and discretionary grants, people who use too much and too
    /// little, a leave, part-timers, an agent's month, denials, suspense. The same seed and last day make the same
    /// company. Nobody in it exists; the folder is marked as made up.
    Company(history::Company),
    /// Remove such a folder (--data); any other is left alone
    Wipe,
}

/// Runs the demonstration, or makes or removes a company that stays.
///
/// # Errors
/// Something can't be started, or the books do not agree.
pub(crate) async fn run(demo: &Demo, place: &Place, json: bool) -> Result<(), Failure> {
    match &demo.other {
        None => {}
        Some(Other::Company(company)) => return history::company(company, place, Output::new(json)).await,
        Some(Other::Wipe) => {
            history::wipe(&place.data, None)?;
            say(format_args!("wiped: {}", place.data.display()));
            return Ok(());
        }
    }
    let live = !demo.once && !json && std::io::stdout().is_terminal() && std::io::stdin().is_terminal();
    say(format_args!("a company is being set up: stand-in provider, gateway, ledger, people…"));
    let scratch = Scratch::make(demo.keep.as_deref())?;
    let told = |number: usize, step: &story::Step| {
        if !json {
            tell(format_args!("{}", step.text(number).trim_end()));
        }
    };
    let (stage, story) = Stage::build(&scratch, demo.seed, &told).await?;
    if !json {
        tell(format_args!("\n{}\n", crate::cli::trace::text(&story.trace).trim_end()));
    }
    let sights = stage.sights();
    let (board, clock, staff) = (Arc::clone(&sights.board), Arc::clone(&sights.clock), Arc::clone(&sights.staff));
    let observer = Observer::new(sights, stage.place())?;
    let crew = Crew::start(stage.gateway(), &staff, &board, &clock, demo.seed);
    let show = Show { observer, crew, board, runaway_key: staff.runaway.1.clone() };
    let limit = demo.seconds.map(Duration::from_secs).or((!live).then_some(USUAL));
    let played = if live {
        let theme = Theme::of_environment(|name| std::env::var(name).ok());
        show.live(limit, theme).await
    } else {
        show.unseen(limit.unwrap_or(USUAL)).await
    };
    let mut observer = played?;
    let (books, last) = stage.strike(&mut observer).await?;
    drop(observer);
    let dir = DataDir::open(scratch.path().join(stage::DATA), Mode::ReadOnly).map_err(|error| store(&error))?;
    let verified = purser_store::verify(&dir).map_err(|error| store(&error))?;
    let summary = Summary::new(demo.seed, story, &last, &books, &verified);
    Output::new(json).show(&summary, Summary::text);
    if let Some(kept) = &demo.keep {
        say(format_args!("kept: {0} (look with `purser statement --data {0}/{1}`, …)", kept.display(), stage::DATA));
    }
    if summary.is_good() {
        Ok(())
    } else {
        Err(Failure::new(
            "the ledger does not equal what the stand-in served",
            "this is a defect of Purser; run with --keep DIR and keep the folder",
        ))
    }
}
