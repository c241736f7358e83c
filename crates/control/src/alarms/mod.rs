//! Alarms: raised by a job from what is spent and forecast, told to the person and to whoever can help, once.
//!
//! That one was raised, who has looked, what is muted and which rules hold are events about administration
//! ([`AlarmEvent`]): no money depends on them, and they outlive a restart. What is found, and when, is for
//! [`purser_core::alarm`] to say.

mod act;
mod event;
mod find;
mod look;
mod tend;

pub(crate) use event::{AlarmEvent, Alarms};
pub(crate) use tend::Looked;
