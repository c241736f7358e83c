//! How long a connection waits for its other side.
//!
//! Nearly every wait ends long before its time, so a timer for each is set and cleared for nothing. A connection has
//! one timer that stays set; when it rings, it is set again for what is left of the wait under way.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::{Instant, Sleep, sleep_until};

/// The timer is set for at most so long: a longer wait after a shorter one finds it set early enough, and need not move
/// it. An idle connection wakes its thread so seldom that ten thousand of them don't show.
const ROUND: Duration = Duration::from_secs(15);

/// The timer of one connection.
#[derive(Debug, Default)]
pub(crate) struct Patience {
    timer: Option<Pin<Box<Sleep>>>,
}

/// One wait. Its time begins when it first finds nothing.
#[derive(Debug)]
pub(crate) struct Wait {
    within: Duration,
    until: Option<Instant>,
}

impl Wait {
    pub(crate) fn new(within: Duration) -> Self {
        Self { within, until: None }
    }
}

impl Patience {
    /// Ready when the wait is over. Called when what is waited for is not there.
    pub(crate) fn poll_over(&mut self, cx: &mut Context<'_>, wait: &mut Wait) -> Poll<()> {
        let until = match wait.until {
            Some(until) => until,
            None => *wait.until.insert(Instant::now() + wait.within),
        };
        let timer = self.timer.get_or_insert_with(|| Box::pin(sleep_until(until.min(Instant::now() + ROUND))));
        if timer.deadline() > until {
            timer.as_mut().reset(until);
        }
        while timer.as_mut().poll(cx).is_ready() {
            let now = Instant::now();
            if now >= until {
                return Poll::Ready(());
            }
            timer.as_mut().reset(until.min(now + ROUND));
        }
        Poll::Pending
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How long a wait takes, each after the other on one timer.
    async fn check(patience: &mut Patience, within: Duration) {
        let began = Instant::now();
        let mut wait = Wait::new(within);
        std::future::poll_fn(|cx| patience.poll_over(cx, &mut wait)).await;
        assert_eq!(began.elapsed().as_secs(), within.as_secs());
    }

    #[tokio::test(start_paused = true)]
    async fn each_wait_takes_its_own_time() {
        let mut patience = Patience::default();
        for seconds in [100, 1, 300, 2, 2, 16] {
            check(&mut patience, Duration::from_secs(seconds)).await;
        }
    }
}
