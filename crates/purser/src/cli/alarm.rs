//! `purser alarm …`

use std::fmt::Write as _;
use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use purser_control::shape::{Alarm, AlarmPreview, AlarmRules, AlarmState, Mute, NewMute};
use purser_core::alarm::{AlarmKind, Rules, Shortest};
use serde_json::json;

use super::{or_dash, second};
use crate::client::{Client, path};
use crate::failure::Failure;
use crate::output::{Output, Table, say};

/// What can be done about alarms.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Show what somebody should look at, the latest first
    List {
        /// Only this person's (id or name)
        #[arg(long)]
        person: Option<String>,
        /// Only of this kind
        #[arg(long)]
        kind: Option<Kind>,
        /// Acknowledged, muted and past ones too
        #[arg(long)]
        all: bool,
    },
    /// Say that one has looked
    Acknowledge(Which),
    /// Raise none for a while; whom they are about can see that
    Mute(NewMuteArgs),
    /// Show what is muted
    Mutes,
    /// Let them be raised again
    Unmute(Which),
    /// Show the rules: when there is an alarm
    Rules,
    /// Say how many people would alarm with other rules; nothing is changed
    Preview(RuleArgs),
    /// Set other rules: those in force with what is said here
    Set(RuleArgs),
}

/// What an alarm is about.
#[derive(Clone, Copy, Debug, ValueEnum)]
#[value(rename_all = "snake_case")]
pub(crate) enum Kind {
    /// A part of an allowance or a budget is used
    Used,
    /// Money will end before its period does
    RunsOut,
    /// Money goes faster than somebody's ever did
    Speed,
    /// Hardly anything is used
    UnderUse,
}

impl Kind {
    const fn known(self) -> AlarmKind {
        match self {
            Self::Used => AlarmKind::Used,
            Self::RunsOut => AlarmKind::RunsOut,
            Self::Speed => AlarmKind::Speed,
            Self::UnderUse => AlarmKind::UnderUse,
        }
    }
}

#[derive(Debug, Args)]
pub(crate) struct Which {
    /// Its id (`purser alarm list`, `purser alarm mutes`)
    pub(crate) id: String,
}

#[derive(Debug, Args)]
pub(crate) struct NewMuteArgs {
    /// This person's (id or name)
    #[arg(long, conflicts_with = "unit")]
    pub(crate) person: Option<String>,
    /// Those of this unit and everybody in it (id or name) [default: everybody's]
    #[arg(long)]
    pub(crate) unit: Option<String>,
    /// Only of this kind
    #[arg(long)]
    pub(crate) kind: Option<Kind>,
    /// The first day on which they are raised again
    #[arg(long, value_name = "DATE")]
    pub(crate) until: String,
}

/// Rules: those in force with changes.
#[derive(Debug, Args)]
pub(crate) struct RuleArgs {
    /// All of them as JSON, as `purser alarm rules --json` shows them under `rules`
    #[arg(value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,
    /// Thresholds of what is used, in hundredths, such as 50,80,100; `off` for none
    #[arg(long, value_name = "PERCENT,…")]
    pub(crate) used: Option<String>,
    /// The shortest period that they are told of: day, week, month, quarter or year
    #[arg(long, value_name = "PERIOD", value_parser = shortest)]
    pub(crate) shortest: Option<Shortest>,
    /// Money that ends so many days before its period does is told of; 0 for off
    #[arg(long, value_name = "DAYS")]
    pub(crate) runs_out: Option<u16>,
    /// Is it told when somebody's money goes faster than theirs ever did: true or false
    #[arg(long, value_name = "BOOL")]
    pub(crate) speed: Option<bool>,
    /// Less than so many hundredths of what was released is worth a look; 0 for off
    #[arg(long, value_name = "PERCENT")]
    pub(crate) under_use: Option<u8>,
    /// At most so many thousandths of what the position costs in a year is critical; 0 for off
    #[arg(long, value_name = "PER_MILLE")]
    pub(crate) critical: Option<u16>,
}

fn shortest(text: &str) -> Result<Shortest, String> {
    let read = serde_json::from_value(json!(text.trim().to_lowercase()));
    read.map_err(|_| format!("`{text}` is no period; use day, week, month, quarter or year"))
}

