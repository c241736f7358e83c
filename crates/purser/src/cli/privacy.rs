//! `purser privacy …`

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use purser_control::shape::{DataMap, DataSeen, Look, LookPage, PrivacySettings, Retention, SetProfile};
use purser_control::{Profile, Reach};

use super::{export, or_dash, second};
use crate::client::{Client, path};
use crate::failure::Failure;
use crate::output::{Output, Table, fold, say};

/// What can be done about privacy.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Show which profile holds and how long what is personal is kept
    Show,
    /// Say how much of single people whoever leads them may see
    Profile {
        /// Which
        profile: Which,
    },
    /// Say for how many months what is personal is kept; 0: for good. What is not named stays as it is
    Retention(Kept),
    /// Show who looked at whose data, newest first
    Looks(Looks),
    /// Write down everything that is kept about a person: JSON, a record on each line
    Export(Everything),
    /// Show what is kept: where, why, who sees it, for how long, and how it goes
    Map,
}

#[derive(Debug, Args)]
pub(crate) struct Everything {
    /// About whom (id or name)
    pub(crate) person: String,
    /// Write to this file [default: standard output]
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct Looks {
    /// Only at this person's (id or name), with the lists that they were on
    #[arg(long)]
    pub(crate) person: Option<String>,
    /// Those before this one: the number that the page before ended with
    #[arg(long, value_name = "LOOK")]
    pub(crate) before: Option<i64>,
}

/// A profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Which {
    /// Managers see the usage of each of their people
    Standard,
    /// Managers see sums of five people or more, and what is needed to decide a request
    WorksCouncil,
}

#[derive(Clone, Copy, Debug, Args)]
#[group(required = true, multiple = true)]
pub(crate) struct Kept {
    /// Name, mail address and sign-in of those who left
    #[arg(long, value_name = "MONTHS")]
    pub(crate) left_people: Option<u16>,
    /// The links of outcomes
    #[arg(long, value_name = "MONTHS")]
    pub(crate) outcome_links: Option<u16>,
    /// Calls that were refused
    #[arg(long, value_name = "MONTHS")]
    pub(crate) denials: Option<u16>,
    /// Who looked at whose data
    #[arg(long, value_name = "MONTHS")]
    pub(crate) looks: Option<u16>,
    /// Why somebody did something, in the audit trail
    #[arg(long, value_name = "MONTHS")]
    pub(crate) reasons: Option<u16>,
}

impl Kept {
    fn over(self, before: Retention) -> Retention {
        let of = |said: Option<u16>, before| match said {
            None => before,
            Some(0) => None,
            months => months,
        };
        Retention {
            left_people: of(self.left_people, before.left_people),
            outcome_links: of(self.outcome_links, before.outcome_links),
            denials: of(self.denials, before.denials),
            looks: of(self.looks, before.looks),
            reasons: of(self.reasons, before.reasons),
        }
    }
}

impl Command {
    pub(crate) async fn run(self, client: &mut Client, out: Output) -> Result<(), Failure> {
        let settings: PrivacySettings = match self {
            Self::Show => client.get(path(["privacy"])).await?,
            Self::Profile { profile } => {
                let profile = match profile {
                    Which::Standard => Profile::Standard,
                    Which::WorksCouncil => Profile::WorksCouncil,
                };
                client.put(path(["privacy", "profile"]), &SetProfile { profile }).await?
            }
            Self::Retention(kept) => {
                let before: PrivacySettings = client.get(path(["privacy"])).await?;
                client.put(path(["privacy", "retention"]), &kept.over(before.retention)).await?
            }
            Self::Export(Everything { person, out: file }) => {
                return export::write(client, path(["people", person.as_str(), "export"]), file).await;
            }
            Self::Map => {
                let map: DataMap = client.get(path(["privacy", "map"])).await?;
                out.show(&map, map_of);
                return Ok(());
            }
            Self::Looks(Looks { person, before }) => {
                let before = before.map(|before| before.to_string());
                let asked =
                    path(["privacy", "looks"]).with("person", person.as_deref()).with("before", before.as_deref());
                let page: LookPage = client.get(asked).await?;
                out.show(&page.items, |looks| looked(looks));
                if let Some(next) = page.next {
                    say(format_args!("there are more: add `--before {next}`"));
                }
                return Ok(());
            }
        };
        out.show(&settings, table);
        Ok(())
    }
}

