//! `purser offer lint` and `purser offer compare`: files from anywhere, without a data folder.

use std::fmt::Write as _;
use std::io::{Read, Write as _};
use std::path::{Path, PathBuf};

use clap::Args;
use jiff::civil::Date;
use purser_control::shape::{Confidential, OfferFinding};
use purser_core::lint::outside::{self, Outside, Understood};
use purser_core::lint::{Asking, Funding, Question, Severity, compare, lint};
use purser_core::money::{Currency, Nano};
use purser_core::offer::Content;
use purser_core::role::{Role, presets};
use serde::Serialize;

use crate::failure::Failure;
use crate::output::{Output, Table};

/// The longest file that is read: beyond this it is no letter.
const BYTES_MAX: u64 = 2 << 20;

#[derive(Debug, Args)]
pub(crate) struct Lint {
    /// Offers as JSON or as the text of a letter; `-` for standard input
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// Measure offers that name no family by this one's bands, such as engineering or finance/L4
    #[arg(long)]
    pub(crate) role: Option<String>,
    /// Fail for warnings too
    #[arg(long)]
    pub(crate) strict: bool,
    /// The day to look at it [default: today]
    #[arg(long, value_name = "DATE")]
    pub(crate) on: Option<Date>,
}

#[derive(Debug, Args)]
pub(crate) struct Compare {
    /// Offers as JSON or as the text of a letter; `-` for standard input
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// The currency to compare in [default: that of the first offer]
    #[arg(long, value_name = "CODE")]
    pub(crate) currency: Option<String>,
}

#[derive(Serialize)]
struct Linted {
    file: String,
    company: Option<String>,
    findings: Vec<OfferFinding>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    understood: Vec<Understood>,
}

#[derive(Serialize)]
struct Row {
    company: String,
    currency: String,
    tokens_per_workday: Nano,
    tokens_per_year: Nano,
    share_of_package: Option<String>,
    promised_per_year: Nano,
    without_tokens_per_year: Nano,
    total_per_year: Nano,
}

impl Lint {
    /// Shows what each offer lacks.
    ///
    /// # Errors
    /// A file that is no offer; or an offer with an error (or, when that is asked for, a warning).
    pub(crate) fn run(&self, today: Date, out: Output) -> Result<(), Failure> {
        let role = self.role.as_deref().map(role).transpose()?;
        let (roles, today, currency) = (presets(), self.on.unwrap_or(today), Currency::usd());
        let limit = if self.strict { Severity::Warning } else { Severity::Error };
        let (mut linted, mut bad) = (Vec::new(), 0_usize);
        for (file, read) in read_all(&self.files)? {
            let outside::Read { offer, understood } = read;
            let findings = lint(&Question {
                package: &offer.package,
                role: offer.role.as_ref().or(role.as_ref()),
                place: offer.place.as_ref(),
                starts: offer.starts,
                expires: offer.expires,
                funding: Funding::Unknown,
                roles: &roles,
                currency: &currency,
                asking: Asking::Candidate,
                today,
            });
            bad += usize::from(findings.worst() >= Some(limit));
            let findings = findings.into_iter().map(Into::into).collect();
            linted.push(Linted { file, company: offer.company, findings, understood });
        }
        out.show(&linted, |linted| linted.iter().map(Linted::text).collect::<Vec<_>>().join("\n\n"));
        if bad == 0 {
            return Ok(());
        }
        let what = if self.strict { "errors or warnings" } else { "errors" };
        let message = format!("{bad} of {} offers have {what}", linted.len());
        Err(Failure::new(message, "each finding says what to write instead"))
    }
}

impl Linted {
    fn text(&self) -> String {
        let mut text =
            self.company.as_ref().map_or_else(|| self.file.clone(), |company| format!("{} ({company})", self.file));
        for Understood { words, means } in &self.understood {
            let _ = write!(text, "\n  read as {means}: {words}");
        }
        text.push('\n');
        text.push_str(&findings(&self.findings));
        text
    }
}

/// Findings for people.
pub(super) fn findings(findings: &[OfferFinding]) -> String {
    if findings.is_empty() {
        return "nothing to find fault with".to_owned();
    }
    let each = |found: &OfferFinding| {
        let OfferFinding { code, severity, message, source, fix } = found;
        let said = |text: &Confidential<String>| text.amount().cloned().unwrap_or_else(|| "hidden".to_owned());
        format!("{code} {severity}: {}\n       fix: {}\n       source: {source}", said(message), said(fix))
    };
    findings.iter().map(each).collect::<Vec<_>>().join("\n")
}

