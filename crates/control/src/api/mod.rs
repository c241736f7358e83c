//! The API: every service over HTTP, JSON in and out, under `/api/v1`.
//!
//! It has two faces. [`local`] trusts whoever reaches it: it is served on a socket that only its owner may open, and
//! inside a command. [`open`] is for TCP and asks for a key or a session, except at `/healthz`, `/setup` and where one
//! signs in. Beside the API it takes what tools tell of their own usage, at `/v1/logs`, `/v1/metrics` and `/v1/traces`:
//! OTLP, with the key that calls are made with. Each route names what one must be permitted; without that it does not compile.
//!
//! Lists are objects with `items`. Those that grow with the company come in pages: `limit` of them at most (a thousand),
//! `next` is what to ask `after` for the page behind it, `total` how many there are on all pages. Sums are those of all
//! pages. What is not a success has a [`Problem`](crate::Problem) for its body. Changes may
//! carry an `Idempotency-Key`: the same key with the same input a second time changes nothing and gives the first
//! result.

mod alarms;
mod answer;
mod ask;
mod bills;
mod boards;
mod costs;
mod describe;
mod exports;
mod gate;
mod letter;
mod narrowed;
mod offers;
mod openapi;
mod outcomes;
mod privacy;
mod returns;
mod serve;
mod session;
mod statements;
mod telemetry;
mod top_ups;
mod trace;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{Method, Uri};
use axum::middleware;
use axum::routing::{delete, get, post, put};

use self::alarms::{
    acknowledge_alarm, alarm, alarm_rules, alarms, end_mute, forecast, forecast_test, mute_alarms, mutes,
    preview_alarms, set_alarm_rules,
};
use self::answer::Answer;
use self::ask::{Body, Command, Id, Query, State};
use self::bills::{
    approve_true_up, bills, enter_invoice, import_bill, plan_true_up, propose_true_up, pull_bill, reconciliation,
    set_bill_keys, true_ups,
};
use self::boards::{board, board_settings, boards, join_boards, leave_boards, set_boards};
use self::costs::{costs, person_cost, set_costs};
use self::describe::Operation;
use self::exports::{export_focus, export_ledger, export_parquet, export_statements, own_export, person_export};
use self::gate::{Door, Guard};
pub use self::gate::{same_site, session_of};
use self::letter::offer_letter;
use self::narrowed::{
    add_key, balances, budgets, burning, charges, confirm_run, denials, flags, give, grants, keys, lift_stop, observed,
    people, person, place_stop, record_observed, revoke_key, run, run_timeline, runs, stops, usage_history, usage_rows,
};
use self::offers::{
    accept_offer, add_offer_link, adopt_roles, answer_question, approve_offer, counter_offer, decline_offer,
    draft_offer, erase_offer, lint_offer, offer, offer_links, offer_questions, offer_report, offers, preview_offer,
    preview_roles, return_offer, revise_offer, revoke_offer_link, roles, send_offer, set_role, submit_offer,
    view_offer, withdraw_offer,
};
use self::openapi::{Schemas, openapi};
use self::outcomes::{
    add_hook, erase_outcome, erase_outcomes, hooks, import_outcomes, outcomes, record_outcomes, revoke_hook,
};
use self::privacy::{looks, own_looks, privacy, privacy_map, set_profile, set_retention};
use self::returns::{person_returns, returns, set_person_returns, what_if};
pub use self::serve::{bind_socket, serve_socket, serve_tcp};
use self::session::{present, sign_in, sign_out};
use self::statements::{
    close_period, periods, rewards, rewards_document, statement, statement_document, statements_key, verify_period,
};
use self::top_ups::{
    absences, approve_top_up, ask_top_up, cancel_top_up, deny_top_up, end_absence, mandates, set_absence, set_mandate,
    top_up, top_ups,
};
use self::trace::trace;
use crate::access::Permission;
use crate::audit::Trail;
use crate::error::{Code, Refused};
use crate::shape::{
    Activation, AdminKey, AuditPage, AuditReport, BreakGlass, Budget, ChangeGrant, Explain, Explained, FiscalMonth,
    FundPool, Grant, ImportPeople, ImportPrices, ImportReport, ImportUnits, Liability, List, Login, MovePerson,
    NewActivation, NewAdminKey, NewBreakGlass, NewGrant, NewLogin, NewPerson, NewPool, NewUnit, OfPage, Page,
    PeopleImport, Person, Pool, PoolDetail, Price, Remedies, Resolve, SetActive, SetBudget, SetPassword, SetPersonRole,
    SetPrice, SetRoles, SetZone, Setup, Status, Suspended, TransferPool, Unit, UnitsImport, VoidGrant, WantedLiability,
    WantedRemedies,
};
use crate::{Control, usage};