fn table(settings: &PrivacySettings) -> String {
    let PrivacySettings { profile, since, retention, candidate_months } = settings;
    let kept = |months: &Option<u16>| months.map_or_else(|| "for good".to_owned(), |months| format!("{months} months"));
    let mut table = Table::new(&["What", "As set"]);
    table.row(["profile".to_owned(), profile.to_string()]);
    table.row(["since".to_owned(), or_dash(since.map(second).as_deref())]);
    table.row(["people who left".to_owned(), kept(&retention.left_people)]);
    table.row(["links of outcomes".to_owned(), kept(&retention.outcome_links)]);
    table.row(["refused calls".to_owned(), kept(&retention.denials)]);
    table.row(["who looked".to_owned(), kept(&retention.looks)]);
    table.row(["reasons".to_owned(), kept(&retention.reasons)]);
    table.row(["candidates".to_owned(), kept(candidate_months)]);
    table.or("")
}

fn map_of(map: &DataMap) -> String {
    let mut text = String::new();
    for kind in &map.items {
        let tables: Vec<&str> = kind.tables.iter().map(|table| table.table.as_str()).collect();
        let tables = tables.join(", ");
        let seen = |seen: &DataSeen| match seen.reach {
            Reach::Own => format!("{} (their own)", seen.role),
            Reach::Groups => format!("{} (sums of five and more)", seen.role),
            Reach::Subtree => format!("{} (their unit)", seen.role),
            Reach::All | Reach::Refused => seen.role.to_string(),
        };
        let seen: Vec<String> = kind.seen_by.iter().map(seen).collect();
        let seen = if seen.is_empty() { "nobody".to_owned() } else { seen.join(", ") };
        let journal = kind.journal.as_deref().unwrap_or("nothing of it");
        text.push_str(&kind.kind);
        text.push('\n');
        for (head, line) in [
            ("  what     ", kind.what.as_str()),
            ("  why      ", kind.why.as_str()),
            ("  tables   ", tables.as_str()),
            ("  journal  ", journal),
            ("  seen by  ", seen.as_str()),
            ("  kept     ", kind.kept.as_str()),
            ("  erased   ", kind.erased.as_str()),
        ] {
            fold(&mut text, head, line);
        }
    }
    for table in &map.not_described {
        fold(&mut text, "not described: ", table);
    }
    text
}

fn looked(looks: &[Look]) -> String {
    let mut table = Table::new(&["Day", "Who", "Role", "What", "Whose", "Times"]);
    for look in looks {
        let whose = match look.person {
            Some(person) => person.to_string(),
            None if look.units.is_empty() => "everybody's".to_owned(),
            None => look.units.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
        };
        let who = look.name.clone().unwrap_or_else(|| look.actor.clone());
        let roles = look.roles.join(", ");
        table.row([look.day.to_string(), who, roles, look.what.clone(), whose, look.times.to_string()]);
    }
    table.or("nobody looked at anybody's data")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_named_stays_and_nought_is_for_good() {
        let before =
            Retention { denials: Some(3), outcome_links: Some(4), left_people: None, looks: Some(9), reasons: None };
        let kept = Kept { left_people: Some(6), outcome_links: Some(0), denials: None, looks: None, reasons: Some(5) };
        let after =
            Retention { left_people: Some(6), outcome_links: None, denials: Some(3), looks: Some(9), reasons: Some(5) };
        assert_eq!(kept.over(before), after);
    }
}