impl Compare {
    /// Shows the offers, the most token budget first.
    ///
    /// # Errors
    /// A file that is no offer, or one without a way into the common currency.
    pub(crate) fn run(&self, out: Output) -> Result<(), Failure> {
        let offers: Vec<(String, Outside)> =
            read_all(&self.files)?.into_iter().map(|(file, read)| (file, read.offer)).collect();
        let currency = match (&self.currency, offers.first()) {
            (Some(code), _) => Currency::try_new(&code.to_ascii_uppercase()).ok_or_else(|| {
                Failure::usage(format!("`{code}` is no currency"), "write three letters, such as USD")
            })?,
            (None, first) => first.map_or_else(Currency::usd, |(_, offer)| offer.package.currency.clone()),
        };
        let packages: Vec<_> = offers.iter().map(|(_, offer)| &offer.package).collect();
        let compared = compare(&packages, &currency)
            .map_err(|error| Failure::new(error.to_string(), "a rate stands in the package: {\"rate\":{\"to\":…}}"))?;
        let name = |place: usize| {
            offers.get(place).map_or_else(String::new, |(file, offer)| offer.company.clone().unwrap_or(file.clone()))
        };
        let rows: Vec<Row> = compared
            .into_iter()
            .map(|it| Row {
                company: name(it.place),
                currency: currency.code().to_owned(),
                tokens_per_workday: it.tokens_workday,
                tokens_per_year: it.tokens_year,
                share_of_package: it.tokens_share.map(|share| share.to_string()),
                promised_per_year: it.promised_year,
                without_tokens_per_year: it.without_tokens_year,
                total_per_year: it.total_year,
            })
            .collect();
        out.show(&rows, |rows| table(rows, &currency));
        Ok(())
    }
}

fn table(rows: &[Row], currency: &Currency) -> String {
    let heads =
        ["offer", ">tokens/workday", ">tokens/year", ">share", ">guaranteed/year", ">without tokens", ">package/year"];
    let mut table = Table::new(&heads);
    let money = |amount: Nano| amount.for_people(currency);
    for row in rows {
        table.row([
            row.company.clone(),
            money(row.tokens_per_workday),
            money(row.tokens_per_year),
            row.share_of_package.clone().unwrap_or_else(|| "-".to_owned()),
            money(row.promised_per_year),
            money(row.without_tokens_per_year),
            money(row.total_per_year),
        ]);
    }
    table.to_string()
}

/// Every offer of every file, named by its file.
fn read_all(files: &[PathBuf]) -> Result<Vec<(String, outside::Read)>, Failure> {
    let mut offers = Vec::new();
    for file in files {
        let text = text(file)?;
        let read = outside::read(&text).map_err(|error| {
            Failure::new(format!("{}: {error}", file.display()), "`purser offer lint --help` has more")
        })?;
        let several = read.len() > 1;
        for (place, offer) in read.into_iter().enumerate() {
            let name = file.display().to_string();
            offers.push((if several { format!("{name}#{}", place + 1) } else { name }, offer));
        }
    }
    Ok(offers)
}

/// A version from a JSON file.
pub(super) fn content(file: &Path) -> Result<Content, Failure> {
    serde_json::from_str(&text(file)?)
        .map_err(|error| Failure::from_error(format_args!("{} is not a version of an offer", file.display()), &error))
}

/// Writes a document into a new file, or to standard output.
pub(in crate::cli) fn put(file: Option<&Path>, bytes: &[u8]) -> Result<(), Failure> {
    let Some(file) = file else {
        // A reader that went away ends the writing without a complaint.
        let _ = std::io::stdout().lock().write_all(bytes);
        return Ok(());
    };
    let written = std::fs::File::create_new(file).and_then(|mut file| file.write_all(bytes));
    written.map_err(|error| Failure::from_error(format!("{} can't be written", file.display()), &error))
}

fn text(file: &Path) -> Result<String, Failure> {
    let mut text = String::new();
    let read = if file == Path::new("-") {
        std::io::stdin().lock().take(BYTES_MAX).read_to_string(&mut text)
    } else {
        std::fs::File::open(file).and_then(|opened| opened.take(BYTES_MAX).read_to_string(&mut text))
    };
    read.map(|_| text).map_err(|error| Failure::from_error(format_args!("{} can't be read", file.display()), &error))
}

/// `finance` or `finance/L4`.
fn role(text: &str) -> Result<Role, Failure> {
    let (family, level) = text.split_once('/').map_or((text, None), |(family, level)| (family, Some(level)));
    let understood = || -> Result<Role, purser_core::role::NameError> {
        Ok(Role { family: family.parse()?, level: level.map(str::parse).transpose()? })
    };
    understood().map_err(|error| Failure::usage(error.to_string(), "write a family such as finance, or finance/L4"))
}