/// The largest body taken. A spreadsheet of hundreds of thousands of people is the largest thing anybody sends.
const BODY_MAX: usize = 64 << 20;

/// For whoever may open the socket, and for commands that hold the data folder themselves.
pub fn local(control: &Control) -> Router {
    services(control, Door::Local)
        .fallback(nothing_there)
        .method_not_allowed_fallback(not_this_way)
        .with_state(control.clone())
}

/// For TCP: a key or a session is asked for.
pub fn open(control: &Control) -> Router {
    let first = Router::new()
        .route("/setup", get(gate::setup_page).post(setup))
        .method_not_allowed_fallback(not_this_way)
        .with_state(control.clone());
    beside_pages(control).merge(first)
}

/// The same without `/setup`: pages have that for people, and hand programs on to it.
pub fn beside_pages(control: &Control) -> Router {
    services(control, Door::Open)
        .route("/healthz", get(healthz))
        // Told by tools, bounded by themselves.
        .route("/hooks/{id}", post(outcomes::message))
        .route("/v1/logs", post(telemetry::logs))
        .route("/v1/metrics", post(telemetry::metrics))
        .route("/v1/traces", post(telemetry::traces))
        .fallback(nothing_there)
        .method_not_allowed_fallback(not_this_way)
        .with_state(control.clone())
}

/// One endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// In small letters.
    pub method: &'static str,
    /// With `{id}` where an id or a name goes.
    pub path: &'static str,
    /// Its word in the audit trail.
    pub action: &'static str,
    /// What one must be permitted; `None` where one signs in.
    pub permission: Option<Permission>,
}

macro_rules! permission {
    (Nobody) => {
        None
    };
    ($permission:ident) => {
        Some(Permission::$permission)
    };
}

/// The endpoints, once: as routes, each behind the gate, and as a list that tests and documents walk.
macro_rules! services {
    ($($method:ident $path:literal => $handler:ident, $permission:ident;)*) => {
        /// Every endpoint under `/api/v1`.
        pub const ENDPOINTS: &[Endpoint] = &[$(Endpoint {
            method: stringify!($method),
            path: concat!("/api/v1", $path),
            action: stringify!($handler),
            permission: permission!($permission),
        }),*];

        fn services(control: &Control, door: Door) -> Router<Control> {
            let mut endpoints = ENDPOINTS.iter();
            Router::new()
                $(.route(concat!("/api/v1", $path), {
                    let endpoint = endpoints.next().expect("the list and the routes are of one table");
                    let narrows = describe::narrows(&$handler);
                    let guard = Guard { control: control.clone(), door, endpoint, narrows };
                    $method($handler).route_layer(middleware::from_fn_with_state(guard, gate::guard))
                }))*
                .layer(DefaultBodyLimit::max(BODY_MAX))
        }

        /// What the handlers take and give, in the order of the table.
        fn operations(schemas: &mut Schemas) -> Vec<(&'static Endpoint, Operation)> {
            let operations = vec![$(describe::operation(&$handler, schemas)),*];
            ENDPOINTS.iter().zip(operations).collect()
        }
    };
}