impl RuleArgs {
    /// The rules that are meant.
    async fn read(self, client: &mut Client) -> Result<Rules, Failure> {
        let mut rules = match &self.file {
            Some(file) => read(file)?,
            None => client.get::<AlarmRules>(path(["alarms", "rules"])).await?.rules,
        };
        if let Some(used) = &self.used {
            let numbers = used.split(',').map(str::trim).filter(|one| !one.is_empty() && *one != "off");
            rules.used_percent =
                numbers.map(|one| one.trim_end_matches('%').parse::<u8>()).collect::<Result<_, _>>().map_err(|_| {
                    Failure::new(format!("`{used}` are no thresholds"), "write them like 50,80,100, or `off`")
                })?;
        }
        rules.shortest = self.shortest.unwrap_or(rules.shortest);
        rules.runs_out_days = self.runs_out.unwrap_or(rules.runs_out_days);
        rules.speed = self.speed.unwrap_or(rules.speed);
        rules.under_use.warn_percent = self.under_use.unwrap_or(rules.under_use.warn_percent);
        rules.under_use.critical_per_mille = self.critical.unwrap_or(rules.under_use.critical_per_mille);
        Ok(rules)
    }
}

fn read(file: &PathBuf) -> Result<Rules, Failure> {
    let text = std::fs::read_to_string(file)
        .map_err(|error| Failure::from_error(format_args!("{} can't be read", file.display()), &error))?;
    serde_json::from_str(&text)
        .map_err(|error| Failure::from_error(format_args!("{} is not the rules of alarms", file.display()), &error))
}

impl Command {
    pub(crate) async fn run(self, client: &mut Client, out: Output) -> Result<(), Failure> {
        match self {
            Self::List { person, kind, all } => {
                let wanted = path(["alarms"]).with("person", person.as_deref());
                let wanted = wanted.with("kind", kind.map(|kind| kind.known().word()));
                let list: Vec<Alarm> = client.list(wanted.with("all", all.then_some("true"))).await?;
                out.show(&list, |list| table(list));
            }
            Self::Acknowledge(which) => {
                let one: Alarm = client.post(path(["alarms", &which.id, "acknowledge"]), &json!({})).await?;
                out.show(&one, |one| table(std::slice::from_ref(one)));
            }
            Self::Mute(NewMuteArgs { person, unit, kind, until }) => {
                let new = NewMute { person, unit, kind: kind.map(Kind::known), until };
                let mute: Mute = client.post(path(["alarms", "mutes"]), &new).await?;
                out.show(&mute, |one| mutes(std::slice::from_ref(one)));
            }
            Self::Mutes => {
                let list: Vec<Mute> = client.list(path(["alarms", "mutes"])).await?;
                out.show(&list, |list| mutes(list));
            }
            Self::Unmute(which) => {
                let mute: Mute = client.delete(path(["alarms", "mutes", &which.id])).await?;
                say(format_args!("Alarms are raised again."));
                out.show(&mute, |one| mutes(std::slice::from_ref(one)));
            }
            Self::Rules => {
                let rules: AlarmRules = client.get(path(["alarms", "rules"])).await?;
                out.show(&rules, shown);
            }
            Self::Preview(args) => {
                let rules = args.read(client).await?;
                let preview: AlarmPreview = client.post(path(["alarms", "preview"]), &rules).await?;
                out.show(&preview, previewed);
            }
            Self::Set(args) => {
                let rules = args.read(client).await?;
                let set: AlarmRules = client.post(path(["alarms", "rules"]), &rules).await?;
                out.show(&set, shown);
            }
        }
        Ok(())
    }
}

fn table(list: &[Alarm]) -> String {
    let mut table = Table::new(&["id", "level", "kind", "whose", "state", "raised", "seen"]);
    for one in list {
        let state = match one.state {
            AlarmState::Open => "open",
            AlarmState::Acknowledged => "looked at",
            AlarmState::Muted => "muted",
            AlarmState::Past => "past",
        };
        table.row([
            one.id.to_string(),
            one.level.word().to_owned(),
            one.kind.word().to_owned(),
            whose(one.name.as_deref(), one.person.is_some() || one.unit.is_some()),
            state.to_owned(),
            second(one.raised),
            one.seen.clone(),
        ]);
    }
    let mut text = table.or("nobody has to look at anything; `purser alarm list --all` shows what was\n");
    let mut hints: Vec<&str> = list.iter().map(|one| one.hint.as_str()).collect();
    hints.sort_unstable();
    hints.dedup();
    for hint in hints {
        crate::output::fold(&mut text, "", hint);
    }
    text
}

