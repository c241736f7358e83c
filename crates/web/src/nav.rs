//! The areas of the dashboard and their tabs. An area that somebody may not see is not there for them; that it may not
//! be read either is the API's business.

use purser_control::shape::Present;
use purser_control::{Permission, Role};

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
            ("Grants", "/me/grants"),
            ("Ask for more", "/me/requests"),
            ("Connect a tool", "/me/connect"),
        ],
    },
    Area { label: "Team", path: "/team", who: For::Roles(&[Role::Manager, Role::People]), tabs: &[] },
    Area {
        label: "Finance",
        path: "/finance",
        who: For::May(Permission::BillsRead),
        tabs: &[("The month", "/finance"), ("Ledger and bill", "/reconcile"), ("Return", "/roi")],
    },
    Area { label: "Approvals", path: "/approvals", who: For::May(Permission::TopUpsDecide), tabs: &[] },
    Area { label: "Emergency stop", path: "/admin/stop", who: For::Roles(&[Role::Admin, Role::Finance]), tabs: &[] },
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

/// The area that a page is in: the one whose address is the longest beginning of the page's.
pub(crate) fn area_of(path: &str) -> Option<&'static Area> {
    let within = |own: &str| path == own || path.strip_prefix(own).is_some_and(|rest| rest.starts_with('/'));
    AREAS
        .iter()
        .filter(|area| within(area.path) || area.tabs.iter().any(|(_, tab)| within(tab)))
        .max_by_key(|area| area.path.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_of_one_role_sees_more_than_seven_areas() {
        for role in Role::ALL {
            let permissions = Permission::ALL
                .iter()
                .filter(|permission| permission.reach(role) != purser_control::Reach::Refused)
                .map(|permission| permission.name().to_owned());
            let me = Present {
                actor: String::new(),
                email: None,
                person: Some(purser_core::id::PersonId::new(1)),
                roles: vec![purser_control::GivenRole::of(role)],
                permissions: permissions.collect(),
                expires: None,
            };
            let seen = AREAS.iter().filter(|area| area.who.is(&me)).count();
            assert!((1..=7).contains(&seen), "{role}: {seen}");
        }
    }

    #[test]
    fn a_page_is_in_one_area() {
        let check = |path: &str, area: Option<&str>| assert_eq!(area_of(path).map(|area| area.path), area, "{path}");
        check("/me/runs/run_1", Some("/me"));
        check("/me", Some("/me"));
        check("/menu", None);
        check("/reconcile", Some("/finance"));
        check("/admin/stop", Some("/admin/stop"));
        check("/admin/nothing", None);
    }
}
