//! What one process leaves to the program that takes its place: the folder's lock and the listening sockets.
//!
//! A restart replaces the program within its process (`exec`), so a service manager sees nothing. Descriptors do not
//! survive that by themselves. They are put into a Unix socket pair (`SCM_RIGHTS`), whose other end becomes the new
//! program's standard input; the environment says so. What is in the pair stays there while the program is replaced.
//!
//! ```text
//! one message: JSON {"version":1,"gateway":N}, with the descriptors lock, socket, control, gateway × N
//! ```

use std::fs::File;
use std::io::{IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::net::TcpListener;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::{UnixListener, UnixStream};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};

use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer, SendAncillaryMessage, SendFlags,
};
use serde::{Deserialize, Serialize};

use crate::failure::Failure;

/// Set where standard input holds what was handed over.
pub(super) const VARIABLE: &str = "PURSER_HANDED_OVER";
/// The form of the message.
const VERSION: u32 = 1;
/// The most descriptors that one message may carry on Linux.
const DESCRIPTORS_MAX: usize = 253;
/// Descriptors before the gateway's: lock, socket, control.
const OTHERS: usize = 3;

/// What is handed over.
#[derive(Debug)]
pub(crate) struct Handover {
    /// The data folder's lock file, locked: nobody else gets in between.
    pub(crate) lock: File,
    /// The socket of the data folder.
    pub(crate) socket: UnixListener,
    /// The control API's listener.
    pub(crate) control: TcpListener,
    /// The gateway's listeners, in which connections wait meanwhile.
    pub(crate) gateway: Vec<TcpListener>,
}

#[derive(Serialize, Deserialize)]
struct Head {
    version: u32,
    gateway: usize,
}

impl Handover {
    /// What the program before this one left; `None` at an ordinary start.
    ///
    /// # Errors
    /// Standard input does not hold what the environment says.
    pub(crate) fn received() -> Result<Option<Self>, Failure> {
        if std::env::var_os(VARIABLE).is_none() {
            return Ok(None);
        }
        receive(std::io::stdin().as_fd()).map(Some).map_err(|why| {
            Failure::new(
                format!("{VARIABLE} is set, but standard input does not hold what a Purser hands over: {why}"),
                "only a restart sets it; start `purser serve` without it",
            )
        })
    }

    /// Replaces the running program by `program`, which finds all this. Comes back only when that can't be done.
    pub(crate) fn give(self, program: &Path) -> Failure {
        let failed = |error: std::io::Error| Failure::from_error("the new program can't be started", &error);
        let (near, far) = match UnixStream::pair() {
            Ok(pair) => pair,
            Err(error) => return failed(error),
        };
        if let Err(error) = self.send(&near) {
            return failed(error);
        }
        // Closes `near` and everything else of this program; what was sent is kept in `far`.
        let error = Command::new(program)
            .args(std::env::args_os().skip(1))
            .env(VARIABLE, "1")
            .stdin(Stdio::from(OwnedFd::from(far)))
            .exec();
        failed(error)
    }

    fn send(&self, to: &UnixStream) -> std::io::Result<()> {
        let others = [self.lock.as_fd(), self.socket.as_fd(), self.control.as_fd()];
        let all: Vec<BorrowedFd<'_>> = others.into_iter().chain(self.gateway.iter().map(AsFd::as_fd)).collect();
        if all.len() > DESCRIPTORS_MAX {
            return Err(std::io::Error::other("there are too many listening sockets"));
        }
        let head = serde_json::to_vec(&Head { version: VERSION, gateway: self.gateway.len() })?;
        let rights = SendAncillaryMessage::ScmRights(&all);
        let mut room = vec![MaybeUninit::uninit(); rights.size()];
        let mut control = SendAncillaryBuffer::new(&mut room);
        if !control.push(rights) {
            return Err(std::io::Error::other("the descriptors don't fit a message"));
        }
        rustix::net::sendmsg(to, &[IoSlice::new(&head)], &mut control, SendFlags::empty())?;
        Ok(())
    }
}

fn receive(from: BorrowedFd<'_>) -> std::io::Result<Handover> {
    let mut bytes = [0; 256];
    let mut room = vec![MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(DESCRIPTORS_MAX))];
    let mut control = RecvAncillaryBuffer::new(&mut room);
    let flags = RecvFlags::CMSG_CLOEXEC;
    let read = rustix::net::recvmsg(from, &mut [IoSliceMut::new(&mut bytes)], &mut control, flags)?.bytes;
    let mut all = Vec::new();
    for message in control.drain() {
        if let RecvAncillaryMessage::ScmRights(rights) = message {
            all.extend(rights);
        }
    }
    let head: Head = serde_json::from_slice(bytes.get(..read).unwrap_or_default())?;
    if head.version != VERSION || all.len() != head.gateway.saturating_add(OTHERS) {
        return Err(std::io::Error::other("it is of another version, or cut short"));
    }
    let mut all = all.into_iter();
    let mut next = || all.next().ok_or_else(|| std::io::Error::other("it is cut short"));
    Ok(Handover {
        lock: File::from(next()?),
        socket: UnixListener::from(next()?),
        control: TcpListener::from(next()?),
        gateway: (0..head.gateway).map(|_| next().map(TcpListener::from)).collect::<std::io::Result<_>>()?,
    })
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn what_is_sent_is_received_and_still_listens() {
        let temp = tempfile::tempdir().unwrap();
        let lock = File::create(temp.path().join("lock")).unwrap();
        lock.lock().unwrap();
        let listen = || TcpListener::bind("127.0.0.1:0").unwrap();
        let (control, gateway) = (listen(), vec![listen(), listen()]);
        let addresses: Vec<_> = gateway.iter().map(|listener| listener.local_addr().unwrap()).collect();
        let socket = UnixListener::bind(temp.path().join("socket")).unwrap();
        let (near, far) = UnixStream::pair().unwrap();
        let given = Handover { lock, socket, control, gateway };
        given.send(&near).unwrap();
        drop((given, near));
        // Nobody has them open now but the pair.
        let mut early = std::net::TcpStream::connect(addresses[1]).unwrap();
        early.write_all(b"x").unwrap();
        let other = File::open(temp.path().join("lock")).unwrap();
        assert!(other.try_lock().is_err(), "the lock is held all the while");
        let got = receive(far.as_fd()).unwrap();
        let found: Vec<_> = got.gateway.iter().map(|listener| listener.local_addr().unwrap()).collect();
        assert_eq!(found, addresses);
        assert!(got.gateway[1].accept().is_ok(), "who connected meanwhile is there");
        drop(got);
        other.try_lock().unwrap();
    }

    #[test]
    fn anything_else_is_refused() {
        for sent in [&b""[..], b"{}", br#"{"version":1,"gateway":1}"#, br#"{"version":2,"gateway":0}"#] {
            let (mut near, far) = UnixStream::pair().unwrap();
            near.write_all(sent).unwrap();
            drop(near);
            assert!(receive(far.as_fd()).is_err(), "{:?}", String::from_utf8_lossy(sent));
        }
    }
}
