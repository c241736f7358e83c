//! One difference of ledger and bill, at the right of the list: its figures, and what may be done about it.

use askama::Template;
use purser_control::shape::{Difference, ImpliedPrice};
use purser_control::{Permission, Problem};
use purser_core::bill::Cause;

use crate::address::Address;
use crate::drawer::{Detail, Place};
use crate::pages::prices::counted;
use crate::say::{Markup, count, escaped, money, sentence};
use crate::visitor::Visitor;

#[derive(Template)]
#[template(path = "finance/difference.html")]
struct DifferenceDetail {
    place: Place,
    cause: &'static str,
    seen: String,
    facts: Vec<(&'static str, Markup)>,
    more: Vec<(&'static str, String)>,
    implied: Vec<(&'static str, Markup, Markup)>,
    help: &'static str,
    /// Where there is more about it: words and address.
    there: Option<(&'static str, String)>,
    propose: Option<Propose>,
}

/// What a true-up that is proposed from here is of.
struct Propose {
    provider: String,
    from: String,
    to: String,
}

/// What there is to know of a difference between these days.
///
/// # Errors
/// It can't be written.
pub(super) fn detail(
    visitor: &Visitor,
    difference: &Difference,
    (from, to): (&str, &str),
    place: Place,
) -> Result<Detail, Problem> {
    let (cause, help) = words(difference.cause);
    let is_booked = !matches!(difference.cause, Cause::Timing | Cause::Rounding | Cause::Apart);
    let body = DifferenceDetail {
        place,
        cause,
        seen: sentence(&difference.sentence),
        facts: facts(difference, visitor),
        more: difference.differences.iter().map(|(bucket, more)| (counted(*bucket), signed(*more))).collect(),
        implied: difference.implied.iter().map(|price| implied(price, visitor)).collect(),
        help,
        there: there(difference, visitor),
        propose: (is_booked && visitor.may(Permission::BillsChange)).then(|| Propose {
            provider: difference.provider.clone(),
            from: from.to_owned(),
            to: to.to_owned(),
        }),
    };
    let model = difference.model.as_deref().unwrap_or("all models");
    Detail::try_new(format!("{}, {}, {model}", difference.day, difference.provider), None, &body)
}

/// What a cause is called, and what helps.
const fn words(cause: Cause) -> (&'static str, &'static str) {
    match cause {
        Cause::ShadowKey => (
            "past Purser",
            "If the key is Purser's own, say so with `purser bill keys`, and this is gone. Otherwise somebody calls the \
             provider with a key of the account: a true-up books it to the company, and the key can be closed in the \
             provider's console.",
        ),
        Cause::PriceDrift => (
            "another price",
            "Publish the price that the bill implies, so that the next calls are charged by it. A true-up has the company \
             bear what was dearer, and gives back what was cheaper to those who paid for it.",
        ),
        Cause::Estimates => (
            "estimated calls",
            "A true-up makes these calls exact: what was charged too much goes back to whoever paid for them.",
        ),
        Cause::Suspense => (
            "in suspense",
            "Money of that day waits for calls whose end nobody knows. A true-up ends it once all providers of the day have \
             reported.",
        ),
        Cause::Timing => {
            ("another day", "Wait for the report of the days beside it: most such differences end by themselves.")
        }
        Cause::Rounding => ("roundings", "There is nothing to do."),
        Cause::Apart => {
            ("billed elsewhere", "There is nothing to do here: the provider tells these costs in another report.")
        }
        Cause::Unexplained => (
            "unexplained",
            "Hold the day's calls against the provider's own console before anything is booked: a true-up has the company \
             bear it.",
        ),
    }
}

/// `+1,204`, `−12`.
fn signed(number: i64) -> String {
    format!("{}{}", if number < 0 { "−" } else { "+" }, count(number.unsigned_abs()))
}

fn implied(price: &ImpliedPrice, visitor: &Visitor) -> (&'static str, Markup, Markup) {
    let what = price.bucket.map_or("The whole amount", counted);
    (what, money(price.listed, &visitor.currency), money(price.implied, &visitor.currency))
}

fn facts(difference: &Difference, visitor: &Visitor) -> Vec<(&'static str, Markup)> {
    let currency = &visitor.currency;
    let amount = difference.amount.map_or_else(|| Markup::new("no price for it"), |amount| money(amount, currency));
    let of = if difference.of_cost { "the price: the quantity is explained" } else { "the quantity" };
    let mut facts = vec![("Bill less ledger", amount), ("What differs", Markup::new(of))];
    if let Some(key) = &difference.key {
        facts.push(("With the account's key", Markup::new(format!("<code>{}</code>", escaped(key)))));
    }
    if let Some(inexact) = difference.inexact {
        let calls = format!(
            "{} estimated, {} presumed, {} disputed; {} together",
            count(inexact.estimated),
            count(inexact.presumed),
            count(inexact.disputed),
            money(inexact.charge, currency)
        );
        facts.push(("Calls that are not exact", Markup::new(calls)));
    }
    facts
}

/// The page that has more about it, for whoever may see it.
fn there(difference: &Difference, visitor: &Visitor) -> Option<(&'static str, String)> {
    match difference.cause {
        Cause::PriceDrift => {
            let mut page = "/prices/".to_owned();
            crate::ask::escape(difference.model.as_deref()?, &mut page);
            let page = Address::of(&page).with("provider", &difference.provider);
            Some(("Prices of this model", page.to_string()))
        }
        Cause::Suspense if visitor.may(Permission::SuspenseRead) => {
            Some(("What is in suspense", "/admin/system".to_owned()))
        }
        Cause::Unexplained | Cause::Estimates if visitor.may(Permission::UsageRead) => {
            let page = Address::of("/explore").with("from", &difference.day).with("to", &difference.day);
            Some(("Usage of that day", page.to_string()))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_and_less_have_their_sign() {
        assert_eq!([1_204, -12, 0, i64::MIN].map(signed), ["+1,204", "−12", "+0", "−9,223,372,036,854,775,808"]);
    }
}
