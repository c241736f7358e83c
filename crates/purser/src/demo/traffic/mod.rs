//! Traffic as a company makes it: conversations that grow, streams, tool calls, clients that hang up, over real HTTP in
//! every API's own words. It knows a base address and keys, and nothing of Purser's inside.

mod dialect;
mod dice;
mod heard;
mod talk;
mod wire;
mod worker;

pub(crate) use self::dialect::Dialect;
pub(crate) use self::dice::Dice;
pub(crate) use self::heard::Heard;
pub(crate) use self::talk::Talk;
pub(crate) use self::wire::{Ended, Reply, Request, Wire};
pub(crate) use self::worker::{Phase, Seat, Worker};
