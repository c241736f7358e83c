//! What a made-up company says of itself, and how it is asked to go.

use purser_control::Role;
use tokio::sync::{mpsc, oneshot};

/// Somebody who may sign in to a made-up company, by a password that is no secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DemoLogin {
    /// What they are there for.
    pub role: Role,
    /// Who they are, in a few words.
    pub who: String,
    /// Their address.
    pub email: String,
    /// Their password.
    pub password: String,
}

/// What the pages of a made-up company are told of it.
#[derive(Clone, Debug)]
pub struct MadeUp {
    /// Who may sign in: its sign-in page names them.
    pub logins: Vec<DemoLogin>,
    /// How it is wiped.
    pub wiping: Wiping,
}

/// A made-up company: its pages say so, and its administrators may wipe it. `None` of a company in which people work.
pub type Demo = Option<MadeUp>;

/// How a made-up company is asked to go. The pages only ask: whoever serves the company hears it, ends in order and removes
/// the folder.
#[derive(Clone, Debug)]
pub struct Wiping {
    /// The folder that goes, as people know it.
    pub folder: String,
    /// Where it is heard. There is room for one who asks: nobody asks twice. Closed once the company ends anyway.
    pub ask: mpsc::Sender<WipeAsked>,
}

/// Somebody asks on a page for the made-up company to go.
#[derive(Debug)]
pub struct WipeAsked {
    /// Told as soon as this is begun and no page is served any more; dropped where it is not begun. Whoever asked then
    /// looks at [`GONE`](crate::GONE), and waits there until it is done.
    pub heard: oneshot::Sender<()>,
}

/// Why nobody hears it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NotHeard {
    /// Somebody asked before.
    Begun,
    /// Purser ends or restarts.
    Ending,
}

impl Wiping {
    /// Asks, and waits until it is begun.
    ///
    /// # Errors
    /// Somebody asked already, or Purser ends or restarts; nothing is wiped by this then.
    pub(crate) async fn begin(&self) -> Result<(), NotHeard> {
        let (heard, hears) = oneshot::channel();
        self.ask.try_send(WipeAsked { heard }).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => NotHeard::Begun,
            mpsc::error::TrySendError::Closed(_) => NotHeard::Ending,
        })?;
        hears.await.map_err(|_| NotHeard::Ending)
    }
}