services! {
    get "/openapi.json" => openapi, Present;
    get "/status" => status, Present;
    get "/people" => people, PeopleRead;
    post "/people" => add_person, PeopleChange;
    post "/people/import" => import_people, PeopleChange;
    get "/people/{id}" => person, PeopleRead;
    delete "/people/{id}" => remove_person, PeopleChange;
    put "/people/{id}/zone" => set_zone, PeopleChange;
    put "/people/{id}/unit" => move_person, PeopleChange;
    put "/people/{id}/role" => set_person_role, PeopleChange;
    get "/people/{id}/statement" => statement, UsageRead;
    get "/people/{id}/cost" => person_cost, CostsRead;
    get "/costs" => costs, RolesRead;
    post "/costs" => set_costs, CostsChange;
    get "/people/{id}/statement/document" => statement_document, UsageRead;
    get "/people/{id}/rewards" => rewards, UsageRead;
    get "/people/{id}/rewards/document" => rewards_document, UsageRead;
    get "/people/{id}/export" => person_export, PersonExport;
    get "/statements/key" => statements_key, Present;
    get "/periods" => periods, PeriodsRead;
    post "/periods" => close_period, PeriodsChange;
    get "/periods/{id}/verify" => verify_period, PeriodsRead;
    get "/exports/focus" => export_focus, ExportsRead;
    get "/exports/ledger" => export_ledger, ExportsRead;
    get "/exports/parquet" => export_parquet, ExportsRead;
    get "/exports/statements" => export_statements, UsageRead;
    get "/units" => units, UnitsRead;
    post "/units" => add_unit, UnitsChange;
    post "/units/import" => import_units, UnitsChange;
    get "/budgets" => budgets, BudgetsRead;
    post "/budgets" => set_budget, BudgetsChange;
    delete "/budgets/{id}" => end_budget, BudgetsChange;
    get "/grants" => grants, GrantsRead;
    post "/grants" => add_grant, GrantsChange;
    delete "/grants/{id}" => void_grant, GrantsChange;
    post "/grants/{id}/changes" => change_grant, GrantsChange;
    post "/grants/{id}/gifts" => give, GrantsGive;
    get "/pools" => pools, PoolsRead;
    post "/pools" => add_pool, PoolsChange;
    put "/pools/calendar" => set_fiscal_month, PoolsChange;
    get "/pools/liability" => liability, PoolsRead;
    get "/remedies" => remedies, PoolsRead;
    post "/remedies" => make_good, GrantsChange;
    get "/pools/{id}" => pool, PoolsRead;
    post "/pools/{id}/funds" => fund_pool, PoolsChange;
    post "/pools/{id}/transfers" => transfer_pool, PoolsChange;
    get "/keys" => keys, KeysRead;
    post "/keys" => add_key, KeysChange;
    delete "/keys/{id}" => revoke_key, KeysChange;
    get "/activations" => activations, ActivationsRead;
    post "/activations" => add_activation, ActivationsChange;
    delete "/activations/{id}" => revoke_activation, ActivationsChange;
    get "/admin-keys" => admin_keys, AccessRead;
    post "/admin-keys" => add_admin_key, AccessChange;
    delete "/admin-keys/{id}" => revoke_admin_key, AccessChange;
    get "/balances" => balances, UsageRead;
    get "/usage" => usage_rows, UsageRead;
    get "/usage/history" => usage_history, UsageRead;
    get "/charges" => charges, UsageRead;
    get "/denials" => denials, UsageRead;
    get "/observed" => observed, UsageRead;
    post "/observed" => record_observed, ObservedRecord;
    get "/flags" => flags, UsageRead;
    get "/runs" => runs, UsageRead;
    get "/runs/burning" => burning, UsageRead;
    get "/runs/{id}" => run, UsageRead;
    get "/runs/{id}/timeline" => run_timeline, UsageRead;
    post "/runs/{id}/confirm" => confirm_run, RunsConfirm;
    get "/trace/{id}" => trace, UsageRead;
    get "/prices" => prices, PricesRead;
    post "/prices" => set_price, PricesChange;
    post "/prices/import" => import_prices, PricesChange;
    post "/prices/explain" => explain, PricesRead;
    get "/prices/{id}" => price, PricesRead;
    get "/prices/{id}/history" => price_history, PricesRead;
    get "/suspense" => suspense, SuspenseRead;
    post "/suspense/{id}/resolve" => resolve, SuspenseChange;
    get "/bills" => bills, BillsRead;
    post "/bills/import" => import_bill, BillsChange;
    post "/bills/pull" => pull_bill, BillsChange;
    put "/bills/keys" => set_bill_keys, BillsChange;
    post "/bills/invoices" => enter_invoice, BillsChange;
    get "/bills/reconciliation" => reconciliation, BillsRead;
    get "/bills/true-up" => plan_true_up, BillsRead;
    get "/bills/true-ups" => true_ups, BillsRead;
    post "/bills/true-ups" => propose_true_up, BillsChange;
    post "/bills/true-ups/{id}/approve" => approve_true_up, BillsApprove;
    get "/stops" => stops, StopsRead;
    post "/stops" => place_stop, StopsChange;
    delete "/stops/{id}" => lift_stop, StopsChange;
    get "/top-ups" => top_ups, TopUpsRead;
    post "/top-ups" => ask_top_up, TopUpsAsk;
    get "/top-ups/{id}" => top_up, TopUpsRead;
    post "/top-ups/{id}/cancel" => cancel_top_up, TopUpsAsk;
    post "/top-ups/{id}/approve" => approve_top_up, TopUpsDecide;
    post "/top-ups/{id}/deny" => deny_top_up, TopUpsDecide;
    get "/mandates" => mandates, MandatesRead;
    post "/mandates" => set_mandate, MandatesChange;
    get "/absences" => absences, AbsencesRead;
    post "/absences" => set_absence, AbsencesChange;
    delete "/absences/{id}" => end_absence, AbsencesChange;
    get "/forecast" => forecast, UsageRead;
    get "/forecast/back-test" => forecast_test, UsageRead;
    get "/alarms" => alarms, AlarmsRead;
    get "/alarms/{id}" => alarm, AlarmsRead;
    post "/alarms/{id}/acknowledge" => acknowledge_alarm, AlarmsAcknowledge;
    get "/alarms/mutes" => mutes, AlarmsRead;
    post "/alarms/mutes" => mute_alarms, AlarmsMute;
    delete "/alarms/mutes/{id}" => end_mute, AlarmsMute;
    get "/alarms/rules" => alarm_rules, AlarmRulesRead;
    post "/alarms/rules" => set_alarm_rules, AlarmRulesChange;
    post "/alarms/preview" => preview_alarms, AlarmRulesPreview;
    get "/outcomes" => outcomes, OutcomesRead;
    post "/outcomes" => record_outcomes, OutcomesRecord;
    post "/outcomes/import" => import_outcomes, OutcomesRecord;
    get "/outcomes/hooks" => hooks, HooksRead;
    post "/outcomes/hooks" => add_hook, HooksChange;
    delete "/outcomes/hooks/{id}" => revoke_hook, HooksChange;
    delete "/outcomes/{id}" => erase_outcome, OutcomesRecord;
    delete "/people/{id}/outcomes" => erase_outcomes, PeopleChange;
    get "/roi" => returns, ReturnsRead;
    post "/roi/what-if" => what_if, PricesRead;
    get "/roi/policy" => person_returns, RolesRead;
    put "/roi/policy" => set_person_returns, RolesChange;
    get "/boards" => boards, BoardsRead;
    get "/boards/settings" => board_settings, Present;
    put "/boards/settings" => set_boards, BoardsChange;
    post "/boards/membership" => join_boards, Present;
    delete "/boards/membership" => leave_boards, Present;
    get "/boards/{id}" => board, BoardsRead;
    get "/privacy" => privacy, PrivacyRead;
    put "/privacy/profile" => set_profile, PrivacyChange;
    put "/privacy/retention" => set_retention, PrivacyChange;
    get "/privacy/looks" => looks, AuditRead;
    get "/privacy/map" => privacy_map, PrivacyRead;
    get "/me/looks" => own_looks, Present;
    get "/me/export" => own_export, Present;
    get "/session" => present, Present;
    post "/session" => sign_in, Nobody;
    delete "/session" => sign_out, Present;
    put "/session/password" => set_own_password, Present;
    get "/logins" => logins, AccessRead;
    post "/logins" => add_login, AccessChange;
    put "/logins/{id}/roles" => set_login_roles, AccessChange;
    put "/logins/{id}/active" => set_login_active, AccessChange;
    put "/logins/{id}/password" => set_login_password, AccessChange;
    get "/audit" => audit, AuditRead;
    get "/audit/verify" => verify_audit, AuditRead;
    get "/break-glass" => break_glasses, AuditRead;
    post "/break-glass" => break_glass, BreakGlass;
    get "/offers" => offers, OffersRead;
    post "/offers" => draft_offer, OffersChange;
    get "/offers/report" => offer_report, OffersRead;
    post "/offers/preview" => preview_offer, OffersPreview;
    get "/offers/{id}" => offer, OffersRead;
    delete "/offers/{id}" => erase_offer, OffersChange;
    get "/offers/{id}/findings" => lint_offer, OffersRead;
    get "/offers/{id}/letter" => offer_letter, OffersRead;
    post "/offers/{id}/versions" => revise_offer, OffersChange;
    post "/offers/{id}/counter" => counter_offer, OffersChange;
    post "/offers/{id}/submit" => submit_offer, OffersChange;
    post "/offers/{id}/approve" => approve_offer, OffersApprove;
    post "/offers/{id}/return" => return_offer, OffersApprove;
    post "/offers/{id}/send" => send_offer, OffersChange;
    post "/offers/{id}/view" => view_offer, OffersChange;
    post "/offers/{id}/accept" => accept_offer, OffersChange;
    post "/offers/{id}/decline" => decline_offer, OffersChange;
    post "/offers/{id}/withdraw" => withdraw_offer, OffersChange;
    get "/offers/{id}/links" => offer_links, OffersRead;
    post "/offers/{id}/links" => add_offer_link, OffersChange;
    delete "/offer-links/{id}" => revoke_offer_link, OffersChange;
    get "/offers/{id}/questions" => offer_questions, OffersRead;
    post "/offer-questions/{id}/answer" => answer_question, OffersChange;
    get "/roles" => roles, RolesRead;
    post "/roles" => set_role, RolesChange;
    post "/roles/presets" => adopt_roles, RolesChange;
    post "/roles/preview" => preview_roles, RolesPreview;
}

