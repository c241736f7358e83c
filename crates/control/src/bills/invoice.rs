//! Invoices: entered, and held against the costs of their days.

use purser_core::bill::{Invoice, check_invoice, day_of_text, day_text};
use purser_core::money::{Currency, Nano};

use super::import::checked_provider;
use super::{BillBook, BillEvent};
use crate::admins::AdminEvent;
use crate::change::CommandName;
use crate::control::Control;
use crate::error::{Code, Error, Refused};
use crate::shape::{InvoiceChecked, NewInvoice};

/// The longest number of an invoice, and the most days that one may have.
const NUMBER_MAX: usize = 64;
const DAYS_MAX: i64 = 400;

impl Control {
    /// Enters an invoice and holds it against the costs of its days. The same number again: the later one holds.
    ///
    /// # Errors
    /// A number, day, amount or currency that can't be, or the journal.
    pub async fn enter_invoice(&self, name: Option<CommandName>, new: NewInvoice) -> Result<InvoiceChecked, Error> {
        let invalid = |what: &str, hint: &str| Refused::new(Code::Invalid, what).hint(hint);
        let provider = checked_provider(&new.provider)?;
        let number = new.number.trim().to_owned();
        let fits = !number.is_empty() && number.len() <= NUMBER_MAX && !number.chars().any(char::is_control);
        if !fits {
            return Err(invalid("an invoice has a number", "as it stands on it, at most 64 letters").into());
        }
        let day = |text: &str| {
            day_of_text(text).ok_or_else(|| invalid(&format!("`{text}` is not a day"), "write it like 2026-11-24"))
        };
        let (from, to) = (day(&new.from)?, day(&new.to)?);
        if to <= from || to.saturating_sub(from) > DAYS_MAX {
            return Err(invalid("an invoice is of some days", "`to` is the first day that is not in it").into());
        }
        let (tax, credit) = (new.tax.unwrap_or_default(), new.credit.unwrap_or_default());
        if tax.is_negative() || credit.is_negative() {
            return Err(invalid("taxes and credits are amounts of zero or more", "credits are taken off").into());
        }
        let currency = match &new.currency {
            None => self.snapshot().currency.clone(),
            Some(code) => Currency::try_new(&code.to_ascii_uppercase())
                .ok_or_else(|| invalid(&format!("`{code}` is not a currency"), "write it like USD"))?,
        };
        let invoice = Invoice { number, from, to, currency, total: new.total, tax, credit };
        self.change(name, move |turn| {
            let key = (provider.clone(), invoice.number.clone());
            let known = turn.control().admins.read().bills.invoices.get(&key).cloned();
            if known.as_ref() != Some(&invoice) {
                let (by, at, invoice) = (turn.acting().party(), turn.now, invoice.clone());
                let event = BillEvent::Invoice { provider: provider.clone(), invoice, by, at };
                turn.commit_admin(&AdminEvent::Bill(event))?;
            }
            Ok(checked(&turn.control().admins.read().bills, &provider, &invoice))
        })
        .await
    }
}

/// An invoice held against the costs of its days.
pub(super) fn checked(book: &BillBook, provider: &str, invoice: &Invoice) -> InvoiceChecked {
    let costs = book.costs.get(provider);
    let check = check_invoice(invoice, |day| costs.and_then(|days| days.get(&day)).map(|kept| &*kept.data));
    let size =
        if check.difference.is_negative() { Nano::ZERO.saturating_sub(check.difference) } else { check.difference };
    InvoiceChecked {
        provider: provider.to_owned(),
        number: invoice.number.clone(),
        from: day_text(invoice.from),
        to: day_text(invoice.to),
        currency: invoice.currency.clone(),
        total: invoice.total,
        reported: check.reported,
        difference: check.difference,
        within: check.grain,
        agrees: size <= check.grain && check.missing.is_empty(),
        missing: check.missing,
    }
}
