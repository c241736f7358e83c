//! The areas of the dashboard and their tabs. An area that somebody may not see is not there for them; that it may not
//! be read either is the API's business.

use purser_control::shape::Present;
use purser_control::{Permission, Role};

use crate::routes::{Needs, PAGES};

/// Who an area is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum For {
    /// Somebody with a purse of their own.
    Person,
    /// Whoever has one of these roles.
    Roles(&'static [Role]),
    /// Whoever may do this with more than their own.
    May(Permission),
}

/// An entry at the left.
#[derive(Debug)]
pub(crate) struct Area {
    /// Its words.
    pub(crate) label: &'static str,
    /// Where it leads.
    pub(crate) path: &'static str,
    /// Who sees it.
    pub(crate) who: For,
    /// Its pages: words and address.
    pub(crate) tabs: &'static [(&'static str, &'static str)],
}

/// All areas, in order. At most seven of them for any role.
pub(crate) const AREAS: &[Area] = &[
    Area {
        label: "My budget",
        path: "/me",
        who: For::Person,
        tabs: &[
            ("Today", "/me"),
            ("Runs", "/me/runs"),
            ("Usage", "/me/usage"),
            ("Grants", "/me/grants"),
            ("Ask for more", "/me/requests"),
            ("Connect a tool", "/me/connect"),
            ("Total rewards", "/me/rewards"),
            ("Alarms", "/alarms"),
            ("Boards", "/boards"),
        ],
    },
    Area {
        label: "Finance",
        path: "/finance",
        who: For::May(Permission::BillsRead),
        tabs: &[
            ("The month", "/finance"),
            ("Usage", "/explore"),
            ("Ledger and bill", "/reconcile"),
            ("Return", "/roi"),
            ("Pools", "/pools"),
            ("Alarms", "/alarms"),
            ("Prices", "/prices"),
            ("Exports", "/exports"),
        ],
    },
    Area { label: "Offers", path: "/offers", who: For::May(Permission::OffersRead), tabs: &[] },
    Area {
        label: "Team",
        path: "/team",
        who: For::Roles(&[Role::Manager, Role::People]),
        tabs: &[("The team", "/team"), ("People", "/people"), ("Alarms", "/alarms")],
    },
    Area {
        label: "People",
        path: "/people",
        who: For::Roles(&[Role::Admin, Role::People, Role::Finance, Role::Auditor]),
        tabs: &[("People", "/people"), ("Policies", "/policies"), ("Pools", "/pools"), ("Boards", "/boards")],
    },
    Area { label: "Approvals", path: "/approvals", who: For::May(Permission::TopUpsDecide), tabs: &[] },
    Area { label: "Emergency stop", path: "/admin/stop", who: For::Roles(&[Role::Admin, Role::Finance]), tabs: &[] },
    Area {
        label: "System",
        path: "/admin/system",
        who: For::Roles(&[Role::Admin, Role::Auditor]),
        tabs: &[
            ("System", "/admin/system"),
            ("Providers", "/admin/providers"),
            ("Keys", "/admin/keys"),
            ("Privacy", "/privacy"),
            ("API", "/api"),
        ],
    },
    Area { label: "Audit", path: "/admin/audit", who: For::May(Permission::AuditRead), tabs: &[] },
];

impl For {
    /// Is it for somebody who is this?
    pub(crate) fn is(self, me: &Present) -> bool {
        match self {
            Self::Person => me.person.is_some(),
            Self::Roles(roles) => me.roles.iter().any(|given| roles.contains(&given.role)),
            Self::May(permission) => me.permissions.iter().any(|name| name == permission.name()),
        }
    }
}

/// Where somebody begins: their own purse, or the first area that is theirs.
pub(crate) fn home(me: &Present) -> &'static str {
    AREAS.iter().find(|area| area.who.is(me)).map_or("/account", |area| area.path)
}

impl Area {
    /// Its pages that are somebody's to see, by the table of pages.
    pub(crate) fn open_tabs(&self, me: &Present) -> Vec<(&'static str, &'static str)> {
        self.tabs.iter().copied().filter(|(_, path)| is_open(path, me)).collect()
    }
}