async fn nothing_there(method: Method, uri: Uri) -> Answer<()> {
    let what = format!("there is nothing at {method} {}", uri.path());
    Answer(Err(Refused::new(Code::NotFound, what).hint("the API is under /api/v1/").into()))
}

async fn activations(State(control): State<Control>, Query(of): Query<OfPage>) -> Answer<Page<Activation>> {
    Answer(control.activations_page(&of.into()))
}

async fn add_activation(
    State(control): State<Control>,
    command: Command,
    Body(new): Body<NewActivation>,
) -> Answer<Activation> {
    Answer(control.add_activation(command.into(), new).await)
}

async fn revoke_activation(State(control): State<Control>, command: Command, Id(id): Id) -> Answer<Activation> {
    Answer(control.revoke_activation(command.into(), &id).await)
}

async fn not_this_way(method: Method, uri: Uri) -> Answer<()> {
    let what = format!("{} is not for {method}", uri.path());
    Answer(Err(Refused::new(Code::MethodNotAllowed, what).hint("the header `Allow` says for what it is").into()))
}

async fn status(State(control): State<Control>) -> Answer<Status> {
    Answer(Ok(control.status()))
}

async fn healthz(State(control): State<Control>) -> Answer<&'static str> {
    Answer(control.healthy().map(|()| "ok"))
}

