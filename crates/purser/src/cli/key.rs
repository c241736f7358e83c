//! `purser key …` and `purser admin-key …`

use clap::{Args, Subcommand};
use purser_control::shape::{AdminKey, Key, NewAdminKey, NewKey};

use super::or_dash;
use crate::client::{Absent, Client, path};
use crate::failure::Failure;
use crate::output::{Output, Table, say};

/// What can be done with keys.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Make a key; its secret is shown once
    Add(Add),
    /// Show keys, never their secrets
    List,
    /// Stop a key at once
    Revoke(Revoke),
}

#[derive(Debug, Args)]
pub(crate) struct Add {
    /// Whose money it spends (id or name)
    pub(crate) person: String,
    /// What uses it, when that is an agent: a label such as claude-code
    #[arg(long, value_name = "LABEL")]
    pub(crate) agent: Option<String>,
    /// Models it may ask for [default: every model]
    #[arg(long, value_delimiter = ',', value_name = "GLOB")]
    pub(crate) models: Vec<String>,
    /// Providers it may use [default: every provider]
    #[arg(long, value_delimiter = ',', value_name = "NAME")]
    pub(crate) providers: Vec<String>,
    /// Tools it may be used with, by what the program says that it is [default: every tool]
    #[arg(long, value_delimiter = ',', value_name = "GLOB")]
    pub(crate) tools: Vec<String>,
    /// The tool it is made for: its calls count as that tool's, whatever the program says
    #[arg(long, value_name = "NAME")]
    pub(crate) tool: Option<String>,
    /// What its calls are for where they do not say so themselves: a project or repository
    #[arg(long, value_name = "NAME")]
    pub(crate) project: Option<String>,
    /// Requests per minute
    #[arg(long, value_name = "N")]
    pub(crate) rpm: Option<u32>,
    /// First day on which it no longer works, in the person's zone
    #[arg(long, value_name = "DATE")]
    pub(crate) expires: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Revoke {
    /// Id of the key
    pub(crate) key: String,
}

/// What can be done with administrators' keys.
#[derive(Debug, Subcommand)]
pub(crate) enum AdminCommand {
    /// Make a key for the control API; its secret is shown once
    Add(AdminAdd),
    /// Show administrators' keys, never their secrets
    List,
    /// Stop an administrator's key at once
    Revoke(Revoke),
}

#[derive(Debug, Args)]
pub(crate) struct AdminAdd {
    /// What it is for
    #[arg(long, default_value = "admin")]
    pub(crate) label: String,
    /// admin, people, finance, manager:UNIT, employee, auditor [default: admin]
    #[arg(long = "role", value_delimiter = ',', value_name = "ROLE")]
    pub(crate) roles: Vec<String>,
    /// The person for whom it works (id or name); needed for employee
    #[arg(long)]
    pub(crate) person: Option<String>,
}

impl Command {
    pub(crate) async fn run(self, client: &mut Client, out: Output) -> Result<(), Failure> {
        match self {
            Self::Add(add) => {
                let new = NewKey {
                    person: add.person,
                    agent: add.agent,
                    models: add.models,
                    providers: add.providers,
                    tools: add.tools,
                    tool: add.tool,
                    project: add.project,
                    rpm: add.rpm,
                    expires: add.expires,
                };
                let key: Key = client.post(path(["keys"]), &new).await?;
                tell_secret(key.key.as_deref());
                // The secret alone goes to standard output, so that `$(purser key add …)` is the key.
                out.show(&key, |key| key.key.clone().unwrap_or_else(|| key.id.to_string()));
            }
            Self::List => {
                let list: Vec<Key> = client.list(path(["keys"])).await?;
                out.show(&list, |keys| table(keys));
            }
            Self::Revoke(revoke) => {
                let key: Key = client.delete(path(["keys", &revoke.key])).await?;
                out.show(&key, |key| table(std::slice::from_ref(key)));
            }
        }
        Ok(())
    }
}

impl AdminCommand {
    pub(crate) fn absent(&self) -> Absent {
        match self {
            Self::Add(_) => Absent::Create,
            Self::List | Self::Revoke(_) => Absent::Refuse,
        }
    }

    pub(crate) async fn run(self, client: &mut Client, out: Output) -> Result<(), Failure> {
        match self {
            Self::Add(add) => {
                let new = NewAdminKey { label: add.label, roles: add.roles, person: add.person };
                let key: AdminKey = client.post(path(["admin-keys"]), &new).await?;
                tell_secret(key.key.as_deref());
                out.show(&key, |key| key.key.clone().unwrap_or_else(|| key.id.to_string()));
            }
            Self::List => {
                let list: Vec<AdminKey> = client.list(path(["admin-keys"])).await?;
                out.show(&list, |keys| admin_table(keys));
            }
            Self::Revoke(revoke) => {
                let key: AdminKey = client.delete(path(["admin-keys", &revoke.key])).await?;
                out.show(&key, |key| admin_table(std::slice::from_ref(key)));
            }
        }
        Ok(())
    }
}

fn tell_secret(secret: Option<&str>) {
    match secret {
        Some(_) => say(format_args!("This is the only time the key is shown; only its hash is kept.")),
        None => say(format_args!("This change was made before; its key was shown then and is not kept.")),
    }
}

fn table(keys: &[Key]) -> String {
    let mut table = Table::new(&["id", "person", "agent", "models", ">per minute", "expires", "state"]);
    for key in keys {
        table.row([
            key.id.to_string(),
            or_dash(key.person_name.as_deref()),
            or_dash(key.agent.as_deref()),
            if key.models.is_empty() { "all".to_owned() } else { key.models.join(",") },
            key.rpm.map_or_else(|| "-".to_owned(), |rpm| rpm.to_string()),
            key.expires.map_or_else(|| "-".to_owned(), |expires| expires.to_string()),
            if key.active { "active" } else { "stopped" }.to_owned(),
        ]);
    }
    table.or("no keys yet; `purser key add PERSON` makes one")
}

fn admin_table(keys: &[AdminKey]) -> String {
    let mut table = Table::new(&["id", "label", "roles", "made"]);
    for key in keys {
        let roles: Vec<String> = key.roles.iter().map(ToString::to_string).collect();
        table.row([key.id.to_string(), or_dash(key.label.as_deref()), roles.join(","), key.made.to_string()]);
    }
    table.or("no administrators' keys yet; `purser admin-key add` makes one")
}
