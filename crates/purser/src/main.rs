//! The program: `purser serve` and the commands around it.
//!
//! **Model.** Commands are a face of the control services, like the API: each sends one request and shows the answer.
//! A running `serve` answers them over its socket; when none runs, the same router answers inside the command, with
//! the data folder held for that long.
//!
//! **Owns** the command line, the configuration, the machine's clock and signals, and the wiring of journal, ledger,
//! projector, control and gateway.
//!
//! **Does not own** anything reusable: rules are in `core`, `ledger` and `control`, files in `store`.
//!
//! **Invariants.** Data goes to standard output, everything else to standard error. Exit code 0: done; 1: refused or
//! failed; 2: not understood. A key is written to standard output once, by the command that made it, and nowhere else.

mod cli;
mod client;
mod clock;
mod config;
mod demo;
mod engine;
mod failure;
mod figures;
mod logs;
mod mcp;
mod output;
mod place;
mod replay;
mod run;
mod serve;
mod terminal;
mod top;

use std::process::ExitCode;

use clap::Parser;
use purser_core::time::Clock;

use self::cli::{Cli, Command};
use self::client::{Absent, Client};
use self::config::Config;
use self::failure::Failure;
use self::output::Output;
use self::place::Place;

fn main() -> ExitCode {
    let cli = Cli::parse();
    match act(cli) {
        Ok(code) => code,
        Err(failure) => failure.report(),
    }
}

fn act(cli: Cli) -> Result<ExitCode, Failure> {
    let named = cli.global.config.as_deref();
    let config = match cli.command {
        Command::Run(_) | Command::Demo(_) => Config::load_named(named)?,
        _ => Config::load(named)?,
    };
    let usual = if let Command::Run(_) = cli.command { run::usual_data() } else { Config::usual_data() };
    let place = Place {
        data: config.data(cli.global.data.as_deref(), usual),
        currency: config.currency().clone(),
        zone: config.zone().clone(),
        journal: config.journal(),
    };
    let out = Output::new(cli.global.json);
    logs::start(matches!(cli.command, Command::Serve(_)));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::from_error("the runtime can't be started", &error))?;
    if let Command::Run(command) = &cli.command {
        let done = runtime.block_on(run::run(command, &config, &place));
        runtime.shutdown_background();
        return done;
    }
    let done = match cli.command {
        Command::Serve(serve) => runtime.block_on(serve::serve(&serve, &config, &place)),
        Command::Restart => runtime.block_on(serve::restart(&config, &place, out)),
        Command::Demo(demo) => runtime.block_on(demo::run(&demo, &place, cli.global.json)),
        Command::Offer(cli::offer::Command::Lint(lint)) => lint.run(today(&place), out),
        Command::Offer(cli::offer::Command::Compare(compare)) => compare.run(out),
        Command::Import(cli::import::Command::Logs(logs)) if logs.person.is_none() => {
            runtime.block_on(logs.run(None, out))
        }
        Command::Statement(cli::statement::Statement { of: Some(cli::statement::Of::Verify(verify)), .. }) => {
            verify.run(out)
        }
        Command::Verify(verify) => cli::data::verify(&place, &verify, out),
        Command::Backup(backup) => cli::data::backup(&place, &backup, out),
        Command::Journal(command) => command.run(&place),
        Command::Replay(replay) => replay.run(&config, &place, out),
        Command::Restore(restore) => cli::data::restore(&place, &restore, out),
        Command::Mcp(mcp) => runtime.block_on(mcp::mcp(&mcp, &place)),
        command => runtime.block_on(async {
            let mut client = Client::connect(&cli.global, &place, absent(&command)).await?;
            let done = ask(command, &mut client, &place, out).await;
            let closed = client.close();
            done.and(closed)
        }),
    };
    // What still runs on threads that may block was given up by whoever started it.
    runtime.shutdown_background();
    done.map(|()| ExitCode::SUCCESS)
}

/// The day it is where the company is.
fn today(place: &Place) -> jiff::civil::Date {
    place.zone.date(clock::MachineClock.now())
}

