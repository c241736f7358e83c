//! The course of a demonstration: mornings are made good, the unattended agent is let loose, time passes, everybody goes
//! home; meanwhile somebody may look on and press keys.

use std::sync::Arc;
use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until};

use super::board::Board;
use super::company::ROLES;
use super::crew::Crew;
use super::observer::Observer;
use super::screen::{Screen, Wish};
use super::view::Theme;
use crate::failure::Failure;
use crate::output::say;

/// How often the view is renewed.
const LOOK_EACH: Duration = Duration::from_millis(200);
/// How often a view that nobody sees looks whether it is time.
const GLANCE_EACH: Duration = Duration::from_millis(100);
/// How much longer than asked for a demonstration may take when its agent is not stopped yet: slow machines.
const GRACE: Duration = Duration::from_secs(20);

/// Everything that moves.
pub(crate) struct Show {
    pub(crate) observer: Observer,
    pub(crate) crew: Crew,
    pub(crate) board: Arc<Board>,
    /// The unattended agent's.
    pub(crate) runaway_key: String,
}

impl Show {
    /// Without a view, for about `long`, until the unattended agent has met its budget.
    ///
    /// # Errors
    /// Signals can't be waited for.
    pub(crate) async fn unseen(mut self, long: Duration) -> Result<Observer, Failure> {
        let (until, at_most) = (Instant::now() + long, Instant::now() + long + GRACE);
        let mut interrupted = Interrupts::listen()?;
        let mut glance = interval(GLANCE_EACH);
        let mut loose = false;
        loop {
            tokio::select! {
                _ = glance.tick() => {}
                () = interrupted.next() => break,
            }
            self.let_loose_when_ready(&mut loose);
            let stopped = self.board.seen().track.stopped.is_some();
            if Instant::now() >= at_most || (Instant::now() >= until && stopped) {
                break;
            }
        }
        say(format_args!("everybody goes home; the books are compared…"));
        self.crew.go_home().await;
        Ok(self.observer)
    }

    /// With a view, until somebody leaves it, or for `long`.
    ///
    /// # Errors
    /// The terminal can't be used, or what is to be shown can't be read.
    pub(crate) async fn live(mut self, long: Option<Duration>, theme: Theme) -> Result<Observer, Failure> {
        let until = Instant::now() + long.unwrap_or(Duration::from_hours(24 * 365));
        let mut interrupted = Interrupts::listen()?;
        let (scenes, shown) = watch::channel(None);
        let (wishes, mut wished) = mpsc::unbounded_channel();
        let terminal = |error: std::io::Error| Failure::from_error("the terminal can't be used", &error);
        let screen = Screen::open(shown, wishes, theme, ROLES.len()).map_err(terminal)?;
        let mut look = interval(LOOK_EACH);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let (mut paused, mut selected, mut loose) = (false, None, false);
        let ended = loop {
            tokio::select! {
                _ = look.tick() => {
                    match self.observer.look(paused, selected).await {
                        Ok(scene) => scenes.send_replace(Some(Arc::new(scene))),
                        Err(failure) => break Err(failure),
                    };
                    self.let_loose_when_ready(&mut loose);
                }
                wish = wished.recv() => match wish {
                    // The screen is gone: it failed, and says why below.
                    None | Some(Wish::Quit) => break Ok(()),
                    Some(Wish::Pause) => {
                        paused = !paused;
                        self.crew.pause(paused);
                        look.reset_immediately();
                    }
                    Some(Wish::Select(whom)) => {
                        selected = whom;
                        look.reset_immediately();
                    }
                },
                () = interrupted.next() => break Ok(()),
                () = sleep_until(until) => break Ok(()),
            }
        };
        drop(scenes);
        let closed = screen.close().map_err(terminal);
        say(format_args!("everybody goes home; the books are compared…"));
        self.crew.go_home().await;
        ended.and(closed).map(|()| self.observer)
    }

    fn let_loose_when_ready(&mut self, loose: &mut bool) {
        if !*loose && self.board.seen().mornings == 0 {
            *loose = true;
            self.crew.let_loose(&self.runaway_key);
        }
    }
}

/// The signals that ask a program to end.
struct Interrupts([tokio::signal::unix::Signal; 3]);

impl Interrupts {
    fn listen() -> Result<Self, Failure> {
        let listen = |kind| signal(kind).map_err(|error| Failure::from_error("signals can't be waited for", &error));
        Ok(Self([listen(SignalKind::interrupt())?, listen(SignalKind::terminate())?, listen(SignalKind::hangup())?]))
    }

    async fn next(&mut self) {
        let [interrupt, terminate, hangup] = &mut self.0;
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            _ = hangup.recv() => {}
        }
    }
}
