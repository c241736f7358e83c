//! Return on tokens: what people and their tokens cost beside what came of it, assumed and counted.
//!
//! **Model.** A question names people and days. Their cost comes from `costs`, what their tokens cost from the projection, what
//! they achieved from `outcomes`; the rules are those of [`purser_core::roi`]. Nothing is kept.
//!
//! **Invariants.** No multiplier is assumed unless somebody names one. Of fewer than five people nothing is told but to
//! themselves, and one person's return is for that person unless the company says otherwise. There is no list of people:
//! nobody is ranked. What tells a cost is confidential as the cost is.

mod ask;
mod count;
mod show;
mod what_if;

pub(crate) use self::what_if::what_if;
