//! Why no budget above refuses a guaranteed call, and nothing eats what is kept for it.
//!
//! # What must hold
//!
//! A person's guaranteed grant works to its last unit, whatever others spend in the unit and the company; and the unit's
//! and the company's budgets are not exceeded by it.
//!
//! # The rule
//!
//! A ceiling *yields* when it is a unit's or the company's. It knows its *reserve* **R**: the most that the guaranteed
//! grants below it can pay in its period, used and unused together. It counts apart what guaranteed legs have spent,
//! hold and have in suspense, together **G**, and what all others have, **D**. With its limit **L**,
//!
//! 1. guaranteed legs are counted in G and not checked;
//! 2. all others fit while `D <= L - max(R, G)`.
//!
//! A ceiling that does not yield (a key's own budget, a run's) checks the whole amount: its owner chose it.
//!
//! # Why that suffices
//!
//! Whoever opens a ceiling or raises its reserve sees to `R <= L - D` ([`crate::Ledger::reserve`] refuses otherwise).
//! Each guaranteed leg was checked on its grant, so `G <= R` as long as R counts every grant that paid: grants that were
//! voided and people who moved away stay in R for what they may have spent (`core` computes it so). Then
//! `D + G <= D + R <= L`. Only a charge above its hold, which `strict` does not have, can break it, by the excess.
//!
//! # What is guaranteed
//!
//! A leg is guaranteed when its grant's account was, at the moment of the hold. The hold remembers it (not the record:
//! replay sees the account as it was then), so growth, settlement, suspense, corrections and a reversal move the same
//! parts. A slice set aside after a lost tail ([`crate::slice`]) counts in D as a whole: whose calls were lost nobody
//! knows, and others having less is the safe side.
//!
//! # Burning past a ceiling
//!
//! Amounts are filled in burn order. A leg that is not guaranteed takes no more than the tightest yielding ceiling has for
//! such legs, and the next grants pay the rest. Where it is used up, a guaranteed grant that burns later still pays:
//! stopping at the first would refuse a guaranteed call for the sake of an order.