async fn setup(State(control): State<Control>, Body(setup): Body<Setup>) -> Answer<AdminKey> {
    Answer(control.redeem_setup(setup).await)
}

async fn add_person(State(control): State<Control>, command: Command, Body(new): Body<NewPerson>) -> Answer<Person> {
    Answer(control.add_person(command.into(), new).await)
}

async fn import_people(
    State(control): State<Control>,
    command: Command,
    Body(import): Body<ImportPeople>,
) -> Answer<PeopleImport> {
    Answer(control.import_people(command.into(), import).await)
}

async fn remove_person(State(control): State<Control>, command: Command, Id(id): Id) -> Answer<Person> {
    Answer(control.remove_person(command.into(), &id).await)
}

async fn set_zone(
    State(control): State<Control>,
    command: Command,
    Id(id): Id,
    Body(zone): Body<SetZone>,
) -> Answer<Person> {
    Answer(control.set_zone(command.into(), &id, zone).await)
}

async fn set_person_role(
    State(control): State<Control>,
    command: Command,
    Id(id): Id,
    Body(role): Body<SetPersonRole>,
) -> Answer<Person> {
    Answer(control.set_person_role(command.into(), &id, role).await)
}

async fn move_person(
    State(control): State<Control>,
    command: Command,
    Id(id): Id,
    Body(to): Body<MovePerson>,
) -> Answer<Person> {
    Answer(control.move_person(command.into(), &id, to).await)
}

