//! The services over real files in a fresh folder, the clock moved by hand.
#![expect(clippy::unwrap_used, reason = "a step that fails is the test's failure")]

mod access;
mod activations;
mod agents;
mod alarms;
mod bench;
mod bills;
mod boards;
mod changes;
mod confidential;
mod costs;
mod flags;
mod import;
mod letters;
mod life;
mod matrix;
mod money;
mod observed;
mod offers;
mod openapi;
mod outcomes;
mod periods;
mod pools;
mod privacy;
mod remedies;
mod returns;
mod rewards;
mod runs;
mod setup;
mod statements;
mod stops;
mod top_ups;
mod totals;
mod trace;
mod trail;
mod web;
