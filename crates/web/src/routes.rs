//! Which page is where, and who it is for: a line a page, in the order of the navigation.

use axum::Router;
use axum::routing::{get, post};
use purser_control::Permission;

use crate::pages::{
    account, admin, alarms, api, approvals, boards, candidate, demo, exports, finance, grants, me, offers, people,
    policies, pools, prices, privacy, runs, search, setup, sign_in, stops, team, theme, usage,
};
use crate::{Web, activate, csv, front, live};

/// Who gets an answer other than a refusal. It decides nothing: the API does. The tests hold one against the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needs {
    /// Nothing: whoever reaches the listener.
    Nobody,
    /// A session.
    Session,
    /// A session of somebody with a purse.
    Person,
    /// A session of somebody who sees more than their own.
    Others,
    /// A session of somebody who may do this.
    May(Permission),
}

/// One page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page {
    /// `get` or `post`.
    pub method: &'static str,
    /// With `{id}` where an id goes.
    pub path: &'static str,
    /// Who it is for.
    pub needs: Needs,
}

macro_rules! needs {
    (Nobody) => {
        Needs::Nobody
    };
    (Session) => {
        Needs::Session
    };
    (Person) => {
        Needs::Person
    };
    (Others) => {
        Needs::Others
    };
    ($permission:ident) => {
        Needs::May(Permission::$permission)
    };
}