fn mutes(list: &[Mute]) -> String {
    let mut table = Table::new(&["id", "whose", "kinds", "until", "by"]);
    for one in list {
        table.row([
            one.id.to_string(),
            whose(one.name.as_deref(), one.person.is_some() || one.unit.is_some()),
            one.kinds.iter().map(|kind| kind.word()).collect::<Vec<_>>().join(", "),
            second(one.until),
            one.by.clone(),
        ]);
    }
    table.or("nothing is muted\n")
}

fn whose(name: Option<&str>, is_somebodys: bool) -> String {
    if is_somebodys { or_dash(name) } else { "the company".to_owned() }
}

fn shown(set: &AlarmRules) -> String {
    let (rules, mut text) = (&set.rules, String::new());
    let mut line = |what: &str, said: String| _ = writeln!(text, "{what:<12}{said}");
    let by = set.by.as_deref().zip(set.at).map(|(by, at)| format!(", by {by}, {}", second(at)));
    line("version", format!("{}{}", set.version, by.unwrap_or_default()));
    let used: Vec<String> = rules.used_percent.iter().map(|percent| format!("{percent}%")).collect();
    let shortest = json!(rules.shortest);
    let shortest = shortest.as_str().unwrap_or_default();
    line(
        "used",
        if used.is_empty() { "off".to_owned() } else { format!("{} of a {shortest} or longer", used.join(", ")) },
    );
    let days = rules.runs_out_days;
    line("runs out", if days == 0 { "off".to_owned() } else { format!("{days} days before the period ends, or more") });
    line("speed", if rules.speed { "as the breaker sees it" } else { "off" }.to_owned());
    let under = &rules.under_use;
    let of = |family: &str, percent: u8| format!("less than {percent}% of what {} weeks released{family}", under.weeks);
    line("under-use", if under.warn_percent == 0 { "off".to_owned() } else { of("", under.warn_percent) });
    for (family, percent) in &under.warn_percent_of {
        line("", of(&format!(" to {family}"), *percent));
    }
    let critical = under.critical_per_mille;
    let (whole, tenth) = (critical / 10, critical % 10);
    let part = if tenth == 0 { format!("{whole}%") } else { format!("{whole}.{tenth}%") };
    let said = format!("at most {part} of what the position costs in a year is critical");
    line("", if critical == 0 { "nothing is critical".to_owned() } else { said });
    line("", format!("none in the first {} weeks, or while somebody is away", under.first_weeks));
    text
}

fn previewed(preview: &AlarmPreview) -> String {
    let mut text = format!("{}; with those in force {}\n", preview.said, preview.alarmed_now);
    if preview.noise {
        text.push_str("So many that nobody will look at any of it.\n");
    }
    let mut table = Table::new(&["kind", ">people", ">alarms", ">critical"]);
    for kind in &preview.kinds {
        let figures = [kind.people, kind.alarms, kind.critical].map(|figure| figure.to_string());
        table.row(std::iter::once(kind.kind.word().to_owned()).chain(figures));
    }
    text.push_str(&table.or("nothing is found\n"));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_read_as_sentences() {
        let mut rules = Rules::default();
        rules.under_use.warn_percent_of.insert("finance".parse().unwrap(), 5);
        rules.under_use.critical_per_mille = 15;
        let text = shown(&AlarmRules { version: 0, rules, by: None, at: None });
        insta::assert_snapshot!(text, @r"
        version     0
        used        50%, 80%, 100% of a week or longer
        runs out    3 days before the period ends, or more
        speed       as the breaker sees it
        under-use   less than 25% of what 13 weeks released
                    less than 5% of what 13 weeks released to finance
                    at most 1.5% of what the position costs in a year is critical
                    none in the first 6 weeks, or while somebody is away
        ");
    }

    #[test]
    fn periods_are_read_as_they_are_written() {
        assert_eq!(shortest(" Month "), Ok(Shortest::Month));
        assert!(shortest("fortnight").unwrap_err().contains("quarter"));
    }
}