/// May somebody look at a page? The API decides; this says what is worth a link.
fn is_open(path: &str, me: &Present) -> bool {
    let page = PAGES.iter().find(|page| page.method == "get" && page.path == path);
    page.is_none_or(|page| match page.needs {
        Needs::Nobody | Needs::Session => true,
        Needs::Person => me.person.is_some(),
        Needs::Others => me.roles.iter().any(|given| given.role != Role::Employee),
        Needs::May(permission) => For::May(permission).is(me),
    })
}

/// Pages of one thing stand with the list that it is in.
const LISTED: [(&str, &str); 2] = [("/runs/", "/me/runs"), ("/grants/", "/me/grants")];

/// The list that a page's thing is in, where that has another address; the page's own address for all others.
pub(crate) fn listed(path: &str) -> &str {
    LISTED.iter().find(|(one, _)| path.starts_with(one)).map_or(path, |(_, list)| list)
}

/// The area that a page is in, of those that are somebody's: a page may be in several, and is in the one whose address is
/// the longest.
pub(crate) fn area_of(path: &str, me: &Present) -> Option<&'static Area> {
    areas_of(path).filter(|area| area.who.is(me)).max_by_key(|area| area.path.len())
}

/// The same, whoever asks.
pub(crate) fn area_of_anybody(path: &str) -> Option<&'static Area> {
    areas_of(path).max_by_key(|area| area.path.len())
}

fn areas_of(path: &str) -> impl Iterator<Item = &'static Area> {
    let path = listed(path);
    let within = move |own: &str| path == own || path.strip_prefix(own).is_some_and(|rest| rest.starts_with('/'));
    AREAS.iter().filter(move |area| within(area.path) || area.tabs.iter().any(|(_, tab)| within(tab)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_of_one_role_sees_more_than_seven_areas() {
        for role in Role::ALL {
            let me = somebody(role, true);
            let seen = AREAS.iter().filter(|area| area.who.is(&me)).count();
            assert!((1..=7).contains(&seen), "{role}: {seen}");
        }
    }

    fn somebody(role: Role, has_purse: bool) -> Present {
        let permissions = Permission::ALL
            .iter()
            .filter(|permission| permission.reach(role) != purser_control::Reach::Refused)
            .map(|permission| permission.name().to_owned());
        Present {
            actor: String::new(),
            email: None,
            person: has_purse.then(|| purser_core::id::PersonId::new(1)),
            roles: vec![purser_control::GivenRole::of(role)],
            permissions: permissions.collect(),
            expires: None,
        }
    }

    #[test]
    fn a_page_is_in_an_area_that_one_sees_and_no_tab_leads_to_a_refusal() {
        let check = |path: &str, role: Role, area: Option<&str>| {
            assert_eq!(area_of(path, &somebody(role, false)).map(|area| area.path), area, "{role}: {path}");
        };
        check("/pools", Role::Finance, Some("/finance"));
        check("/pools", Role::People, Some("/people"));
        check("/people/per_1", Role::Manager, Some("/team"));
        check("/people/per_1", Role::Employee, None);
        check("/roi", Role::Employee, None);
        for role in Role::ALL {
            let me = somebody(role, true);
            for area in AREAS.iter().filter(|area| area.who.is(&me)) {
                assert!(is_open(area.path, &me), "{role}: {}", area.path);
                assert!(area.open_tabs(&me).iter().all(|(_, path)| is_open(path, &me)), "{role}: {}", area.path);
            }
        }
    }

    #[test]
    fn whoever_signs_in_begins_with_their_own_question() {
        let check = |role, begins: &str| assert_eq!(home(&somebody(role, false)), begins, "{role}");
        check(Role::Manager, "/team");
        check(Role::People, "/offers");
        check(Role::Finance, "/finance");
        check(Role::Admin, "/finance");
        check(Role::Auditor, "/finance");
        assert_eq!(home(&somebody(Role::Employee, true)), "/me");
    }

    #[test]
    fn a_page_is_in_one_area() {
        let check = |path: &str, area: Option<&str>| {
            assert_eq!(area_of_anybody(path).map(|area| area.path), area, "{path}");
        };
        check("/me/runs/run_1", Some("/me"));
        check("/me", Some("/me"));
        check("/runs/run_1", Some("/me"));
        check("/menu", None);
        check("/reconcile", Some("/finance"));
        check("/admin/stop", Some("/admin/stop"));
        check("/admin/nothing", None);
    }
}
