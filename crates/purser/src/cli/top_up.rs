//! `purser top-up …`

use std::fmt::Write as _;

use clap::{Args, Subcommand};
use purser_control::shape::{ApproveTopUp, AskTopUp, DenyTopUp, TopUp, TopUpDesk, TopUpDetail, TopUpState};
use purser_core::money::Nano;
use serde_json::json;

use super::{money, or_dash, second};
use crate::client::{Client, path};
use crate::failure::Failure;
use crate::output::{Output, Table, say};

/// What can be done with requests for more money.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Ask for more money for somebody, once; agents ask by the tool `request_top_up`
    Ask(Ask),
    /// Show the requests, oldest first
    List {
        /// Only this person's (id or name)
        #[arg(long)]
        person: Option<String>,
        /// Decided, cancelled and expired ones too
        #[arg(long)]
        all: bool,
    },
    /// Show one request with what there is to know for a decision
    Show(Which),
    /// Make the grant that is asked for, or a part of it; nobody approves their own
    Approve(Approve),
    /// Make none, and say why
    Deny(Deny),
    /// Take a request back
    Cancel(Which),
}

#[derive(Debug, Args)]
pub(crate) struct Ask {
    /// Who would get the money (id or name)
    pub(crate) person: String,
    /// How much, such as 50
    pub(crate) amount: Nano,
    /// What it is for, in a sentence: whoever decides reads it
    #[arg(value_name = "WHY")]
    pub(crate) why: String,
    /// The last day on which it may be spent, in the person's zone [default: a week from now]
    #[arg(long, value_name = "DATE")]
    pub(crate) until: Option<String>,
    /// A word for what it is for, such as migration: one request may be open for each
    #[arg(long, value_name = "WORD")]
    pub(crate) purpose: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Which {
    /// Id of the request (`purser top-up list`)
    pub(crate) id: String,
}

#[derive(Debug, Args)]
pub(crate) struct Approve {
    /// Id of the request (`purser top-up list`)
    pub(crate) id: String,
    /// Only so much of it
    #[arg(long)]
    pub(crate) amount: Option<Nano>,
    /// The pool that pays (id or name), which makes the grant guaranteed [default: the budgets of unit and company]
    #[arg(long)]
    pub(crate) pool: Option<String>,
    /// What there is to say about it: whoever asked reads it
    #[arg(long, value_name = "TEXT")]
    pub(crate) say: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Deny {
    /// Id of the request (`purser top-up list`)
    pub(crate) id: String,
    /// Why, in a sentence: whoever asked reads it
    #[arg(value_name = "WHY")]
    pub(crate) why: String,
}

impl Command {
    pub(crate) async fn run(self, client: &mut Client, out: Output) -> Result<(), Failure> {
        let changed: TopUp = match self {
            Self::List { person, all } => {
                let wanted = path(["top-ups"]).with("person", person.as_deref());
                let list: Vec<TopUp> = client.list(wanted.with("state", (!all).then_some("open"))).await?;
                out.show(&list, |list| table(list));
                return Ok(());
            }
            Self::Show(which) => {
                let detail: TopUpDetail = client.get(path(["top-ups", &which.id])).await?;
                out.show(&detail, shown);
                return Ok(());
            }
            Self::Ask(Ask { person, amount, why: reason, until, purpose }) => {
                let new = AskTopUp { person: Some(person), amount, reason, until, purpose };
                client.post(path(["top-ups"]), &new).await?
            }
            Self::Approve(Approve { id, amount, pool, say: reason }) => {
                let how = ApproveTopUp { amount, reason, pool };
                client.post(path(["top-ups", &id, "approve"]), &how).await?
            }
            Self::Deny(Deny { id, why: reason }) => {
                client.post(path(["top-ups", &id, "deny"]), &DenyTopUp { reason }).await?
            }
            Self::Cancel(which) => client.post(path(["top-ups", &which.id, "cancel"]), &json!({})).await?,
        };
        say(format_args!("{}", told(&changed)));
        out.show(&changed, |one| table(std::slice::from_ref(one)));
        Ok(())
    }
}

/// What has become of a request, for whoever has just done something with it.
fn told(one: &TopUp) -> String {
    let TopUp { amount, until, .. } = one;
    match (one.state, one.given, one.grant) {
        (TopUpState::Approved, Some(given), Some(grant)) => {
            let by = one.mandate_name.as_deref().map(|name| format!(" by the mandate of {name}")).unwrap_or_default();
            format!("{given} until {until} is granted as {grant}{by}; the next call can spend it.")
        }
        (TopUpState::Open, ..) => {
            let who = people(one.desk);
            format!("{amount} until {until} is asked for; {who} decides, by {} at the latest.", second(one.closes))
        }
        (state, ..) => format!("The request for {amount} is {}.", word(state)),
    }
}

const fn people(desk: TopUpDesk) -> &'static str {
    match desk {
        TopUpDesk::Manager => "a manager",
        TopUpDesk::Finance => "finance",
        TopUpDesk::Admin => "an administrator",
    }
}

const fn word(state: TopUpState) -> &'static str {
    match state {
        TopUpState::Open => "open",
        TopUpState::Approved => "approved",
        TopUpState::Denied => "denied",
        TopUpState::Cancelled => "cancelled",
        TopUpState::Expired => "expired",
    }
}

