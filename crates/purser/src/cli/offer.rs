//! `purser offer …`

pub(super) mod files;
mod link;
mod send;

use std::fmt::Write as _;
use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use purser_control::shape::{
    AcceptOffer, ApproveOffer, Confidential, DeclineOffer, NewOffer, NewVersion, Offer, OfferNote, OfferReport,
    OfferRow,
};
use purser_core::offer::DeclineReason;
use purser_core::role::Duty;

pub(crate) use self::files::{Compare, Lint};
pub(crate) use self::link::{Link, Unlink};
pub(crate) use self::send::Send;
use super::or_dash;
use crate::client::{Absent, Client, path};
use crate::failure::Failure;
use crate::output::{Output, Table};

/// What can be done with offers.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Say what an offer lacks: files from any company, as JSON or as the text of a letter. Needs no data folder
    ///
    /// Exit code 1 when there is an error among the findings, with --strict also for a warning.
    Lint(Lint),
    /// Put offers of several companies beside each other: for each day, for each year, as a part of the package
    Compare(Compare),
    /// Draft an offer from a JSON file
    Draft(Draft),
    /// Write another version; what is with the candidate is taken back
    Revise(Write),
    /// Write what the candidate asks for instead
    Counter(Write),
    /// Show offers
    List(List),
    /// Show one offer: versions, differences, approvals, findings
    Show(Which),
    /// Write the letter, as HTML or PDF: of the version that was accepted, sent or written last
    Letter(Letter),
    /// Put the latest version up for approval
    Submit(Which),
    /// Approve the latest version; nobody approves their own
    Approve(Approve),
    /// Do not approve: it is a draft again
    Return(Note),
    /// Send it to the candidate; a guarantee in it is set aside in its pool. Their link is shown once, on the last line
    ///
    /// A link that works already, and for as long as the offer can be accepted, stays the only one: it shows what is sent.
    Send(Send),
    /// Make another link by which the candidate looks at it and answers; it is shown once
    Link(Link),
    /// Show the links to an offer, never their addresses
    Links(Which),
    /// Stop a link
    Unlink(Unlink),
    /// Note that the candidate has looked at it
    View(Which),
    /// Note the candidate's yes: makes person, grant and commitment in one change
    Accept(Accept),
    /// Note the candidate's no
    Decline(Decline),
    /// Take it back
    Withdraw(Note),
    /// Forget what an offer that came to nothing said
    Erase(Which),
    /// How many open offers have a token pillar, by family and over time
    Report(Report),
}

