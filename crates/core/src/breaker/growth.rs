//! More and more goes in, next to nothing comes out.

use super::Step;
use crate::money::Nano;

/// Calls in a row whose input grew.
#[derive(Clone, Debug, Default)]
pub(super) struct Growth {
    last_input: u64,
    pub(super) in_a_row: u32,
    pub(super) output: u64,
    pub(super) cost: Nano,
}

impl Growth {
    pub(super) fn step(&mut self, step: &Step, output_each: u64) {
        let grew = step.input > self.last_input && step.output <= output_each.saturating_mul(4);
        self.last_input = step.input;
        if grew && !step.human {
            self.in_a_row = self.in_a_row.saturating_add(1);
            self.output = self.output.saturating_add(step.output);
            self.cost = self.cost.saturating_add(step.cost);
        } else {
            *self = Self { last_input: step.input, ..Self::default() };
        }
    }

    /// Tokens out of each call, on average.
    pub(super) fn output_each(&self) -> u64 {
        self.output.checked_div(u64::from(self.in_a_row)).unwrap_or(0)
    }
}