async fn units(State(control): State<Control>, Query(of): Query<OfPage>) -> Answer<Page<Unit>> {
    Answer(control.units_page(&of.into()))
}

async fn add_unit(State(control): State<Control>, command: Command, Body(new): Body<NewUnit>) -> Answer<Unit> {
    Answer(control.add_unit(command.into(), new).await)
}

async fn import_units(
    State(control): State<Control>,
    command: Command,
    Body(import): Body<ImportUnits>,
) -> Answer<UnitsImport> {
    Answer(control.import_units(command.into(), import).await)
}

async fn set_budget(State(control): State<Control>, command: Command, Body(set): Body<SetBudget>) -> Answer<Budget> {
    Answer(control.set_budget(command.into(), set).await)
}

async fn end_budget(State(control): State<Control>, command: Command, Id(id): Id) -> Answer<Budget> {
    Answer(control.end_budget(command.into(), &id).await)
}

async fn add_grant(State(control): State<Control>, command: Command, Body(new): Body<NewGrant>) -> Answer<Grant> {
    Answer(control.add_grant(command.into(), new).await)
}

async fn void_grant(
    State(control): State<Control>,
    command: Command,
    Id(id): Id,
    Query(how): Query<VoidGrant>,
) -> Answer<Grant> {
    Answer(control.void_grant(command.into(), &id, how).await)
}

async fn change_grant(
    State(control): State<Control>,
    command: Command,
    Id(id): Id,
    Body(change): Body<ChangeGrant>,
) -> Answer<Grant> {
    Answer(control.change_grant(command.into(), &id, change).await)
}

async fn pools(State(control): State<Control>, Query(of): Query<OfPage>) -> Answer<Page<Pool>> {
    Answer(control.pools_page(&of.into()))
}

async fn pool(State(control): State<Control>, Id(id): Id, Query(of): Query<OfPage>) -> Answer<PoolDetail> {
    Answer(control.pool_page(&id, &of.into()))
}

async fn add_pool(State(control): State<Control>, command: Command, Body(new): Body<NewPool>) -> Answer<Pool> {
    Answer(control.add_pool(command.into(), new).await)
}

async fn fund_pool(
    State(control): State<Control>,
    command: Command,
    Id(id): Id,
    Body(funds): Body<FundPool>,
) -> Answer<Pool> {
    Answer(control.fund_pool(command.into(), &id, funds).await)
}

async fn transfer_pool(
    State(control): State<Control>,
    command: Command,
    Id(id): Id,
    Body(transfer): Body<TransferPool>,
) -> Answer<Pool> {
    Answer(control.transfer_pool(command.into(), &id, transfer).await)
}

async fn set_fiscal_month(
    State(control): State<Control>,
    command: Command,
    Body(month): Body<FiscalMonth>,
) -> Answer<FiscalMonth> {
    Answer(control.set_fiscal_month(command.into(), month).await)
}

async fn liability(State(control): State<Control>, Query(wanted): Query<WantedLiability>) -> Answer<Liability> {
    Answer(control.liability(wanted).await)
}

async fn remedies(State(control): State<Control>, Query(wanted): Query<WantedRemedies>) -> Answer<Remedies> {
    Answer(control.remedies(wanted).await)
}

async fn make_good(State(control): State<Control>, Body(wanted): Body<WantedRemedies>) -> Answer<Remedies> {
    Answer(control.make_good(wanted).await)
}

async fn admin_keys(State(control): State<Control>, Query(of): Query<OfPage>) -> Answer<Page<AdminKey>> {
    Answer(control.admin_keys_page(&of.into()))
}

