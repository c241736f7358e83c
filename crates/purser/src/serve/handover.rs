//! What one process leaves to the program that takes its place: the folder's lock and the listening sockets.
//!
//! A restart replaces the program within its process (`exec`), so a service manager sees nothing. Descriptors do not
//! survive that by themselves. They are put into a Unix socket pair (`SCM_RIGHTS`), whose other end becomes the new
//! program's standard input; the environment says so. What is in the pair stays there while the program is replaced.
//!
//! ```text
//! first message: JSON {"version":1,"listeners":L,"connections":C}, with the descriptors lock, socket, control,
//!                listener × L
//! then:          one byte, with up to 250 connections, until there are C
//! ```
//!
//! Connections are those between two requests: each has nothing to lose but its place. What does not fit the pair, of
//! thousands, is closed.

use std::fs::File;
use std::io::{IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::net::{TcpListener, TcpStream};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::{UnixListener, UnixStream};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};

use purser_gateway::Waiting;
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
/// Connections in one message.
const CONNECTIONS_AT_ONCE: usize = 250;
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
    /// The gateway's sockets, in which clients wait meanwhile.
    pub(crate) gateway: Waiting,
}

#[derive(Serialize, Deserialize)]
struct Head {
    version: u32,
    listeners: usize,
    connections: usize,
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
        let Waiting { listeners, connections } = &self.gateway;
        let head = Head { version: VERSION, listeners: listeners.len(), connections: connections.len() };
        let others = [self.lock.as_fd(), self.socket.as_fd(), self.control.as_fd()];
        let all: Vec<BorrowedFd<'_>> = others.into_iter().chain(listeners.iter().map(AsFd::as_fd)).collect();
        send(to, &serde_json::to_vec(&head)?, &all)?;
        // Nobody reads yet: rather than waiting for room for ever, the rest of the connections is closed.
        to.set_nonblocking(true)?;
        for some in connections.chunks(CONNECTIONS_AT_ONCE) {
            let some: Vec<BorrowedFd<'_>> = some.iter().map(AsFd::as_fd).collect();
            if let Err(error) = send(to, b".", &some) {
                tracing::warn!(%error, "not all idle connections could be handed over; the rest is closed");
                break;
            }
        }
        Ok(())
    }
}

fn send(to: &UnixStream, bytes: &[u8], descriptors: &[BorrowedFd<'_>]) -> std::io::Result<()> {
    if descriptors.len() > DESCRIPTORS_MAX {
        return Err(std::io::Error::other("there are too many listening sockets"));
    }
    let rights = SendAncillaryMessage::ScmRights(descriptors);
    let mut room = vec![MaybeUninit::uninit(); rights.size()];
    let mut control = SendAncillaryBuffer::new(&mut room);
    if !control.push(rights) {
        return Err(std::io::Error::other("the descriptors don't fit a message"));
    }
    rustix::net::sendmsg(to, &[IoSlice::new(bytes)], &mut control, SendFlags::NOSIGNAL)?;
    Ok(())
}

/// One message: its bytes, none at the end, and what came with it.
fn receive_one(from: BorrowedFd<'_>) -> std::io::Result<(Vec<u8>, Vec<OwnedFd>)> {
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
    Ok((bytes.get(..read).unwrap_or_default().to_vec(), all))
}

fn receive(from: BorrowedFd<'_>) -> std::io::Result<Handover> {
    let (bytes, all) = receive_one(from)?;
    let head: Head = serde_json::from_slice(&bytes)?;
    if head.version != VERSION || all.len() != head.listeners.saturating_add(OTHERS) {
        return Err(std::io::Error::other("it is of another version, or cut short"));
    }
    let mut all = all.into_iter();
    let mut next = || all.next().ok_or_else(|| std::io::Error::other("it is cut short"));
    let (lock, socket, control) = (File::from(next()?), UnixListener::from(next()?), TcpListener::from(next()?));
    let listeners = (0..head.listeners).map(|_| next().map(TcpListener::from)).collect::<std::io::Result<_>>()?;
    let mut connections = Vec::new();
    while connections.len() < head.connections {
        let (bytes, some) = receive_one(from)?;
        if bytes.is_empty() {
            // The rest did not fit.
            break;
        }
        connections.extend(some.into_iter().map(TcpStream::from));
    }
    Ok(Handover { lock, socket, control, gateway: Waiting { listeners, connections } })
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
        let (control, listeners) = (listen(), vec![listen(), listen()]);
        // One after the other: a listening socket has room for some hundred that wait.
        let meet =
            |_| (TcpStream::connect(listeners[0].local_addr().unwrap()).unwrap(), listeners[0].accept().unwrap().0);
        let (mut clients, connections): (Vec<_>, Vec<_>) = (0..CONNECTIONS_AT_ONCE + 7).map(meet).unzip();
        let addresses: Vec<_> = listeners.iter().map(|listener| listener.local_addr().unwrap()).collect();
        let socket = UnixListener::bind(temp.path().join("socket")).unwrap();
        let (near, far) = UnixStream::pair().unwrap();
        let given = Handover { lock, socket, control, gateway: Waiting { listeners, connections } };
        given.send(&near).unwrap();
        drop((given, near));
        // Nobody has them open now but the pair.
        let mut early = std::net::TcpStream::connect(addresses[1]).unwrap();
        early.write_all(b"x").unwrap();
        let other = File::open(temp.path().join("lock")).unwrap();
        assert!(other.try_lock().is_err(), "the lock is held all the while");
        let got = receive(far.as_fd()).unwrap();
        let found: Vec<_> = got.gateway.listeners.iter().map(|listener| listener.local_addr().unwrap()).collect();
        assert_eq!(found, addresses);
        assert!(got.gateway.listeners[1].accept().is_ok(), "who connected meanwhile is there");
        assert_eq!(got.gateway.connections.len(), clients.len());
        clients.last_mut().unwrap().write_all(b"y").unwrap();
        let mut byte = [0];
        let last = got
            .gateway
            .connections
            .iter()
            .find(|connection| connection.peer_addr().unwrap() == clients.last().unwrap().local_addr().unwrap());
        std::io::Read::read_exact(&mut last.unwrap(), &mut byte).unwrap();
        assert_eq!(&byte, b"y", "and so is who was connected");
        drop(got);
        other.try_lock().unwrap();
    }

    #[test]
    fn anything_else_is_refused() {
        for sent in [&b""[..], b"{}", br#"{"version":1,"listeners":1,"connections":0}"#] {
            let (mut near, far) = UnixStream::pair().unwrap();
            near.write_all(sent).unwrap();
            drop(near);
            assert!(receive(far.as_fd()).is_err(), "{:?}", String::from_utf8_lossy(sent));
        }
    }
}
