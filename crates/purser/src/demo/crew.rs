//! Sends everybody to work, and home.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use purser_core::money::Nano;
use purser_core::time::Clock;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::board::Board;
use super::company::{ROLES, RUNAWAY};
use super::staff::Staff;
use super::traffic::{Dice, Phase, Seat, Worker};

/// How long calls under way may take at the end. Longer than the longest of them, parked ones included.
const GOING_HOME: Duration = Duration::from_secs(20);
/// Dice places of the unattended agent's lanes: apart from everybody's.
const LANES: u64 = 10_000;

/// Everybody at work.
pub(crate) struct Crew {
    phase: watch::Sender<Phase>,
    working: JoinSet<()>,
    gateway: SocketAddr,
    board: Arc<Board>,
    clock: Arc<dyn Clock>,
    seed: u64,
}

impl Crew {
    /// Sends everybody to work, first to make good their morning.
    pub(crate) fn start(
        gateway: SocketAddr,
        staff: &Staff,
        board: &Arc<Board>,
        clock: &Arc<dyn Clock>,
        seed: u64,
    ) -> Self {
        let (phase, _) = watch::channel(Phase::Going);
        let mut crew =
            Self { phase, working: JoinSet::new(), gateway, board: Arc::clone(board), clock: Arc::clone(clock), seed };
        for (role, hired) in staff.people.iter().enumerate() {
            crew.seat(role, &hired.keys);
        }
        crew
    }

    fn seat(&mut self, place: usize, keys: &[String]) {
        let Some(role) = ROLES.get(place) else { return };
        let worth: Nano = role.morning.parse().unwrap_or_default();
        for (number, (work, key)) in role.work.iter().zip(keys).enumerate() {
            let dice = Dice::new(self.seed, u64::try_from(place * 16 + number).unwrap_or(0));
            let mut worker = Worker::new(self.at(place, key), work, dice, Arc::clone(&self.clock));
            let board = Arc::clone(&self.board);
            self.working.spawn(async move {
                if number == 0 {
                    worker.catch_up(worth).await;
                    board.morning_is_over();
                }
                worker.work().await;
            });
        }
    }

    /// Lets the unattended agent loose.
    pub(crate) fn let_loose(&mut self, key: &str) {
        self.board.let_loose(self.clock.now());
        for lane in 0..RUNAWAY.lanes {
            let dice = Dice::new(self.seed, LANES + lane);
            let worker = Worker::unattended(self.at(RUNAWAY.owner, key), &RUNAWAY, dice, Arc::clone(&self.clock));
            self.working.spawn(worker.work());
        }
    }

    fn at(&self, role: usize, key: &str) -> Seat {
        Seat {
            gateway: self.gateway,
            role,
            key: key.to_owned(),
            board: Arc::clone(&self.board),
            phase: self.phase.subscribe(),
        }
    }

    /// Nobody begins anything, or everybody goes on.
    pub(crate) fn pause(&self, pause: bool) {
        self.phase.send_replace(if pause { Phase::Paused } else { Phase::Going });
    }

    /// Sends everybody home; returns when the last call has ended.
    pub(crate) async fn go_home(mut self) {
        self.phase.send_replace(Phase::Ending);
        let home = async { while self.working.join_next().await.is_some() {} };
        // Whoever is still there then is cut off: the gateway reads the rest without them.
        let _ = timeout(GOING_HOME, home).await;
        self.working.shutdown().await;
    }
}
