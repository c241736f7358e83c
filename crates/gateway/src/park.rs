//! Parking: a call whose money is only set aside by other calls waits its turn, in order of arrival, within bounds.

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicUsize, Ordering, fence};

use parking_lot::Mutex;
use purser_core::id::PersonId;
use tokio::sync::oneshot;

/// The waiting calls of everybody.
///
/// A turn is a token: whoever is at the head of a person's queue has it, and passes it on when leaving the queue,
/// admitted or not. A call that was woken and still does not fit keeps its place.
#[derive(Default)]
pub(crate) struct Parking {
    queues: Mutex<HashMap<PersonId, VecDeque<Place>>>,
    /// How many queues there are, to be read without the lock: nearly always none.
    count: AtomicUsize,
}

struct Place {
    ticket: u64,
    wake: Option<oneshot::Sender<()>>,
}

/// A place in a queue, left when dropped.
pub(crate) struct Parked<'a> {
    parking: &'a Parking,
    person: PersonId,
    ticket: u64,
    woken: oneshot::Receiver<()>,
}

impl Parking {
    /// Is somebody of this person's waiting? Then a new call must not overtake.
    pub(crate) fn is_busy(&self, person: PersonId) -> bool {
        !self.is_empty() && self.queues.lock().contains_key(&person)
    }

    /// Does nobody wait? A call that joins looks at the money once more afterwards, so that neither it nor whoever
    /// frees money can miss the other.
    fn is_empty(&self) -> bool {
        fence(Ordering::SeqCst);
        self.count.load(Ordering::Relaxed) == 0
    }

    fn counted(&self, queues: &HashMap<PersonId, VecDeque<Place>>) {
        self.count.store(queues.len(), Ordering::Relaxed);
        fence(Ordering::SeqCst);
    }

    /// Joins the queue, or `None` when `max` calls of this person wait already.
    pub(crate) fn join(&self, person: PersonId, max: usize) -> Option<Parked<'_>> {
        let mut queues = self.queues.lock();
        let queue = queues.entry(person).or_default();
        if queue.len() >= max {
            if queue.is_empty() {
                queues.remove(&person);
            }
            return None;
        }
        let ticket = queue.back().map_or(0, |last| last.ticket + 1);
        let (wake, woken) = oneshot::channel();
        queue.push_back(Place { ticket, wake: Some(wake) });
        self.counted(&queues);
        Some(Parked { parking: self, person, ticket, woken })
    }

    /// Money of this person came free: the head of the queue may look again.
    pub(crate) fn freed(&self, person: PersonId) {
        if self.is_empty() {
            return;
        }
        let mut queues = self.queues.lock();
        if let Some(head) = queues.get_mut(&person).and_then(VecDeque::front_mut) {
            wake(head);
        }
    }

    /// Money above persons came free (a unit's or the company's): every head may look again.
    pub(crate) fn freed_above(&self) {
        if self.is_empty() {
            return;
        }
        self.queues.lock().values_mut().filter_map(VecDeque::front_mut).for_each(wake);
    }
}

fn wake(place: &mut Place) {
    if let Some(wake) = place.wake.take() {
        // The waiter may have given up this very moment; then its leaving wakes the next one.
        let _gave_up = wake.send(());
    }
}

impl Parked<'_> {
    /// Is it this call's turn?
    pub(crate) fn is_first(&self) -> bool {
        let queues = self.parking.queues.lock();
        queues.get(&self.person).and_then(VecDeque::front).is_some_and(|first| first.ticket == self.ticket)
    }

    /// Waits until something came free while this call is first, or it became first.
    pub(crate) async fn woken(&mut self) {
        // A closed channel can't be: the sender lives in the place, which leaves with `self`.
        let _sent = (&mut self.woken).await;
        let (wake, woken) = oneshot::channel();
        self.woken = woken;
        let mut queues = self.parking.queues.lock();
        let mine = queues.get_mut(&self.person).and_then(|queue| queue.iter_mut().find(|p| p.ticket == self.ticket));
        if let Some(place) = mine {
            place.wake = Some(wake);
        }
    }
}

impl Drop for Parked<'_> {
    fn drop(&mut self) {
        let mut queues = self.parking.queues.lock();
        let Some(queue) = queues.get_mut(&self.person) else { return };
        queue.retain(|place| place.ticket != self.ticket);
        if let Some(next) = queue.front_mut() {
            wake(next);
        } else {
            queues.remove(&self.person);
            self.parking.counted(&queues);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ready(parked: &mut Parked<'_>) -> bool {
        let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
        std::pin::pin!(parked.woken()).poll(&mut cx).is_ready()
    }

    #[test]
    fn turns_come_in_order_of_arrival() {
        let (parking, person) = (Parking::default(), PersonId::new(1));
        let mut first = parking.join(person, 2).unwrap();
        let mut second = parking.join(person, 2).unwrap();
        assert!(parking.join(person, 2).is_none(), "the bound holds");
        assert!(first.is_first() && !second.is_first());
        assert!(!ready(&mut first) && !ready(&mut second));
        parking.freed(person);
        assert!(!ready(&mut second), "only the head is woken");
        assert!(ready(&mut first));
        assert!(!ready(&mut first), "one wake, one look");
        parking.freed_above();
        assert!(ready(&mut first));
        drop(first);
        assert!(second.is_first() && ready(&mut second), "leaving passes the turn on");
        drop(second);
        assert!(!parking.is_busy(person), "an empty queue leaves nothing behind");
    }

    #[test]
    fn a_wake_between_two_looks_is_not_lost() {
        let (parking, person) = (Parking::default(), PersonId::new(1));
        let mut only = parking.join(person, 1).unwrap();
        parking.freed(person);
        parking.freed(person);
        assert!(ready(&mut only));
    }
}