async fn add_admin_key(
    State(control): State<Control>,
    command: Command,
    Body(new): Body<NewAdminKey>,
) -> Answer<AdminKey> {
    Answer(control.add_admin_key(command.into(), new).await)
}

async fn revoke_admin_key(State(control): State<Control>, command: Command, Id(id): Id) -> Answer<AdminKey> {
    Answer(control.revoke_admin_key(command.into(), &id).await)
}

async fn prices(State(control): State<Control>, Query(of): Query<usage::OfProvider>) -> Answer<List<Price>> {
    Answer(control.prices(of.provider.as_deref(), of.at.as_deref()))
}

async fn price(
    State(control): State<Control>,
    Id(model): Id,
    Query(of): Query<usage::OfProvider>,
) -> Answer<List<Price>> {
    Answer(control.price(&model, of.provider.as_deref(), of.at.as_deref()))
}

async fn price_history(
    State(control): State<Control>,
    Id(model): Id,
    Query(of): Query<usage::OfProvider>,
) -> Answer<List<Price>> {
    Answer(control.price_history(&model, of.provider.as_deref()))
}

async fn set_price(State(control): State<Control>, command: Command, Body(set): Body<SetPrice>) -> Answer<Price> {
    Answer(control.set_price(command.into(), set).await)
}

async fn import_prices(
    State(control): State<Control>,
    command: Command,
    Body(import): Body<ImportPrices>,
) -> Answer<ImportReport> {
    Answer(control.import_prices(command.into(), import).await)
}

async fn explain(State(control): State<Control>, Body(explain): Body<Explain>) -> Answer<Explained> {
    Answer(control.explain(explain))
}

async fn suspense(State(control): State<Control>, Query(of): Query<OfPage>) -> Answer<Page<Suspended>> {
    Answer(control.suspense_page(&of.into()))
}

async fn resolve(
    State(control): State<Control>,
    command: Command,
    Id(id): Id,
    Body(ending): Body<Resolve>,
) -> Answer<Suspended> {
    Answer(control.resolve(command.into(), &id, &ending).await)
}

async fn set_own_password(
    State(control): State<Control>,
    command: Command,
    Body(set): Body<SetPassword>,
) -> Answer<Login> {
    Answer(control.set_own_password(command.into(), set).await)
}

async fn logins(State(control): State<Control>, Query(of): Query<OfPage>) -> Answer<Page<Login>> {
    Answer(control.logins_page(&of.into()))
}

async fn add_login(State(control): State<Control>, command: Command, Body(new): Body<NewLogin>) -> Answer<Login> {
    Answer(control.add_login(command.into(), new).await)
}

async fn set_login_roles(
    State(control): State<Control>,
    command: Command,
    Id(id): Id,
    Body(set): Body<SetRoles>,
) -> Answer<Login> {
    Answer(control.set_login_roles(command.into(), &id, set).await)
}

async fn set_login_active(
    State(control): State<Control>,
    command: Command,
    Id(id): Id,
    Body(set): Body<SetActive>,
) -> Answer<Login> {
    Answer(control.set_login_active(command.into(), &id, set).await)
}

async fn set_login_password(
    State(control): State<Control>,
    command: Command,
    Id(id): Id,
    Body(set): Body<SetPassword>,
) -> Answer<Login> {
    Answer(control.set_login_password(command.into(), &id, set).await)
}

async fn audit(State(control): State<Control>, Query(wanted): Query<Trail>) -> Answer<AuditPage> {
    Answer(control.audit(wanted).await)
}

async fn verify_audit(State(control): State<Control>) -> Answer<AuditReport> {
    Answer(control.verify_audit().await)
}

async fn break_glasses(State(control): State<Control>, Query(of): Query<OfPage>) -> Answer<Page<BreakGlass>> {
    Answer(control.break_glasses_page(&of.into()))
}

async fn break_glass(
    State(control): State<Control>,
    command: Command,
    Body(new): Body<NewBreakGlass>,
) -> Answer<BreakGlass> {
    Answer(control.break_glass(command.into(), new).await)
}
