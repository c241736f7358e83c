//! Profiles: how much of single people whoever leads them may see.
//!
//! The one place where a profile takes something away. Whatever asks the matrix asks [`Permission::reach_under`]: a route can't
//! forget it, because no route does it.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::matrix::{Permission, Reach};
use super::role::Role;

/// How many people a group has at least, for its sums to be shown where single people's are not.
pub(crate) const GROUP_MIN: usize = 5;

/// How much of single people whoever leads them may see. Stable words: they are in the journal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Profile {
    /// Managers see the usage of each of their people.
    #[default]
    Standard,
    /// They see that of nobody: sums of five people or more, and what is needed to decide a request that the person made.
    /// There are no boards.
    WorksCouncil,
}

impl Profile {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Standard, Self::WorksCouncil];

    /// Its word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Standard => "standard",
            Self::WorksCouncil => "works-council",
        }
    }
}

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

impl Permission {
    /// How far a role's right goes under a profile.
    pub fn reach_under(self, profile: Profile, role: Role) -> Reach {
        match (profile, self.reach(role)) {
            (Profile::WorksCouncil, Reach::Subtree) => self.without_single_people(),
            (_, reach) => reach,
        }
    }

    /// What is left of a right over a unit's people where single people are not looked at. Every row says which: a new one
    /// does not compile without.
    #[expect(clippy::match_same_arms, reason = "refused for two reasons, which are told apart")]
    const fn without_single_people(self) -> Reach {
        match self {
            // What was spent, made and found: of groups alone.
            Self::UsageRead
            | Self::BudgetsRead
            | Self::AlarmsRead
            | Self::AlarmsAcknowledge
            | Self::AlarmsMute
            | Self::ReturnsRead => Reach::Groups,
            // What there is of single people only.
            Self::GrantsRead
            | Self::CostsRead
            | Self::UnderUseRead
            | Self::OutcomesRead
            | Self::OutcomesRecord
            | Self::RunsConfirm => Reach::Refused,
            // Who is there, what they ask for, who decides; stopping what goes wrong; what is in a contract.
            Self::PeopleRead
            | Self::StopsRead
            | Self::StopsChange
            | Self::TopUpsRead
            | Self::TopUpsAsk
            | Self::TopUpsDecide
            | Self::MandatesRead
            | Self::AbsencesRead
            | Self::ConfidentialAmounts => Reach::Subtree,
            // No role has these over a unit.
            Self::Present
            | Self::PeopleChange
            | Self::UnitsRead
            | Self::UnitsChange
            | Self::BudgetsChange
            | Self::GrantsChange
            | Self::GrantsGive
            | Self::OffersRead
            | Self::OffersChange
            | Self::OffersApprove
            | Self::OffersPreview
            | Self::RolesRead
            | Self::RolesPreview
            | Self::RolesChange
            | Self::CostsChange
            | Self::PoolsRead
            | Self::PoolsChange
            | Self::KeysRead
            | Self::KeysChange
            | Self::ActivationsRead
            | Self::ActivationsChange
            | Self::MandatesChange
            | Self::AbsencesChange
            | Self::AlarmRulesRead
            | Self::AlarmRulesPreview
            | Self::AlarmRulesChange
            | Self::HooksRead
            | Self::HooksChange
            | Self::PeriodsRead
            | Self::PeriodsChange
            | Self::ExportsRead
            | Self::PersonExport
            | Self::ObservedRecord
            | Self::PricesRead
            | Self::PricesChange
            | Self::SuspenseRead
            | Self::BillsRead
            | Self::BillsChange
            | Self::BillsApprove
            | Self::BoardsRead
            | Self::BoardsChange
            | Self::SuspenseChange
            | Self::PrivacyRead
            | Self::PrivacyChange
            | Self::AccessRead
            | Self::AccessChange
            | Self::AuditRead
            | Self::BreakGlass => Reach::Refused,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_profile_takes_from_managers_alone_and_gives_nobody_anything() {
        let mut taken = 0;
        for right in Permission::ALL {
            for role in Role::ALL {
                let (was, is) = (right.reach(role), right.reach_under(Profile::WorksCouncil, role));
                assert_eq!(right.reach_under(Profile::Standard, role), was);
                if was != is {
                    assert_eq!((role, was), (Role::Manager, Reach::Subtree), "{right:?}");
                    taken += 1;
                }
            }
        }
        assert!(taken > 5, "{taken} rights are less under the profile");
    }
}
