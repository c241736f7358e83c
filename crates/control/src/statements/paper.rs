//! Statements as documents: the letters' HTML and PDF, the same bytes for the same figures.

use purser_core::id::PersonId;
use purser_core::letter::{Clause, HIDDEN, Letter, Section};
use purser_core::money::Nano;

use super::sealed;
use crate::access::Confidential;
use crate::control::Control;
use crate::error::{Code, Error, Refused};
use crate::letter::{Form, Rendered};
use crate::offers::Document;
use crate::shape::{Rewards, Signature, Statement, StatementStatus, StatementUsable, WantedRewards, WantedStatement};

impl Control {
    /// A person's month or year, as a document.
    ///
    /// # Errors
    /// As for [`Control::signed_statement`]; [`Code::Invalid`] when the PDF's font lacks a letter.
    pub async fn statement_document(&self, who: &str, wanted: &WantedStatement, form: Form) -> Result<Document, Error> {
        let signed = self.signed_statement(who, wanted).await?;
        let statement = super::read(&signed)?;
        let currency = self.snapshot().currency.code().to_owned();
        let name = format!("statement-{}-{}", statement.person, statement.month);
        document(&statement_letter(&statement, &currency), name, form)
    }

    /// Somebody's package and its fourth pillar in a year, as a document. Amounts of the package only for those who may see
    /// them.
    ///
    /// # Errors
    /// As for [`Control::rewards`]; [`Code::Invalid`] when the PDF's font lacks a letter.
    pub async fn rewards_document(&self, who: &str, wanted: &WantedRewards, form: Form) -> Result<Document, Error> {
        let rewards = self.rewards_of(who, wanted).await?;
        let signature = sealed(&self.inner.signing, &rewards)?.content().get("signature").cloned();
        let signature = signature.and_then(|signature| serde_json::from_value(signature).ok());
        let name = format!("rewards-{}-{}", rewards.person, rewards.year);
        document(&rewards_letter(&Rewards { signature, ..rewards }), name, form)
    }
}

fn document(letter: &Letter, name: String, form: Form) -> Result<Document, Error> {
    let rendered = Rendered::of(letter);
    let bytes = match form {
        Form::Html => rendered.html,
        Form::Pdf => rendered.pdf.map_err(|missing| {
            let letters: Vec<String> = missing.iter().map(|letter| format!("“{letter}”")).collect();
            Refused::new(Code::Invalid, format!("the font of the PDF has no {}", letters.join(", ")))
                .hint("the HTML document has every script; print that from a browser")
        })?,
    };
    Ok(Document { bytes, form, name, hash: None })
}

/// Sections, numbered as they come.
#[derive(Default)]
struct Sections(Vec<Section>);

impl Sections {
    fn put(&mut self, title: &'static str, clauses: impl IntoIterator<Item = (&'static str, String)>) {
        let number = u32::try_from(self.0.len()).unwrap_or(u32::MAX).saturating_add(1);
        let clauses = clauses.into_iter().filter(|(_, text)| !text.is_empty());
        let clauses: Vec<Clause> = (1_u32..)
            .zip(clauses)
            .map(|(place, (title, text))| Clause { number: format!("{number}.{place}"), title, text })
            .collect();
        if !clauses.is_empty() {
            self.0.push(Section { number, title, clauses });
        }
    }
}

fn who(name: Option<&str>, person: PersonId) -> Vec<(&'static str, String)> {
    let name = name.map(|name| ("Name", name.to_owned()));
    name.into_iter().chain([("Person", person.to_string())]).collect()
}

fn statement_letter(of: &Statement, currency: &str) -> Letter {
    let money = |amount: Nano| format!("{amount} {currency}");
    let some = |amount: Nano| if amount.is_zero() { String::new() } else { money(amount) };
    let status = match of.status {
        StatementStatus::Running => format!("so far, as of {}", of.as_of),
        StatementStatus::Over => "over".to_owned(),
        StatementStatus::Closed => "closed".to_owned(),
    };
    let mut facts = who(of.name.as_deref(), of.person);
    facts
        .extend([("Period", format!("{}, from {} to {} ({})", of.month, of.from, of.to, of.zone)), ("Status", status)]);
    let mut sections = Sections::default();
    sections.put(
        "Sums",
        [
            ("At the beginning", money(of.opening)),
            ("Granted", money(of.granted)),
            ("Added to running periods or taken from them", some(of.moved)),
            ("Used", money(of.used)),
            ("Of it beyond what the grants had", some(of.overrun)),
            ("Of it corrections", some(of.adjusted)),
            ("Of it belonging to earlier periods", some(of.prior)),
            ("Expired", money(of.expired)),
            ("Left when a grant was voided", some(of.voided)),
            ("Lived on after its period", some(of.rolled)),
            ("Set aside by running calls", some(of.held)),
            ("Set aside and not accounted for", some(of.suspense)),
            ("At the end", money(of.closing)),
        ],
    );
    sections.put("Use of the promise", [("Usable", usable(&of.usable))]);
    let lines = |rows: &mut dyn Iterator<Item = (String, u64, Nano)>| {
        let rows = rows.map(|(name, calls, charge)| {
            let name = if name.is_empty() { "not named".to_owned() } else { name };
            format!("{name}: {calls} calls, {}", money(charge))
        });
        rows.collect::<Vec<_>>().join("\n")
    };
    let grants = of.grants.iter().map(|row| {
        let first = row.accounts.iter().filter_map(|account| account.entries.first).min();
        let last = row.accounts.iter().filter_map(|account| account.entries.last).max();
        let entries = first.zip(last).map(|(first, last)| format!(", entries {first} to {last}")).unwrap_or_default();
        let (granted, used, expired, closing) =
            (money(row.granted), money(row.used), money(row.expired), money(row.closing));
        format!("{}: granted {granted}, paid {used}, expired {expired}, left {closing}{entries}", row.grant)
    });
    sections.put(
        "In detail",
        [
            ("By grant", grants.collect::<Vec<_>>().join("\n")),
            ("By model", lines(&mut of.models.iter().map(|row| (row.model.clone(), row.calls, row.charge)))),
            ("By tool", lines(&mut of.tools.iter().map(|row| (row.tool.clone(), row.calls, row.charge)))),
            ("By day", lines(&mut of.days.iter().map(|row| (row.day.clone(), row.calls, row.charge)))),
            ("By month", lines(&mut of.months.iter().map(|row| (row.month.clone(), row.calls, row.charge)))),
        ],
    );
    let items = of.items.iter().map(|item| {
        let prior = if item.prior { ", of an earlier period" } else { "" };
        format!("entry {}, {}, {}: {}{prior}", item.entry, item.kind, item.at, money(item.amount))
    });
    let left_off = match of.items_left_off {
        0 => String::new(),
        more => format!("{more} more are in the sums"),
    };
    sections
        .put("Late charges and corrections", [("Items", items.collect::<Vec<_>>().join("\n")), ("Others", left_off)]);
    let entries = match (of.entries.first, of.entries.last) {
        (Some(first), Some(last)) => format!("{} entries of the journal, {first} to {last}.", of.entries.count),
        _ => "No entries of the journal.".to_owned(),
    };
    Letter {
        title: "Statement of token budgets".to_owned(),
        facts,
        sections: sections.0,
        consent: format!("{entries} {}", signed(of.signature.as_ref())),
    }
}