#[derive(Debug, Args)]
pub(crate) struct Draft {
    /// The offer as JSON; `-` for standard input
    pub(crate) file: PathBuf,
    /// The unit that the candidate would be in (id or name)
    #[arg(long)]
    pub(crate) unit: Option<String>,
    /// Why
    #[arg(long)]
    pub(crate) reason: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Write {
    /// Id of the offer
    pub(crate) offer: String,
    /// The whole version as JSON; `-` for standard input
    pub(crate) file: PathBuf,
    /// Why
    #[arg(long)]
    pub(crate) reason: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Which {
    /// Id of the offer
    pub(crate) offer: String,
}

#[derive(Debug, Args)]
pub(crate) struct Letter {
    /// Id of the offer
    pub(crate) offer: String,
    /// Of this version
    #[arg(long)]
    pub(crate) version: Option<u32>,
    /// As a PDF rather than as HTML
    #[arg(long)]
    pub(crate) pdf: bool,
    /// Into this file rather than to standard output; what is there is not overwritten
    #[arg(long, short, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct Note {
    /// Id of the offer
    pub(crate) offer: String,
    /// Why
    #[arg(long)]
    pub(crate) note: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct List {
    /// Only those in this state: draft, approval, approved, sent, …
    #[arg(long)]
    pub(crate) state: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Approve {
    /// Id of the offer
    pub(crate) offer: String,
    /// In which capacity
    #[arg(long = "for", value_enum)]
    pub(crate) duty: For,
}

/// In which capacity somebody approves.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum For {
    /// For the people partners
    People,
    /// For finance
    Finance,
}

#[derive(Debug, Args)]
pub(crate) struct Accept {
    /// Id of the offer
    pub(crate) offer: String,
    /// The version that the candidate has before them
    #[arg(long)]
    pub(crate) version: u32,
    /// Their name as they typed it
    #[arg(long)]
    pub(crate) signed: String,
}

#[derive(Debug, Args)]
pub(crate) struct Decline {
    /// Id of the offer
    pub(crate) offer: String,
    /// Why: token-budget, salary, equity, other-offer, work, timing, other, unsaid
    #[arg(long, default_value = "unsaid")]
    pub(crate) reason: String,
    /// More about it
    #[arg(long)]
    pub(crate) note: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Report {
    /// The day to look at [default: today]
    #[arg(long, value_name = "DATE")]
    pub(crate) on: Option<String>,
}

impl Command {
    pub(crate) fn absent(&self) -> Absent {
        match self {
            Self::Draft(_) => Absent::Create,
            _ => Absent::Refuse,
        }
    }

    pub(crate) async fn run(self, client: &mut Client, out: Output) -> Result<(), Failure> {
        let step = |offer: &str, step: &str| path(["offers", offer, step]);
        let offer: Offer = match self {
            Self::Lint(_) | Self::Compare(_) => unreachable!("these read files and ask nobody"),
            Self::List(list) => {
                let path = path(["offers"]).with("state", list.state.as_deref());
                let list: Vec<OfferRow> = client.list(path).await?;
                out.show(&list, |offers| table(offers));
                return Ok(());
            }
            Self::Report(report) => {
                let path = path(["offers", "report"]).with("on", report.on.as_deref());
                let report: OfferReport = client.get(path).await?;
                out.show(&report, shares);
                return Ok(());
            }
            Self::Letter(letter) => {
                let version = letter.version.map(|version| version.to_string());
                let form = if letter.pdf { "pdf" } else { "html" };
                let path = step(&letter.offer, "letter").with("form", Some(form)).with("version", version.as_deref());
                return files::put(letter.out.as_deref(), &client.get_bytes(path).await?);
            }
            Self::Draft(draft) => {
                let content = files::content(&draft.file)?;
                client.post(path(["offers"]), &NewOffer { unit: draft.unit, content, reason: draft.reason }).await?
            }
            Self::Revise(write) => {
                let new = NewVersion { content: files::content(&write.file)?, reason: write.reason };
                client.post(step(&write.offer, "versions"), &new).await?
            }
            Self::Counter(write) => {
                let new = NewVersion { content: files::content(&write.file)?, reason: write.reason };
                client.post(step(&write.offer, "counter"), &new).await?
            }
            Self::Send(send) => return send.run(client, out).await,
            Self::Link(link) => return link.run(client, out).await,
            Self::Links(which) => return link::list(&which.offer, client, out).await,
            Self::Unlink(unlink) => return unlink.run(client, out).await,
            Self::Show(which) => client.get(path(["offers", &which.offer])).await?,
            Self::Submit(which) => client.post(step(&which.offer, "submit"), &()).await?,
            Self::Approve(approve) => {
                let duty = match approve.duty {
                    For::People => Duty::People,
                    For::Finance => Duty::Finance,
                };
                client.post(step(&approve.offer, "approve"), &ApproveOffer { duty }).await?
            }
            Self::Return(note) => client.post(step(&note.offer, "return"), &OfferNote { note: note.note }).await?,
            Self::View(which) => client.post(step(&which.offer, "view"), &()).await?,
            Self::Accept(accept) => {
                let yes = AcceptOffer { version: accept.version, signed: accept.signed };
                client.post(step(&accept.offer, "accept"), &yes).await?
            }
            Self::Decline(decline) => {
                let no = DeclineOffer { reason: reason(&decline.reason)?, note: decline.note };
                client.post(step(&decline.offer, "decline"), &no).await?
            }
            Self::Withdraw(note) => client.post(step(&note.offer, "withdraw"), &OfferNote { note: note.note }).await?,
            Self::Erase(which) => client.delete(path(["offers", &which.offer])).await?,
        };
        out.show(&offer, shown);
        Ok(())
    }
}

fn reason(text: &str) -> Result<DeclineReason, Failure> {
    serde_json::from_value(text.replace('-', "_").into()).map_err(|_| {
        let hint =
            "write token-budget, salary, equity, other-offer, work, timing, other or unsaid, and the rest with --note";
        Failure::usage(format!("`{text}` is not one of the reasons"), hint)
    })
}

fn table(offers: &[OfferRow]) -> String {
    let mut table =
        Table::new(&["id", "candidate", "unit", "family", "state", "since", ">version", "tokens", "open until"]);
    for offer in offers {
        table.row([
            offer.id.to_string(),
            or_dash(offer.candidate.as_deref()),
            or_dash(offer.unit_name.as_deref()),
            offer.family.clone(),
            offer.state.clone(),
            offer.since.to_string(),
            offer.version.to_string(),
            match (offer.has_tokens, offer.guaranteed) {
                (true, true) => "guaranteed",
                (true, false) => "discretionary",
                (false, _) => "none",
            }
            .to_owned(),
            offer.expires.map_or_else(|| "-".to_owned(), |expires| expires.to_string()),
        ]);
    }
    table.or("no offers yet; `purser offer draft FILE` makes one")
}

fn shown(offer: &Offer) -> String {
    let mut text = table(std::slice::from_ref(&offer.row));
    for version in &offer.versions {
        let _ = write!(text, "\nversion {} by {} at {}", version.number, version.by, version.at);
        if let Some(reason) = version.reason.as_ref().and_then(Confidential::amount) {
            let _ = write!(text, ": {reason}");
        }
        text.push('\n');
        for change in &version.changes {
            let side =
                |value: &Option<Confidential<serde_json::Value>>| match value.as_ref().and_then(Confidential::amount) {
                    None => "-".to_owned(),
                    Some(serde_json::Value::String(text)) => text.clone(),
                    Some(value) => value.to_string(),
                };
            let _ = writeln!(text, "  {}: {} → {}", change.field, side(&change.before), side(&change.after));
        }
    }
    for given in &offer.approvals {
        let _ = write!(text, "\napproved for {} by {} at {}", given.duty.word(), given.by, given.at);
    }
    for duty in &offer.missing {
        let _ = write!(text, "\nmissing: the approval for {}", duty.word());
    }
    if let Some(grant) = offer.grant {
        let _ = write!(text, "\ngrant {grant}");
    }
    if let Some(letter) = &offer.letter {
        let _ = write!(text, "\nsigned letter {letter}");
    }
    if let Some(note) = offer.note.as_ref().and_then(Confidential::amount) {
        let _ = write!(text, "\nnote: {note}");
    }
    if !offer.findings.is_empty() {
        let _ = write!(text, "\n\n{}", files::findings(&offer.findings));
    }
    text
}

fn shares(report: &OfferReport) -> String {
    let mut table = Table::new(&["of", ">offers", ">with tokens", ">share"]);
    for row in report.families.iter().chain([&report.open]).chain(&report.months) {
        table.row([row.of.clone(), row.offers.to_string(), row.with_tokens.to_string(), or_dash(row.share.as_deref())]);
    }
    table.to_string()
}
