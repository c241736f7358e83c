//! What a demonstration stands on: a stand-in for the providers, and a Purser that is set up to use it.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use purser_control::shape::Charge;
use purser_control::usage::Wanted;
use purser_control::{Control, jobs};
use purser_core::time::Clock;
use purser_gateway::GatewayHandle;
use purser_standin::{Answers, Standin, StandinConfig, StandinHandle};
use tokio::sync::watch;

use super::board::Board;
use super::books::{self, Books};
use super::clock::{self, StageClock};
use super::company::{ROLES, RUNAWAY};
use super::observer::{Observer, Sights, company_zone};
use super::scene::Scene;
use super::scratch::Scratch;
use super::staff::{self, Staff};
use super::story::{self, Scenery, Step, Story};
use crate::clock::MachineClock;
use crate::config::Config;
use crate::engine::Engine;
use crate::failure::Failure;
use crate::place::Place;

/// The data folder in the demonstration's folder.
pub(crate) const DATA: &str = "data";
/// The configuration in it.
const CONFIG: &str = "purser.toml";
/// The variable that the configuration looks for; it is in nobody's environment.
const CREDENTIAL: &str = "PURSER_DEMO_CREDENTIAL";
/// What the stand-in is shown instead of people's keys.
const PROVIDER_KEY: &str = "the-company-account";
/// How a provider answers on an ordinary day: some time to think, then as fast as a large model writes.
const PACE: &str = "first-byte=200+pace=150";

/// Everything that runs.
pub(crate) struct Stage {
    place: Place,
    standin: StandinHandle,
    engine: Engine,
    gateway: GatewayHandle,
    board: Arc<Board>,
    staff: Arc<Staff>,
    clock: Arc<dyn Clock>,
    stop_jobs: watch::Sender<bool>,
}

impl Stage {
    /// Builds it, plays the story (`tell` hears each step of it), and hires the company.
    ///
    /// # Errors
    /// Something can't be started.
    pub(crate) async fn build(
        scratch: &Scratch,
        seed: u64,
        tell: &dyn Fn(usize, &Step),
    ) -> Result<(Self, Story), Failure> {
        let standin = Standin::start(provider(seed)?)
            .map_err(|error| Failure::from_error("the stand-in for the providers can't be started", &error))?;
        let path = scratch.path().join(CONFIG);
        std::fs::write(&path, configuration(&standin.base_url()))
            .map_err(|error| Failure::from_error(format!("{} can't be written", path.display()), &error))?;
        let config = Config::load(Some(&path))?;
        let wanted = config.serve(&|name| (name == CREDENTIAL).then(|| PROVIDER_KEY.to_owned()))?;
        let place = Place {
            data: scratch.path().join(Path::new(DATA)),
            currency: config.currency().clone(),
            zone: company_zone()?,
            journal: config.journal(),
        };
        let stage_clock = Arc::new(StageClock::default());
        let (day, now) = clock::day_of_play(&place.zone, MachineClock.now());
        stage_clock.set(story::beginning(&place.zone, day));
        let clock: Arc<dyn Clock> = Arc::<StageClock>::clone(&stage_clock);
        let engine = Engine::open_at(&place, wanted.policy.wait_for_disk, Arc::clone(&clock)).await?;
        engine.control().adopt_policy(wanted.policy).await?;
        let gateway = purser_gateway::start(wanted.gateway, engine.shared()?)
            .map_err(|error| Failure::from_error("the gateway can't be started", &error))?;
        let scenery = Scenery {
            control: engine.control(),
            gateway: gateway.address(),
            clock: &stage_clock,
            zone: &place.zone,
            day,
            now,
        };
        let story = story::play(scenery, tell).await?;
        let staff = Arc::new(staff::hire(engine.control(), clock.now()).await?);
        let (stop_jobs, stopping) = watch::channel(false);
        tokio::spawn(jobs::run(Control::clone(engine.control()), stopping));
        let board = Arc::new(Board::new(ROLES.len(), RUNAWAY.agent));
        Ok((Self { place, standin, engine, gateway, board, staff, clock, stop_jobs }, story))
    }

    /// Where the data is.
    pub(crate) fn place(&self) -> &Place {
        &self.place
    }

    /// Where the gateway listens.
    pub(crate) fn gateway(&self) -> SocketAddr {
        self.gateway.address()
    }

    /// What there is to look at.
    pub(crate) fn sights(&self) -> Sights {
        Sights {
            control: self.engine.control().clone(),
            board: Arc::clone(&self.board),
            clock: Arc::clone(&self.clock),
            staff: Arc::clone(&self.staff),
            gateway: format!("http://{}", self.gateway()),
        }
    }

    /// Ends everything in order. Returns how the books compare, and the last scene.
    ///
    /// # Errors
    /// Something did not end in order, or the books can't be read.
    pub(crate) async fn strike(self, observer: &mut Observer) -> Result<(Books, Scene), Failure> {
        let Self { standin, engine, gateway, clock, stop_jobs, .. } = self;
        stop_jobs.send_replace(true);
        // Answers that their clients have left are read to their end in here.
        tokio::task::spawn_blocking(move || gateway.stop())
            .await
            .map_err(|error| Failure::from_error("the gateway did not end in order", &error))?;
        let last = observer.look(false, None).await?;
        let charges = charges(engine.control()).await?;
        let snapshot = engine.control().snapshot();
        let served = standin.stop().await;
        let books = books::compare(&charges, &served, &snapshot.prices, &snapshot.currency, clock.now());
        engine.close()?;
        Ok((books, last))
    }
}

/// Every charge there is.
async fn charges(control: &Control) -> Result<Vec<Charge>, Failure> {
    let mut all = Vec::new();
    let mut before = None;
    loop {
        let page = control.charges(Wanted { before, ..Wanted::default() }).await?;
        all.extend(page.items);
        match page.next {
            Some(next) => before = Some(next),
            None => return Ok(all),
        }
    }
}

fn provider(seed: u64) -> Result<StandinConfig, Failure> {
    let script = PACE.parse().map_err(|error| Failure::from_error("the stand-in's pace is not understood", &error))?;
    let answers = Answers { tokens_min: 30, tokens_max: 320, tool_percent: 45, ..Answers::default() };
    let mut config = StandinConfig { seed, script, answers, ..StandinConfig::default() };
    config.bounds.stop_wait_max = Duration::from_secs(5);
    Ok(config)
}

/// A configuration like any other, but that nobody is held back for spending a day's money within seconds.
fn configuration(base_url: &str) -> String {
    let mut text = "[listen]\n\
         gateway = \"127.0.0.1:0\"\n\
         [limits]\n\
         drain = \"20s\"\n\
         [policy]\n\
         ask_more = \"the platform team\"\n\
         [policy.park]\n\
         wait = \"1s\"\n\
         [policy.breakers]\n\
         off = [\"spend\", \"repeat\", \"errors\"]\n"
        .to_owned();
    for kind in ["anthropic", "openai", "gemini"] {
        // Writing to a text does not fail.
        let _ = write!(
            text,
            "[providers.{kind}]\nkind = \"{kind}\"\nbase_url = \"{base_url}\"\napi_key_env = \"{CREDENTIAL}\"\n"
        );
    }
    text
}
