//! Where Purser listens: sockets of its own, or those in which connections wait since the program before it ended.

use std::io;
use std::net::{SocketAddr, TcpListener as StdTcpListener};
use std::os::unix::net::UnixListener as StdUnixListener;

use purser_control::api;
use purser_gateway::Waiting;
use tokio::net::{TcpListener, UnixListener};

use super::cannot_listen;
use crate::failure::Failure;
use crate::place::Place;

/// Sockets that stay open from one program to the next.
pub(super) struct Kept {
    pub(super) socket: StdUnixListener,
    pub(super) control: StdTcpListener,
    pub(super) gateway: Waiting,
}

/// Listening sockets, ready to be served; those of the API once more, to be kept at a restart.
pub(super) struct Sockets {
    pub(super) socket: UnixListener,
    pub(super) control: TcpListener,
    /// Where none of these listens, the gateway makes its own.
    pub(super) gateway: Waiting,
    pub(super) kept_socket: StdUnixListener,
    pub(super) kept_control: StdTcpListener,
}

impl Sockets {
    /// Takes what was kept, where it listens at what is asked for now, and makes the rest.
    ///
    /// # Errors
    /// An address can't be listened on, or the socket's file can't be made.
    pub(super) fn open(
        place: &Place,
        control: SocketAddr,
        gateway: SocketAddr,
        kept: Option<Kept>,
    ) -> Result<Self, Failure> {
        let (old_socket, old_control, mut waiting) = match kept {
            None => (None, None, Waiting::default()),
            Some(Kept { socket, control, gateway }) => (Some(socket), Some(control), gateway),
        };
        if !waiting.listeners.iter().all(|old| is_at(old, gateway)) {
            waiting.listeners.clear();
        }
        let in_socket = |error: io::Error| {
            Failure::from_error(format!("the socket {} can't be made", place.socket().display()), &error)
        };
        let socket = match old_socket {
            Some(socket) => socket,
            None => api::bind_socket(&place.socket()).and_then(UnixListener::into_std).map_err(in_socket)?,
        };
        let in_control = |error: io::Error| cannot_listen("control", control, &error);
        let control = match old_control.filter(|old| is_at(old, control)) {
            Some(old) => old,
            None => StdTcpListener::bind(control).map_err(in_control)?,
        };
        let kept_socket = socket.try_clone().map_err(in_socket)?;
        let kept_control = control.try_clone().map_err(in_control)?;
        socket.set_nonblocking(true).map_err(in_socket)?;
        control.set_nonblocking(true).map_err(in_control)?;
        Ok(Self {
            socket: UnixListener::from_std(socket).map_err(in_socket)?,
            control: TcpListener::from_std(control).map_err(in_control)?,
            gateway: waiting,
            kept_socket,
            kept_control,
        })
    }
}

/// Does it listen at the address? Port 0 is any.
fn is_at(listener: &StdTcpListener, wanted: SocketAddr) -> bool {
    let at = |address: SocketAddr| address.ip() == wanted.ip() && [0, address.port()].contains(&wanted.port());
    listener.local_addr().is_ok_and(at)
}
