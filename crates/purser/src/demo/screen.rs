//! The terminal: taken over by a thread of its own, and given back whatever happens.

use std::io;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use ratatui::crossterm::event::{self, Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use tokio::sync::{mpsc, watch};

use super::scene::Scene;
use super::view::{self, Theme};
use crate::terminal::Taken;

/// How long a key may go unnoticed, and a new scene undrawn.
const LOOK_EACH: Duration = Duration::from_millis(50);

/// What the person at the keyboard wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wish {
    /// Leave.
    Quit,
    /// Pause, or go on.
    Pause,
    /// A person's statement, or none.
    Select(Option<usize>),
}

/// The latest scene; `None` before the first and after the last.
pub(crate) type Scenes = watch::Receiver<Option<Arc<Scene>>>;

/// The taken terminal.
pub(crate) struct Screen {
    thread: JoinHandle<io::Result<()>>,
}

impl Screen {
    /// Takes the terminal. Ends when whoever sends scenes is gone.
    ///
    /// # Errors
    /// There is no thread for it.
    pub(crate) fn open(
        scenes: Scenes,
        wishes: mpsc::UnboundedSender<Wish>,
        theme: Theme,
        people: usize,
    ) -> io::Result<Self> {
        let keyboard = Keyboard { wishes, selected: None, people };
        let thread =
            std::thread::Builder::new().name("screen".to_owned()).spawn(move || run(scenes, keyboard, theme))?;
        Ok(Self { thread })
    }

    /// Waits until the terminal is given back.
    ///
    /// # Errors
    /// The terminal can't be used.
    pub(crate) fn close(self) -> io::Result<()> {
        // A panic of the thread has given the terminal back before it printed itself.
        self.thread.join().unwrap_or(Ok(()))
    }
}

fn run(mut scenes: Scenes, mut keyboard: Keyboard, theme: Theme) -> io::Result<()> {
    let mut terminal = ratatui::try_init()?;
    let _taken = Taken;
    let mut stale = true;
    while scenes.has_changed().is_ok() {
        stale |= scenes.has_changed().unwrap_or(false);
        if event::poll(LOOK_EACH)? {
            stale = true;
            if let Event::Key(key) = event::read()? {
                keyboard.pressed(key);
            }
        }
        if stale {
            let scene = scenes.borrow_and_update().clone();
            if let Some(scene) = scene {
                terminal.draw(|frame| view::draw(frame, &scene, keyboard.selected, theme))?;
                stale = false;
            }
        }
    }
    Ok(())
}

/// What keys mean.
struct Keyboard {
    wishes: mpsc::UnboundedSender<Wish>,
    selected: Option<usize>,
    people: usize,
}

impl Keyboard {
    fn pressed(&mut self, key: KeyEvent) {
        if key.kind == KeyEventKind::Release {
            return;
        }
        let wish = match key.code {
            KeyCode::Char('c') if key.modifiers.contains(KeyModifiers::CONTROL) => Wish::Quit,
            KeyCode::Char('q') => Wish::Quit,
            KeyCode::Char('p' | ' ') => Wish::Pause,
            KeyCode::Down | KeyCode::Char('j') => self.select(|at| at.map_or(0, |at| at + 1)),
            KeyCode::Up | KeyCode::Char('k') => {
                let last = self.people.saturating_sub(1);
                self.select(|at| at.map_or(last, |at| at.checked_sub(1).unwrap_or(last)))
            }
            KeyCode::Esc => {
                self.selected = None;
                Wish::Select(None)
            }
            _ => return,
        };
        // Nobody is left to hear it only when the end has come anyway.
        let _ = self.wishes.send(wish);
    }

    fn select(&mut self, next: impl FnOnce(Option<usize>) -> usize) -> Wish {
        let next = next(self.selected).checked_rem(self.people);
        self.selected = next;
        Wish::Select(next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_select_round_the_list_and_back_to_nobody() {
        let (wishes, mut heard) = mpsc::unbounded_channel();
        let mut keyboard = Keyboard { wishes, selected: None, people: 3 };
        let mut check = |code: KeyCode, modifiers: KeyModifiers, wish: Option<Wish>| {
            keyboard.pressed(KeyEvent::new(code, modifiers));
            assert_eq!(heard.try_recv().ok(), wish, "{code:?}");
        };
        let none = KeyModifiers::NONE;
        check(KeyCode::Up, none, Some(Wish::Select(Some(2))));
        check(KeyCode::Down, none, Some(Wish::Select(Some(0))));
        check(KeyCode::Down, none, Some(Wish::Select(Some(1))));
        check(KeyCode::Up, none, Some(Wish::Select(Some(0))));
        check(KeyCode::Up, none, Some(Wish::Select(Some(2))));
        check(KeyCode::Esc, none, Some(Wish::Select(None)));
        check(KeyCode::Down, none, Some(Wish::Select(Some(0))));
        check(KeyCode::Char('x'), none, None);
        check(KeyCode::Char('c'), none, None);
        check(KeyCode::Char('c'), KeyModifiers::CONTROL, Some(Wish::Quit));
        check(KeyCode::Char('p'), none, Some(Wish::Pause));
    }
}
