//! `purser activation …`

use clap::{Args, Subcommand};
use purser_control::shape::{Activation, ActivationState, NewActivation};

use super::or_dash;
use crate::client::{Client, path};
use crate::failure::Failure;
use crate::output::{Output, Table, say};

/// What can be done with links by which people make their first keys.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Make a link for somebody; it is shown once, and makes one key from the day on which their first grant opens
    Add(Add),
    /// Show links, never their addresses
    List,
    /// Stop a link that has not made its key
    Revoke(Revoke),
}

#[derive(Debug, Args)]
pub(crate) struct Add {
    /// Who is to have a key (id or name)
    pub(crate) person: String,
    /// First day on which it no longer works, in the person's zone [default: two weeks after it opens]
    #[arg(long, value_name = "DATE")]
    pub(crate) until: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Revoke {
    /// Id of the link
    pub(crate) activation: String,
}

impl Command {
    pub(crate) async fn run(self, client: &mut Client, out: Output) -> Result<(), Failure> {
        match self {
            Self::Add(add) => {
                let new = NewActivation { person: add.person, until: add.until };
                let made: Activation = client.post(path(["activations"]), &new).await?;
                let whose = made.person_name.clone().unwrap_or_else(|| made.person.to_string());
                match made.state {
                    ActivationState::Waiting => {
                        say(format_args!("Hand this link to {whose}. It makes a key, once, from {} on.", made.opens));
                    }
                    _ => say(format_args!("Hand this link to {whose}. It makes a key, once, from now on.")),
                }
                say(format_args!("It is shown only now, and good until {}.", made.until));
                out.show(&made, |made| made.link.clone().unwrap_or_else(|| made.id.to_string()));
            }
            Self::List => {
                let list: Vec<Activation> = client.list(path(["activations"])).await?;
                out.show(&list, |links| table(links));
            }
            Self::Revoke(revoke) => {
                let link: Activation = client.delete(path(["activations", &revoke.activation])).await?;
                out.show(&link, |link| table(std::slice::from_ref(link)));
            }
        }
        Ok(())
    }
}

fn table(links: &[Activation]) -> String {
    let mut table = Table::new(&["id", "person", "state", "opens", "until"]);
    for link in links {
        let state = match link.state {
            ActivationState::Waiting => "waiting",
            ActivationState::Open => "open",
            ActivationState::Used => "used",
            ActivationState::Expired => "expired",
            ActivationState::Revoked => "revoked",
        };
        table.row([
            link.id.to_string(),
            or_dash(link.person_name.as_deref()),
            state.to_owned(),
            link.opens.to_string(),
            link.until.to_string(),
        ]);
    }
    table.or("no links yet; `purser activation add PERSON` makes one")
}
