//! `purser login …` and `purser break-glass …`

use std::io::{BufRead, IsTerminal};

use clap::{Args, Subcommand};
use purser_control::shape::{BreakGlass, Login, NewBreakGlass, NewLogin, SetActive, SetPassword, SetRoles};

use super::or_dash;
use crate::client::{Absent, Client, path};
use crate::failure::Failure;
use crate::output::{Output, Table, say};

/// What can be done with logins.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Let somebody sign in; the password is read from standard input
    Add(Add),
    /// Show who may sign in
    List,
    /// Give somebody other roles, in place of those before
    Role(Role),
    /// Give somebody another password, read from standard input; their sessions end
    Password(One),
    /// Let somebody sign in no longer; their sessions end
    Disable(One),
    /// Let somebody sign in again
    Enable(One),
}

#[derive(Debug, Args)]
pub(crate) struct Add {
    /// Mail address
    pub(crate) email: String,
    /// admin, people, finance, manager:UNIT, employee, auditor
    #[arg(long = "role", value_delimiter = ',', required = true, value_name = "ROLE")]
    pub(crate) roles: Vec<String>,
    /// The person that they are (id or name); needed for employee
    #[arg(long)]
    pub(crate) person: Option<String>,
    /// Who else says who they are, in place of a password: the issuer of a single sign-on
    #[arg(long, requires = "subject", value_name = "URL")]
    pub(crate) issuer: Option<String>,
    /// The name that this issuer knows them by
    #[arg(long, requires = "issuer")]
    pub(crate) subject: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Role {
    /// Mail address or id
    pub(crate) login: String,
    /// admin, people, finance, manager:UNIT, employee, auditor
    #[arg(value_delimiter = ',', required = true, value_name = "ROLE")]
    pub(crate) roles: Vec<String>,
}

#[derive(Debug, Args)]
pub(crate) struct One {
    /// Mail address or id
    pub(crate) login: String,
}

/// What can be done where a rule needs two persons and there is one administrator.
#[derive(Debug, Subcommand)]
pub(crate) enum GlassCommand {
    /// Ask for the rule to be set aside, for one action on one thing; it may be used a day later, for a day, once
    Ask(Ask),
    /// Show what was asked
    List,
}

#[derive(Debug, Args)]
pub(crate) struct Ask {
    /// The action, such as set_login_roles
    pub(crate) action: String,
    /// The id of the thing
    pub(crate) target: String,
    /// Why it can't wait for a second person
    #[arg(long = "why")]
    pub(crate) reason: String,
}

impl Command {
    pub(crate) fn absent(&self) -> Absent {
        match self {
            Self::Add(_) => Absent::Create,
            _ => Absent::Refuse,
        }
    }

    pub(crate) async fn run(self, client: &mut Client, out: Output) -> Result<(), Failure> {
        let login: Login = match self {
            Self::Add(add) => {
                let password = if add.issuer.is_none() { Some(password()?) } else { None };
                let Add { email, roles, person, issuer, subject } = add;
                let new = NewLogin { email, password, roles, person, issuer, subject };
                client.post(path(["logins"]), &new).await?
            }
            Self::List => {
                let list: Vec<Login> = client.list(path(["logins"])).await?;
                out.show(&list, |logins| table(logins));
                return Ok(());
            }
            Self::Role(role) => {
                client.put(path(["logins", &role.login, "roles"]), &SetRoles { roles: role.roles }).await?
            }
            Self::Password(one) => {
                let set = SetPassword { current: None, password: password()? };
                client.put(path(["logins", &one.login, "password"]), &set).await?
            }
            Self::Disable(one) => active(client, &one, false).await?,
            Self::Enable(one) => active(client, &one, true).await?,
        };
        out.show(&login, |login| table(std::slice::from_ref(login)));
        Ok(())
    }
}

async fn active(client: &mut Client, one: &One, active: bool) -> Result<Login, Failure> {
    client.put(path(["logins", &one.login, "active"]), &SetActive { active }).await
}

impl GlassCommand {
    pub(crate) async fn run(self, client: &mut Client, out: Output) -> Result<(), Failure> {
        let asked = match self {
            Self::Ask(ask) => {
                let new = NewBreakGlass { action: ask.action, target: ask.target, reason: ask.reason };
                vec![client.post(path(["break-glass"]), &new).await?]
            }
            Self::List => client.list::<BreakGlass>(path(["break-glass"])).await?,
        };
        out.show(&asked, |asked| {
            let mut table = Table::new(&["id", "action", "target", "by", "usable from", "until", "used"]);
            for glass in asked {
                table.row([
                    glass.id.to_string(),
                    glass.action.clone(),
                    glass.target.clone(),
                    glass.by.actor.to_string(),
                    glass.usable.to_string(),
                    glass.until.to_string(),
                    glass.used.map_or_else(|| "-".to_owned(), |used| used.to_string()),
                ]);
            }
            table.or("nothing was asked to be set aside")
        });
        Ok(())
    }
}

/// A password from standard input: never an argument, which other users of the machine see.
fn password() -> Result<String, Failure> {
    let input = std::io::stdin();
    if input.is_terminal() {
        say(format_args!("Type the password and press Enter (it is shown while it is typed):"));
    }
    let mut line = String::new();
    input.lock().read_line(&mut line).map_err(|error| Failure::from_error("no password could be read", &error))?;
    let password = line.trim_end_matches(['\r', '\n']);
    if password.is_empty() {
        return Err(Failure::usage("there is no password", "write it to standard input"));
    }
    Ok(password.to_owned())
}

fn table(logins: &[Login]) -> String {
    let mut table = Table::new(&["id", "mail address", "roles", "person", "by", "state"]);
    for login in logins {
        let roles: Vec<String> = login.roles.iter().map(ToString::to_string).collect();
        table.row([
            login.id.to_string(),
            or_dash(login.email.as_deref()),
            roles.join(","),
            login.person.map_or_else(|| "-".to_owned(), |person| person.to_string()),
            login.issuer.clone().unwrap_or_else(|| if login.password { "password" } else { "-" }.to_owned()),
            if login.active { "active" } else { "disabled" }.to_owned(),
        ]);
    }
    table.or("nobody signs in yet; `purser login add MAIL --role admin` lets somebody")
}
