//! One case: what it costs, what comes of it, at a multiplier.

use crate::package::Exact;

/// What goes in: amounts of one currency for the same time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Case {
    /// Fully loaded cost of the people.
    pub cost: Exact,
    /// What their tokens cost.
    pub tokens: Exact,
    /// What their output is worth without tokens. Where nobody knows better it is taken to be worth what the people cost.
    pub output: Exact,
}

/// What comes out at a multiplier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Return {
    /// How much more gets done.
    pub multiplier: Exact,
    /// What the output is worth with tokens.
    pub value: Exact,
    /// What people and tokens cost together.
    pub total_cost: Exact,
    /// Value less total cost.
    pub net: Exact,
    /// Value with tokens less value without: what the tokens brought. Below zero where less gets done.
    pub gain: Exact,
    /// Gain less what the tokens cost. Below zero: they cost more than they brought.
    pub gain_net: Exact,
    /// Gain for each unit spent on tokens; `None` where nothing was.
    pub gross_per_token_unit: Option<Exact>,
    /// Gain less tokens for each unit spent on tokens.
    pub net_per_token_unit: Option<Exact>,
    /// By what part the cost of one piece of output changes: −3/5 for 60 % cheaper; `None` where nothing gets done or
    /// nothing is paid.
    pub unit_cost_change: Option<Exact>,
}

impl Case {
    /// A case whose output is worth what its people cost.
    pub const fn worth_its_cost(cost: Exact, tokens: Exact) -> Self {
        Self { cost, tokens, output: cost }
    }

    /// The multiplier at which the gain is what the tokens cost: one plus tokens by output. `None` where the output is worth
    /// nothing: then no multiplier pays for them.
    pub fn break_even(&self) -> Option<Exact> {
        Exact::whole(1).checked_add(self.tokens.part_of(self.output)?)
    }

    /// What comes out at a multiplier; `None` when a figure does not fit.
    pub fn at(&self, multiplier: Exact) -> Option<Return> {
        let value = self.output.checked_mul(multiplier)?;
        let total_cost = self.cost.checked_add(self.tokens)?;
        let gain = value.checked_sub(self.output)?;
        let gain_net = gain.checked_sub(self.tokens)?;
        let unit_cost_change = self.cost.checked_mul(multiplier).and_then(|whole| {
            // What a piece costs now by what it cost before, in which the number of pieces before cancels out.
            total_cost.part_of(whole)?.checked_sub(Exact::whole(1))
        });
        Some(Return {
            multiplier,
            value,
            total_cost,
            net: value.checked_sub(total_cost)?,
            gain,
            gain_net,
            gross_per_token_unit: gain.part_of(self.tokens),
            net_per_token_unit: gain_net.part_of(self.tokens),
            unit_cost_change,
        })
    }
}