macro_rules! pages {
    ($(#[$doc:meta])* $all:ident, $routes:ident; $($method:ident $path:literal => $handler:path, $needs:ident;)*) => {
        $(#[$doc])*
        pub const $all: &[Page] = &[$(Page {
            method: stringify!($method),
            path: $path,
            needs: needs!($needs),
        }),*];

        pub(crate) fn $routes() -> Router<Web> {
            Router::new()$(.route($path, $method($handler)))*
        }
    };
}

pages! {
    /// The pages that only a made-up company has. Whoever gives and takes its sign-ins may end it.
    DEMO_PAGES, demo_routes;

    get "/demo/wipe" => demo::ask, AccessChange;
    post "/demo/wipe" => demo::wipe, AccessChange;
}

pages! {
    /// Every page.
    PAGES, routes;

    get "/" => front::front, Nobody;
    get "/setup" => setup::show, Nobody;
    post "/setup" => setup::set_up, Nobody;
    get "/activate/{secret}" => activate::look, Nobody;
    post "/activate/{secret}" => activate::activate, Nobody;

    get "/o/{secret}" => candidate::show, Nobody;
    get "/o/{secret}/letter.pdf" => candidate::pdf, Nobody;
    post "/o/{secret}/accept" => candidate::accept, Nobody;
    post "/o/{secret}/counter" => candidate::counter, Nobody;
    post "/o/{secret}/ask" => candidate::ask, Nobody;
    post "/o/{secret}/decline" => candidate::decline, Nobody;

    get "/login" => sign_in::show, Nobody;
    post "/login" => sign_in::sign_in, Nobody;
    post "/logout" => sign_in::sign_out, Session;
    post "/theme" => theme::switch, Session;
    get "/account" => account::show, Session;
    get "/search" => search::show, Session;
    get "/csv/{*list}" => csv::file, Session;

    get "/me" => me::today::show, Person;
    get "/me/live" => live::live, Person;
    get "/me/runs" => me::runs::show, Person;
    get "/me/usage" => usage::own, Person;
    get "/me/grants" => me::grants::show, Person;
    get "/me/requests" => me::requests::show, Person;
    post "/me/requests" => me::requests::ask, Person;
    post "/me/requests/{id}/cancel" => me::requests::cancel, TopUpsAsk;
    get "/me/connect" => me::connect::show, Person;
    post "/me/connect" => me::connect::make, Person;
    post "/me/keys/{id}/revoke" => me::connect::revoke, KeysChange;
    get "/me/rewards" => people::rewards::own, Person;
    get "/grants/{id}" => grants::show, UsageRead;
    get "/runs/{id}" => runs::show, UsageRead;
    post "/runs/{id}/stop" => runs::stop, StopsChange;
    post "/runs/{id}/confirm" => runs::confirm, RunsConfirm;
    post "/stops/{id}/lift" => stops::lift, StopsChange;

    get "/team" => team::show, Others;
    get "/explore" => usage::explore, UsageRead;
    get "/approvals" => approvals::list, TopUpsRead;
    get "/approvals/{id}" => approvals::show, TopUpsRead;
    post "/approvals/{id}/approve" => approvals::approve, TopUpsDecide;
    post "/approvals/{id}/deny" => approvals::deny, TopUpsDecide;

    get "/people" => people::list::show, PeopleRead;
    get "/people/{id}" => people::one::show, PeopleRead;
    post "/people/{id}/role" => people::role::set, PeopleChange;
    get "/people/{id}/rewards" => people::rewards::show, UsageRead;

    get "/alarms" => alarms::list::show, AlarmsRead;
    post "/alarms/{id}/acknowledge" => alarms::list::acknowledge, AlarmsAcknowledge;
    post "/alarms/mutes" => alarms::list::mute, AlarmsMute;
    post "/alarms/mutes/{id}/end" => alarms::list::end, AlarmsMute;
    get "/alarms/rules" => alarms::rules::show, AlarmRulesRead;
    post "/alarms/rules" => alarms::rules::set, AlarmRulesChange;
    get "/boards" => boards::list::show, Session;
    post "/boards/join" => boards::list::join, Person;
    post "/boards/leave" => boards::list::leave, Person;
    post "/boards/settings" => boards::list::set, BoardsChange;
    get "/boards/{id}" => boards::one::show, BoardsRead;

    get "/pools" => pools::list::show, PoolsRead;
    post "/pools" => pools::list::open, PoolsChange;
    post "/pools/funds" => pools::list::fund, PoolsChange;
    post "/pools/transfers" => pools::list::transfer, PoolsChange;
    get "/pools/{id}" => pools::one::show, PoolsRead;

    get "/offers" => offers::board::show, OffersRead;
    get "/offers/new" => offers::edit::fresh, OffersChange;
    post "/offers/new" => offers::edit::make, OffersChange;
    get "/offers/{id}" => offers::edit::show, OffersRead;
    post "/offers/{id}" => offers::edit::save, OffersChange;
    get "/offers/{id}/letter.pdf" => offers::letter::show, OffersRead;
    post "/offers/{id}/submit" => offers::act::submit, OffersChange;
    post "/offers/{id}/approve" => offers::act::approve, OffersApprove;
    post "/offers/{id}/return" => offers::act::return_it, OffersApprove;
    post "/offers/{id}/send" => offers::act::send, OffersChange;
    post "/offers/{id}/withdraw" => offers::act::withdraw, OffersChange;
    post "/offers/{id}/links" => offers::edit::link, OffersChange;
    post "/offers/{id}/links/{link}/revoke" => offers::act::revoke, OffersChange;
    post "/offers/{id}/questions/{question}" => offers::act::answer, OffersChange;

    get "/admin/stop" => admin::stop::show, StopsRead;
    post "/admin/stop" => admin::stop::place, StopsChange;
    get "/admin/audit" => admin::audit::show, AuditRead;

    get "/admin/keys" => admin::keys::show, KeysRead;
    post "/admin/keys" => admin::keys::make, KeysChange;
    post "/admin/keys/{id}/revoke" => admin::keys::revoke, KeysChange;
    post "/admin/scripts" => admin::keys::make_script, AccessChange;
    post "/admin/scripts/{id}/revoke" => admin::keys::revoke_script, AccessChange;
    get "/admin/providers" => admin::providers::show, BillsRead;
    get "/admin/system" => admin::system::show, SuspenseRead;
    post "/admin/suspense/{id}/resolve" => admin::system::resolve, SuspenseChange;

    get "/finance" => finance::home::show, BillsRead;
    get "/reconcile" => finance::reconcile::show, BillsRead;
    post "/reconcile/propose" => finance::reconcile::propose, BillsChange;
    post "/reconcile/{id}/approve" => finance::reconcile::approve, BillsApprove;
    get "/exports" => exports::show, ExportsRead;
    get "/privacy" => privacy::show, PrivacyRead;
    post "/privacy/profile" => privacy::set_profile, PrivacyChange;
    post "/privacy/retention" => privacy::set_retention, PrivacyChange;
    get "/api" => api::show, Session;
    get "/prices" => prices::list::show, PricesRead;
    get "/prices/publish" => prices::publish::show, PricesChange;
    post "/prices/publish" => prices::publish::send, PricesChange;
    get "/prices/{id}" => prices::one::show, PricesRead;
    get "/policies" => policies::show::show, RolesRead;
    post "/policies" => policies::show::set, RolesChange;
    get "/roi" => finance::returns::show, Session;
}