fn table(list: &[TopUp]) -> String {
    let mut table = Table::new(&[
        "id",
        "person",
        ">amount",
        ">given",
        "until",
        "state",
        "for",
        "asked",
        "by",
        "decided by",
        "reason",
    ]);
    for one in list {
        let state = match one.state {
            TopUpState::Open => format!("open, for {}", people(one.desk)),
            state => word(state).to_owned(),
        };
        let by = one.decided_by_name.as_deref().or(one.mandate_name.as_deref()).or(one.decided_by.as_deref());
        table.row([
            one.id.to_string(),
            one.person_name.clone().unwrap_or_else(|| one.person.to_string()),
            money(one.amount),
            or_dash(one.given.map(money).as_deref()),
            one.until.clone(),
            state,
            or_dash(one.purpose.as_deref()),
            second(one.asked),
            if one.by_agent { "an agent".to_owned() } else { one.asked_by.clone() },
            or_dash(by),
            or_dash(one.reason.as_deref()),
        ]);
    }
    table.or("nobody waits for more money; agents ask by the tool `request_top_up`, others by `purser top-up ask`")
}

/// A request as whoever decides about it reads it.
fn shown(detail: &TopUpDetail) -> String {
    let (one, context) = (&detail.top_up, &detail.context);
    let mut text = table(std::slice::from_ref(one));
    let mut line = |what: &str, said: String| _ = writeln!(text, "{what:<22}{said}");
    if let Some(run) = one.run {
        line("asked in run", run.to_string());
    }
    if let Some(absent) = &one.for_absent_name {
        line("decided for", format!("{absent}, who was away"));
    }
    if let Some(why) = &one.why {
        line("said about it", why.clone());
    }
    if one.state == TopUpState::Open {
        line("closes", second(one.closes));
    }
    let days = if context.days == 1 { "a day".to_owned() } else { format!("{} days", context.days) };
    line("spent", format!("{} in {days}, {} a day", context.spent, context.per_day));
    let refills = context.refills_at.map(|at| format!(", new money comes {}", second(at))).unwrap_or_default();
    let gone = match (context.gone, context.left.is_positive()) {
        (Some(at), true) => format!("; at this pace gone {}", second(at)),
        (_, false) => "; nothing is left".to_owned(),
        (None, true) => "; enough at this pace".to_owned(),
    };
    line("left", format!("{}{gone}{refills}", context.left));
    line("top-ups in 30 days", money(context.given_in_30_days));
    for before in &context.last {
        let given = before.given.map(|given| format!(", {given} given")).unwrap_or_default();
        line("asked before", format!("{} on {}: {}{given}", before.amount, second(before.asked), word(before.state)));
    }
    for budget in &context.budgets {
        let whose = budget.owner_name.as_deref().unwrap_or(&budget.owner);
        let left = format!("{} of {} per {} until {}", budget.left, budget.most, budget.per, second(budget.ends));
        line("budget left", format!("{whose}: {left}"));
    }
    for pool in &context.pools {
        let name = pool.name.clone().unwrap_or_else(|| pool.pool.to_string());
        line("pool free", format!("{name}: {}", pool.free));
    }
    if let (Some(peers), Some(usual)) = (context.peers, context.peers_per_day) {
        line("peers", format!("{usual} a day is the median of {peers}"));
    }
    text
}
