//! `purser grant …`

use clap::{Args, Subcommand, ValueEnum};
use purser_control::shape::{
    ChangeGrant, DayRemedy, Grant, GrantChange, NewGrant, PromiseUsable, Remedies, RemedyState, WantedRemedies,
};
use purser_core::money::Nano;

use super::{money, or_dash};
use crate::client::{Client, path};
use crate::failure::Failure;
use crate::output::{Output, Table};

/// What can be done with grants.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Grant somebody an amount per period
    Add(Box<Add>),
    /// Show grants
    List(List),
    /// Set the working share from a day on: days from then on release that share
    Share(PartTime),
    /// Begin a leave: days release nothing until the person is back
    Leave(Leave),
    /// End a leave; a guaranteed term ends as many days later
    Back(Back),
    /// Make the term longer, for days on which the grant could not be used
    Extend(Extend),
    /// Add to the running period, for days on which the grant could not be used
    Credit(Moved),
    /// Move an amount from the next period into the running one
    Advance(Moved),
    /// Make good a day on which it could not be used, by its terms
    Remedy(Remedied),
    /// Make good the days on which guaranteed grants could not be used, by their terms; a job does so each hour
    Remedies(Faults),
    /// Let the holidays of a place hold, by its calendar of now, from the next period on
    Calendar(Placed),
    /// Give some of the running period to somebody else's grant
    Give(Gift),
    /// Void a grant: it releases nothing more, its history stays
    Void(Void),
}

