//! The domain from outside: periods against a slow model, directories and plans at random, sentences as people read
//! them.
#![expect(clippy::unwrap_used, reason = "a helper of a test fails the test")]

mod breakers;
mod budget;
mod company;
mod directory;
mod event;
mod flags;
mod holidays;
mod lives;
mod moves;
mod offer;
mod period;
mod plan;
mod pools;
mod presence;
mod random;
mod rating;
mod reserves;
mod sentence;
mod terms;
mod top_ups;
mod zones;