fn rewards_letter(of: &Rewards) -> Letter {
    let package = of.currency.clone().unwrap_or_default();
    // Whoever may not see an amount sees that there is one.
    let shown = |amount: &Confidential<Nano>| match amount.amount().filter(|_| amount.is_seen()) {
        Some(amount) => format!("{amount} {package}"),
        None => HIDDEN.to_owned(),
    };
    let part = |share: Option<&Confidential<String>>| match share {
        Some(share) => share.amount().filter(|_| share.is_seen()).cloned().unwrap_or_else(|| HIDDEN.to_owned()),
        None => String::new(),
    };
    let mut facts = who(of.name.as_deref(), of.person);
    facts.push(("Year", format!("{}, as of {}", of.year, of.as_of)));
    if let (Some(offer), Some(version)) = (of.offer, of.version) {
        facts.push(("Package", format!("version {version} of offer {offer}")));
    }
    let mut sections = Sections::default();
    let pillar = |word: &str| {
        let found = of.pillars.iter().find(|pillar| pillar.pillar == word);
        found.map_or_else(String::new, |pillar| {
            let share = part(pillar.share.as_ref());
            let share = if share.is_empty() { share } else { format!(" ({share} of the package)") };
            format!("{}{share}", shown(&pillar.amount))
        })
    };
    sections.put(
        "A year of the package",
        [
            ("Salary", pillar("salary")),
            ("Bonus", pillar("bonus")),
            ("Equity, a year's vesting", pillar("equity")),
            ("Token budget", pillar("tokens")),
            ("Together", of.total.as_ref().map(&shown).unwrap_or_default()),
            ("Together without the token budget", of.without_tokens.as_ref().map(&shown).unwrap_or_default()),
        ],
    );
    let tokens = &of.tokens;
    let money = |amount: Nano, in_package: Option<Nano>, share: Option<&Confidential<String>>| {
        let other = in_package.filter(|_| package != tokens.currency).map(|amount| format!(", {amount} {package}"));
        let share = part(share);
        let share = if share.is_empty() { share } else { format!(" ({share} of the package with it)") };
        format!("{amount} {}{}{share}", tokens.currency, other.unwrap_or_default())
    };
    sections.put(
        "The token budget in this year",
        [
            ("Released", money(tokens.released, tokens.released_in_package, tokens.released_share.as_ref())),
            ("Used", money(tokens.used, tokens.used_in_package, tokens.used_share.as_ref())),
            ("Expired", money(tokens.expired, None, None)),
            ("Left", money(tokens.closing, None, None)),
            ("Usable", usable(&tokens.usable)),
            (
                "What it is",
                "A budget for tokens is often a tool for work and no pay. The sums above are therefore shown with it and \
                 without it."
                    .to_owned(),
            ),
        ],
    );
    let known = if of.offer.is_some() { "" } else { "No accepted package is known. " };
    Letter {
        title: format!("Total rewards {}", of.year),
        facts,
        sections: sections.0,
        consent: format!("{known}{}", signed(of.signature.as_ref())),
    }
}

fn usable(of: &StatementUsable) -> String {
    let Some(percent) = &of.percent else { return String::new() };
    format!(
        "The promise was usable {percent} %: {} calls served, {} denied although money was there. Besides, {} were denied for \
         a fault of a provider or of Purser, and {} by a stop.",
        of.served, of.denied_funded, of.faults, of.stopped
    )
}

fn signed(signature: Option<&Signature>) -> String {
    signature.map_or_else(String::new, |it| {
        format!(
            "The same statement as JSON has the SHA-256 {} and is signed by the key {} ({}).",
            it.sha256, it.key, it.algorithm
        )
    })
}
