//! The API: every service over HTTP, JSON in and out, under `/api/v1`.
//!
//! It has two faces. [`local`] trusts whoever reaches it: it is served on a socket that only its owner may open, and
//! inside a command. [`open`] is for TCP and asks for an administrator's key, except at `/healthz` and `/setup`.
//!
//! Lists are objects with `items`. What is not a success has a [`Problem`](crate::Problem) for its body. Changes may
//! carry an `Idempotency-Key`: the same key with the same input a second time changes nothing and gives the first
//! result.

mod answer;
mod ask;
mod gate;
mod serve;

use axum::Router;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{Method, Uri};
use axum::middleware;
use axum::routing::{delete, get, post, put};

use self::answer::Answer;
use self::ask::{Body, Command, Id, Query};
pub use self::serve::{bind_socket, serve_socket, serve_tcp};
use crate::error::{Code, Refused};
use crate::shape::{
    AdminKey, Balance, Budget, ChargePage, Denied, Explain, Explained, FiscalMonth, FundPool, Grant, ImportPeople,
    ImportPrices, ImportReport, ImportedPerson, Key, Liability, List, MovePerson, NewAdminKey, NewGrant, NewKey,
    NewPerson, NewPool, NewUnit, Overview, Person, Pool, PoolDetail, Price, Resolve, SetBudget, SetPrice, SetZone,
    Setup, Statement, Status, Suspended, TransferPool, Unit, VoidGrant, WantedLiability,
};
use crate::{Control, usage};

/// The largest body taken. A spreadsheet of hundreds of thousands of people is the largest thing anybody sends.
const BODY_MAX: usize = 64 << 20;

/// For whoever may open the socket, and for commands that hold the data folder themselves.
pub fn local(control: &Control) -> Router {
    services().fallback(nothing_there).with_state(control.clone())
}

/// For TCP: an administrator's key is asked for.
pub fn open(control: &Control) -> Router {
    let guarded = services().route_layer(middleware::from_fn_with_state(control.clone(), gate::administrators));
    guarded
        .route("/setup", get(gate::setup_page).post(setup))
        .route("/healthz", get(healthz))
        .fallback(nothing_there)
        .with_state(control.clone())
}

/// The endpoints, once: as routes and as a list that a test walks.
macro_rules! services {
    ($($method:ident $path:literal => $handler:ident;)*) => {
        /// Every endpoint under `/api/v1`: its method in small letters and its path.
        pub const ENDPOINTS: &[(&str, &str)] = &[$((stringify!($method), concat!("/api/v1", $path))),*];

        fn services() -> Router<Control> {
            Router::new()
                $(.route(concat!("/api/v1", $path), $method($handler)))*
                .layer(DefaultBodyLimit::max(BODY_MAX))
        }
    };
}

services! {
    get "/status" => status;
    get "/people" => people;
    post "/people" => add_person;
    post "/people/import" => import_people;
    get "/people/{id}" => person;
    delete "/people/{id}" => remove_person;
    put "/people/{id}/zone" => set_zone;
    put "/people/{id}/unit" => move_person;
    get "/people/{id}/statement" => statement;
    get "/units" => units;
    post "/units" => add_unit;
    get "/budgets" => budgets;
    post "/budgets" => set_budget;
    delete "/budgets/{id}" => end_budget;
    get "/grants" => grants;
    post "/grants" => add_grant;
    delete "/grants/{id}" => void_grant;
    get "/pools" => pools;
    post "/pools" => add_pool;
    put "/pools/calendar" => set_fiscal_month;
    get "/pools/liability" => liability;
    get "/pools/{id}" => pool;
    post "/pools/{id}/funds" => fund_pool;
    post "/pools/{id}/transfers" => transfer_pool;
    get "/keys" => keys;
    post "/keys" => add_key;
    delete "/keys/{id}" => revoke_key;
    get "/admin-keys" => admin_keys;
    post "/admin-keys" => add_admin_key;
    delete "/admin-keys/{id}" => revoke_admin_key;
    get "/balances" => balances;
    get "/usage" => usage_rows;
    get "/charges" => charges;
    get "/denials" => denials;
    get "/prices" => prices;
    post "/prices" => set_price;
    post "/prices/import" => import_prices;
    post "/prices/explain" => explain;
    get "/prices/{id}" => price;
    get "/prices/{id}/history" => price_history;
    get "/suspense" => suspense;
    post "/suspense/{id}/resolve" => resolve;
}