/// May this command make a data folder?
fn absent(command: &Command) -> Absent {
    match command {
        Command::Person(command) => command.absent(),
        Command::Unit(command) => command.absent(),
        Command::Budget(command) => command.absent(),
        Command::Pool(command) => command.absent(),
        Command::AdminKey(command) => command.absent(),
        Command::Login(command) => command.absent(),
        Command::Price(command) => command.absent(),
        Command::Offer(command) => command.absent(),
        Command::Role(command) => command.absent(),
        Command::Grant(_)
        | Command::Cost(_)
        | Command::Key(_)
        | Command::Activation(_)
        | Command::Stop(_)
        | Command::Resume(_)
        | Command::Audit(_)
        | Command::BreakGlass(_)
        | Command::TopUp(_)
        | Command::Alarm(_)
        | Command::Forecast(_)
        | Command::Board(_)
        | Command::Mandate(_)
        | Command::Absence(_)
        | Command::Outcome(_)
        | Command::Roi(_)
        | Command::Privacy(_)
        | Command::Mcp(_)
        | Command::Usage(_)
        | Command::Import(_)
        | Command::Runs(_)
        | Command::Top(_)
        | Command::Statement(_)
        | Command::Period(_)
        | Command::Export(_)
        | Command::Rewards(_)
        | Command::Balance(_)
        | Command::Trace(_)
        | Command::Suspense(_)
        | Command::Bill(_)
        | Command::Status
        | Command::Serve(_)
        | Command::Restart
        | Command::Run(_)
        | Command::Demo(_)
        | Command::Verify(_)
        | Command::Journal(_)
        | Command::Backup(_)
        | Command::Replay(_)
        | Command::Restore(_) => Absent::Refuse,
    }
}

/// Commands that ask the services.
async fn ask(command: Command, client: &mut Client, place: &Place, out: Output) -> Result<(), Failure> {
    match command {
        Command::Person(command) => command.run(client, out).await,
        Command::Unit(command) => command.run(client, out).await,
        Command::Budget(command) => command.run(client, out).await,
        Command::Pool(command) => command.run(client, out).await,
        Command::Grant(command) => command.run(client, out).await,
        Command::Offer(command) => command.run(client, out).await,
        Command::Role(command) => command.run(client, out).await,
        Command::Cost(command) => command.run(client, out).await,
        Command::Key(command) => command.run(client, out).await,
        Command::Stop(command) => command.run(client, out).await,
        Command::Resume(resume) => resume.run(client, out).await,
        Command::Activation(command) => command.run(client, out).await,
        Command::AdminKey(command) => command.run(client, out).await,
        Command::Login(command) => command.run(client, out).await,
        Command::Audit(command) => command.run(client, place, out).await,
        Command::BreakGlass(command) => command.run(client, out).await,
        Command::TopUp(command) => command.run(client, out).await,
        Command::Alarm(command) => command.run(client, out).await,
        Command::Forecast(command) => command.run(client, out).await,
        Command::Board(command) => command.run(client, out).await,
        Command::Mandate(command) => command.run(client, out).await,
        Command::Absence(command) => command.run(client, out).await,
        Command::Outcome(command) => command.run(client, out).await,
        Command::Roi(command) => command.run(client, out).await,
        Command::Privacy(command) => command.run(client, out).await,
        Command::Usage(command) => command.run(client, out).await,
        Command::Import(cli::import::Command::Logs(logs)) => logs.run(Some(client), out).await,
        Command::Statement(command) => command.run(client, out).await,
        Command::Period(command) => command.run(client, out).await,
        Command::Export(command) => command.run(client).await,
        Command::Rewards(command) => command.run(client, out).await,
        Command::Runs(command) => command.run(client, out).await,
        Command::Top(command) => command.run(client, place, out).await,
        Command::Trace(command) => command.run(client, out).await,
        Command::Balance(command) => command.run(client, out).await,
        Command::Price(command) => command.run(client, out).await,
        Command::Suspense(command) => command.run(client, out).await,
        Command::Bill(command) => command.run(client, out).await,
        Command::Status => cli::report::status(client, out).await,
        Command::Serve(_)
        | Command::Restart
        | Command::Run(_)
        | Command::Demo(_)
        | Command::Mcp(_)
        | Command::Verify(_)
        | Command::Journal(_)
        | Command::Backup(_)
        | Command::Replay(_)
        | Command::Restore(_) => {
            unreachable!("these open their files themselves")
        }
    }
}
