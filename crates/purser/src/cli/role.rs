//! `purser role …`

use std::path::PathBuf;

use clap::{Args, Subcommand};
use purser_control::shape::{PreviewRoles, RolesImpact};
use purser_core::role::{RoleChange, Roles};

use super::{money, run_limits};
use crate::client::{Absent, Client, path};
use crate::failure::Failure;
use crate::output::{Output, Table};

/// What can be done with families, bands, policies, calendars and approval rules.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Show families with their bands and policies
    List,
    /// Set the families, bands, calendars and approval rules that a company starts with, where there are none yet
    Presets,
    /// Make a change from a JSON file: a family, a policy, a place, or the approval rules
    Set(File),
    /// Say what changes from a JSON file (a list of them) would do to offers and grants; nothing is changed
    Preview(Preview),
}

#[derive(Debug, Args)]
pub(crate) struct File {
    /// The change as JSON, such as {"policy":{"family":"finance","step":{"since":"2027-01-01","state":"required"}}}
    pub(crate) file: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct Preview {
    /// A list of changes as JSON
    pub(crate) file: PathBuf,
    /// The day to look at [default: today]
    #[arg(long, value_name = "DATE")]
    pub(crate) on: Option<String>,
}

impl Command {
    pub(crate) fn absent(&self) -> Absent {
        match self {
            Self::Presets | Self::Set(_) => Absent::Create,
            Self::List | Self::Preview(_) => Absent::Refuse,
        }
    }

    pub(crate) async fn run(self, client: &mut Client, out: Output) -> Result<(), Failure> {
        let roles: Roles = match self {
            Self::List => client.get(path(["roles"])).await?,
            Self::Presets => client.post(path(["roles", "presets"]), &()).await?,
            Self::Set(set) => client.post(path(["roles"]), &read::<RoleChange>(&set.file)?).await?,
            Self::Preview(preview) => {
                let ask = PreviewRoles { changes: read(&preview.file)?, on: preview.on };
                let impact: RolesImpact = client.post(path(["roles", "preview"]), &ask).await?;
                out.show(&impact, told);
                return Ok(());
            }
        };
        out.show(&roles, table);
        Ok(())
    }
}

fn read<T: serde::de::DeserializeOwned>(file: &PathBuf) -> Result<T, Failure> {
    let text = std::fs::read_to_string(file)
        .map_err(|error| Failure::from_error(format_args!("{} can't be read", file.display()), &error))?;
    serde_json::from_str(&text)
        .map_err(|error| Failure::from_error(format_args!("{} is not a change of roles", file.display()), &error))
}

fn table(roles: &Roles) -> String {
    let mut table = Table::new(&["family", "level", "place", ">low/workday", ">high/workday", "policy", "source"]);
    for (family, terms) in &roles.families {
        let policy = terms.policy.last().map_or_else(
            || "experiment".to_owned(),
            |step| {
                format!(
                    "{} since {}",
                    serde_json::to_value(step.state).unwrap_or_default().as_str().unwrap_or(""),
                    step.since
                )
            },
        );
        for band in &terms.bands {
            table.row([
                family.to_string(),
                band.level.map_or_else(|| "all".to_owned(), |level| level.to_string()),
                band.place.as_ref().map_or_else(|| "all".to_owned(), ToString::to_string),
                money(band.low),
                money(band.high),
                policy.clone(),
                band.source.clone(),
            ]);
        }
    }
    let mut limits = Table::new(&["family", "level", "each run may use at most"]);
    for (family, terms) in &roles.families {
        for runs in &terms.runs {
            let level = runs.level.map_or_else(|| "all".to_owned(), |level| level.to_string());
            limits.row([family.to_string(), level, run_limits(&runs.limits)]);
        }
    }
    let families = table.or("no families yet; `purser role presets` sets those that companies start with");
    if limits.is_empty() { families } else { format!("{families}\n{limits}") }
}

fn told(impact: &RolesImpact) -> String {
    let word = |standing| serde_json::to_value(standing).unwrap_or_default().as_str().unwrap_or("").replace('_', " ");
    let mut table = Table::new(&["id", "now", "then"]);
    for moved in &impact.moved {
        table.row([moved.id.clone(), word(moved.before), word(moved.after)]);
    }
    let after = impact.after.iter().map(|(standing, count)| format!("{count} {}", word(*standing)));
    let after: Vec<String> = after.collect();
    let moved = format!("{} of {} would stand elsewhere", impact.moved.len(), impact.looked_at);
    format!("{}\n{moved}; then: {}", table.or("nothing would move"), after.join(", "))
}