async fn nothing_there(method: Method, uri: Uri) -> Answer<()> {
    let what = format!("there is nothing at {method} {}", uri.path());
    Answer(Err(Refused::new(Code::NotFound, what).hint("the API is under /api/v1/").into()))
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

async fn people(State(control): State<Control>) -> Answer<List<Person>> {
    Answer(Ok(control.people()))
}

async fn person(State(control): State<Control>, Id(id): Id) -> Answer<Person> {
    Answer(control.person(&id))
}

async fn add_person(State(control): State<Control>, command: Command, Body(new): Body<NewPerson>) -> Answer<Person> {
    Answer(control.add_person(command.into(), new).await)
}

async fn import_people(
    State(control): State<Control>,
    command: Command,
    Body(import): Body<ImportPeople>,
) -> Answer<List<ImportedPerson>> {
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

async fn move_person(
    State(control): State<Control>,
    command: Command,
    Id(id): Id,
    Body(to): Body<MovePerson>,
) -> Answer<Person> {
    Answer(control.move_person(command.into(), &id, to).await)
}

async fn statement(State(control): State<Control>, Id(id): Id, Query(month): Query<usage::Month>) -> Answer<Statement> {
    Answer(control.statement(&id, month.month.as_deref()).await)
}

async fn units(State(control): State<Control>) -> Answer<List<Unit>> {
    Answer(Ok(control.units()))
}

async fn add_unit(State(control): State<Control>, command: Command, Body(new): Body<NewUnit>) -> Answer<Unit> {
    Answer(control.add_unit(command.into(), new).await)
}

async fn budgets(State(control): State<Control>) -> Answer<List<Budget>> {
    Answer(Ok(control.budgets()))
}

async fn set_budget(State(control): State<Control>, command: Command, Body(set): Body<SetBudget>) -> Answer<Budget> {
    Answer(control.set_budget(command.into(), set).await)
}

async fn end_budget(State(control): State<Control>, command: Command, Id(id): Id) -> Answer<Budget> {
    Answer(control.end_budget(command.into(), &id).await)
}

async fn grants(State(control): State<Control>, Query(of): Query<usage::OfPerson>) -> Answer<List<Grant>> {
    Answer(control.grants(of.person.as_deref()))
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

async fn pools(State(control): State<Control>) -> Answer<List<Pool>> {
    Answer(Ok(control.pools()))
}

async fn pool(State(control): State<Control>, Id(id): Id) -> Answer<PoolDetail> {
    Answer(control.pool(&id))
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

async fn keys(State(control): State<Control>) -> Answer<List<Key>> {
    Answer(Ok(control.keys()))
}

async fn add_key(State(control): State<Control>, command: Command, Body(new): Body<NewKey>) -> Answer<Key> {
    Answer(control.add_key(command.into(), new).await)
}

async fn revoke_key(State(control): State<Control>, command: Command, Id(id): Id) -> Answer<Key> {
    Answer(control.revoke_key(command.into(), &id).await)
}

async fn admin_keys(State(control): State<Control>) -> Answer<List<AdminKey>> {
    Answer(Ok(control.admin_keys()))
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

async fn balances(State(control): State<Control>, Query(of): Query<usage::OfPerson>) -> Answer<List<Balance>> {
    Answer(control.balances(of.person.as_deref()))
}

async fn usage_rows(State(control): State<Control>, Query(wanted): Query<usage::Wanted>) -> Answer<Overview> {
    Answer(control.usage(wanted).await)
}

async fn charges(State(control): State<Control>, Query(wanted): Query<usage::Wanted>) -> Answer<ChargePage> {
    Answer(control.charges(wanted).await)
}

async fn denials(State(control): State<Control>, Query(wanted): Query<usage::Wanted>) -> Answer<List<Denied>> {
    Answer(control.denials(wanted).await)
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

async fn suspense(State(control): State<Control>) -> Answer<List<Suspended>> {
    Answer(Ok(control.suspense()))
}

async fn resolve(
    State(control): State<Control>,
    command: Command,
    Id(id): Id,
    Body(ending): Body<Resolve>,
) -> Answer<Suspended> {
    Answer(control.resolve(command.into(), &id, &ending).await)
}
