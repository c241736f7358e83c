//! The price book: dated, immutable prices of models.
//!
//! **Model.** A [`RateCard`] says what one model costs from one date on: a [`Rate`] per [`Bucket`] of usage, other rates
//! for long prompts and for the other service tiers, exact multipliers by region, fees of hosted tools, and the limits
//! that bound a call. Cards come in a [`PriceList`], bundled with Purser or published by the company, and
//! [`PriceBook::publish`] takes a list in.
//!
//! **Owns** reading prices from text, checking and resolving cards, finding the card of a call, comparing catalogues
//! with the book.
//!
//! **Does not own** what a call costs (see [`crate::rating`]), where lists are kept, who may publish them.
//!
//! **Invariants.** Prices are integers and multipliers exact fractions. A published card never changes; a later card
//! takes over. A model that is not listed has no price, however familiar its name looks; tokens without a price of
//! their own are billed as the nearest kind that has one, never free.
pub mod bucket;
pub mod card;
pub mod diff;
pub mod import;
pub mod list;
pub mod rate;
pub mod ratio;
pub mod window;

mod book;
#[cfg(test)]
mod book_tests;
mod bundled;
mod date;
mod decimal;
mod names;
pub(crate) mod sheet;
mod version;

pub use book::{Listed, NoExchangeRate, NotPriced, PriceBook};
pub use bucket::{Bucket, BucketSet, Kind};
pub use card::{AboveSpec, CardError, CardProblem, CardSpec, CardVersion, RateCard, RateMap, TierSpec};
pub(crate) use decimal::Decimal;
pub use list::{Discount, Exchange, Layer, PriceList};
pub use rate::{PriceError, PriceTypo, PriceUnit, Rate, UNITS_PER_RATE, parse_price, parse_price_as_typed};
pub use ratio::{Ratio, RatioError};
pub use window::{Window, WindowError};
