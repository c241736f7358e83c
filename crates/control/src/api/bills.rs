//! Routes about providers' bills.

use super::answer::Answer;
use super::ask::{Body, Command, Id, Query, State};
use crate::Control;
use crate::pages::Part;
use crate::shape::{
    BillImport, BillKeys, Bills, ImportBill, InvoiceChecked, NewInvoice, OfPage, Page, PullBill, Reconciliation,
    TrueUp, TrueUpPlan, WantedBills, WantedReconciliation, WantedTrueUp,
};

pub(super) async fn bills(State(control): State<Control>, Query(wanted): Query<WantedBills>) -> Answer<Bills> {
    let WantedBills { provider, limit, after } = wanted;
    Answer(control.bills(provider.as_deref(), &Part::new(limit, after)))
}

pub(super) async fn import_bill(
    State(control): State<Control>,
    command: Command,
    Body(new): Body<ImportBill>,
) -> Answer<BillImport> {
    Answer(control.import_bill(command.into(), new).await)
}

pub(super) async fn pull_bill(
    State(control): State<Control>,
    command: Command,
    Body(what): Body<PullBill>,
) -> Answer<BillImport> {
    Answer(control.pull_bill(command.into(), what).await)
}

pub(super) async fn set_bill_keys(
    State(control): State<Control>,
    command: Command,
    Body(keys): Body<BillKeys>,
) -> Answer<BillKeys> {
    Answer(control.set_bill_keys(command.into(), keys).await)
}

pub(super) async fn enter_invoice(
    State(control): State<Control>,
    command: Command,
    Body(new): Body<NewInvoice>,
) -> Answer<InvoiceChecked> {
    Answer(control.enter_invoice(command.into(), new).await)
}

pub(super) async fn reconciliation(
    State(control): State<Control>,
    Query(wanted): Query<WantedReconciliation>,
) -> Answer<Reconciliation> {
    Answer(control.reconciliation(wanted).await)
}

pub(super) async fn plan_true_up(
    State(control): State<Control>,
    Query(wanted): Query<WantedTrueUp>,
) -> Answer<TrueUpPlan> {
    Answer(control.plan_true_up(wanted).await)
}

pub(super) async fn true_ups(State(control): State<Control>, Query(of): Query<OfPage>) -> Answer<Page<TrueUp>> {
    Answer(control.true_ups(&of.into()))
}

pub(super) async fn propose_true_up(
    State(control): State<Control>,
    command: Command,
    Body(wanted): Body<WantedTrueUp>,
) -> Answer<TrueUp> {
    Answer(control.propose_true_up(command.into(), wanted).await)
}

pub(super) async fn approve_true_up(State(control): State<Control>, command: Command, Id(id): Id) -> Answer<TrueUp> {
    Answer(control.approve_true_up(command.into(), &id).await)
}
