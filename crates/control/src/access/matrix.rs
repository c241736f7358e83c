//! Who may do what: the one table.
//!
//! A column is a [`Role`], a row a [`Permission`]. Whoever has several roles may do what any of them may. Every route of
//! the API names one permission; rights that belong to no single route, such as seeing confidential amounts, are rows too.

use super::role::Role;

/// How far a role's right goes, the least first.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Reach {
    /// Not at all.
    Refused,
    /// What belongs to the person who asks.
    Own,
    /// Sums of the unit that the manager leads and of the units below it, each of five people or more; nothing of one
    /// person. No row of the matrix says so: a [`Profile`](super::Profile) makes it of `Subtree`.
    Groups,
    /// What belongs to the unit that the manager leads, and to the units below it.
    Subtree,
    /// Everything.
    All,
}

macro_rules! matrix {
    ($($(#[$doc:meta])* $permission:ident => [$($reach:ident),*];)*) => {
        /// A thing that somebody may do or not.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Permission {
            $($(#[$doc])* $permission,)*
        }

        impl Permission {
            /// All of them, in the order of the matrix's rows.
            pub const ALL: &'static [Self] = &[$(Self::$permission),*];

            /// Its name in documents and in the audit trail.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$permission => stringify!($permission),)*
                }
            }

            /// How far each role's right goes, in the order of [`Role::ALL`].
            pub const fn row(self) -> [Reach; Role::ALL.len()] {
                match self {
                    $(Self::$permission => [$(Reach::$reach),*],)*
                }
            }
        }
    };
}

matrix! {
    //                      admin    people   finance  manager  employee auditor
    /// Whether all is well, the description of the API, who one is oneself, signing out.
    Present             => [All,     All,     All,     All,     All,     All];
    /// People and their names.
    PeopleRead          => [All,     All,     All,     Subtree, Own,     All];
    /// Adding, moving and removing people.
    PeopleChange        => [All,     All,     Refused, Refused, Refused, Refused];
    /// The tree of units.
    UnitsRead           => [All,     All,     All,     All,     All,     All];
    /// Adding and moving units.
    UnitsChange         => [All,     All,     All,     Refused, Refused, Refused];
    /// Budgets of company, units and keys.
    BudgetsRead         => [All,     All,     All,     Subtree, Own,     All];
    /// Setting and ending budgets.
    BudgetsChange       => [All,     Refused, All,     Refused, Refused, Refused];
    /// Grants.
    GrantsRead          => [All,     All,     All,     Subtree, Own,     All];
    /// Making and voiding grants.
    GrantsChange        => [All,     All,     Refused, Refused, Refused, Refused];
    /// Giving of a grant's running period, within policy.
    GrantsGive          => [All,     All,     Refused, Refused, Own,     Refused];
    /// Offers, with what they say; amounts only with `ConfidentialAmounts`.
    OffersRead          => [Refused, All,     All,     Refused, Refused, All];
    /// Writing, sending and ending offers.
    OffersChange        => [Refused, All,     Refused, Refused, Refused, Refused];
    /// Approving offers of others.
    OffersApprove       => [Refused, All,     All,     Refused, Refused, Refused];
    /// What a version that nobody has written would mean: how it stands to bands, pools and peers.
    OffersPreview       => [Refused, All,     All,     Refused, Refused, Refused];
    /// Families, bands, policies, calendars, approval rules.
    RolesRead           => [All,     All,     All,     Refused, Refused, All];
    /// What changes of them would do to offers and grants: how something stands to a made-up band tells its amount.
    RolesPreview        => [Refused, All,     All,     Refused, Refused, Refused];
    /// Setting them.
    RolesChange         => [All,     All,     Refused, Refused, Refused, Refused];
    /// What people cost in a year, fully loaded; amounts only with `ConfidentialAmounts`.
    CostsRead           => [Refused, All,     All,     Subtree, Own,     All];
    /// Setting what people of a role cost, and what comes on top of pay.
    CostsChange         => [Refused, All,     All,     Refused, Refused, Refused];
    /// Pools, what is committed of them, and what is owed.
    PoolsRead           => [All,     All,     All,     Refused, Refused, All];
    /// Making, funding and moving between pools.
    PoolsChange         => [All,     Refused, All,     Refused, Refused, Refused];
    /// Keys that calls are made with, never their secrets.
    KeysRead            => [All,     All,     Refused, Refused, Own,     All];
    /// Making and revoking keys that calls are made with.
    KeysChange          => [All,     All,     Refused, Refused, Own,     Refused];
    /// Links by which people make their first keys.
    ActivationsRead     => [All,     All,     Refused, Refused, Refused, All];
    /// Making and stopping them.
    ActivationsChange   => [All,     All,     Refused, Refused, Refused, Refused];
    /// Stops in force.
    StopsRead           => [All,     All,     All,     Subtree, Own,     All];
    /// Stopping things and letting them go on.
    StopsChange         => [All,     Refused, All,     Subtree, Own,     Refused];
    /// Requests for more money.
    TopUpsRead          => [All,     All,     All,     Subtree, Own,     All];
    /// Asking for more, and taking it back: for oneself, and for others.
    TopUpsAsk           => [All,     All,     Refused, Subtree, Own,     Refused];
    /// Approving and denying those of others.
    TopUpsDecide        => [All,     Refused, All,     Subtree, Refused, Refused];
    /// What managers give without being asked.
    MandatesRead        => [All,     All,     All,     Subtree, Refused, All];
    /// Setting it.
    MandatesChange      => [All,     All,     All,     Refused, Refused, Refused];
    /// Who decides while somebody is away.
    AbsencesRead        => [All,     All,     All,     Subtree, Own,     All];
    /// Saying so.
    AbsencesChange      => [All,     All,     Refused, Refused, Own,     Refused];
    /// Alarms about money that goes, and what mutes them.
    AlarmsRead          => [All,     All,     All,     Subtree, Own,     All];
    /// Alarms about money that hardly goes: for the person, and for whoever can help. What is critical says of what somebody
    /// costs that it is above something.
    UnderUseRead        => [Refused, All,     Refused, Subtree, Own,     Refused];
    /// Saying that one has looked.
    AlarmsAcknowledge   => [All,     All,     All,     Subtree, Own,     Refused];
    /// Muting them for everybody.
    AlarmsMute          => [All,     All,     All,     Subtree, Refused, Refused];
    /// When there is an alarm.
    AlarmRulesRead      => [All,     All,     All,     All,     All,     All];
    /// What other rules would find: how many cost more than something is told by it.
    AlarmRulesPreview   => [Refused, All,     All,     Refused, Refused, Refused];
    /// Setting the rules.
    AlarmRulesChange    => [All,     All,     All,     Refused, Refused, Refused];
    /// What was achieved.
    OutcomesRead        => [All,     All,     All,     Subtree, Own,     All];
    /// Telling of it, and forgetting what is none.
    OutcomesRecord      => [All,     All,     Refused, Subtree, Own,     Refused];
    /// Addresses at which other systems tell of it.
    HooksRead           => [All,     Refused, Refused, Refused, Refused, All];
    /// Making and stopping them.
    HooksChange         => [All,     Refused, Refused, Refused, Refused, Refused];
    /// What comes of tokens; what tells a cost only with `ConfidentialAmounts`.
    ReturnsRead         => [All,     All,     All,     Subtree, Own,     All];
    /// Boards, under names that are nobody's: for those who may be on them, and whoever looks whether they keep their word.
    BoardsRead          => [Refused, Refused, Refused, Refused, All,     All];
    /// Switching boards on and off.
    BoardsChange        => [All,     All,     Refused, Refused, Refused, Refused];
    /// Balances, usage, charges, denials, statements.
    UsageRead           => [All,     All,     All,     Subtree, Own,     All];
    /// Files of everything that was charged, to whoever it was.
    ExportsRead         => [All,     Refused, All,     Refused, Refused, All];
    /// Everything that is kept about a person, pay included.
    PersonExport        => [Refused, All,     Refused, Refused, Own,     Refused];
    /// Which months are closed, and whether their statements still are those of the ledger.
    PeriodsRead         => [All,     All,     All,     Refused, Refused, All];
    /// Closing a month.
    PeriodsChange       => [All,     Refused, All,     Refused, Refused, Refused];
    /// Saying that a run is still watched over, which shows it.
    RunsConfirm         => [All,     Refused, All,     Subtree, Own,     Refused];
    /// Recording what a tool's local history tells of somebody's usage.
    ObservedRecord      => [All,     All,     Refused, Refused, Own,     Refused];
    /// The price book.
    PricesRead          => [All,     All,     All,     All,     All,     All];
    /// Publishing prices.
    PricesChange        => [All,     Refused, All,     Refused, Refused, Refused];
    /// Money set aside by calls whose end is not known.
    SuspenseRead        => [All,     Refused, All,     Refused, Refused, All];
    /// Resolving it.
    SuspenseChange      => [All,     Refused, All,     Refused, Refused, Refused];
    /// Providers' bills, and how the ledger stands to them.
    BillsRead           => [All,     Refused, All,     Refused, Refused, All];
    /// Importing and fetching them, and proposing what makes the ledger equal.
    BillsChange         => [All,     Refused, All,     Refused, Refused, Refused];
    /// Approving what others proposed.
    BillsApprove        => [All,     Refused, All,     Refused, Refused, Refused];
    /// Which profile holds, how long what is kept, and what is stored where.
    PrivacyRead         => [All,     All,     All,     All,     All,     All];
    /// Setting profile and retention.
    PrivacyChange       => [All,     Refused, Refused, Refused, Refused, Refused];
    /// Who signs in, which keys scripts have, and their roles.
    AccessRead          => [All,     Refused, Refused, Refused, Refused, All];
    /// Giving and taking sign-ins, keys for scripts and roles.
    AccessChange        => [All,     Refused, Refused, Refused, Refused, Refused];
    /// The audit trail.
    AuditRead           => [All,     Refused, Refused, Refused, Refused, All];
    /// Asking for a two-person rule to be set aside where there is one administrator.
    BreakGlass          => [All,     Refused, Refused, Refused, Refused, Refused];
    /// Confidential amounts (salary, bonus, equity) in whatever answer they stand; redacted for everybody else.
    ConfidentialAmounts => [Refused, All,     All,     Subtree, Own,     Refused];
}

impl Permission {
    /// How far a role's right goes.
    pub fn reach(self, role: Role) -> Reach {
        self.row().get(role.column()).copied().unwrap_or(Reach::Refused)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_role_may_do_everything_over_the_api_and_an_auditor_changes_nothing() {
        for role in Role::ALL {
            let refused = Permission::ALL.iter().filter(|right| right.reach(role) == Reach::Refused).count();
            assert!(refused > 0, "{role} may do everything");
        }
        for right in Permission::ALL {
            assert!(right.row().contains(&Reach::All), "{right:?} is of no use to anybody");
            assert_ne!(right.reach(Role::Auditor), Reach::Subtree, "{right:?}: an auditor leads nobody");
            if right.name().ends_with("Change") {
                assert_eq!(right.reach(Role::Auditor), Reach::Refused, "{right:?}");
            }
        }
        assert_eq!(Permission::ConfidentialAmounts.reach(Role::Admin), Reach::Refused);
    }

    /// Refusals have sentences with figures of the offer in them, and what bands are tried on tells figures.
    #[test]
    fn who_works_on_offers_may_see_their_amounts() {
        let rights = [Permission::OffersChange, Permission::OffersApprove, Permission::RolesPreview];
        for role in Role::ALL {
            let reach = Permission::PersonExport.reach(role);
            assert!(reach <= Permission::ConfidentialAmounts.reach(role), "{role}: everything has what is paid in it");
        }
        for (right, role) in rights.into_iter().flat_map(|right| Role::ALL.map(|role| (right, role))) {
            let works = right.reach(role) != Reach::Refused;
            assert!(!works || Permission::ConfidentialAmounts.reach(role) == Reach::All, "{role}: {right:?}");
        }
    }
}
