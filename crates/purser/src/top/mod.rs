//! `purser top`: who spends what now, live in the terminal.
//!
//! The figures are those of `/api/v1/runs/burning`, asked for every other second; the [`board`] is what of them is looked
//! at, and the [`view`] how it looks. Neither of the two knows a terminal, a clock or the services.

mod board;
mod view;

use std::io::{self, IsTerminal};
use std::time::Duration;

use clap::Args;
use purser_control::shape::{Burning, NewStop, Status, Stop, StopWhat};
use purser_core::id::RunId;
use purser_core::money::Currency;
use ratatui::DefaultTerminal;
use ratatui::crossterm::event::{self, Event};
use tokio::sync::mpsc;

use self::board::{Board, Wish};
use crate::client::{Client, path};
use crate::failure::Failure;
use crate::output::Output;
use crate::place::Place;
use crate::terminal::{Taken, Theme};

/// How long a key may go unnoticed.
const LOOK_EACH: Duration = Duration::from_millis(50);

#[derive(Debug, Args)]
pub(crate) struct Top {
    /// How many minutes back "now" goes
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=1440))]
    pub(crate) minutes: u32,
    /// Seconds between two looks
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub(crate) every: u64,
    /// Show a table once and end; so it is also where standard output is no terminal
    #[arg(long)]
    pub(crate) once: bool,
}

impl Top {
    pub(crate) async fn run(self, client: &mut Client, place: &Place, out: Output) -> Result<(), Failure> {
        if self.once || out.is_json() || !io::stdout().is_terminal() || !io::stdin().is_terminal() {
            let burning = look(client, self.minutes).await?;
            out.show(&burning, view::table);
            return Ok(());
        }
        let status: Status = client.get(path(["status"])).await?;
        let currency = Currency::try_new(&status.currency).unwrap_or_else(Currency::usd);
        let board = Board::new(look(client, self.minutes).await?, currency);
        let theme = Theme::of_environment(|name| std::env::var(name).ok());
        let terminal = ratatui::try_init().map_err(|error| no_terminal(&error))?;
        let _taken = Taken;
        let keys = keyboard().map_err(|error| no_terminal(&error))?;
        Live { client, place, terminal, theme, board }.run(keys, Duration::from_secs(self.every)).await
    }
}

/// What is on while it is live.
struct Live<'a> {
    client: &'a mut Client,
    place: &'a Place,
    terminal: DefaultTerminal,
    theme: Theme,
    board: Board,
}

impl Live<'_> {
    async fn run(mut self, mut keys: mpsc::UnboundedReceiver<Event>, every: Duration) -> Result<(), Failure> {
        let mut ticks = tokio::time::interval(every);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            let (board, theme) = (&self.board, self.theme);
            self.terminal.draw(|frame| view::draw(frame, board, theme)).map_err(|error| no_terminal(&error))?;
            tokio::select! {
                _ = ticks.tick() => self.look().await,
                event = keys.recv() => {
                    let wish = match event {
                        None => Some(Wish::Quit),
                        Some(Event::Key(key)) => self.board.pressed(key),
                        // A new size, say: it is drawn anew.
                        Some(_) => None,
                    };
                    match wish {
                        None => {}
                        Some(Wish::Quit) => return Ok(()),
                        Some(Wish::Look) => self.look().await,
                        Some(Wish::Stop(run)) => {
                            self.stop(run).await;
                            self.look().await;
                        }
                    }
                }
            }
        }
    }

    async fn look(&mut self) {
        match look(self.client, self.board.minutes()).await {
            Ok(burning) => self.board.take(burning),
            Err(failure) => {
                self.board.failed(failure.message());
                // A `serve` that was started anew has another socket.
                if let Ok(client) = Client::over_socket(self.place).await {
                    *self.client = client;
                }
            }
        }
    }

    async fn stop(&mut self, run: RunId) {
        let on = StopWhat::Run(run.to_string());
        let stopped: Result<Stop, Failure> = self.client.post(path(["stops"]), &NewStop { on }).await;
        match stopped {
            Ok(_) => self.board.tell(format!("Stopped. `purser resume {run}` lets it go on.")),
            Err(failure) => self.board.tell(format!("Not stopped: {}.", failure.message())),
        }
    }
}

async fn look(client: &mut Client, minutes: u32) -> Result<Burning, Failure> {
    client.get(path(["runs", "burning"]).with("minutes", Some(&minutes.to_string()))).await
}

/// The keys, from a thread of its own; it ends when nobody listens any more.
fn keyboard() -> io::Result<mpsc::UnboundedReceiver<Event>> {
    let (sender, keys) = mpsc::unbounded_channel();
    let read = move || -> io::Result<()> {
        while !sender.is_closed() {
            if event::poll(LOOK_EACH)? && sender.send(event::read()?).is_err() {
                break;
            }
        }
        Ok(())
    };
    std::thread::Builder::new().name("keyboard".to_owned()).spawn(read)?;
    Ok(keys)
}

fn no_terminal(error: &io::Error) -> Failure {
    Failure::new(format!("the terminal can't be used: {error}"), "`purser top --once` shows a table")
}
