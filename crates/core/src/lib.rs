//! The domain's words and pure rules.
//!
//! **Model.** A person has grants; a grant releases an allowance each period; a call is rated against the price book
//! and its charge is posted on the accounts of those periods. Everything here is a value or a function of values.
//!
//! **Owns** money, ids, instants and periods, usage and rating, the price book, grants, the directory of people, keys
//! and budgets, and the plan of a call (which accounts it draws on).
//!
//! **Does not own** I/O, async, the clock (time is always an argument), balances (`ledger`), wire formats
//! (`providers`).
//!
//! **Invariants.** No floats. Money is [`money::Nano`]; arithmetic is checked; a conversion that can't be exact is an
//! error. Bounds round up, charges round half to even, once.
#![cfg_attr(not(test), deny(clippy::float_arithmetic, clippy::arithmetic_side_effects, clippy::as_conversions))]

pub mod account;
pub mod alarm;
pub mod bill;
pub mod board;
pub mod breaker;
pub mod budget;
pub mod calendar;
pub mod charge;
pub mod cost;
pub mod csv;
pub mod decision;
pub mod directory;
pub mod event;
pub mod flag;
pub mod focus;
pub mod forecast;
pub mod grant;
pub mod hex;
pub mod id;
pub mod letter;
pub mod lint;
pub mod money;
pub mod observed;
pub mod offer;
pub mod package;
pub mod period;
pub mod plan;
pub mod policy;
pub mod pool;
pub mod price;
pub mod rating;
pub mod roi;
pub mod role;
pub mod run;
pub mod scope;
pub mod snapshot;
pub mod statement;
pub mod stop;
pub mod time;
pub mod top_up;
pub mod usage;
pub mod written;
pub mod zone;

#[cfg(feature = "schema")]
mod schema;
mod text;