#[derive(Debug, Args)]
pub(crate) struct Add {
    /// Id or name
    pub(crate) person: String,
    /// Amount and period: 20/day, 500/month, 6000/year
    pub(crate) amount: String,
    /// Which days release the amount: all or workdays
    #[arg(long, default_value = "all")]
    pub(crate) days: String,
    /// First day, in the person's zone [default: today]
    #[arg(long, value_name = "DATE")]
    pub(crate) start: Option<String>,
    /// First day on which it releases nothing more
    #[arg(long, value_name = "DATE")]
    pub(crate) end: Option<String>,
    /// Lower burns first
    #[arg(long)]
    pub(crate) priority: Option<u16>,
    /// Models it pays for, such as claude-*,gpt-5* [default: every model]
    #[arg(long, value_delimiter = ',', value_name = "GLOB")]
    pub(crate) models: Vec<String>,
    /// Providers it pays for [default: every provider]
    #[arg(long, value_delimiter = ',', value_name = "NAME")]
    pub(crate) providers: Vec<String>,
    /// Tools it pays for, such as claude-code,codex [default: every tool]
    #[arg(long, value_delimiter = ',', value_name = "GLOB")]
    pub(crate) tools: Vec<String>,
    /// Whose holidays are no workdays, such as us: a place that has a calendar
    #[arg(long)]
    pub(crate) place: Option<String>,
    /// How much of a whole working time the person has, such as 80%: the amount is what full time releases
    #[arg(long, value_name = "PERCENT")]
    pub(crate) share: Option<String>,
    /// What of a period lives on when it is unused, at most
    #[arg(long, value_name = "AMOUNT")]
    pub(crate) rollover: Option<Nano>,
    /// For how many periods more it lives on [default: 1]
    #[arg(long, value_name = "N", requires = "rollover")]
    pub(crate) rollover_periods: Option<u8>,
    /// What a day is worth that could not be used: the term ends a day later, or its amount is credited
    #[arg(long, value_enum)]
    pub(crate) remedy: Option<Remedy>,
    /// No later cut can eat it; a pool pays for it
    #[arg(long)]
    pub(crate) guaranteed: bool,
    /// The pool that pays for the guarantee (id or name) [default: the company's only one]
    #[arg(long, requires = "guaranteed")]
    pub(crate) pool: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct List {
    /// Only this person's (id or name)
    pub(crate) person: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct PartTime {
    /// Id of the grant
    pub(crate) grant: String,
    /// Such as 80%
    pub(crate) share: String,
    /// From which day on, in the person's zone [default: today]
    #[arg(long, value_name = "DATE")]
    pub(crate) from: Option<String>,
    /// The person has agreed to a smaller share of a guaranteed grant
    #[arg(long)]
    pub(crate) agreed: bool,
    /// Only show what would be
    #[arg(long)]
    pub(crate) preview: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Leave {
    /// Id of the grant
    pub(crate) grant: String,
    /// From which day on, in the person's zone [default: today]
    #[arg(long, value_name = "DATE")]
    pub(crate) from: Option<String>,
    /// Only show what would be
    #[arg(long)]
    pub(crate) preview: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Faults {
    /// First day (UTC) [default: eight days ago]
    #[arg(long, value_name = "DAY")]
    pub(crate) from: Option<String>,
    /// First day not included [default: now]
    #[arg(long, value_name = "DAY")]
    pub(crate) to: Option<String>,
    /// Only show them, and how much of the promises was usable
    #[arg(long)]
    pub(crate) preview: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Placed {
    /// Id of the grant
    pub(crate) grant: String,
    /// Which place's, such as us
    #[arg(long)]
    pub(crate) place: String,
    /// Only show what would be
    #[arg(long)]
    pub(crate) preview: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Back {
    /// Id of the grant
    pub(crate) grant: String,
    /// From which day on, in the person's zone [default: today]
    #[arg(long, value_name = "DATE")]
    pub(crate) on: Option<String>,
    /// Only show what would be
    #[arg(long)]
    pub(crate) preview: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Extend {
    /// Id of the grant
    pub(crate) grant: String,
    /// How many days
    pub(crate) days: u16,
    /// Only show what would be
    #[arg(long)]
    pub(crate) preview: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Moved {
    /// Id of the grant
    pub(crate) grant: String,
    /// How much
    pub(crate) amount: Nano,
    /// Only show what would be
    #[arg(long)]
    pub(crate) preview: bool,
}

/// What a day is worth that could not be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Remedy {
    /// The term ends a day that counts later
    Extends,
    /// The day's amount is added to the running period
    Credits,
}

#[derive(Debug, Args)]
pub(crate) struct Remedied {
    /// Id of the grant
    pub(crate) grant: String,
    /// Which day, in the person's zone [default: today]
    #[arg(long, value_name = "DATE")]
    pub(crate) day: Option<String>,
    /// Only show what would be
    #[arg(long)]
    pub(crate) preview: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Gift {
    /// Id of the grant
    pub(crate) grant: String,
    /// Id of the grant that gets it
    pub(crate) to: String,
    /// How much
    pub(crate) amount: Nano,
    /// The person has agreed to give of a guaranteed grant
    #[arg(long)]
    pub(crate) agreed: bool,
    /// Only show what would be
    #[arg(long)]
    pub(crate) preview: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Void {
    /// Id of the grant
    pub(crate) grant: String,
    /// The person agrees to lose what was guaranteed
    #[arg(long)]
    pub(crate) agreed: bool,
}

impl Command {
    pub(crate) async fn run(self, client: &mut Client, out: Output) -> Result<(), Failure> {
        let grant: Grant = match self {
            Self::Add(add) => {
                let add = *add;
                let new = NewGrant {
                    person: add.person,
                    amount: add.amount,
                    place: add.place,
                    days: Some(add.days),
                    start: add.start,
                    end: add.end,
                    priority: add.priority,
                    models: add.models,
                    providers: add.providers,
                    tools: add.tools,
                    share: add.share,
                    rollover: add.rollover,
                    rollover_periods: add.rollover_periods,
                    remedy: add.remedy.map(|remedy| match remedy {
                        Remedy::Extends => DayRemedy::Extends,
                        Remedy::Credits => DayRemedy::Credits,
                    }),
                    guaranteed: add.guaranteed,
                    pool: add.pool,
                };
                client.post(path(["grants"]), &new).await?
            }
            Self::List(list) => {
                let path = path(["grants"]).with("person", list.person.as_deref());
                let list: Vec<Grant> = client.list(path).await?;
                out.show(&list, |grants| table(grants));
                return Ok(());
            }
            Self::Share(of) => {
                let change = GrantChange::Share { share: of.share, from: of.from };
                let asked = ChangeGrant { change, preview: of.preview, agreed: of.agreed };
                client.post(path(["grants", &of.grant, "changes"]), &asked).await?
            }
            Self::Leave(of) => changed(client, &of.grant, GrantChange::Leave { from: of.from }, of.preview).await?,
            Self::Back(of) => changed(client, &of.grant, GrantChange::Back { on: of.on }, of.preview).await?,
            Self::Extend(of) => changed(client, &of.grant, GrantChange::Extend { days: of.days }, of.preview).await?,
            Self::Credit(of) => {
                changed(client, &of.grant, GrantChange::Credit { amount: of.amount }, of.preview).await?
            }
            Self::Advance(of) => {
                changed(client, &of.grant, GrantChange::Advance { amount: of.amount }, of.preview).await?
            }
            Self::Remedies(of) => return remedies(client, out, of).await,
            Self::Calendar(of) => {
                changed(client, &of.grant, GrantChange::Calendar { place: of.place }, of.preview).await?
            }
            Self::Remedy(of) => changed(client, &of.grant, GrantChange::Remedy { day: of.day }, of.preview).await?,
            Self::Give(of) => {
                let change = GrantChange::Give { to: of.to, amount: of.amount };
                let asked = ChangeGrant { change, preview: of.preview, agreed: of.agreed };
                client.post(path(["grants", &of.grant, "changes"]), &asked).await?
            }
            Self::Void(void) => {
                let agreed = void.agreed.then_some("true");
                client.delete(path(["grants", &void.grant]).with("agreed", agreed)).await?
            }
        };
        out.show(&grant, |grant| table(std::slice::from_ref(grant)));
        Ok(())
    }
}

async fn changed(client: &mut Client, grant: &str, change: GrantChange, preview: bool) -> Result<Grant, Failure> {
    client.post(path(["grants", grant, "changes"]), &ChangeGrant { change, preview, agreed: false }).await
}

fn table(grants: &[Grant]) -> String {
    let heads = [
        "id",
        "person",
        ">amount",
        "per",
        "days",
        "share",
        ">running",
        "from",
        "to",
        ">priority",
        "models",
        "pool",
        "state",
    ];
    let mut table = Table::new(&heads);
    for grant in grants {
        table.row([
            grant.id.to_string(),
            or_dash(grant.person_name.as_deref()),
            money(grant.amount),
            grant.per.clone(),
            grant.days.clone(),
            grant.share.clone(),
            grant.allowance.map_or_else(|| "-".to_owned(), money),
            grant.start.to_string(),
            grant.end.map_or_else(|| "-".to_owned(), |end| end.to_string()),
            grant.priority.to_string(),
            pays_for(grant),
            match (grant.guaranteed, &grant.pool_name, grant.pool) {
                (false, ..) => "-".to_owned(),
                (true, Some(name), _) => name.clone(),
                (true, None, Some(pool)) => pool.to_string(),
                (true, None, None) => "unfunded".to_owned(),
            },
            if grant.voided.is_none() { "running" } else { "void" }.to_owned(),
        ]);
    }
    table.or("no grants yet; `purser grant add PERSON 20/day` makes one")
}

/// Models, and the tools that it is bound to.
fn pays_for(grant: &Grant) -> String {
    let models = if grant.models.is_empty() { "all".to_owned() } else { grant.models.join(",") };
    if grant.tools.is_empty() { models } else { format!("{models} with {}", grant.tools.join(",")) }
}

async fn remedies(client: &mut Client, out: Output, of: Faults) -> Result<(), Failure> {
    let wanted = WantedRemedies { from: of.from, to: of.to };
    let found: Remedies = if of.preview {
        let query = path(["remedies"]).with("from", wanted.from.as_deref()).with("to", wanted.to.as_deref());
        client.get(query).await?
    } else {
        client.post(path(["remedies"]), &wanted).await?
    };
    out.show(&found, |found| {
        let mut table = Table::new(&["day", "person", "grant", ">denied", "reasons", "state"]);
        for day in &found.items {
            let state = match day.state {
                RemedyState::Due => "due".to_owned(),
                RemedyState::MadeGood => "made good".to_owned(),
                RemedyState::NoKey => "no key: to be decided".to_owned(),
                RemedyState::Refused => day.why.clone().unwrap_or_default(),
            };
            let name = day.person_name.clone().unwrap_or_else(|| day.person.to_string());
            let (grant, denied) = (day.grant.to_string(), day.denied.to_string());
            table.row([day.day.clone(), name, grant, denied, day.reasons.join(","), state]);
        }
        let PromiseUsable { served, denied_funded, faults, percent, percent_with_faults } = &found.usable;
        let shown = |percent: &Option<String>| percent.clone().map_or_else(|| "-".to_owned(), |it| format!("{it} %"));
        format!(
            "{}\npromise usable: {} ({served} served, {denied_funded} denied while funded); with the {faults} that a provider \
             or Purser could not serve: {}\nnot seen: days on which nobody called, and calls while nothing was listening",
            table.or("no such days"),
            shown(percent),
            shown(percent_with_faults)
        )
    });
    Ok(())
}
